/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Watchpoints: every access to watched bytes stops the machine behind it, by whatever instruction or device, in both fidelities,
 * and whatever is watched, the run is the same.
 */
#include "machine.h"
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <stdio.h>
#include <stdlib.h>

enum { CELL = 0x10000, CYCLES = 200000 };
#define WATCHED   (GUEST_RAM + CELL)
#define ALL_KINDS (EMU_WATCH_READ | EMU_WATCH_WRITE)

static struct emu_machine *machine_of(const struct guest *guest, unsigned harts, unsigned fidelity)
{
    struct emu_config config = guest_config(harts);
    config.fidelity = fidelity;
    return guest_machine(guest, &config);
}

static struct emu_stop run(struct emu_machine *machine)
{
    struct emu_until until;
    emu_until_init(&until);
    until.cycle = emu_now(machine) + 10000;
    return emu_run(machine, &until);
}

static void expect_write(struct emu_machine *machine, unsigned word, uint64_t before, uint64_t after)
{
    struct emu_stop stop = run(machine);
    struct emu_hart_view view;
    emu_hart_view(machine, 0, &view);
    cr_assert(eq(int, stop.kind, EMU_STOP_WATCHPOINT), "word %u", word);
    cr_expect(eq(uint, stop.access, EMU_WATCH_WRITE), "word %u", word);
    cr_expect(eq(uint, stop.hart, 0));
    cr_expect(eq(u64, stop.pc, GUEST_RAM + 4 * word));
    cr_expect(eq(u64, view.pc, GUEST_RAM + 4 * word + 4), "the next instruction has not begun");
    cr_expect(eq(u64, stop.address, WATCHED));
    cr_expect(eq(u64, stop.a, before), "word %u", word);
    cr_expect(eq(u64, stop.b, after), "word %u", word);
}

Test(watch, every_kind_of_store_stops_right_behind_it_with_the_value_before_and_after)
{
    struct guest guest = {.count = 0}, *g = &guest;
    unsigned at[10], n = 0;
    guest_ram(g, S0, CELL);
    guest_li(g, T0, 0x12345678);
    guest_csr(g, ISA_OP_csrrs, ZERO, 0x300, T0); /* whatever; with FS */
    guest_li(g, T1, 0x6000);
    guest_csr(g, ISA_OP_csrrs, ZERO, 0x300, T1);
    at[n++] = g->count, guest_st(g, ISA_OP_sd, T0, S0, 0);
    at[n++] = g->count, guest_st(g, ISA_OP_sb, S0, S0, 7);
    at[n++] = g->count, guest_st(g, ISA_OP_sd, ZERO, S0, 4); /* misaligned: its upper half */
    at[n++] = g->count, guest_rr(g, ISA_OP_amoadd_w, ZERO, S0, T0);
    guest_rr(g, ISA_OP_lr_d, T1, S0, 0);
    guest_ri(g, ISA_OP_addi, T1, T1, 1);
    at[n++] = g->count, guest_rr(g, ISA_OP_sc_d, T1, S0, T1);
    guest_put(g, (struct isa_insn){.op = ISA_OP_fmv_d_x, .rd = 1, .rs1 = S0});
    at[n++] = g->count, guest_put(g, (struct isa_insn){.op = ISA_OP_fsd, .rs1 = S0, .rs2 = 1});
    guest_st(g, ISA_OP_sd, T0, S0, 8);
    guest_st(g, ISA_OP_sd, T0, S0, -8);
    guest_finish(g, 0x5555);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++)
        for (unsigned warm = 0; warm < 2; warm++) {
            struct emu_machine *machine = machine_of(g, 1, fidelity);
            const uint64_t first = 0x12345678, second = first & UINT64_MAX >> 8, third = (uint32_t)first;
            if (warm) { /* set when the tables are full and the line is the hart's */
                emu_break_set(machine, GUEST_RAM + 4 * at[1]);
                cr_assert(eq(int, run(machine).kind, EMU_STOP_BREAKPOINT));
            }
            cr_assert(emu_watch_set(machine, WATCHED, 8, EMU_WATCH_WRITE));
            if (!warm)
                expect_write(machine, at[0], 0, first);
            expect_write(machine, at[1], first, second);
            expect_write(machine, at[2], second, third);
            expect_write(machine, at[3], third, third + third);
            expect_write(machine, at[4], third + third, third + third + 1);
            expect_write(machine, at[5], third + third + 1, WATCHED);
            cr_expect(eq(int, run(machine).kind, EMU_STOP_FINISHED), "the neighbours are not watched");
            emu_machine_destroy(machine);
        }
}

Test(watch, a_watch_for_changes_lets_the_same_value_pass)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, CELL);
    guest_st(g, ISA_OP_sw, ZERO, S0, 0);
    unsigned changing = g->count;
    guest_st(g, ISA_OP_sw, S0, S0, 0);
    guest_st(g, ISA_OP_sw, S0, S0, 0);
    guest_finish(g, 0x5555);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_machine *machine = machine_of(g, 1, fidelity);
        cr_assert(emu_watch_set(machine, WATCHED, 4, EMU_WATCH_CHANGE));
        expect_write(machine, changing, 0, (uint32_t)WATCHED);
        cr_expect(eq(int, run(machine).kind, EMU_STOP_FINISHED));
        emu_machine_destroy(machine);
    }
}

Test(watch, every_kind_of_load_stops_right_behind_it)
{
    struct guest guest = {.count = 0}, *g = &guest;
    unsigned at[5], n = 0;
    guest_ram(g, S0, CELL);
    guest_ri(g, ISA_OP_ld, T0, S0, 16); /* the page gets into the tables */
    guest_ri(g, ISA_OP_ld, T0, S0, 8);
    at[n++] = g->count, guest_ri(g, ISA_OP_ld, T0, S0, 0);
    at[n++] = g->count, guest_ri(g, ISA_OP_lbu, T0, S0, 7);
    at[n++] = g->count, guest_ri(g, ISA_OP_ld, T0, S0, -4); /* misaligned, from another line */
    at[n++] = g->count, guest_rr(g, ISA_OP_lr_w, T0, S0, 0);
    at[n++] = g->count, guest_rr(g, ISA_OP_amoadd_d, T0, S0, S0);
    guest_st(g, ISA_OP_sd, T0, S0, 0);
    guest_finish(g, 0x5555);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++)
        for (unsigned warm = 0; warm < 2; warm++) {
            struct emu_machine *machine = machine_of(g, 1, fidelity);
            emu_break_set(machine, GUEST_RAM + 4 * at[0]);
            if (warm)
                cr_assert(eq(int, run(machine).kind, EMU_STOP_BREAKPOINT));
            else
                emu_break_clear(machine, GUEST_RAM + 4 * at[0]);
            cr_assert(emu_watch_set(machine, WATCHED, 8, EMU_WATCH_READ));
            for (unsigned i = 0; i < n; i++) {
                struct emu_stop stop = run(machine);
                struct emu_hart_view view;
                emu_hart_view(machine, 0, &view);
                cr_assert(eq(int, stop.kind, EMU_STOP_WATCHPOINT), "load %u", i);
                cr_expect(eq(uint, stop.access, EMU_WATCH_READ));
                cr_expect(eq(u64, stop.pc, GUEST_RAM + 4 * at[i]), "load %u", i);
                cr_expect(eq(u64, view.pc, GUEST_RAM + 4 * at[i] + 4), "load %u", i);
            }
            cr_expect(eq(int, run(machine).kind, EMU_STOP_FINISHED));
            emu_machine_destroy(machine);
        }
}

Test(watch, a_device_that_writes_stops_the_machine_and_a_poke_does_not)
{
    struct guest guest = {.count = 0};
    guest_jump(&guest, 0);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_machine *machine = machine_of(&guest, 1, fidelity);
        const uint64_t value = 0x55;
        const struct emu_input poke = {.kind = EMU_INPUT_POKE, .hart = 8, .a = WATCHED, .b = 7};
        cr_assert(emu_watch_set(machine, WATCHED, 8, EMU_WATCH_WRITE));
        cr_expect(eq(int, run(machine).kind, EMU_STOP_LIMIT));
        cr_assert(emu_input(machine, &poke, 0, NULL, NULL));
        cr_expect(eq(int, run(machine).kind, EMU_STOP_LIMIT));
        machine->now = emu_now(machine);
        cr_assert(machine->host.dma_write(machine, WATCHED, &value, 8));
        struct emu_stop stop = run(machine);
        cr_assert(eq(int, stop.kind, EMU_STOP_WATCHPOINT));
        cr_expect(eq(uint, stop.hart, EMU_NOBODY));
        cr_expect(eq(u64, stop.a, 7), "what was poked");
        cr_expect(eq(u64, stop.b, 0x55));
        emu_machine_destroy(machine);
    }
}

Test(watch, the_accessed_and_dirty_bits_that_a_walk_sets_are_writes)
{
    enum { ROOT = 0x100000, V = 1, R = 2, W = 4, X = 8 };
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, CELL);
    unsigned waits = g->count;
    guest_jump(g, waits);
    unsigned store = g->count;
    guest_st(g, ISA_OP_sd, ZERO, S0, 0);
    guest_jump(g, store + 1);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++)
        for (unsigned fetches = 0; fetches < 2; fetches++) {
            struct emu_machine *machine = machine_of(g, 1, fidelity);
            const uint64_t leaf = GUEST_RAM >> 12 << 10 | V | R | W | X;
            const struct emu_input inputs[] = {
                {.kind = EMU_INPUT_POKE, .hart = 8, .a = GUEST_RAM + ROOT + 16, .b = leaf},
                {.kind = EMU_INPUT_SET_CSR, .a = 0x3b0, .b = UINT64_MAX >> 10},
                {.kind = EMU_INPUT_SET_CSR, .a = 0x3a0, .b = 0x1f},
                {.kind = EMU_INPUT_SET_CSR, .a = 0x180, .b = UINT64_C(8) << 60 | (GUEST_RAM + ROOT) >> 12},
                {.kind = EMU_INPUT_SET_CSR, .a = 0x341, .b = GUEST_RAM + 4 * store},
                {.kind = EMU_INPUT_SET_CSR, .a = 0x300, .b = fetches ? UINT64_C(1) << 11 : UINT64_C(1) << 17 | UINT64_C(1) << 11},
            };
            run(machine);
            for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
                cr_assert(emu_input(machine, &inputs[i], 0, NULL, NULL), "%zu", i);
            struct emu_input pc = {.kind = EMU_INPUT_SET_PC, .b = GUEST_RAM + 4 * store};
            if (fetches) { /* on by an mret into S-mode */
                struct emu_input mret = {.kind = EMU_INPUT_POKE, .hart = 4, .a = GUEST_RAM + CELL + 256, .b = 0x30200073};
                cr_assert(emu_input(machine, &mret, 0, NULL, NULL));
                pc.b = mret.a;
            }
            cr_assert(emu_input(machine, &pc, 0, NULL, NULL));
            cr_assert(emu_watch_set(machine, GUEST_RAM + ROOT + 16, 8, EMU_WATCH_WRITE));
            struct emu_stop stop = run(machine);
            cr_assert(eq(int, stop.kind, EMU_STOP_WATCHPOINT), "fidelity %u, fetches %u", fidelity, fetches);
            cr_expect(eq(u64, stop.a, leaf));
            cr_expect(eq(u64, stop.b, leaf | (fetches ? 0x40 : 0xc0)));
            cr_expect(eq(u64, stop.pc, GUEST_RAM + 4 * store));
            struct emu_hart_view view;
            emu_hart_view(machine, 0, &view);
            if (fetches)
                cr_expect(eq(u64, view.pc, GUEST_RAM + 4 * store), "the instruction has not begun");
            cr_expect(le(u64, view.pc, GUEST_RAM + 4 * store + 4));
            emu_machine_destroy(machine);
        }
}

Test(watch, all_watches_that_one_store_meets_are_told_and_cleared_ones_are_not)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, CELL);
    unsigned again = g->count;
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_st(g, ISA_OP_sd, T0, S0, 0);
    guest_jump(g, again);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_machine *machine = machine_of(g, 1, fidelity);
        cr_assert(emu_watch_set(machine, WATCHED, 8, EMU_WATCH_WRITE));
        cr_assert(emu_watch_set(machine, WATCHED + 1, 2, EMU_WATCH_WRITE));
        cr_assert(emu_watch_set(machine, WATCHED + 6, 8, EMU_WATCH_WRITE));
        cr_expect(eq(u64, run(machine).address, WATCHED));
        uint64_t steps = emu_position(machine).steps;
        cr_expect(eq(u64, run(machine).address, WATCHED + 1));
        cr_expect(eq(u64, run(machine).address, WATCHED + 6));
        cr_expect(eq(u64, emu_position(machine).steps, steps));
        cr_expect(eq(u64, run(machine).address, WATCHED));
        cr_expect(eq(u64, emu_position(machine).steps, steps + 3));
        cr_expect(emu_watch_clear(machine, WATCHED, 8));
        cr_expect(not(emu_watch_clear(machine, WATCHED, 8)));
        cr_expect(eq(u64, run(machine).address, WATCHED + 6), "it was the last and has moved");
        cr_expect(emu_watch_clear(machine, WATCHED + 6, 8));
        cr_expect(emu_watch_clear(machine, WATCHED + 1, 2));
        cr_expect(eq(int, run(machine).kind, EMU_STOP_LIMIT));
        unsigned count = 0;
        while (emu_watch_set(machine, WATCHED + 16 + count, 1, EMU_WATCH_WRITE))
            count++;
        cr_expect(eq(uint, count, 64));
        cr_expect(not(emu_watch_set(machine, WATCHED, 9, EMU_WATCH_WRITE)));
        cr_expect(not(emu_watch_set(machine, PLATFORM_UART_BASE, 1, EMU_WATCH_WRITE)));
        emu_machine_destroy(machine);
    }
}

Test(watch, watches_outlive_a_switch_of_fidelity_and_thrown_away_code)
{
    const uint32_t cell = 0x800; /* in the page of the code */
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, cell);
    unsigned again = g->count;
    guest_rr(g, ISA_OP_lr_d, T0, S0, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_rr(g, ISA_OP_sc_d, T1, S0, T0);
    guest_rr(g, ISA_OP_amoadd_d, T0, S0, T1);
    guest_jump(g, again);
    struct emu_machine *machine = machine_of(g, 1, EMU_FAST);
    run(machine); /* reservations are known by their host address by now */
    cr_assert(emu_watch_set(machine, GUEST_RAM + cell, 8, EMU_WATCH_CHANGE));
    uint64_t value = guest_ram_u64(machine, cell);
    for (unsigned turn = 0; turn < 40; turn++) {
        struct emu_input input = {.kind = EMU_INPUT_FIDELITY, .a = turn / 2 % 2};
        struct emu_stop stop = run(machine);
        cr_assert(eq(int, stop.kind, EMU_STOP_WATCHPOINT), "turn %u", turn);
        cr_expect(eq(u64, stop.a, value));
        cr_expect(eq(u64, stop.b, ++value));
        if (turn % 3 == 0)
            cr_assert(emu_input(machine, &input, 0, NULL, NULL));
        if (turn % 5 == 0 && emu_break_set(machine, 0x1234))
            emu_break_clear(machine, 0x1234);
    }
    emu_machine_destroy(machine);
}

Test(watch, a_watch_that_is_set_between_lr_and_sc_misses_none_of_the_loops_behind)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, CELL);
    unsigned again = g->count;
    guest_rr(g, ISA_OP_lr_d, T0, S0, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    unsigned sc = g->count;
    guest_rr(g, ISA_OP_sc_d, T1, S0, T0);
    guest_jump(g, again);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_machine *machine = machine_of(g, 1, fidelity);
        struct emu_hart_view view;
        run(machine);
        do { /* no breakpoint: to set one throws away what is to be tested */
            struct emu_until until;
            emu_until_init(&until);
            until.steps = emu_position(machine).steps + 1;
            emu_run(machine, &until);
            emu_hart_view(machine, 0, &view);
        } while (view.pc != GUEST_RAM + 4 * sc);
        uint64_t value = guest_ram_u64(machine, CELL);
        cr_assert(emu_watch_set(machine, WATCHED, 8, EMU_WATCH_WRITE));
        for (unsigned i = 0; i < 20; i++, value++)
            expect_write(machine, sc, value, value + 1);
        emu_machine_destroy(machine);
    }
}

/* ---- neutrality ---- */

/* Around where the programs have their data, by s1; or their tables, or anywhere in the first pages: their code. */
static uint64_t some_address(struct random *random, const struct emu_machine *machine)
{
    struct emu_hart_view view;
    struct emu_translation t;
    emu_hart_view(machine, 0, &view);
    emu_translate(machine, 0, view.x[S1] + random_below(random, 96) - 32, EMU_LOAD, &t);
    if (t.place == EMU_PLACE_RAM && random_below(random, 8))
        return t.paddr;
    return GUEST_RAM + (random_below(random, 2) ? 0x12000 + random_below(random, 48) : random_below(random, 0x8000));
}

static uint64_t run_random(const struct guest *guest, const struct emu_config *config, bool watched, struct random random,
                           unsigned *ret_hits)
{
    struct emu_machine *machine = guest_machine(guest, config);
    struct emu_until until;
    struct emu_stop stop;
    uint64_t set[8] = {0};
    unsigned bytes[8] = {0};
    do { /* in small steps: a program is over soon */
        struct emu_event events[64];
        emu_until_init(&until);
        until.cycle = CYCLES;
        until.steps = emu_position(machine).steps + 1 + random_below(&random, 60);
        stop = emu_run(machine, &until);
        *ret_hits += stop.kind == EMU_STOP_WATCHPOINT;
        while (emu_events_read(machine, events, 64))
            ;
        if (!watched || random_below(&random, 4))
            continue;
        unsigned i = random_below(&random, 8);
        emu_watch_clear(machine, set[i], bytes[i]);
        set[i] = some_address(&random, machine);
        bytes[i] = 1 + random_below(&random, 8);
        emu_watch_set(machine, set[i], bytes[i], 1 + random_below(&random, 7));
    } while (stop.kind != EMU_STOP_FINISHED && stop.kind != EMU_STOP_DEAD &&
             !(stop.kind == EMU_STOP_LIMIT && emu_position(machine).steps < until.steps));
    uint64_t hash = emu_state_hash(machine);
    emu_machine_destroy(machine);
    return hash;
}

static void watch_anything(unsigned fidelity)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t seed = chosen ? strtoull(chosen, NULL, 0) : 815;
    unsigned hits = 0, none = 0;
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)seed);
    for (unsigned program = 0; program < 150; program++) {
        struct random random = {seed + program};
        struct program_shape shape = {.harts = 1 + random_below(&random, 4),
                                      .insns = 100 + random_below(&random, 100),
                                      .loops = 10,
                                      .devices = random_below(&random, 2),
                                      .paged = random_below(&random, 2)};
        struct guest guest = program_random(&random, &shape);
        struct emu_config config = guest_config(shape.harts);
        config.fidelity = fidelity;
        config.seed = random_below(&random, 3);
        config.cpu.itlb_entries = random_below(&random, 2) ? 1 : 32;
        config.reservation.own_store_clears = random_below(&random, 2);
        uint64_t whole = run_random(&guest, &config, false, random, &none);
        for (unsigned i = 0; i < 3; i++, random_next(&random))
            cr_expect(eq(u64, run_random(&guest, &config, true, random, &hits), whole), "seed %llu, program %u, %u harts",
                      (unsigned long long)seed, program, config.harts);
    }
    cr_expect(eq(uint, none, 0));
    cr_expect(gt(uint, hits, 10000), "%u", hits);
}

Test(watch, random_programs_come_to_one_state_whatever_is_watched_in_fast_fidelity)
{
    watch_anything(EMU_FAST);
}

Test(watch, random_programs_come_to_one_state_whatever_is_watched_in_timed_fidelity)
{
    watch_anything(EMU_TIMED);
}

/* A word that all harts of random programs fight for: at every step its value is what the last stop said. */
static void miss_nothing(unsigned fidelity)
{
    unsigned hits = 0;
    for (unsigned program = 0; program < 30; program++) {
        struct random random = {4321 + program};
        struct program_shape shape = {
            .harts = 1 + random_below(&random, 3), .insns = 150, .loops = 10, .devices = program & 1, .paged = program & 2};
        struct guest guest = program_random(&random, &shape);
        struct emu_config config = guest_config(shape.harts);
        config.fidelity = fidelity;
        struct emu_machine *machine = guest_machine(&guest, &config);
        struct emu_until until;
        emu_until_init(&until);
        until.steps = 100 * shape.harts; /* past the beginning */
        until.cycle = CYCLES;
        emu_run(machine, &until);
        uint64_t address = some_address(&random, machine) & ~UINT64_C(7), value = 0, now = 0;
        cr_assert(emu_ram_read(machine, address, &value, 8));
        cr_assert(emu_watch_set(machine, address, 8, EMU_WATCH_CHANGE));
        for (unsigned step = 0; step < 5000; step++) {
            until.steps = emu_position(machine).steps + 1;
            struct emu_event events[64];
            struct emu_stop stop = emu_run(machine, &until);
            while (emu_events_read(machine, events, 64))
                ;
            if (stop.kind == EMU_STOP_WATCHPOINT) {
                cr_expect(eq(u64, stop.a, value));
                value = stop.b;
                hits++;
            }
            cr_assert(emu_ram_read(machine, address, &now, 8));
            cr_assert(eq(u64, now, value), "program %u: a write was missed", program);
        }
        emu_machine_destroy(machine);
    }
    cr_expect(gt(uint, hits, 500), "%u", hits);
}

Test(watch, no_change_of_a_watched_word_is_missed_in_fast_fidelity)
{
    miss_nothing(EMU_FAST);
}

Test(watch, no_change_of_a_watched_word_is_missed_in_timed_fidelity)
{
    miss_nothing(EMU_TIMED);
}
