/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ring of event records between machine and client. The machine checks before each step that there is room for all that one
 * step can emit; a record is never overwritten and never lost. Not state.
 */
#ifndef EMU_RING_H
#define EMU_RING_H

#include <emu/emu.h>

/* What one step may emit at most. A switch of fidelity ends every hart's reservation, and what each had on the bus emits two records
 * at most (an empty claim is one); what devices write emits one a device; and a few of its own. A slot of the bus may first grant every
 * hart what needs no transaction, of which the same is true, and then takes a line from the caches of all others. A store of a hart that
 * is alone may be four transactions of the latter kind: two pieces, and an entry of the page tables for each. (256 harts are the most.)
 * A claim that makes the notifications of all others stale emits nothing for them: each says so when the fall of its line reaches its
 * hart, which is a step of its own. */
#define RING_RESERVE 1400u
#define RING_RECORDS_LEAST 2048u /* of a ring in which there is room for more than that */
#define RING_RECORDS_MAX (1u << 24)

struct ring {
    struct emu_event *records;
    size_t mask;
    uint64_t head, tail; /* next to write, next to read */
};

bool ring_init(struct ring *ring, size_t records); /* a power of two; RING_RECORDS_LEAST if that is more */
void ring_finish(struct ring *ring);
size_t ring_read(struct ring *ring, struct emu_event *ret_events, size_t max);

static inline bool ring_has_room(const struct ring *ring)
{
    return ring->head - ring->tail + RING_RESERVE <= ring->mask + 1;
}

static inline bool ring_is_empty(const struct ring *ring)
{
    return ring->head == ring->tail;
}

static inline void ring_put(struct ring *ring, const struct emu_event *event)
{
    ring->records[ring->head++ & ring->mask] = *event;
}

#endif
