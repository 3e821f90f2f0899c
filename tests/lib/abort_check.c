/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A process that is to abort.
 */
#include "abort_check.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t read_all(int from, char *text, size_t size)
{
    size_t count = 0;
    ssize_t more;
    while (count < size - 1 && (more = read(from, text + count, size - 1 - count)) > 0)
        count += (size_t)more;
    text[count] = '\0';
    return count;
}

void abort_check(void (*run)(void *context), void *context, const char *text)
{
    int ends[2], status = 0;
    char said[4096];
    cr_assert(eq(int, pipe(ends), 0));
    pid_t child = fork();
    cr_assert(ne(int, child, -1));
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        run(context);
        _exit(0);
    }
    close(ends[1]);
    read_all(ends[0], said, sizeof said);
    close(ends[0]);
    cr_assert(eq(int, waitpid(child, &status, 0), child));
    bool is_aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    cr_expect(is_aborted, "the process is not aborted; its status is %x", (unsigned)status);
    cr_expect(ne(ptr, strstr(said, text), NULL), "'%s' does not speak of %s", said, text);
}
