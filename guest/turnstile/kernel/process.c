/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The process table: one lock for who is there, who is whose child, which threads a process has, and what signals wait. A process
 * is a page. What works on the table: fork.c, exit.c, signal.c, thread_calls.c.
 */
#include "device.h"
#include "file_system.h"
#include "hart.h"
#include "memory.h"
#include "page.h"
#include "print.h"
#include "process_parts.h"
#include "space.h"
#include "thread.h"

enum { PROCESSES_MAX = 512, ID_MAX = 30000 };

_Static_assert(sizeof(struct process) <= PAGE_BYTES, "a process is a page");

struct lock process_lock = LOCK_INITIAL(PROCESS, "processes");
/* process_lock */
static struct process *first, *last;
static unsigned count;
static int last_id;

struct thread *current_thread(void)
{
    return hart_self()->thread;
}

struct process *current_process(void)
{
    return hart_self()->thread->process;
}

struct process *process_first(void)
{
    return first;
}

struct process *process_find(int pid)
{
    struct process *process = first;
    while (process && process->pid != pid)
        process = process->next;
    return process;
}

struct thread *process_find_thread(const struct process *process, int tid)
{
    struct thread *thread = process->threads;
    while (thread && thread->tid != tid)
        thread = thread->peer;
    return thread;
}

static bool is_used(int id)
{
    for (const struct process *process = first; process; process = process->next)
        if (process->pid == id || process->group == id || process_find_thread(process, id))
            return true;
    return false;
}

/* Numbers are not used again soon. */
static int new_id(void)
{
    do
        last_id = last_id % ID_MAX + 1;
    while (is_used(last_id));
    return last_id;
}

struct process *process_create(void)
{
    struct process *process = page_allocate();
    if (!process)
        return NULL;
    lock_init(&process->files_lock, LOCK_FILES, "descriptors");
    mutex_init(&process->directory_mutex, "directory");
    return process;
}

void process_destroy(struct process *process)
{
    while (process->threads) {
        struct thread *thread = process->threads;
        process->threads = thread->peer;
        thread_destroy(thread);
    }
    space_destroy(process->space);
    lock_finish(&process->files_lock);
    mutex_finish(&process->directory_mutex);
    page_free(process);
}

static void add_thread(struct process *process, struct thread *thread, int tid)
{
    thread->tid = tid;
    thread->peer = process->threads;
    process->threads = thread;
    process->thread_count++;
}

int process_add_thread(struct process *process, struct thread *thread)
{
    if (process->is_ending)
        return -EAGAIN;
    add_thread(process, thread, new_id());
    return thread->tid;
}

int process_add(struct process *process, struct thread *thread, struct process *parent)
{
    if (count == PROCESSES_MAX)
        return -EAGAIN;
    count++;
    process->pid = new_id();
    if (!process->group)
        process->group = process->pid;
    process->parent = parent;
    if (parent) {
        process->sibling = parent->children;
        parent->children = process;
    }
    process->previous = last;
    *(last ? &last->next : &first) = process;
    last = process;
    add_thread(process, thread, process->pid);
    return process->pid;
}

void process_remove(struct process *process)
{
    *(process->previous ? &process->previous->next : &first) = process->next;
    *(process->next ? &process->next->previous : &last) = process->previous;
    for (struct process **at = &process->parent->children; *at; at = &(*at)->sibling)
        if (*at == process) {
            *at = process->sibling;
            break;
        }
    count--;
}

void process_start_first(void (*entry)(void))
{
    struct process *process = process_create();
    struct thread *thread = process ? thread_create(process, NULL, entry) : NULL;
    if (!thread)
        panic("there is no memory for the first process");
    text_copy(process->name, "init", sizeof process->name);
    lock_acquire(&process_lock);
    process_add(process, thread, NULL);
    lock_release(&process_lock);
    schedule_ready(thread);
}

/* ---- /proc/processes ---- */

static char state_letter(const struct process *process)
{
    if (process->is_zombie)
        return 'Z';
    char letter = 'S';
    for (const struct thread *thread = process->threads; thread; thread = thread->peer)
        if (atomic_load_explicit(&thread->state, memory_order_relaxed) == THREAD_RUNNING)
            letter = 'R';
        else if (letter == 'S' && atomic_load_explicit(&thread->state, memory_order_relaxed) == THREAD_READY)
            letter = 'W';
    return letter;
}

static void print_process(struct text *text, const struct process *process)
{
    uint64_t user = process->user_ticks, kernel = process->kernel_ticks, per_ms = machine.timebase_hz / 1000;
    int hart = -1;
    for (const struct thread *thread = process->threads; thread; thread = thread->peer) {
        user += thread->user_ticks;
        kernel += thread->kernel_ticks;
        hart = (int)thread->queue;
    }
    text_add(text, "%5d %5d %5d %c %3u %4d %6lu %9lu %9lu %s\n", process->pid, process->parent ? process->parent->pid : 0,
             process->group, state_letter(process), process->thread_count, hart, process->space ? process->space->pages : 0,
             user / per_ms, kernel / per_ms, process->name);
}

static void print_processes(struct text *text)
{
    text_add(text, "%5s %5s %5s %c %3s %4s %6s %9s %9s %s\n", "pid", "ppid", "group", 's', "thr", "hart", "pages", "user_ms",
             "kernel_ms", "name");
    lock_acquire(&process_lock);
    for (const struct process *process = first; process; process = process->next)
        print_process(text, process);
    lock_release(&process_lock);
}

void process_init(void)
{
    lock_register(&process_lock);
    static struct proc_row row = {.name = "processes", .print = print_processes};
    proc_register(&row);
}
