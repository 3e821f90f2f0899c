/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Processes: the table and what belongs to one. process.c owns the table and its lock; fork.c, exec.c, exit.c and signal.c work on
 * it.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdint.h>

#include "file.h"
#include "lock.h"
#include "mutex.h"
#include "turnstile/abi.h"

struct address_space;
struct directory;
struct thread;

#define PROCESS_NAME_BYTES 24

struct process {
    /* the process table's lock */
    int pid;
    int group;
    struct process *parent;
    struct process *children, *sibling; /* first child; next child of the same parent */
    struct process *next, *previous;    /* in the table */
    struct thread *threads;             /* linked by thread->peer */
    unsigned thread_count;              /* that have not ended */
    bool is_ending;                     /* all threads end at their next return to user mode */
    bool is_zombie;
    struct thread *sole; /* the one that may go on (exec), else NULL */
    int status;          /* as wait gives it */
    uint64_t pending;    /* signals */
    struct signal_action actions[SIGNALS];
    /* files_lock */
    struct lock files_lock;
    struct descriptor descriptors[DESCRIPTORS_MAX];
    /* directory_mutex */
    struct mutex directory_mutex;
    struct directory *directory;
    /* set by the only thread there is (fork, exec) */
    struct address_space *space;
    char name[PROCESS_NAME_BYTES];
    _Atomic uint64_t user_ticks, kernel_ticks; /* of threads that have ended or been switched from */
};

/* Of the thread that calls; not in interrupt routines. */
struct process *current_process(void);
struct thread *current_thread(void);

#endif
