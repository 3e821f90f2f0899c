/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ring of event records.
 */
#include "ring.h"

#include <stdlib.h>

bool ring_init(struct ring *ring, size_t records)
{
    if (records < RING_RECORDS_LEAST)
        records = RING_RECORDS_LEAST;
    *ring = (struct ring){.records = calloc(records, sizeof *ring->records), .mask = records - 1};
    return ring->records != NULL;
}

void ring_finish(struct ring *ring)
{
    free(ring->records);
    ring->records = NULL;
}

size_t ring_read(struct ring *ring, struct emu_event *ret_events, size_t max)
{
    size_t count = 0;
    while (count < max && ring->tail != ring->head)
        ret_events[count++] = ring->records[ring->tail++ & ring->mask];
    return count;
}
