/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads, futexes, and the locks of libc that are made of them; affinity.
 */
#include <stdatomic.h>

#include "errno.h"
#include "lock.h"
#include "test.h"
#include "thread.h"

enum { THREADS = 6 };

static int64_t add_one(void *argument)
{
    return *(int64_t *)argument + 1;
}

static void a_threads_value_reaches_join(void)
{
    struct thread *threads[THREADS];
    int64_t values[THREADS], value;
    for (int i = 0; i < THREADS; i++) {
        values[i] = i * 1000000007ll;
        IS(thread_create(&threads[i], add_one, &values[i]), 0);
    }
    for (int i = THREADS - 1; i >= 0; i--) {
        IS(thread_join(threads[i], &value), 0);
        IS(value, values[i] + 1);
    }
}

static void joins_that_make_no_sense_are_refused(void)
{
    int64_t value = 1;
    struct thread *thread;
    IS(sys_thread_join((int)sys_gettid(), &value), -EDEADLK);
    IS(sys_thread_join(30001, &value), -ESRCH);
    IS(sys_thread_join(1, &value), -ESRCH); /* another process's */
    IS(thread_create(&thread, add_one, &value), 0);
    int number = thread->number;
    IS(thread_join(thread, NULL), 0);
    IS(sys_thread_join(number, &value), -ESRCH);
}

static int64_t end_process(void *argument)
{
    sys_exit(33);
    return 0;
}

static void exit_ends_all_threads(void)
{
    int pid = test_fork();
    if (pid == 0) {
        struct thread *thread;
        uint32_t word = 0;
        IS(thread_create(&thread, end_process, NULL), 0);
        sys_futex_wait(&word, 0, FUTEX_FOR_EVER);
        _Exit(1);
    }
    IS(process_wait(pid), 33 << 8);
}

static int64_t run_program(void *argument)
{
    sys_exec("/bin/true", (char *[]){"true", NULL}, (char *[]){NULL});
    return 0;
}

static void exec_ends_the_other_threads(void)
{
    for (int i = 0; i < 5; i++) {
        int pid = test_fork();
        if (pid == 0) {
            struct thread *thread;
            uint32_t word = 0;
            IS(thread_create(&thread, run_program, NULL), 0);
            while (i % 2)
                continue;
            sys_futex_wait(&word, 0, FUTEX_FOR_EVER);
            _Exit(1);
        }
        test_wait_good(pid);
    }
}

static int64_t fork_once(void *argument)
{
    int pid = process_fork();
    if (pid == 0)
        _Exit((int)sys_gettid() == (int)sys_getpid() ? 0 : 1);
    return process_wait(pid);
}

static void fork_in_a_thread_copies_that_thread(void)
{
    struct thread *thread;
    int64_t value;
    for (int i = 0; i < 5; i++) {
        IS(thread_create(&thread, fork_once, NULL), 0);
        IS(thread_join(thread, &value), 0);
        IS(value, 0);
    }
}

static int64_t exit_thread_last(void *argument)
{
    test_sleep_ms(3);
    return 0;
}

static void the_last_threads_end_is_the_processs(void)
{
    int pid = test_fork();
    if (pid == 0) {
        struct thread *thread;
        IS(thread_create(&thread, exit_thread_last, NULL), 0);
        thread_exit(0);
    }
    IS(process_wait(pid), 0);
}

static int64_t set_errno(void *argument)
{
    errno = (int)*(int64_t *)argument;
    test_sleep_ms(2);
    return errno;
}

static void each_thread_has_its_own_errno(void)
{
    struct thread *threads[2];
    int64_t values[2] = {5, 6}, value;
    errno = 7;
    for (int i = 0; i < 2; i++)
        IS(thread_create(&threads[i], set_errno, &values[i]), 0);
    for (int i = 0; i < 2; i++) {
        IS(thread_join(threads[i], &value), 0);
        IS(value, values[i]);
    }
    IS(errno, 7);
}

static void begin_at_wild_place(void)
{
    static char stack[4096];
    int64_t value;
    int64_t thread = sys_thread_create((void (*)(void *))(uintptr_t)0x3000000000, NULL, stack + sizeof stack, NULL);
    sys_thread_join((int)thread, &value);
    test_sleep_ms(1000);
}

static void begin_without_stack(void)
{
    int64_t value;
    int64_t thread = sys_thread_create((void (*)(void *))(uintptr_t)begin_at_wild_place, NULL, (void *)(uintptr_t)16, NULL);
    sys_thread_join((int)thread, &value);
    test_sleep_ms(1000);
}

static void a_thread_at_a_wild_place_ends_its_process(void)
{
    test_dies_of(begin_at_wild_place, SIGSEGV);
    test_dies_of(begin_without_stack, SIGSEGV);
}

static int64_t wait_for_word(void *argument)
{
    _Atomic uint32_t *word = argument;
    while (atomic_load_explicit(word, memory_order_acquire) == 0)
        sys_futex_wait((uint32_t *)word, 0, FUTEX_FOR_EVER);
    return 0;
}

/* As many threads as there can be; then they end, and there can be as many again. */
static void running_out_of_threads_is_an_error(void)
{
    static struct thread *threads[600];
    static _Atomic uint32_t word;
    unsigned counts[2];
    for (int round = 0; round < 2; round++) {
        unsigned count = 0;
        int error = 0;
        atomic_store_explicit(&word, 0, memory_order_relaxed);
        while (count < 300 && (error = thread_create(&threads[count], wait_for_word, (void *)(uintptr_t)&word)) == 0)
            count++;
        CHECK(count == 300 || error == -EAGAIN || error == -ENOMEM);
        atomic_store_explicit(&word, 1, memory_order_release);
        sys_futex_wake((uint32_t *)&word, UINT32_MAX);
        for (unsigned i = 0; i < count; i++)
            IS(thread_join(threads[i], NULL), 0);
        counts[round] = count;
    }
    CHECK(counts[1] + 8 >= counts[0]);
}

/* ---- futexes ---- */

static void a_futex_waits_only_for_the_value_it_was_told(void)
{
    uint32_t words[2] = {3, 0};
    IS(sys_futex_wait(words, 4, FUTEX_FOR_EVER), -EAGAIN);
    int64_t before = sys_clock(CLOCK_MONOTONIC);
    IS(sys_futex_wait(words, 3, 2000000), -ETIMEDOUT);
    CHECK(sys_clock(CLOCK_MONOTONIC) - before >= 2000000);
    IS(sys_futex_wait(words, 3, 0), -ETIMEDOUT);
    IS(sys_futex_wait((uint32_t *)(void *)((char *)words + 2), 0, 0), -EINVAL);
    IS(sys_futex_wait((uint32_t *)(uintptr_t)0x3000000000, 0, 0), -EFAULT);
    IS(sys_futex_wake(words, 1), 0);
}

static _Atomic uint32_t futex_word, asleep, woken;

static int64_t sleep_once(void *argument)
{
    atomic_fetch_add_explicit(&asleep, 1, memory_order_relaxed);
    int64_t result;
    do
        result = sys_futex_wait((uint32_t *)&futex_word, 0, FUTEX_FOR_EVER);
    while (result == -EINTR);
    atomic_fetch_add_explicit(&woken, 1, memory_order_relaxed);
    return result;
}

static void a_futex_wakes_as_many_as_it_was_told(void)
{
    struct thread *threads[THREADS];
    int64_t value, woke = 0;
    for (int i = 0; i < THREADS; i++)
        IS(thread_create(&threads[i], sleep_once, NULL), 0);
    while (atomic_load_explicit(&asleep, memory_order_relaxed) < THREADS)
        test_sleep_ms(1);
    test_sleep_ms(10);
    woke = sys_futex_wake((uint32_t *)&futex_word, 2);
    IS(woke, 2);
    test_sleep_ms(10);
    IS(atomic_load_explicit(&woken, memory_order_relaxed), 2);
    IS(sys_futex_wake((uint32_t *)&futex_word, UINT32_MAX), THREADS - 2);
    for (int i = 0; i < THREADS; i++) {
        IS(thread_join(threads[i], &value), 0);
        IS(value, 0);
    }
}

/* ---- locks ---- */

static struct mutex mutex;
static struct spin spin;
static uint64_t counter;
static unsigned rounds;

static int64_t count_with_mutex(void *argument)
{
    for (unsigned i = 0; i < rounds; i++) {
        mutex_acquire(&mutex);
        uint64_t seen = counter;
        if (i % 16 == 0)
            sys_yield();
        counter = seen + 1;
        mutex_release(&mutex);
    }
    return 0;
}

static int64_t count_with_spin(void *argument)
{
    for (unsigned i = 0; i < rounds; i++) {
        spin_acquire(&spin);
        counter++;
        spin_release(&spin);
    }
    return 0;
}

static void run_threads(int64_t (*function)(void *), unsigned count)
{
    struct thread *threads[THREADS];
    for (unsigned i = 0; i < count; i++)
        IS(thread_create(&threads[i], function, (void *)(uintptr_t)i), 0);
    for (unsigned i = 0; i < count; i++)
        IS(thread_join(threads[i], NULL), 0);
}

static void mutexes_lose_no_update(void)
{
    static const enum mutex_way ways[] = {MUTEX_SLEEP, MUTEX_SPIN_SLEEP};
    rounds = 100 * test_scale;
    for (int i = 0; i < 2; i++) {
        mutex_init(&mutex, ways[i]);
        counter = 0;
        run_threads(count_with_mutex, THREADS);
        IS(counter, THREADS * rounds);
        CHECK(mutex_try_acquire(&mutex));
        CHECK(!mutex_try_acquire(&mutex));
        mutex_release(&mutex);
    }
}

static void spinning_locks_lose_no_update(void)
{
    rounds = 300 * test_scale;
    counter = 0;
    run_threads(count_with_spin, 3);
    IS(counter, 3 * rounds);
    mutex_init(&mutex, MUTEX_SPIN);
    rounds = 50 * test_scale;
    counter = 0;
    run_threads(count_with_mutex, 2);
    IS(counter, 2 * rounds);
}

static struct condition not_full, not_empty;
static int queue[4];
static unsigned put_count, taken_count;

static int64_t produce(void *argument)
{
    for (unsigned i = 0; i < rounds; i++) {
        mutex_acquire(&mutex);
        while (put_count - taken_count == 4)
            condition_wait(&not_full, &mutex);
        queue[put_count++ % 4] = (int)i;
        condition_signal(&not_empty);
        mutex_release(&mutex);
    }
    return 0;
}

static int64_t consume(void *argument)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < rounds; i++) {
        mutex_acquire(&mutex);
        while (put_count == taken_count)
            condition_wait(&not_empty, &mutex);
        sum += queue[taken_count++ % 4];
        condition_signal(&not_full);
        mutex_release(&mutex);
    }
    return sum;
}

static void conditions_pass_everything_on(void)
{
    struct thread *threads[4];
    int64_t value, sum = 0;
    rounds = 100 * test_scale;
    for (int i = 0; i < 4; i++)
        IS(thread_create(&threads[i], i % 2 ? consume : produce, NULL), 0);
    for (int i = 0; i < 4; i++) {
        IS(thread_join(threads[i], &value), 0);
        sum += value;
    }
    IS(sum, (int64_t)rounds * (rounds - 1));
}

static void a_condition_can_wait_for_a_time(void)
{
    mutex_acquire(&mutex);
    int64_t before = sys_clock(CLOCK_MONOTONIC);
    CHECK(!condition_wait_for(&not_empty, &mutex, 3000000));
    CHECK(sys_clock(CLOCK_MONOTONIC) - before >= 3000000);
    CHECK(!mutex_try_acquire(&mutex));
    mutex_release(&mutex);
}

static struct semaphore items, room;

static int64_t post_items(void *argument)
{
    for (unsigned i = 0; i < rounds; i++) {
        semaphore_wait(&room);
        semaphore_post(&items);
    }
    return 0;
}

static int64_t take_items(void *argument)
{
    for (unsigned i = 0; i < rounds; i++) {
        semaphore_wait(&items);
        semaphore_post(&room);
    }
    return 0;
}

static int64_t pass_items(void *argument)
{
    return (uintptr_t)argument % 2 ? post_items(NULL) : take_items(NULL);
}

static void semaphores_of_libc_count(void)
{
    rounds = 100 * test_scale;
    semaphore_init(&items, 0);
    semaphore_init(&room, 2);
    run_threads(pass_items, 4);
    CHECK(!semaphore_try_wait(&items));
    CHECK(semaphore_try_wait(&room) && semaphore_try_wait(&room) && !semaphore_try_wait(&room));
}

static struct barrier barrier;
static _Atomic uint32_t at_round[THREADS];

static int64_t meet(void *argument)
{
    unsigned own = (unsigned)(uintptr_t)argument;
    for (uint32_t round = 1; round <= rounds; round++) {
        atomic_store_explicit(&at_round[own], round, memory_order_relaxed);
        barrier_wait(&barrier);
        for (int i = 0; i < 4; i++)
            CHECK(atomic_load_explicit(&at_round[i], memory_order_relaxed) >= round);
        barrier_wait(&barrier);
    }
    return 0;
}

static void nobody_passes_a_barrier_alone(void)
{
    rounds = 20 * test_scale;
    barrier_init(&barrier, 4);
    run_threads(meet, 4);
}

/* ---- harts ---- */

static void affinity_chooses_the_hart(void)
{
    uint64_t mask = 0;
    IS(sys_affinity_get(0, &mask), 0);
    for (unsigned hart = 0; hart < test_harts(); hart++) {
        CHECK(mask >> hart & 1);
        IS(sys_affinity_set(0, 1ull << hart), 0);
        for (int i = 0; i < 20; i++) {
            IS(sys_hart(), hart);
            sys_yield();
        }
    }
    uint64_t now;
    IS(sys_affinity_set(0, UINT64_MAX), 0);
    IS(sys_affinity_get(0, &now), 0);
    IS(sys_affinity_set(0, 0), -EINVAL);
    if (test_harts() < 64)
        IS(sys_affinity_set(0, 1ull << 63), -EINVAL);
    IS(sys_affinity_set(30001, 1), -ESRCH);
    IS(sys_affinity_get(30001, &now), -ESRCH);
}

static int64_t stay_on_hart(void *argument)
{
    unsigned hart = (unsigned)(uintptr_t)argument % test_harts();
    test_go_to_hart(hart);
    double sum = hart;
    for (int i = 0; i < 50; i++) {
        for (int n = 0; n < 20; n++)
            sum = sum * 1.0 + 1.0;
        if (sys_hart() != hart)
            return -1;
        sys_yield();
    }
    return sum == hart + 1000.0 ? 0 : -2;
}

static void threads_keep_their_hart_and_their_numbers(void)
{
    struct thread *threads[THREADS];
    int64_t value;
    test_harts();
    for (unsigned i = 0; i < THREADS; i++)
        IS(thread_create(&threads[i], stay_on_hart, (void *)(uintptr_t)i), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        IS(thread_join(threads[i], &value), 0);
        IS(value, 0);
    }
}

static _Atomic bool is_turn;

static int64_t take_turn(void *argument)
{
    atomic_store_explicit(&is_turn, true, memory_order_relaxed);
    return 0;
}

static void a_thread_that_never_waits_does_not_keep_its_hart(void)
{
    struct thread *thread;
    test_go_to_hart(0);
    IS(thread_create(&thread, take_turn, NULL), 0); /* on hart 0, too */
    while (!atomic_load_explicit(&is_turn, memory_order_relaxed))
        continue;
    IS(thread_join(thread, NULL), 0);
}

static int64_t allocate_and_free(void *argument)
{
    uint64_t seed = (uintptr_t)argument + test_seed;
    char *blocks[20] = {NULL};
    for (unsigned i = 0; i < 200 * test_scale; i++) {
        unsigned at = random_next(&seed) % 20, bytes = 1 + random_next(&seed) % 2000;
        free(blocks[at]);
        blocks[at] = malloc(bytes);
        memset(blocks[at], (int)at, bytes);
    }
    for (int i = 0; i < 20; i++) {
        if (blocks[i] && blocks[i][0] != i)
            return -1;
        free(blocks[i]);
    }
    return 0;
}

static void all_threads_may_allocate(void)
{
    run_threads(allocate_and_free, 4);
}

static const struct test tests[] = {
    TEST(a_threads_value_reaches_join),
    TEST(joins_that_make_no_sense_are_refused),
    TEST(exit_ends_all_threads),
    TEST(exec_ends_the_other_threads),
    TEST(fork_in_a_thread_copies_that_thread),
    TEST(the_last_threads_end_is_the_processs),
    TEST(each_thread_has_its_own_errno),
    TEST(a_thread_at_a_wild_place_ends_its_process),
    TEST(running_out_of_threads_is_an_error),
    TEST(a_futex_waits_only_for_the_value_it_was_told),
    TEST(a_futex_wakes_as_many_as_it_was_told),
    TEST(mutexes_lose_no_update),
    TEST(spinning_locks_lose_no_update),
    TEST(conditions_pass_everything_on),
    TEST(a_condition_can_wait_for_a_time),
    TEST(semaphores_of_libc_count),
    TEST(nobody_passes_a_barrier_alone),
    TEST(affinity_chooses_the_hart),
    TEST(threads_keep_their_hart_and_their_numbers),
    TEST(a_thread_that_never_waits_does_not_keep_its_hart),
    TEST(all_threads_may_allocate),
    {NULL, NULL},
};

const struct test_group test_thread_group = {"thread", tests};
