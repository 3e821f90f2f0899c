/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The end of a program: functions of atexit, last first; then what is buffered goes out, and if that fails, or failed before, the
 * program did not succeed.
 */
#include <stdatomic.h>

#include "assert.h"
#include "errno.h"
#include "lock.h"
#include "program.h"
#include "signal.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

enum { FUNCTIONS_MAX = 32 };

static struct mutex mutex; /* guards the two below */
static void (*functions[FUNCTIONS_MAX])(void);
static unsigned function_count;

int atexit(void (*function)(void))
{
    mutex_acquire(&mutex);
    int result = function_count < FUNCTIONS_MAX ? 0 : -1;
    if (result == 0)
        functions[function_count++] = function;
    mutex_release(&mutex);
    return result;
}

_Noreturn void _Exit(int status)
{
    for (;;)
        sys_exit(status);
}

_Noreturn void exit(int status)
{
    while (function_count > 0)
        functions[--function_count]();
    fflush(NULL);
    int error = ferror(stdout);
    if (error && error != EPIPE)
        complain("cannot write: %s", strerror(error));
    _Exit(error && status == 0 ? 1 : status);
}

_Noreturn void abort(void)
{
    uint64_t all = 0;
    signal_default(SIGABRT);
    sys_sigmask(SIGNAL_SET, &all, NULL);
    raise(SIGABRT);
    _Exit(128 + SIGABRT);
}

_Noreturn void assert_fail(const char *condition, const char *file, int line)
{
    complain("%s:%d: not so: %s", file, line, condition);
    abort();
}
