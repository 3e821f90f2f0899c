/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hints from a guest to the machine: `slti x0, x0, NUMBER`, which does nothing on any other machine (unprivileged specification,
 * "HINT Instructions": slti with rd = x0 is free for custom use). Guests include this file from C and from assembly: it holds
 * #defines only. In both,
 *
 *     EMU_HINT(EMU_HINT_TIMED)
 *
 * is the instruction. Numbers are 12-bit: bits 11 to 8 are the group, 7 to 0 the hint.
 *   group 0        never a hint: what other tools may use
 *   group 1        the fidelity of the simulation
 *   groups 2 to 6  kept for locks
 *   group 7        whoever watches the machine
 *   others         kept
 * A number that is not listed below does nothing. The configuration's machine.hints turns all of them off.
 */
#ifndef EMU_HINT_H
#define EMU_HINT_H

/* A region of interest begins: from some 24 cycles behind the hint on, the machine is in this fidelity, until it is told otherwise. */
#define EMU_HINT_TIMED 0x100
#define EMU_HINT_FAST 0x101

/* A place to look at: an event, and where there is a monitor the run stops there. */
#define EMU_HINT_STOP 0x700

#ifdef __ASSEMBLER__
#define EMU_HINT(number) slti x0, x0, number
#else
#define EMU_HINT(number) __asm__ volatile("slti x0, x0, %0" : : "i"(number) : "memory")
#endif

#endif
