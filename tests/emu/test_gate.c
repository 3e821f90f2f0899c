/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hash gate: one guest in which harts do all that can make an order visible (load-reserved loops, atomics, plain races, traps,
 * timer and inter-processor interrupts, device accesses, code that rewrites itself) comes to the same state however the run is
 * cut into calls, watched or not, built by whichever compiler, translated or interpreted. The hashes in the table are of the
 * machine as it is defined now: a change of the machine changes them, on purpose and in the same commit; a change of anything
 * else must not.
 */
#include "guest.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 40, DATA = 0x8000, COUNTER = 0, ATOMIC = 64, RACE = 128, DONE = 192, TRAPS = 1024, CYCLES = 4000000 };
static const struct row {
    unsigned fidelity, harts;
    uint64_t seed, hash;
} rows[] = {
#include "gate_hashes.def"
};
static const char *const fidelities[] = {[EMU_TIMED] = "timed", [EMU_FAST] = "fast"};

enum { CSR_MSTATUS = 0x300, CSR_MIE = 0x304, CSR_MTVEC = 0x305, CSR_MEPC = 0x341, CSR_MCAUSE = 0x342, CSR_MHARTID = 0xf14 };

static void amo(struct guest *g, enum isa_op op, unsigned rd, unsigned address, unsigned value)
{
    guest_rr(g, op, rd, address, value);
}

/* T2 = address of this hart's word at `base` (8 or 4 bytes a hart); clobbers T1. */
static void own_word(struct guest *g, uint32_t base, int shift)
{
    guest_li(g, T2, base);
    guest_ri(g, ISA_OP_slli, T1, S0, shift);
    guest_rr(g, ISA_OP_add, T2, T2, T1);
}

/* Timer: next one some ticks on. Software: clears it. Anything else: steps over the instruction. Counts in memory. Uses A2 to A5. */
static void put_handler(struct guest *g, int ticks)
{
    guest_csr(g, ISA_OP_csrrs, A2, CSR_MCAUSE, ZERO);
    guest_branch(g, ISA_OP_blt, A2, ZERO, 0);
    unsigned to_interrupt = g->count - 1;
    guest_csr(g, ISA_OP_csrrs, A3, CSR_MEPC, ZERO);
    guest_ri(g, ISA_OP_addi, A3, A3, 4);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MEPC, A3);
    guest_jump(g, 0);
    unsigned to_count = g->count - 1;
    guest_land(g, to_interrupt);
    guest_ri(g, ISA_OP_andi, A3, A2, 7);
    guest_ri(g, ISA_OP_addi, A4, ZERO, 7);
    guest_branch(g, ISA_OP_beq, A3, A4, 0);
    unsigned to_timer = g->count - 1;
    guest_st(g, ISA_OP_sw, ZERO, S2, 0); /* own MSIP */
    guest_jump(g, 0);
    unsigned to_count_too = g->count - 1;
    guest_land(g, to_timer);
    guest_ri(g, ISA_OP_ld, A3, S3, 0); /* own MTIMECMP */
    guest_ri(g, ISA_OP_addi, A3, A3, ticks);
    guest_st(g, ISA_OP_sd, A3, S3, 0);
    guest_land(g, to_count);
    guest_land(g, to_count_too);
    guest_ri(g, ISA_OP_addi, A5, ZERO, 1);
    amo(g, ISA_OP_amoadd_d, ZERO, S4, A5); /* own count of traps */
    guest_op(g, ISA_OP_mret);
}

/* One round of a hart's work: S5 rounds left, S1 the data. */
static void put_round(struct guest *g, unsigned harts)
{
    unsigned retry = g->count; /* the counter, by lr and sc */
    guest_ri(g, ISA_OP_lr_w, T0, S1, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_rr(g, ISA_OP_sc_w, T1, S1, T0);
    guest_branch(g, ISA_OP_bne, T1, ZERO, retry);
    guest_ri(g, ISA_OP_addi, T0, S1, ATOMIC);
    amo(g, ISA_OP_amoadd_d, T1, T0, S5);
    guest_ri(g, ISA_OP_ld, T0, S1, RACE); /* a lost update, if the slice ends here */
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_st(g, ISA_OP_sd, T0, S1, RACE);
    guest_op(g, ISA_OP_ecall);
    /* an IPI to the next hart */
    guest_ri(g, ISA_OP_addi, T0, S0, 1);
    guest_li(g, T1, harts);
    guest_rr(g, ISA_OP_remu, T0, T0, T1);
    guest_ri(g, ISA_OP_slli, T0, T0, 2);
    guest_li(g, T1, PLATFORM_CLINT_BASE);
    guest_rr(g, ISA_OP_add, T0, T0, T1);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_st(g, ISA_OP_sw, T1, T0, 0);
    /* code that rewrites the next instruction: an addi of the rounds left */
    unsigned here = g->count;
    guest_ri(g, ISA_OP_auipc, T0, 0, 0);
    guest_ri(g, ISA_OP_slli, T1, S5, 20);
    guest_li(g, T2, 0x00038393); /* addi t2, t2, 0 */
    guest_rr(g, ISA_OP_or, T1, T1, T2);
    unsigned rewritten = g->count + 1;
    guest_st(g, ISA_OP_sw, T1, T0, 4 * (int)(rewritten - here));
    guest_ri(g, ISA_OP_addi, T2, T2, 0);
    guest_st(g, ISA_OP_sd, T2, S4, 512);
}

static struct guest make_guest(const struct row *row)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_jump(g, 0);
    put_handler(g, row->fidelity == EMU_FAST ? 20 : 500); /* time to get on in between */
    guest_land(g, 0);
    guest_csr(g, ISA_OP_csrrs, S0, CSR_MHARTID, ZERO);
    guest_ram(g, S1, DATA);
    own_word(g, PLATFORM_CLINT_BASE, 2);
    guest_ri(g, ISA_OP_addi, S2, T2, 0);
    own_word(g, PLATFORM_CLINT_BASE + 0x4000, 3);
    guest_ri(g, ISA_OP_addi, S3, T2, 0);
    guest_ri(g, ISA_OP_slli, T1, S0, 3);
    guest_rr(g, ISA_OP_add, S4, S1, T1);
    guest_ri(g, ISA_OP_addi, S4, S4, TRAPS);
    guest_ram(g, T0, 4); /* the handler is the second word */
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MTVEC, T0);
    guest_st(g, ISA_OP_sd, S0, S3, 0); /* first timer interrupt: nearly at once */
    guest_li(g, T0, 0x88);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIE, T0);
    guest_ri(g, ISA_OP_addi, T0, ZERO, 8);
    guest_csr(g, ISA_OP_csrrs, ZERO, CSR_MSTATUS, T0);
    guest_li(g, S5, ROUNDS);
    unsigned round = g->count;
    put_round(g, row->harts);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    guest_branch(g, ISA_OP_bne, S5, ZERO, round);
    /* done: the last one ends the run, the others wait */
    guest_ri(g, ISA_OP_addi, T0, S1, DONE);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    amo(g, ISA_OP_amoadd_d, T2, T0, T1);
    guest_li(g, T1, row->harts - 1);
    guest_branch(g, ISA_OP_beq, T2, T1, 0);
    unsigned to_end = g->count - 1;
    unsigned wait = g->count;
    guest_op(g, ISA_OP_wfi);
    guest_jump(g, wait);
    guest_land(g, to_end);
    guest_putc(g, '.');
    guest_finish(g, 0x5555);
    return guest;
}

struct outcome {
    uint64_t hash, cycles, steps, events;
};

static struct outcome outcome(const struct emu_machine *machine)
{
    return (struct outcome){emu_state_hash(machine), emu_now(machine), emu_position(machine).steps, emu_position(machine).events};
}

static struct emu_machine *make_machine(const struct row *row)
{
    struct guest guest = make_guest(row);
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
