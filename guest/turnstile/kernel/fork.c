/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fork: a process like the caller, with one thread like the calling one.
 */
#include "file_system.h"
#include "memory.h"
#include "hart.h"
#include "process_parts.h"
#include "space.h"
#include "system_call.h"
#include "thread.h"

enum { A0 = 10 };

static bool copy_fp(struct thread *child, struct thread *parent)
{
    if (!parent->fp)
        return true;
    if (!thread_fp_make(child))
        return false;
    interrupts_push();
    thread_fp_save(parent);
    *child->fp = *parent->fp;
    interrupts_pop();
    return true;
}

/* The child's thread, with all that it has of the caller's; NULL: no memory. */
static struct thread *copy_thread(struct process *child, struct thread *self)
{
    struct thread *thread = thread_create(child, NULL, NULL);
    if (!thread)
        return NULL;
    if (!copy_fp(thread, self)) {
        thread_destroy(thread);
        return NULL;
    }
    *thread->frame = *self->frame;
    thread->frame->x[A0] = 0;
    thread->blocked = self->blocked;
    thread->affinity = self->affinity;
    return thread;
}

static int add(struct process *child, struct thread *thread, struct process *parent)
{
    lock_acquire(&process_lock);
    child->group = parent->group;
    memcpy(child->actions, parent->actions, sizeof child->actions);
    int pid = parent->is_ending ? -EINTR : process_add(child, thread, parent);
    lock_release(&process_lock);
    return pid;
}

SYSTEM_CALL(fork)
{
    (void)argument;
    struct process *parent = current_process(), *child = process_create();
    if (!child)
        return -ENOMEM;
    child->space = space_copy(parent->space);
    struct thread *thread = child->space ? copy_thread(child, current_thread()) : NULL;
    if (!thread) {
        process_destroy(child);
        return -ENOMEM;
    }
    memcpy(child->name, parent->name, sizeof child->name);
    descriptors_copy(child, parent);
    mutex_acquire(&parent->directory_mutex);
    child->directory = parent->directory;
    directory_hold(child->directory);
    mutex_release(&parent->directory_mutex);
    int pid = add(child, thread, parent);
    if (pid < 0) {
        descriptors_close(child, false);
        directory_release(child->directory);
        thread_destroy(thread);
        process_destroy(child);
        return pid;
    }
    schedule_ready(thread);
    return pid;
}
