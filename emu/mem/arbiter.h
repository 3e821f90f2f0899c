/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who of the eligible ports is granted the slot. Knows sets of ports and the cycles of their requests, nothing of what they want.
 */
#ifndef MEM_ARBITER_H
#define MEM_ARBITER_H

#include <base/state.h>
#include <stdint.h>

#define ARBITER_NOBODY UINT32_MAX

struct arbiter {
    unsigned kind;       /* enum emu_arbiter */
    unsigned ports;
    uint32_t last;       /* chosen last; before the first choice the highest port, or one drawn from the seed */
    uint64_t random;     /* xorshift64*, never 0 */
};

void arbiter_init(struct arbiter *arbiter, unsigned kind, unsigned ports, uint64_t seed);

/* The chosen port, ARBITER_NOBODY if the set (one bit a port) is empty. `cycle`: of the requests, by port; only for the oldest. */
uint32_t arbiter_choose(struct arbiter *arbiter, const uint64_t *eligible, const uint64_t *cycle);

/* What arbiter_choose does when this port is the only one eligible. */
void arbiter_choose_only(struct arbiter *arbiter, uint32_t port);

void arbiter_state(struct state *s, struct arbiter *arbiter);

#endif
