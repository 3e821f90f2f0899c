/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Floating-point state belongs to the thread: registers, rounding mode and flags survive being switched out and moved, with twice
 * as many threads as harts.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#define THREADS_MAX (2 * HARTS_MAX)

#define ALL(row)                                                                                                                   \
    row(0) row(1) row(2) row(3) row(4) row(5) row(6) row(7) row(8) row(9) row(10) row(11) row(12) row(13) row(14) row(15) row(16)  \
        row(17) row(18) row(19) row(20) row(21) row(22) row(23) row(24) row(25) row(26) row(27) row(28) row(29) row(30) row(31)
#define LOAD(n)  "fld f" #n ", 8*" #n "(%0)\n\t"
#define STORE(n) "fsd f" #n ", 8*" #n "(%1)\n\t"

/* All registers take these values; for a while nothing happens; what they have then is stored. */
static void hold_registers(const uint64_t *from, uint64_t *to, unsigned long spins)
{
    __asm__ volatile(ALL(LOAD) "1:\n\taddi %2, %2, -1\n\tbnez %2, 1b\n\t" ALL(STORE)
                     : "+r"(from), "+r"(to), "+r"(spins)
                     :
                     : "memory", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13", "f14",
                       "f15", "f16", "f17", "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25", "f26", "f27", "f28", "f29",
                       "f30", "f31");
}

static void *keep_registers(void *argument)
{
    uint64_t number = (uint64_t)(uintptr_t)argument, want[32], got[32];
    for (unsigned i = 0; i < rounds / 100 + 4; i++) {
        for (unsigned r = 0; r < 32; r++)
            want[r] = UINT64_C(0x4000000000000000) + (number << 40) + ((uint64_t)i << 8) + r;
        hold_registers(want, got, 20 * (rounds < 2000 ? rounds : 2000) + 1);
        for (unsigned r = 0; r < 32; r++)
            if (got[r] != want[r])
                return (void *)failed("f%u of thread %lu is %lx, not %lx", r, (unsigned long)number, (unsigned long)got[r],
                                      (unsigned long)want[r]);
        sched_yield();
    }
    return NULL;
}

static void *keep_modes(void *argument)
{
    static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    uintptr_t number = (uintptr_t)argument;
    int mode = modes[number % 4], flags = number % 3 ? FE_INEXACT : FE_DIVBYZERO;
    volatile double one = 1, three = 3, third = 0;
    double nearest = 0x1.5555555555555p-2, above = 0x1.5555555555556p-2; /* a third lies between, next to the first */
    fesetround(mode);
    for (unsigned i = 0; i < rounds / 10 + 4; i++) {
        third = one / three;
        if (third != (mode == FE_UPWARD ? above : nearest))
            return (void *)failed("thread %lu: 1 / 3 is %a in mode %d", (unsigned long)number, third, mode);
        feclearexcept(FE_ALL_EXCEPT);
        feraiseexcept(flags);
        sched_yield();
        if (fegetround() != mode || fetestexcept(FE_ALL_EXCEPT) != flags)
            return (void *)failed("thread %lu: mode %d and flags %x, not %d and %x", (unsigned long)number, fegetround(),
                                  (unsigned)fetestexcept(FE_ALL_EXCEPT), mode, (unsigned)flags);
    }
    return NULL;
}

static const char *in_many_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS_MAX];
    void *result = NULL, *one;
    unsigned begun = 0;
    while (begun < 2 * harts && !(errno = pthread_create(&threads[begun], NULL, body, (void *)(uintptr_t)begun)))
        begun++;
    if (begun < 2 * harts)
        result = (void *)failed("there are %u threads only", begun);
    while (begun-- > 0) {
        pthread_join(threads[begun], &one);
        result = one ? one : result;
    }
    return result;
}

const char *test_fp_context(void)
{
    return in_many_threads(keep_registers);
}

const char *test_fp_modes(void)
{
    return in_many_threads(keep_modes);
}
