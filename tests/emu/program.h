/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random programs for several harts, all in the same few lines of data: computation, races of all sizes, aligned or not, within a
 * page or across two, reservations and atomics, stores into their own code, instructions across lines, counters and other CSRs, traps;
 * where wanted also inter-processor and timer interrupts with wfi, device accesses, and paging with tables that every hart changes.
 */
#ifndef EMU_PROGRAM_H
#define EMU_PROGRAM_H

#include "guest.h"

#include "../lib/random.h"

struct program_shape {
    unsigned harts;
    unsigned insns, loops; /* of the random part; up to 240 instructions */
    bool devices;          /* interrupts, wfi, UART */
    bool paged;            /* the random part runs in S-mode behind Sv39 */
};

/* The first hart that comes to the end ends the run; it may last for ever. */
struct guest program_random(struct random *random, const struct program_shape *shape);

#endif
