/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pipes.
 */
#include "test.h"

static int ends[2];

static void what_goes_in_comes_out_in_order(void)
{
    enum { TOTAL = 150000 };
    static uint8_t bytes[4096];
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        uint64_t seed = test_seed;
        sys_close(ends[0]);
        for (unsigned done = 0; done < TOTAL;) {
            unsigned count = 1 + random_next(&seed) % sizeof bytes;
            count = count < TOTAL - done ? count : TOTAL - done;
            for (unsigned i = 0; i < count; i++)
                bytes[i] = (uint8_t)((done + i) * 7 >> 3);
            IS(write_all(ends[1], bytes, count), 0);
            done += count;
        }
        _Exit(0);
    }
    sys_close(ends[1]);
    unsigned done = 0;
    uint64_t seed = test_seed + 1;
    for (int64_t count; (count = sys_read(ends[0], bytes, 1 + random_next(&seed) % sizeof bytes)) != 0; done += (unsigned)count) {
        CHECK(count > 0);
        for (unsigned i = 0; i < count; i++)
            CHECK(bytes[i] == (uint8_t)((done + i) * 7 >> 3));
    }
    IS(done, TOTAL);
    test_wait_good(pid);
}

static void a_pipe_ends_when_its_last_writer_does(void)
{
    char bytes[4];
    IS(sys_pipe(ends), 0);
    IS(sys_write(ends[1], "ab", 2), 2);
    int again = (int)sys_dup(ends[1]);
    sys_close(ends[1]);
    IS(sys_read(ends[0], bytes, 4), 2);
    sys_close(again);
    IS(sys_read(ends[0], bytes, 4), 0);
    IS(sys_read(ends[0], bytes, 4), 0);
}

static void write_to_nobody(void)
{
    sys_write(ends[1], "x", 1);
}

static void a_pipe_without_readers_breaks(void)
{
    IS(sys_pipe(ends), 0);
    sys_close(ends[0]);
    test_dies_of(write_to_nobody, SIGPIPE);
    signal_ignore(SIGPIPE);
    IS(sys_write(ends[1], "x", 1), -EPIPE);
}

/* The writer waits for room when the last reader goes. */
static void a_writer_that_waits_hears_of_the_readers_end(void)
{
    static char bytes[100000];
    IS(sys_pipe(ends), 0);
    int pid = test_fork();
    if (pid == 0) {
        sys_close(ends[0]);
        signal_ignore(SIGPIPE);
        int64_t written;
        while ((written = sys_write(ends[1], bytes, sizeof bytes)) > 0)
            continue;
        _Exit(written == -EPIPE ? 0 : 1);
    }
    sys_close(ends[1]);
    test_sleep_ms(5);
    sys_close(ends[0]);
    test_wait_good(pid);
}

static void the_ends_have_their_directions(void)
{
    char byte;
    IS(sys_pipe(ends), 0);
    IS(sys_write(ends[0], "x", 1), -EBADF);
    IS(sys_read(ends[1], &byte, 1), -EBADF);
    IS(sys_seek(ends[0], 0, SEEK_SET), -ESPIPE);
    CHECK(sys_truncate(ends[1], 0) < 0);
    IS(sys_tty_control(ends[0], TTY_MODE_GET, 0), -ENOTTY);
    struct stat stat;
    IS(sys_fstat(ends[0], &stat), 0);
    IS(stat.kind, FILE_PIPE);
    IS(sys_write(ends[1], "", 0), 0);
    IS(sys_read(ends[0], &byte, 0), 0);
}

static void small_writes_are_not_mixed(void)
{
    enum { WRITERS = 4, PIECE = 400 };
    static char bytes[PIECE];
    unsigned pieces = 25 * test_scale, counts[WRITERS] = {0};
    int pids[WRITERS];
    IS(sys_pipe(ends), 0);
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0) {
            memset(bytes, 'a' + i, PIECE);
            for (unsigned n = 0; n < pieces; n++)
                IS(sys_write(ends[1], bytes, PIECE), PIECE);
            _Exit(0);
        }
    }
    sys_close(ends[1]);
    for (;;) {
        uint64_t done = 0;
        for (int64_t count; done < PIECE && (count = sys_read(ends[0], bytes + done, PIECE - done)) != 0; done += (uint64_t)count)
            CHECK(count > 0);
        if (done == 0)
            break;
        IS(done, PIECE);
        for (int i = 1; i < PIECE; i++)
            CHECK(bytes[i] == bytes[0]);
        counts[bytes[0] - 'a']++;
    }
    for (int i = 0; i < WRITERS; i++) {
        IS(counts[i], pieces);
        test_wait_good(pids[i]);
    }
}

static void several_readers_lose_nothing(void)
{
    enum { READERS = 3, COUNT = 600 };
    int sums[2], pids[READERS];
    uint64_t sum = 0, part;
    IS(sys_pipe(ends), 0);
    IS(sys_pipe(sums), 0);
    for (int i = 0; i < READERS; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0) {
            uint8_t byte;
            sys_close(ends[1]);
            while (sys_read(ends[0], &byte, 1) == 1)
                sum += byte;
            IS(write_all(sums[1], &sum, sizeof sum), 0);
            _Exit(0);
        }
    }
    for (unsigned i = 0; i < COUNT; i++)
        IS(sys_write(ends[1], &(uint8_t){(uint8_t)(i % 200)}, 1), 1);
    sys_close(ends[1]);
    for (int i = 0; i < READERS; i++) {
        IS(sys_read(sums[0], &part, sizeof part), sizeof part);
        sum += part;
        test_wait_good(pids[i]);
    }
    IS(sum, 3 * 199 * 200 / 2);
}

static void descriptors_run_out(void)
{
    int last[2], pipes = 0;
    while (sys_pipe(last) == 0)
        pipes++;
    IS(sys_pipe(last), -EMFILE);
    CHECK(pipes >= 28);
    /* One descriptor may be free; a pipe needs two, and takes none. */
    int64_t one = sys_dup(0), none = sys_dup(0);
    CHECK(one >= 0 || none == -EMFILE);
    sys_close(10);
    IS(sys_pipe(last), -EMFILE);
    IS(sys_dup(1), 10);
    for (int i = 3; i < DESCRIPTORS_MAX; i++)
        sys_close(i);
}

/* A byte goes round processes that each only pass it on. */
static void a_ring_passes_a_token(void)
{
    enum { MEMBERS = 6 };
    int pipes[MEMBERS][2], pids[MEMBERS];
    uint32_t token = 0;
    for (int i = 0; i < MEMBERS; i++)
        IS(sys_pipe(pipes[i]), 0);
    for (int i = 1; i < MEMBERS; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0) {
            for (int n = 0; n < MEMBERS; n++) {
                if (n != i - 1)
                    sys_close(pipes[n][0]);
                if (n != i)
                    sys_close(pipes[n][1]);
            }
            while (sys_read(pipes[i - 1][0], &token, sizeof token) == sizeof token) {
                token++;
                IS(write_all(pipes[i][1], &token, sizeof token), 0);
            }
            _Exit(0);
        }
    }
    for (unsigned round = 0; round < 20 * test_scale; round++) {
        IS(write_all(pipes[0][1], &token, sizeof token), 0);
        IS(sys_read(pipes[MEMBERS - 1][0], &token, sizeof token), sizeof token);
    }
    IS(token, 20 * test_scale * (MEMBERS - 1));
    for (int i = 0; i < MEMBERS; i++)
        sys_close(pipes[i][1]);
    for (int i = 1; i < MEMBERS; i++)
        test_wait_good(pids[i]);
}

static const struct test tests[] = {
    TEST(what_goes_in_comes_out_in_order), TEST(a_pipe_ends_when_its_last_writer_does),
    TEST(a_pipe_without_readers_breaks),   TEST(a_writer_that_waits_hears_of_the_readers_end),
    TEST(the_ends_have_their_directions),  TEST(small_writes_are_not_mixed),
    TEST(several_readers_lose_nothing),    TEST(descriptors_run_out),
    TEST(a_ring_passes_a_token),           {NULL, NULL},
};

const struct test_group test_pipe_group = {"pipe", tests};
