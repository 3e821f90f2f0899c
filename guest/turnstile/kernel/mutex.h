/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Long critical sections: who has to wait, sleeps. Taken by threads only (not by interrupt routines), with no spin lock held. A
 * thread may sleep, touch user memory and take further mutexes while it has one; the order of mutexes is that of docs/turnstile.md.
 * Implemented by mutex.c.
 */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include "lock.h"

struct thread;

struct mutex {
    struct lock lock;     /* guards the rest */
    struct thread *owner; /* NULL: free */
    unsigned waiters;
};

#define MUTEX_INITIAL(name_)                                                                                                       \
    {                                                                                                                              \
        .lock = LOCK_INITIAL(MUTEX, name_)                                                                                         \
    }
void mutex_init(struct mutex *mutex, const char *name);
void mutex_finish(struct mutex *mutex);
void mutex_acquire(struct mutex *mutex);
void mutex_release(struct mutex *mutex);

#endif
