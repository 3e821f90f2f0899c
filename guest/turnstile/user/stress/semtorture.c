/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * semtorture: processes and threads that take and give the kernel's semaphores and libc's; never are more inside than there were,
 * and at the end all is back.
 */
#include <stdatomic.h>

#include "lock.h"
#include "process.h"
#include "program.h"
#include "stdlib.h"
#include "stress.h"
#include "string.h"
#include "system.h"

enum { SLOTS = 2 };

static int kernels, turns[2], ends[2];
static struct semaphore users;
static _Atomic int kernel_inside, user_inside;

static void use_kernels(uint64_t *seed)
{
    STRESS_CHECK(sys_semaphore_wait(kernels) == 0);
    STRESS_CHECK(atomic_fetch_add_explicit(&kernel_inside, 1, memory_order_relaxed) < SLOTS); /* amoadd.w */
    if (random_next(seed) % 4 == 0)
        sys_yield();
    atomic_fetch_sub_explicit(&kernel_inside, 1, memory_order_relaxed); /* amoadd.w */
    STRESS_CHECK(sys_semaphore_post(kernels) == 0);
}

static void use_users(uint64_t *seed)
{
    semaphore_wait(&users);
    STRESS_CHECK(atomic_fetch_add_explicit(&user_inside, 1, memory_order_relaxed) < SLOTS); /* amoadd.w */
    if (random_next(seed) % 4 == 0)
        sys_yield();
    atomic_fetch_sub_explicit(&user_inside, 1, memory_order_relaxed); /* amoadd.w */
    semaphore_post(&users);
}

static void run_thread(unsigned number)
{
    uint64_t seed = stress_seed(number);
    for (unsigned i = 0; i < stress.iterations; i++)
        if (random_next(&seed) % 2)
            use_kernels(&seed);
        else
            use_users(&seed);
}

/* Processes share no memory, so what is inside is a byte in a pipe: who has the semaphore finds exactly one, its own. */
static void run_process(unsigned number)
{
    uint64_t seed = stress_seed(number + 100);
    for (unsigned i = 0; i < stress.iterations; i++) {
        uint8_t own = (uint8_t)(number + 1), seen = 0;
        STRESS_CHECK(sys_semaphore_wait(turns[0]) == 0);
        STRESS_CHECK(sys_write(ends[1], &own, 1) == 1);
        if (random_next(&seed) % 4 == 0)
            sys_yield();
        STRESS_CHECK(sys_read(ends[0], &seen, 1) == 1);
        STRESS_CHECK(seen == own);
        STRESS_CHECK(sys_semaphore_post(turns[0]) == 0);
    }
}

/* Two processes take turns. */
static void alternate(unsigned number)
{
    for (unsigned i = 0; number < 2 && i < stress.iterations; i++) {
        STRESS_CHECK(sys_semaphore_wait(turns[number]) == 0);
        STRESS_CHECK(sys_semaphore_post(turns[!number]) == 0);
    }
}

int main(int argc, char **argv)
{
    stress_options(argc, argv, 150, 4, 32);
    if (stress.parties < 2)
        die("it takes two to wait for each other");
    kernels = (int)sys_semaphore_create(SLOTS);
    turns[0] = (int)sys_semaphore_create(1);
    turns[1] = (int)sys_semaphore_create(0);
    if (kernels < 0 || turns[0] < 0 || turns[1] < 0 || sys_pipe(ends) != 0)
        stress_failed("there is no semaphore");
    semaphore_init(&users, SLOTS);
    stress_threads(run_thread);
    for (int i = 0; i < SLOTS; i++)
        STRESS_CHECK(semaphore_try_wait(&users));
    STRESS_CHECK(!semaphore_try_wait(&users));
    stress_processes(run_process, 0);
    stress_processes(alternate, 0);
    STRESS_CHECK(sys_semaphore_wait(turns[0]) == 0);
    return stress_ok();
}
