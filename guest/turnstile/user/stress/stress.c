/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stress programs share (stress.h).
 */
#include "stress.h"

#include "process.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"
#include "thread.h"

enum { PARTIES_MAX = 64 };

struct stress stress;
static int main_pid;
static void (*thread_function)(unsigned number);

void stress_options(int argc, char **argv, unsigned iterations, unsigned parties, unsigned parties_max)
{
    struct options options = {.letters = "s:n:p:", .usage = "[-s SEED] [-n ITERATIONS] [-p PARTIES]"};
    stress = (struct stress){1, iterations, parties};
    for (int letter; (letter = option_next(&options, argv));)
        if (letter == 's')
            stress.seed = number_argument("SEED", options.value, UINT64_MAX);
        else if (letter == 'n')
            stress.iterations = (unsigned)number_argument("ITERATIONS", options.value, 100000000);
        else
            stress.parties = (unsigned)number_argument("PARTIES", options.value, parties_max);
    if (options.next < argc)
        die_usage(options.usage);
    if (stress.parties == 0)
        die("nobody takes part");
    main_pid = (int)sys_getpid();
}

_Noreturn void stress_failed(const char *format, ...)
{
    char text[200];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    /* A child says why; the last line is the first process's. */
    if ((int)sys_getpid() == main_pid)
        printf("%s: failed: %s (seed %lu, %u iterations, %u parties)\n", program_name, text, stress.seed, stress.iterations,
               stress.parties);
    else
        printf("%s: process %d: %s\n", program_name, (int)sys_getpid(), text);
    exit(1);
}

uint64_t stress_seed(unsigned number)
{
    uint64_t seed = stress.seed * 1000003 + number;
    random_next(&seed);
    return seed;
}

unsigned stress_processes(void (*run)(unsigned number), int may_be_killed)
{
    int pids[PARTIES_MAX];
    unsigned killed = 0, bad = 0;
    for (unsigned i = 0; i < stress.parties; i++) {
        pids[i] = process_fork();
        if (pids[i] == 0) {
            run(i);
            exit(0);
        }
        if (pids[i] < 0)
            stress_failed("fork: %s", strerror(pids[i]));
    }
    for (unsigned i = 0; i < stress.parties; i++) {
        int status = process_wait(pids[i]);
        if (may_be_killed && status == SIGKILL)
            killed++;
        else if (status)
            bad = (unsigned)status;
    }
    if (bad)
        stress_failed("a process ended with wait status %#x", bad);
    return killed;
}

static int64_t run_thread(void *argument)
{
    thread_function((unsigned)(uintptr_t)argument);
    return 0;
}

void stress_threads(void (*run)(unsigned number))
{
    struct thread *threads[PARTIES_MAX];
    thread_function = run;
    for (unsigned i = 0; i < stress.parties; i++) {
        int error = thread_create(&threads[i], run_thread, (void *)(uintptr_t)i);
        if (error)
            stress_failed("thread: %s", strerror(error));
    }
    for (unsigned i = 0; i < stress.parties; i++)
        if (thread_join(threads[i], NULL))
            stress_failed("a thread could not be joined");
}

int stress_ok(void)
{
    printf("%s: ok, seed %lu, %u iterations, %u parties\n", program_name, stress.seed, stress.iterations, stress.parties);
    return 0;
}
