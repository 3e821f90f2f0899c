/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statistics: what the cycles of each hart went to adds up at every stop, whatever the harts are doing there; the counts of bus,
 * ports and harts agree with each other; and counting is no part of the machine.
 */
#include "../lib/random.h"
#include "counted.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <stdio.h>
#include <stdlib.h>

#define HARTS_MOST 16

/* ---- a guest that does everything, for ever ---- */

static void put_walks(struct guest *g)
{
    guest_st(g, ISA_OP_sd, S3, S2, 16);
    guest_rr(g, ISA_OP_sfence_vma, ZERO, ZERO, ZERO);
    guest_li(g, T2, 0x20000); /* MPRV */
    guest_csr(g, ISA_OP_csrrs, ZERO, CSR_MSTATUS, T2);
    guest_ri(g, ISA_OP_ld, T0, S0, 128);
    guest_st(g, ISA_OP_sd, T0, S0, 192);
    guest_rr(g, ISA_OP_lr_d, T0, S0, 0);
    guest_rr(g, ISA_OP_sfence_vma, ZERO, ZERO, ZERO);
    guest_rr(g, ISA_OP_sc_d, T1, S0, T0);
    guest_csr(g, ISA_OP_csrrc, ZERO, CSR_MSTATUS, T2);
}

static void put_accesses(struct guest *g)
{
    guest_rr(g, ISA_OP_lr_d, T0, S0, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_rr(g, ISA_OP_sc_d, T1, S0, T0);
    guest_rr(g, ISA_OP_sc_d, T1, S0, T0); /* without a reservation */
    guest_ri(g, ISA_OP_addi, T1, S0, 256);
    guest_rr(g, ISA_OP_amoadd_d, T2, T1, T0);
    guest_ri(g, ISA_OP_ld, T0, S0, 512 + 60); /* in two lines */
    guest_st(g, ISA_OP_sd, T0, S1, 60);
    guest_ri(g, ISA_OP_addi, S1, S1, 64);
    guest_ri(g, ISA_OP_ld, T0, S0, 256);
    guest_rr(g, ISA_OP_div, T0, T0, T0);
}

/* Reads a device, sets its timer to soon, and waits. */
static void put_devices(struct guest *g)
{
    guest_li(g, T0, PLATFORM_UART_BASE);
    guest_ri(g, ISA_OP_lbu, T1, T0, 5);
    guest_li(g, T0, PLATFORM_CLINT_BASE + 0xbff8);
    guest_ri(g, ISA_OP_ld, T1, T0, 0);
    guest_ri(g, ISA_OP_addi, T1, T1, 40);
    guest_st(g, ISA_OP_sd, T1, S4, 0);
    guest_op(g, ISA_OP_wfi);
    guest_op(g, ISA_OP_wfi); /* while it is pending */
}

static struct guest everything(void)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, SHARED);
    counted_own(g);
    guest_li(g, S4, PLATFORM_CLINT_BASE + 0x4000);
    guest_ri(g, ISA_OP_slli, T0, A0, 3);
    guest_rr(g, ISA_OP_add, S4, S4, T0);
    guest_li(g, T0, 0x80);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIE, T0);
    counted_translation(g);
    unsigned round = g->count;
    put_walks(g);
    put_accesses(g);
    guest_ri(g, ISA_OP_addi, S5, S5, 1);
    guest_ri(g, ISA_OP_andi, T0, S5, 15);
    guest_branch(g, ISA_OP_bne, T0, ZERO, round);
    counted_own(g);
    put_devices(g);
    guest_jump(g, round);
    return guest;
}

/* ---- what holds at every stop ---- */

struct seen {
    struct emu_hart_stats hart[HARTS_MOST];
    emu_cycle clock[HARTS_MOST];
    struct emu_bus_stats bus;
};

static void expect_hart(const struct emu_machine *m, unsigned hart, struct seen *seen, const char *what)
{
    struct emu_hart_stats stats, *before = &seen->hart[hart];
    struct emu_hart_view view;
    emu_hart_stats(m, hart, &stats);
    emu_hart_view(m, hart, &view);
    cr_assert(eq(u64, counted_sum(stats.cycles_by, EMU_CYCLES_COUNT), stats.cycles), "%s, hart %u", what, hart);
    cr_assert(ge(u64, stats.cycles, view.cycle), "%s, hart %u", what, hart);
    if (view.state == EMU_HART_RUNNING || view.state == EMU_HART_ACCESSING)
        cr_assert(eq(u64, stats.cycles, view.cycle), "%s, hart %u", what, hart);
    cr_assert(ge(u64, view.cycle, seen->clock[hart]), "%s: the clock of hart %u went back", what, hart);
    for (unsigned i = 0; i < EMU_CYCLES_COUNT; i++)
        cr_assert(ge(u64, stats.cycles_by[i], before->cycles_by[i]), "%s, hart %u: %s", what, hart, emu_cycles_name(i));
    cr_assert(eq(u64, counted_sum(stats.sc_failed_by, EMU_REASON_COUNT), stats.sc_failed));
    *before = stats;
    seen->clock[hart] = view.cycle;
}

static void expect_bus(const struct emu_machine *m, const struct seen *seen, bool timed, const char *what)
{
    const struct emu_bus_stats *bus = &seen->bus;
    uint64_t ports = 0, misses = 0, upgrades = 0, write_backs = 0, devices = 0;
    for (unsigned port = 0; port < emu_ports(m); port++) {
        const struct emu_hart_stats *hart = &seen->hart[port];
        struct emu_port_stats stats;
        emu_port_stats(m, port, &stats);
        ports += stats.transactions;
        if (port >= emu_harts(m))
            continue;
        uint64_t missed = counted_sum(hart->misses, EMU_MISS_COUNT);
        if (timed)
            cr_assert(eq(u64, stats.transactions, missed + hart->upgrades + hart->write_backs + hart->device_accesses),
                      "%s, port %u", what, port);
        misses += missed;
        upgrades += hart->upgrades;
        write_backs += hart->write_backs;
        devices += hart->device_accesses;
    }
    const uint64_t *kinds = bus->transactions;
    cr_assert(eq(u64, ports, counted_sum(kinds, EMU_TRANSACTION_COUNT)), "%s", what);
    cr_assert(eq(u64, misses, kinds[EMU_TRANSACTION_READ] + kinds[EMU_TRANSACTION_READ_X]), "%s", what);
    cr_assert(eq(u64, upgrades, kinds[EMU_TRANSACTION_UPGRADE]), "%s", what);
    cr_assert(eq(u64, write_backs, kinds[EMU_TRANSACTION_WRITE_BACK]), "%s", what);
    cr_assert(eq(u64, timed ? devices : 0, kinds[EMU_TRANSACTION_DEVICE_READ] + kinds[EMU_TRANSACTION_DEVICE_WRITE]), "%s", what);
    cr_assert(eq(u64, bus->lines_from_caches + bus->lines_from_memory, misses), "%s", what);
    cr_assert(le(u64, bus->address.busy, bus->address.total));
    cr_assert(le(u64, bus->data.busy, bus->data.total));
}

static void expect_consistent(const struct emu_machine *m, struct seen *seen, bool timed, const char *what)
{
    struct emu_stats stats;
    uint64_t devices = 0;
    for (unsigned hart = 0; hart < emu_harts(m); hart++) {
        expect_hart(m, hart, seen, what);
        devices += seen->hart[hart].device_accesses;
    }
    emu_stats(m, &stats);
    cr_assert(eq(u64, stats.device_accesses, devices));
    emu_bus_stats(m, &seen->bus);
    expect_bus(m, seen, timed, what);
}

/* In `fast` everything is counted that could be: a step is a cycle, and a device access none of its own. */
static void expect_fast(const struct seen *seen, unsigned harts, const char *what)
{
    for (unsigned hart = 0; hart < harts; hart++) {
        const struct emu_hart_stats *stats = &seen->hart[hart];
        cr_expect(eq(u64, stats->cycles_by[EMU_CYCLES_EXECUTE], stats->instructions + stats->traps - stats->device_accesses),
                  "%s, hart %u", what, hart);
        cr_expect(eq(u64, stats->cycles_by[EMU_CYCLES_DEVICE], 20 * stats->device_accesses), "%s, hart %u", what, hart);
        cr_expect(eq(u64, counted_sum(stats->misses, EMU_MISS_COUNT) + stats->upgrades + stats->write_backs, 0), "%s, hart %u",
                  what, hart);
    }
}

static void read_events(struct emu_machine *m)
{
    struct emu_event events[64];
    while (emu_events_read(m, events, 64))
        ;
}

static void give(struct emu_machine *m, enum emu_input_kind kind, unsigned hart)
{
    struct emu_error error = {""};
    cr_assert(emu_input(m, &(struct emu_input){.kind = kind, .hart = hart}, 0, NULL, &error), "%s", error.text);
}

struct row {
    const char *what;
    unsigned harts, fidelity;
    uint64_t seed;
    unsigned quantum, bus, cache_bytes, fill;
    bool disturbed; /* by freezing, thawing and resets */
    unsigned walk_cycles;
};

static const struct row rows[] = {
    {"one hart", 1, EMU_TIMED, 0, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, false},
    {"four harts", 4, EMU_TIMED, 0, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, false},
    {"four harts, disturbed", 4, EMU_TIMED, 0, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, true},
    {"seed 7", 5, EMU_TIMED, 7, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, true},
    {"caches of two lines", 3, EMU_TIMED, 3, 0, EMU_BUS_SPLIT, 128, EMU_FILL_SHARED, true},
    {"exclusive fill", 4, EMU_TIMED, 0, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_EXCLUSIVE, true},
    {"atomic bus", 4, EMU_TIMED, 9, 0, EMU_BUS_ATOMIC, 512, EMU_FILL_SHARED, true},
    {"quantum", 4, EMU_TIMED, 0, 700, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, true},
    {"quantum, small caches", 16, EMU_TIMED, 2, 5000, EMU_BUS_SPLIT, 256, EMU_FILL_SHARED, true},
    {"slow walks", 4, EMU_TIMED, 0, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, false, 60},
    {"fast", 4, EMU_FAST, 0, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, false},
    {"fast, seed 5", 3, EMU_FAST, 5, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, false},
    {"fast, disturbed", 4, EMU_FAST, 1, 0, EMU_BUS_SPLIT, 32768, EMU_FILL_SHARED, true},
};

static struct emu_machine *machine_of(const struct row *row)
{
    struct guest guest = everything();
    struct emu_config config = guest_config(row->harts);
    config.fidelity = row->fidelity;
    config.seed = row->seed;
    config.quantum_cycles = row->quantum;
    config.bus.kind = row->bus;
    config.l1d.bytes = config.l1i.bytes = row->cache_bytes;
    config.l1d.ways = config.l1i.ways = row->cache_bytes < 256 ? 1 : 4;
    config.reservation.fill = row->fill;
    if (row->walk_cycles)
        config.pipeline.walk_cycles = row->walk_cycles;
    return guest_machine(&guest, &config);
}

static void disturb(struct emu_machine *m, struct random *random)
{
    unsigned draw = random_below(random, 40), hart = random_below(random, emu_harts(m));
    if (draw == 0)
        give(m, EMU_INPUT_RESET, 0);
    else if (draw < 6)
        give(m, EMU_INPUT_FREEZE, hart);
    else if (draw < 14)
        give(m, EMU_INPUT_THAW, hart);
}

/* Stops after single steps, and after stretches of cycles; the hash at the end. What is seen goes to *seen unless that is NULL. */
static uint64_t run(const struct row *row, struct random random, struct seen *seen)
{
    struct emu_machine *m = machine_of(row);
    bool timed = row->fidelity == EMU_TIMED;
    for (unsigned stop = 0; stop < 1500; stop++) {
        struct emu_until until;
        emu_until_init(&until);
        if (random_below(&random, 2))
            until.steps = emu_position(m).steps + 1 + random_below(&random, 3);
        until.cycle = emu_now(m) + 1 + random_below(&random, 1500);
        struct emu_stop why = emu_run(m, &until);
        read_events(m);
        cr_assert(why.kind == EMU_STOP_LIMIT || why.kind == EMU_STOP_DEAD || why.kind == EMU_STOP_EVENTS_FULL, "%s: %s", row->what,
                  emu_stop_name(why.kind));
        if (seen)
            expect_consistent(m, seen, timed, row->what);
        if (row->disturbed)
            disturb(m, &random);
        if (seen)
            expect_consistent(m, seen, timed, row->what);
    }
    if (seen && !timed && !row->disturbed)
        expect_fast(seen, row->harts, row->what);
    uint64_t hash = emu_state_hash(m);
    emu_machine_destroy(m);
    return hash;
}

static void collect(struct seen *all, const struct seen *seen, unsigned harts)
{
    for (unsigned hart = 0; hart < harts; hart++) {
        for (unsigned i = 0; i < EMU_CYCLES_COUNT; i++)
            all->hart[0].cycles_by[i] += seen->hart[hart].cycles_by[i];
        for (unsigned i = 0; i < EMU_MISS_COUNT; i++)
            all->hart[0].misses[i] += seen->hart[hart].misses[i];
        for (unsigned i = 0; i < EMU_REASON_COUNT; i++)
            all->hart[0].sc_failed_by[i] += seen->hart[hart].sc_failed_by[i];
    }
    for (unsigned i = 0; i < EMU_TRANSACTION_COUNT; i++)
        all->bus.transactions[i] += seen->bus.transactions[i];
    all->bus.invalidations += seen->bus.invalidations;
    all->bus.withdrawn += seen->bus.withdrawn;
    all->bus.refused += seen->bus.refused;
}

/* The guest does what it is there for. */
static void expect_everything(const struct seen *all)
{
    for (unsigned i = 0; i < EMU_CYCLES_COUNT; i++)
        cr_expect(gt(u64, all->hart[0].cycles_by[i], 0), "no cycles for %s", emu_cycles_name(i));
    for (unsigned i = 0; i < EMU_MISS_COUNT; i++)
        cr_expect(gt(u64, all->hart[0].misses[i], 0), "no misses by %s", emu_miss_name(i));
    for (unsigned i = 0; i < EMU_TRANSACTION_DMA_READ; i++)
        cr_expect(gt(u64, all->bus.transactions[i], 0), "no %s", emu_transaction_name(i));
    cr_expect(gt(u64, all->hart[0].sc_failed_by[EMU_REASON_STORE], 0));
    cr_expect(gt(u64, all->hart[0].sc_failed_by[EMU_REASON_OWN_SC], 0));
    cr_expect(gt(u64, all->bus.invalidations, 0));
    cr_expect(gt(u64, all->bus.withdrawn, 0));
    cr_expect(gt(u64, all->bus.refused, 0));
}

static uint64_t seed(void)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t value = chosen ? strtoull(chosen, NULL, 0) : 1;
    fprintf(stderr, "# LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)value);
    return value;
}

Test(stats, the_cycles_of_each_hart_add_up_at_every_stop_and_looking_changes_nothing)
{
    struct random random = {seed()};
    struct seen all = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen seen = {0};
        uint64_t watched = run(&rows[i], random, &seen);
        cr_expect(eq(u64, watched, run(&rows[i], random, NULL)), "%s", rows[i].what);
        collect(&all, &seen, rows[i].harts);
        random_next(&random);
    }
    expect_everything(&all);
}

/* Hart 0 is far ahead when it asks to write; hart 1 breaks its reservation at a cycle before that. */
Test(stats, a_clock_does_not_go_back_when_an_sc_has_lost_before_it_was_begun)
{
    struct guest guest = {.count = 0};
    struct emu_config config = guest_config(2);
    config.fidelity = EMU_TIMED;
    config.quantum_cycles = 5000;
    guest_ram(&guest, S0, SHARED);
    guest_ri(&guest, ISA_OP_addi, S1, ZERO, 900);
    unsigned to_first = guest.count;
    guest_branch(&guest, ISA_OP_beq, A0, ZERO, 0);
    guest_ri(&guest, ISA_OP_addi, S1, ZERO, 100);
    guest_land(&guest, to_first);
    unsigned loop = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, T2, S1, 0);
    guest_ri(&guest, ISA_OP_addi, T2, T2, -1);
    guest_branch(&guest, ISA_OP_bne, T2, ZERO, guest.count - 1);
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
    guest_jump(&guest, loop);
    struct emu_machine *m = guest_machine(&guest, &config);
    struct seen seen = {0};
    for (unsigned step = 0; step < 20000; step++) {
        struct emu_until until;
        emu_until_init(&until);
        until.steps = emu_position(m).steps + 1;
        emu_run(m, &until);
        expect_consistent(m, &seen, true, "far ahead");
    }
    cr_expect(gt(u64, seen.bus.withdrawn, 0));
    emu_machine_destroy(m);
}

/* ---- the parts that no instruction is part of ---- */

static void run_to(struct emu_machine *m, emu_cycle cycle)
{
    struct emu_until until;
    emu_until_init(&until);
    until.cycle = cycle;
    emu_run(m, &until);
    read_events(m);
}

/* Runs on from a cycle until the hart is in this state: another may get ahead of it by what neither of them can notice. */
static void run_until(struct emu_machine *m, emu_cycle cycle, unsigned hart, enum emu_hart_state state)
{
    struct emu_hart_view view;
    unsigned tries = 0;
    do {
        run_to(m, cycle + 100 * tries);
        emu_hart_view(m, hart, &view);
    } while (view.state != state && tries++ < 1000);
    cr_assert(eq(int, view.state, state));
}

static struct emu_hart_stats stats_of(const struct emu_machine *m, unsigned hart)
{
    struct emu_hart_stats stats;
    emu_hart_stats(m, hart, &stats);
    return stats;
}

static struct guest waiting_guest(void)
{
    struct guest guest = {.count = 0};
    unsigned to_run = guest.count;
    guest_branch(&guest, ISA_OP_beq, A0, ZERO, 0);
    guest_op(&guest, ISA_OP_wfi);
    guest_jump(&guest, 1);
    guest_land(&guest, to_run);
    guest_jump(&guest, guest.count);
    return guest;
}

Test(stats, waiting_counts_up_to_the_present_and_over_a_reset)
{
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct guest guest = waiting_guest();
        struct emu_config config = guest_config(2);
        config.fidelity = fidelity;
        struct emu_machine *m = guest_machine(&guest, &config);
        run_until(m, 5000, 1, EMU_HART_WAITING);
        struct emu_hart_view view;
        emu_hart_view(m, 1, &view);
        emu_cycle began = view.cycle;
        cr_expect(eq(u64, stats_of(m, 1).cycles, emu_now(m)));
        cr_expect(eq(u64, stats_of(m, 1).cycles_by[EMU_CYCLES_IDLE], emu_now(m) - began));
        emu_cycle at = emu_now(m);
        give(m, EMU_INPUT_RESET, 0);
        cr_expect(eq(u64, stats_of(m, 1).cycles, at));
        cr_expect(eq(u64, stats_of(m, 1).cycles_by[EMU_CYCLES_IDLE], at - began));
        cr_expect(eq(u64, stats_of(m, 0).cycles_by[EMU_CYCLES_IDLE], 0));
        emu_machine_destroy(m);
    }
}

Test(stats, frozen_cycles_are_halted_ones)
{
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct guest guest = {.count = 0};
        guest_jump(&guest, 0);
        struct emu_config config = guest_config(2);
        config.fidelity = fidelity;
        struct emu_machine *m = guest_machine(&guest, &config);
        run_until(m, 1000, 1, EMU_HART_RUNNING);
        give(m, EMU_INPUT_FREEZE, 1);
        struct emu_hart_view view;
        emu_hart_view(m, 1, &view);
        emu_cycle executed = stats_of(m, 1).cycles_by[EMU_CYCLES_EXECUTE];
        run_to(m, 3000);
        cr_expect(eq(u64, stats_of(m, 1).cycles, emu_now(m)));
        cr_expect(eq(u64, stats_of(m, 1).cycles_by[EMU_CYCLES_HALTED], emu_now(m) - view.cycle));
        cr_expect(eq(u64, stats_of(m, 1).cycles_by[EMU_CYCLES_EXECUTE], executed));
        give(m, EMU_INPUT_THAW, 1);
        emu_cycle halted = stats_of(m, 1).cycles_by[EMU_CYCLES_HALTED];
        run_to(m, 5000);
        cr_expect(eq(u64, stats_of(m, 1).cycles_by[EMU_CYCLES_HALTED], halted));
        emu_machine_destroy(m);
    }
}

Test(stats, a_late_start_is_halted)
{
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct guest guest = {.count = 0};
        guest_jump(&guest, 0);
        struct emu_config config = guest_config(8);
        config.fidelity = fidelity;
        config.seed = 3;
        struct emu_machine *m = guest_machine(&guest, &config);
        emu_cycle start[8], sum = 0;
        for (unsigned hart = 0; hart < 8; hart++)
            sum += start[hart] = stats_of(m, hart).cycles;
        cr_expect(gt(u64, sum, 0));
        run_to(m, 2000);
        for (unsigned hart = 0; hart < 8; hart++)
            cr_expect(eq(u64, stats_of(m, hart).cycles_by[EMU_CYCLES_HALTED], start[hart]));
        emu_machine_destroy(m);
    }
}
