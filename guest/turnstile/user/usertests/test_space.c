/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Address spaces on several harts: pages shared until written, and translations that other harts must forget.
 */
#include <setjmp.h>
#include <stdatomic.h>

#include "test.h"
#include "thread.h"

#define PAGE 4096
enum { PAGES = 16 };

static char *page_aligned(uint64_t bytes)
{
    uint64_t at = (uint64_t)sys_sbrk(0);
    sys_sbrk((int64_t)((PAGE - at % PAGE) % PAGE));
    return (char *)(uintptr_t)sys_sbrk((int64_t)bytes);
}

/* ---- pages shared until written ---- */

static char *shared;

static void write_and_compare(unsigned number)
{
    for (unsigned round = 0; round < 4; round++) {
        for (int page = 0; page < PAGES; page++) {
            CHECK(shared[page * PAGE + 5] == (char)(round ? 100 + number + round - 1 : (unsigned)page));
            memset(shared + page * PAGE, (int)(100 + number + round), PAGE);
        }
        for (int page = 0; page < PAGES; page++)
            CHECK(shared[page * PAGE + PAGE - 1] == (char)(100 + number + round));
    }
}

static void children_on_all_harts_write_to_their_own_copies(void)
{
    shared = page_aligned(PAGES * PAGE);
    for (unsigned round = 0; round < 3 * test_scale; round++) {
        for (int page = 0; page < PAGES; page++)
            memset(shared + page * PAGE, page, PAGE);
        test_on_harts(test_harts() < 4 ? 4 : test_harts(), write_and_compare);
        for (int page = 0; page < PAGES; page++)
            CHECK(shared[page * PAGE] == (char)page && shared[page * PAGE + PAGE - 1] == (char)page);
    }
}

static void the_kernel_writes_into_copies_too(void)
{
    int ends[2];
    shared = page_aligned(PAGE);
    memset(shared, 'p', PAGE);
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        IS(sys_read(ends[0], shared + 100, 4), 4);
        CHECK(memcmp(shared + 98, "ppdatapp", 8) == 0);
        _Exit(0);
    }
    IS(sys_write(ends[1], "data", 4), 4);
    test_wait_good(pid);
    CHECK(memcmp(shared + 98, "pppppppp", 8) == 0);
}

static _Atomic bool is_over;

/* Two words that follow each other: word 1 is never ahead of word 0, nor behind it by more than one. */
static int64_t keep_counting(void *argument)
{
    volatile uint64_t *words = argument;
    if (test_harts() > 1)
        test_go_to_hart(1);
    for (uint64_t i = words[0] + 1; !atomic_load_explicit(&is_over, memory_order_relaxed); i++) {
        words[0] = i;
        atomic_signal_fence(memory_order_seq_cst); /* the compiler keeps the order; a hart sees its own stores in order */
        words[1] = i;
    }
    return 0;
}

/* A thread writes on another hart while this one forks: what the child has stands still from the fork on. */
static void fork_takes_a_picture_that_stands_still(void)
{
    struct thread *thread;
    volatile uint64_t *words = (volatile uint64_t *)page_aligned(PAGE);
    words[0] = words[1] = 0;
    test_go_to_hart(0);
    IS(thread_create(&thread, keep_counting, (void *)(uintptr_t)words), 0);
    for (unsigned round = 0; round < 20 * test_scale; round++) {
        int pid = test_fork();
        if (pid == 0) {
            uint64_t first = words[0], second = words[1];
            for (int i = 0; i < 3000; i++) {
                CHECK(words[0] == first);
                CHECK(words[1] == second);
            }
            CHECK(first - second <= 1);
            _Exit(0);
        }
        test_wait_good(pid);
    }
    atomic_store_explicit(&is_over, true, memory_order_relaxed);
    IS(thread_join(thread, NULL), 0);
}

/* ---- translations that must be forgotten ---- */

static _Atomic uint32_t round_begun, round_unmapped, round_read;
static volatile uint64_t *target;
static _Atomic bool has_seen_stale, has_seen_foreign;
static jmp_buf after_fault;
static volatile bool is_reading;

static void skip_fault(int signal, struct signal_frame *frame)
{
    if (!is_reading)
        _Exit(2);
    uint64_t set = 1ull << SIGSEGV;
    sys_sigmask(SIGNAL_UNBLOCK, &set, NULL);
    longjmp(after_fault, 1);
}

/* Reads the page until it faults. Once the other hart has said that the page is gone no read may succeed. */
static int64_t read_until_gone(void *argument)
{
    uint32_t rounds = *(uint32_t *)argument;
    if (test_harts() > 1)
        test_go_to_hart(1);
    for (volatile uint32_t round = 1; round <= rounds; round++) {
        while (atomic_load_explicit(&round_begun, memory_order_acquire) != round)
            if (test_harts() == 1)
                sys_yield();
        is_reading = true;
        if (setjmp(after_fault) == 0)
            for (;;) {
                bool is_gone = atomic_load_explicit(&round_unmapped, memory_order_acquire) == round;
                uint64_t value = *target;
                if (value != 0x1111111111111111 && value != 0)
                    atomic_store_explicit(&has_seen_foreign, true, memory_order_relaxed);
                if (is_gone) {
                    atomic_store_explicit(&has_seen_stale, true, memory_order_relaxed);
                    break;
                }
                if (test_harts() == 1)
                    sys_yield();
            }
        is_reading = false;
        atomic_store_explicit(&round_read, round, memory_order_release);
    }
    return 0;
}

static void a_page_given_up_is_gone_on_every_hart(void)
{
    struct thread *thread;
    uint32_t rounds = 25 * test_scale;
    shared = page_aligned(0);
    test_go_to_hart(0);
    IS(signal_set(SIGSEGV, skip_fault, 0, 0), 0);
    test_harts();
    IS(thread_create(&thread, read_until_gone, &rounds), 0);
    for (uint32_t round = 1; round <= rounds; round++) {
        target = (volatile uint64_t *)page_aligned(PAGE);
        *target = 0x1111111111111111;
        atomic_store_explicit(&round_begun, round, memory_order_release);
        for (unsigned i = 0; i < round % 8; i++)
            sys_yield();
        IS(sys_sbrk(-PAGE), (uintptr_t)target + PAGE);
        atomic_store_explicit(&round_unmapped, round, memory_order_release);
        /* The page finds other uses at once. */
        int pid = test_fork();
        if (pid == 0) {
            char *pages = (char *)(uintptr_t)sys_sbrk(8 * PAGE);
            memset(pages, 0xee, 8 * PAGE);
            _Exit(0);
        }
        test_wait_good(pid);
        while (atomic_load_explicit(&round_read, memory_order_acquire) != round)
            sys_yield();
    }
    IS(thread_join(thread, NULL), 0);
    CHECK(!atomic_load_explicit(&has_seen_stale, memory_order_relaxed));
    CHECK(!atomic_load_explicit(&has_seen_foreign, memory_order_relaxed));
}

static int64_t read_into_page(void *argument)
{
    int zero = (int)sys_open("/dev/zero", OPEN_READ);
    char *page = argument;
    unsigned good = 0, bad = 0;
    while (!atomic_load_explicit(&is_over, memory_order_relaxed)) {
        int64_t count = sys_read(zero, page, PAGE);
        if (count != PAGE && count != -EFAULT)
            return count ? count : -1;
        *(count < 0 ? &bad : &good) += 1;
    }
    sys_close(zero);
    return 0;
}

/* The kernel writes into a page that another hart gives up and takes again. */
static void the_kernel_faults_cleanly_on_a_page_that_goes(void)
{
    struct thread *thread;
    int64_t value;
    free(malloc(200000)); /* the thread's stack comes from here, so that the page is at the heap's end */
    char *page = page_aligned(PAGE);
    IS(thread_create(&thread, read_into_page, page), 0);
    for (unsigned i = 0; i < 60 * test_scale; i++) {
        IS(sys_sbrk(-PAGE), (uintptr_t)page + PAGE);
        sys_yield();
        IS(sys_sbrk(PAGE), (uintptr_t)page);
        CHECK(page[10] == 0);
    }
    atomic_store_explicit(&is_over, true, memory_order_relaxed);
    IS(thread_join(thread, &value), 0);
    IS(value, 0);
}

/* ---- many spaces at once ---- */

static void grow_and_shrink(unsigned number)
{
    uint64_t seed = test_seed * 64 + number;
    for (unsigned round = 0; round < 12 * test_scale; round++) {
        uint64_t pages = 1 + random_next(&seed) % 40;
        uint64_t *memory = (uint64_t *)page_aligned(pages * PAGE), mark = (uint64_t)number << 32 | round;
        for (uint64_t i = 0; i < pages; i++) {
            CHECK(memory[i * PAGE / 8 + 7] == 0);
            memory[i * PAGE / 8 + 7] = mark + i;
        }
        sys_yield();
        for (uint64_t i = 0; i < pages; i++)
            CHECK(memory[i * PAGE / 8 + 7] == mark + i);
        sys_sbrk(-(int64_t)(pages * PAGE));
    }
}

static void no_page_has_two_owners(void)
{
    test_on_harts(2 * test_harts(), grow_and_shrink);
}

static const struct test tests[] = {
    TEST(children_on_all_harts_write_to_their_own_copies),
    TEST(the_kernel_writes_into_copies_too),
    TEST(fork_takes_a_picture_that_stands_still),
    TEST(a_page_given_up_is_gone_on_every_hart),
    TEST(the_kernel_faults_cleanly_on_a_page_that_goes),
    TEST(no_page_has_two_owners),
    {NULL, NULL},
};

const struct test_group test_space_group = {"space", tests};
