/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Condition variables: a word that changes with each signal. A waiter reads it while it has the mutex, so that a signal between the
 * release and the sleep makes the futex refuse to sleep.
 */
#include "lock.h"
#include "system.h"

static bool wait_until_changed(struct condition *condition, struct mutex *mutex, uint64_t nanoseconds)
{
    uint32_t seen = atomic_load_explicit(&condition->changes, memory_order_relaxed); /* lw: the mutex orders it */
    atomic_fetch_add_explicit(&condition->waiters, 1, memory_order_relaxed);         /* amoadd.w */
    mutex_release(mutex);
    int64_t result = sys_futex_wait((const uint32_t *)&condition->changes, seen, nanoseconds);
    atomic_fetch_sub_explicit(&condition->waiters, 1, memory_order_relaxed); /* amoadd.w */
    mutex_acquire(mutex);
    return result != -ETIMEDOUT || atomic_load_explicit(&condition->changes, memory_order_relaxed) != seen; /* lw */
}

void condition_wait(struct condition *condition, struct mutex *mutex)
{
    wait_until_changed(condition, mutex, FUTEX_FOR_EVER);
}

bool condition_wait_for(struct condition *condition, struct mutex *mutex, uint64_t nanoseconds)
{
    return wait_until_changed(condition, mutex, nanoseconds);
}

static void wake(struct condition *condition, unsigned count)
{
    atomic_fetch_add_explicit(&condition->changes, 1, memory_order_seq_cst); /* amoadd.w.aqrl: before the look below */
    if (atomic_load_explicit(&condition->waiters, memory_order_seq_cst))     /* fence rw,rw; lw; fence r,rw */
        sys_futex_wake((const uint32_t *)&condition->changes, count);
}

void condition_signal(struct condition *condition)
{
    wake(condition, 1);
}

void condition_broadcast(struct condition *condition)
{
    wake(condition, UINT32_MAX);
}
