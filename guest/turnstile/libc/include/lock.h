/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one lock API of user space. A mutex is told how its waiters wait: MUTEX_SPIN holds the hart until the mutex is free,
 * MUTEX_SLEEP sleeps in the kernel (futex), MUTEX_SPIN_SLEEP spins for a while and then sleeps. Locks work among the threads of one
 * process; what processes share are the kernel's semaphores (sys_semaphore_create).
 *
 * All of them are free, or empty, when they are all zero, and then a mutex is MUTEX_SPIN_SLEEP. None needs to be finished.
 */
#ifndef LIBC_LOCK_H
#define LIBC_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum mutex_way { MUTEX_SPIN_SLEEP, MUTEX_SPIN, MUTEX_SLEEP };

/* spin.c: for sections of a few instructions, when the holder is surely running. */
struct spin {
    _Atomic uint32_t is_taken;
};
void spin_acquire(struct spin *spin);
bool spin_try_acquire(struct spin *spin);
void spin_release(struct spin *spin);
/* Tells the hart that this is a loop that waits (Zihintpause; nothing elsewhere). */
static inline void spin_pause(void)
{
#if defined __riscv
    __asm__ volatile(".4byte 0x0100000f"); /* pause */
#endif
}

/* mutex.c */
struct mutex {
    _Atomic uint32_t state; /* enum mutex_state of mutex.c; the futex */
    enum mutex_way way;
    uint32_t spins; /* how often SPIN_SLEEP looks before it sleeps; 0: MUTEX_SPINS */
};
#define MUTEX_SPINS 100
#define MUTEX_INITIAL(way_)                                                                                                        \
    {                                                                                                                              \
        .way = (way_)                                                                                                              \
    }
void mutex_init(struct mutex *mutex, enum mutex_way way);
void mutex_acquire(struct mutex *mutex);
bool mutex_try_acquire(struct mutex *mutex);
void mutex_release(struct mutex *mutex);

/* condition.c: the condition is looked at again after each wait. Whoever changes it has the mutex. */
struct condition {
    _Atomic uint32_t changes; /* the futex */
    _Atomic uint32_t waiters;
};
void condition_wait(struct condition *condition, struct mutex *mutex);
/* False when the time was over before anybody signalled. */
bool condition_wait_for(struct condition *condition, struct mutex *mutex, uint64_t nanoseconds);
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);

/* semaphore.c: counts in user memory and enters the kernel only to sleep or to wake. */
struct semaphore {
    _Atomic uint32_t count; /* the futex */
    _Atomic uint32_t waiters;
};
void semaphore_init(struct semaphore *semaphore, uint32_t count);
void semaphore_wait(struct semaphore *semaphore);
bool semaphore_try_wait(struct semaphore *semaphore);
void semaphore_post(struct semaphore *semaphore);

/* barrier.c: `parties` threads meet, again and again. True for one of them each time. */
struct barrier {
    _Atomic uint32_t arrived;
    _Atomic uint32_t round; /* the futex */
    uint32_t parties;
};
void barrier_init(struct barrier *barrier, uint32_t parties);
bool barrier_wait(struct barrier *barrier);

#endif
