/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of the kernel that all harts change at once. Where sections only disable interrupts (structure=uni), two harts are in them
 * together, and updates get lost: that is what these tests must see. On one hart they pass with any structure.
 */
#include <stdatomic.h>

#include "test.h"

enum { TICK_MS = 5 };

static int semaphore, ends[2];
static unsigned rounds;

static unsigned harts_at_once(void)
{
    return test_harts() < 2 ? 2 : test_harts() > 8 ? 8 : test_harts();
}

static void post_often(unsigned number)
{
    for (unsigned i = 0; i < rounds; i++)
        IS(sys_semaphore_post(semaphore), 0);
}

static void wake(int signal, struct signal_frame *frame) {}

/* Takes one until nobody has one; the parent ends a wait that lasts. */
static void count_what_is_there(void)
{
    uint64_t count = 0;
    signal_set(SIGUSR1, wake, 0, 0);
    while (sys_semaphore_wait(semaphore) == 0)
        count++;
    IS(write_all(ends[1], &count, sizeof count), 0);
}

/* How many a semaphore holds. */
static uint64_t drain(void)
{
    uint64_t count;
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        count_what_is_there();
        _Exit(0);
    }
    for (;;) {
        /* The child is through when it sleeps; a signal while it still takes does no harm but to end the count, so be patient. */
        test_sleep_ms(TICK_MS);
        char *processes = file_read_or_die("/proc/processes");
        bool is_asleep = false;
        char state[4];
        for (const char *line = next_line(processes); line; line = next_line(line))
            if ((int)table_number(line, 0) == pid && table_word(line, 3, state, sizeof state))
                is_asleep = state[0] == 'S';
        free(processes);
        if (is_asleep)
            break;
    }
    IS(sys_kill(pid, SIGUSR1), 0);
    IS(sys_read(ends[0], &count, sizeof count), sizeof count);
    process_wait(pid);
    sys_close(ends[0]);
    sys_close(ends[1]);
    return count;
}

static void no_update_of_a_semaphore_is_lost(void)
{
    semaphore = (int)sys_semaphore_create(0);
    rounds = 1500 * test_scale;
    test_on_harts(harts_at_once(), post_often);
    IS(drain(), (uint64_t)harts_at_once() * rounds);
}

static void take_and_give(unsigned number)
{
    for (unsigned i = 0; i < rounds; i++) {
        IS(sys_semaphore_wait(semaphore), 0);
        IS(sys_semaphore_post(semaphore), 0);
    }
}

static void what_is_taken_and_given_back_stays_as_many(void)
{
    semaphore = (int)sys_semaphore_create(harts_at_once());
    rounds = 500 * test_scale;
    test_on_harts(harts_at_once(), take_and_give);
    IS(drain(), harts_at_once());
}

static void write_bytes(unsigned number)
{
    for (unsigned i = 0; i < rounds; i++)
        IS(sys_write(ends[1], &(char){(char)number}, 1), 1);
}

static void no_byte_of_a_pipe_is_lost_or_doubled(void)
{
    unsigned writers = harts_at_once(), counts[64] = {0};
    rounds = 400 * test_scale;
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        sys_close(ends[0]);
        test_on_harts(writers, write_bytes);
        _Exit(0);
    }
    sys_close(ends[1]);
    static uint8_t bytes[512];
    for (int64_t count; (count = sys_read(ends[0], bytes, sizeof bytes)) != 0;) {
        CHECK(count > 0);
        for (int64_t i = 0; i < count; i++) {
            CHECK(bytes[i] < writers);
            counts[bytes[i]]++;
        }
    }
    test_wait_good(pid);
    for (unsigned i = 0; i < writers; i++)
        IS(counts[i], rounds);
}

static void fork_and_wait(unsigned number)
{
    for (unsigned i = 0; i < rounds; i++) {
        int pid = test_fork(), status;
        if (pid == 0)
            _Exit((int)number);
        IS(sys_wait(-1, &status, 0), pid);
        IS(status, number << 8);
    }
}

static void processes_begin_and_end_on_all_harts(void)
{
    rounds = 15 * test_scale;
    test_on_harts(harts_at_once(), fork_and_wait);
}

/* Pages go from hart to hart: each marks what it gets, and finds its marks. */
static void mark_pages(unsigned number)
{
    enum { PAGES = 24, WORDS = 512 };
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t *memory = (uint64_t *)(uintptr_t)sys_sbrk(PAGES * 4096), mark = (uint64_t)(number + 1) << 32 | round;
        CHECK((int64_t)memory > 0);
        for (int i = 0; i < PAGES * WORDS; i += WORDS / 4) {
            CHECK(memory[i] == 0);
            memory[i] = mark + (uint64_t)i;
        }
        for (int i = 0; i < PAGES * WORDS; i += WORDS / 4)
            CHECK(memory[i] == mark + (uint64_t)i);
        sys_sbrk(-PAGES * 4096);
    }
}

static void pages_have_one_owner_at_a_time(void)
{
    rounds = 30 * test_scale;
    test_on_harts(harts_at_once(), mark_pages);
}

static void open_and_close(unsigned number)
{
    for (unsigned i = 0; i < rounds; i++) {
        int pair[2], null = (int)sys_open("/dev/null", OPEN_READ), again = (int)sys_dup(null);
        CHECK(null >= 0 && again == null + 1);
        IS(sys_pipe(pair), 0);
        IS(sys_write(pair[1], &number, sizeof number), sizeof number);
        unsigned seen = 99;
        IS(sys_read(pair[0], &seen, sizeof seen), sizeof seen);
        IS(seen, number);
        for (int n = null; n <= pair[1]; n++)
            IS(sys_close(n), 0);
    }
}

static void open_files_come_and_go_on_all_harts(void)
{
    rounds = 60 * test_scale;
    test_on_harts(harts_at_once(), open_and_close);
}

static void read_same_file(unsigned number)
{
    static char bytes[4096];
    for (unsigned i = 0; i < rounds; i++) {
        int file = (int)sys_open("f", OPEN_READ);
        CHECK(file >= 0);
        IS(sys_read(file, bytes, sizeof bytes), sizeof bytes);
        for (unsigned n = 0; n < sizeof bytes; n += 64)
            CHECK(bytes[n] == 'q');
        IS(sys_close(file), 0);
    }
}

static void all_harts_read_one_file(void)
{
    static char bytes[4096];
    memset(bytes, 'q', sizeof bytes);
    test_write_file("f", bytes, sizeof bytes);
    rounds = 40 * test_scale;
    test_on_harts(harts_at_once(), read_same_file);
    IS(sys_unlink("f"), 0);
}

static void kill_each_other(unsigned number)
{
    for (unsigned i = 0; i < rounds; i++) {
        int pid = test_fork();
        if (pid == 0)
            for (;;)
                sys_yield();
        IS(sys_kill(pid, SIGKILL), 0);
        IS(process_wait(pid), SIGKILL);
    }
}

static void processes_are_killed_from_other_harts(void)
{
    rounds = 10 * test_scale;
    test_on_harts(harts_at_once(), kill_each_other);
}

static int answer;

static void play(unsigned number)
{
    int own = number % 2 ? answer : semaphore, other = number % 2 ? semaphore : answer;
    for (unsigned i = 0; i < rounds; i++) {
        IS(sys_semaphore_wait(own), 0);
        IS(sys_semaphore_post(other), 0);
    }
}

/* A wake that gets lost would let this wait for ever. */
static void no_wake_is_lost_between_harts(void)
{
    semaphore = (int)sys_semaphore_create(2);
    answer = (int)sys_semaphore_create(0);
    rounds = 150 * test_scale;
    test_on_harts(4, play);
    IS(sys_semaphore_wait(semaphore), 0);
    IS(sys_semaphore_wait(semaphore), 0);
}

static const struct test tests[] = {
    TEST(no_update_of_a_semaphore_is_lost),
    TEST(what_is_taken_and_given_back_stays_as_many),
    TEST(no_byte_of_a_pipe_is_lost_or_doubled),
    TEST(processes_begin_and_end_on_all_harts),
    TEST(pages_have_one_owner_at_a_time),
    TEST(open_files_come_and_go_on_all_harts),
    TEST(all_harts_read_one_file),
    TEST(processes_are_killed_from_other_harts),
    TEST(no_wake_is_lost_between_harts),
    {NULL, NULL},
};

const struct test_group test_table_group = {"table", tests};
