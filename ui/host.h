/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The host's clock, for pacing and limits. What it says never reaches the machine but as the cycle of an input.
 */
#ifndef UI_HOST_H
#define UI_HOST_H

#include <time.h>

/* Seconds since some fixed moment. */
static inline double host_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

#endif
