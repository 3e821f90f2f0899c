/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the shell's files share. sh.c reads, sh_parse.c understands, sh_expand.c expands, sh_run.c runs, sh_job.c keeps the
 * processes, sh_builtin.c has what must happen in the shell itself, sh_variable.c the variables, sh_complete.c Tab's names.
 */
#ifndef USER_SH_H
#define USER_SH_H

#include <stdbool.h>
#include <stdint.h>

#include "sh_parse.h"

enum { SH_NOT_FOUND = 127, SH_NOT_RUN = 126, SH_SIGNALLED = 128 };

struct sh {
    bool is_interactive; /* jobs have groups of their own, and the terminal */
    bool is_child;       /* forked off for a part of a pipeline: it has no jobs */
    int status;          /* $? */
    int last_background; /* $!: a process, 0: none */
    int pid, group;
    char **arguments; /* $0, $1, ... */
    int argument_count;
    struct line *line; /* interactive: its history */
};
extern struct sh sh;

/* sh.c: runs all lines of a text; the status of the last. */
int sh_run_text(const char *text);

/* sh_run.c */
void sh_run_chains(struct sh_chain *chains);

/* sh_variable.c. The environment has what is exported; the rest is kept beside it. */
const char *sh_variable(const char *name); /* also $?, $$, ...: for sh_expand */
bool sh_is_name(const char *name, size_t length);
void sh_variable_set(const char *name, const char *value);
void sh_variable_unset(const char *name);
void sh_variable_export(const char *name);

/* sh_job.c */
struct sh_job;
/* A job without processes yet; text is copied. */
struct sh_job *sh_job_begin(const char *text);
void sh_job_add(struct sh_job *job, int pid);
/* Waits until all its processes have ended and forgets it: the status of the last. Interactive: it has the terminal meanwhile. */
int sh_job_foreground(struct sh_job *job);
/* Keeps it as a background job and says so. */
void sh_job_background(struct sh_job *job);
void sh_job_discard(struct sh_job *job);
/* Looks who has ended; interactive: tells, and forgets those. */
void sh_job_poll(void);
void sh_job_list(void);
/* "%N", "%" the last, or the number of one of its processes. NULL: none. */
struct sh_job *sh_job_find(const char *name);
int sh_job_group(const struct sh_job *job);
/* Waits for all background jobs: 0, or SH_SIGNALLED + SIGINT when a signal came. */
int sh_job_wait_all(void);
/* In a forked child: it has none of its parent's jobs. */
void sh_job_forget_all(void);
/* 128 + signal, or the exit status. */
int sh_status_of(int wait_status);

/* sh_builtin.c. NULL: no such builtin. It returns its status. */
typedef int sh_builtin(int argc, char **argv);
sh_builtin *sh_builtin_find(const char *name);
/* Number `at` of the names, NULL after the last. */
const char *sh_builtin_name(unsigned at);

/* sh_complete.c: as line.h wants it. */
char **sh_complete(const char *text, size_t cursor, size_t *ret_begin);

#endif
