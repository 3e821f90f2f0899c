/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of descriptors, pipes, and the rows of /dev and /proc.
 */
#include "guest.h"

static void a_pipe_is_a_stream(void)
{
    int ends[2];
    static unsigned char buffer[4096];
    CHECK(sys_pipe(ends) == 0);
    long pid = sys_fork();
    if (pid == 0) {
        sys_close(ends[0]);
        for (unsigned sent = 0; sent < 20000 * rounds; sent += 1000) {
            for (unsigned i = 0; i < 1000; i++)
                buffer[i] = (unsigned char)((sent + i) * 7 >> 2);
            EQUAL(sys_write(ends[1], buffer, 1000), 1000);
        }
        sys_exit(0);
    }
    sys_close(ends[1]);
    unsigned received = 0;
    long got;
    while ((got = sys_read(ends[0], buffer, 777)) > 0)
        for (long i = 0; i < got; i++, received++)
            EQUAL(buffer[i], (unsigned char)(received * 7 >> 2));
    EQUAL(got, 0);
    EQUAL(received, 20000 * rounds);
    EQUAL(wait_for(pid), 0);
}

static void small_writes_are_not_mixed(void)
{
    int ends[2];
    static char piece[PIPE_ATOMIC_BYTES];
    CHECK(sys_pipe(ends) == 0);
    for (char name = 'a'; name < 'e'; name++)
        if (sys_fork() == 0) {
            memset(piece, name, sizeof piece);
            for (unsigned i = 0; i < 10 * rounds; i++)
                EQUAL(sys_write(ends[1], piece, sizeof piece), sizeof piece);
            sys_exit(0);
        }
    sys_close(ends[1]);
    for (unsigned i = 0; i < 40 * rounds; i++) {
        long done = 0;
        while (done < (long)sizeof piece) {
            long got = sys_read(ends[0], piece + done, sizeof piece - (unsigned long)done);
            CHECK(got > 0);
            done += got;
        }
        for (unsigned j = 0; j < sizeof piece; j++)
            EQUAL(piece[j], piece[0]);
    }
    EQUAL(sys_read(ends[0], piece, 1), 0);
    int status;
    while (sys_wait(-1, &status, 0) > 0)
        EQUAL(status, 0);
}

static void a_ring_of_pipes(void)
{
    enum { RING = 6 };
    int ends[RING][2];
    for (int i = 0; i < RING; i++)
        CHECK(sys_pipe(ends[i]) == 0);
    for (int i = 1; i < RING; i++)
        if (sys_fork() == 0) {
            long token;
            for (;;) {
                EQUAL(sys_read(ends[i - 1][0], &token, sizeof token), sizeof token);
                EQUAL(sys_write(ends[i][1], &token, sizeof token), sizeof token);
                if (token == 0)
                    sys_exit(0);
            }
        }
    for (long token = 20 * rounds; token >= 0; token--) {
        long back;
        EQUAL(sys_write(ends[0][1], &token, sizeof token), sizeof token);
        EQUAL(sys_read(ends[RING - 1][0], &back, sizeof back), sizeof back);
        EQUAL(back, token);
    }
    int status;
    while (sys_wait(-1, &status, 0) > 0)
        EQUAL(status, 0);
}

static void descriptors_are_the_lowest(void)
{
    int ends[2];
    EQUAL(sys_dup(0), 3);
    EQUAL(sys_close(1), 0);
    EQUAL(sys_dup(0), 1);
    EQUAL(sys_dup2(0, 10), 10);
    EQUAL(sys_dup2(0, 0), 0);
    EQUAL(sys_dup2(0, DESCRIPTORS_MAX), -EBADF);
    EQUAL(sys_dup2(40, 5), -EBADF);
    EQUAL(sys_pipe(ends), 0);
    EQUAL(ends[0], 4);
    EQUAL(ends[1], 5);
    struct stat stat;
    EQUAL(sys_fstat(4, &stat), 0);
    EQUAL(stat.kind, FILE_PIPE);
    EQUAL(sys_seek(4, 0, SEEK_SET), -ESPIPE);
    EQUAL(sys_write(4, "x", 1), -EBADF);
    EQUAL(sys_read(5, &stat, 1), -EBADF);
}

static void descriptors_may_end(void)
{
    int ends[2];
    while (sys_dup(0) >= 0)
        ;
    EQUAL(sys_dup(0), -EMFILE);
    EQUAL(sys_pipe(ends), -EMFILE);
    EQUAL(sys_semaphore_create(0), -EMFILE);
    EQUAL(sys_open("/dev/null", OPEN_READ), -EMFILE);
    sys_close(40);
    EQUAL(sys_pipe(ends), -EMFILE);
    EQUAL(sys_dup(0), 40);
}

static void descriptors_close_on_exec(void)
{
    int ends[2];
    char c;
    char *arguments[] = {"init", "count", NULL};
    CHECK(sys_pipe(ends) == 0);
    int null = (int)sys_open("/dev/null", OPEN_WRITE | OPEN_CLOSE_ON_EXEC);
    CHECK(null > 0);
    long pid = sys_fork();
    if (pid == 0) {
        sys_close(ends[0]);
        sys_exec("/bin/init", arguments, NULL);
    }
    sys_close(ends[1]);
    EQUAL(sys_read(ends[0], &c, 1), 0);
    EQUAL(wait_for(pid), 0);
}

static void small_devices(void)
{
    static char buffer[3000];
    int null = (int)sys_open("/dev/null", OPEN_READ | OPEN_WRITE), zero = (int)sys_open("/dev/zero", OPEN_READ);
    EQUAL(sys_write(null, buffer, sizeof buffer), sizeof buffer);
    EQUAL(sys_read(null, buffer, sizeof buffer), 0);
    memset(buffer, 1, sizeof buffer);
    EQUAL(sys_read(zero, buffer, sizeof buffer), sizeof buffer);
    for (unsigned i = 0; i < sizeof buffer; i++)
        EQUAL(buffer[i], 0);
    EQUAL(sys_tty_control(null, TTY_MODE_GET, 0), -ENOTTY);
    EQUAL(sys_open("/dev/nothing", OPEN_READ), -ENOENT);
}

static void proc_can_be_read_in_pieces(void)
{
    static char whole[8192], pieces[8192];
    int file = (int)sys_open("/proc/processes", OPEN_READ);
    long length = sys_read(file, whole, sizeof whole), done = 0, got;
    CHECK(length > 60);
    EQUAL(sys_seek(file, 0, SEEK_SET), 0);
    while ((got = sys_read(file, pieces + done, 7)) > 0)
        done += got;
    CHECK(done > 60);
    EQUAL(sys_seek(file, -1, SEEK_SET), -EINVAL);
    EQUAL(sys_seek(file, 1l << 62, SEEK_SET), 1l << 62);
    EQUAL(sys_read(file, pieces, 10), 0);
    EQUAL(sys_open("/proc/processes", OPEN_WRITE), -EACCES);
}

static void the_terminal_has_modes(void)
{
    EQUAL(sys_tty_control(1, TTY_MODE_GET, 0), 0);
    EQUAL(sys_tty_control(1, TTY_MODE_SET, TTY_RAW | TTY_NO_ECHO), 0);
    EQUAL(sys_tty_control(1, TTY_MODE_GET, 0), TTY_RAW | TTY_NO_ECHO);
    EQUAL(sys_tty_control(1, TTY_MODE_SET, 0), 0);
    EQUAL(sys_tty_control(1, TTY_MODE_SET, 8), -EINVAL);
    EQUAL(sys_tty_control(1, TTY_FOREGROUND_SET, 0), -EINVAL);
    EQUAL(sys_tty_control(1, 77, 0), -EINVAL);
    EQUAL(sys_tty_control(1, TTY_FOREGROUND_GET, 0), 1);
}

const struct test file_tests[] = {
    {"a-pipe-is-a-stream", a_pipe_is_a_stream},
    {"small-writes-are-not-mixed", small_writes_are_not_mixed},
    {"a-ring-of-pipes", a_ring_of_pipes},
    {"descriptors-are-the-lowest", descriptors_are_the_lowest},
    {"descriptors-may-end", descriptors_may_end},
    {"descriptors-close-on-exec", descriptors_close_on_exec},
    {"small-devices", small_devices},
    {"proc-can-be-read-in-pieces", proc_can_be_read_in_pieces},
    {"the-terminal-has-modes", the_terminal_has_modes},
    {0},
};
