/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scripts of what harts do to a reservation, one instruction after the other, and what comes of it:
 *
 *     "0 lr.w A; 1 sw A: 0 lost store; 0 sc.w A: fails store"
 *
 * Each step is a hart and an instruction with the place that it accesses; behind the colon stands, in any order, what the step
 * brings about: `ok` or `fails` (with or without a reason) of its sc, `traps`, and for each hart whose reservation ends `<hart>
 * lost <reason>`. What is not written must not happen. Every store writes another value, `=old` the one that is there, `=first` the
 * one that was there when the script began. `dev poke.4 A` is a write by a device, `0 interrupt` an interrupt taken, `all reset`
 * the machine's reset.
 *
 * Places: A, the operand; S, in a granule of the operand, but not the operand; N, the granule behind; P, the word before; L, the
 * next line; B, a line further away, in the same set of the data cache (and in the same bucket of reservations). A+4 and A-3 are
 * bytes behind and before.
 *
 * A step must be all a hart does: the others are frozen meanwhile. Memory is compared with what the steps should have written.
 */
#ifndef EMU_SCRIPT_H
#define EMU_SCRIPT_H

#include <emu/emu.h>
#include <stdbool.h>
#include <stddef.h>

enum { SCRIPT_HARTS = 3 };

struct script_machine;

/* The configuration's number of harts and its images do not matter. */
struct script_machine *script_machine_create(const struct emu_config *config);
void script_machine_destroy(struct script_machine *machine); /* NULL is allowed */

/* Runs a script with the operand `at` bytes behind the start of a line, on lines that no script has touched for long, then there
 * once more if `again`. False and a sentence if something is not as written. */
bool script_run(struct script_machine *machine, const char *script, unsigned at, bool again, char ret_why[static 256]);

#endif
