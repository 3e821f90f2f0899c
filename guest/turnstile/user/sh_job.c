/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Jobs (sh.h): the processes of one pipeline. A job in the foreground of an interactive shell has the terminal, so that Ctrl-C ends
 * it and not the shell.
 */
#include "errno.h"
#include "program.h"
#include "sh.h"
#include "signal.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

enum { JOB_PROCESSES = 32 };

struct sh_job {
    int number; /* 0: in the foreground so far */
    int group;  /* 0: the shell's own */
    int pids[JOB_PROCESSES];
    int count, left; /* processes; of them not yet ended */
    int status;      /* of the last one: wait's */
    char *text;
    struct sh_job *next;
};

static struct sh_job *jobs;

int sh_status_of(int wait_status)
{
    return WAIT_SIGNALLED(wait_status) ? SH_SIGNALLED + WAIT_SIGNAL(wait_status) : WAIT_EXIT_STATUS(wait_status);
}

struct sh_job *sh_job_begin(const char *text)
{
    struct sh_job *job = calloc(1, sizeof *job);
    char *copy = strdup(text);
    if (!job || !copy)
        die_error("a job", ENOMEM);
    job->text = copy;
    job->next = jobs;
    jobs = job;
    return job;
}

void sh_job_add(struct sh_job *job, int pid)
{
    if (sh.is_interactive) {
        if (!job->group)
            job->group = pid;
        sys_setpgid(pid, job->group); /* the child does it, too: whoever is first */
    }
    job->pids[job->count++] = pid;
    job->left++;
}

void sh_job_discard(struct sh_job *job)
{
    struct sh_job **link = &jobs;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    free(job->text);
    free(job);
}

void sh_job_forget_all(void)
{
    while (jobs)
        sh_job_discard(jobs);
}

static void process_ended(int pid, int status)
{
    for (struct sh_job *job = jobs; job; job = job->next)
        for (int i = 0; i < job->count; i++)
            if (job->pids[i] == pid) {
                job->left--;
                if (i == job->count - 1)
                    job->status = status;
                return;
            }
}

static void set_foreground(int group)
{
    if (sh.is_interactive && group)
        sys_tty_control(0, TTY_FOREGROUND_SET, (uint64_t)group);
}

/* What became of a job that a signal ended; Ctrl-C is not worth a word. */
static void tell_signal(const struct sh_job *job)
{
    if (!WAIT_SIGNALLED(job->status) || WAIT_SIGNAL(job->status) == SIGPIPE)
        return;
    int signal = WAIT_SIGNAL(job->status);
    const char *text = signal_text(signal);
    if (signal == SIGINT)
        return;
    if (text)
        fprintf(stderr, "%s: %s\n", job->text, text);
    else
        fprintf(stderr, "%s: signal %d\n", job->text, signal);
}

int sh_job_foreground(struct sh_job *job)
{
    set_foreground(job->group);
    while (job->left > 0) {
        int status;
        int64_t pid = sys_wait(-1, &status, 0);
        if (pid == -EINTR)
            continue;
        if (pid < 0)
            break;
        process_ended((int)pid, status);
    }
    set_foreground(sh.group);
    tell_signal(job);
    int status = sh_status_of(job->status);
    sh_job_discard(job);
    return status;
}

void sh_job_background(struct sh_job *job)
{
    int number = 0;
    for (struct sh_job *other = jobs; other; other = other->next)
        if (other->number > number)
            number = other->number;
    job->number = number + 1;
    sh.last_background = job->pids[job->count - 1];
    if (sh.is_interactive)
        fprintf(stderr, "[%d] %d\n", job->number, sh.last_background);
}

static void show(const struct sh_job *job)
{
    char state[32];
    int status = sh_status_of(job->status);
    if (job->left)
        text_copy(state, "running", sizeof state);
    else if (status == 0)
        text_copy(state, "done", sizeof state);
    else
        snprintf(state, sizeof state, "ended: %d", status);
    printf("[%d] %5d %-10s %s\n", job->number, job->pids[job->count - 1], state, job->text);
}

static void reap(void)
{
    int status;
    for (int64_t pid; (pid = sys_wait(-1, &status, WAIT_NO_HANG)) > 0;)
        process_ended((int)pid, status);
}

static void forget_ended(bool is_told)
{
    for (struct sh_job *job = jobs, *next; job; job = next) {
        next = job->next;
        if (job->left || !job->number)
            continue;
        if (is_told)
            show(job);
        sh_job_discard(job);
    }
    fflush(stdout);
}

void sh_job_poll(void)
{
    reap();
    forget_ended(sh.is_interactive);
}

static void list_from(const struct sh_job *job)
{
    if (!job)
        return;
    list_from(job->next); /* the oldest is last */
    if (job->number)
        show(job);
}

void sh_job_list(void)
{
    reap();
    list_from(jobs);
    forget_ended(false);
}

struct sh_job *sh_job_find(const char *name)
{
    bool is_number = *name == '%';
    int wanted = atoi(name + is_number);
    for (struct sh_job *job = jobs; job; job = job->next) {
        if (job->number && is_number && (!name[1] || job->number == wanted))
            return job;
        for (int i = 0; !is_number && i < job->count; i++)
            if (job->pids[i] == wanted)
                return job;
    }
    return NULL;
}

int sh_job_group(const struct sh_job *job)
{
    return job->group ? -job->group : job->pids[job->count - 1];
}

int sh_job_wait_all(void)
{
    for (;;) {
        bool is_any = false;
        for (const struct sh_job *job = jobs; job; job = job->next)
            is_any |= job->left > 0;
        if (!is_any)
            break;
        int status;
        int64_t pid = sys_wait(-1, &status, 0);
        if (pid == -EINTR)
            return SH_SIGNALLED + SIGINT;
        if (pid < 0)
            break;
        process_ended((int)pid, status);
    }
    forget_ended(false);
    return 0;
}
