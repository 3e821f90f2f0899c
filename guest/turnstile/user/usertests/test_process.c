/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Processes: fork, exit, wait, groups.
 */
#include "test.h"

static void fork_gives_the_child_0_and_the_parent_its_number(void)
{
    int ends[2], seen;
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        seen = (int)sys_getpid();
        IS(write_all(ends[1], &seen, sizeof seen), 0);
        _Exit(0);
    }
    IS(sys_read(ends[0], &seen, sizeof seen), sizeof seen);
    IS(seen, pid);
    CHECK(pid != sys_getpid());
    test_wait_good(pid);
}

static void the_exit_status_reaches_wait(void)
{
    static const int given[] = {0, 1, 42, 127, 128, 255, 256, 257, -1};
    for (unsigned i = 0; i < sizeof given / sizeof given[0]; i++) {
        int pid = test_fork(), status = -1;
        if (pid == 0)
            sys_exit(given[i]);
        IS(sys_wait(pid, &status, 0), pid);
        CHECK(WAIT_EXITED(status));
        IS(WAIT_EXIT_STATUS(status), given[i] & 0xff);
    }
}

static void wait_without_children_is_refused(void)
{
    IS(sys_wait(-1, NULL, 0), -ECHILD);
    IS(sys_wait(1, NULL, 0), -ECHILD);
    IS(sys_wait((int)sys_getpid(), NULL, WAIT_NO_HANG), -ECHILD);
}

static void wait_can_look_without_waiting(void)
{
    int ends[2], status;
    char byte;
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        sys_close(ends[1]);
        sys_read(ends[0], &byte, 1);
        _Exit(3);
    }
    IS(sys_wait(-1, &status, WAIT_NO_HANG), 0);
    IS(sys_wait(pid, &status, WAIT_NO_HANG), 0);
    sys_close(ends[1]);
    IS(sys_wait(-1, &status, 0), pid);
    IS(WAIT_EXIT_STATUS(status), 3);
}

static void wait_takes_the_child_that_is_meant(void)
{
    int pids[4], status;
    for (int i = 0; i < 4; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0)
            _Exit(10 + i);
    }
    for (int i = 3; i >= 0; i--) {
        IS(sys_wait(pids[i], &status, 0), pids[i]);
        IS(WAIT_EXIT_STATUS(status), 10 + i);
        IS(sys_wait(pids[i], &status, 0), -ECHILD);
    }
}

static void wait_takes_a_group(void)
{
    int status, other = test_fork();
    if (other == 0)
        _Exit(1);
    int leader = test_fork();
    if (leader == 0) {
        sys_setpgid(0, 0);
        _Exit(2);
    }
    sys_setpgid(leader, leader);
    IS(sys_wait(-leader, &status, 0), leader);
    IS(sys_wait(-leader, &status, 0), -ECHILD);
    IS(sys_wait(0, &status, 0), other);
}

static void wait_with_a_bad_option_is_refused(void)
{
    IS(sys_wait(-1, NULL, 0x80), -EINVAL);
}

static void orphans_go_to_process_1(void)
{
    int ends[2], seen = 0;
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        int self = (int)sys_getpid();
        if (test_fork() == 0) {
            while (sys_getppid() == self)
                test_sleep_ms(1);
            seen = (int)sys_getppid();
            IS(write_all(ends[1], &seen, sizeof seen), 0);
        }
        _Exit(0);
    }
    sys_close(ends[1]);
    test_wait_good(pid);
    IS(sys_read(ends[0], &seen, sizeof seen), sizeof seen);
    IS(seen, 1);
    IS(sys_read(ends[0], &seen, 1), 0); /* until the orphan has ended */
}

static void the_parent_is_who_forked(void)
{
    int self = (int)sys_getpid(), pid = test_fork();
    if (pid == 0) {
        IS(sys_getppid(), self);
        _Exit(0);
    }
    test_wait_good(pid);
}

static void the_child_has_a_copy_of_memory(void)
{
    static int word = 1;
    int *heap = malloc(sizeof *heap), stack = 3;
    *heap = 2;
    int pid = test_fork();
    if (pid == 0) {
        CHECK(word == 1 && *heap == 2 && stack == 3);
        word = *heap = stack = 7;
        _Exit(0);
    }
    test_wait_good(pid);
    CHECK(word == 1 && *heap == 2 && stack == 3);
}

static void the_child_shares_open_files_and_their_position(void)
{
    char bytes[4];
    test_write_file("f", "abcdef", 6);
    int file = (int)sys_open("f", OPEN_READ), pid = test_fork();
    if (pid == 0) {
        IS(sys_read(file, bytes, 2), 2);
        _Exit(0);
    }
    test_wait_good(pid);
    IS(sys_read(file, bytes, 4), 4);
    CHECK(memcmp(bytes, "cdef", 4) == 0);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void many_children_are_each_waited_for_once(void)
{
    enum { CHILDREN = 40 };
    static bool is_seen[CHILDREN];
    int pids[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0)
            _Exit(i);
    }
    for (int n = 0; n < CHILDREN; n++) {
        int status, pid = (int)sys_wait(-1, &status, 0), i = WAIT_EXIT_STATUS(status);
        CHECK(i < CHILDREN && pids[i] == pid && !is_seen[i]);
        is_seen[i] = true;
    }
    IS(sys_wait(-1, NULL, 0), -ECHILD);
}

static void a_chain_of_forks_ends_in_order(void)
{
    for (int depth = 0; depth < 25; depth++) {
        int pid = test_fork();
        if (pid == 0)
            continue;
        int status = process_wait(pid);
        IS(status, 0);
        if (depth == 0)
            return;
        _Exit(0);
    }
    _Exit(0);
}

/* Until fork is refused; all that was made is waited for afterwards. */
static void running_out_of_processes_is_an_error(void)
{
    int ends[2];
    char byte;
    unsigned made = 0;
    int pid;
    IS(sys_pipe(ends), 0);
    while ((pid = (int)sys_fork()) > 0 && made < 5000)
        made++;
    if (pid == 0) {
        sys_close(ends[1]);
        sys_read(ends[0], &byte, 1);
        _Exit(0);
    }
    CHECK(pid == -EAGAIN || pid == -ENOMEM);
    sys_close(ends[1]);
    for (unsigned i = 0; i < made; i++)
        CHECK(sys_wait(-1, NULL, 0) > 0);
    IS(sys_wait(-1, NULL, 0), -ECHILD);
}

static void groups_are_inherited_and_changed(void)
{
    int own = (int)sys_getpgid(0);
    IS(own, sys_getpid());
    int pid = test_fork();
    if (pid == 0) {
        IS(sys_getpgid(0), own);
        IS(sys_setpgid(0, 0), 0);
        IS(sys_getpgid(0), sys_getpid());
        _Exit(0);
    }
    test_wait_good(pid);
    IS(sys_getpgid(30001), -ESRCH);
    IS(sys_setpgid(30001, 1), -ESRCH);
    IS(sys_setpgid(1, 0), -ESRCH);
    IS(sys_setpgid(-1, 0), -EINVAL);
    IS(sys_setpgid(0, -1), -EINVAL);
}

static void exec_in_child(void)
{
    sys_exec("/bin/true", (char *[]){"true", NULL}, (char *[]){NULL});
}

static void fork_exec_wait_again_and_again(void)
{
    for (unsigned i = 0; i < 10 * test_scale; i++)
        IS(test_child(exec_in_child), 0);
}

static void time_goes_on_and_sleep_takes_its_time(void)
{
    int64_t before = sys_clock(CLOCK_MONOTONIC);
    IS(sys_sleep(3000000), 0);
    int64_t after = sys_clock(CLOCK_MONOTONIC);
    CHECK(after - before >= 3000000);
    CHECK(sys_clock(CLOCK_REALTIME) > 0);
    IS(sys_clock(7), -EINVAL);
    IS(sys_sleep(0), 0);
}

static const struct test tests[] = {
    TEST(fork_gives_the_child_0_and_the_parent_its_number),
    TEST(the_exit_status_reaches_wait),
    TEST(wait_without_children_is_refused),
    TEST(wait_can_look_without_waiting),
    TEST(wait_takes_the_child_that_is_meant),
    TEST(wait_takes_a_group),
    TEST(wait_with_a_bad_option_is_refused),
    TEST(orphans_go_to_process_1),
    TEST(the_parent_is_who_forked),
    TEST(the_child_has_a_copy_of_memory),
    TEST(the_child_shares_open_files_and_their_position),
    TEST(many_children_are_each_waited_for_once),
    TEST(a_chain_of_forks_ends_in_order),
    TEST(running_out_of_processes_is_an_error),
    TEST(groups_are_inherited_and_changed),
    TEST(fork_exec_wait_again_and_again),
    TEST(time_goes_on_and_sleep_takes_its_time),
    {NULL, NULL},
};

const struct test_group test_process_group = {"process", tests};
