/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sleeping. A channel is any address that sleepers and wakers agree on. A waiter has the lock of what it waits for:
 *
 *     lock_acquire(&table->lock);
 *     while (!table->is_ready)
 *         wait_on(&table->is_ready, &table->lock);
 *     ...
 *     lock_release(&table->lock);
 *
 * and who makes it ready has the same lock when it calls wake_all or wake_one. The lock is released only once the thread is on its
 * list, so that no wake is lost, and is taken again before the call returns. Between the two anything may have happened, so the
 * condition is looked at again. No other lock may be held. Implemented by wait.c.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <stdint.h>

struct lock;

void wait_on(const void *channel, struct lock *held);
/* Returns 0, or -EINTR when a signal came for this thread, or its process ends, before it was woken. */
int wait_on_interruptible(const void *channel, struct lock *held);
/* Besides, -ETIMEDOUT when the time (time.h: ticks of the clock since boot; TIME_NEVER: none) was reached. */
int wait_on_until(const void *channel, struct lock *held, uint64_t deadline_ticks);

/* Both may be called from interrupt routines. Return how many threads they woke. */
unsigned wake_all(const void *channel);
unsigned wake_one(const void *channel);

#endif
