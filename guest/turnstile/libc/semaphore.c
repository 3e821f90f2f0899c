/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Semaphores: a count; who finds none says that it waits, looks again and sleeps.
 */
#include "lock.h"
#include "system.h"

void semaphore_init(struct semaphore *semaphore, uint32_t count)
{
    *semaphore = (struct semaphore){.count = count};
}

bool semaphore_try_wait(struct semaphore *semaphore)
{
    uint32_t count = atomic_load_explicit(&semaphore->count, memory_order_relaxed); /* lw */
    while (count)
        if (atomic_compare_exchange_weak_explicit(&semaphore->count, &count, count - 1, memory_order_acquire,
                                                  memory_order_relaxed)) /* lr.w.aq, sc.w */
            return true;
    return false;
}

void semaphore_wait(struct semaphore *semaphore)
{
    for (unsigned i = 0; i < MUTEX_SPINS; i++) {
        if (semaphore_try_wait(semaphore))
            return;
        spin_pause();
    }
    /* seq_cst here and in semaphore_post: either the poster sees the waiter, or the waiter the count. */
    atomic_fetch_add_explicit(&semaphore->waiters, 1, memory_order_seq_cst); /* amoadd.w.aqrl */
    while (!semaphore_try_wait(semaphore))
        sys_futex_wait((const uint32_t *)&semaphore->count, 0, FUTEX_FOR_EVER);
    atomic_fetch_sub_explicit(&semaphore->waiters, 1, memory_order_relaxed); /* amoadd.w */
}

void semaphore_post(struct semaphore *semaphore)
{
    atomic_fetch_add_explicit(&semaphore->count, 1, memory_order_seq_cst); /* amoadd.w.aqrl */
    if (atomic_load_explicit(&semaphore->waiters, memory_order_seq_cst))   /* fence rw,rw; lw; fence r,rw */
        sys_futex_wake((const uint32_t *)&semaphore->count, 1);
}
