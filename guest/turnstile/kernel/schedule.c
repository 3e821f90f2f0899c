/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scheduler: run queues (one for all harts, or one a hart with stealing: queue=one|harts), which hart runs what, and switching.
 * A thread is on at most one list. What a thread leaves behind (its own lock, its place on a queue, its stack) is dealt with by
 * whoever runs after it on that hart, in switch_finish: until then no other hart can pick it.
 *
 * At a switch interrupts are disabled at depth 1, and besides the lock that is handed over no section is entered.
 */
#include "csr.h"
#include "hart.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "process.h"
#include "space.h"
#include "structure.h"
#include "thread.h"
#include "time.h"
#include "timer.h"

struct run_queue {
    struct lock lock; /* guards the rest */
    struct thread *first, *last;
    _Atomic unsigned count; /* read without the lock by those who look for work */
} __attribute__((aligned(64)));

static struct run_queue queues[HARTS_MAX];
static bool has_one_queue; /* fixed after schedule_init */
static uint64_t quantum_ticks;

static bool is_allowed(const struct thread *thread, unsigned hart)
{
    return atomic_load_explicit(&thread->affinity, memory_order_relaxed) >> hart & 1;
}

static void append(struct run_queue *queue, struct thread *thread)
{
    thread->queue_next = NULL;
    if (queue->last)
        queue->last->queue_next = thread;
    else
        queue->first = thread;
    queue->last = thread;
    atomic_store_explicit(&queue->count, queue->count + 1, memory_order_relaxed);
}

/* The first that may run on the hart, taken out; NULL: none. */
static struct thread *take(struct run_queue *queue, unsigned hart)
{
    if (atomic_load_explicit(&queue->count, memory_order_relaxed) == 0)
        return NULL;
    lock_acquire(&queue->lock);
    struct thread *previous = NULL, *thread = queue->first;
    while (thread && !is_allowed(thread, hart)) {
        previous = thread;
        thread = thread->queue_next;
    }
    if (thread) {
        *(previous ? &previous->queue_next : &queue->first) = thread->queue_next;
        if (queue->last == thread)
            queue->last = previous;
        atomic_store_explicit(&queue->count, queue->count - 1, memory_order_relaxed);
    }
    lock_release(&queue->lock);
    return thread;
}

static struct thread *pick(struct hart *self)
{
    if (has_one_queue)
        return take(&queues[0], self->index);
    struct thread *thread = take(&queues[self->index], self->index);
    for (unsigned i = 1; i < hart_count() && !thread; i++) {
        thread = take(&queues[(self->index + i) % hart_count()], self->index);
        self->steals += thread != NULL;
    }
    return thread;
}

/* Claims an idle hart among those of `affinity`, the one that ran the thread last before others: its number, or -1. amoswap.w:
 * claimed by one waker. */
static int claim_idle(unsigned last, uint64_t affinity)
{
    for (unsigned i = 0; i < hart_count(); i++) {
        unsigned hart = (last + i) % hart_count();
        if (affinity >> hart & 1 && atomic_load_explicit(&harts[hart].is_idle, memory_order_relaxed) &&
            atomic_exchange_explicit(&harts[hart].is_idle, false, memory_order_seq_cst))
            return (int)hart;
    }
    return -1;
}

static unsigned first_allowed(const struct thread *thread)
{
    uint64_t mask = atomic_load_explicit(&thread->affinity, memory_order_relaxed);
    if (mask >> thread->queue & 1)
        return thread->queue;
    unsigned hart = 0;
    while (hart + 1 < hart_count() && !(mask >> hart & 1))
        hart++;
    return hart;
}

static void enqueue(unsigned number, struct thread *thread)
{
    struct run_queue *queue = &queues[has_one_queue ? 0 : number];
    lock_acquire(&queue->lock);
    append(queue, thread);
    lock_release(&queue->lock);
}

/* The thread is on its queue before idle harts are looked for, and a hart says that it idles before it looks at the queues: one of
 * the two sees the other. */
void schedule_ready(struct thread *thread)
{
    atomic_store_explicit(&thread->state, THREAD_READY, memory_order_relaxed);
    unsigned last = thread->queue;
    uint64_t affinity = atomic_load_explicit(&thread->affinity, memory_order_relaxed);
    int idle = -1;
    if (has_one_queue) {
        enqueue(0, thread);                        /* from here on it may run, and end */
        atomic_thread_fence(memory_order_seq_cst); /* fence rw,rw */
        idle = claim_idle(last, affinity);
    } else {
        idle = claim_idle(last, affinity);
        enqueue(idle >= 0 ? (unsigned)idle : first_allowed(thread), thread);
        atomic_thread_fence(memory_order_seq_cst);
        if (idle < 0)
            idle = claim_idle(last, affinity); /* one that went idle meanwhile steals it */
    }
    if (idle >= 0 && (unsigned)idle != hart_self()->index)
        ipi_send(1ull << idle);
}

/* ---- time used ---- */

static uint64_t lap(struct hart *self)
{
    uint64_t now = time_now_ticks(), ticks = now - self->entered_ticks;
    self->entered_ticks = now;
    return ticks;
}

static void add_ticks(_Atomic uint64_t *sum, uint64_t ticks)
{
    atomic_store_explicit(sum, atomic_load_explicit(sum, memory_order_relaxed) + ticks, memory_order_relaxed);
}

void account_user(void)
{
    struct hart *self = hart_self();
    uint64_t ticks = lap(self);
    self->user_ticks += ticks;
    add_ticks(&self->thread->user_ticks, ticks);
}

void account_kernel(void)
{
    struct hart *self = hart_self();
    uint64_t ticks = lap(self);
    if (self->thread->idle_of) {
        self->idle_ticks += ticks;
    } else {
        self->kernel_ticks += ticks;
        add_ticks(&self->thread->kernel_ticks, ticks);
    }
}

/* ---- switching ---- */

static void switch_to(struct hart *self, struct thread *next)
{
    struct thread *previous = self->thread;
    account_kernel();
    thread_fp_save(previous);
    self->previous = previous;
    self->thread = next;
    self->kernel_sp = next->stack_top;
    self->switches++;
    thread_stack_check(self);
    next->queue = self->index;
    atomic_store_explicit(&next->state, THREAD_RUNNING, memory_order_release); /* fence rw,w; sw */
    atomic_thread_fence(memory_order_seq_cst); /* fence rw,rw: it runs before its attention is looked at; see thread_kick */
    space_activate(next->process ? next->process->space : NULL);
    atomic_store_explicit(&self->reschedule, false, memory_order_relaxed);
    self->tick_deadline = next->idle_of ? TIME_NEVER : time_now_ticks() + quantum_ticks;
    timer_program(self);
    switch_context(&previous->context, &next->context);
    switch_finish();
}

/* On the stack of the thread that runs now. */
void switch_finish(void)
{
    struct hart *self = hart_self();
    struct thread *previous = self->previous;
    self->previous = NULL;
    if (previous->release) {
        struct lock *lock = previous->release;
        previous->release = NULL;
        lock_release(lock);
    } else if (atomic_load_explicit(&previous->state, memory_order_relaxed) == THREAD_READY && !previous->idle_of) {
        schedule_ready(previous);
    }
    struct thread *thread = self->thread;
    if (thread->fp) {
        CSR_SET(sstatus, SSTATUS_FS_DIRTY);
        fp_load(thread->fp);
    }
}

/* Interrupts are disabled at depth 1 + sections; comes back at depth 0. */
static void leave_to(struct thread *next, unsigned sections)
{
    struct hart *self = hart_self();
    if (self->interrupt_depth != 1 + sections || self->sections != sections)
        panic("a switch at depth %u with %u sections entered, not %u", self->interrupt_depth, self->sections, sections);
    bool were_on = self->interrupts_were_on;
    switch_to(self, next);
    hart_self()->interrupts_were_on = were_on;
    interrupts_pop();
}

void schedule_yield(void)
{
    interrupts_push();
    struct hart *self = hart_self();
    struct thread *thread = self->thread;
    struct thread *next = pick(self);
    if (!next && !is_allowed(thread, self->index))
        next = self->idle;
    if (!next) {
        atomic_store_explicit(&self->reschedule, false, memory_order_relaxed);
        self->tick_deadline = time_now_ticks() + quantum_ticks;
        timer_program(self);
        interrupts_pop();
        return;
    }
    atomic_store_explicit(&thread->state, THREAD_READY, memory_order_relaxed);
    leave_to(next, 0);
}

void schedule_away(struct lock *release)
{
    interrupts_push();
    struct hart *self = hart_self();
    struct thread *next = pick(self);
    self->thread->release = release;
    leave_to(next ? next : self->idle, release != NULL);
}

_Noreturn void schedule_end(struct lock *release)
{
    schedule_away(release);
    panic("thread %d ran after it had ended", current_thread()->tid);
}

void schedule_tick(void)
{
    struct hart *self = hart_self();
    self->tick_deadline = time_now_ticks() + quantum_ticks;
    atomic_store_explicit(&self->reschedule, true, memory_order_relaxed);
}

static void idle_until_interrupt(struct hart *self)
{
    account_kernel();
    timer_program(self);
    kernel_leave();
    __asm__ volatile("wfi"); /* ends with an interrupt that is pending, enabled or not */
    kernel_enter();
    CSR_SET(sstatus, SSTATUS_SIE); /* it is served here */
    CSR_CLEAR(sstatus, SSTATUS_SIE);
    atomic_store_explicit(&self->is_idle, false, memory_order_relaxed);
}

_Noreturn void schedule_idle(void)
{
    struct hart *self = hart_self();
    for (;;) {
        CSR_CLEAR(sstatus, SSTATUS_SIE);
        atomic_store_explicit(&self->is_idle, true, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst); /* fence rw,rw; see schedule_ready */
        interrupts_push();
        struct thread *next = pick(self);
        if (next) {
            atomic_store_explicit(&self->is_idle, false, memory_order_relaxed);
            leave_to(next, 0);
        } else {
            interrupts_pop();
            idle_until_interrupt(self);
        }
    }
}

void schedule_init(void)
{
    char word[16];
    has_one_queue = false;
    if (command_line_word("queue", word, sizeof word)) {
        has_one_queue = strcmp(word, "one") == 0;
        if (!has_one_queue && strcmp(word, "harts") != 0)
            power_refuse("queue=%s is no kind of queue: one and harts are", word);
    }
    uint64_t quantum_ms = 10;
    if (command_line_word("quantum", word, sizeof word)) {
        quantum_ms = 0;
        for (const char *at = word; *at >= '0' && *at <= '9'; at++)
            quantum_ms = quantum_ms * 10 + (uint64_t)(*at - '0');
        if (quantum_ms < 1 || quantum_ms > 1000)
            power_refuse("quantum=%s is no time slice: 1 to 1000 (milliseconds) are", word);
    }
    quantum_ticks = quantum_ms * machine.timebase_hz / 1000;
    for (unsigned i = 0; i < hart_count(); i++) {
        lock_init(&queues[i].lock, LOCK_RUN_QUEUE, has_one_queue ? "run queue" : "hart's queue");
        lock_register(&queues[i].lock);
        if (has_one_queue)
            break;
    }
}
