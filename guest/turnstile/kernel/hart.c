/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Harts: the table, how the others are started, and interrupts from one to another. What such an interrupt is about is written
 * where its receiver looks (flushes_requested, reschedule, the run queues, the panic), so that several may become one.
 */
#include "hart.h"

#include "csr.h"
#include "device.h"
#include "init.h"
#include "memory.h"
#include "print.h"
#include "sbi.h"
#include "space.h"
#include "structure.h"
#include "thread.h"
#include "time.h"
#include "timer.h"

struct hart harts[HARTS_MAX];

extern char secondary_start[];

void hart_init(uint64_t id)
{
    unsigned own = HARTS_MAX;
    for (unsigned i = 0; i < hart_count(); i++) {
        harts[i].index = i;
        harts[i].id = machine.hart_id[i];
        harts[i].emergency_sp = (uint64_t)harts[i].emergency_stack + sizeof harts[i].emergency_stack;
        harts[i].tick_deadline = TIME_NEVER;
        if (harts[i].id == id)
            own = i;
    }
    struct hart *self = &harts[own < HARTS_MAX ? own : 0];
    __asm__ volatile("mv tp, %0\n\tcsrw sscratch, tp" : : "r"(self) : "memory");
    atomic_store_explicit(&self->is_started, true, memory_order_relaxed);
    if (own == HARTS_MAX)
        panic("hart %lu, on which the kernel began, is not among the %u of the device tree that are used", id, hart_count());
}

static void send_by_firmware(uint64_t mask)
{
    /* A call names harts by id: a base and 64 bits. Ids are sorted. */
    while (mask) {
        uint64_t base = harts[__builtin_ctzll(mask)].id, bits = 0;
        for (; mask; mask &= mask - 1) {
            uint64_t distance = harts[__builtin_ctzll(mask)].id - base;
            if (distance >= 64)
                break;
            bits |= 1ull << distance;
        }
        sbi_call(SBI_IPI, 0, bits, base, 0);
    }
}

void ipi_send(uint64_t mask)
{
    hart_self()->ipis_sent += (unsigned)__builtin_popcountll(mask);
    __asm__ volatile("fence w, o" : : : "memory"); /* what it is about is written before the device is */
    if (!machine.sswi_base) {
        send_by_firmware(mask);
        return;
    }
    for (; mask; mask &= mask - 1)
        ((volatile uint32_t *)kernel_address(machine.sswi_base))[harts[__builtin_ctzll(mask)].id] = 1;
}

void ipi_serve(void)
{
    hart_self()->ipis++;
    CSR_CLEAR(sip, SIE_SOFTWARE);
    atomic_thread_fence(memory_order_seq_cst);
    halt_if_panicking();
    space_flush_poll();
}

/* Interrupts that this hart takes from now on, whenever sstatus.SIE allows. */
static void begin(void)
{
    timer_hart_init();
    irq_hart_init();
    CSR_SET(sie, SIE_SOFTWARE | SIE_EXTERNAL);
    CSR_WRITE(scounteren, 7); /* programs may read cycle, time and instret */
    hart_self()->entered_ticks = time_now_ticks();
}

_Noreturn void hart_main(void)
{
    CSR_WRITE(sscratch, hart_self());
    begin();
    atomic_store_explicit(&hart_self()->is_started, true, memory_order_release);
    kernel_enter();
    schedule_idle();
}

static void print_harts(struct text *text)
{
    uint64_t per_ms = machine.timebase_hz / 1000;
    text_add(text, "hart id %10s %10s %10s %9s %9s %8s %8s  thread\n", "user_ms", "kernel_ms", "idle_ms", "switches", "calls",
             "faults", "steals");
    for (unsigned i = 0; i < hart_count(); i++) {
        const struct hart *hart = &harts[i];
        text_add(text, "%4u %2lu %10lu %10lu %10lu %9lu %9lu %8lu %8lu  %d\n", i, hart->id, hart->user_ticks / per_ms,
                 hart->kernel_ticks / per_ms, hart->idle_ticks / per_ms, hart->switches, hart->system_calls, hart->page_faults,
                 hart->steals, hart->thread && !hart->thread->idle_of ? hart->thread->tid : 0);
    }
}

void hart_start_others(void)
{
    static struct proc_row row = {.name = "harts", .print = print_harts};
    proc_register(&row);
    begin();
    for (unsigned i = 0; i < hart_count(); i++) {
        struct hart *hart = &harts[i];
        if (hart == hart_self())
            continue;
        thread_create_idle(hart);
        atomic_store_explicit(&hart->idle->state, THREAD_RUNNING, memory_order_relaxed);
        struct sbi_result result = sbi_call(SBI_HSM, SBI_HSM_START, hart->id, physical_of(secondary_start), physical_of(hart));
        if (result.error)
            print("turnstile: hart %lu does not start: firmware says %ld\n", hart->id, result.error);
    }
    uint64_t patience = time_now_ticks() + 10 * machine.timebase_hz;
    for (unsigned i = 0; i < hart_count(); i++) {
        while (!atomic_load_explicit(&harts[i].is_started, memory_order_acquire) && time_now_ticks() < patience)
            ;
        if (!atomic_load_explicit(&harts[i].is_started, memory_order_acquire))
            panic("hart %lu did not come within 10 seconds of its start", harts[i].id);
    }
}
