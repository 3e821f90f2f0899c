/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Running what was understood: redirections, pipelines, chains.
 */
#include "process.h"
#include "program.h"
#include "sh.h"
#include "sh_expand.h"
#include "signal.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

enum { SAVED_FIRST = 10, REDIRECTIONS_MAX = 16 };

/* ---- redirections ---- */

/* What a builtin's redirections have covered, to be put back. */
struct saved {
    int count;
    int descriptor[REDIRECTIONS_MAX], copy[REDIRECTIONS_MAX]; /* copy < 0: it was not open */
};

static int64_t open_target(struct arena *arena, const struct sh_redirection *redirection, const char **ret_path)
{
    static const unsigned flags[] = {[SH_FROM] = OPEN_READ,
                                     [SH_TO] = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE,
                                     [SH_APPEND] = OPEN_WRITE | OPEN_CREATE | OPEN_APPEND};
    char *path = sh_expand_text(arena, redirection->word, sh_variable), *end;
    *ret_path = path;
    if (redirection->kind != SH_SAME)
        return sys_open(path, flags[redirection->kind]);
    long number = strtol(path, &end, 10);
    return *end || number < 0 || number >= DESCRIPTORS_MAX ? -EBADF : sys_dup((int)number);
}

/* A copy of a descriptor at SAVED_FIRST or above, where programs do not look. */
static int save(int descriptor)
{
    for (int copy = SAVED_FIRST; copy < DESCRIPTORS_MAX; copy++) {
        struct stat stat;
        if (sys_fstat(copy, &stat) == -EBADF)
            return (int)sys_dup2(descriptor, copy);
    }
    return -1;
}

static bool redirect(struct arena *arena, const struct sh_redirection *redirection, struct saved *saved)
{
    for (; redirection; redirection = redirection->next) {
        const char *path;
        fflush(stdout);
        int64_t opened = open_target(arena, redirection, &path), error = opened;
        if (saved && opened >= 0 && saved->count < REDIRECTIONS_MAX) {
            saved->descriptor[saved->count] = redirection->descriptor;
            saved->copy[saved->count++] = save(redirection->descriptor);
        } else if (saved && opened >= 0) {
            error = -EMFILE;
        }
        if (error >= 0 && opened != redirection->descriptor)
            error = sys_dup2((int)opened, redirection->descriptor);
        if (opened >= 0 && opened != redirection->descriptor)
            sys_close((int)opened);
        if (error < 0) {
            complain_error(path, error);
            return false;
        }
    }
    return true;
}

static void restore(struct saved *saved)
{
    fflush(stdout);
    while (saved->count > 0) {
        int descriptor = saved->descriptor[--saved->count], copy = saved->copy[saved->count];
        if (copy < 0) {
            sys_close(descriptor);
        } else {
            sys_dup2(copy, descriptor);
            sys_close(copy);
        }
    }
}

/* ---- one command ---- */

struct prepared {
    const struct sh_word *assignments; /* up to `words` */
    const struct sh_word *words;
    char **argv;
    int argc;
};

static struct prepared prepare(struct arena *arena, const struct sh_command *command)
{
    struct prepared prepared = {.assignments = command->words, .words = command->words};
    while (prepared.words && sh_assignment(prepared.words->text))
        prepared.words = prepared.words->next;
    prepared.argv = sh_expand(arena, prepared.words, sh_variable, &prepared.argc);
    return prepared;
}

static void assign(struct arena *arena, const struct prepared *prepared, bool is_exported)
{
    for (const struct sh_word *word = prepared->assignments; word != prepared->words; word = word->next) {
        size_t length = sh_assignment(word->text);
        char *name = arena_text(arena, word->text, length);
        sh_variable_set(name, sh_expand_text(arena, word->text + length + 1, sh_variable));
        if (is_exported)
            sh_variable_export(name);
    }
}

static _Noreturn void run_in_child(struct arena *arena, const struct sh_command *command)
{
    if (!redirect(arena, command->redirections, NULL))
        exit(1);
    struct prepared prepared = prepare(arena, command);
    assign(arena, &prepared, true);
    if (prepared.argc == 0)
        exit(0);
    sh_builtin *builtin = sh_builtin_find(prepared.argv[0]);
    if (builtin)
        exit(builtin(prepared.argc, prepared.argv));
    int error = process_exec(prepared.argv[0], prepared.argv);
    if (error == -ENOENT && !strchr(prepared.argv[0], '/'))
        complain("%s: there is no such command", prepared.argv[0]);
    else
        complain_error(prepared.argv[0], error);
    _Exit(error == -ENOENT ? SH_NOT_FOUND : SH_NOT_RUN);
}

/* Whether it was run here, without a process: a builtin, or assignments alone. */
static bool run_here(const struct sh_command *command)
{
    struct arena arena = {0};
    struct prepared prepared = prepare(&arena, command);
    sh_builtin *builtin = prepared.argc ? sh_builtin_find(prepared.argv[0]) : NULL;
    bool is_here = builtin || prepared.argc == 0;
    if (is_here) {
        struct saved saved = {0};
        bool is_good = redirect(&arena, command->redirections, &saved);
        if (is_good) {
            assign(&arena, &prepared, false);
            sh.status = builtin ? builtin(prepared.argc, prepared.argv) : 0;
        } else {
            sh.status = 1;
        }
        restore(&saved);
    }
    arena_finish(&arena);
    return is_here;
}

/* ---- pipelines ---- */

/* In a new child: signals as they should be, its group, the job's terminal. */
static void become_child(int group, bool is_foreground)
{
    if (sh.is_interactive) {
        int pid = (int)sys_getpid();
        sys_setpgid(0, group ? group : pid);
        if (is_foreground && !group)
            sys_tty_control(0, TTY_FOREGROUND_SET, (uint64_t)pid);
        signal_default(SIGINT);
        signal_default(SIGQUIT);
        signal_default(SIGTERM);
    } else if (!is_foreground) {
        signal_ignore(SIGINT);
        signal_ignore(SIGQUIT);
    }
    sh.is_interactive = false;
    sh.is_child = true;
    sh_job_forget_all();
}

static void move_descriptor(int from, int to)
{
    if (from == to)
        return;
    sys_dup2(from, to);
    sys_close(from);
}

/* Starts the commands from left to right, each reading what the one before writes. */
static bool start(struct sh_job *job, struct arena *arena, const struct sh_command *command, bool is_foreground)
{
    int input = -1, group = 0;
    for (; command; command = command->next) {
        int ends[2] = {-1, -1};
        int64_t error = command->next ? sys_pipe(ends) : 0;
        int pid = error < 0 ? (int)error : process_fork();
        if (pid == 0) {
            become_child(group, is_foreground);
            if (input >= 0)
                move_descriptor(input, 0);
            if (ends[1] >= 0) {
                sys_close(ends[0]);
                move_descriptor(ends[1], 1);
            }
            run_in_child(arena, command);
        }
        if (input >= 0)
            sys_close(input);
        if (ends[1] >= 0)
            sys_close(ends[1]);
        input = ends[0];
        if (pid < 0) {
            if (input >= 0)
                sys_close(input);
            complain_error("no process", pid);
            return false;
        }
        sh_job_add(job, pid);
        if (!group)
            group = pid;
    }
    return true;
}

static unsigned length_of(const struct sh_command *command)
{
    unsigned length = 0;
    for (; command; command = command->next)
        length++;
    return length;
}

static void run_pipeline(const struct sh_pipeline *pipeline, const char *text)
{
    if (length_of(pipeline->commands) > 30) {
        complain("a pipeline has at most 30 commands");
        sh.status = 1;
        return;
    }
    if (!pipeline->commands->next && run_here(pipeline->commands))
        return;
    struct arena arena = {0};
    struct sh_job *job = sh_job_begin(text);
    bool is_good = start(job, &arena, pipeline->commands, true);
    sh.status = sh_job_foreground(job);
    if (!is_good)
        sh.status = 1;
    arena_finish(&arena);
}

/* ---- chains ---- */

static void run_chain(const struct sh_chain *chain)
{
    for (const struct sh_pipeline *pipeline = chain->pipelines; pipeline; pipeline = pipeline->next)
        if (pipeline->condition == SH_ALWAYS || (pipeline->condition == SH_IF_GOOD) == (sh.status == 0))
            run_pipeline(pipeline, chain->text);
}

/* A single pipeline is a job of its processes; several are run by a shell in the background. */
static void run_background(const struct sh_chain *chain)
{
    struct arena arena = {0};
    struct sh_job *job = sh_job_begin(chain->text);
    bool is_good = true;
    if (!chain->pipelines->next && length_of(chain->pipelines->commands) <= 30) {
        is_good = start(job, &arena, chain->pipelines->commands, false);
    } else {
        int pid = process_fork();
        if (pid == 0) {
            become_child(0, false);
            run_chain(chain);
            exit(sh.status);
        }
        is_good = pid > 0;
        if (is_good)
            sh_job_add(job, pid);
        else
            complain_error("no process", pid);
    }
    sh.status = is_good ? 0 : 1;
    if (is_good)
        sh_job_background(job);
    else
        sh_job_foreground(job);
    arena_finish(&arena);
}

void sh_run_chains(struct sh_chain *chains)
{
    for (; chains; chains = chains->next) {
        if (chains->is_background)
            run_background(chains);
        else
            run_chain(chains);
        if (sh.is_interactive && sh.status == SH_SIGNALLED + SIGINT)
            break; /* Ctrl-C is for the whole line */
    }
}
