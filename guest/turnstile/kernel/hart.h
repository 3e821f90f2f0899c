/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the kernel keeps for each hart. The kernel numbers harts 0 to hart_count() - 1 in the order of their ids; tp points at the
 * hart's own structure while it is in the kernel, and sscratch always. Only the hart itself writes its structure, but for the
 * fields that say otherwise. Also for assembly: the offsets.
 */
#ifndef KERNEL_HART_H
#define KERNEL_HART_H

#define HART_SCRATCH      0
#define HART_KERNEL_SP    16
#define HART_EMERGENCY_SP 24

/* A trap's registers, as entry.S saves them on the kernel stack. */
#define FRAME_BYTES        288
#define FRAME_PC           256
#define FRAME_STATUS       264
#define FRAME_CAUSE        272
#define FRAME_ADDRESS      280

#define KERNEL_STACK_BYTES 8192 /* a slot is twice that: the lower half is not mapped */

#ifndef __ASSEMBLER__
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine_info.h"

struct address_space;
struct lock;
struct process;
struct thread;

struct trap_frame {
    uint64_t x[32]; /* x[n] is register xn; x[0] is not used */
    uint64_t pc;
    uint64_t status;
    uint64_t cause;
    uint64_t address;
};

struct hart {
    uint64_t scratch[2];   /* entry.S */
    uint64_t kernel_sp;    /* where the running thread's kernel stack begins */
    uint64_t emergency_sp; /* for panics on a full stack */
    unsigned index;        /* the kernel's number */
    uint64_t id;           /* mhartid */
    /* critical sections */
    unsigned interrupt_depth;
    bool interrupts_were_on;
    unsigned global_depth; /* sections entered under the global lock */
    bool has_kernel_lock;
    unsigned sections; /* spin locks held, whatever the structure */
    /* scheduling */
    struct thread *thread; /* running */
    struct thread *idle;
    struct thread *previous;     /* what ran before, until switch_finish has dealt with it */
    struct address_space *space; /* loaded, NULL: the kernel's table */
    uint64_t tick_deadline;      /* when the running thread's time is up; TIME_NEVER: idle */
    uint64_t code_epoch;         /* as of the last fence.i */
    uint64_t stack_epoch;        /* as of the last flush for new kernel stacks */
    uint64_t entered_ticks;      /* when user or kernel time was last accounted */
    /* written by other harts */
    _Atomic bool is_started;
    _Atomic unsigned is_idle; /* a word: it is exchanged */
    _Atomic bool reschedule;
    _Atomic uint32_t flushes_requested;
    _Atomic uint32_t flushes_done; /* written by this hart */
    /* counts */
    uint64_t timer_interrupts, ipis, ipis_sent, external_interrupts, empty_claims, system_calls, page_faults, switches, flushes,
        steals;
    uint64_t user_ticks, kernel_ticks, idle_ticks;
    _Alignas(16) uint8_t emergency_stack[2048];
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct hart, kernel_sp) == HART_KERNEL_SP, "entry.S");
_Static_assert(offsetof(struct hart, emergency_sp) == HART_EMERGENCY_SP, "entry.S");
_Static_assert(sizeof(struct trap_frame) == FRAME_BYTES && offsetof(struct trap_frame, address) == FRAME_ADDRESS, "entry.S");

extern struct hart harts[HARTS_MAX];

/* This hart. A thread that may sleep asks again afterwards: it may be on another. */
static inline struct hart *hart_self(void)
{
    struct hart *self;
    __asm__ volatile("mv %0, tp" : "=r"(self));
    return self;
}
static inline unsigned hart_count(void)
{
    return machine.harts;
}

/* Boot hart: fills the table; makes the calling code hart `id`. */
void hart_init(uint64_t id);
/* Boot hart, when threads can be made: starts the others, each at hart_main in its idle thread. */
void hart_start_others(void);
_Noreturn void hart_main(void);

/* An interrupt for other harts, by the kernel's numbers, bit n for hart n. */
void ipi_send(uint64_t mask);
/* What an interrupt of that kind asks this hart to do. */
void ipi_serve(void);
/* Stops this hart for good when another one panics; else does nothing. */
void halt_if_panicking(void);
#endif

#endif
