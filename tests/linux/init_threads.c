/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads on all harts: who is there, atomics, futexes, barriers.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long futex(unsigned *word, int operation, unsigned value)
{
    return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

void lock_take(unsigned *lock)
{
    unsigned seen = 0;
    if (__atomic_compare_exchange_n(lock, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE) != 0)
        futex(lock, FUTEX_WAIT_PRIVATE, 2);
}

void lock_give(unsigned *lock)
{
    if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
        futex(lock, FUTEX_WAKE_PRIVATE, 1);
}

/* As /proc/cpuinfo and the command line have it. */
const char *test_harts(void)
{
    char line[256];
    unsigned listed = 0;
    const char *want = getenv("harts");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return failed("/proc/cpuinfo");
    while (fgets(line, sizeof line, file))
        listed += !strncmp(line, "hart\t", 5);
    fclose(file);
    errno = 0;
    if (listed != harts)
        return failed("/proc/cpuinfo lists %u harts, %u are online", listed, harts);
    if (want && strtoul(want, NULL, 10) != harts)
        return failed("%u harts are online, not %s", harts, want);
    return NULL;
}

static const char *is_here(unsigned hart)
{
    for (unsigned i = 0; i < 10; i++) {
        int here = sched_getcpu();
        if (here != (int)hart)
            return failed("a thread tied to hart %u runs on hart %d", hart, here);
        sched_yield();
    }
    return NULL;
}

const char *test_threads(void)
{
    return on_all_harts(is_here);
}

static struct {
    atomic_ulong added, compared;
    atomic_uint halves[2]; /* words of their own in one doubleword */
    atomic_ulong bits;
    unsigned lock;
    unsigned long plain; /* of the lock */
} shared;

static const char *do_atomics(unsigned hart)
{
    for (unsigned i = 0; i < rounds; i++) {
        atomic_fetch_add(&shared.added, hart + 1);
        unsigned long seen = atomic_load_explicit(&shared.compared, memory_order_relaxed);
        while (!atomic_compare_exchange_weak(&shared.compared, &seen, seen + 1))
            ;
        atomic_fetch_add(&shared.halves[hart % 2], 1);
        atomic_fetch_xor(&shared.bits, 1ul << hart);
    }
    return NULL;
}

const char *test_atomics(void)
{
    memset(&shared, 0, sizeof shared);
    const char *why = on_all_harts(do_atomics);
    unsigned long sum = (unsigned long)rounds * harts * (harts + 1) / 2, all = (unsigned long)rounds * harts;
    unsigned long bits = rounds % 2 ? ~0ul >> (64 - harts) : 0;
    if (why)
        return why;
    if (shared.added != sum)
        return failed("amoadd: %lu, not %lu", shared.added, sum);
    if (shared.compared != all)
        return failed("lr and sc: %lu, not %lu", shared.compared, all);
    if (shared.halves[0] + shared.halves[1] != all || shared.halves[1] != (unsigned long)rounds * (harts / 2))
        return failed("amoadd.w: %u and %u", shared.halves[0], shared.halves[1]);
    return shared.bits == bits ? NULL : failed("amoxor: %lx, not %lx", shared.bits, bits);
}

static const char *do_futex_lock(unsigned hart)
{
    (void)hart;
    for (unsigned i = 0; i < rounds; i++) {
        lock_take(&shared.lock);
        unsigned long seen = *(volatile unsigned long *)&shared.plain;
        if (i % 16 == 0)
            sched_yield(); /* so that others find it taken and wait */
        *(volatile unsigned long *)&shared.plain = seen + 1;
        lock_give(&shared.lock);
    }
    return NULL;
}

const char *test_futex_lock(void)
{
    memset(&shared, 0, sizeof shared);
    const char *why = on_all_harts(do_futex_lock);
    unsigned long all = (unsigned long)rounds * harts;
    if (why)
        return why;
    return shared.plain == all ? NULL : failed("%lu, not %lu", shared.plain, all);
}

/* A token goes round all harts; who does not have it sleeps. */
static unsigned token;

static const char *do_relay(unsigned hart)
{
    for (unsigned lap = 0; lap < rounds / 10 + 1; lap++) {
        unsigned mine = lap * harts + hart, seen;
        while ((seen = __atomic_load_n(&token, __ATOMIC_ACQUIRE)) != mine)
            if (futex(&token, FUTEX_WAIT_PRIVATE, seen) && errno != EAGAIN && errno != EINTR)
                return failed("futex wait");
        __atomic_store_n(&token, mine + 1, __ATOMIC_RELEASE);
        if (futex(&token, FUTEX_WAKE_PRIVATE, HARTS_MAX) < 0)
            return failed("futex wake");
    }
    return NULL;
}

const char *test_futex_relay(void)
{
    token = 0;
    const char *why = on_all_harts(do_relay);
    errno = 0;
    if (why)
        return why;
    return token == (rounds / 10 + 1) * harts ? NULL : failed("the token is %u", token);
}

static pthread_barrier_t barrier;
static unsigned written[HARTS_MAX];

static const char *do_barriers(unsigned hart)
{
    for (unsigned i = 1; i <= rounds / 10 + 1; i++) {
        written[hart] = i;
        pthread_barrier_wait(&barrier);
        for (unsigned other = 0; other < harts; other++)
            if (written[other] != i)
                return failed("round %u: hart %u sees %u of hart %u", i, hart, written[other], other);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

const char *test_barriers(void)
{
    errno = pthread_barrier_init(&barrier, NULL, harts);
    if (errno)
        return failed("pthread_barrier_init");
    const char *why = on_all_harts(do_barriers);
    pthread_barrier_destroy(&barrier);
    return why;
}
