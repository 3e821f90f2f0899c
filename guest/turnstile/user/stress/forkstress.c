/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * forkstress: trees of processes that fork, run programs, take memory, kill each other and wait; each status must be the one that
 * was meant.
 */
#include "process.h"
#include "program.h"
#include "stdlib.h"
#include "stress.h"
#include "string.h"
#include "system.h"

/* What a process of the tree does before it ends; the result is the exit status that its parent computes as well. */
static int grow(uint64_t seed, unsigned depth);

static int branch(uint64_t seed, unsigned depth)
{
    int pid = process_fork();
    if (pid == 0)
        _Exit(grow(seed, depth));
    return pid;
}

static int expected(uint64_t seed)
{
    return (int)(random_next(&seed) % 200);
}

static void touch_memory(uint64_t *seed)
{
    unsigned pages = 1 + random_next(seed) % 16;
    char *memory = (char *)(uintptr_t)sys_sbrk(pages * 4096);
    if ((int64_t)memory < 0)
        return;
    for (unsigned i = 0; i < pages; i++) {
        STRESS_CHECK(memory[i * 4096] == 0);
        memory[i * 4096] = (char)i;
    }
}

static void run_program(uint64_t *seed)
{
    static const char *const programs[] = {"/bin/true", "/bin/false", "/bin/nothing"};
    static const int statuses[] = {0, 1, 7};
    unsigned which = random_next(seed) % 3;
    int pid = process_fork();
    if (pid == 0) {
        sys_exec(programs[which], (char *[]){"x", NULL}, (char *[]){NULL});
        _Exit(7);
    }
    if (pid > 0)
        STRESS_CHECK(process_wait(pid) == statuses[which] << 8);
}

static void kill_one(uint64_t *seed)
{
    int pid = process_fork();
    if (pid == 0)
        for (;;)
            sys_yield();
    if (pid < 0)
        return;
    if (random_next(seed) % 2)
        sys_yield();
    STRESS_CHECK(sys_kill(pid, SIGKILL) == 0);
    STRESS_CHECK(process_wait(pid) == SIGKILL);
}

static int grow(uint64_t seed, unsigned depth)
{
    int result = expected(seed), children[3];
    uint64_t own = seed + 1, seeds[3];
    unsigned count = depth ? random_next(&own) % 4 : 0;
    for (unsigned i = 0; i < count; i++) {
        seeds[i] = (uint64_t)random_next(&own) << 31 | random_next(&own);
        children[i] = branch(seeds[i], depth - 1);
    }
    switch (random_next(&own) % 4) {
    case 0:
        touch_memory(&own);
        break;
    case 1:
        run_program(&own);
        break;
    case 2:
        kill_one(&own);
        break;
    default:
        break;
    }
    for (unsigned i = count; i-- > 0;)
        if (children[i] > 0)
            STRESS_CHECK(process_wait(children[i]) == expected(seeds[i]) << 8);
    STRESS_CHECK(sys_wait(-1, NULL, 0) == -ECHILD);
    return result;
}

static void run(unsigned number)
{
    uint64_t seed = stress_seed(number);
    for (unsigned i = 0; i < stress.iterations; i++) {
        uint64_t tree = (uint64_t)random_next(&seed) << 31 | random_next(&seed);
        int pid = branch(tree, 3);
        if (pid > 0)
            STRESS_CHECK(process_wait(pid) == expected(tree) << 8);
        else
            STRESS_CHECK(pid == -EAGAIN || pid == -ENOMEM);
    }
}

int main(int argc, char **argv)
{
    stress_options(argc, argv, 10, 4, 32);
    stress_processes(run, 0);
    return stress_ok();
}
