/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How threads and processes end, and how a parent hears of it. A thread that ends holds the process table's lock until it has been
 * switched from; so who finds it ended, under the lock, may free its stack.
 */
#include "file_system.h"
#include "hart.h"
#include "power.h"
#include "print.h"
#include "process_parts.h"
#include "space.h"
#include "system_call.h"
#include "thread.h"
#include "wait.h"

/* All threads of the process but one (NULL: all) end at their next return to user mode, or wait. process_lock is held. */
static void end_others(struct process *process, struct thread *but)
{
    process->is_ending = true;
    process->sole = but;
    for (struct thread *thread = process->threads; thread; thread = thread->peer)
        if (thread != but && thread->state != THREAD_ENDED && thread != current_thread()) {
            wait_interrupt(thread, ATTENTION_END);
            thread_kick(thread);
        }
}

int process_be_alone(void)
{
    struct process *process = current_process();
    struct thread *self = current_thread();
    int error = 0;
    lock_acquire(&process_lock);
    if (process->is_ending)
        error = -EINTR;
    else
        end_others(process, self);
    while (!error && process->thread_count > 1) {
        wait_on(&process->sole, &process_lock);
        if (process->sole != self)
            error = -EINTR; /* the process ends */
    }
    if (!error) {
        process->is_ending = false;
        process->sole = NULL;
        for (struct thread **at = &process->threads; *at;) {
            struct thread *thread = *at;
            if (thread == self) {
                at = &thread->peer;
                continue;
            }
            *at = thread->peer;
            thread_destroy(thread);
        }
    }
    lock_release(&process_lock);
    return error;
}

/* What the process has, but its place in the table. By its last thread. */
static void give_up_all(struct process *process)
{
    descriptors_close(process, false);
    directory_release(process->directory);
    process->directory = NULL;
    interrupts_push();
    struct address_space *space = process->space;
    process->space = NULL;
    space_activate(NULL);
    interrupts_pop();
    space_destroy(space);
}

/* Children go to process 1. process_lock is held. */
static void give_children(struct process *process)
{
    struct process *heir = process_find(1);
    while (process->children) {
        struct process *child = process->children;
        process->children = child->sibling;
        child->parent = heir;
        child->sibling = heir->children;
        heir->children = child;
        if (child->is_zombie)
            wake_all(heir);
    }
}

static _Noreturn void end_machine(const struct process *process)
{
    file_system_stop();
    if (WAIT_SIGNALLED(process->status)) {
        print("turnstile: the first process was ended by signal %d\n", WAIT_SIGNAL(process->status));
        power_off(128 + WAIT_SIGNAL(process->status));
    }
    power_off(WAIT_EXIT_STATUS(process->status));
}

_Noreturn void thread_end(int64_t value)
{
    struct thread *self = current_thread();
    struct process *process = self->process;
    lock_acquire(&process_lock);
    self->value = value;
    bool is_last = --process->thread_count == 0;
    if (!is_last) {
        atomic_store_explicit(&self->state, THREAD_ENDED, memory_order_relaxed);
        process->user_ticks += self->user_ticks;
        process->kernel_ticks += self->kernel_ticks;
        self->user_ticks = self->kernel_ticks = 0;
        wake_all(self);
        wake_all(&process->sole);
        schedule_end(&process_lock);
    }
    lock_release(&process_lock);
    if (process->pid == 1)
        end_machine(process);
    give_up_all(process);
    lock_acquire(&process_lock);
    give_children(process);
    process->is_zombie = true;
    signal_send(process->parent, SIGCHLD);
    wake_all(process->parent);
    atomic_store_explicit(&self->state, THREAD_ENDED, memory_order_relaxed);
    schedule_end(&process_lock);
}

_Noreturn void process_exit(int status)
{
    struct process *process = current_process();
    lock_acquire(&process_lock);
    if (!process->is_ending || process->sole) {
        struct thread *sole = process->sole;
        process->status = status;
        end_others(process, NULL);
        if (sole)
            wake_all(&process->sole);
    }
    lock_release(&process_lock);
    thread_end(0);
}

SYSTEM_CALL(exit)
{
    process_exit((int)(argument[0] & 0xff) << 8);
}

SYSTEM_CALL(thread_exit)
{
    thread_end((int64_t)argument[0]);
}

/* ---- wait ---- */

static bool is_meant(const struct process *child, int pid, int own_group)
{
    return pid == -1 || (pid > 0 && child->pid == pid) || (pid == 0 && child->group == own_group) ||
           (pid < -1 && child->group == -pid);
}

/* A child that has ended, out of the table; NULL with 0 (there are others) or -ECHILD in *ret_error. process_lock is held. */
static struct process *take_zombie(struct process *process, int pid, int *ret_error)
{
    *ret_error = -ECHILD;
    for (struct process *child = process->children; child; child = child->sibling) {
        if (!is_meant(child, pid, process->group))
            continue;
        *ret_error = 0;
        if (child->is_zombie) {
            process_remove(child);
            return child;
        }
    }
    return NULL;
}

SYSTEM_CALL(wait)
{
    struct process *process = current_process(), *child;
    int pid = (int)argument[0], error;
    if (argument[2] & ~(uint64_t)WAIT_NO_HANG)
        return -EINVAL;
    lock_acquire(&process_lock);
    while (!(child = take_zombie(process, pid, &error)) && !error && !(argument[2] & WAIT_NO_HANG)) {
        error = wait_on_interruptible(process, &process_lock);
        if (error)
            break;
    }
    lock_release(&process_lock);
    if (!child)
        return error;
    int status = child->status;
    int64_t result = child->pid;
    process_destroy(child);
    if (argument[1] && copy_to_user(argument[1], &status, sizeof status) != 0)
        result = -EFAULT;
    return result;
}
