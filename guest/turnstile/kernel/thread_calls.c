/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system calls on threads, and those that only ask or set what a process or thread is.
 */
#include "csr.h"
#include "hart.h"
#include "lock.h"
#include "process_parts.h"
#include "space.h"
#include "system_call.h"
#include "thread.h"
#include "time.h"
#include "user_copy.h"
#include "wait.h"

enum { SP = 2, TP = 4, A0 = 10 };

/* Its attention has been set, with a fence behind: if it does not run yet, it will see that on its way to user mode. */
void thread_kick(struct thread *thread)
{
    if (atomic_load_explicit(&thread->state, memory_order_acquire) == THREAD_RUNNING && thread->queue != hart_self()->index)
        ipi_send(1ull << thread->queue);
}

SYSTEM_CALL(thread_create)
{
    struct process *process = current_process();
    struct thread *thread = thread_create(process, NULL, NULL);
    if (!thread)
        return -ENOMEM;
    thread->frame->pc = argument[0];
    thread->frame->x[A0] = argument[1];
    thread->frame->x[SP] = argument[2];
    thread->frame->x[TP] = argument[3];
    thread->blocked = current_thread()->blocked;
    thread->affinity = current_thread()->affinity;
    lock_acquire(&process_lock);
    int tid = process_add_thread(process, thread);
    lock_release(&process_lock);
    if (tid < 0) {
        thread_destroy(thread);
        return tid;
    }
    schedule_ready(thread);
    return tid;
}

static void unlink_thread(struct process *process, struct thread *thread)
{
    for (struct thread **at = &process->threads; *at; at = &(*at)->peer)
        if (*at == thread) {
            *at = thread->peer;
            return;
        }
}

SYSTEM_CALL(thread_join)
{
    struct process *process = current_process();
    int error = 0;
    lock_acquire(&process_lock);
    struct thread *thread = process_find_thread(process, (int)argument[0]);
    if (!thread)
        error = -ESRCH;
    else if (thread == current_thread())
        error = -EDEADLK;
    else if (thread->is_joined)
        error = -EINVAL;
    else
        thread->is_joined = true;
    while (!error && thread->state != THREAD_ENDED) {
        error = wait_on_interruptible(thread, &process_lock);
        if (error)
            thread->is_joined = false;
    }
    if (!error)
        unlink_thread(process, thread);
    lock_release(&process_lock);
    if (error)
        return error;
    int64_t value = thread->value;
    thread_destroy(thread);
    return argument[1] && copy_to_user(argument[1], &value, sizeof value) != 0 ? -EFAULT : 0;
}

SYSTEM_CALL(getpid)
{
    (void)argument;
    return current_process()->pid;
}

SYSTEM_CALL(gettid)
{
    (void)argument;
    return current_thread()->tid;
}

SYSTEM_CALL(getppid)
{
    (void)argument;
    lock_acquire(&process_lock);
    const struct process *parent = current_process()->parent;
    int pid = parent ? parent->pid : 0;
    lock_release(&process_lock);
    return pid;
}

SYSTEM_CALL(setpgid)
{
    int pid = (int)argument[0], group = (int)argument[1], error = 0;
    struct process *self = current_process();
    if (pid < 0 || group < 0)
        return -EINVAL;
    lock_acquire(&process_lock);
    struct process *process = pid ? process_find(pid) : self;
    if (!process || (process != self && process->parent != self))
        error = -ESRCH;
    else
        process->group = group ? group : process->pid;
    lock_release(&process_lock);
    return error;
}

SYSTEM_CALL(getpgid)
{
    int pid = (int)argument[0];
    lock_acquire(&process_lock);
    const struct process *process = pid ? process_find(pid) : current_process();
    int group = process ? process->group : -ESRCH;
    lock_release(&process_lock);
    return group;
}

SYSTEM_CALL(sbrk)
{
    return space_move_heap(current_process()->space, (int64_t)argument[0]);
}

SYSTEM_CALL(yield)
{
    (void)argument;
    schedule_yield();
    return 0;
}

SYSTEM_CALL(sleep)
{
    struct lock lock = LOCK_INITIAL(SEMAPHORE, "sleeper"); /* guards nothing: nobody wakes it but time and signals */
    uint64_t ticks = time_ticks_of_ns(argument[0]);
    uint64_t deadline = ticks == TIME_NEVER ? TIME_NEVER : time_now_ticks() + ticks;
    lock_acquire(&lock);
    int error = wait_on_until(current_thread(), &lock, deadline);
    lock_release(&lock);
    return error == -ETIMEDOUT ? 0 : error;
}

SYSTEM_CALL(affinity_get)
{
    lock_acquire(&process_lock);
    const struct thread *thread = argument[0] ? process_find_thread(current_process(), (int)argument[0]) : current_thread();
    uint64_t mask = thread ? atomic_load_explicit(&thread->affinity, memory_order_relaxed) : 0;
    lock_release(&process_lock);
    if (!mask)
        return -ESRCH;
    return copy_to_user(argument[1], &mask, sizeof mask);
}

SYSTEM_CALL(affinity_set)
{
    uint64_t mask = argument[1] & ~0ull >> (64 - hart_count());
    if (!mask)
        return -EINVAL;
    lock_acquire(&process_lock);
    struct thread *thread = argument[0] ? process_find_thread(current_process(), (int)argument[0]) : current_thread();
    if (thread)
        atomic_store_explicit(&thread->affinity, mask, memory_order_relaxed);
    lock_release(&process_lock);
    if (!thread)
        return -ESRCH;
    if (thread == current_thread() && !(mask >> hart_self()->index & 1))
        schedule_yield();
    return 0;
}
