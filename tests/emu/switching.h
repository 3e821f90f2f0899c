/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A guest that has something of every kind on its way nearly always: paging with TLBs of few entries and no A and D bits set,
 * counters by lr and sc and by AMOs, accesses across lines and pages, inter-processor and timer interrupts, wfi, traps, output. It
 * checks what it reads back, and ends with code 7 when that is wrong.
 */
#ifndef EMU_SWITCHING_H
#define EMU_SWITCHING_H

#include "guest.h"

#include <stdbool.h>

enum { SWITCHING_ROUNDS = 30 };

struct switching {
    unsigned harts, fidelity;
    uint64_t seed;
    bool hints;     /* the harts switch the fidelity by hints */
    bool hints_off; /* by configuration */
};

/* At power-on, with its page tables. */
struct emu_machine *switching_machine(const struct switching *how);
/* Has it ended well, with all counters right? */
bool switching_is_right(const struct emu_machine *machine, const struct switching *how, struct emu_stop stop);

#endif
