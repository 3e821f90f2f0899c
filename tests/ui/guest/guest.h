/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A guest to be taken apart: functions of one name in two files, inlined and recursive ones, one without a frame, a trap.
 */
#ifndef GUEST_H
#define GUEST_H

#define NOINLINE __attribute__((noinline, noclone))

extern volatile long counter;

NOINLINE long leaf(long value);
NOINLINE long two(long value);
NOINLINE long recurse(long depth);
NOINLINE unsigned long on_trap(unsigned long pc);

static inline __attribute__((always_inline)) long count(long by)
{
    counter += by;
    return counter;
}

#endif
