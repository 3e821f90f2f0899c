/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The data bus: which cycles are given away. Windows are in order and never touch: neighbours are merged. What lies before anything
 * that can still be asked for is no part of the state, so that equal futures are equal states.
 */
#ifndef MEM_DATA_BUS_H
#define MEM_DATA_BUS_H

#include <base/state.h>
#include <stdbool.h>
#include <stdint.h>

struct data_window {
    uint64_t begin, end; /* end: the cycle behind the last */
};

struct data_bus {
    struct data_window *window;
    unsigned count, room;
    uint64_t forgotten; /* windows, and parts of them, before this cycle are still to be dropped; derived */
};

/* `agents`: how many can wait for data at a time. */
bool data_bus_init(struct data_bus *bus, unsigned agents);
void data_bus_finish(struct data_bus *bus);
/* Gives away the first `cycles` in a row from `from` on; returns the cycle behind the last. */
uint64_t data_bus_take(struct data_bus *bus, uint64_t from, unsigned cycles);
/* Nothing is asked for before this cycle any more. */
static inline void data_bus_forget(struct data_bus *bus, uint64_t before)
{
    if (before > bus->forgotten)
        bus->forgotten = before;
}

void data_bus_clear(struct data_bus *bus);
void data_bus_state(struct state *s, struct data_bus *bus);

#endif
