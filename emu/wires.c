/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each hart's pins are a delay line: a short queue of changes, and one event for the oldest.
 */
#include "wires.h"

#include <isa/trap.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t external_bit[WIRES_MODES] = {ISA_INT_MEI, ISA_INT_SEI};

static void due(void *context, unsigned id, uint64_t cycle)
{
    struct wires *wires = context;
    struct wires_hart *hart = &wires->hart[id];
    struct wire_change change = hart->changes[0];
    uint64_t before = hart->level;
    hart->count--;
    memmove(&hart->changes[0], &hart->changes[1], hart->count * sizeof hart->changes[0]);
    hart->level = change.level;
    queue_schedule(wires->queue, hart->slot, hart->count ? hart->changes[0].due : QUEUE_NEVER);
    wires->client.arrived(wires->client.context, id, cycle, &change, before);
}

/* The change that leaves at `now`: begun already, or a new one. */
static struct wire_change *change_at(struct wires *wires, struct wires_hart *hart, uint64_t now)
{
    struct wire_change *last = hart->count ? &hart->changes[hart->count - 1] : NULL;
    if (last && (last->due >= now + WIRES_CYCLES || hart->count == WIRES_CYCLES + 1))
        return last;
    struct wire_change *change = &hart->changes[hart->count++];
    *change = (struct wire_change){.due = now + WIRES_CYCLES, .level = last ? last->level : hart->level};
    if (!last)
        queue_schedule(wires->queue, hart->slot, change->due);
    return change;
}

void wires_set(struct wires *wires, unsigned number, unsigned bit, bool level, uint64_t now)
{
    struct wires_hart *hart = &wires->hart[number];
    uint64_t mask = UINT64_C(1) << bit, present = hart->count ? hart->changes[hart->count - 1].level : hart->level;
    if (!(present & mask) == !level)
        return;
    struct wire_change *change = change_at(wires, hart, now);
    change->level ^= mask;
    for (unsigned mode = 0; mode < WIRES_MODES; mode++)
        if (bit == external_bit[mode])
            change->stale[mode] = (struct wire_stale){.source = 0};
}

void wires_pulse(struct wires *wires, unsigned number, unsigned bit, uint64_t now)
{
    change_at(wires, &wires->hart[number], now)->pulses |= UINT64_C(1) << bit;
}

void wires_note_stale(struct wires *wires, unsigned number, unsigned mode, unsigned source, unsigned first)
{
    struct wires_hart *hart = &wires->hart[number];
    if (hart->count)
        hart->changes[hart->count - 1].stale[mode] = (struct wire_stale){.source = (uint8_t)source, .first = (uint16_t)first};
}

void wires_reset(struct wires *wires)
{
    for (unsigned i = 0; i < wires->harts; i++) {
        struct wires_hart *hart = &wires->hart[i];
        hart->level = 0;
        hart->count = 0;
        queue_schedule(wires->queue, hart->slot, QUEUE_NEVER);
    }
}

static void change_state(struct state *s, struct wire_change *change)
{
    state_open(s, "change", 0);
    state_u64(s, "due", &change->due);
    state_u64(s, "level", &change->level);
    state_u64(s, "pulses", &change->pulses);
    for (unsigned mode = 0; mode < WIRES_MODES; mode++) {
        state_u8(s, "stale_source", &change->stale[mode].source);
        state_u16(s, "stale_first", &change->stale[mode].first);
    }
    state_close(s);
}

void wires_state(struct state *s, struct wires *wires)
{
    for (unsigned i = 0; i < wires->harts; i++) {
        struct wires_hart *hart = &wires->hart[i];
        unsigned count = hart->count; /* as it is, whatever a flip makes of it */
        state_open(s, "wires", i);
        state_u64(s, "level", &hart->level);
        state_u32(s, "count", &hart->count);
        for (unsigned c = 0; c < count && c < WIRES_CYCLES + 1; c++)
            change_state(s, &hart->changes[c]);
        state_close(s);
    }
}

bool wires_init(struct wires *wires, unsigned harts, struct queue *queue, const struct wires_client *client)
{
    *wires = (struct wires){.harts = harts, .queue = queue, .client = *client};
    wires->hart = calloc(harts, sizeof *wires->hart);
    for (unsigned i = 0; wires->hart && i < harts; i++) {
        wires->hart[i].slot = queue_add(queue, QUEUE_IRQ, i, due, wires);
        if (wires->hart[i].slot < 0)
            return false;
    }
    return wires->hart;
}

void wires_finish(struct wires *wires)
{
    free(wires->hart);
}
