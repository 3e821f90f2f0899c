/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bus's times by hand: slots, effects, data, busy lines, arbiters, hold windows; withdrawals and draining; what of it is state.
 * With the default costs a slot's effect is 12 cycles later, memory's data takes 40 + 4 cycles more, another cache's 8 + 4.
 */
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/state_check.h>

enum { LINE = 5, PORTS_MAX = 6 };

struct expected {
    unsigned port;
    enum bus_kind kind;
    uint64_t effect, done;
};

static void check_log(const struct world *w, const struct expected *rows, unsigned count, const char *name)
{
    cr_expect(eq(uint, w->grants, count), "%s", name);
    for (unsigned i = 0; i < count && i < w->grants; i++) {
        cr_expect(eq(uint, w->log[i].port, rows[i].port), "%s, grant %u", name, i);
        cr_expect(eq(uint, w->log[i].is.kind, rows[i].kind), "%s, grant %u", name, i);
        cr_expect(eq(u64, w->log[i].is.effect, rows[i].effect), "%s, grant %u", name, i);
        cr_expect(eq(u64, w->log[i].is.done, rows[i].done), "%s, grant %u", name, i);
    }
}

Test(bus, each_kind_takes_its_time_when_nobody_else_is_there)
{
    static const struct {
        const char *name;
        unsigned port; /* 3: a device */
        enum bus_want want;
        enum line_state own, other;
        enum bus_kind kind;
        uint64_t effect, done;
    } rows[] = {
        {"BusRd from memory", 0, BUS_WANT_READ, LINE_I, LINE_I, BUS_READ, 112, 156},
        {"BusRd of a shared line", 0, BUS_WANT_READ, LINE_I, LINE_S, BUS_READ, 112, 156},
        {"BusRd from a cache", 0, BUS_WANT_READ, LINE_I, LINE_M, BUS_READ, 112, 124},
        {"BusRdX from memory", 0, BUS_WANT_OWN, LINE_I, LINE_I, BUS_READ_X, 112, 156},
        {"BusRdX from a cache", 0, BUS_WANT_OWN, LINE_I, LINE_E, BUS_READ_X, 112, 124},
        {"BusUpgr", 0, BUS_WANT_OWN, LINE_S, LINE_S, BUS_UPGRADE, 112, 112},
        {"WriteBack", 0, BUS_WANT_EVICT, LINE_M, LINE_I, BUS_WRITE_BACK, 112, 112},
        {"nothing", 0, BUS_WANT_READ, LINE_S, LINE_I, BUS_NOTHING, 112, 112},
        {"DevRd", 0, BUS_WANT_DEVICE_READ, LINE_I, LINE_I, BUS_DEVICE_READ, 112, 120},
        {"DevWr", 0, BUS_WANT_DEVICE_WRITE, LINE_I, LINE_I, BUS_DEVICE_WRITE, 112, 120},
        {"DmaRd from memory", 3, BUS_WANT_DMA_READ, LINE_I, LINE_I, BUS_DMA_READ, 112, 156},
        {"DmaRd from a cache", 3, BUS_WANT_DMA_READ, LINE_M, LINE_I, BUS_DMA_READ, 112, 124},
        {"DmaWr", 3, BUS_WANT_DMA_WRITE, LINE_M, LINE_I, BUS_DMA_WRITE, 112, 116},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned kind = EMU_BUS_SPLIT; kind <= EMU_BUS_ATOMIC; kind++) {
            struct emu_config config = world_config(3);
            config.bus.kind = kind;
            struct world *w = world_create(&config, 4);
            if (rows[i].own != LINE_I)
                world_put(w, 0, LINE, rows[i].own);
            if (rows[i].other != LINE_I)
                world_put(w, 2, LINE, rows[i].other);
            world_request(w, rows[i].port, rows[i].want, LINE, 100);
            cr_expect(eq(u64, queue_next(w->queue), 112));
            world_run(w, QUEUE_NEVER);
            check_log(w, &(struct expected){rows[i].port, rows[i].kind, rows[i].effect, rows[i].done}, 1, rows[i].name);
            world_destroy(w);
        }
}

struct ask {
    unsigned port;
    enum bus_want want;
    uint32_t line;
    uint64_t cycle;
};

/* Requests of several ports and what becomes of them. Port 4 is a device's; hart 3 has line 9 modified and line 10 shared. */
static const struct contended {
    const char *name;
    unsigned kind, arbiter;
    struct ask asks[PORTS_MAX];
    struct expected grants[PORTS_MAX];
} contended[] = {
    {"slots every 2 cycles, data one after the other", EMU_BUS_SPLIT, EMU_ARBITER_ROUND_ROBIN,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_READ, 2, 100}, {2, BUS_WANT_READ, 3, 100}, {3, BUS_WANT_READ, 4, 100}},
     {{0, BUS_READ, 112, 156}, {1, BUS_READ, 114, 160}, {2, BUS_READ, 116, 164}, {3, BUS_READ, 118, 168}}},
    {"atomic: one after the other", EMU_BUS_ATOMIC, EMU_ARBITER_ROUND_ROBIN,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_READ, 2, 100}, {2, BUS_WANT_DEVICE_READ, 0, 100}},
     {{0, BUS_READ, 112, 156}, {1, BUS_READ, 168, 212}, {2, BUS_DEVICE_READ, 224, 232}}},
    {"atomic: a WriteBack keeps the bus until its last beat", EMU_BUS_ATOMIC, EMU_ARBITER_FIXED,
     {{3, BUS_WANT_EVICT, 9, 100}, {0, BUS_WANT_DEVICE_READ, 0, 101}},
     {{3, BUS_WRITE_BACK, 112, 112}, {0, BUS_DEVICE_READ, 128, 136}}},
    {"one line: the next when the last has its data", EMU_BUS_SPLIT, EMU_ARBITER_ROUND_ROBIN,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_READ, 1, 100}, {2, BUS_WANT_READ, 1, 100}, {4, BUS_WANT_DMA_READ, 7, 101}},
     {{0, BUS_READ, 112, 156}, {4, BUS_DMA_READ, 114, 160}, {1, BUS_READ, 168, 180}, {2, BUS_READ, 192, 236}}},
    {"a WriteBack whose line was taken meanwhile is none", EMU_BUS_SPLIT, EMU_ARBITER_ROUND_ROBIN,
     {{3, BUS_WANT_EVICT, 9, 100}, {0, BUS_WANT_READ, 9, 100}},
     {{0, BUS_READ, 112, 124}, {3, BUS_NOTHING, 136, 136}}},
    {"behind a WriteBack memory has the data", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{3, BUS_WANT_EVICT, 9, 100}, {0, BUS_WANT_READ, 9, 101}},
     {{3, BUS_WRITE_BACK, 112, 112}, {0, BUS_READ, 128, 172}}},
    {"an upgrade is done at its effect", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{3, BUS_WANT_OWN, 10, 100}, {0, BUS_WANT_READ, 10, 101}},
     {{3, BUS_UPGRADE, 112, 112}, {0, BUS_READ, 124, 136}}},
    {"what comes from a cache overtakes what comes from memory", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_READ, 9, 100}},
     {{0, BUS_READ, 112, 156}, {1, BUS_READ, 114, 126}}},
    {"data waits for the gap behind what was given away", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_DEVICE_READ, 0, 133}, {2, BUS_WANT_DEVICE_READ, 0, 100}},
     {{0, BUS_READ, 112, 156}, {2, BUS_DEVICE_READ, 114, 122}, {1, BUS_DEVICE_READ, 145, 157}}},
    {"a gap that is too short is passed over", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_READ, 9, 130}},
     {{0, BUS_READ, 112, 156}, {1, BUS_READ, 142, 160}}},
    {"a gap that is just long enough is taken", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_READ, 9, 128}},
     {{0, BUS_READ, 112, 156}, {1, BUS_READ, 140, 152}}},
    {"a beat waits for what was given away", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{0, BUS_WANT_DEVICE_READ, 0, 100}, {1, BUS_WANT_READ, 9, 96}},
     {{1, BUS_READ, 108, 120}, {0, BUS_DEVICE_READ, 112, 121}}},
    {"a beat goes into a gap before what was given away", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{0, BUS_WANT_READ, 1, 100}, {1, BUS_WANT_DEVICE_READ, 0, 132}},
     {{0, BUS_READ, 112, 156}, {1, BUS_DEVICE_READ, 144, 152}}},
    {"fixed: the lowest port first", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{3, BUS_WANT_DEVICE_READ, 0, 90}, {2, BUS_WANT_DEVICE_READ, 0, 91}, {1, BUS_WANT_DEVICE_READ, 0, 92}, {0, BUS_WANT_DEVICE_READ, 0, 92}},
     {{3, BUS_DEVICE_READ, 102, 110}, {0, BUS_DEVICE_READ, 104, 112}, {1, BUS_DEVICE_READ, 106, 114}, {2, BUS_DEVICE_READ, 108, 116}}},
    {"round-robin: on from the last", EMU_BUS_SPLIT, EMU_ARBITER_ROUND_ROBIN,
     {{1, BUS_WANT_DEVICE_READ, 0, 90}, {0, BUS_WANT_DEVICE_READ, 0, 91}, {3, BUS_WANT_DEVICE_READ, 0, 92}, {2, BUS_WANT_DEVICE_READ, 0, 92}},
     {{1, BUS_DEVICE_READ, 102, 110}, {2, BUS_DEVICE_READ, 104, 112}, {3, BUS_DEVICE_READ, 106, 114}, {0, BUS_DEVICE_READ, 108, 116}}},
    {"oldest: by cycle, equal ones on from the last", EMU_BUS_SPLIT, EMU_ARBITER_OLDEST,
     {{2, BUS_WANT_DEVICE_READ, 0, 90}, {1, BUS_WANT_DEVICE_READ, 0, 92}, {3, BUS_WANT_DEVICE_READ, 0, 92}, {0, BUS_WANT_DEVICE_READ, 0, 91}},
     {{2, BUS_DEVICE_READ, 102, 110}, {0, BUS_DEVICE_READ, 104, 112}, {1, BUS_DEVICE_READ, 106, 114}, {3, BUS_DEVICE_READ, 108, 116}}},
    {"an upgrade whose line was lost meanwhile becomes a BusRdX", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{3, BUS_WANT_OWN, 10, 100}, {0, BUS_WANT_OWN, 10, 100}},
     {{0, BUS_READ_X, 112, 156}, {3, BUS_READ_X, 168, 180}}},
    {"what needs no transaction leaves its slot to the next", EMU_BUS_SPLIT, EMU_ARBITER_FIXED,
     {{3, BUS_WANT_READ, 10, 100}, {4, BUS_WANT_DMA_WRITE, 2, 100}},
     {{3, BUS_NOTHING, 112, 112}, {4, BUS_DMA_WRITE, 112, 116}}},
};

Test(bus, contended_requests_get_their_slots_and_data_in_order)
{
    for (size_t i = 0; i < sizeof contended / sizeof contended[0]; i++) {
        const struct contended *row = &contended[i];
        struct emu_config config = world_config(4);
        config.bus.kind = row->kind;
        config.bus.arbiter = row->arbiter;
        struct world *w = world_create(&config, 5);
        unsigned count = 0;
        world_put(w, 6, 9, LINE_M);
        world_put(w, 6, 10, LINE_S);
        for (; count < PORTS_MAX && row->asks[count].cycle; count++)
            world_request(w, row->asks[count].port, row->asks[count].want, row->asks[count].line, row->asks[count].cycle);
        world_run(w, QUEUE_NEVER);
        check_log(w, row->grants, count, row->name);
        world_destroy(w);
    }
}

/* ---- fairness ---- */

static void ask_again(struct world *w, unsigned port, const struct bus_grant *grant)
{
    if (w->grants < 900)
        world_request(w, port, BUS_WANT_DEVICE_READ, 0, grant->done);
}

static unsigned longest_wait(unsigned arbiter, unsigned ports)
{
    struct emu_config config = world_config(ports);
    unsigned last[8] = {0}, longest = 0;
    config.bus.kind = EMU_BUS_ATOMIC;
    config.bus.arbiter = arbiter;
    struct world *w = world_create(&config, ports);
    w->answer = ask_again;
    for (unsigned port = 0; port < ports; port++)
        world_request(w, port, BUS_WANT_DEVICE_READ, 0, 0);
    world_run(w, QUEUE_NEVER);
    for (unsigned i = 0; i < 900; i++) {
        for (unsigned port = 0; port < ports; port++)
            longest = i - last[port] > longest ? i - last[port] : longest;
        last[w->log[i].port] = i;
    }
    world_destroy(w);
    return longest;
}

Test(bus, round_robin_and_oldest_first_keep_nobody_waiting_for_more_than_the_others_and_fixed_priority_does)
{
    for (unsigned ports = 2; ports <= 8; ports++) {
        cr_expect(le(uint, longest_wait(EMU_ARBITER_ROUND_ROBIN, ports), ports));
        cr_expect(le(uint, longest_wait(EMU_ARBITER_OLDEST, ports), ports));
        cr_expect(eq(uint, longest_wait(EMU_ARBITER_FIXED, ports), 899), "the lowest port has it all");
        cr_expect(lt(uint, longest_wait(EMU_ARBITER_RANDOM, ports), 200));
    }
}

Test(bus, a_seed_chooses_who_begins_and_the_plain_schedule_begins_with_port_0)
{
    unsigned begun = 0;
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct emu_config config = world_config(4);
        config.seed = seed;
        struct world *w = world_create(&config, 4);
        for (unsigned port = 0; port < 4; port++)
            world_request(w, port, BUS_WANT_DEVICE_READ, 0, 10);
        world_run(w, QUEUE_NEVER);
        cr_expect(seed || w->log[0].port == 0);
        begun |= 1u << w->log[0].port;
        world_destroy(w);
    }
    cr_expect(eq(uint, begun, 15));
}

/* ---- hold windows ---- */

static void reserve_when_granted(struct world *w, unsigned port, const struct bus_grant *grant)
{
    if (port == 0)
        world_reserve(w, 0, LINE, 0);
}

static struct world *hold_world(unsigned hold_cycles)
{
    struct emu_config config = world_config(3);
    config.reservation.hold_cycles = hold_cycles;
    struct world *w = world_create(&config, 4);
    struct bus_request request = world_ask(w, 0, BUS_WANT_OWN, LINE, 100);
    request.is_load_reserved = true;
    w->answer = reserve_when_granted;
    bus_request(w->bus, 0, &request);
    return w;
}

/* The load-reserved is done at 156, its window ends at 220. */
Test(bus, a_hold_window_refuses_others_until_it_ends_or_the_reservation_does)
{
    static const struct {
        const char *name;
        unsigned hold_cycles;
        enum bus_want want;
        unsigned port;
        uint64_t ends; /* the reservation, by itself; 0: not */
        uint64_t effect;
        unsigned refused;
    } rows[] = {
        {"BusRd", 64, BUS_WANT_READ, 1, 0, 228, 5},
        {"BusRdX", 64, BUS_WANT_OWN, 1, 0, 228, 5},
        {"DmaRd", 64, BUS_WANT_DMA_READ, 3, 0, 228, 5},
        {"DmaWr", 64, BUS_WANT_DMA_WRITE, 3, 0, 228, 5},
        {"ended at 190", 64, BUS_WANT_READ, 1, 190, 192, 2},
        {"window until 168", 12, BUS_WANT_READ, 1, 0, 168, 0},
        {"window until 169", 13, BUS_WANT_READ, 1, 0, 180, 1},
        {"no window", 0, BUS_WANT_READ, 1, 0, 168, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = hold_world(rows[i].hold_cycles);
        world_request(w, rows[i].port, rows[i].want, LINE, 110);
        if (rows[i].ends) {
            world_run(w, rows[i].ends);
            reservation_end(&w->reservations, 0, EMU_REASON_OWN_SC, 0);
        }
        world_run(w, QUEUE_NEVER);
        cr_expect(eq(uint, w->grants, 2), "%s", rows[i].name);
        cr_expect(eq(u64, w->log[1].is.effect, rows[i].effect), "%s", rows[i].name);
        cr_expect(eq(u64, bus_counts(w->bus)->refused, rows[i].refused), "%s", rows[i].name);
        world_destroy(w);
    }
}

Test(bus, a_hold_window_refuses_neither_its_holder_nor_other_lines)
{
    struct world *w = hold_world(64);
    world_run(w, 112);
    world_request(w, 0, BUS_WANT_EVICT, LINE, 156);
    world_request(w, 1, BUS_WANT_READ, LINE + 1, 156);
    world_run(w, QUEUE_NEVER);
    cr_expect(eq(uint, w->log[1].is.kind, BUS_READ)); /* round-robin: behind port 0 */
    cr_expect(eq(uint, w->log[2].is.kind, BUS_WRITE_BACK));
    cr_expect(eq(u64, bus_counts(w->bus)->refused, 0));
    world_destroy(w);
}

/* ---- reservations ---- */

Test(bus, a_load_reserved_that_owns_ends_others_reservations_of_the_granule_for_one_reason)
{
    for (unsigned offset = 0; offset < 64; offset += 8) {
        struct world *w = hold_world(64);
        world_reserve(w, 1, LINE, offset);
        world_run(w, 112);
        cr_expect(eq(uint, w->reservations.of[1].lost, EMU_REASON_EXCLUSIVE));
        world_destroy(w);
    }
}

/* Hart 1 reserves bytes 32 to 39, hart 0 stores to byte 0: with small granules the reservation outlives the copy. */
Test(bus, stores_beside_a_reservation_are_announced_for_as_long_as_it_lasts)
{
    struct emu_config config = world_config(3);
    config.reservation.granule_bytes = 8;
    struct world *w = world_create(&config, 4);
    uint32_t slot = world_put(w, 0, LINE, LINE_S);
    world_put(w, 2, LINE, LINE_S);
    world_reserve(w, 1, LINE, 32);
    world_request(w, 0, BUS_WANT_OWN, LINE, 100);
    world_run(w, QUEUE_NEVER);
    cr_expect(w->caches.slot[slot].watched);
    world_request(w, 0, BUS_WANT_OWN, LINE, 200);
    world_run(w, QUEUE_NEVER);
    cr_expect(eq(uint, w->log[1].is.kind, BUS_UPGRADE));
    cr_expect(w->caches.slot[slot].watched);
    world_request(w, 3, BUS_WANT_DMA_READ, LINE, 300); /* M to E */
    world_run(w, QUEUE_NEVER);
    cr_expect(w->caches.slot[slot].watched);
    struct bus_request request = world_ask(w, 0, BUS_WANT_OWN, LINE, 400);
    request.offset = 32;
    bus_request(w->bus, 0, &request);
    world_run(w, QUEUE_NEVER);
    cr_expect(eq(uint, w->log[3].is.kind, BUS_UPGRADE));
    cr_expect(eq(uint, w->caches.slot[slot].state, LINE_M));
    cr_expect(eq(uint, w->reservations.of[1].lost, EMU_REASON_STORE));
    cr_expect(not(w->caches.slot[slot].watched));
    world_destroy(w);
}

Test(bus, a_line_read_alone_while_someone_without_a_copy_reserves_it_is_watched)
{
    struct emu_config config = world_config(2);
    config.reservation.granule_bytes = 8;
    struct world *w = world_create(&config, 2);
    world_reserve(w, 1, LINE, 32);
    world_request(w, 0, BUS_WANT_READ, LINE, 100);
    world_run(w, QUEUE_NEVER);
    const struct cache_slot *slot = &w->caches.slot[w->log[0].is.slot];
    cr_expect(eq(uint, slot->state, LINE_E));
    cr_expect(slot->watched);
    world_destroy(w);
}

Test(bus, a_fill_that_needs_room_evicts_and_ends_the_reservation_there)
{
    struct emu_config config = world_config(1);
    struct world *w = world_create(&config, 1);
    uint32_t slot = world_put(w, 0, LINE, LINE_E);
    world_put(w, 0, LINE + 4, LINE_S); /* 4 sets of 2 */
    world_reserve(w, 0, LINE, 8);
    world_request(w, 0, BUS_WANT_READ, LINE + 8, 100);
    world_run(w, QUEUE_NEVER);
    cr_expect(eq(uint, w->reservations.of[0].lost, EMU_REASON_EVICTION));
    cr_expect(eq(u32, w->log[0].is.slot, slot));
    cr_expect(eq(uint, w->lowerings, 1));
    cr_expect(eq(u32, w->lowered[0], slot));
    cr_expect(eq(uint, w->lowered_to[0], LINE_I));
    world_destroy(w);
}

/* ---- withdrawing, draining, reset ---- */

Test(bus, a_request_that_was_withdrawn_was_never_made)
{
    for (unsigned early = 0; early < 2; early++) {
        struct emu_config config = world_config(4);
        struct world *a = world_create(&config, 4), *b = world_create(&config, 4);
        for (unsigned port = 0; port < 3; port++) {
            world_request(a, port, BUS_WANT_READ, LINE, 100 + port);
            world_request(b, port, BUS_WANT_READ, LINE, 100 + port);
        }
        world_request(b, 3, BUS_WANT_READ, early ? LINE : LINE + 1, early ? 100 : 500);
        world_run(a, 112);
        world_run(b, 112);
        cr_expect(ne(u64, world_hash(a), world_hash(b)));
        bus_withdraw(b->bus, 3);
        cr_expect(not(bus_is_pending(b->bus, 3)));
        cr_expect(eq(u64, world_hash(a), world_hash(b)));
        cr_expect(eq(u64, queue_next(a->queue), queue_next(b->queue)));
        bus_withdraw(b->bus, 3); /* no harm */
        cr_expect(eq(u64, bus_counts(b->bus)->withdrawn, 1));
        world_destroy(a);
        world_destroy(b);
    }
}

static void withdraw_loser(struct world *w, unsigned agent)
{
    bus_withdraw(w->bus, agent);
}

Test(bus, who_loses_its_reservation_while_it_waits_withdraws_and_there_is_no_transaction)
{
    struct emu_config config = world_config(3);
    struct world *w = world_create(&config, 3);
    w->lose = withdraw_loser;
    for (unsigned hart = 0; hart < 3; hart++) {
        world_put(w, 2 * hart, LINE, LINE_S);
        world_reserve(w, hart, LINE, 0);
        world_request(w, hart, BUS_WANT_OWN, LINE, 100);
    }
    world_run(w, QUEUE_NEVER);
    check_log(w, &(struct expected){0, BUS_UPGRADE, 112, 112}, 1, "one wins");
    cr_expect(eq(uint, w->losses, 2));
    cr_expect(eq(u64, bus_counts(w->bus)->withdrawn, 2));
    world_destroy(w);
}

static void read_after_eviction(struct world *w, unsigned port, const struct bus_grant *grant)
{
    if (grant->kind == BUS_WRITE_BACK)
        world_request(w, port, BUS_WANT_READ, LINE + 8, grant->done);
}

Test(bus, draining_grants_all_at_once_and_what_is_asked_for_in_answer)
{
    struct emu_config config = world_config(4);
    struct world *w = world_create(&config, 5);
    uint64_t idle = world_hash(w);
    w->answer = read_after_eviction;
    world_put(w, 6, LINE, LINE_M);
    world_request(w, 3, BUS_WANT_EVICT, LINE, 100);
    world_request(w, 0, BUS_WANT_READ, 1, 100);
    world_request(w, 1, BUS_WANT_READ, 1, 100);
    world_request(w, 2, BUS_WANT_READ, 1, 900);
    world_run(w, 112);
    struct bus_counts before = *bus_counts(w->bus);
    bus_drain(w->bus, 113);
    static const struct expected rows[] = {{0, BUS_READ, 112, 156}, {1, BUS_READ, 113, 113}, {2, BUS_READ, 113, 113},
                                           {3, BUS_WRITE_BACK, 113, 113}, {3, BUS_READ, 113, 113}};
    check_log(w, rows, 5, "drained");
    cr_expect(eq(u64, queue_next(w->queue), QUEUE_NEVER));
    cr_expect(eq(u64, bus_counts(w->bus)->transactions[BUS_READ], before.transactions[BUS_READ]));
    world_request(w, 0, BUS_WANT_READ, LINE, 113); /* no line is busy, no data on its way */
    world_run(w, QUEUE_NEVER);
    cr_expect(eq(u64, w->log[5].is.done, 113 + 56));
    bus_reset(w->bus);
    cr_expect(eq(u64, world_hash(w), idle));
    world_destroy(w);
}

/* ---- more lines in flight than the table has room for at first ---- */

Test(bus, a_storm_of_write_backs_keeps_every_line_busy_until_its_beats)
{
    enum { DIRTY = 600 };
    struct emu_config config = world_config(1);
    config.bus.beat_bytes = 1; /* 64 cycles a line */
    config.l1d = (struct emu_cache_config){65536, 1, EMU_FIFO};
    struct world *w = world_create(&config, 2);
    for (uint32_t line = 0; line < DIRTY; line++)
        world_put(w, 0, line, LINE_M);
    for (uint32_t line = 0; line < DIRTY; line++) {
        world_request(w, 0, BUS_WANT_EVICT, line, 12 * line);
        world_run(w, QUEUE_NEVER);
        cr_assert(eq(u64, w->log[line].is.effect, 12 * (line + 1)));
    }
    for (uint32_t line = DIRTY / 4; line < DIRTY; line++) { /* line n's last beat ends at 12 + 64 * (n + 1) */
        world_request(w, 1, BUS_WANT_DMA_WRITE, line, 12 * DIRTY);
        cr_assert(eq(u64, queue_next(w->queue), 12 + 64 * (line + 1) + 12), "line %u", line);
        bus_withdraw(w->bus, 1);
    }
    world_destroy(w);
}

/* ---- counts ---- */

Test(bus, cycles_and_kinds_are_counted)
{
    static const uint64_t busy[2][2] = {{3 * 2, 4 + 4 + 1}, {56 + 56 + 20, 56 + 56 + 20}}; /* address, data; split, atomic */
    for (unsigned kind = EMU_BUS_SPLIT; kind <= EMU_BUS_ATOMIC; kind++) {
        struct emu_config config = world_config(4);
        config.bus.kind = kind;
        struct world *w = world_create(&config, 4);
        world_request(w, 0, BUS_WANT_READ, 1, 100);
        world_request(w, 1, BUS_WANT_OWN, 2, 100);
        world_request(w, 2, BUS_WANT_DEVICE_WRITE, 0, 100);
        world_run(w, QUEUE_NEVER);
        const struct bus_counts *counts = bus_counts(w->bus);
        cr_expect(eq(u64, counts->transactions[BUS_READ], 1));
        cr_expect(eq(u64, counts->transactions[BUS_READ_X], 1));
        cr_expect(eq(u64, counts->transactions[BUS_DEVICE_WRITE], 1));
        cr_expect(eq(u64, counts->from_memory, 2));
        cr_expect(eq(u64, counts->address_cycles, busy[kind][0]));
        cr_expect(eq(u64, counts->data_cycles, busy[kind][1]));
        cr_expect(eq(u64, bus_port_counts(w->bus, 2)->waited_cycles, kind == EMU_BUS_SPLIT ? 4 : 112));
        cr_expect(eq(u64, bus_port_counts(w->bus, 2)->data_cycles, 1));
        world_destroy(w);
    }
}

/* ---- state ---- */

static void state(struct state *s, void *object)
{
    bus_state(s, object);
}

/* Requests now, for later, refused and for a busy line; windows on the data bus; a hold. */
static struct world *busy_world(unsigned arbiter, bool is_reversed)
{
    struct emu_config config = world_config(6);
    config.bus.arbiter = arbiter;
    struct world *w = world_create(&config, 7);
    struct bus_request request = world_ask(w, 0, BUS_WANT_OWN, LINE, 100);
    request.is_load_reserved = true;
    w->answer = reserve_when_granted;
    for (unsigned i = 0; i < 7; i++) {
        unsigned port = is_reversed ? 6 - i : i;
        if (port == 0)
            bus_request(w->bus, 0, &request);
        else
            world_request(w, port, port == 6 ? BUS_WANT_DMA_WRITE : port == 5 ? BUS_WANT_DEVICE_READ : port == 4 ? BUS_WANT_OWN : BUS_WANT_READ,
                          port == 2 ? 64 : LINE, port == 2 ? 102 : port == 5 ? 600 : 170);
    }
    world_run(w, 182); /* one is refused already */
    return w;
}

Test(bus, every_field_of_its_state_is_hashed)
{
    for (unsigned arbiter = EMU_ARBITER_ROUND_ROBIN; arbiter <= EMU_ARBITER_RANDOM; arbiter++) {
        struct world *w = busy_world(arbiter, false);
        cr_expect(gt(u64, state_check_flips(state, w->bus), 24));
        world_destroy(w);
    }
}

Test(bus, equal_situations_are_equal_states_however_they_came_about)
{
    struct world *a = busy_world(EMU_ARBITER_OLDEST, false), *b = busy_world(EMU_ARBITER_OLDEST, true);
    cr_expect(eq(u64, world_hash(a), world_hash(b)));
    world_destroy(a);
    world_destroy(b);
}

Test(bus, busy_lines_are_hashed_in_one_order)
{
    struct emu_config config = world_config(6);
    config.bus.arbiter = EMU_ARBITER_FIXED;
    struct world *a = world_create(&config, 6), *b = world_create(&config, 6);
    for (unsigned port = 0; port < 6; port++) {
        world_request(a, port, BUS_WANT_READ, 40 - port, 0);
        world_request(b, 5 - port, BUS_WANT_READ, 40 - (5 - port), 0);
    }
    world_run(a, 20);
    world_run(b, 20);
    cr_expect(eq(uint, a->grants, 5));
    cr_expect(eq(u64, world_hash(a), world_hash(b)));
    world_destroy(a);
    world_destroy(b);
}

Test(bus, a_hold_window_is_state_while_it_can_matter)
{
    for (unsigned rest = 0; rest < 2; rest++) {
        uint64_t hash[2];
        for (unsigned hold = 0; hold < 2; hold++) {
            struct emu_config config = world_config(2);
            struct world *w = world_create(&config, 2);
            struct bus_request request = world_ask(w, 0, BUS_WANT_OWN, LINE, 100);
            request.is_load_reserved = hold;
            bus_request(w->bus, 0, &request);
            world_request(w, 1, BUS_WANT_DEVICE_READ, 0, rest ? 250 : 120);
            world_run(w, QUEUE_NEVER);
            hash[hold] = world_hash(w);
            world_destroy(w);
        }
        cr_expect(eq(int, hash[0] == hash[1], rest), "%u", rest);
    }
}

Test(bus, kinds_have_names)
{
    cr_expect(eq(str, (char *)bus_kind_name(BUS_READ), "BusRd"));
    cr_expect(eq(str, (char *)bus_kind_name(BUS_DMA_WRITE), "DmaWr"));
    cr_expect(eq(str, (char *)bus_kind_name(BUS_NOTHING), "?"));
}
