/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Panics: when the kernel finds itself wrong. Uses no lock, no memory but its stack, and the UART by polling.
 */
#include "csr.h"
#include "emu/platform.h"
#include "hart.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "process.h"
#include "structure.h"
#include "thread.h"
#include "uart.h"

static _Atomic unsigned panicking; /* the hart's number + 1 */

extern char _kernel_start[], _text_end[];

void halt_if_panicking(void)
{
    unsigned who = atomic_load_explicit(&panicking, memory_order_relaxed);
    if (!who || who == hart_self()->index + 1)
        return;
    CSR_CLEAR(sstatus, SSTATUS_SIE);
    for (;;)
        __asm__ volatile("wfi");
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    char bytes[320];
    struct text text = {.bytes = bytes, .room = sizeof bytes};
    va_list arguments;
    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    uart_panic(bytes, text.length < text.room ? text.length : text.room);
}

/* A frame pointer has the caller's below it, and the return address (calling convention of gcc). Stops at what cannot be one. */
static void say_callers(const uint64_t *fp)
{
    say("called from");
    for (unsigned depth = 0; depth < 24; depth++) {
        uint64_t at = (uint64_t)fp;
        if (at < KERNEL_BASE + KERNEL_LOAD || at % 8)
            break;
        uint64_t ra = fp[-1];
        if (ra < (uint64_t)_kernel_start || ra >= (uint64_t)_text_end)
            break;
        say(" %p", (void *)ra);
        if (fp[-2] <= at && fp[-2] >> 30 == at >> 30)
            break;
        fp = (const uint64_t *)fp[-2];
    }
    say("\n");
}

/* The device tree may be what is wrong: then the places are those of the platform that this is most likely. */
static void guess_devices(void)
{
    if (machine.uart.address)
        return;
    machine.uart.address = PLATFORM_UART_BASE;
    machine.finisher = PLATFORM_FINISHER_BASE;
}

_Noreturn void panic(const char *format, ...)
{
    CSR_CLEAR(sstatus, SSTATUS_SIE);
    guess_devices();
    struct hart *self = hart_self();
    unsigned expected = 0;
    /* lr.w, sc.w: the first to panic speaks; a panic of its own while it does ends at once. */
    if (!atomic_compare_exchange_strong_explicit(&panicking, &expected, self->index + 1, memory_order_seq_cst,
                                                 memory_order_relaxed)) {
        halt_if_panicking();
        power_end(1);
    }
    if (hart_count() > 1)
        ipi_send(~0ull >> (64 - hart_count()) & ~(1ull << self->index));
    char sentence[256];
    struct text text = {.bytes = sentence, .room = sizeof sentence};
    va_list arguments;
    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    say("\npanic: %.*s\n", (int)(text.length < text.room ? text.length : text.room), sentence);
    const struct thread *thread = self->thread;
    say("hart %u (id %lu), structure %s, sections %u, thread %d", self->index, self->id, structure_name(), self->sections,
        thread ? thread->tid : -1);
    if (thread && thread->process)
        say(" of process %d %s", thread->process->pid, thread->process->name);
    say("\nsstatus %p scause %p sepc %p stval %p sp %p\n", (void *)CSR_READ(sstatus), (void *)CSR_READ(scause),
        (void *)CSR_READ(sepc), (void *)CSR_READ(stval), __builtin_frame_address(0));
    say_callers(__builtin_frame_address(0));
    power_end(1);
}
