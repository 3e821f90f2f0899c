/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of statistics share: places in RAM, and pieces of guests.
 */
#ifndef EMU_COUNTED_H
#define EMU_COUNTED_H

#include "guest.h"

enum { SHARED = 0x10000, ROOT = 0x20000, OWN = 0x40000 };
enum { CSR_SATP = 0x180, CSR_MSTATUS = 0x300, CSR_MIE = 0x304, CSR_PMPCFG0 = 0x3a0, CSR_PMPADDR0 = 0x3b0 };

/* s1: the hart's own 64 KiB, from OWN on. Uses t0. */
void counted_own(struct guest *guest);
/* From when MPRV is set, loads and stores are translated by Sv39 as in S-mode, all of RAM by one entry: s2 is the table, s3 the
 * entry's value with A and D clear, its place 16(s2). Uses t0 and t1. */
void counted_translation(struct guest *guest);
uint64_t counted_sum(const uint64_t *counts, unsigned count);

#endif
