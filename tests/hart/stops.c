/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hash gate: where emu_run stops changes nothing, the same run comes out twice, and replaying inputs by position repeats it.
 * Every field of the saved state is seen by the hash.
 */
#include "../lib/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKLOADS = 5, EVENTS_MAX = 60000 };
static const unsigned hart_counts[] = {1, 4, 16};
#define EVERY_KIND ((UINT64_C(1) << EMU_EVENT_COUNT) - 1)

/* How to drive a run. */
enum drive { FREELY, AT_RANDOM, BY_STEPS, BY_CYCLES, OBSERVED };

struct outcome {
    uint64_t hash, cycles, steps, event_hash, event_count;
    enum emu_stop_kind stop;
};

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

static struct emu_config config_of(unsigned fidelity, unsigned harts, uint64_t seed)
{
    struct emu_config config = test_config();
    config.fidelity = fidelity;
    config.harts = harts;
    config.seed = seed;
    return config;
}

static struct emu_machine *create_as(struct emu_config config, unsigned workload)
{
    static uint8_t image[4096];
    FILE *file = fopen(TEST_STOPS_GUEST, "rb");
    cr_assert(file != NULL);
    size_t size = fread(image, 1, 0x800, file);
    fclose(file);
    memcpy(image + 0x800, &workload, 4);
    memcpy(image + 0x804, &config.harts, 4);
    cr_assert(size > 0);
    config.kernel = image;
    config.kernel_bytes = 0x808;
    struct emu_error error = {0};
    struct emu_machine *m = emu_machine_create(&config, &error);
    cr_assert(m != NULL, "%s", error.text);
    return m;
}

static struct emu_machine *create(unsigned fidelity, unsigned workload, unsigned harts, uint64_t seed)
{
    return create_as(config_of(fidelity, harts, seed), workload);
}

static void drain(struct emu_machine *m, struct outcome *outcome)
{
    struct emu_event events[256];
    size_t count;
    while ((count = emu_events_read(m, events, 256)) > 0) {
        outcome->event_count += count;
        for (size_t i = 0; i < count; i++) {
            const struct emu_event *e = &events[i];
            const uint64_t words[] = {e->cycle, e->a, e->b, e->pc, e->kind, e->hart, e->other};
            for (unsigned k = 0; k < sizeof words / sizeof words[0]; k++)
                outcome->event_hash = (outcome->event_hash ^ words[k]) * UINT64_C(0x9e3779b97f4a7c15) + 1;
        }
    }
}

static struct outcome drive(unsigned fidelity, unsigned workload, unsigned harts, uint64_t seed, enum drive how)
{
    struct outcome outcome = {0};
    struct emu_machine *m = create(fidelity, workload, harts, seed);
    uint64_t random = 42 + workload;
    if (how != FREELY)
        emu_events_select(m, EVERY_KIND);
    for (unsigned long n = 0; n < 3000000; n++) {
        struct emu_until until;
        emu_until_init(&until);
        if (how == AT_RANDOM) {
            if (next_random(&random) & 1)
                until.steps = emu_position(m).steps + 1 + next_random(&random) % 200;
            else
                until.cycle = emu_now(m) + 1 + next_random(&random) % 300;
        } else if (how == BY_STEPS) {
            until.steps = emu_position(m).steps + 1;
        } else if (how == BY_CYCLES) {
            until.cycle = emu_now(m) + 1;
        }
        struct emu_stop stop = emu_run(m, &until);
        drain(m, &outcome);
        outcome.stop = stop.kind;
        if (stop.kind != EMU_STOP_LIMIT && stop.kind != EMU_STOP_EVENTS_FULL)
            break;
        if (how == BY_CYCLES && stop.kind == EMU_STOP_LIMIT && emu_now(m) < until.cycle) /* idle: time stands until it may jump */
            break;
    }
    outcome.hash = emu_state_hash(m);
    outcome.cycles = emu_now(m);
    outcome.steps = emu_position(m).steps;
    emu_machine_destroy(m);
    return outcome;
}

static void expect_same(struct outcome a, struct outcome b, const char *where, const char *what)
{
    cr_expect(eq(int, a.stop, b.stop), "%s, %s: stop", where, what);
    cr_expect(ne(int, a.stop, EMU_STOP_LIMIT), "%s did not end", where);
    cr_expect(eq(u64, a.hash, b.hash), "%s, %s: hash", where, what);
    cr_expect(eq(u64, a.cycles, b.cycles), "%s, %s: cycles", where, what);
    cr_expect(eq(u64, a.steps, b.steps), "%s, %s: steps", where, what);
}

static void drive_every_way(unsigned fidelity, unsigned workload, unsigned harts, uint64_t seed)
{
    struct outcome plain = drive(fidelity, workload, harts, seed, FREELY), seen = drive(fidelity, workload, harts, seed, OBSERVED);
    struct outcome random = drive(fidelity, workload, harts, seed, AT_RANDOM),
                   steps = drive(fidelity, workload, harts, seed, BY_STEPS);
    char where[100];
    snprintf(where, sizeof where, "%s, workload %u on %u harts", fidelity == EMU_TIMED ? "timed" : "fast", workload, harts);
    expect_same(plain, drive(fidelity, workload, harts, seed, FREELY), where, "again");
    expect_same(plain, seen, where, "observed");
    expect_same(plain, random, where, "stopped at random");
    expect_same(plain, steps, where, "stepped");
    cr_expect(eq(u64, seen.event_hash, random.event_hash), "%s: events", where);
    cr_expect(eq(u64, seen.event_hash, steps.event_hash), "%s: events", where);
}

static void drive_all(unsigned fidelity)
{
    for (unsigned workload = 0; workload < WORKLOADS; workload++)
        for (unsigned i = 0; i < sizeof hart_counts / sizeof hart_counts[0]; i++)
            for (uint64_t seed = 0; seed < 2; seed++)
                drive_every_way(fidelity, workload, hart_counts[i], seed);
}

Test(stops, a_run_in_fast_fidelity_is_the_same_however_it_is_cut)
{
    drive_all(EMU_FAST);
}

Test(stops, a_run_in_timed_fidelity_is_the_same_however_it_is_cut)
{
    drive_all(EMU_TIMED);
}

Test(stops, a_seed_makes_another_schedule)
{
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++)
        cr_expect(ne(u64, drive(fidelity, 0, 4, 0, FREELY).hash, drive(fidelity, 0, 4, 7, FREELY).hash));
}

/* A console byte and a poke at some position: replayed there, everything is the same. */
static void replay_inputs(unsigned fidelity)
{
    for (uint64_t at = 50; at < 600; at += 47) {
        uint64_t hash[2];
        struct emu_position position = {0};
        emu_cycle cycle = 0;
        for (unsigned replay = 0; replay < 2; replay++) {
            struct emu_machine *m = create(fidelity, 1, 4, 0);
            struct emu_until until;
            struct emu_input poke = {.kind = EMU_INPUT_POKE, .hart = 8, .a = 0x80000880, .b = 1000};
            struct emu_input byte = {.kind = EMU_INPUT_CONSOLE_BYTE, .a = 'x'};
            emu_until_init(&until);
            if (replay)
                until.position = position;
            else
                until.steps = at;
            cr_assert(eq(int, emu_run(m, &until).kind, EMU_STOP_LIMIT));
            position = emu_position(m);
            struct emu_error error = {0};
            cr_assert(emu_input(m, &poke, replay ? cycle : 0, &cycle, &error), "%s", error.text);
            cr_assert(emu_input(m, &byte, 0, NULL, &error), "%s", error.text);
            emu_until_init(&until);
            cr_assert(eq(int, emu_run(m, &until).kind, EMU_STOP_FINISHED));
            hash[replay] = emu_state_hash(m);
            emu_machine_destroy(m);
        }
        cr_expect(eq(u64, hash[0], hash[1]), "input at step %llu", (unsigned long long)at);
    }
}

Test(stops, inputs_replayed_at_their_positions_repeat_the_run)
{
    replay_inputs(EMU_FAST);
    replay_inputs(EMU_TIMED);
}

static struct emu_machine *run_a_little(unsigned fidelity, unsigned workload)
{
    struct emu_config config = config_of(fidelity, 2, 0);
    config.l1i.bytes = config.l1d.bytes = 1024; /* few fields */
    struct emu_machine *m = create_as(config, workload);
    struct emu_until until;
    emu_until_init(&until);
    until.steps = 60;
    emu_run(m, &until);
    return m;
}

static void flip_every_field(unsigned fidelity, unsigned workload)
{
    bool more = true;
    for (uint64_t n = 0; more; n++) {
        char name[128];
        struct emu_machine *m = run_a_little(fidelity, workload);
        uint64_t before = emu_state_hash(m);
        more = emu_state_flip(m, n, name);
        if (more)
            cr_expect(ne(u64, emu_state_hash(m), before), "field %llu: %s", (unsigned long long)n, name);
        emu_machine_destroy(m);
    }
}

Test(stops, every_field_of_the_state_is_in_the_hash, .timeout = 100)
{
    static const unsigned workloads[] = {0, 2};
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++)
        for (unsigned w = 0; w < 2; w++)
            flip_every_field(fidelity, workloads[w]);
}
