/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time. Each hart has a list of deadlines, sorted, under a lock of its own, and one comparator: S-mode's own where the hart has it
 * (Sstc), else firmware's.
 */
#include "time.h"

#include "csr.h"
#include "hart.h"
#include "lock.h"
#include "memory.h"
#include "sbi.h"
#include "thread.h"
#include "timer.h"

struct timer_list {
    struct lock lock; /* guards first, and timer_next of those on it */
    struct thread *first;
    _Atomic uint64_t next; /* the first's deadline; the hart itself reads it without the lock */
} __attribute__((aligned(64)));

static struct timer_list lists[HARTS_MAX];
static uint64_t boot_ticks;

uint64_t time_now_ticks(void)
{
    return CSR_READ(time);
}

static uint64_t scale(uint64_t value, uint64_t by, uint64_t per)
{
    return value / per * by + value % per * by / per;
}

uint64_t time_ticks_of_ns(uint64_t nanoseconds)
{
    const uint64_t second = 1000000000;
    if (nanoseconds / second > (TIME_NEVER >> 2) / machine.timebase_hz)
        return TIME_NEVER;
    uint64_t ticks = scale(nanoseconds, machine.timebase_hz, second);
    return ticks + (scale(ticks, second, machine.timebase_hz) < nanoseconds);
}

uint64_t time_ns_since_boot(void)
{
    return scale(time_now_ticks() - boot_ticks, 1000000000, machine.timebase_hz);
}

int64_t time_of_day_ns(void)
{
    if (!machine.rtc.address)
        return (int64_t)time_ns_since_boot();
    const volatile uint32_t *rtc = kernel_address(machine.rtc.address);
    uint64_t low = rtc[0]; /* reading it keeps the upper half for the next read */
    return (int64_t)((uint64_t)rtc[1] << 32 | low);
}

static void set_comparator(uint64_t when)
{
    if (machine.has_sstc)
        CSR_WRITE(0x14d, when); /* stimecmp */
    else
        sbi_call(SBI_TIME, 0, when, 0, 0);
}

void timer_program(struct hart *self)
{
    /* Another hart may have taken the first off just now: then the interrupt comes too early, which does no harm. */
    uint64_t next = atomic_load_explicit(&lists[self->index].next, memory_order_relaxed);
    set_comparator(next < self->tick_deadline ? next : self->tick_deadline);
}

static void note_first(struct timer_list *list)
{
    atomic_store_explicit(&list->next, list->first ? list->first->deadline : TIME_NEVER, memory_order_relaxed);
}

void timer_add(struct thread *thread, uint64_t deadline_ticks)
{
    struct hart *self = hart_self();
    struct timer_list *list = &lists[self->index];
    atomic_store_explicit(&thread->is_timed_out, false, memory_order_relaxed);
    lock_acquire(&list->lock);
    thread->deadline = deadline_ticks;
    thread->timer_hart = self;
    struct thread **at = &list->first;
    while (*at && (*at)->deadline <= deadline_ticks)
        at = &(*at)->timer_next;
    thread->timer_next = *at;
    *at = thread;
    note_first(list);
    timer_program(self);
    lock_release(&list->lock);
}

void timer_remove(struct thread *thread)
{
    struct timer_list *list = &lists[thread->timer_hart->index];
    lock_acquire(&list->lock);
    for (struct thread **at = &list->first; *at; at = &(*at)->timer_next)
        if (*at == thread) {
            *at = thread->timer_next;
            break;
        }
    note_first(list);
    thread->timer_hart = NULL;
    lock_release(&list->lock);
}

/* The list's lock is held while a thread is woken: until then timer_remove, and with it the thread, waits for us. */
static void serve_list(struct timer_list *list)
{
    lock_acquire(&list->lock);
    uint64_t now = time_now_ticks();
    while (list->first && list->first->deadline <= now) {
        struct thread *thread = list->first;
        list->first = thread->timer_next;
        wait_timed_out(thread);
    }
    note_first(list);
    lock_release(&list->lock);
}

void timer_interrupt(void)
{
    struct hart *self = hart_self();
    self->timer_interrupts++;
    serve_list(&lists[self->index]);
    if (self->tick_deadline <= time_now_ticks())
        schedule_tick();
    timer_program(self);
}

void timer_hart_init(void)
{
    hart_self()->tick_deadline = TIME_NEVER;
    set_comparator(TIME_NEVER);
    CSR_SET(sie, SIE_TIMER);
}

void time_init(void)
{
    boot_ticks = time_now_ticks();
    for (unsigned i = 0; i < hart_count(); i++) {
        lock_init(&lists[i].lock, LOCK_TIMER, "timers");
        note_first(&lists[i]);
    }
}
