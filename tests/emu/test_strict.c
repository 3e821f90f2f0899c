/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strict mode beyond the table of test_reservation_runs.c: whom the events blame, compressed code, places where lines and pages
 * end, several harts, and that nothing depends on how the run is stopped or watched.
 */
#include "guest.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 0x10000, OWN = 0x11000, CYCLES = 4000000, ROUNDS = 60, HARTS = 3 };
enum { CSR_MEPC = 0x341, CSR_MTVEC = 0x305 };
static const unsigned fidelities[] = {EMU_FAST, EMU_TIMED};

static struct emu_machine *strict_machine(const struct guest *guest, unsigned fidelity, unsigned harts, bool keep)
{
    struct emu_config config = guest_config(harts);
    config.fidelity = fidelity;
    config.reservation.strict = true;
    config.reservation.keep_on_trap = keep;
    return guest_machine(guest, &config);
}

/* ---- whom the events blame ---- */

struct blame {
    unsigned lost, failed;       /* how many events */
    uint64_t lost_pc, failed_pc; /* of the last */
    unsigned lost_reason, failed_reason, lost_by;
};

static struct blame run_blaming(struct emu_machine *machine)
{
    struct blame blame = {0};
    struct emu_event events[64];
    struct emu_until until;
    size_t count;
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_SC_FAILED) | EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST));
    emu_until_init(&until);
    cr_expect(eq(int, emu_run(machine, &until).kind, EMU_STOP_FINISHED));
    while ((count = emu_events_read(machine, events, 64)) > 0) {
        for (size_t i = 0; i < count; i++) {
            bool lost = events[i].kind == EMU_EVENT_RESERVATION_LOST;
            *(lost ? &blame.lost : &blame.failed) += 1;
            *(lost ? &blame.lost_pc : &blame.failed_pc) = events[i].pc;
            *(lost ? &blame.lost_reason : &blame.failed_reason) = (unsigned)events[i].a;
            if (lost)
                blame.lost_by = events[i].other;
        }
    }
    return blame;
}

struct culprit {
    const char *name;
    unsigned at; /* words behind the lr */
    struct isa_insn middle[4];
    unsigned nops;
};

#define OP(name, ...)                                                                                                              \
    {                                                                                                                              \
        .op = ISA_OP_##name, __VA_ARGS__                                                                                           \
    }

static const struct culprit culprits[] = {
    {"the first of two",
     2,
     {OP(addi, .rd = T0, .rs1 = T0, .imm = 1), OP(mul, .rd = T2, .rs1 = T0, .rs2 = T0), OP(fence, .imm = 0x33)},
     1},
    {"a backward branch that is taken", 2, {OP(addi, .rd = A5, .rs1 = A5, .imm = -1), OP(bne, .rs1 = A5, .imm = -4)}, 0},
    {"the seventeenth instruction", 16, {OP(addi)}, 20},
    {"where a jump over too many leads to", 17, {OP(jal, .imm = 64)}, 20},
    {"an sc that is the seventeenth", 16, {OP(addi)}, 14},
};

Test(strict, the_event_blames_the_first_instruction_that_must_not_be_there)
{
    for (unsigned f = 0; f < 2; f++) {
        for (size_t i = 0; i < sizeof culprits / sizeof culprits[0]; i++) {
            struct guest guest = {.count = 0};
            guest_ram(&guest, S0, WORD);
            guest_ri(&guest, ISA_OP_addi, A5, ZERO, 2);
            unsigned lr = guest.count;
            guest_rr(&guest, ISA_OP_lr_w, T0, S0, 0);
            for (unsigned n = 0; n < 4 && culprits[i].middle[n].op; n++)
                guest_put(&guest, culprits[i].middle[n]);
            for (unsigned n = 0; n < culprits[i].nops; n++)
                guest_ri(&guest, ISA_OP_addi, ZERO, ZERO, 0);
            unsigned sc = guest.count;
            guest_rr(&guest, ISA_OP_sc_w, T1, S0, A1);
            guest_finish(&guest, 0x5555);
            struct emu_machine *machine = strict_machine(&guest, fidelities[f], 1, false);
            struct blame blame = run_blaming(machine);
            cr_expect(eq(uint, blame.lost, 1), "%s", culprits[i].name);
            cr_expect(eq(uint, blame.failed, 1), "%s", culprits[i].name);
            cr_expect(eq(u64, blame.lost_pc, GUEST_RAM + 4 * (lr + culprits[i].at)), "%s", culprits[i].name);
            cr_expect(eq(u64, blame.failed_pc, GUEST_RAM + 4 * sc), "%s", culprits[i].name);
            cr_expect(eq(uint, blame.lost_reason, EMU_REASON_UNCONSTRAINED));
            cr_expect(eq(uint, blame.failed_reason, EMU_REASON_UNCONSTRAINED));
            cr_expect(eq(uint, blame.lost_by, 0));
            emu_machine_destroy(machine);
        }
    }
}

/* ---- compressed code, ends of lines and pages ---- */

enum { C_NOP = 0x0001, C_LW_A3_S0 = 0x4014, NOP = 0x00000013 };

/* lr.w, words of raw code, sc.w, moved on by `shift` halfwords; does the sc succeed? */
static bool raw_succeeds(unsigned fidelity, const uint32_t *code, unsigned words, unsigned at, unsigned shift)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, WORD);
    while (guest.count < at)
        guest_ri(&guest, ISA_OP_addi, ZERO, ZERO, 0);
    unsigned first = guest.count;
    guest_rr(&guest, ISA_OP_lr_w, T0, S0, 0);
    for (unsigned i = 0; i < words; i++)
        guest.words[guest.count++] = code[i];
    guest_rr(&guest, ISA_OP_sc_w, A2, S0, A1);
    if (shift) { /* a halfword before, one behind */
        uint32_t carry = C_NOP;
        for (unsigned i = first; i < guest.count; i++) {
            uint32_t word = guest.words[i];
            guest.words[i] = word << 16 | carry;
            carry = word >> 16;
        }
        guest.words[guest.count++] = (uint32_t)C_NOP << 16 | carry;
    }
    guest_finish(&guest, 0x5555);
    struct emu_machine *machine = strict_machine(&guest, fidelity, 1, false);
    cr_expect(eq(int, guest_run(machine, CYCLES).kind, EMU_STOP_FINISHED));
    struct emu_hart_view view;
    emu_hart_view(machine, 0, &view);
    emu_machine_destroy(machine);
    return view.x[A2] == 0;
}

Test(strict, compressed_instructions_count_as_what_they_stand_for)
{
    const uint32_t nops[8] = {0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001};
    const uint32_t load[1] = {(uint32_t)C_LW_A3_S0 << 16 | C_NOP};
    for (unsigned f = 0; f < 2; f++) {
        cr_expect(raw_succeeds(fidelities[f], nops, 7, 0, 0), "16 in all");
        cr_expect(not(raw_succeeds(fidelities[f], nops, 8, 0, 0)), "18 in all");
        cr_expect(not(raw_succeeds(fidelities[f], load, 1, 0, 0)), "a load");
    }
}

Test(strict, a_sequence_may_lie_across_lines_and_pages)
{
    const uint32_t nops[15] = {NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP};
    for (unsigned f = 0; f < 2; f++) {
        for (unsigned at = 1005; at < 1025; at++) { /* 1024: the next page */
            cr_expect(raw_succeeds(fidelities[f], nops, 14, at, at % 2), "from word %u", at);
            cr_expect(not(raw_succeeds(fidelities[f], nops, 15, at, at / 2 % 2)), "from word %u, one more", at);
        }
    }
}

/* ---- several harts ---- */

/* Each hart: constrained increments of one word, and in between sequences that must fail; every failure of theirs is counted in
 * s3, which goes to the hart's own word. A trap handler steps over ecall. */
static struct guest contended_guest(void)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_jump(g, 0);
    unsigned handler = g->count;
    guest_csr(g, ISA_OP_csrrs, A3, CSR_MEPC, ZERO);
    guest_ri(g, ISA_OP_addi, A3, A3, 4);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MEPC, A3);
    guest_op(g, ISA_OP_mret);
    guest_land(g, 0);
    guest_ram(g, T0, 4 * handler);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MTVEC, T0);
    guest_ram(g, S0, WORD);
    guest_ram(g, S2, OWN);
    guest_ri(g, ISA_OP_slli, T0, A0, 6);
    guest_rr(g, ISA_OP_add, S2, S2, T0);
    guest_ri(g, ISA_OP_addi, S1, ZERO, ROUNDS);
    guest_ri(g, ISA_OP_addi, S3, ZERO, 0);
    unsigned again = g->count;
    guest_rr(g, ISA_OP_lr_d, T0, S0, 0); /* constrained */
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_rr(g, ISA_OP_sc_d, T1, S0, T0);
    guest_branch(g, ISA_OP_bne, T1, ZERO, again);
    static const enum isa_op bad[] = {ISA_OP_ld, ISA_OP_mul, ISA_OP_ecall};
    for (unsigned i = 0; i < 3; i++) {
        guest_rr(g, ISA_OP_lr_d, T0, S0, 0);
        guest_ri(g, ISA_OP_addi, T0, T0, 1);
        if (bad[i] == ISA_OP_ecall)
            guest_op(g, bad[i]);
        else if (bad[i] == ISA_OP_ld)
            guest_ri(g, bad[i], T2, S2, 0);
        else
            guest_rr(g, bad[i], T2, T0, T0);
        guest_rr(g, ISA_OP_sc_d, T1, S0, T0);
        guest_rr(g, ISA_OP_add, S3, S3, T1);
    }
    guest_st(g, ISA_OP_sd, S3, S2, 0);
    guest_ri(g, ISA_OP_addi, S1, S1, -1);
    guest_branch(g, ISA_OP_bne, S1, ZERO, again);
    guest_ri(g, ISA_OP_addi, S4, S0, 256); /* the last one ends the run */
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_rr(g, ISA_OP_amoadd_d, T2, S4, T1);
    guest_ri(g, ISA_OP_addi, T1, ZERO, HARTS - 1);
    guest_branch(g, ISA_OP_beq, T2, T1, 0);
    unsigned to_end = g->count - 1;
    guest_jump(g, g->count);
    guest_land(g, to_end);
    guest_finish(g, 0x5555);
    return guest;
}

Test(strict, constrained_loops_get_on_and_all_others_fail)
{
    struct guest guest = contended_guest();
    for (unsigned f = 0; f < 2; f++) {
        for (unsigned keep = 0; keep < 2; keep++) {
            struct emu_machine *machine = strict_machine(&guest, fidelities[f], HARTS, keep);
            cr_expect(eq(int, guest_run(machine, CYCLES).kind, EMU_STOP_FINISHED));
            cr_expect(eq(u64, guest_ram_u64(machine, WORD), HARTS * ROUNDS));
            for (unsigned hart = 0; hart < HARTS; hart++)
                cr_expect(eq(u64, guest_ram_u64(machine, OWN + 64 * hart), 3 * ROUNDS));
            emu_machine_destroy(machine);
        }
    }
}

/* ---- stops and observers ---- */

static uint64_t hash_of_run(const struct guest *guest, unsigned fidelity, uint64_t most, struct random *random)
{
    struct emu_machine *machine = strict_machine(guest, fidelity, HARTS, true);
    struct emu_stop stop;
    do {
        struct emu_event events[64];
        struct emu_until until;
        emu_until_init(&until);
        if (most)
            until.steps = emu_position(machine).steps + 1 + (most > 1 ? random_below(random, (unsigned)most) : 0);
        if (most > 1 && random_below(random, 8) == 0 && emu_break_set(machine, GUEST_RAM)) /* throws decoded code away */
            emu_break_clear(machine, GUEST_RAM);
        stop = emu_run(machine, &until);
        while (emu_events_read(machine, events, 64))
            ;
    } while (stop.kind == EMU_STOP_LIMIT || stop.kind == EMU_STOP_EVENTS_FULL);
    cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED));
    uint64_t hash = emu_state_hash(machine);
    emu_machine_destroy(machine);
    return hash;
}

Test(strict, stopping_changes_nothing)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    struct random random = {chosen ? strtoull(chosen, NULL, 0) : 20270314};
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)random.state);
    struct guest guest = contended_guest();
    for (unsigned f = 0; f < 2; f++) {
        uint64_t want = hash_of_run(&guest, fidelities[f], 0, NULL);
        cr_expect(eq(u64, hash_of_run(&guest, fidelities[f], 1, NULL), want), "single steps");
        for (unsigned turn = 0; turn < 6; turn++)
            cr_expect(eq(u64, hash_of_run(&guest, fidelities[f], 2 + 30 * turn, &random), want), "random stops");
    }
}

Test(strict, watching_changes_nothing_and_each_loss_stops_the_run)
{
    struct guest guest = contended_guest();
    for (unsigned f = 0; f < 2; f++) {
        struct emu_machine *machine = strict_machine(&guest, fidelities[f], HARTS, true);
        uint64_t want = hash_of_run(&guest, fidelities[f], 0, NULL), lost = 0;
        struct emu_stop stop;
        emu_events_select(machine, UINT64_MAX);
        emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST));
        for (unsigned word = 0; word < 64; word += 3)
            emu_break_set(machine, GUEST_RAM + 4 * word);
        do {
            struct emu_event events[64];
            struct emu_until until;
            size_t count;
            emu_until_init(&until);
            stop = emu_run(machine, &until);
            uint64_t before = lost;
            while ((count = emu_events_read(machine, events, 64)) > 0)
                for (size_t i = 0; i < count; i++)
                    lost += events[i].kind == EMU_EVENT_RESERVATION_LOST && events[i].a == EMU_REASON_UNCONSTRAINED;
            cr_expect(le(u64, lost, before + 1), "two losses between two stops");
        } while (stop.kind != EMU_STOP_FINISHED && stop.kind != EMU_STOP_DEAD);
        cr_expect(eq(u64, emu_state_hash(machine), want), "fidelity %u", fidelities[f]);
        cr_expect(eq(u64, lost, 3 * HARTS * ROUNDS));
        emu_machine_destroy(machine);
    }
}

Test(strict, each_field_of_a_sequence_is_in_the_hash)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, WORD);
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    guest_jump(&guest, guest.count);
    unsigned found = 0;
    for (uint64_t n = 0; found < 4; n++) {
        struct emu_machine *machine = strict_machine(&guest, EMU_FAST, 1, false);
        char name[128];
        guest_run(machine, 20);
        uint64_t before = emu_state_hash(machine);
        bool more = emu_state_flip(machine, n, name);
        if (strncmp(name, "hart.sequence", 13) == 0) {
            cr_expect(ne(u64, emu_state_hash(machine), before), "%s", name);
            found++;
        }
        emu_machine_destroy(machine);
        cr_assert(more);
    }
}
