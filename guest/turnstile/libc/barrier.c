/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Barriers: the last to arrive begins the next round and wakes the others.
 */
#include "lock.h"
#include "system.h"

void barrier_init(struct barrier *barrier, uint32_t parties)
{
    *barrier = (struct barrier){.parties = parties};
}

bool barrier_wait(struct barrier *barrier)
{
    uint32_t round = atomic_load_explicit(&barrier->round, memory_order_acquire);                        /* lw; fence r,rw */
    if (atomic_fetch_add_explicit(&barrier->arrived, 1, memory_order_acq_rel) + 1 == barrier->parties) { /* amoadd.w.aqrl */
        atomic_store_explicit(&barrier->arrived, 0, memory_order_relaxed);                               /* sw */
        atomic_fetch_add_explicit(&barrier->round, 1, memory_order_release);                             /* amoadd.w.rl */
        sys_futex_wake((const uint32_t *)&barrier->round, UINT32_MAX);
        return true;
    }
    for (unsigned i = 0; atomic_load_explicit(&barrier->round, memory_order_acquire) == round; i++) /* lw; fence r,rw */
        if (i < MUTEX_SPINS)
            spin_pause();
        else
            sys_futex_wait((const uint32_t *)&barrier->round, round, FUTEX_FOR_EVER);
    return false;
}
