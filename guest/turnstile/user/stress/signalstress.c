/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * signalstress: processes that send signals to each other all the time, block and unblock them, wait in calls that are interrupted,
 * and fault on purpose; what a handler interrupts must not notice, and SIGKILL must end what it is for.
 */
#include "clock.h"
#include "process.h"
#include "program.h"
#include "signal.h"
#include "stdlib.h"
#include "stress.h"
#include "string.h"
#include "system.h"

static volatile uint64_t handled[SIGNALS], faults;
static volatile int depth;
static int group, ends[2];

static void handle(int signal, struct signal_frame *frame)
{
    volatile uint64_t work[8];
    depth++;
    for (int i = 0; i < 8; i++)
        work[i] = frame->pc + (uint64_t)i;
    handled[signal] += work[7] - work[0] - 6;
    depth--;
}

static void skip_fault(int signal, struct signal_frame *frame)
{
    faults++;
    frame->pc += 4;
}

static void fault(void)
{
#if defined __riscv
    uint64_t before = faults;
    __asm__ volatile(".option push\n.option norvc\n lw zero, 0(%0)\n.option pop" : : "r"(0x3000000000) : "memory");
    STRESS_CHECK(faults == before + 1);
#endif
}

/* Sums that a handler would disturb if it changed registers. */
static void compute(uint64_t *seed)
{
    uint64_t begin = random_next(seed), a = begin, b = 1, count = 200 + random_next(seed) % 400;
    double c = 0;
    for (uint64_t i = 0; i < count; i++) {
        a += b;
        b += 2;
        c += 1.0;
    }
    STRESS_CHECK(a == begin + count * count);
    STRESS_CHECK(c == (double)count);
}

static void check_call(int64_t result, int64_t good)
{
    STRESS_CHECK(result == good || result == -EINTR);
}

static void block_for_a_while(uint64_t *seed)
{
    uint64_t set = 1ull << SIGUSR1 | 1ull << SIGUSR2, old;
    STRESS_CHECK(sys_sigmask(SIGNAL_BLOCK, &set, &old) == 0);
    uint64_t before = handled[SIGUSR1] + handled[SIGUSR2];
    compute(seed);
    sys_yield();
    STRESS_CHECK(handled[SIGUSR1] + handled[SIGUSR2] == before);
    STRESS_CHECK(sys_sigmask(SIGNAL_SET, &old, NULL) == 0);
}

static void kill_a_child(uint64_t *seed)
{
    int pid = process_fork();
    if (pid == 0) {
        char byte;
        if (random_next(seed) % 2)
            sys_read(ends[0], &byte, 1);
        for (;;)
            compute(seed);
    }
    if (pid < 0)
        return;
    if (random_next(seed) % 2)
        sys_yield();
    STRESS_CHECK(sys_kill(pid, SIGKILL) == 0);
    STRESS_CHECK(process_wait(pid) == SIGKILL);
}

static void run(unsigned number)
{
    uint64_t seed = stress_seed(number);
    sys_setpgid(0, group);
    for (unsigned i = 0; i < stress.iterations; i++)
        switch (random_next(&seed) % 8) {
        case 0:
        case 1:
            STRESS_CHECK(sys_kill(-group, random_next(&seed) % 2 ? SIGUSR1 : SIGUSR2) == 0);
            break;
        case 2:
            block_for_a_while(&seed);
            break;
        case 3:
            check_call(sys_sleep(20000), 0);
            break;
        case 4:
            fault();
            break;
        case 5:
            kill_a_child(&seed);
            break;
        case 6:
            STRESS_CHECK(raise(SIGTERM) == 0);
            break;
        default:
            compute(&seed);
        }
    STRESS_CHECK(depth == 0 && handled[SIGTERM] <= stress.iterations);
}

int main(int argc, char **argv)
{
    stress_options(argc, argv, 100, 4, 32);
    group = (int)sys_getpid();
    sys_setpgid(0, 0);
    if (sys_pipe(ends) != 0)
        stress_failed("there is no pipe");
    signal_set(SIGUSR1, handle, 0, 0);
    signal_set(SIGUSR2, handle, SIGNAL_NODEFER, 0);
    signal_set(SIGTERM, handle, SIGNAL_RESTART, 1ull << SIGUSR1);
    signal_set(SIGSEGV, skip_fault, 0, 0);
    stress_processes(run, 0);
    return stress_ok();
}
