/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spin locks: look until it is free, then try. A waiter that only looks keeps the line shared and leaves the bus alone.
 */
#include "lock.h"

bool spin_try_acquire(struct spin *spin)
{
    return !atomic_exchange_explicit(&spin->is_taken, 1, memory_order_acquire); /* amoswap.w.aq */
}

void spin_acquire(struct spin *spin)
{
    while (!spin_try_acquire(spin))
        while (atomic_load_explicit(&spin->is_taken, memory_order_relaxed)) /* lw */
            spin_pause();
}

void spin_release(struct spin *spin)
{
    atomic_store_explicit(&spin->is_taken, 0, memory_order_release); /* fence rw,w; sw */
}
