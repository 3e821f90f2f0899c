/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Windows of the data bus in an ordered array; a new one is looked for from the end, where it nearly always goes. Those that do not count
 * any more stay until there is no room, or somebody looks.
 * The room for the others is bounded: a window that touches no other begins exactly where it was asked for. An agent that waits for its data has
 * at most one such; data that nobody waits for (WriteBacks) is asked for from the effect on, and at most two such windows, of equal
 * length, lie between what is forgotten and the next effect.
 */
#include "data_bus.h"

#include <assert.h>
#include <stdlib.h>

enum { OLD_WINDOWS = 16 };

bool data_bus_init(struct data_bus *bus, unsigned agents)
{
    *bus = (struct data_bus){.room = agents + 4 + OLD_WINDOWS};
    bus->window = calloc(bus->room, sizeof *bus->window);
    return bus->window != NULL;
}

void data_bus_finish(struct data_bus *bus)
{
    free(bus->window);
    *bus = (struct data_bus){0};
}

static void remove_at(struct data_bus *bus, unsigned at, unsigned count)
{
    bus->count -= count;
    for (unsigned i = at; i < bus->count; i++) /* there are few */
        bus->window[i] = bus->window[i + count];
}

static void insert_at(struct data_bus *bus, unsigned at, struct data_window window)
{
    assert(bus->count < bus->room);
    for (unsigned i = bus->count++; i > at; i--)
        bus->window[i] = bus->window[i - 1];
    bus->window[at] = window;
}

static void drop_forgotten(struct data_bus *bus)
{
    unsigned gone = 0;
    while (gone < bus->count && bus->window[gone].end <= bus->forgotten)
        gone++;
    if (gone)
        remove_at(bus, 0, gone);
    if (bus->count && bus->window[0].begin < bus->forgotten)
        bus->window[0].begin = bus->forgotten;
    bus->forgotten = 0;
}

uint64_t data_bus_take(struct data_bus *bus, uint64_t from, unsigned cycles)
{
    struct data_window *window = bus->window;
    if (bus->count == bus->room)
        drop_forgotten(bus);
    unsigned at = bus->count; /* the first window that ends behind `from` */
    while (at > 0 && window[at - 1].end > from)
        at--;
    for (; at < bus->count && window[at].begin < from + cycles; at++)
        from = window[at].end; /* not earlier: it ends behind `from` */
    uint64_t end = from + cycles;
    bool joins_next = at < bus->count && window[at].begin == end, joins_last = at > 0 && window[at - 1].end == from;
    if (joins_next && joins_last) {
        window[at - 1].end = window[at].end;
        remove_at(bus, at, 1);
    } else if (joins_next) {
        window[at].begin = from;
    } else if (joins_last) {
        window[at - 1].end = end;
    } else {
        insert_at(bus, at, (struct data_window){from, end});
    }
    return end;
}

void data_bus_clear(struct data_bus *bus)
{
    bus->count = 0;
    bus->forgotten = 0;
}

void data_bus_state(struct state *s, struct data_bus *bus)
{
    drop_forgotten(bus);
    state_open(s, "data-bus", bus->count);
    for (unsigned i = 0; i < bus->count; i++) {
        state_u64(s, "begin", &bus->window[i].begin);
        state_u64(s, "end", &bus->window[i].end);
    }
    state_close(s);
}
