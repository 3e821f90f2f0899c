/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Idle time at the pace of the wall clock: which machine cycle the wall clock stands at. Busy time is never slowed down; after a
 * stretch in which the machine ran ahead or fell behind, both clocks are set equal again.
 */
#ifndef UI_PACE_H
#define UI_PACE_H

#include "host.h"

#include <emu/emu.h>
#include <emu/platform.h>

/* A lag up to this is caught up (waits end late by a little), a longer one is forgotten. */
#define PACE_LAG_CYCLES_MOST (PLATFORM_BUS_HZ / 20)

struct pace {
    double base_seconds;
    emu_cycle base_cycle;
};

static inline void pace_set(struct pace *pace, emu_cycle cycle)
{
    *pace = (struct pace){host_seconds(), cycle};
}

static inline emu_cycle pace_cycle(const struct pace *pace)
{
    return pace->base_cycle + (emu_cycle)((host_seconds() - pace->base_seconds) * PLATFORM_BUS_HZ);
}

static inline double pace_seconds_until(const struct pace *pace, emu_cycle cycle)
{
    emu_cycle now = pace_cycle(pace);
    return cycle > now ? (double)(cycle - now) / PLATFORM_BUS_HZ : 0;
}

/* To be called when the machine has moved to `cycle`. */
static inline void pace_adjust(struct pace *pace, emu_cycle cycle)
{
    emu_cycle wall = pace_cycle(pace);
    if (cycle > wall || wall - cycle > PACE_LAG_CYCLES_MOST)
        pace_set(pace, cycle);
}

#endif
