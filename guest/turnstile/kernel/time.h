/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time: the clock of all harts (CSR time), the next timer interrupt of this hart, the time of day. Implemented by time.c.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <stdint.h>

#define TIME_NEVER UINT64_MAX

uint64_t time_now_ticks(void);
uint64_t time_ticks_of_ns(uint64_t nanoseconds); /* TIME_NEVER when too large */
uint64_t time_ns_since_boot(void);
/* Nanoseconds since 1970 by the real-time clock; since boot when there is none. */
int64_t time_of_day_ns(void);

#endif
