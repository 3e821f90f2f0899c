/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of threads and of what they wait with: futex, semaphores, sleep; and of where they run.
 */
#include "guest.h"

#include <stdatomic.h>

enum { THREADS = 8, STACK = 8192 };

static _Alignas(16) char stacks[THREADS][STACK];
static _Atomic uint32_t word, count;
static volatile long plain;

static void quit(long value)
{
    sys_thread_exit(value);
}

static long start(unsigned i, void (*entry)(void *))
{
    long tid = sys_thread_create(entry, (void *)(long)i, stacks[i] + STACK, NULL);
    CHECK(tid > 0);
    return tid;
}

static void run_all(void (*entry)(void *))
{
    long tids[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        tids[i] = start(i, entry);
    for (unsigned i = 0; i < THREADS; i++) {
        int64_t value;
        EQUAL(sys_thread_join((int)tids[i], &value), 0);
        EQUAL(value, i);
        EQUAL(sys_thread_join((int)tids[i], &value), -ESRCH);
    }
}

/* A mutex of one futex word: 0 free, 1 taken, 2 taken and somebody waits. */
static void lock(void)
{
    uint32_t was = 0;
    if (atomic_compare_exchange_strong(&word, &was, 1))
        return;
    while (atomic_exchange(&word, 2) != 0)
        sys_futex_wait((uint32_t *)&word, 2, FUTEX_FOR_EVER);
}

static void unlock(void)
{
    if (atomic_exchange(&word, 0) == 2)
        sys_futex_wake((uint32_t *)&word, 1);
}

static void count_locked(void *argument)
{
    for (unsigned i = 0; i < 100 * rounds; i++) {
        lock();
        plain++;
        if (i % 16 == 0)
            sys_yield();
        unlock();
    }
    quit((long)argument);
}

static void a_futex_makes_a_mutex(void)
{
    run_all(count_locked);
    EQUAL(plain, THREADS * 100 * rounds);
}

static int semaphore;

static void count_with_semaphore(void *argument)
{
    for (unsigned i = 0; i < 50 * rounds; i++) {
        EQUAL(sys_semaphore_wait(semaphore), 0);
        plain++;
        EQUAL(sys_semaphore_post(semaphore), 0);
    }
    quit((long)argument);
}

static void a_semaphore_makes_a_mutex(void)
{
    semaphore = (int)sys_semaphore_create(1);
    run_all(count_with_semaphore);
    EQUAL(plain, THREADS * 50 * rounds);
    EQUAL(sys_semaphore_destroy(semaphore), 0);
    EQUAL(sys_semaphore_wait(semaphore), -EBADF);
    EQUAL(sys_semaphore_wait(1), -EBADF);
}

static void processes_share_semaphores(void)
{
    int full = (int)sys_semaphore_create(0), empty = (int)sys_semaphore_create(2);
    long pid = sys_fork();
    if (pid == 0) {
        for (unsigned i = 0; i < 100; i++) {
            sys_semaphore_wait(empty);
            sys_semaphore_post(full);
        }
        sys_exit(0);
    }
    for (unsigned i = 0; i < 100; i++) {
        EQUAL(sys_semaphore_wait(full), 0);
        EQUAL(sys_semaphore_post(empty), 0);
    }
    EQUAL(wait_for(pid), 0);
}

static void futex_says_why(void)
{
    static uint32_t own = 5;
    EQUAL(sys_futex_wait(&own, 4, FUTEX_FOR_EVER), -EAGAIN);
    EQUAL(sys_futex_wait(&own, 5, 1000000), -ETIMEDOUT);
    EQUAL(sys_futex_wait((uint32_t *)((char *)&own + 1), 5, 0), -EINVAL);
    EQUAL(sys_futex_wait((uint32_t *)16, 5, 0), -EFAULT);
    EQUAL(sys_futex_wake(&own, 5), 0);
}

static void grow(void *argument)
{
    /* Each thread's stores go through pages that others take away from the heap's end, or share by fork. */
    for (unsigned i = 0; i < 10 * rounds; i++) {
        volatile char *at = (volatile char *)sys_sbrk(3 * 4096);
        CHECK((long)at > 0);
        at[0] = at[4096] = at[8192] = (char)i;
        EQUAL(at[4096], (char)i);
        if (i % 8 == 0) {
            long pid = sys_fork();
            if (pid == 0)
                sys_exit(at[8192] == (char)i ? 0 : 1);
            int status;
            EQUAL(sys_wait((int)pid, &status, 0), pid);
            EQUAL(status, 0);
        }
        at[4097] = 1;
    }
    quit((long)argument);
}

static void threads_share_a_heap_while_it_is_copied(void)
{
    run_all(grow);
}

static _Atomic uint32_t *shared_page;

static void write_until_told(void *argument)
{
    while (!atomic_load(&count))
        atomic_fetch_add(&shared_page[(long)argument], 1);
    quit((long)argument);
}

/* Translations of pages that are given back are forgotten on all harts: a thread that writes then faults, and does not write
 * elsewhere. */
static void pages_taken_away_are_gone_everywhere(void)
{
    for (unsigned round = 0; round < rounds; round++) {
        long pid = sys_fork();
        if (pid == 0) {
            shared_page = (_Atomic uint32_t *)sys_sbrk(4096);
            for (unsigned i = 1; i < 4; i++)
                start(i, write_until_told);
            sys_sleep(200000);
            sys_sbrk(-4096);
            sys_sleep(5000000000);
            sys_exit(7); /* some writer must have ended the process before */
        }
        EQUAL(wait_for(pid), SIGSEGV);
    }
}

static void exit_ends_all_threads(void)
{
    long pid = sys_fork();
    if (pid == 0) {
        shared_page = (_Atomic uint32_t *)&stacks[7];
        for (unsigned i = 0; i < 6; i++)
            start(i, write_until_told);
        sys_sleep(1000000);
        sys_exit(9);
    }
    EQUAL(wait_for(pid), 9 << 8);
}

static void exec_later(void *argument)
{
    char *arguments[] = {"init", "count", "1", "2", NULL};
    (void)argument;
    sys_exec("/bin/init", arguments, NULL);
    sys_exit(1);
}

static void exec_ends_all_other_threads(void)
{
    long pid = sys_fork();
    if (pid == 0) {
        shared_page = (_Atomic uint32_t *)&stacks[7];
        for (unsigned i = 0; i < 5; i++)
            start(i, write_until_told);
        start(5, exec_later);
        for (;;)
            sys_sleep(1000000000);
    }
    EQUAL(wait_for(pid), 2 << 8);
}

static void the_last_thread_ends_the_process(void)
{
    long pid = sys_fork();
    if (pid == 0) {
        start(0, count_locked);
        sys_thread_exit(3);
    }
    EQUAL(wait_for(pid), 0);
    EQUAL(sys_thread_join((int)sys_gettid(), NULL), -EDEADLK);
    EQUAL(sys_thread_join(1, NULL), -ESRCH);
}

static void sleep_takes_its_time(void)
{
    long before = sys_clock(CLOCK_MONOTONIC);
    EQUAL(sys_sleep(3000000), 0);
    long took = sys_clock(CLOCK_MONOTONIC) - before;
    CHECK(took >= 3000000);
    CHECK(sys_clock(CLOCK_REALTIME) > 1500000000000000000);
    EQUAL(sys_clock(7), -EINVAL);
}

static void affinity_is_obeyed(void)
{
    uint64_t mask;
    unsigned all = harts();
    EQUAL(sys_affinity_get(0, &mask), 0);
    EQUAL(mask, ~0ul >> (64 - all));
    EQUAL(sys_affinity_set(0, 1ull << 63 << 1), -EINVAL);
    for (unsigned hart = 0; hart < all && hart < 8; hart++) {
        EQUAL(sys_affinity_set(0, 1ull << hart), 0);
        for (unsigned i = 0; i < 20; i++) {
            EQUAL(sys_hart(), hart);
            sys_yield();
        }
        sys_sleep(100000);
        EQUAL(sys_hart(), hart);
    }
}

static void registers_are_kept(void *argument)
{
    for (unsigned i = 0; i < 4; i++)
        EQUAL(keeps_registers(50000), 0);
    quit((long)argument);
}

static void preempted_threads_keep_their_registers(void)
{
    run_all(registers_are_kept);
}

static double sum(double from, unsigned terms)
{
    volatile double all = from;
    for (unsigned i = 1; i <= terms; i++) {
        all = all + 1.0 / i;
        if (i % 64 == 0)
            sys_yield();
    }
    return all;
}

static volatile double sums[THREADS];

static void add_up(void *argument)
{
    sums[(long)argument] = sum((double)(long)argument, 500);
    quit((long)argument);
}

static void threads_have_their_own_fp_registers(void)
{
    double base = sum(0, 500);
    run_all(add_up);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK(sums[i] - base > i - 0.001 && sums[i] - base < i + 0.001);
    long pid = sys_fork();
    if (pid == 0)
        sys_exit(sum(0, 500) == base ? 0 : 1);
    EQUAL(wait_for(pid), 0);
}

static void count_here(void *argument)
{
    (void)argument;
    for (;;)
        plain++;
}

static void hogs_do_not_keep_others_off(void)
{
    unsigned all = harts() < 7 ? harts() : 7;
    for (unsigned i = 0; i < all; i++)
        start(i, count_here);
    for (unsigned i = 0; i < 5; i++)
        EQUAL(sys_sleep(1000000), 0);
    sys_exit(0);
}

const struct test thread_tests[] = {
    {"a-futex-makes-a-mutex", a_futex_makes_a_mutex},
    {"a-semaphore-makes-a-mutex", a_semaphore_makes_a_mutex},
    {"processes-share-semaphores", processes_share_semaphores},
    {"futex-says-why", futex_says_why},
    {"threads-share-a-heap-while-it-is-copied", threads_share_a_heap_while_it_is_copied},
    {"pages-taken-away-are-gone-everywhere", pages_taken_away_are_gone_everywhere},
    {"exit-ends-all-threads", exit_ends_all_threads},
    {"exec-ends-all-other-threads", exec_ends_all_other_threads},
    {"the-last-thread-ends-the-process", the_last_thread_ends_the_process},
    {"sleep-takes-its-time", sleep_takes_its_time},
    {"affinity-is-obeyed", affinity_is_obeyed},
    {"preempted-threads-keep-their-registers", preempted_threads_keep_their_registers},
    {"threads-have-their-own-fp-registers", threads_have_their_own_fp_registers},
    {"hogs-do-not-keep-others-off", hogs_do_not_keep_others_off},
    {0},
};
