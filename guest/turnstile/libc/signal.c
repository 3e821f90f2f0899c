/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signals: actions with libc's restorer, and names.
 */
#include "signal.h"

#include "ctype.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

void signal_restorer(void); /* start.S */

static const struct {
    int number;
    const char *name, *text;
} names[] = {
    {SIGHUP, "HUP", "hung up"},
    {SIGINT, "INT", "interrupted"},
    {SIGQUIT, "QUIT", "quit"},
    {SIGILL, "ILL", "illegal instruction"},
    {SIGTRAP, "TRAP", "breakpoint"},
    {SIGABRT, "ABRT", "aborted"},
    {SIGBUS, "BUS", "bus error"},
    {SIGFPE, "FPE", "arithmetic error"},
    {SIGKILL, "KILL", "killed"},
    {SIGUSR1, "USR1", "user signal 1"},
    {SIGSEGV, "SEGV", "bad memory access"},
    {SIGUSR2, "USR2", "user signal 2"},
    {SIGPIPE, "PIPE", "broken pipe"},
    {SIGALRM, "ALRM", "alarm"},
    {SIGTERM, "TERM", "terminated"},
    {SIGCHLD, "CHLD", "child ended"},
    {SIGCONT, "CONT", "continued"},
    {SIGWINCH, "WINCH", "window changed"},
};

enum { NAMES = sizeof names / sizeof names[0] };

static int set(int signal, uint64_t handler, unsigned flags, uint64_t mask)
{
    struct signal_action action = {.handler = handler, .flags = flags, .mask = mask, .restorer = (uintptr_t)signal_restorer};
    return (int)sys_sigaction(signal, &action, NULL);
}

int signal_set(int signal, void (*handler)(int signal, struct signal_frame *frame), unsigned flags, uint64_t mask)
{
    return set(signal, (uintptr_t)handler, flags, mask);
}

int signal_ignore(int signal)
{
    return set(signal, SIGNAL_IGNORE, 0, 0);
}

int signal_default(int signal)
{
    return set(signal, SIGNAL_DEFAULT, 0, 0);
}

int raise(int signal)
{
    return (int)sys_kill((int)sys_getpid(), signal);
}

const char *signal_text(int signal)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (names[i].number == signal)
            return names[i].text;
    return NULL;
}

const char *signal_name(int signal)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (names[i].number == signal)
            return names[i].name;
    return NULL;
}

int signal_number(const char *name)
{
    if (isdigit(*name)) {
        char *end;
        long number = strtol(name, &end, 10);
        return *end || number >= SIGNALS ? -1 : (int)number;
    }
    if (strncmp(name, "SIG", 3) == 0)
        name += 3;
    for (unsigned i = 0; i < NAMES; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].number;
    return -1;
}
