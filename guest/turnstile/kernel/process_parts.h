/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files on processes know of each other: process.c (the table), fork.c, exec.c, exit.c, signal.c; and the trap path of
 * them.
 */
#ifndef KERNEL_PROCESS_PARTS_H
#define KERNEL_PROCESS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "process.h"

struct thread;
struct trap_frame;

extern struct lock process_lock; /* class PROCESS: the table, and in each process and thread what process.h and thread.h say */

/* ---- process.c ---- */
void process_init(void);                       /* boot hart: /proc rows */
void process_start_first(void (*entry)(void)); /* process 1, whose thread begins at entry and goes to user mode when that returns */
struct process *process_create(void);          /* in no list; NULL: no memory */
void process_destroy(struct process *process); /* that is in no list any more, or never was */
int process_add(struct process *process, struct thread *thread, struct process *parent); /* process_lock held: a pid, or -EAGAIN */
int process_add_thread(struct process *process, struct thread *thread);                  /* process_lock held: a tid, or -EAGAIN */
void process_remove(struct process *process); /* process_lock held: out of the table and its parent's children */
struct process *process_find(int pid);        /* process_lock held; NULL: none, zombies are found */
struct process *process_first(void);          /* process_lock held; then ->next */
struct thread *process_find_thread(const struct process *process, int tid); /* process_lock held */

/* ---- descriptor.c ---- */
void descriptors_copy(struct process *child, struct process *parent);
void descriptors_close(struct process *process, bool only_on_exec);

/* ---- thread_calls.c ---- */
void thread_kick(struct thread *thread); /* process_lock held: if it runs in user mode, it comes into the kernel soon */

/* ---- exec.c ---- */
/* Replaces the current process's program. Paths and texts in kernel memory or user memory. 0, or an error and all is as before. */
int exec_program(const char *path, uint64_t user_arguments, uint64_t user_environment);

/* ---- exit.c ---- */
_Noreturn void process_exit(int status); /* `status` as wait gives it */
_Noreturn void thread_end(int64_t value);
/* All other threads of the process end; returns when they have. -EINTR when another one came first. */
int process_be_alone(void);

/* ---- signal.c ---- */
void signal_send(struct process *process, int signal);                     /* process_lock held */
void signal_send_group(int group, int signal);                             /* 0 < group; takes process_lock */
void signal_fault(struct trap_frame *frame, int signal, uint64_t address); /* of the running thread; ends it if it must */
void signal_deliver(struct trap_frame *frame);                             /* what attention asks for, on the way to user mode */
void signal_exec(struct process *process);                                 /* handlers go back to the default */

#endif
