/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * syscallbench: what system calls cost that do not wait.
 */
#include "measure.h"
#include "program.h"
#include "stdio.h"
#include "system.h"

static int null, ends[2], semaphore;
static uint32_t word;

static void nothing(void)
{
    __asm__ volatile("");
}

static void getpid(void)
{
    sys_getpid();
}

static void yield(void)
{
    sys_yield();
}

static void clock(void)
{
    sys_clock(CLOCK_MONOTONIC);
}

static void write_null(void)
{
    sys_write(null, &word, sizeof word);
}

static void pipe_4_bytes(void)
{
    sys_write(ends[1], &word, sizeof word);
    sys_read(ends[0], &word, sizeof word);
}

static void semaphore_pair(void)
{
    sys_semaphore_post(semaphore);
    sys_semaphore_wait(semaphore);
}

static void futex_wake(void)
{
    sys_futex_wake(&word, 1);
}

static void dup_close(void)
{
    sys_close((int)sys_dup(null));
}

static void stat_root(void)
{
    struct stat stat;
    sys_stat("/", &stat);
}

static void open_close(void)
{
    sys_close((int)sys_open("/README", OPEN_READ));
}

static const struct {
    const char *name;
    void (*run)(void);
} rows[] = {
    {"empty_loop", nothing},
    {"getpid", getpid},
    {"yield", yield},
    {"clock", clock},
    {"write_null", write_null},
    {"pipe_4_bytes", pipe_4_bytes},
    {"semaphore", semaphore_pair},
    {"futex_wake", futex_wake},
    {"dup_close", dup_close},
    {"stat_root", stat_root},
    {"open_close", open_close},
};

int main(int argc, char **argv)
{
    measure_options(argc, argv, 100, 1, 1);
    measure_on_hart(0);
    null = (int)measure_good("/dev/null", sys_open("/dev/null", OPEN_READ | OPEN_WRITE));
    measure_good("a pipe", sys_pipe(ends));
    semaphore = (int)measure_good("a semaphore", sys_semaphore_create(0));
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        measure_put(rows[i].name, measure_mean(rows[i].run, measure.times));
    putchar('\n');
    return 0;
}
