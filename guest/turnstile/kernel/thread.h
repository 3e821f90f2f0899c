/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads, and how harts pick them. A thread belongs to a process, or to the kernel (process NULL: one idle thread a hart, and
 * kernel threads). thread.c owns making and ending, schedule.c the run queues, wait.c the wait lists.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lock.h"

struct hart;
struct process;
struct trap_frame;
struct wait_bucket;

/* What a C function must find again (calling convention): ra, sp, s0 to s11. */
struct context {
    uint64_t ra, sp, s[12];
};

struct fp_state {
    uint64_t f[32];
    uint64_t fcsr;
};

enum thread_state {
    THREAD_READY, /* on a run queue, or about to be */
    THREAD_RUNNING,
    THREAD_WAITING,
    THREAD_ENDED, /* for good: waits to be joined */
};

/* Why a thread has to look around before it goes on in user mode; also ends interruptible waits. */
#define ATTENTION_SIGNAL 1u
#define ATTENTION_END    2u

struct thread {
    /* fixed */
    int tid;
    struct process *process; /* NULL: the kernel's */
    struct hart *idle_of;    /* the hart whose idle thread this is */
    const char *name;        /* of a kernel thread */
    unsigned stack_slot;
    uint64_t stack_top;
    struct trap_frame *frame; /* user registers, at the top of the kernel stack */
    /* its own, or the scheduler's while it does not run */
    struct context context;
    struct fp_state *fp;  /* NULL: not used yet */
    struct lock *release; /* to be released when it has been switched from */
    /* lock of the run queue */
    struct thread *queue_next;
    unsigned queue; /* on which it is or was last: the hart it ran on */
    /* lock of its wait bucket */
    _Atomic(struct wait_bucket *) bucket;
    const void *channel;
    bool is_interruptible;
    bool was_interrupted, was_timed_out;
    struct thread *wait_next, *wait_previous;
    /* lock of its timer list */
    uint64_t deadline;
    struct hart *timer_hart; /* NULL: no deadline */
    struct thread *timer_next;
    _Atomic bool is_timed_out;
    /* anybody */
    _Atomic unsigned state; /* enum thread_state; for lists only */
    _Atomic unsigned attention;
    _Atomic uint64_t affinity; /* harts, by the kernel's numbers */
    /* the process table's lock */
    struct thread *peer; /* next of the process */
    uint64_t blocked;    /* signals */
    int64_t value;       /* of thread_exit */
    bool is_joined;      /* somebody waits for it, or it will never be joined */
    /* its own */
    uint64_t first_argument; /* a0 of the system call it is in, for a restart */
    bool in_system_call;
    _Atomic uint64_t user_ticks, kernel_ticks;
};

/* ---- thread.c ---- */
void thread_init(void); /* boot hart: the stacks' part of the address space; this code becomes the idle thread of hart 0 */
/* A thread that is not ready yet, or NULL. With a process: its user registers are zero, to be filled. Without: it begins at entry.
 */
struct thread *thread_create(struct process *process, const char *name, void (*entry)(void));
/* Frees a thread that never ran, or has ended and was switched from. */
void thread_destroy(struct thread *thread);
struct thread *thread_create_idle(struct hart *hart);
void thread_stack_check(struct hart *self); /* before this hart uses a stack that may be new */
uint64_t thread_cached_pages(void);         /* pages of stacks that no thread uses */
/* FP registers, in switch_finish and where a frame's are wanted. */
void thread_fp_save(struct thread *thread);
bool thread_fp_begin(struct thread *thread); /* first use: false when there is no memory */
bool thread_fp_make(struct thread *thread);  /* room for them */
void thread_fp_end(struct thread *thread);   /* as if it had never been used */

/* ---- schedule.c ---- */
void schedule_init(void);
void schedule_ready(struct thread *thread); /* a thread that nobody has in a list */
void schedule_yield(void);
/* Another thread runs; this one has set its state and is where a waker finds it; `release`, if any, guards that. */
void schedule_away(struct lock *release);
_Noreturn void schedule_end(struct lock *release); /* the thread has ended */
_Noreturn void schedule_idle(void);
void schedule_tick(void); /* the running thread's time is up */
void switch_finish(void);
/* Ticks spent since the last call are user's or the kernel's. */
void account_user(void);
void account_kernel(void);

/* ---- wait.c ---- */
void wait_init(void);
/* Ends an interruptible wait, the present or the next one; `why` is a bit of attention. */
void wait_interrupt(struct thread *thread, unsigned why);
void wait_timed_out(struct thread *thread); /* time.c, with the timer list's lock */

/* ---- assembly ---- */
void switch_context(struct context *from, const struct context *to);
void thread_first(void); /* where a new thread's context begins */
void fp_store(struct fp_state *fp);
void fp_load(const struct fp_state *fp);

#endif
