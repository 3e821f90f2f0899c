/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Mutexes, out of a spin lock and a wait channel.
 */
#include "mutex.h"

#include "process.h"
#include "structure.h"
#include "wait.h"

#include <stddef.h>

void mutex_init(struct mutex *mutex, const char *name)
{
    lock_init(&mutex->lock, LOCK_MUTEX, name);
    mutex->owner = NULL;
    mutex->waiters = 0;
}

void mutex_finish(struct mutex *mutex)
{
    lock_finish(&mutex->lock);
}

void mutex_acquire(struct mutex *mutex)
{
    lock_check_none_held(NULL, "a mutex is taken");
    lock_acquire(&mutex->lock);
    while (mutex->owner) {
        mutex->waiters++;
        wait_on(mutex, &mutex->lock);
        mutex->waiters--;
    }
    mutex->owner = current_thread();
    lock_release(&mutex->lock);
}

void mutex_release(struct mutex *mutex)
{
    lock_acquire(&mutex->lock);
    mutex->owner = NULL;
    if (mutex->waiters)
        wake_one(mutex);
    lock_release(&mutex->lock);
}
