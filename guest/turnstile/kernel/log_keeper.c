/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A thread of the kernel that makes changes safe which nobody asks to be safe, a second after the first of them. While nothing
 * changes it sleeps for good, so that an idle machine stays idle.
 */
#include "log.h"

#include <stddef.h>

#include "lock.h"
#include "thread.h"
#include "time.h"
#include "wait.h"

enum { DELAY_NS = 1000000000 };

static struct lock lock = LOCK_INITIAL(LOG, "log keeper");

static void keep(void)
{
    for (;;) {
        log_wait_for_changes();
        lock_acquire(&lock);
        wait_on_until(&lock, &lock, time_now_ticks() + time_ticks_of_ns(DELAY_NS));
        lock_release(&lock);
        log_sync();
    }
}

/* Without memory for it, changes are safe when somebody asks, when the log is full and when the machine is stopped. */
void log_keeper_start(void)
{
    struct thread *thread = thread_create(NULL, "log", keep);
    if (thread)
        schedule_ready(thread);
}
