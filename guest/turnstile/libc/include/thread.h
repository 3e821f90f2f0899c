/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads of a process. Each has a stack from malloc, whose lowest word is looked at when the thread is joined, and this structure,
 * to which tp points.
 */
#ifndef LIBC_THREAD_H
#define LIBC_THREAD_H

#include <stdint.h>

#define THREAD_STACK_BYTES 32768

struct thread {
    int error;  /* errno */
    int number; /* as the kernel counts them; 0 in the first thread until asked for */
    int64_t (*function)(void *argument);
    void *argument;
    uint64_t *stack; /* its lowest word holds THREAD_STACK_MARK of thread.c */
};

/* Starts function(argument): 0, or a negative errno. *ret_thread is for thread_join, which each thread needs once. */
int thread_create(struct thread **ret_thread, int64_t (*function)(void *argument), void *argument);
/* Waits for its end; its value, if ret_value is not NULL. 0, or a negative errno. Aborts when its stack was too small. */
int thread_join(struct thread *thread, int64_t *ret_value);
_Noreturn void thread_exit(int64_t value);
struct thread *thread_self(void);

#endif
