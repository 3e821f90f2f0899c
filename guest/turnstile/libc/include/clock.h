/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time: dates of the Gregorian calendar from nanoseconds since 1970 (UTC), waiting, and the hart's cycle counter.
 */
#ifndef LIBC_CLOCK_H
#define LIBC_CLOCK_H

#include <stdint.h>

struct date {
    int64_t year;
    unsigned month, day; /* from 1 */
    unsigned hour, minute, second;
    unsigned weekday; /* 0: Sunday */
    uint32_t nanosecond;
};

struct date date_of(int64_t nanoseconds);
const char *month_name(unsigned month);
const char *weekday_name(unsigned weekday);

/* Returns early, with -EINTR, when a signal came. */
int sleep_ms(uint64_t milliseconds);

/* Cycles of this hart. */
static inline uint64_t cycles_now(void)
{
    uint64_t cycles = 0;
#if defined __riscv
    __asm__ volatile("rdcycle %0" : "=r"(cycles));
#endif
    return cycles;
}

#endif
