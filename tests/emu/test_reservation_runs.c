/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reservations in guests that run freely: own stores and swaps between lr and sc; and what only timed fidelity shows: hold windows,
 * livelock without them, starvation and its cure, injected failures, strict mode.
 */
#include "guest.h"
#include "timed.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { WORD = 0x10000, STREAM = 0x100000, STREAM_BYTES = 0x80000 };

#define LIMIT_CYCLES 50000000
#define COUNT(rows)  (sizeof(rows) / sizeof(rows)[0])

static struct emu_hart_stats stats_of(const struct emu_machine *machine, unsigned hart)
{
    struct emu_hart_stats stats;
    emu_hart_stats(machine, hart, &stats);
    return stats;
}

static void input(struct emu_machine *machine, unsigned kind, unsigned hart, uint64_t a, uint64_t b)
{
    cr_assert(emu_input(machine, &(struct emu_input){.kind = kind, .hart = hart, .a = a, .b = b}, 0, NULL, NULL));
}

static void put_nops(struct guest *g, unsigned count)
{
    while (count--)
        guest_ri(g, ISA_OP_addi, ZERO, ZERO, 0);
}

/* Puts the branch that hart `hart` passes and others take; to be landed where they go on. */
static unsigned put_only(struct guest *g, unsigned hart)
{
    guest_ri(g, ISA_OP_addi, T0, ZERO, (int)hart);
    guest_branch(g, ISA_OP_bne, A0, T0, 0);
    return g->count - 1;
}

/* Reasons of failed sc, from all that was recorded and from running on to the end or the limit. */
struct failures {
    uint64_t of[EMU_REASON_COUNT], all;
};

static struct emu_stop run_counting(struct emu_machine *machine, uint64_t cycles, struct failures *ret_failures)
{
    struct emu_until until;
    struct emu_stop stop;
    struct emu_event events[64];
    *ret_failures = (struct failures){{0}};
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_SC_FAILED));
    emu_until_init(&until);
    until.cycle = emu_now(machine) + cycles;
    do {
        size_t count;
        stop = emu_run(machine, &until);
        while ((count = emu_events_read(machine, events, 64)) > 0)
            for (size_t i = 0; i < count; i++) {
                ret_failures->of[events[i].a]++;
                ret_failures->all++;
            }
    } while (stop.kind == EMU_STOP_EVENTS_FULL);
    return stop;
}

/* ---- own stores ---- */

/* Hart 0: lr; a store of its own to the same word; sc. What the configuration says holds each time, and whether or not a second
 * hart holds a reservation elsewhere (on a line that shares the bucket). */
static void expect_own_stores(enum isa_op op, enum emu_fidelity fidelity)
{
    for (unsigned clears = 0; clears < 2; clears++) {
        struct guest guest = {.count = 0};
        unsigned other = put_only(&guest, 0);
        guest_ram(&guest, S0, WORD);
        guest_ri(&guest, ISA_OP_addi, S1, ZERO, 100);
        unsigned again = guest.count;
        guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
        if (op == ISA_OP_sd)
            guest_st(&guest, op, T0, S0, 0);
        else
            guest_rr(&guest, op, T0, S0, T0);
        guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
        guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
        guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
        guest_finish(&guest, 0x5555);
        guest_land(&guest, other);
        guest_ram(&guest, S0, WORD + 0x4000);
        guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
        guest_jump(&guest, guest.count);
        for (unsigned harts = 1; harts <= 2; harts++) {
            struct emu_config config = guest_config(harts);
            config.fidelity = fidelity;
            config.reservation.own_store_clears = clears;
            struct emu_machine *machine = guest_machine(&guest, &config);
            cr_expect(eq(int, guest_run(machine, LIMIT_CYCLES).kind, EMU_STOP_FINISHED));
            cr_expect(eq(u64, stats_of(machine, 0).sc_failed, clears && op == ISA_OP_sd ? 100 : 0), "%u harts, clears %u", harts,
                      clears);
            emu_machine_destroy(machine);
        }
    }
}

Test(reservation_runs, an_own_store_between_lr_and_sc_does_what_the_configuration_says)
{
    expect_own_stores(ISA_OP_sd, EMU_FAST);
    expect_own_stores(ISA_OP_sd, EMU_TIMED);
}

Test(reservation_runs, an_own_amo_between_lr_and_sc_is_no_plain_store)
{
    expect_own_stores(ISA_OP_amoadd_d, EMU_FAST);
    expect_own_stores(ISA_OP_amoadd_d, EMU_TIMED);
}

/* ---- hold windows ---- */

enum { HOLD_NOPS = 40, HOLD_OWN = 1, HOLD_OTHER = 2 };

/* Hart 0 has done its lr, with 40 nops (some 250 cycles: their lines are new to it) to come before its sc; hart 1 is about to
 * store. Runs both for 2000 cycles. True if the sc succeeded; *ret_last: the word afterwards. */
static bool holds(unsigned hold_cycles, unsigned granule, unsigned other_offset, uint64_t *ret_last)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, WORD);
    unsigned other = put_only(&guest, 0);
    guest_ri(&guest, ISA_OP_addi, A1, ZERO, HOLD_OWN);
    unsigned lr = guest.count;
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    put_nops(&guest, HOLD_NOPS);
    guest_rr(&guest, ISA_OP_sc_d, A2, S0, A1);
    guest_jump(&guest, guest.count);
    guest_land(&guest, other);
    guest_ri(&guest, ISA_OP_addi, A1, ZERO, HOLD_OTHER);
    unsigned store = guest.count;
    guest_st(&guest, ISA_OP_sd, A1, S0, (int)other_offset);
    guest_jump(&guest, guest.count);

    struct emu_config config = guest_config(2);
    config.fidelity = EMU_TIMED;
    config.reservation.fill = EMU_FILL_EXCLUSIVE;
    config.reservation.granule_bytes = granule;
    config.reservation.hold_cycles = hold_cycles;
    struct emu_machine *machine = guest_machine(&guest, &config);
    struct emu_until until;
    emu_break_set(machine, GUEST_RAM + 4 * lr);
    emu_break_set(machine, GUEST_RAM + 4 * store);
    emu_until_init(&until);
    until.cycle = 100000;
    for (unsigned i = 0; i < 2; i++) {
        struct emu_stop stop = emu_run(machine, &until);
        cr_assert(eq(int, stop.kind, EMU_STOP_BREAKPOINT));
        input(machine, EMU_INPUT_FREEZE, stop.hart, 0, 0);
    }
    input(machine, EMU_INPUT_THAW, 0, 0, 0);
    until.steps = emu_position(machine).steps + 1;
    emu_run(machine, &until); /* the lr */
    input(machine, EMU_INPUT_THAW, 1, 0, 0);
    guest_run(machine, 2000);
    bool succeeded = stats_of(machine, 0).sc_succeeded == 1;
    cr_expect(eq(u64, stats_of(machine, 0).sc_succeeded + stats_of(machine, 0).sc_failed, 1), "hart 0 has come to its sc");
    *ret_last = guest_ram_u64(machine, WORD);
    emu_machine_destroy(machine);
    return succeeded;
}

Test(reservation_runs, a_hold_window_keeps_others_off_until_the_sc)
{
    NEEDS_TIMED();
    uint64_t last;
    cr_expect(not(holds(0, 64, 0, &last)), "no window");
    cr_expect(eq(u64, last, HOLD_OTHER));
    cr_expect(not(holds(20, 64, 0, &last)), "a window that is too short");
    cr_expect(eq(u64, last, HOLD_OTHER));
    cr_expect(holds(1000, 64, 0, &last), "a window that is long enough");
    cr_expect(eq(u64, last, HOLD_OTHER), "the other's store comes behind");
}

Test(reservation_runs, a_hold_window_ends_with_the_reservation)
{
    NEEDS_TIMED();
    uint64_t last;
    cr_expect(holds(10000, 64, 0, &last));
    cr_expect(eq(u64, last, HOLD_OTHER), "the other has waited for the end of the window");
}

Test(reservation_runs, a_store_beside_the_granule_needs_no_window)
{
    NEEDS_TIMED();
    uint64_t last;
    cr_expect(holds(0, 8, 8, &last));
    cr_expect(eq(u64, last, HOLD_OWN));
}

/* ---- livelock ---- */

/* Two harts increment one counter 500 times each by lr, `nops` nops, and sc. Returns the machine, run to its end or a million cycles.
 */
static struct emu_machine *long_pairs(unsigned nops, unsigned fill, unsigned hold_cycles, struct emu_stop *ret_stop)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, WORD);
    guest_li(&guest, S1, 500);
    unsigned again = guest.count;
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    put_nops(&guest, nops);
    guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
    guest_branch(&guest, ISA_OP_bne, T1, ZERO, again);
    guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
    guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
    guest_li(&guest, T2, 1000);
    unsigned wait = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_branch(&guest, ISA_OP_bne, T0, T2, wait);
    guest_finish(&guest, 0x5555);
    struct emu_config config = guest_config(2);
    config.fidelity = EMU_TIMED;
    config.reservation.fill = fill;
    config.reservation.hold_cycles = hold_cycles;
    struct emu_machine *machine = guest_machine(&guest, &config);
    *ret_stop = guest_run(machine, 1000000);
    return machine;
}

Test(reservation_runs, exclusive_fill_without_a_hold_window_is_a_livelock_of_long_sequences)
{
    NEEDS_TIMED();
    struct emu_stop stop;
    struct emu_machine *machine = long_pairs(100, EMU_FILL_EXCLUSIVE, 0, &stop);
    uint64_t succeeded = stats_of(machine, 0).sc_succeeded + stats_of(machine, 1).sc_succeeded;
    cr_expect(eq(int, stop.kind, EMU_STOP_LIMIT));
    cr_expect(lt(u64, succeeded, 10));
    for (unsigned hart = 0; hart < 2; hart++)
        cr_expect(gt(u64, stats_of(machine, hart).sc_failed, 500), "hart %u is busy failing", hart);
    emu_machine_destroy(machine);
}

Test(reservation_runs, a_hold_window_ends_the_livelock)
{
    NEEDS_TIMED();
    struct emu_stop stop;
    struct emu_machine *machine = long_pairs(100, EMU_FILL_EXCLUSIVE, 200, &stop);
    cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED));
    cr_expect(eq(u64, guest_ram_u64(machine, WORD), 1000));
    emu_machine_destroy(machine);
}

Test(reservation_runs, a_shared_fill_makes_progress_without_any_window)
{
    struct emu_stop stop;
    struct emu_machine *machine = long_pairs(100, EMU_FILL_SHARED, 0, &stop);
    cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED));
    cr_expect(eq(u64, guest_ram_u64(machine, WORD), 1000));
    emu_machine_destroy(machine);
}

Test(reservation_runs, a_short_sequence_needs_no_window)
{
    struct emu_stop stop;
    struct emu_machine *machine = long_pairs(0, EMU_FILL_EXCLUSIVE, 0, &stop);
    cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED));
    cr_expect(eq(u64, guest_ram_u64(machine, WORD), 1000));
    emu_machine_destroy(machine);
}

/* ---- starvation ---- */

/* On an atomic bus harts 0 to 2 load line after line; hart 3 increments a word in line after line by lr and sc. How many it got
 * done in 300000 cycles. */
static uint64_t done_beside_streams(unsigned arbiter)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S1, STREAM);
    guest_li(&guest, T0, STREAM_BYTES);
    guest_rr(&guest, ISA_OP_mul, T0, T0, A0);
    guest_rr(&guest, ISA_OP_add, S1, S1, T0);
    unsigned start = guest.count;
    guest_li(&guest, S2, STREAM_BYTES / 64);
    guest_ri(&guest, ISA_OP_addi, S0, S1, 0);
    unsigned other = put_only(&guest, 3);
    unsigned again = guest.count;
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
    guest_branch(&guest, ISA_OP_bne, T1, ZERO, again);
    guest_ri(&guest, ISA_OP_addi, S0, S0, 64);
    guest_ri(&guest, ISA_OP_addi, S2, S2, -1);
    guest_branch(&guest, ISA_OP_bne, S2, ZERO, again);
    guest_jump(&guest, start);
    guest_land(&guest, other);
    unsigned stream = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, S0, S0, 64);
    guest_ri(&guest, ISA_OP_addi, S2, S2, -1);
    guest_branch(&guest, ISA_OP_bne, S2, ZERO, stream);
    guest_jump(&guest, start);
    struct emu_config config = guest_config(4);
    config.fidelity = EMU_TIMED;
    config.bus.kind = EMU_BUS_ATOMIC;
    config.bus.arbiter = arbiter;
    struct emu_machine *machine = guest_machine(&guest, &config);
    guest_run(machine, 300000);
    uint64_t done = stats_of(machine, 3).sc_succeeded;
    emu_machine_destroy(machine);
    return done;
}

Test(reservation_runs, the_fixed_arbiter_starves_the_last_hart_and_the_others_do_not)
{
    NEEDS_TIMED();
    uint64_t fixed = done_beside_streams(EMU_ARBITER_FIXED);
    /* A transaction takes some 56 cycles; every fourth is the hart's own, and few of them write back: 1000, less what is wasted. */
    cr_expect(gt(u64, done_beside_streams(EMU_ARBITER_ROUND_ROBIN), 500));
    cr_expect(gt(u64, done_beside_streams(EMU_ARBITER_OLDEST), 500));
    cr_expect(gt(u64, done_beside_streams(EMU_ARBITER_RANDOM), 200));
    cr_expect(lt(u64, fixed, 20));
}

/* ---- injected failures ---- */

enum { PAIRS = 2000 };

static struct guest guest_of_pairs(bool retries)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, WORD);
    guest_li(&guest, S1, PAIRS);
    unsigned again = guest.count;
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
    if (retries)
        guest_branch(&guest, ISA_OP_bne, T1, ZERO, again);
    guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
    guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
    guest_finish(&guest, 0x5555);
    return guest;
}

/* Failed sc of a lone hart; the word must hold what the others stored. */
static uint64_t injected(unsigned per_million, uint64_t seed, bool retries, unsigned fidelity)
{
    struct guest guest = guest_of_pairs(retries);
    struct emu_config config = guest_config(1);
    struct failures failures;
    config.fidelity = fidelity;
    config.seed = seed;
    config.reservation.failures_per_million = per_million;
    struct emu_machine *machine = guest_machine(&guest, &config);
    cr_expect(eq(int, run_counting(machine, LIMIT_CYCLES, &failures).kind, EMU_STOP_FINISHED));
    cr_expect(eq(u64, failures.all, failures.of[EMU_REASON_INJECTED]));
    cr_expect(eq(u64, failures.all, stats_of(machine, 0).sc_failed));
    cr_expect(eq(u64, guest_ram_u64(machine, WORD), stats_of(machine, 0).sc_succeeded));
    cr_expect(eq(u64, guest_ram_u64(machine, WORD), retries ? PAIRS : PAIRS - failures.all));
    emu_machine_destroy(machine);
    return failures.all;
}

Test(reservation_runs, no_failure_is_injected_where_none_is_asked_for)
{
    cr_expect(zero(u64, injected(0, 1, false, EMU_FAST)));
    cr_expect(zero(u64, injected(0, 1, false, EMU_TIMED)));
}

Test(reservation_runs, failures_are_injected_as_often_as_asked_for)
{
    NEEDS_TIMED();
    cr_expect(eq(u64, injected(1000000, 1, false, EMU_TIMED), PAIRS), "all");
    uint64_t half = injected(500000, 1, false, EMU_TIMED), tenth = injected(100000, 1, false, EMU_TIMED);
    cr_expect(ge(u64, half, 850)); /* six standard deviations and more round 1000 and 200 */
    cr_expect(le(u64, half, 1150));
    cr_expect(ge(u64, tenth, 115));
    cr_expect(le(u64, tenth, 285));
    injected(500000, 2, true, EMU_TIMED);
}

Test(reservation_runs, injected_failures_follow_the_seed)
{
    NEEDS_TIMED();
    unsigned different = 0;
    for (uint64_t seed = 1; seed < 6; seed++) {
        cr_expect(eq(u64, injected(500000, seed, false, EMU_TIMED), injected(500000, seed, false, EMU_TIMED)));
        different += injected(500000, seed, false, EMU_TIMED) != injected(500000, 0, false, EMU_TIMED);
    }
    cr_expect(ge(uint, different, 3));
}

/* ---- strict mode ---- */

/* s0: the word; s2: another line; a5: 2 before each sequence. The middle lies between lr.w and sc.w; it brings its own sc if
 * `has_sc`. */
enum { MIDDLE_MAX = 15 };

struct sequence {
    const char *name;
    bool is_constrained;
    unsigned nops; /* behind the middle */
    bool has_sc;
    struct isa_insn middle[MIDDLE_MAX];
};

#define OP(name, ...)                                                                                                              \
    {                                                                                                                              \
        .op = ISA_OP_##name, __VA_ARGS__                                                                                           \
    }

static const struct sequence sequences[] = {
    {"nothing", true},
    {"an addition", true, 0, false, {OP(addi, .rd = T0, .rs1 = T0, .imm = 1)}},
    {"what compilers make of a byte's exchange",
     true,
     0,
     false,
     {OP(and, .rd = T2, .rs1 = T0, .rs2 = A1), OP(xor, .rd = T2, .rs1 = T2, .rs2 = T0), OP(or, .rd = T0, .rs1 = T2, .rs2 = A1)}},
    {"lui and auipc", true, 0, false, {OP(lui, .rd = T2, .imm = 4096), OP(auipc, .rd = T2)}},
    {"16 instructions in all", true, 14},
    {"17 instructions in all", false, 15},
    {"many instructions", false, 60},
    {"a forward branch, taken", true, 2, false, {OP(beq, .imm = 8)}},
    {"a forward branch, not taken", true, 2, false, {OP(bne, .imm = 8)}},
    {"a backward branch, not taken", true, 0, false, {OP(bne, .imm = -4)}},
    {"a backward branch, taken", false, 0, false, {OP(addi, .rd = A5, .rs1 = A5, .imm = -1), OP(bne, .rs1 = A5, .imm = -4)}},
    {"a jump forward", true, 1, false, {OP(jal, .imm = 8)}},
    {"a jump backward", false, 0, false, {OP(jal, .imm = 8), OP(jal, .imm = 8), OP(jal, .imm = -4)}},
    {"jalr", false, 0, false, {OP(auipc, .rd = T2), OP(jalr, .rs1 = T2, .imm = 8)}},
    {"a load", false, 0, false, {OP(lw, .rd = T2, .rs1 = S0)}},
    {"a load from elsewhere", false, 0, false, {OP(lbu, .rd = T2, .rs1 = S2, .imm = 1)}},
    {"a store elsewhere", false, 0, false, {OP(sw, .rs1 = S2, .rs2 = A1)}},
    {"a store to the word", false, 0, false, {OP(sw, .rs1 = S0, .rs2 = A1)}},
    {"an amo elsewhere", false, 0, false, {OP(amoadd_w, .rd = T2, .rs1 = S2, .rs2 = A1)}},
    {"fence", false, 0, false, {OP(fence, .imm = 0x33)}},
    {"fence.i", false, 0, false, {OP(fence_i)}},
    {"a read of a CSR", false, 0, false, {OP(csrrs, .rd = T2, .imm = 0x340)}},
    {"a multiplication", false, 0, false, {OP(mul, .rd = T2, .rs1 = A1, .rs2 = A1)}},
    {"a division", false, 0, false, {OP(divu, .rd = T2, .rs1 = A1, .rs2 = A1)}},
    {"an instruction of Zba", false, 0, false, {OP(sh1add, .rd = T2, .rs1 = A1, .rs2 = A1)}},
    {"an instruction of Zbb", false, 0, false, {OP(andn, .rd = T2, .rs1 = A1, .rs2 = A1)}},
    {"an sc to another word of the granule", false, 0, true, {OP(sc_w, .rd = T1, .rs1 = S3, .rs2 = A1)}},
    {"an sc of another size", false, 0, true, {OP(sc_d, .rd = T1, .rs1 = S0, .rs2 = A1)}},
    {"a second lr begins a new one", true, 0, false, {OP(mul, .rd = T2, .rs1 = A1, .rs2 = A1), OP(lr_w, .rd = T0, .rs1 = S0)}},
};

static void put_sequence(struct guest *g, const struct sequence *sequence)
{
    guest_ri(g, ISA_OP_addi, A5, ZERO, 2);
    guest_rr(g, ISA_OP_lr_w, T0, S0, 0);
    for (unsigned i = 0; i < MIDDLE_MAX && sequence->middle[i].op; i++)
        guest_put(g, sequence->middle[i]);
    put_nops(g, sequence->nops);
    if (!sequence->has_sc)
        guest_rr(g, ISA_OP_sc_w, T1, S0, A1);
}

/* Three times the sequence: met first, on known lines, and behind one that failed or succeeded. */
static void expect_sequence(const struct sequence *sequence, bool strict, unsigned fidelity)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, WORD);
    guest_ram(&guest, S2, WORD + 0x1000);
    guest_ri(&guest, ISA_OP_addi, S3, S0, 4);
    guest_ri(&guest, ISA_OP_addi, A1, ZERO, 1);
    guest_ri(&guest, ISA_OP_addi, S1, ZERO, 3);
    unsigned again = guest.count;
    put_sequence(&guest, sequence);
    guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
    guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
    guest_finish(&guest, 0x5555);
    struct emu_config config = guest_config(1);
    struct failures failures;
    config.fidelity = fidelity;
    config.reservation.strict = strict;
    struct emu_machine *machine = guest_machine(&guest, &config);
    uint64_t failing = strict && !sequence->is_constrained ? 3 : 0;
    cr_expect(eq(int, run_counting(machine, LIMIT_CYCLES, &failures).kind, EMU_STOP_FINISHED), "%s", sequence->name);
    cr_expect(eq(u64, failures.of[EMU_REASON_UNCONSTRAINED], failing), "%s, strict %d", sequence->name, strict);
    cr_expect(eq(u64, failures.all, failing), "%s, strict %d", sequence->name, strict);
    cr_expect(eq(u64, stats_of(machine, 0).sc_succeeded, 3 - failing), "%s, strict %d", sequence->name, strict);
    emu_machine_destroy(machine);
}

Test(reservation_runs, every_sequence_succeeds_where_strictness_is_not_asked_for)
{
    for (unsigned i = 0; i < COUNT(sequences); i++) {
        expect_sequence(&sequences[i], false, EMU_FAST);
        expect_sequence(&sequences[i], false, EMU_TIMED);
    }
}

Test(reservation_runs, strict_mode_fails_the_sequences_that_are_not_constrained)
{
    for (unsigned i = 0; i < COUNT(sequences); i++) {
        expect_sequence(&sequences[i], true, EMU_FAST);
        expect_sequence(&sequences[i], true, EMU_TIMED);
    }
}
