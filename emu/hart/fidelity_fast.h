/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What rows.h needs to know of `fast` fidelity: tables hold pages, and code is always there.
 */
#ifndef HART_FIDELITY_FAST_H
#define HART_FIDELITY_FAST_H

#define IS_OVER(budget, behind) ((behind) < 0)
#define WAY(address) l0_page_way(l0, address)
#define TAG(address, width) l0_page_tag(address, width)
#define IS_PRESENT(line) true
#define IS_PRESENT_IN(way, target) true
#define USE_PRESENT_OF(way) ((void)0)

#define FIDELITY(name) name##_fast
#define slow_part_load slow_load
#define slow_part_store slow_store
#define slow_part_lr slow_lr
#define slow_part_sc slow_sc
#define slow_part_amo slow_amo

#endif
