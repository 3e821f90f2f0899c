/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two machines of one configuration in timed fidelity, alike but for how far a hart may run ahead of the others: as far as nobody can
 * notice, and one cycle. They are alike wherever no slice is open and all running harts are past the same cycle:
 *   - when a queue event has fired: nobody has begun an instruction at or behind its cycle, and everybody all before it;
 *   - at a cycle, when those that have been left behind there have caught up. A limit alone leaves them behind, since emu_run returns
 *     inside of a slice; so its owner is taken away, which must change nothing either.
 */
#ifndef EMU_PAIR_H
#define EMU_PAIR_H

#include "guest.h"

#include "../lib/random.h"

enum {
    PAIR_CUT = 1,    /* stopped at random, by steps, cycles, events and breakpoints; slices broken off */
    PAIR_INPUTS = 2, /* the same inputs at places where they are alike */
};

struct pair {
    const char *name; /* for failures */
    unsigned long long seed;
    const struct emu_config *config;
    unsigned stretch; /* compared about every so many events */
    unsigned flags;
    uint64_t cycles;  /* and not after these */
};

/* What the pairs have done together, so that a test can tell whether it was worth it. */
struct pair_sum {
    uint64_t compared, ended, cycles, steps, records, sc_failed, sc_succeeded, interrupts, traps, walks;
};

/* Runs the pair, comparing as it goes: state, position, counts, records of all kinds. False after a failed expectation. */
bool pair_run(const struct pair *pair, struct random random, struct pair_sum *sum);

#endif
