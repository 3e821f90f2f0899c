/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hash gate's guest: harts do all that can make an order visible, a number of rounds, and the last one ends the run.
 */
#ifndef EMU_GATE_GUEST_H
#define EMU_GATE_GUEST_H

#include "guest.h"

/* Where it counts, behind GUEST_RAM + GATE_DATA. */
enum { GATE_ROUNDS = 40, GATE_DATA = 0x8000, GATE_COUNTER = 0, GATE_ATOMIC = 64, GATE_RACE = 128, GATE_DONE = 192, GATE_TRAPS = 1024 };

/* What is between timer interrupts depends on the fidelity. */
struct guest gate_guest(unsigned fidelity, unsigned harts);

#endif
