/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every system call with arguments that make no sense: an error comes back, or the process ends, and the kernel goes on.
 */
#include "guest.h"

static const uint64_t values[] = {
    0,
    1,
    2,
    3,
    7,
    64,
    0xfff,
    0x1000,
    0x10000,
    0x10001,
    0x7fffffff,
    0x80000000,
    0x80200000,
    0xffffffff,
    0x3ffffeffff,
    0x3fffff0000,
    0x3ffffffff8,
    0x4000000000,
    0x8000000000000000,
    0xffffffc080200000,
    0xffffffffc0004000,
    0xfffffffffffff000,
    0xffffffffffffffff,
};
enum {
    VALUES = sizeof values / sizeof values[0],
    EXIT = 1,
    FORK = 2,
    THREAD_EXIT = 16,
    POWER_OFF = 30,
    SLEEP = 19,
    SIGRETURN = 12
};

static uint64_t state;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void call_with_nonsense(long number)
{
    state = 88172645463325252ull + (uint64_t)number;
    for (unsigned i = 0; i < 40 * rounds; i++) {
        uint64_t argument[6];
        for (unsigned j = 0; j < 6; j++)
            argument[j] = values[draw() % VALUES];
        raw_call(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
    }
}

static void nonsense_is_refused(void)
{
    for (long number = 0; number < 60; number++) {
        if (number == POWER_OFF || number == FORK)
            continue;
        long pid = sys_fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            sys_setpgid(0, 0);
            for (int i = 0; i < 3;
                 i++) /* the console is not for nonsense; descriptors 0 to 2 are a pipe's, which takes or gives nothing */
                sys_close(i);
            int ends[2];
            sys_pipe(ends);
            call_with_nonsense(number);
            sys_exit(0);
        }
        sys_sleep(3000000);
        if (sys_wait((int)pid, NULL, WAIT_NO_HANG) == 0) { /* it waits for something */
            sys_kill((int)pid, SIGKILL);
            sys_wait((int)pid, NULL, 0);
        }
    }
    EQUAL(sys_getpid() > 0, 1);
}

static void numbers_that_are_none(void)
{
    EQUAL(raw_call(0), -ENOSYS);
    EQUAL(raw_call(1000), -ENOSYS);
    EQUAL(raw_call(-1), -ENOSYS);
    EQUAL(raw_call(1l << 32), -ENOSYS);
}

static void pointers_are_checked(void)
{
    int ends[2];
    CHECK(sys_pipe(ends) == 0);
    for (unsigned i = 0; i < VALUES; i++) {
        if (values[i] >= 0x10000 && values[i] < 0x3fffff0000)
            continue;
        EQUAL(sys_write(ends[1], (void *)values[i], 8), -EFAULT);
        EQUAL(sys_pipe((int *)values[i]), -EFAULT);
        EQUAL(sys_open((char *)values[i], OPEN_READ), -EFAULT);
        EQUAL(sys_fstat(0, (struct stat *)values[i]), -EFAULT);
        EQUAL(sys_affinity_get(0, (uint64_t *)values[i]), -EFAULT);
        EQUAL(sys_exec((char *)values[i], NULL, NULL), -EFAULT);
    }
    EQUAL(sys_write(ends[1], "12345678", 8), 8);
    EQUAL(sys_read(ends[0], (void *)pointers_are_checked, 8), -EFAULT); /* code is not written to */
    EQUAL(sys_write(ends[1], (void *)(sys_sbrk(0) - 4), 1 << 20), -EFAULT);
}

static void user_memory_that_ends_under_a_copy(void)
{
    char *end = (char *)sys_sbrk(4096) + 4096;
    int ends[2];
    CHECK(sys_pipe(ends) == 0);
    EQUAL(sys_write(ends[1], end - 100, 101), -EFAULT);
    EQUAL(sys_write(ends[1], end - 100, 100), 100);
    EQUAL(sys_read(ends[0], end - 99, 100), -EFAULT);
    memset(end - 8, 'x', 8);
    EQUAL(sys_open(end - 8, OPEN_READ), -EFAULT);
}

static void a_thread_with_no_stack(void)
{
    long pid = sys_fork();
    if (pid == 0) {
        CHECK(sys_thread_create((void (*)(void *))0x123456, NULL, NULL, NULL) > 0);
        for (;;)
            sys_sleep(100000000);
    }
    EQUAL(wait_for(pid), SIGSEGV);
}

const struct test bad_tests[] = {
    {"numbers-that-are-none", numbers_that_are_none},
    {"pointers-are-checked", pointers_are_checked},
    {"user-memory-that-ends-under-a-copy", user_memory_that_ends_under_a_copy},
    {"a-thread-with-no-stack", a_thread_with_no_stack},
    {"nonsense-is-refused", nonsense_is_refused},
    {0},
};
