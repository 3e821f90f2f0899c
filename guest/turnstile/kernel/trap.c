/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Traps: what comes from user mode is the process's own business in the kernel, on its stack, with interrupts on; what comes from
 * the kernel is an interrupt, or a page fault of user_access.S. This is where harts enter and leave the kernel (structure bkl).
 */

#include "csr.h"
#include "hart.h"
#include "init.h"
#include "print.h"
#include "process.h"
#include "process_parts.h"
#include "space.h"
#include "structure.h"
#include "thread.h"
#include "timer.h"

enum { IRQ_SOFTWARE = 1, IRQ_TIMER = 5, IRQ_EXTERNAL = 9 };

extern char user_access_begin[], user_access_end[], user_access_failed[];
void trap_from_user(struct trap_frame *frame);
void trap_from_kernel(struct trap_frame *frame);
void thread_leave(void);

/* Interrupts are disabled. */
static void serve_interrupt(uint64_t cause)
{
    switch (cause & ~CAUSE_INTERRUPT) {
    case IRQ_SOFTWARE:
        ipi_serve();
        break;
    case IRQ_TIMER:
        timer_interrupt();
        break;
    case IRQ_EXTERNAL:
        irq_serve();
        break;
    default:
        panic("interrupt %lu, which is not enabled", cause & ~CAUSE_INTERRUPT);
    }
}

static bool is_page_fault(uint64_t cause)
{
    return cause == CAUSE_FETCH_PAGE || cause == CAUSE_LOAD_PAGE || cause == CAUSE_STORE_PAGE;
}

/* Interrupts are on. */
static int mend_page_fault(const struct trap_frame *frame)
{
    unsigned right = frame->cause == CAUSE_FETCH_PAGE  ? REGION_EXECUTE
                     : frame->cause == CAUSE_LOAD_PAGE ? REGION_READ
                                                       : REGION_WRITE;
    hart_self()->page_faults++;
    return space_fault(current_process()->space, frame->address, right);
}

static int signal_of(uint64_t cause)
{
    static const uint8_t signals[16] = {SIGBUS, SIGSEGV, SIGILL, SIGTRAP, SIGBUS,  SIGSEGV, SIGBUS, SIGSEGV,
                                        SIGILL, SIGILL,  SIGILL, SIGILL,  SIGSEGV, SIGSEGV, SIGILL, SIGSEGV};
    return cause < 16 ? signals[cause] : SIGILL;
}

/* The FP registers of a thread are off until it uses them. */
static bool begins_fp(const struct trap_frame *frame)
{
    return frame->cause == CAUSE_ILLEGAL && (frame->status & SSTATUS_FS) == 0 && thread_fp_begin(current_thread());
}

static void serve_exception(struct trap_frame *frame)
{
    if (frame->cause == CAUSE_SYSTEM_CALL)
        system_call(frame);
    else if (is_page_fault(frame->cause) ? mend_page_fault(frame) != 0 : !begins_fp(frame))
        signal_fault(frame, signal_of(frame->cause), frame->address);
}

void trap_from_user(struct trap_frame *frame)
{
    account_user();
    kernel_enter();
    if (frame->cause & CAUSE_INTERRUPT) {
        serve_interrupt(frame->cause);
    } else {
        CSR_SET(sstatus, SSTATUS_SIE);
        serve_exception(frame);
    }
    thread_leave();
}

/* To user mode: returns with interrupts disabled, when nothing is left to do first. */
void thread_leave(void)
{
    for (;;) {
        CSR_CLEAR(sstatus, SSTATUS_SIE);
        struct thread *thread = current_thread();
        if (atomic_load_explicit(&hart_self()->reschedule, memory_order_relaxed)) {
            schedule_yield();
        } else if (atomic_load_explicit(&thread->attention, memory_order_relaxed)) {
            CSR_SET(sstatus, SSTATUS_SIE);
            signal_deliver(thread->frame);
        } else {
            break;
        }
    }
    current_thread()->in_system_call = false;
    space_code_check();
    account_kernel();
    kernel_leave();
}

void trap_from_kernel(struct trap_frame *frame)
{
    if (frame->cause & CAUSE_INTERRUPT) {
        serve_interrupt(frame->cause);
        return;
    }
    bool is_access = frame->pc >= (uint64_t)user_access_begin && frame->pc < (uint64_t)user_access_end;
    if (!is_access || !is_page_fault(frame->cause) || !current_process())
        panic("trap %lu in the kernel at %p, address %p, ra %p, sp %p", frame->cause, (void *)frame->pc, (void *)frame->address,
              (void *)frame->x[1], (void *)frame->x[2]);
    CSR_SET(sstatus, SSTATUS_SIE);
    if (mend_page_fault(frame) != 0)
        frame->pc = (uint64_t)user_access_failed;
    CSR_CLEAR(sstatus, SSTATUS_SIE);
}
