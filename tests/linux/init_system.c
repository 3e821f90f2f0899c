/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time, address translations and code that change under running harts, files and the block device.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/cachectl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, TICKS = 5, MILLISECOND = 1000000 };

static uint64_t now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 * MILLISECOND + (uint64_t)at.tv_nsec;
}

static atomic_uint ticks;

static void count_tick(int number)
{
    (void)number;
    ticks++;
}

/* A POSIX timer that ticks five times, and sleeps that are as long as they should be. */
const char *test_timers(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec times = {{0, 2 * MILLISECOND}, {0, 2 * MILLISECOND}};
    struct timespec sleep = {0, 3 * MILLISECOND};
    timer_t timer;
    ticks = 0;
    signal(SIGALRM, count_tick);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &times, NULL))
        return failed("timer_create");
    uint64_t begin = now();
    while (ticks < TICKS && now() - begin < UINT64_C(10000) * MILLISECOND)
        pause();
    uint64_t took = now() - begin;
    timer_delete(timer);
    errno = 0;
    if (ticks < TICKS || took < (TICKS - 1) * 2 * MILLISECOND)
        return failed("%u ticks in %lu ns", ticks, (unsigned long)took);
    begin = now();
    if (nanosleep(&sleep, NULL))
        return failed("nanosleep");
    took = now() - begin;
    return took >= 3 * MILLISECOND ? NULL : failed("3 ms are over after %lu ns", (unsigned long)took);
}

/* Time never runs backwards, from whichever hart it is read. */
static unsigned clock_lock;
static uint64_t latest;

static const char *do_clock(unsigned hart)
{
    for (unsigned i = 0; i < rounds / 4 + 1; i++) {
        lock_take(&clock_lock);
        uint64_t before = latest, here = now();
        latest = here;
        lock_give(&clock_lock);
        if (here < before)
            return failed("hart %u is at %lu ns, another was at %lu", hart, (unsigned long)here, (unsigned long)before);
    }
    return NULL;
}

const char *test_clock(void)
{
    latest = 0;
    return on_all_harts(do_clock);
}

/* One page is replaced again and again; nobody may see the old one once it is gone. */
static struct {
    pthread_barrier_t barrier;
    unsigned *page;
    unsigned (*code)(void);
    unsigned round;
    const char *why;
} change;

static void replace_page(unsigned round)
{
    void *fresh = mmap(change.page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (fresh == MAP_FAILED)
        change.why = failed("mmap");
    else
        change.page[7] = round;
}

/* li a0, round; ret */
static void replace_code(unsigned round)
{
    uint32_t *words = (uint32_t *)change.page;
    words[0] = round << 20 | 10 << 7 | 0x13;
    words[1] = 0x00008067;
    if (__riscv_flush_icache(words, words + 2, 0))
        change.why = failed("riscv_flush_icache");
}

static const char *do_change(unsigned hart, void (*replace)(unsigned), unsigned (*look)(void))
{
    const char *why = NULL;
    for (unsigned round = 1; round <= rounds / 20 + 2; round++) {
        if (round % harts == hart)
            replace(round % 1024);
        pthread_barrier_wait(&change.barrier);
        unsigned got = look();
        if (got != round % 1024 && !why)
            why = failed("hart %u sees %u in round %u", hart, got, round);
        pthread_barrier_wait(&change.barrier);
    }
    return why ? why : change.why;
}

static unsigned look_at_page(void)
{
    return *(volatile unsigned *)&change.page[7];
}

static unsigned look_at_code(void)
{
    return change.code();
}

static const char *do_shootdown(unsigned hart)
{
    return do_change(hart, replace_page, look_at_page);
}

static const char *do_new_code(unsigned hart)
{
    return do_change(hart, replace_code, look_at_code);
}

static const char *with_page(int protection, const char *(*body)(unsigned hart))
{
    change.page = mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (change.page == MAP_FAILED)
        return failed("mmap");
    change.code = (unsigned (*)(void))(uintptr_t)change.page;
    change.why = NULL;
    errno = pthread_barrier_init(&change.barrier, NULL, harts);
    const char *why = errno ? failed("pthread_barrier_init") : on_all_harts(body);
    pthread_barrier_destroy(&change.barrier);
    munmap(change.page, PAGE);
    return why;
}

const char *test_shootdown(void)
{
    return with_page(PROT_READ | PROT_WRITE, do_shootdown);
}

const char *test_new_code(void)
{
    return with_page(PROT_READ | PROT_WRITE | PROT_EXEC, do_new_code);
}

static unsigned char pattern(unsigned at, unsigned salt)
{
    return (unsigned char)((at * 2654435761u >> 16) + salt);
}

/* Writes so many bytes at the file's start and reads them back, through whatever the open flags ask for. */
static const char *write_and_read(int fd, unsigned bytes, unsigned salt)
{
    static unsigned char buffer[64 * 1024] __attribute__((aligned(4096)));
    for (unsigned at = 0; at < bytes; at++)
        buffer[at] = pattern(at, salt);
    if (pwrite(fd, buffer, bytes, 0) != (ssize_t)bytes || fsync(fd))
        return failed("write");
    memset(buffer, 0, bytes);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (pread(fd, buffer, bytes, 0) != (ssize_t)bytes)
        return failed("read");
    for (unsigned at = 0; at < bytes; at++)
        if (buffer[at] != pattern(at, salt))
            return failed("byte %u is %u, not %u", at, buffer[at], pattern(at, salt));
    return NULL;
}

const char *test_files(void)
{
    int fd = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return failed("/tmp/file");
    const char *why = write_and_read(fd, 40000, 3);
    close(fd);
    if (!why && (rename("/tmp/file", "/tmp/other") || unlink("/tmp/other")))
        why = failed("rename");
    errno = 0;
    return why ? why : access("/tmp/other", F_OK) ? NULL : failed("an unlinked file is still there");
}

/* The first virtio disk, whose first 64 KiB are written. */
const char *test_block(void)
{
    const char *why = NULL;
    if (access("/dev/vda", F_OK))
        return "skip there is no block device";
    for (unsigned turn = 0; turn < 2 && !why; turn++) {
        int fd = open("/dev/vda", O_RDWR | (turn ? O_DIRECT : 0));
        why = fd < 0 ? failed("/dev/vda") : write_and_read(fd, 64 * 1024, turn);
        close(fd);
    }
    return why;
}
