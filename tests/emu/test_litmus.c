/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The memory model that harts on one bus give their guests is sequential consistency: each litmus shape shows every outcome that
 * some interleaving of its accesses has, and no other, in whatever way the accesses are made and wherever the words lie.
 */
#include "guest.h"
#include "litmus.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* Each combination has seeds of its own, one after the other until all allowed outcomes were seen; most need one or two, none more
 * than 40. */
enum { ROUNDS = 64, SEEDS_MOST = 100 };

static const struct litmus_shape shapes[] = {
    {"SB", {"Wx1 Ry", "Wy1 Rx"}},
    {"MP", {"Wx1 Wy1", "Ry Rx"}},
    {"LB", {"Rx Wy1", "Ry Wx1"}},
    {"S", {"Wx2 Wy1", "Ry Wx1"}},
    {"R", {"Wx1 Wy1", "Wy2 Rx"}},
    {"2+2W", {"Wx1 Wy2", "Wy1 Wx2"}},
    {"WRC", {"Wx1", "Rx Wy1", "Ry Rx"}},
    {"IRIW", {"Wx1", "Rx Ry", "Wy1", "Ry Rx"}},
    {"CoRR", {"Wx1", "Rx Rx"}},
    {"CoRR, two writers", {"Wx1", "Wx2", "Rx Rx"}},
    {"CoWW", {"Wx1 Wx2", "Rx Rx"}},
    {"CoRW1", {"Rx Wx1", "Rx"}},
    {"CoRW2", {"Rx Wx1", "Wx2"}},
    {"CoWR", {"Wx1 Rx", "Wx2"}},
};

/* How often an outcome is allowed, and one of the outcomes that must not be. */
static const struct {
    const char *name;
    unsigned allowed, forbidden;
} known[] = {
#define OUTCOME(a, b, c, d, x, y) ((a) | (b) << 2 | (c) << 4 | (d) << 6 | (x) << 8 | (y) << 10)
    {"SB", 3, OUTCOME(0, 0, 0, 0, 1, 1)},   {"MP", 3, OUTCOME(1, 0, 0, 0, 1, 1)},    {"LB", 3, OUTCOME(1, 1, 0, 0, 1, 1)},
    {"S", 3, OUTCOME(1, 0, 0, 0, 2, 1)},    {"R", 3, OUTCOME(0, 0, 0, 0, 1, 2)},     {"2+2W", 3, OUTCOME(0, 0, 0, 0, 1, 1)},
    {"WRC", 7, OUTCOME(1, 1, 0, 0, 1, 1)},  {"IRIW", 15, OUTCOME(1, 0, 1, 0, 1, 1)}, {"CoRR", 3, OUTCOME(1, 0, 0, 0, 1, 0)},
    {"CoWW", 6, OUTCOME(2, 1, 0, 0, 2, 0)}, {"CoRW1", 2, OUTCOME(1, 0, 0, 0, 1, 0)}, {"CoRW2", 3, OUTCOME(2, 0, 0, 0, 2, 0)},
    {"CoWR", 3, OUTCOME(2, 0, 0, 0, 1, 0)},
};

static const struct litmus_variant variants[] = {
    {"stores, loads", LITMUS_STORE, LITMUS_LOAD},     {"amoswap, amoor", LITMUS_SWAP, LITMUS_AMOOR},
    {"amoswap, lr", LITMUS_SWAP, LITMUS_LR},          {"lr and sc, loads", LITMUS_LR_SC, LITMUS_LOAD},
    {"lr and sc, amoor", LITMUS_LR_SC, LITMUS_AMOOR}, {"stores, lr", LITMUS_STORE, LITMUS_LR},
};

static const struct litmus_place places[] = {
    {"one line, from its start", 0, 8, 8},
    {"one line, neighbours within 8 bytes", 20, 24, 4},
    {"two lines, at their starts", 0, 64, 8},
    {"two lines, the end of one and the middle of the next", 60, 84, 4},
    {"two pages, one set of the cache", 40, 0x80000 + 40, 8},
};

/* The plain ones run everything, each of the others half of it, as on a chessboard. */
static const struct {
    const char *name;
    bool is_plain;
    unsigned fidelity, bus, arbiter, granule, fill, hold, l1d_bytes, l1d_ways;
} machines[] = {
    {"fast", true, EMU_FAST, .granule = 64},
    {"fast, granule 8", false, EMU_FAST, .granule = 8},
    {"timed", true, EMU_TIMED, .granule = 64},
    {"timed, atomic bus", false, EMU_TIMED, EMU_BUS_ATOMIC, .granule = 64},
    {"timed, fixed arbiter", false, EMU_TIMED, .arbiter = EMU_ARBITER_FIXED, .granule = 64},
    {"timed, oldest first", false, EMU_TIMED, .arbiter = EMU_ARBITER_OLDEST, .granule = 16},
    {"timed, random arbiter", false, EMU_TIMED, .arbiter = EMU_ARBITER_RANDOM, .granule = 32},
    {"timed, granule 4", false, EMU_TIMED, .granule = 4},
    {"timed, exclusive fill", false, EMU_TIMED, .granule = 64, .fill = EMU_FILL_EXCLUSIVE, .hold = 64},
    {"timed, exclusive fill, no hold, atomic bus, oldest first, granule 8", false, EMU_TIMED, EMU_BUS_ATOMIC, EMU_ARBITER_OLDEST, 8,
     EMU_FILL_EXCLUSIVE, 0},
    {"timed, two lines of data cache", false, EMU_TIMED, .granule = 64, .l1d_bytes = 128, .l1d_ways = 1},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0], PLACES = sizeof places / sizeof places[0] };
enum { MACHINES = sizeof machines / sizeof machines[0] };

static struct emu_config machine_config(unsigned number)
{
    struct emu_config config = guest_config(1);
    config.fidelity = machines[number].fidelity;
    config.bus.kind = machines[number].bus;
    config.bus.arbiter = machines[number].arbiter;
    config.reservation.granule_bytes = machines[number].granule;
    config.reservation.fill = machines[number].fill;
    config.reservation.hold_cycles = machines[number].hold;
    if (machines[number].l1d_bytes) {
        config.l1d.bytes = machines[number].l1d_bytes;
        config.l1d.ways = machines[number].l1d_ways;
    }
    return config;
}

static bool is_subset(const struct litmus_set *a, const struct litmus_set *b)
{
    for (unsigned outcome = 0; outcome < LITMUS_OUTCOMES; outcome++)
        if (a->has[outcome] && !b->has[outcome])
            return false;
    return true;
}

/* Fails the test for each outcome that is in `a` and not in `b`. */
static void expect_subset(const struct litmus_program *program, const struct litmus_set *a, const struct litmus_set *b,
                          const char *what, const struct litmus_variant *variant, unsigned place, unsigned machine, uint64_t seed)
{
    for (unsigned outcome = 0; outcome < LITMUS_OUTCOMES; outcome++) {
        char text[64];
        litmus_text(program, outcome, text);
        cr_expect(not(a->has[outcome] && !b->has[outcome]), "%s, %s, %s, %s, seed %lu: %s: %s", program->name, variant->name,
                  places[place].name, machines[machine].name, (unsigned long)seed, text, what);
    }
}

static void expect_exactly(const struct litmus_program *program, const struct litmus_set *allowed,
                           const struct litmus_variant *variant, unsigned place, unsigned machine)
{
    struct emu_config config = machine_config(machine);
    struct litmus_set seen = {{false}};
    uint64_t first = SEEDS_MOST * (machine * PLACES + place), seed = first;
    do {
        bool ok = litmus_run(program, variant, &places[place], &config, seed, ROUNDS, &seen);
        cr_assert(ok, "%s, %s, %s, %s, seed %lu: the guest went wrong", program->name, variant->name, places[place].name,
                  machines[machine].name, (unsigned long)seed);
        if (!is_subset(&seen, allowed)) {
            expect_subset(program, &seen, allowed, "not allowed", variant, place, machine, seed);
            return;
        }
        seed++;
    } while (seed < first + SEEDS_MOST && !is_subset(allowed, &seen));
    expect_subset(program, allowed, &seen, "never seen", variant, place, machine, seed);
}

static void expect_sequential_consistency(const struct litmus_variant *variant)
{
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        struct litmus_program program;
        struct litmus_set allowed;
        litmus_parse(&shapes[shape], &program);
        litmus_allowed(&program, &allowed);
        for (unsigned machine = 0; machine < MACHINES; machine++)
            for (unsigned place = 0; place < PLACES; place++)
                if (machines[machine].is_plain || (shape + (unsigned)(variant - variants) + machine + place) % 2)
                    expect_exactly(&program, &allowed, variant, place, machine);
    }
}

Test(litmus, what_interleaving_allows_is_what_is_known_of_the_shapes)
{
    for (unsigned shape = 0; shape < SHAPES; shape++)
        for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
            struct litmus_program program;
            struct litmus_set allowed;
            if (strcmp(known[i].name, shapes[shape].name) != 0)
                continue;
            litmus_parse(&shapes[shape], &program);
            litmus_allowed(&program, &allowed);
            cr_expect(eq(uint, litmus_count(&allowed), known[i].allowed), "%s", known[i].name);
            cr_expect(not(allowed.has[known[i].forbidden]), "%s", known[i].name);
        }
}

Test(litmus, plain_loads_and_stores_are_sequentially_consistent)
{
    expect_sequential_consistency(&variants[0]);
}

Test(litmus, amoswap_and_amoor_are_sequentially_consistent)
{
    expect_sequential_consistency(&variants[1]);
}

Test(litmus, amoswap_and_lr_are_sequentially_consistent)
{
    expect_sequential_consistency(&variants[2]);
}

Test(litmus, pairs_of_lr_and_sc_and_loads_are_sequentially_consistent)
{
    expect_sequential_consistency(&variants[3]);
}

Test(litmus, pairs_of_lr_and_sc_and_amoor_are_sequentially_consistent)
{
    expect_sequential_consistency(&variants[4]);
}

Test(litmus, stores_and_lr_are_sequentially_consistent)
{
    expect_sequential_consistency(&variants[5]);
}
