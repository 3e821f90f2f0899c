/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of processes: fork, exec, wait, exit, groups.
 */
#include "guest.h"

static void a_child_has_its_own_memory(void)
{
    static volatile int value = 1;
    volatile int local = 1;
    long pid = sys_fork();
    if (pid == 0) {
        value = local = 2;
        sys_exit(value + local);
    }
    EQUAL(wait_for(pid), 4 << 8);
    EQUAL(value, 1);
    EQUAL(local, 1);
}

static void many_children(void)
{
    enum { CHILDREN = 20 };
    for (unsigned round = 0; round < rounds; round++) {
        long pids[CHILDREN];
        for (int i = 0; i < CHILDREN; i++) {
            pids[i] = sys_fork();
            CHECK(pids[i] >= 0);
            if (pids[i] == 0)
                sys_exit(i);
        }
        for (int i = CHILDREN - 1; i >= 0; i--)
            EQUAL(wait_for(pids[i]), i << 8);
    }
    EQUAL(sys_wait(-1, NULL, 0), -ECHILD);
}

static void wait_without_hanging(void)
{
    EQUAL(sys_wait(-1, NULL, WAIT_NO_HANG), -ECHILD);
    int ends[2];
    CHECK(sys_pipe(ends) == 0);
    long pid = sys_fork();
    if (pid == 0) {
        char c;
        sys_read(ends[0], &c, 1);
        sys_exit(7);
    }
    EQUAL(sys_wait(-1, NULL, WAIT_NO_HANG), 0);
    EQUAL(sys_write(ends[1], "x", 1), 1);
    EQUAL(wait_for(pid), 7 << 8);
}

static void groups(void)
{
    EQUAL(sys_setpgid(0, 0), 0);
    EQUAL(sys_getpgid(0), sys_getpid());
    long pid = sys_fork();
    if (pid == 0) {
        sys_setpgid(0, 0);
        sys_exit(sys_getpgid(0) == sys_getpid() ? 0 : 1);
    }
    int status;
    long other = sys_fork();
    if (other == 0)
        sys_exit(sys_getpgid(0) == sys_getppid() ? 5 : 1);
    EQUAL(sys_wait(0, &status, 0), other);
    EQUAL(status, 5 << 8);
    EQUAL(wait_for(pid), 0);
    EQUAL(sys_setpgid(1, 1), -ESRCH);
    EQUAL(sys_getpgid(29999), -ESRCH);
}

static void orphans_go_to_the_first(void)
{
    int ends[2];
    long parent = 0;
    CHECK(sys_pipe(ends) == 0);
    long pid = sys_fork();
    if (pid == 0) {
        if (sys_fork() == 0) {
            while (sys_getppid() != 1)
                sys_yield();
            parent = sys_getppid();
            sys_write(ends[1], &parent, sizeof parent);
            sys_exit(0);
        }
        sys_exit(0);
    }
    EQUAL(wait_for(pid), 0);
    EQUAL(sys_read(ends[0], &parent, sizeof parent), sizeof parent);
    EQUAL(parent, 1);
}

static void exec_passes_arguments(void)
{
    char *arguments[] = {"init", "arguments", "two words", "", NULL}, *environment[] = {"A=b", NULL};
    long pid = sys_fork();
    if (pid == 0) {
        sys_exec("/bin/init", arguments, environment);
        sys_exit(1);
    }
    EQUAL(wait_for(pid), 42 << 8);
}

static void exec_passes_many_arguments(void)
{
    static char *arguments[300];
    arguments[0] = "init";
    arguments[1] = "count";
    for (int i = 2; i < 202; i++)
        arguments[i] = "some argument or other";
    long pid = sys_fork();
    if (pid == 0) {
        sys_exec("/bin/init", arguments, NULL);
        sys_exit(1);
    }
    EQUAL(wait_for(pid), 200 << 8);
}

static void exec_that_fails_changes_nothing(void)
{
    static char *many[2000];
    EQUAL(sys_exec("/bin/nothing", many, NULL), -ENOENT);
    EQUAL(sys_exec("/dev/null", many, NULL), -EACCES);
    EQUAL(sys_exec("/proc/memory", many, NULL), -ENOEXEC);
    EQUAL(sys_exec("/bin/init", (char *const *)0x1000, NULL), -EFAULT);
    for (int i = 0; i < 1999; i++)
        many[i] = "x";
    EQUAL(sys_exec("/bin/init", many, NULL), -E2BIG);
    static char long_text[5000];
    memset(long_text, 'x', sizeof long_text - 1);
    char *arguments[] = {long_text, NULL};
    EQUAL(sys_exec("/bin/init", arguments, NULL), -E2BIG);
}

static void exec_in_a_forked_storm(void)
{
    char *arguments[] = {"init", "count", "1", NULL};
    for (unsigned round = 0; round < rounds; round++) {
        long pids[8];
        for (int i = 0; i < 8; i++)
            if ((pids[i] = sys_fork()) == 0) {
                sys_exec("/bin/init", arguments, NULL);
                sys_exit(100);
            }
        for (int i = 0; i < 8; i++)
            EQUAL(wait_for(pids[i]), 1 << 8);
    }
}

static void a_tree_of_processes(void)
{
    long depth = 0;
    int status;
    while (depth < 6) {
        long pid = sys_fork();
        CHECK(pid >= 0);
        if (pid) {
            long other = sys_fork();
            CHECK(other >= 0);
            if (other) {
                EQUAL(sys_wait(-1, &status, 0) > 0, 1);
                EQUAL(status, 0);
                EQUAL(sys_wait(-1, &status, 0) > 0, 1);
                EQUAL(status, 0);
                sys_exit(0);
            }
        }
        depth++;
    }
}

const struct test process_tests[] = {
    {"a-child-has-its-own-memory", a_child_has_its_own_memory},
    {"many-children", many_children},
    {"wait-without-hanging", wait_without_hanging},
    {"groups", groups},
    {"orphans-go-to-the-first", orphans_go_to_the_first},
    {"exec-passes-arguments", exec_passes_arguments},
    {"exec-passes-many-arguments", exec_passes_many_arguments},
    {"exec-that-fails-changes-nothing", exec_that_fails_changes_nothing},
    {"exec-in-a-forked-storm", exec_in_a_forked_storm},
    {"a-tree-of-processes", a_tree_of_processes},
    {0},
};
