/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Waiting for a word of user memory to change. A waiter is on its list before it looks at the word, which may sleep: who changes
 * the word and wakes afterwards either finds the waiter, or the waiter finds the change. Words belong to an address space.
 */
#include "lock.h"
#include "memory.h"
#include "process.h"
#include "system_call.h"
#include "time.h"
#include "user_copy.h"
#include "wait.h"

enum { BUCKETS = 32 };

struct waiter {
    const struct address_space *space;
    uint64_t word;
    bool is_woken;
    struct waiter *next;
};

struct bucket {
    struct lock lock; /* guards the list, which is first come, first woken */
    struct waiter *first;
} __attribute__((aligned(64)));

#define BUCKET                                                                                                                     \
    {                                                                                                                              \
        .lock = LOCK_INITIAL(FUTEX, "futex")                                                                                       \
    }
#define BUCKETS_4 BUCKET, BUCKET, BUCKET, BUCKET
static struct bucket buckets[BUCKETS] = {BUCKETS_4, BUCKETS_4, BUCKETS_4, BUCKETS_4, BUCKETS_4, BUCKETS_4, BUCKETS_4, BUCKETS_4};

static struct bucket *bucket_of(uint64_t word)
{
    return &buckets[(word >> 2 ^ word >> 9) % BUCKETS];
}

static void append(struct bucket *bucket, struct waiter *waiter)
{
    struct waiter **at = &bucket->first;
    while (*at)
        at = &(*at)->next;
    *at = waiter;
}

static void take_out(struct bucket *bucket, const struct waiter *waiter)
{
    for (struct waiter **at = &bucket->first; *at; at = &(*at)->next)
        if (*at == waiter) {
            *at = waiter->next;
            return;
        }
}

SYSTEM_CALL(futex_wait)
{
    uint64_t ticks = argument[2] == FUTEX_FOR_EVER ? TIME_NEVER : time_ticks_of_ns(argument[2]);
    uint64_t deadline = ticks == TIME_NEVER ? TIME_NEVER : time_now_ticks() + ticks;
    struct waiter waiter = {.space = current_process()->space, .word = argument[0]};
    struct bucket *bucket = bucket_of(argument[0]);
    uint32_t value;
    if (argument[0] % sizeof value)
        return -EINVAL;
    lock_acquire(&bucket->lock);
    append(bucket, &waiter);
    lock_release(&bucket->lock);
    atomic_thread_fence(memory_order_seq_cst); /* fence rw,rw: on the list before the word is read */
    int error = copy_from_user(&value, argument[0], sizeof value);
    if (!error && value != (uint32_t)argument[1])
        error = -EAGAIN;
    lock_acquire(&bucket->lock);
    while (!waiter.is_woken && !error)
        error = wait_on_until(&waiter, &bucket->lock, deadline);
    if (waiter.is_woken)
        error = error == -EFAULT ? error : 0; /* a wake is not lost */
    else
        take_out(bucket, &waiter);
    lock_release(&bucket->lock);
    return error;
}

SYSTEM_CALL(futex_wake)
{
    const struct address_space *space = current_process()->space;
    struct bucket *bucket = bucket_of(argument[0]);
    uint32_t most = (uint32_t)argument[1], woken = 0;
    lock_acquire(&bucket->lock);
    for (struct waiter **at = &bucket->first; *at && woken < most;) {
        struct waiter *waiter = *at;
        if (waiter->space != space || waiter->word != argument[0]) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->is_woken = true;
        wake_all(waiter);
        woken++;
    }
    lock_release(&bucket->lock);
    return woken;
}
