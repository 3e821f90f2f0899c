/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Wait lists. A channel belongs to a bucket by its address; a bucket's lock guards its list and what a thread says of its waiting.
 * It is held until the sleeper has been switched from (schedule_away), so who finds a thread here may make it ready at once.
 */
#include "wait.h"

#include "memory.h"
#include "print.h"
#include "process.h"
#include "structure.h"
#include "thread.h"
#include "time.h"
#include "timer.h"

enum { BUCKETS = 64 };

struct wait_bucket {
    struct lock lock;
    struct thread *first, *last;
} __attribute__((aligned(64)));

static struct wait_bucket buckets[BUCKETS];

static struct wait_bucket *bucket_of(const void *channel)
{
    return &buckets[((uint64_t)channel >> 3 ^ (uint64_t)channel >> 12) % BUCKETS];
}

static void append(struct wait_bucket *bucket, struct thread *thread)
{
    thread->wait_next = NULL;
    thread->wait_previous = bucket->last;
    if (bucket->last)
        bucket->last->wait_next = thread;
    else
        bucket->first = thread;
    bucket->last = thread;
}

/* Out of the list; the bucket's lock is held. */
static void take_out(struct wait_bucket *bucket, struct thread *thread)
{
    if (thread->wait_previous)
        thread->wait_previous->wait_next = thread->wait_next;
    else
        bucket->first = thread->wait_next;
    if (thread->wait_next)
        thread->wait_next->wait_previous = thread->wait_previous;
    else
        bucket->last = thread->wait_previous;
    thread->channel = NULL;
    atomic_store_explicit(&thread->bucket, NULL, memory_order_relaxed);
}

/* What may end the wait is looked at once the thread is on the list: whoever sets it afterwards finds the thread there. */
static bool ended_already(struct thread *thread)
{
    atomic_thread_fence(memory_order_seq_cst); /* fence rw,rw */
    if (thread->is_interruptible && atomic_load_explicit(&thread->attention, memory_order_relaxed))
        thread->was_interrupted = true;
    if (thread->timer_hart && atomic_load_explicit(&thread->is_timed_out, memory_order_relaxed))
        thread->was_timed_out = true;
    return thread->was_interrupted || thread->was_timed_out;
}

static int sleep_on(const void *channel, struct lock *held, bool is_interruptible, uint64_t deadline)
{
    struct thread *self = current_thread();
    lock_check_none_held(held, "a thread waits");
    self->is_interruptible = is_interruptible;
    self->was_interrupted = self->was_timed_out = false;
    if (deadline != TIME_NEVER)
        timer_add(self, deadline);
    struct wait_bucket *bucket = bucket_of(channel);
    lock_acquire(&bucket->lock);
    self->channel = channel;
    append(bucket, self);
    atomic_store_explicit(&self->bucket, bucket, memory_order_relaxed); /* sd */
    if (ended_already(self)) {
        take_out(bucket, self);
        lock_release(held);
        lock_release(&bucket->lock);
    } else {
        lock_release(held);
        atomic_store_explicit(&self->state, THREAD_WAITING, memory_order_relaxed);
        schedule_away(&bucket->lock);
    }
    if (deadline != TIME_NEVER)
        timer_remove(self);
    lock_acquire(held);
    return self->was_interrupted ? -EINTR : self->was_timed_out ? -ETIMEDOUT : 0;
}

void wait_on(const void *channel, struct lock *held)
{
    sleep_on(channel, held, false, TIME_NEVER);
}

int wait_on_interruptible(const void *channel, struct lock *held)
{
    return sleep_on(channel, held, true, TIME_NEVER);
}

int wait_on_until(const void *channel, struct lock *held, uint64_t deadline_ticks)
{
    return sleep_on(channel, held, true, deadline_ticks);
}

static unsigned wake(const void *channel, unsigned most)
{
    struct wait_bucket *bucket = bucket_of(channel);
    unsigned woken = 0;
    lock_acquire(&bucket->lock);
    for (struct thread *thread = bucket->first, *next; thread && woken < most; thread = next) {
        next = thread->wait_next;
        if (thread->channel != channel)
            continue;
        take_out(bucket, thread);
        schedule_ready(thread);
        woken++;
    }
    lock_release(&bucket->lock);
    return woken;
}

unsigned wake_all(const void *channel)
{
    return wake(channel, ~0u);
}

unsigned wake_one(const void *channel)
{
    return wake(channel, 1);
}

/* Ends a wait for a reason that has been set before. */
static void end_wait(struct thread *thread, bool is_timeout)
{
    atomic_thread_fence(memory_order_seq_cst); /* fence rw,rw: either it sees the reason, or we see its bucket */
    struct wait_bucket *bucket = atomic_load_explicit(&thread->bucket, memory_order_relaxed);
    if (!bucket)
        return;
    lock_acquire(&bucket->lock);
    /* It may have woken, and even sleep elsewhere, by now; then it has seen the reason. */
    if (atomic_load_explicit(&thread->bucket, memory_order_relaxed) == bucket && (is_timeout || thread->is_interruptible)) {
        take_out(bucket, thread);
        *(is_timeout ? &thread->was_timed_out : &thread->was_interrupted) = true;
        schedule_ready(thread);
    }
    lock_release(&bucket->lock);
}

void wait_interrupt(struct thread *thread, unsigned why)
{
    atomic_fetch_or_explicit(&thread->attention, why, memory_order_relaxed); /* amoor.w */
    end_wait(thread, false);
}

void wait_timed_out(struct thread *thread)
{
    atomic_store_explicit(&thread->is_timed_out, true, memory_order_relaxed); /* sb */
    end_wait(thread, true);
}

void wait_init(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        lock_init(&buckets[i].lock, LOCK_WAIT, "wait bucket");
}
