/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signals: they wait in the process until a thread that does not block them is on its way to user mode. That thread is told by its
 * attention bit, which also ends its interruptible waits, and by an interrupt if it runs.
 */
#include "csr.h"
#include "hart.h"
#include "memory.h"
#include "process_parts.h"
#include "system_call.h"
#include "thread.h"
#include "user_copy.h"
#include "wait.h"

enum { RA = 1, SP = 2, A0 = 10, A1 = 11 };

#define BIT(signal)        (1ull << (signal))
#define IGNORED_BY_DEFAULT (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGWINCH))
#define SIGNALS_ALL        (BIT(SIGNALS - 1) | (BIT(SIGNALS - 1) - 2))
#define FP_IN_USE          (1ull << 63)

static bool is_ignored(const struct process *process, int signal)
{
    uint64_t handler = process->actions[signal].handler;
    if (handler == SIGNAL_DEFAULT)
        return IGNORED_BY_DEFAULT & BIT(signal) || process->pid == 1;
    return handler == SIGNAL_IGNORE;
}

/* Tells a thread that takes the signal; those that end the process for sure tell all. process_lock is held. */
static void notify(struct process *process, int signal)
{
    for (struct thread *thread = process->threads; thread; thread = thread->peer) {
        if (thread->state == THREAD_ENDED || (thread->blocked & BIT(signal)))
            continue;
        wait_interrupt(thread, ATTENTION_SIGNAL);
        thread_kick(thread);
        if (signal != SIGKILL)
            return;
    }
}

void signal_send(struct process *process, int signal)
{
    if (!process || process->is_zombie || is_ignored(process, signal))
        return;
    process->pending |= BIT(signal);
    notify(process, signal);
}

void signal_send_group(int group, int signal)
{
    lock_acquire(&process_lock);
    for (struct process *process = process_first(); process; process = process->next)
        if (process->group == group)
            signal_send(process, signal);
    lock_release(&process_lock);
}

void signal_exec(struct process *process)
{
    lock_acquire(&process_lock);
    for (int signal = 1; signal < SIGNALS; signal++)
        if (process->actions[signal].handler != SIGNAL_IGNORE)
            process->actions[signal] = (struct signal_action){.handler = SIGNAL_DEFAULT};
    lock_release(&process_lock);
}

/* ---- handlers ---- */

static void save_fp(struct signal_frame *saved, struct thread *self)
{
    if (!self->fp)
        return;
    interrupts_push();
    thread_fp_save(self);
    memcpy(saved->fp, self->fp->f, sizeof saved->fp);
    saved->fp_status = self->fp->fcsr | FP_IN_USE;
    interrupts_pop();
}

/* Makes the thread go on in the handler. -EFAULT: there is no stack for it. */
static int enter_handler(struct trap_frame *frame, int signal, const struct signal_action *action, uint64_t address)
{
    struct thread *self = current_thread();
    struct signal_frame saved = {.signal = (uint64_t)signal, .address = address, .mask = self->blocked, .pc = frame->pc};
    memcpy(saved.registers, frame->x, sizeof saved.registers);
    save_fp(&saved, self);
    uint64_t at = (frame->x[SP] - sizeof saved) & ~15ull;
    if (at > frame->x[SP] || copy_to_user(at, &saved, sizeof saved) != 0)
        return -EFAULT;
    frame->x[RA] = action->restorer;
    frame->x[SP] = at;
    frame->x[A0] = (uint64_t)signal;
    frame->x[A1] = at;
    frame->pc = action->handler;
    self->blocked |= (action->mask | (action->flags & SIGNAL_NODEFER ? 0 : BIT(signal))) & ~BIT(SIGKILL);
    return 0;
}

/* The action, as it is for this time. process_lock is held. */
static struct signal_action take_action(struct process *process, int signal)
{
    struct signal_action action = process->actions[signal];
    if (action.flags & SIGNAL_ONCE && action.handler > SIGNAL_IGNORE)
        process->actions[signal].handler = SIGNAL_DEFAULT;
    return action;
}

/* A call that a signal ended without a handler, or with one that wants it so, begins again. */
static void restart_call(struct trap_frame *frame, const struct signal_action *action)
{
    struct thread *self = current_thread();
    if (!self->in_system_call || (int64_t)frame->x[A0] != -EINTR || (action && !(action->flags & SIGNAL_RESTART)))
        return;
    frame->pc -= 4;
    frame->x[A0] = self->first_argument;
}

void signal_deliver(struct trap_frame *frame)
{
    struct thread *self = current_thread();
    struct process *process = self->process;
    lock_acquire(&process_lock);
    if (process->is_ending && process->sole != self) {
        lock_release(&process_lock);
        thread_end(0);
    }
    uint64_t ready = process->pending & ~self->blocked;
    if (!ready) {
        atomic_store_explicit(&self->attention, 0, memory_order_relaxed);
        lock_release(&process_lock);
        restart_call(frame, NULL);
        self->in_system_call = false;
        return;
    }
    int signal = ready & BIT(SIGKILL) ? SIGKILL : __builtin_ctzll(ready);
    process->pending &= ~BIT(signal);
    struct signal_action action = take_action(process, signal);
    bool is_ignored_now = is_ignored(process, signal) && action.handler <= SIGNAL_IGNORE;
    lock_release(&process_lock);
    if (is_ignored_now)
        return;
    if (action.handler == SIGNAL_DEFAULT)
        process_exit(signal);
    restart_call(frame, &action);
    self->in_system_call = false;
    if (enter_handler(frame, signal, &action, 0) != 0)
        process_exit(SIGSEGV);
}

void signal_fault(struct trap_frame *frame, int signal, uint64_t address)
{
    struct thread *self = current_thread();
    lock_acquire(&process_lock);
    struct signal_action action = take_action(self->process, signal);
    bool is_blocked = self->blocked & BIT(signal);
    lock_release(&process_lock);
    if (is_blocked || action.handler <= SIGNAL_IGNORE || enter_handler(frame, signal, &action, address) != 0)
        process_exit(signal);
}

/* ---- calls ---- */

static bool is_signal(uint64_t signal)
{
    return signal > 0 && signal < SIGNALS;
}

SYSTEM_CALL(sigaction)
{
    struct process *process = current_process();
    struct signal_action action, old;
    uint64_t signal = argument[0];
    if (!is_signal(signal))
        return -EINVAL;
    if (argument[1]) {
        if (copy_from_user(&action, argument[1], sizeof action) != 0)
            return -EFAULT;
        if (signal == SIGKILL || action.flags & ~(SIGNAL_RESTART | SIGNAL_ONCE | SIGNAL_NODEFER))
            return -EINVAL;
    }
    lock_acquire(&process_lock);
    old = process->actions[signal];
    if (argument[1])
        process->actions[signal] = action;
    if (argument[1] && is_ignored(process, (int)signal))
        process->pending &= ~BIT(signal);
    lock_release(&process_lock);
    return argument[2] && copy_to_user(argument[2], &old, sizeof old) != 0 ? -EFAULT : 0;
}

/* Signals that wait are taken by whoever does not block them now. process_lock is held. */
static void set_blocked(struct thread *self, uint64_t blocked)
{
    struct process *process = self->process;
    self->blocked = blocked & SIGNALS_ALL & ~BIT(SIGKILL);
    for (uint64_t rest = process->pending; rest; rest &= rest - 1) {
        int signal = __builtin_ctzll(rest);
        if (self->blocked & BIT(signal))
            notify(process, signal);
        else
            atomic_fetch_or_explicit(&self->attention, ATTENTION_SIGNAL, memory_order_relaxed); /* amoor.w */
    }
}

SYSTEM_CALL(sigmask)
{
    struct thread *self = current_thread();
    uint64_t set = 0, old = self->blocked;
    if (argument[1] && copy_from_user(&set, argument[1], sizeof set) != 0)
        return -EFAULT;
    if (argument[1] && argument[0] > SIGNAL_SET)
        return -EINVAL;
    if (argument[2] && copy_to_user(argument[2], &old, sizeof old) != 0)
        return -EFAULT;
    if (!argument[1])
        return 0;
    lock_acquire(&process_lock);
    set_blocked(self, argument[0] == SIGNAL_SET ? set : argument[0] == SIGNAL_BLOCK ? old | set : old & ~set);
    lock_release(&process_lock);
    return 0;
}

SYSTEM_CALL(sigreturn)
{
    (void)argument;
    struct thread *self = current_thread();
    struct trap_frame *frame = self->frame;
    struct signal_frame saved;
    if (copy_from_user(&saved, frame->x[SP], sizeof saved) != 0)
        process_exit(SIGSEGV);
    memcpy(frame->x, saved.registers, sizeof frame->x);
    frame->pc = saved.pc;
    if (saved.fp_status & FP_IN_USE && self->fp) {
        interrupts_push();
        memcpy(self->fp->f, saved.fp, sizeof saved.fp);
        self->fp->fcsr = saved.fp_status & 0xff;
        CSR_SET(sstatus, SSTATUS_FS_DIRTY);
        fp_load(self->fp);
        frame->status = (frame->status & ~(uint64_t)SSTATUS_FS) | SSTATUS_FS_CLEAN;
        interrupts_pop();
    }
    lock_acquire(&process_lock);
    set_blocked(self, saved.mask);
    lock_release(&process_lock);
    self->in_system_call = false;
    return 0;
}

/* How many processes are meant, each of which gets the signal (0: none is sent). process_lock is held. */
static unsigned send_to(int pid, int signal)
{
    struct process *self = current_process();
    unsigned meant = 0;
    for (struct process *process = process_first(); process; process = process->next) {
        bool is_meant = pid > 0     ? process->pid == pid
                        : pid == 0  ? process->group == self->group
                        : pid == -1 ? process->pid != 1 && process != self
                                    : process->group == -pid;
        if (!is_meant)
            continue;
        meant++;
        if (signal)
            signal_send(process, signal);
    }
    return meant;
}

SYSTEM_CALL(kill)
{
    if (argument[1] && !is_signal(argument[1]))
        return -EINVAL;
    lock_acquire(&process_lock);
    unsigned meant = send_to((int)argument[0], (int)argument[1]);
    lock_release(&process_lock);
    return meant ? 0 : -ESRCH;
}
