/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of system calls share (test.h).
 */
#include "test.h"

#include "clock.h"

enum { HARTS_MAX = 64 }; /* of the kernel */

uint64_t test_seed = 1;
unsigned test_scale = 1;

_Noreturn void test_fail(const char *file, int line, const char *format, ...)
{
    char text[200], place[40];
    const char *name = strrchr(file, '/');
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    snprintf(place, sizeof place, "%s:%d", name ? name + 1 : file, line);
    fprintf(stderr, "    %s: %s\n", place, text);
    _Exit(1);
}

void test_is(const char *file, int line, const char *text, int64_t value, int64_t wanted)
{
    if (value != wanted)
        test_fail(file, line, "%s is %ld, not %ld", text, value, wanted);
}

int test_fork(void)
{
    int pid = process_fork();
    if (pid < 0)
        FAIL("fork: %s", strerror(pid));
    return pid;
}

int test_child(void (*run)(void))
{
    int pid = test_fork();
    if (pid == 0) {
        run();
        _Exit(0);
    }
    int status = process_wait(pid);
    if (status == 1 << 8)
        _Exit(1); /* it has said why */
    return status;
}

void test_dies_of(void (*run)(void), int signal)
{
    int status = test_child(run);
    if (!WAIT_SIGNALLED(status))
        FAIL("the child was not ended by a signal, but exited with %d", WAIT_EXIT_STATUS(status));
    IS(WAIT_SIGNAL(status), signal);
}

void test_wait_good(int pid)
{
    int status;
    int64_t ended = sys_wait(pid, &status, 0);
    IS(ended, pid);
    if (status)
        FAIL("child %d ended with wait status %#x", pid, status);
}

void test_write_file(const char *path, const void *bytes, uint64_t count)
{
    int64_t descriptor = sys_open(path, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE);
    CHECK(descriptor >= 0);
    IS(write_all((int)descriptor, bytes, count), 0);
    IS(sys_close((int)descriptor), 0);
}

unsigned test_harts(void)
{
    static unsigned harts;
    char *text = harts ? NULL : file_read_or_die("/proc/harts");
    for (const char *line = text ? next_line(text) : NULL; line; line = next_line(line))
        harts++;
    free(text);
    return harts;
}

void test_go_to_hart(unsigned hart)
{
    hart %= test_harts();
    IS(sys_affinity_set(0, 1ull << hart), 0);
    IS(sys_hart(), hart);
}

void test_on_harts(unsigned count, void (*run)(unsigned number))
{
    int pids[2 * HARTS_MAX]; /* some tests have two on each */
    CHECK(count <= 2 * HARTS_MAX);
    for (unsigned i = 0; i < count; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0) {
            test_go_to_hart(i);
            run(i);
            _Exit(0);
        }
    }
    bool is_good = true;
    for (unsigned i = 0; i < count; i++)
        is_good &= process_wait(pids[i]) == 0;
    if (!is_good)
        FAIL("a child failed");
}

void test_sleep_ms(uint64_t milliseconds)
{
    while (sleep_ms(milliseconds) == -EINTR)
        continue;
}
