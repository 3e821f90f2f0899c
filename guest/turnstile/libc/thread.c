/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: a structure and a stack in one piece of malloc; the kernel begins a thread at thread_entry (start.S).
 */
#include "thread.h"

#include "program.h"
#include "stdlib.h"
#include "system.h"

#define THREAD_STACK_MARK 0x57ac4e4d57ac4e4dull /* overwritten: the stack was too small */

struct thread thread_first; /* start.S */

void thread_entry(void *argument);
_Noreturn void thread_begin(struct thread *thread);

struct thread *thread_self(void)
{
    struct thread *self;
#if defined __riscv
    __asm__("mv %0, tp" : "=r"(self));
#else
    self = &thread_first;
#endif
    return self;
}

_Noreturn void thread_exit(int64_t value)
{
    for (;;)
        sys_thread_exit(value);
}

_Noreturn void thread_begin(struct thread *thread)
{
    thread_exit(thread->function(thread->argument));
}

int thread_create(struct thread **ret_thread, int64_t (*function)(void *argument), void *argument)
{
    char *stack = malloc(THREAD_STACK_BYTES);
    if (!stack)
        return -ENOMEM;
    struct thread *thread = (struct thread *)(stack + THREAD_STACK_BYTES - (sizeof *thread + 15) / 16 * 16);
    *thread = (struct thread){.function = function, .argument = argument, .stack = (uint64_t *)stack};
    *thread->stack = THREAD_STACK_MARK;
    int64_t number = sys_thread_create(thread_entry, thread, thread, thread);
    if (number < 0) {
        free(stack);
        return (int)number;
    }
    thread->number = (int)number;
    *ret_thread = thread;
    return 0;
}

int thread_join(struct thread *thread, int64_t *ret_value)
{
    int64_t value, error;
    do
        error = sys_thread_join(thread->number, &value);
    while (error == -EINTR);
    if (error < 0)
        return (int)error;
    if (*thread->stack != THREAD_STACK_MARK) {
        complain("the stack of thread %d was too small", thread->number);
        abort();
    }
    free(thread->stack);
    if (ret_value)
        *ret_value = value;
    return 0;
}
