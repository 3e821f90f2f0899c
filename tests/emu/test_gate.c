/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hash gate: one guest in which harts do all that can make an order visible (load-reserved loops, atomics, plain races, traps,
 * timer and inter-processor interrupts, device accesses, code that rewrites itself) comes to the same state however the run is
 * cut into calls, watched or not, built by whichever compiler, translated or interpreted. The hashes in the table are of the
 * machine as it is defined now: a change of the machine changes them, on purpose and in the same commit; a change of anything
 * else must not.
 */
#include "gate_guest.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA = GATE_DATA, COUNTER = GATE_COUNTER, ATOMIC = GATE_ATOMIC, RACE = GATE_RACE, ROUNDS = GATE_ROUNDS, CYCLES = 4000000 };
static const struct row {
    unsigned fidelity, harts;
    uint64_t seed, hash;
} rows[] = {
#include "gate_hashes.def"
};
static const char *const fidelities[] = {[EMU_TIMED] = "timed", [EMU_FAST] = "fast"};

struct outcome {
    uint64_t hash, cycles, steps, events;
};

static struct outcome outcome(const struct emu_machine *machine)
{
    return (struct outcome){emu_state_hash(machine), emu_now(machine), emu_position(machine).steps, emu_position(machine).events};
}

static struct emu_machine *make_machine(const struct row *row)
{
    struct guest guest = gate_guest(row->fidelity, row->harts);
    struct emu_config config = guest_config(row->harts);
    config.fidelity = row->fidelity;
    config.seed = row->seed;
    return guest_machine(&guest, &config);
}

static struct outcome run_plain(const struct row *row)
{
    struct emu_machine *machine = make_machine(row);
    struct emu_stop stop = guest_run(machine, CYCLES);
    cr_assert(eq(int, stop.kind, EMU_STOP_FINISHED), "%u harts, seed %llu", row->harts, (unsigned long long)row->seed);
    struct outcome result = outcome(machine);
    emu_machine_destroy(machine);
    return result;
}

static void expect_same(const char *how, const struct row *row, struct outcome got, struct outcome want)
{
    cr_expect(eq(u64, got.cycles, want.cycles), "%s, %s, %u harts, seed %llu", how, fidelities[row->fidelity], row->harts, (unsigned long long)row->seed);
    cr_expect(eq(u64, got.steps, want.steps), "%s, %s, %u harts, seed %llu", how, fidelities[row->fidelity], row->harts, (unsigned long long)row->seed);
    cr_expect(eq(u64, got.events, want.events), "%s, %s, %u harts, seed %llu", how, fidelities[row->fidelity], row->harts, (unsigned long long)row->seed);
    cr_expect(eq(u64, got.hash, want.hash), "%s, %s, %u harts, seed %llu", how, fidelities[row->fidelity], row->harts, (unsigned long long)row->seed);
}

Test(gate, the_state_at_the_end_is_that_of_the_table_in_every_build)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome first = run_plain(&rows[i]), second = run_plain(&rows[i]);
        expect_same("run twice", &rows[i], second, first);
        cr_expect(eq(u64, first.hash, rows[i].hash), "the row should be {EMU_%s, %u, %llu, 0x%016llx},",
                  rows[i].fidelity == EMU_FAST ? "FAST" : "TIMED", rows[i].harts, (unsigned long long)rows[i].seed,
                  (unsigned long long)first.hash);
    }
}

static void check_guest(unsigned fidelity)
{
    const struct row row = {fidelity, 4, 0, 0};
    struct emu_machine *machine = make_machine(&row);
    struct emu_hart_stats stats;
    uint64_t failed = 0, interrupts = 0;
    guest_run(machine, CYCLES);
    cr_expect(eq(u64, guest_ram_u64(machine, DATA + COUNTER), 4 * ROUNDS));
    cr_expect(eq(u64, guest_ram_u64(machine, DATA + ATOMIC), 4 * ROUNDS * (ROUNDS + 1) / 2));
    cr_expect(le(u64, guest_ram_u64(machine, DATA + RACE), 4 * ROUNDS));
    for (unsigned hart = 0; hart < 4; hart++) {
        emu_hart_stats(machine, hart, &stats);
        failed += stats.sc_failed;
        interrupts += stats.interrupts;
    }
    cr_expect(gt(u64, failed, 0));
    cr_expect(gt(u64, interrupts, 4 * 5));
    emu_machine_destroy(machine);
}

Test(gate, the_guest_does_what_it_is_there_for)
{
    check_guest(EMU_FAST);
    check_guest(EMU_TIMED);
}

/* Returns from emu_run at chosen steps; `most`: the longest stretch, 1 for single steps. */
static struct outcome run_stopped(const struct row *row, uint64_t most, struct random *random)
{
    struct emu_machine *machine = make_machine(row);
    struct emu_stop stop;
    do {
        struct emu_event events[64];
        struct emu_until until;
        emu_until_init(&until);
        uint64_t stretch = most == 1 ? 1 : 1 + random_below(random, (unsigned)most);
        if (most > 1 && random_below(random, 4) == 0)
            until.cycle = emu_now(machine) + stretch;
        else
            until.steps = emu_position(machine).steps + stretch;
        stop = emu_run(machine, &until);
        while (emu_events_read(machine, events, 64))
            ;
    } while (stop.kind == EMU_STOP_LIMIT || stop.kind == EMU_STOP_EVENTS_FULL || stop.kind == EMU_STOP_MACHINE_EVENT);
    cr_assert(eq(int, stop.kind, EMU_STOP_FINISHED));
    struct outcome result = outcome(machine);
    emu_machine_destroy(machine);
    return result;
}

Test(gate, stopping_after_every_step_changes_nothing)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_same("single steps", &rows[i], run_stopped(&rows[i], 1, NULL),
                    run_plain(&rows[i]));
}

Test(gate, stopping_at_random_places_changes_nothing)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    struct random random = {chosen ? strtoull(chosen, NULL, 0) : 20261122};
    fprintf(stderr, "seed %llu\n", (unsigned long long)random.state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned turn = 0; turn < 8; turn++)
            expect_same("random stops", &rows[i],
                        run_stopped(&rows[i], 2 + turn * turn * 20, &random),
                        run_plain(&rows[i]));
}

Test(gate, watching_everything_changes_nothing)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emu_machine *machine = make_machine(&rows[i]);
        emu_events_select(machine, UINT64_MAX);
        emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_TRAP_TAKEN) | EMU_EVENT_BIT(EMU_EVENT_SC_FAILED));
        for (unsigned word = 0; word < 60; word++)
            emu_break_set(machine, GUEST_RAM + 4 * word);
        struct emu_stop stop;
        do {
            struct emu_event events[64];
            struct emu_until until;
            emu_until_init(&until);
            stop = emu_run(machine, &until);
            while (emu_events_read(machine, events, 64))
                ;
        } while (stop.kind != EMU_STOP_FINISHED && stop.kind != EMU_STOP_DEAD);
        expect_same("watched", &rows[i], outcome(machine), run_plain(&rows[i]));
        emu_machine_destroy(machine);
    }
}
