/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MESI, written down a second time, cell by cell, and each cell exercised through bus and caches.
 */
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* Next state and actions: h hit, r BusRd, x BusRdX, u BusUpgr, w WriteBack, s shared, d supplies data, m memory is updated. "-":
 * cannot happen. An exclusive or modified copy excludes all others, so that nobody can upgrade a shared one beside it. */
static const char *const expected[LINE_STATE_COUNT][STIMULUS_COUNT] = {
    /* load, store, fill alone, fill shared, own, BusRd, BusRdX, BusUpgr, DmaRd, DmaWr, evict */
    [LINE_I] = {"Ir", "Ix", "E", "S", "M", "-", "-", "-", "-", "-", "-"},
    [LINE_S] = {"Sh", "Su", "-", "-", "M", "Ss", "I", "I", "S", "I", "I"},
    [LINE_E] = {"Eh", "Mh", "-", "-", "M", "Ssd", "Id", "-", "E", "I", "I"},
    [LINE_M] = {"Mh", "Mh", "-", "-", "M", "Ssdm", "Id", "-", "Edm", "Im", "Iw"},
};

static void describe(const struct coherence_row *row, char text[16])
{
    static const char letters[] = "hrxuwsdm"; /* as action.def orders them */
    char *at = text;
    *at++ = row->possible ? *line_state_letter(row->next) : '-';
    for (unsigned action = 0; action < ACTION_COUNT; action++)
        if (row->actions >> action & 1)
            *at++ = letters[action];
    *at = '\0';
}

Test(coherence, every_cell_of_mesi_is_the_textbooks)
{
    for (unsigned state = 0; state < LINE_STATE_COUNT; state++)
        for (unsigned stimulus = 0; stimulus < STIMULUS_COUNT; stimulus++) {
            char got[16];
            describe(&coherence_mesi.row[state][stimulus], got);
            cr_expect(eq(str, got, (char *)expected[state][stimulus]), "%s, %s", line_state_letter(state), stimulus_name(stimulus));
        }
}

Test(coherence, names_end_where_the_rows_do)
{
    cr_expect(eq(str, (char *)coherence_mesi.name, "mesi"));
    cr_expect(eq(str, (char *)line_state_letter(LINE_M), "M"));
    cr_expect(eq(str, (char *)line_state_letter(LINE_STATE_COUNT), "?"));
    cr_expect(eq(str, (char *)stimulus_name(STIMULUS_EVICT), "evict"));
    cr_expect(eq(str, (char *)stimulus_name(STIMULUS_COUNT), "?"));
}

enum { LINE = 5, MINE = 0, OTHER = 2 /* caches */ };

/* What another agent, or the own one, does to a line that hart 0's data cache has in a state. */
struct deed {
    const char *name;
    unsigned port; /* 0: its own; 1: another hart; 2: a device */
    enum bus_want want;
    enum line_state before;
    bool other_shares; /* hart 1 has it in S */
    enum line_state after, other_after;
    enum bus_kind kind;
    bool from_cache;
    unsigned sharers, lowerings;
};

static const struct deed deeds[] = {
    {"load, alone", 0, BUS_WANT_READ, LINE_I, false, LINE_E, LINE_I, BUS_READ, false, 0, 0},
    {"load, shared", 0, BUS_WANT_READ, LINE_I, true, LINE_S, LINE_S, BUS_READ, false, 1, 0},
    {"load of S", 0, BUS_WANT_READ, LINE_S, true, LINE_S, LINE_S, BUS_NOTHING, false, 0, 0},
    {"load of E", 0, BUS_WANT_READ, LINE_E, false, LINE_E, LINE_I, BUS_NOTHING, false, 0, 0},
    {"load of M", 0, BUS_WANT_READ, LINE_M, false, LINE_M, LINE_I, BUS_NOTHING, false, 0, 0},
    {"store", 0, BUS_WANT_OWN, LINE_I, false, LINE_M, LINE_I, BUS_READ_X, false, 0, 0},
    {"store, shared elsewhere", 0, BUS_WANT_OWN, LINE_I, true, LINE_M, LINE_I, BUS_READ_X, false, 1, 1},
    {"store to S", 0, BUS_WANT_OWN, LINE_S, false, LINE_M, LINE_I, BUS_UPGRADE, false, 0, 0},
    {"store to S, shared", 0, BUS_WANT_OWN, LINE_S, true, LINE_M, LINE_I, BUS_UPGRADE, false, 1, 1},
    {"store to E", 0, BUS_WANT_OWN, LINE_E, false, LINE_M, LINE_I, BUS_NOTHING, false, 0, 0},
    {"store to M", 0, BUS_WANT_OWN, LINE_M, false, LINE_M, LINE_I, BUS_NOTHING, false, 0, 0},
    {"BusRd of S", 1, BUS_WANT_READ, LINE_S, false, LINE_S, LINE_S, BUS_READ, false, 1, 0},
    {"BusRd of E", 1, BUS_WANT_READ, LINE_E, false, LINE_S, LINE_S, BUS_READ, true, 1, 1},
    {"BusRd of M", 1, BUS_WANT_READ, LINE_M, false, LINE_S, LINE_S, BUS_READ, true, 1, 1},
    {"BusRdX of S", 1, BUS_WANT_OWN, LINE_S, false, LINE_I, LINE_M, BUS_READ_X, false, 1, 1},
    {"BusRdX of E", 1, BUS_WANT_OWN, LINE_E, false, LINE_I, LINE_M, BUS_READ_X, true, 1, 1},
    {"BusRdX of M", 1, BUS_WANT_OWN, LINE_M, false, LINE_I, LINE_M, BUS_READ_X, true, 1, 1},
    {"BusUpgr of S", 1, BUS_WANT_OWN, LINE_S, true, LINE_I, LINE_M, BUS_UPGRADE, false, 1, 1},
    {"DmaRd of nothing", 2, BUS_WANT_DMA_READ, LINE_I, false, LINE_I, LINE_I, BUS_DMA_READ, false, 0, 0},
    {"DmaRd of S", 2, BUS_WANT_DMA_READ, LINE_S, true, LINE_S, LINE_S, BUS_DMA_READ, false, 2, 0},
    {"DmaRd of E", 2, BUS_WANT_DMA_READ, LINE_E, false, LINE_E, LINE_I, BUS_DMA_READ, false, 1, 0},
    {"DmaRd of M", 2, BUS_WANT_DMA_READ, LINE_M, false, LINE_E, LINE_I, BUS_DMA_READ, true, 1, 1},
    {"DmaWr of nothing", 2, BUS_WANT_DMA_WRITE, LINE_I, false, LINE_I, LINE_I, BUS_DMA_WRITE, false, 0, 0},
    {"DmaWr of S", 2, BUS_WANT_DMA_WRITE, LINE_S, true, LINE_I, LINE_I, BUS_DMA_WRITE, false, 2, 2},
    {"DmaWr of E", 2, BUS_WANT_DMA_WRITE, LINE_E, false, LINE_I, LINE_I, BUS_DMA_WRITE, false, 1, 1},
    {"DmaWr of M", 2, BUS_WANT_DMA_WRITE, LINE_M, false, LINE_I, LINE_I, BUS_DMA_WRITE, false, 1, 1},
    {"eviction of S", 0, BUS_WANT_EVICT, LINE_S, true, LINE_I, LINE_S, BUS_NOTHING, false, 0, 1},
    {"eviction of E", 0, BUS_WANT_EVICT, LINE_E, false, LINE_I, LINE_I, BUS_NOTHING, false, 0, 1},
    {"eviction of M", 0, BUS_WANT_EVICT, LINE_M, false, LINE_I, LINE_I, BUS_WRITE_BACK, false, 0, 1},
};

Test(coherence, every_cell_happens_on_the_bus)
{
    struct emu_config config = world_config(2);
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        const struct deed *deed = &deeds[i];
        struct world *w = world_create(&config, 3);
        if (deed->before != LINE_I)
            world_put(w, MINE, LINE, deed->before);
        if (deed->other_shares)
            world_put(w, OTHER, LINE, LINE_S);
        world_request(w, deed->port, deed->want, LINE, 100);
        world_run(w, QUEUE_NEVER);
        cr_expect(eq(uint, w->grants, 1), "%s", deed->name);
        cr_expect(eq(uint, w->log[0].is.kind, deed->kind), "%s", deed->name);
        cr_expect(eq(uint, world_line(w, MINE, LINE), deed->after), "%s", deed->name);
        cr_expect(eq(uint, world_line(w, OTHER, LINE), deed->other_after), "%s", deed->name);
        cr_expect(eq(int, w->record.from_cache, deed->from_cache), "%s", deed->name);
        cr_expect(eq(uint, w->record.sharers, deed->sharers), "%s", deed->name);
        cr_expect(eq(uint, w->lowerings, deed->lowerings), "%s", deed->name);
        for (unsigned n = 0; n < w->lowerings; n++)
            cr_expect(eq(u32, w->caches.slot[w->lowered[n]].line, LINE), "%s", deed->name);
        world_destroy(w);
    }
}

Test(coherence, an_instruction_cache_never_has_more_than_a_shared_line)
{
    struct emu_config config = world_config(2);
    struct world *w = world_create(&config, 2);
    struct bus_request request = world_ask(w, 0, BUS_WANT_READ, LINE, 0);
    request.cache = 1;
    bus_request(w->bus, 0, &request);
    world_run(w, QUEUE_NEVER);
    cr_expect(eq(uint, world_line(w, 1, LINE), LINE_S));
    world_request(w, 0, BUS_WANT_OWN, LINE, 1000); /* the hart stores to its own code */
    world_run(w, QUEUE_NEVER);
    cr_expect(eq(uint, world_line(w, 1, LINE), LINE_I));
    cr_expect(eq(uint, world_line(w, 0, LINE), LINE_M));
    world_destroy(w);
}
