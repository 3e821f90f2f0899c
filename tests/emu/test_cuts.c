/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random programs on one to four harts (computation, races, atomics, stores into their own code, traps, interrupts of their own
 * making), run whole and cut: at random places, step by step, stopped by every event, and with decoded code thrown away again
 * and again by setting and clearing a breakpoint that is never reached. All come to the same state.
 */
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROGRAMS = 150, CYCLES = 200000 };
enum cut { WHOLE, RANDOM_STOPS, SINGLE_STEPS, EVERY_EVENT, FLUSHES, CUT_COUNT };

static uint64_t run(const struct guest *guest, const struct emu_config *config, enum cut cut, struct random random)
{
    struct emu_machine *machine = guest_machine(guest, config);
    struct emu_stop stop;
    bool is_limited;
    if (cut == EVERY_EVENT)
        emu_stop_on(machine, UINT64_MAX);
    do {
        struct emu_event events[64];
        struct emu_until until;
        emu_until_init(&until);
        until.cycle = CYCLES;
        if (cut == SINGLE_STEPS)
            until.steps = emu_position(machine).steps + 1;
        else if (cut == RANDOM_STOPS || cut == FLUSHES)
            until.steps = emu_position(machine).steps + 1 + random_below(&random, 300);
        stop = emu_run(machine, &until);
        while (emu_events_read(machine, events, 64))
            ;
        if (cut == FLUSHES && emu_break_set(machine, 0x1234))
            emu_break_clear(machine, 0x1234);
        is_limited = stop.kind == EMU_STOP_LIMIT && emu_position(machine).steps < until.steps; /* by cycles */
    } while (stop.kind != EMU_STOP_FINISHED && stop.kind != EMU_STOP_DEAD && !is_limited);
    uint64_t hash = emu_state_hash(machine);
    emu_machine_destroy(machine);
    return hash;
}

static void cut_everywhere(unsigned fidelity)
{
    static const char *const names[CUT_COUNT] = {"whole", "random stops", "single steps", "stopped by every event", "flushed"};
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t seed = chosen ? strtoull(chosen, NULL, 0) : 4711;
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)seed);
    for (unsigned program = 0; program < PROGRAMS; program++) {
        struct random random = {seed + program};
        struct program_shape shape = {.harts = 1 + random_below(&random, 4), .insns = 100 + random_below(&random, 100),
                                      .loops = 10, .devices = random_below(&random, 2), .paged = random_below(&random, 2)};
        struct guest guest = program_random(&random, &shape);
        struct emu_config config = guest_config(shape.harts);
        config.fidelity = fidelity;
        config.seed = random_below(&random, 3);
        uint64_t whole = run(&guest, &config, WHOLE, random);
        for (enum cut cut = RANDOM_STOPS; cut < CUT_COUNT; cut++)
            cr_expect(eq(u64, run(&guest, &config, cut, random), whole), "seed %llu, program %u, %u harts, %s",
                      (unsigned long long)seed, program, config.harts, names[cut]);
    }
}

Test(cuts, random_programs_come_to_one_state_however_they_are_cut_in_fast_fidelity)
{
    cut_everywhere(EMU_FAST);
}

Test(cuts, random_programs_come_to_one_state_however_they_are_cut_in_timed_fidelity)
{
    cut_everywhere(EMU_TIMED);
}
