/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random programs on one to four harts (computation, races, atomics, stores into their own code, traps, interrupts of their own
 * making), run whole and cut: at random places, step by step, stopped by every event, at breakpoints, and with decoded code thrown away
 * again and again by setting and clearing a breakpoint that is never reached. All come to the same state.
 */
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROGRAMS = 150, CYCLES = 200000 };
enum cut { WHOLE, RANDOM_STOPS, SINGLE_STEPS, EVERY_EVENT, FLUSHES, BREAKPOINTS, CUT_COUNT };

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
        else if (cut == RANDOM_STOPS || cut == FLUSHES || cut == BREAKPOINTS)
            until.steps = emu_position(machine).steps + 1 + random_below(&random, 300);
        stop = emu_run(machine, &until);
        while (emu_events_read(machine, events, 64))
            ;
        if (cut == BREAKPOINTS)
            emu_break_set(machine, GUEST_RAM + 2 * random_below(&random, 2 * guest->count)); /* until the table is full */
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
    static const char *const names[CUT_COUNT] = {"whole", "random stops", "single steps", "stopped by every event", "flushed",
                                                 "breakpoints"};
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

/* A loop round a word, with timer interrupts that come at any of its cycles. */
static struct guest interrupted_loop(unsigned *ret_use)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_jump(g, 0);
    guest_ri(g, ISA_OP_ld, A6, S4, 0); /* the handler */
    guest_ri(g, ISA_OP_addi, A6, A6, 13);
    guest_st(g, ISA_OP_sd, A6, S4, 0);
    guest_op(g, ISA_OP_mret);
    guest_land(g, 0);
    guest_ram(g, S1, 0x4000);
    guest_ram(g, T2, 4);
    guest_csr(g, ISA_OP_csrrw, ZERO, 0x305, T2);
    guest_li(g, S4, PLATFORM_CLINT_BASE + 0x4000);
    guest_st(g, ISA_OP_sd, ZERO, S4, 0);
    guest_li(g, T0, 0x80);
    guest_csr(g, ISA_OP_csrrw, ZERO, 0x304, T0);
    guest_csr(g, ISA_OP_csrrwi, ZERO, 0x300, 8);
    guest_li(g, S5, 3000);
    unsigned loop = g->count;
    guest_ri(g, ISA_OP_ld, T0, S1, 0);
    *ret_use = g->count;
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_st(g, ISA_OP_sd, T0, S1, 0);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    guest_branch(g, ISA_OP_bne, S5, ZERO, loop);
    guest_finish(g, 0x5555);
    return guest;
}

static uint64_t run_with_break(const struct guest *guest, const struct emu_config *config, uint64_t pc, unsigned *ret_stops)
{
    struct emu_machine *machine = guest_machine(guest, config);
    if (pc)
        emu_break_set(machine, pc);
    for (*ret_stops = 0; guest_run(machine, 10000000).kind == EMU_STOP_BREAKPOINT;)
        ++*ret_stops;
    uint64_t hash = emu_state_hash(machine);
    emu_machine_destroy(machine);
    return hash;
}

Test(cuts, a_breakpoint_right_behind_a_load_delays_no_interrupt)
{
    unsigned use, stops;
    struct guest guest = interrupted_loop(&use);
    for (unsigned bubble = 1; bubble < 20; bubble += 6) {
        struct emu_config config = guest_config(1);
        config.fidelity = EMU_TIMED;
        config.pipeline.load_use_cycles = bubble;
        uint64_t plain = run_with_break(&guest, &config, 0, &stops);
        cr_expect(eq(u64, run_with_break(&guest, &config, GUEST_RAM + 4 * use, &stops), plain), "bubble %u", bubble);
        cr_expect(ge(uint, stops, 3000));
    }
}

/* With one line of instruction cache, the first half is gone when the second has come. */
Test(cuts, a_breakpoint_at_an_instruction_in_two_lines_makes_no_further_fetch)
{
    struct guest guest = {.count = 0}, *g = &guest;
    unsigned stops;
    while (g->count < 15)
        guest_ri(g, ISA_OP_addi, T0, T0, 1);
    g->words[g->count++] = 0x82930001; /* c.nop; the first half of addi t0, t0, 1 */
    g->words[g->count++] = 0x00010012; /* its second half; c.nop */
    guest_finish(g, 0x5555);
    struct emu_config config = guest_config(1);
    config.fidelity = EMU_TIMED;
    config.l1i = (struct emu_cache_config){.bytes = 64, .ways = 1};
    uint64_t plain = run_with_break(&guest, &config, 0, &stops);
    cr_expect(eq(u64, run_with_break(&guest, &config, GUEST_RAM + 62, &stops), plain));
    cr_expect(eq(uint, stops, 1));
}

/* Both harts fetch the line that both write to. For builds with sanitizers: the lines' way in is taken back from what was decoded. */
Test(cuts, a_line_of_code_may_be_lost_after_what_was_decoded_is_thrown_away)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, 0);
    guest_li(g, S5, 300);
    unsigned loop = g->count;
    guest_ri(g, ISA_OP_lw, T0, S0, 4 * (int)loop);
    guest_st(g, ISA_OP_sw, T0, S0, 4 * (int)loop);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    guest_branch(g, ISA_OP_bne, S5, ZERO, loop);
    guest_finish(g, 0x5555);
    struct emu_config config = guest_config(2);
    config.fidelity = EMU_TIMED;
    struct random random = {1};
    cr_expect(eq(u64, run(&guest, &config, FLUSHES, random), run(&guest, &config, WHOLE, random)));
}
