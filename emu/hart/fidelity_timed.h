/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What rows.h needs to know of `timed` fidelity: tables hold lines, a strict subset of what the hart's data cache allows; code must
 * be in the instruction cache.
 */
#ifndef HART_FIDELITY_TIMED_H
#define HART_FIDELITY_TIMED_H

#define IS_OVER(budget, behind) ((behind) < 0)
#define WAY(address) l0_line_way(l0, address)
#define TAG(address, width) l0_line_tag(address, width)
#define IS_PRESENT(line) h->present[line]
#define IS_PRESENT_IN(way, target) (way)->present[(target) >> LINE_SHIFT & (LINES_PER_PAGE - 1)]
#define USE_PRESENT_OF(way) (h->present = (way)->present)

#define FIDELITY(name) name##_timed
#define slow_part_load timed_load
#define slow_part_store timed_store
#define slow_part_lr timed_lr
#define slow_part_sc timed_sc
#define slow_part_amo timed_amo

#endif
