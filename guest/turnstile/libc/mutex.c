/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Mutexes: a word that is free, taken, or taken while somebody may be asleep. Only the last makes release enter the kernel.
 */
#include "lock.h"
#include "system.h"

enum mutex_state { MUTEX_FREE, MUTEX_TAKEN, MUTEX_AWAITED };

void mutex_init(struct mutex *mutex, enum mutex_way way)
{
    *mutex = (struct mutex){.way = way};
}

bool mutex_try_acquire(struct mutex *mutex)
{
    uint32_t free = MUTEX_FREE;
    return atomic_compare_exchange_strong_explicit(&mutex->state, &free, MUTEX_TAKEN, memory_order_acquire,
                                                   memory_order_relaxed); /* lr.w.aq, sc.w */
}

/* Looks until it is free, at most `times` times (0: for ever), and tries to take it. */
static bool spin(struct mutex *mutex, uint32_t times)
{
    for (uint32_t i = 0; times == 0 || i < times; i++) {
        if (atomic_load_explicit(&mutex->state, memory_order_relaxed) == MUTEX_FREE /* lw */ && mutex_try_acquire(mutex))
            return true;
        spin_pause();
    }
    return false;
}

void mutex_acquire(struct mutex *mutex)
{
    if (mutex_try_acquire(mutex))
        return;
    if (mutex->way == MUTEX_SPIN) {
        spin(mutex, 0);
        return;
    }
    if (mutex->way == MUTEX_SPIN_SLEEP && spin(mutex, mutex->spins ? mutex->spins : MUTEX_SPINS))
        return;
    /* Who has slept cannot know whether others still do, so it takes the mutex as AWAITED: at worst one wake too many. */
    while (atomic_exchange_explicit(&mutex->state, MUTEX_AWAITED, memory_order_acquire) != MUTEX_FREE) /* amoswap.w.aq */
        sys_futex_wait((const uint32_t *)&mutex->state, MUTEX_AWAITED, FUTEX_FOR_EVER);
}

void mutex_release(struct mutex *mutex)
{
    if (atomic_exchange_explicit(&mutex->state, MUTEX_FREE, memory_order_release) == MUTEX_AWAITED) /* amoswap.w.rl */
        sys_futex_wake((const uint32_t *)&mutex->state, 1);
}
