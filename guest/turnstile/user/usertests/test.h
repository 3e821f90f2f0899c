/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of system calls share. A test is a function that returns when all is right; what is not right ends its process
 * with a sentence. It runs in a process of its own, in an empty directory of its own, which it leaves empty.
 */
#ifndef USERTESTS_TEST_H
#define USERTESTS_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "process.h"
#include "program.h"
#include "signal.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(function)                                                                                                             \
    {                                                                                                                              \
#function, function                                                                                                        \
    }

struct test_group {
    const char *name;
    const struct test *tests; /* up to a row without a name */
};

extern const struct test_group test_bad_group, test_device_group, test_directory_group, test_exec_group, test_file_group,
    test_memory_group, test_pipe_group, test_process_group, test_semaphore_group, test_signal_group, test_space_group,
    test_table_group, test_thread_group;

extern uint64_t test_seed;
extern unsigned test_scale; /* multiplies what a test does often */

_Noreturn void test_fail(const char *file, int line, const char *format, ...) __attribute__((format(__printf__, 3, 4)));
void test_is(const char *file, int line, const char *text, int64_t value, int64_t wanted);

#define FAIL(...)        test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(condition) ((condition) ? (void)0 : FAIL("not so: %s", #condition))
/* An expression, and what it must be. */
#define IS(value, wanted) test_is(__FILE__, __LINE__, #value, (int64_t)(value), (int64_t)(wanted))

/* Runs a function in a child: its wait status. A check that fails in there ends the test, too. */
int test_child(void (*run)(void));
/* The function must end its process by this signal. */
void test_dies_of(void (*run)(void), int signal);
/* Waits for a child that must exit with 0. */
void test_wait_good(int pid);
/* fork that must not fail. */
int test_fork(void);
/* A file with these bytes. */
void test_write_file(const char *path, const void *bytes, uint64_t count);
/* How many harts the machine has; the thread goes to one of them (modulo that number). */
unsigned test_harts(void);
void test_go_to_hart(unsigned hart);
/* Runs run(i) in `count` processes at once, number i on hart i; all must exit with 0. */
void test_on_harts(unsigned count, void (*run)(unsigned number));
void test_sleep_ms(uint64_t milliseconds);

#endif
