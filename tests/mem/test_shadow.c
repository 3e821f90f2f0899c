/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What assertions say of protocols that are not right: MESI with one row changed, and a few deeds that show it. With the rows as
 * they are the same deeds go through.
 */
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/abort_check.h>
#include <stdlib.h>

enum { HARTS = 3, DEVICE = HARTS, SETS = 4, WAYS = 2, LINE = 5, DEEDS_MAX = 6 };

enum what {
    NOTHING,
    LOAD,
    STORE, /* gets the line, and writes to it */
    HIT,   /* writes to it past the bus, as a hart does whose cache has it in E or M */
    ROGUE, /* writes to it without any right */
    EVICT,
    DISPLACE, /* loads as many other lines of the set as there are ways */
    DMA_LOAD,
    DMA_STORE,
};

struct deed {
    unsigned hart;
    enum what what;
};

struct fault {
    enum line_state state;
    enum stimulus stimulus;
    struct coherence_row row; /* in place of MESI's; with MESI's own nothing is wrong with the protocol */
    struct deed deeds[DEEDS_MAX];
};

static uint64_t ask(struct world *w, unsigned port, enum bus_want want, uint32_t line, uint64_t cycle)
{
    world_request(w, port, want, line, cycle);
    world_run(w, QUEUE_NEVER);
    return cycle + 1000;
}

static void write_byte(struct world *w, unsigned offset)
{
    w->bytes[LINE][offset]++;
}

static uint64_t hit(struct world *w, unsigned hart, uint64_t cycle)
{
    uint32_t slot = cache_find(&w->caches, 2 * hart, LINE);
    cr_assert(ne(u32, slot, CACHE_NONE));
    w->caches.slot[slot].state = LINE_M;
    write_byte(w, hart);
    return cycle;
}

static uint64_t act(struct world *w, const struct deed *deed, uint64_t cycle)
{
    switch (deed->what) {
    case LOAD:
        return ask(w, deed->hart, BUS_WANT_READ, LINE, cycle);
    case STORE:
        cycle = ask(w, deed->hart, BUS_WANT_OWN, LINE, cycle);
        write_byte(w, deed->hart);
        break;
    case HIT:
        return hit(w, deed->hart, cycle);
    case ROGUE:
        write_byte(w, deed->hart);
        break;
    case EVICT:
        return ask(w, deed->hart, BUS_WANT_EVICT, LINE, cycle);
    case DISPLACE:
        for (uint32_t i = 1; i <= WAYS; i++)
            cycle = ask(w, deed->hart, BUS_WANT_READ, LINE + i * SETS, cycle);
        break;
    case DMA_LOAD:
        return ask(w, DEVICE, BUS_WANT_DMA_READ, LINE, cycle);
    case DMA_STORE:
        cycle = ask(w, DEVICE, BUS_WANT_DMA_WRITE, LINE, cycle);
        write_byte(w, DEVICE);
        break;
    case NOTHING:
        break;
    }
    return cycle;
}

/* True: all copies are as they should be in the end. */
static bool run(const struct fault *fault, bool is_faulty)
{
    struct coherence coherence = coherence_mesi;
    struct emu_config config = world_config(HARTS);
    if (is_faulty)
        coherence.row[fault->state][fault->stimulus] = fault->row;
    struct world *w = world_create_with_ram(&config, HARTS + 1, &coherence);
    uint64_t cycle = 0;
    for (unsigned i = 0; i < DEEDS_MAX; i++)
        cycle = act(w, &fault->deeds[i], cycle);
    bool holds = bus_copies_hold(w->bus);
    world_destroy(w);
    return holds;
}

static void run_faulty(void *fault)
{
    run(fault, true);
}

/* Without assertions there is nothing that could fire. */
static void check(struct fault fault, const char *assertion)
{
    cr_expect(run(&fault, false));
#ifndef NDEBUG
    abort_check(run_faulty, &fault, assertion);
#else
    (void)assertion;
    (void)run_faulty;
#endif
}

/* ---- one row is wrong ---- */

Test(shadow, a_modified_copy_that_does_not_supply_on_BusRd_leaves_the_reader_with_what_memory_has)
{
    check((struct fault){LINE_M, STIMULUS_SNOOP_READ, {true, LINE_S, ACTION_SHARED}, {{0, STORE}, {1, LOAD}}}, "shadow_delivers");
}

Test(shadow, a_modified_copy_that_becomes_shared_without_an_update_leaves_memory_stale)
{
    check((struct fault){LINE_M, STIMULUS_SNOOP_READ, {true, LINE_S, ACTION_SHARED | ACTION_SUPPLY}, {{0, STORE}, {1, LOAD}}},
          "shadow_end");
}

Test(shadow, a_line_that_was_written_in_E_counts_as_written)
{
    check((struct fault){LINE_M, STIMULUS_SNOOP_READ, {true, LINE_S, ACTION_SHARED}, {{0, LOAD}, {0, HIT}, {1, LOAD}}},
          "shadow_delivers");
}

Test(shadow, what_went_from_owner_to_owner_is_still_not_in_memory)
{
    check(
        (struct fault){LINE_M, STIMULUS_SNOOP_READ, {true, LINE_S, ACTION_SHARED}, {{0, STORE}, {1, STORE}, {2, STORE}, {0, LOAD}}},
        "shadow_delivers");
}

Test(shadow, a_modified_copy_that_does_not_supply_on_BusRdX_leaves_the_new_owner_with_what_memory_has)
{
    check((struct fault){LINE_M, STIMULUS_SNOOP_READ_X, {true, LINE_I, ACTION_NONE}, {{0, STORE}, {1, STORE}}}, "shadow_delivers");
}

Test(shadow, a_modified_copy_that_does_not_supply_a_device_leaves_it_with_what_memory_has)
{
    check((struct fault){LINE_M, STIMULUS_SNOOP_DMA_READ, {true, LINE_M, ACTION_NONE}, {{0, STORE}, {0, DMA_LOAD}}},
          "shadow_delivers");
}

Test(shadow, a_modified_copy_that_a_device_writes_over_without_an_update_is_lost)
{
    check((struct fault){LINE_M, STIMULUS_SNOOP_DMA_WRITE, {true, LINE_I, ACTION_NONE}, {{0, STORE}, {0, DMA_STORE}}},
          "shadow_end");
}

Test(shadow, a_modified_copy_that_makes_room_without_a_write_back_is_lost)
{
    check((struct fault){LINE_M, STIMULUS_EVICT, {true, LINE_I, ACTION_NONE}, {{0, LOAD}, {0, HIT}, {0, EVICT}}}, "shadow_begin");
}

Test(shadow, a_copy_that_a_device_s_write_does_not_take_away_is_found_stale)
{
    check(
        (struct fault){
            LINE_S, STIMULUS_SNOOP_DMA_WRITE, {true, LINE_S, ACTION_NONE}, {{0, LOAD}, {1, LOAD}, {0, DMA_STORE}, {2, LOAD}}},
        "shadow_begin");
    check((struct fault){LINE_E, STIMULUS_SNOOP_DMA_WRITE, {true, LINE_E, ACTION_NONE}, {{0, LOAD}, {0, DMA_STORE}, {1, LOAD}}},
          "shadow_begin");
}

Test(shadow, a_BusRdX_that_leaves_a_copy_leaves_two_who_think_that_they_have_the_line)
{
    check((struct fault){LINE_S, STIMULUS_SNOOP_READ_X, {true, LINE_S, ACTION_NONE}, {{0, LOAD}, {1, LOAD}, {2, STORE}}},
          "caches_check_line");
}

Test(shadow, a_BusUpgr_that_leaves_a_copy_leaves_two_who_think_that_they_have_the_line)
{
    check((struct fault){LINE_S, STIMULUS_SNOOP_UPGRADE, {true, LINE_S, ACTION_NONE}, {{0, LOAD}, {1, LOAD}, {0, STORE}}},
          "caches_check_line");
}

/* ---- the rows are right, and somebody does not keep to them ---- */

#ifndef NDEBUG
#define NO_FAULT                                                                                                                   \
    LINE_S, STIMULUS_LOAD,                                                                                                         \
    {                                                                                                                              \
        true, LINE_S, ACTION_HIT                                                                                                   \
    }

Test(shadow, a_store_past_a_shared_copy_is_found_without_a_transaction)
{
    cr_expect(not(run(&(struct fault){NO_FAULT, {{0, LOAD}, {1, LOAD}, {2, ROGUE}}}, false)));
    cr_expect(not(run(&(struct fault){NO_FAULT, {{0, LOAD}, {1, ROGUE}}}, false)));
}

Test(shadow, a_store_past_a_shared_copy_is_found_at_the_next_transaction)
{
    abort_check(run_faulty, &(struct fault){NO_FAULT, {{0, LOAD}, {1, LOAD}, {2, ROGUE}, {2, LOAD}}}, "shadow_begin");
    abort_check(run_faulty, &(struct fault){NO_FAULT, {{0, LOAD}, {1, LOAD}, {2, ROGUE}, {0, STORE}}}, "shadow_begin");
    abort_check(run_faulty, &(struct fault){NO_FAULT, {{0, LOAD}, {0, ROGUE}, {0, DMA_LOAD}}}, "shadow_begin");
}

Test(shadow, a_store_past_a_copy_is_found_when_the_copy_makes_room)
{
    abort_check(run_faulty, &(struct fault){NO_FAULT, {{0, LOAD}, {0, ROGUE}, {0, DISPLACE}}}, "shadow_leaves");
}

static bool nothing_holds(void *context, uint32_t line)
{
    return false;
}

static void ask_a_doubtful_client(void *unused)
{
    struct emu_config config = world_config(1);
    struct world *w = world_create(&config, 1);
    struct bus_client client = {.context = w, .holds = nothing_holds};
    bus_destroy(w->bus);
    queue_destroy(w->queue);
    w->queue = queue_create();
    w->bus = bus_create(&config, 1, w->queue, &w->caches, &w->reservations, &coherence_mesi, &client);
    ask(w, 0, BUS_WANT_READ, LINE, 0);
}

Test(shadow, the_client_is_asked_after_a_transaction)
{
    abort_check(ask_a_doubtful_client, NULL, "snoop_client_holds");
}
#endif

/* ---- nothing is wrong ---- */

Test(shadow, what_a_silent_eviction_and_a_write_back_leave_is_what_comes_back)
{
    static const struct fault right = {
        LINE_S, STIMULUS_LOAD, {true, LINE_S, ACTION_HIT}, {{0, STORE}, {0, EVICT}, {1, LOAD}, {1, DISPLACE}, {2, LOAD}, {2, HIT}}};
    cr_expect(run(&right, false));
}
