/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What must happen in the shell itself, as rows: name, function, what it is for.
 */
#include "errno.h"
#include "line.h"
#include "process.h"
#include "program.h"
#include "sh.h"
#include "signal.h"
#include "signal_list.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

static int run_cd(int argc, char **argv)
{
    const char *home = sh_variable("HOME"), *path = argc > 1 ? argv[1] : home ? home : "/";
    int64_t error = sys_chdir(path);
    if (error < 0)
        complain_error(path, error);
    return error < 0;
}

static int run_pwd(int argc, char **argv)
{
    char path[PATH_BYTES_MAX];
    int64_t error = sys_getcwd(path, sizeof path);
    if (error < 0)
        complain_error("the working directory", error);
    else
        puts(path);
    return error < 0;
}

static int run_exit(int argc, char **argv)
{
    exit(argc > 1 ? (int)strtol(argv[1], NULL, 10) & 0xff : sh.status);
}

static int run_export(int argc, char **argv)
{
    int status = 0;
    for (char **text = environ; argc == 1 && *text; text++)
        puts(*text);
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals)
            *equals = 0;
        if (!sh_is_name(argv[i], strlen(argv[i]))) {
            complain("%s is no name of a variable", argv[i]);
            status = 1;
            continue;
        }
        if (equals)
            sh_variable_set(argv[i], equals + 1);
        sh_variable_export(argv[i]);
    }
    return status;
}

static int run_unset(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        sh_variable_unset(argv[i]);
    return 0;
}

static int run_jobs(int argc, char **argv)
{
    sh_job_list();
    return 0;
}

/* The job an argument names, or NULL after a complaint. */
static struct sh_job *job_of(const char *name)
{
    struct sh_job *job = sh_job_find(name);
    if (!job)
        complain("%s is no job of this shell", name);
    return job;
}

static int run_wait(int argc, char **argv)
{
    if (argc == 1)
        return sh_job_wait_all();
    struct sh_job *job = job_of(argv[1]);
    return job ? sh_job_foreground(job) : SH_NOT_FOUND;
}

static int run_fg(int argc, char **argv)
{
    struct sh_job *job = job_of(argc > 1 ? argv[1] : "%");
    return job ? sh_job_foreground(job) : 1;
}

static int run_kill(int argc, char **argv)
{
    int signal = SIGTERM, at = 1, status = 0;
    if (argc == 2 && strcmp(argv[1], "-l") == 0) {
        signal_list();
        return 0;
    }
    if (argc > 2 && argv[1][0] == '-') {
        signal = signal_number(argv[at++] + 1);
        if (signal < 0) {
            complain("%s is no signal", argv[1] + 1);
            return 1;
        }
    }
    if (at == argc) {
        complain("no process or %%job was named");
        return 1;
    }
    for (; at < argc; at++) {
        const struct sh_job *job = argv[at][0] == '%' ? job_of(argv[at]) : NULL;
        char *end;
        long pid = job ? sh_job_group(job) : strtol(argv[at], &end, 10);
        int64_t error = job                                                           ? 0
                        : argv[at][0] == '%'                                          ? -ESRCH
                        : *end || !argv[at][0] || pid > INT32_MAX || pid < -INT32_MAX ? -EINVAL
                                                                                      : 0;
        if (error == 0)
            error = sys_kill((int)pid, signal);
        if (error < 0 && argv[at][0] != '%')
            complain_error(argv[at], error);
        status |= error < 0;
    }
    return status;
}

static int run_history(int argc, char **argv)
{
    for (unsigned i = 0; sh.line && i < sh.line->history_count; i++)
        printf("%4u  %s\n", i + 1, sh.line->history[i]);
    return 0;
}

static int run_exec(int argc, char **argv)
{
    if (argc == 1)
        return 0;
    fflush(NULL);
    int error = process_exec(argv[1], argv + 1);
    complain_error(argv[1], error);
    return SH_NOT_RUN;
}

static int run_source(int argc, char **argv)
{
    size_t bytes;
    int error;
    if (argc < 2) {
        complain("no file was named");
        return 1;
    }
    char *text = file_read(argv[1], &bytes, &error);
    if (!text) {
        complain_error(argv[1], error);
        return 1;
    }
    int status = sh_run_text(text);
    free(text);
    return status;
}

static int run_help(int argc, char **argv);

static const struct {
    const char *name;
    sh_builtin *run;
    const char *meaning;
} rows[] = {
    {"cd", run_cd, "[DIRECTORY]     goes there; without a name to $HOME or /"},
    {"exec", run_exec, "PROGRAM...      becomes the program"},
    {"exit", run_exit, "[STATUS]        ends the shell"},
    {"export", run_export, "[NAME[=VALUE]]  gives variables to programs; without a name lists them"},
    {"fg", run_fg, "[%JOB]          waits for a job in the foreground"},
    {"help", run_help, "                this list"},
    {"history", run_history, "                what was typed"},
    {"jobs", run_jobs, "                what runs in the background"},
    {"kill", run_kill, "[-SIGNAL] %JOB|PROCESS..."},
    {"pwd", run_pwd, "                the working directory"},
    {"source", run_source, "FILE            runs its lines in this shell"},
    {"unset", run_unset, "NAME...         forgets variables"},
    {"wait", run_wait, "[%JOB|PROCESS]  waits until it has ended; without a name for all"},
};

static int run_help(int argc, char **argv)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        printf("%-8s %s\n", rows[i].name, rows[i].meaning);
    puts("Besides: PROGRAM [ARGUMENT]..., NAME=VALUE, $NAME $? $$ $! $1, '...' \"...\" \\, * ? [a-z], < > >> 2> 2>&1, | ; && || &, "
         "# comment.\n"
         "Programs are in /bin.");
    return 0;
}

sh_builtin *sh_builtin_find(const char *name)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].run;
    return NULL;
}

const char *sh_builtin_name(unsigned at)
{
    return at < sizeof rows / sizeof rows[0] ? rows[at].name : NULL;
}
