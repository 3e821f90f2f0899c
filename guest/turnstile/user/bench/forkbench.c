/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * forkbench: what processes, threads, pages and switches cost.
 */
#include "clock.h"
#include "measure.h"
#include "process.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "system.h"
#include "thread.h"

enum { PAGE = 4096, PAGES = 32 };

static int ends[2][2];
static volatile char *pages;

static void fork_wait(void)
{
    int pid = (int)measure_good("fork", sys_fork());
    if (pid == 0)
        _Exit(0);
    process_wait(pid);
}

static void fork_exec_wait(void)
{
    int pid = (int)measure_good("fork", sys_fork());
    if (pid == 0) {
        sys_exec("/bin/true", (char *[]){"true", NULL}, (char *[]){NULL});
        _Exit(1);
    }
    process_wait(pid);
}

static int64_t do_nothing(void *argument)
{
    return 0;
}

static void thread_create_join(void)
{
    struct thread *thread;
    measure_good("thread", thread_create(&thread, do_nothing, NULL));
    thread_join(thread, NULL);
}

/* One page is made when it is touched. */
static uint64_t measure_touch(void)
{
    pages = (volatile char *)(uintptr_t)measure_good("memory", sys_sbrk(PAGES * PAGE));
    uint64_t begin = cycles_now();
    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE] = 1;
    return (cycles_now() - begin) / PAGES;
}

/* One page, shared with a child, is copied when it is written. */
static uint64_t measure_copy(void)
{
    char byte;
    int pid = (int)measure_good("fork", sys_fork());
    if (pid == 0) {
        sys_close(ends[0][1]);
        sys_read(ends[0][0], &byte, 1);
        _Exit(0);
    }
    uint64_t begin = cycles_now();
    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE] = 2;
    uint64_t cycles = (cycles_now() - begin) / PAGES;
    sys_write(ends[0][1], "x", 1);
    process_wait(pid);
    return cycles;
}

/* A byte goes to another process and back. */
static uint64_t measure_round_trip(unsigned other_hart)
{
    char byte = 0;
    int pid = (int)measure_good("fork", sys_fork());
    if (pid == 0) {
        measure_on_hart(other_hart);
        for (unsigned i = 0; i < measure.times + 3; i++) {
            sys_read(ends[0][0], &byte, 1);
            sys_write(ends[1][1], &byte, 1);
        }
        _Exit(0);
    }
    uint64_t begin = 0;
    for (unsigned i = 0; i < measure.times + 3; i++) {
        if (i == 3)
            begin = cycles_now();
        sys_write(ends[0][1], &byte, 1);
        sys_read(ends[1][0], &byte, 1);
    }
    uint64_t cycles = (cycles_now() - begin) / measure.times;
    process_wait(pid);
    return cycles;
}

int main(int argc, char **argv)
{
    measure_options(argc, argv, 20, 1, 1);
    fflush(stdout);
    measure_on_hart(0);
    measure_good("a pipe", sys_pipe(ends[0]));
    measure_good("a pipe", sys_pipe(ends[1]));
    uint64_t fork_cycles = measure_mean(fork_wait, measure.times), exec_cycles = measure_mean(fork_exec_wait, measure.times);
    measure_put("fork_wait", fork_cycles);
    measure_put("fork_exec_wait", exec_cycles);
    measure_put("thread_create_join", measure_mean(thread_create_join, measure.times));
    measure_put("page_touch", measure_touch());
    measure_put("page_copy", measure_copy());
    measure_put("round_trip_same_hart", measure_round_trip(0));
    if (measure_harts() > 1)
        measure_put("round_trip_other_hart", measure_round_trip(1));
    putchar('\n');
    return 0;
}
