/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statistics: counts made by hand in guests of a few instructions, and when the bus is what limits a machine.
 */
#include "counted.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <string.h>

struct change {
    struct emu_hart_stats hart;
    struct emu_bus_stats bus;
};

static struct change look(const struct emu_machine *m)
{
    struct change now;
    emu_hart_stats(m, 0, &now.hart);
    emu_bus_stats(m, &now.bus);
    return now;
}

/* All members are counts. */
static struct change difference(struct change now, const struct change *before)
{
    _Static_assert(sizeof(struct change) % sizeof(uint64_t) == 0, "counts only");
    uint64_t a[sizeof now / sizeof(uint64_t)], b[sizeof now / sizeof(uint64_t)];
    memcpy(a, &now, sizeof now);
    memcpy(b, before, sizeof now);
    for (unsigned i = 0; i < sizeof now / sizeof(uint64_t); i++)
        a[i] -= b[i];
    memcpy(&now, a, sizeof now);
    return now;
}

/* What one round of the loop at word `at` costs hart 0 when its code is in the cache. */
static struct change one_round(struct emu_machine *m, unsigned at)
{
    struct emu_until until;
    struct change before = {0};
    emu_until_init(&until);
    cr_assert(emu_break_set(m, GUEST_RAM + 4 * (uint64_t)at));
    for (unsigned hit = 0; hit < 4; hit++) {
        before = look(m);
        cr_assert(eq(int, emu_run(m, &until).kind, EMU_STOP_BREAKPOINT));
    }
    return difference(look(m), &before);
}

static struct emu_config timed_config(unsigned harts)
{
    struct emu_config config = guest_config(harts);
    config.fidelity = EMU_TIMED;
    return config;
}

static unsigned begin_loop(struct guest *guest, uint32_t offset)
{
    guest_ram(guest, S0, offset);
    return guest->count;
}

static void end_loop(struct guest *guest, unsigned loop)
{
    guest_ri(guest, ISA_OP_addi, S0, S0, 64);
    guest_jump(guest, loop);
}

static uint64_t transactions(const struct change *c)
{
    return counted_sum(c->bus.transactions, EMU_TRANSACTION_COUNT);
}

struct single {
    const char *what;
    enum isa_op op;
    enum emu_transaction kind;
    enum emu_miss miss;
    enum emu_cycles cycles;
};

/* Arbitration 2, address 10, memory 40, four beats. */
Test(counts, a_miss_is_one_transaction_one_line_and_56_cycles)
{
    static const struct single ops[] = {
        {"load", ISA_OP_ld, EMU_TRANSACTION_READ, EMU_MISS_LOAD, EMU_CYCLES_LOAD},
        {"store", ISA_OP_sd, EMU_TRANSACTION_READ_X, EMU_MISS_STORE, EMU_CYCLES_STORE},
        {"amo", ISA_OP_amoadd_d, EMU_TRANSACTION_READ_X, EMU_MISS_ATOMIC, EMU_CYCLES_STORE},
        {"lr", ISA_OP_lr_d, EMU_TRANSACTION_READ, EMU_MISS_ATOMIC, EMU_CYCLES_RESERVATION},
    };
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct guest guest = {.count = 0};
        struct emu_config config = timed_config(1);
        unsigned loop = begin_loop(&guest, SHARED);
        if (ops[i].op == ISA_OP_ld)
            guest_ri(&guest, ops[i].op, T2, S0, 0);
        else if (ops[i].op == ISA_OP_sd)
            guest_st(&guest, ops[i].op, T2, S0, 0);
        else
            guest_rr(&guest, ops[i].op, T2, S0, ZERO);
        end_loop(&guest, loop);
        struct emu_machine *m = guest_machine(&guest, &config);
        struct change c = one_round(m, loop);
        cr_expect(eq(u64, transactions(&c), 1), "%s", ops[i].what);
        cr_expect(eq(u64, c.bus.transactions[ops[i].kind], 1), "%s", ops[i].what);
        cr_expect(eq(u64, c.bus.lines_from_memory, 1), "%s", ops[i].what);
        cr_expect(eq(u64, counted_sum(c.hart.misses, EMU_MISS_COUNT), 1), "%s", ops[i].what);
        cr_expect(eq(u64, c.hart.misses[ops[i].miss], 1), "%s", ops[i].what);
        cr_expect(eq(u64, c.hart.cycles_by[ops[i].cycles], 56), "%s", ops[i].what);
        cr_expect(eq(u64, c.hart.cycles_by[EMU_CYCLES_EXECUTE], 2), "%s: addi and j", ops[i].what);
        cr_expect(eq(u64, c.hart.cycles, 58), "%s", ops[i].what);
        cr_expect(eq(u64, c.bus.address.busy, 2), "%s", ops[i].what);
        cr_expect(eq(u64, c.bus.data.busy, 4), "%s", ops[i].what);
        emu_machine_destroy(m);
    }
}

Test(counts, a_store_to_a_full_cache_is_a_write_back_and_a_miss)
{
    struct guest guest = {.count = 0};
    struct emu_config config = timed_config(1);
    config.l1d.bytes = 64;
    config.l1d.ways = 1;
    unsigned loop = begin_loop(&guest, SHARED);
    guest_st(&guest, ISA_OP_sd, T2, S0, 0);
    end_loop(&guest, loop);
    struct emu_machine *m = guest_machine(&guest, &config);
    struct change c = one_round(m, loop);
    cr_expect(eq(u64, transactions(&c), 2));
    cr_expect(eq(u64, c.bus.transactions[EMU_TRANSACTION_WRITE_BACK], 1));
    cr_expect(eq(u64, c.bus.transactions[EMU_TRANSACTION_READ_X], 1));
    cr_expect(eq(u64, c.hart.write_backs, 1));
    cr_expect(eq(u64, c.hart.misses[EMU_MISS_STORE], 1));
    cr_expect(eq(u64, c.hart.cycles_by[EMU_CYCLES_STORE], 12 + 56));
    cr_expect(eq(u64, c.bus.data.busy, 8));
    emu_machine_destroy(m);
}

Test(counts, a_store_to_a_shared_line_is_an_upgrade_of_12_cycles_and_an_invalidation)
{
    struct guest guest = {.count = 0};
    struct emu_config config = timed_config(2);
    guest_ram(&guest, S0, SHARED);
    guest_ram(&guest, S1, OWN);
    unsigned to_first = guest.count;
    guest_branch(&guest, ISA_OP_beq, A0, ZERO, 0);
    for (unsigned line = 0; line < 8; line++)
        guest_ri(&guest, ISA_OP_ld, T0, S0, (int)(64 * line));
    guest_st(&guest, ISA_OP_sd, S1, S1, 0);
    guest_jump(&guest, guest.count);
    guest_land(&guest, to_first);
    unsigned wait = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S1, 0);
    guest_branch(&guest, ISA_OP_beq, T0, ZERO, wait);
    unsigned loop = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_st(&guest, ISA_OP_sd, T2, S0, 8);
    guest_st(&guest, ISA_OP_sd, T2, S0, 16);
    end_loop(&guest, loop);
    struct emu_machine *m = guest_machine(&guest, &config);
    struct change c = one_round(m, loop);
    cr_expect(eq(u64, transactions(&c), 2));
    cr_expect(eq(u64, c.bus.transactions[EMU_TRANSACTION_READ], 1));
    cr_expect(eq(u64, c.bus.transactions[EMU_TRANSACTION_UPGRADE], 1));
    cr_expect(eq(u64, c.bus.invalidations, 1));
    cr_expect(eq(u64, c.hart.upgrades, 1));
    cr_expect(eq(u64, c.hart.misses[EMU_MISS_LOAD], 1));
    cr_expect(eq(u64, c.hart.cycles_by[EMU_CYCLES_UPGRADE], 12));
    cr_expect(eq(u64, c.hart.cycles_by[EMU_CYCLES_EXECUTE], 3));
    emu_machine_destroy(m);
}

Test(counts, a_walk_counts_its_levels_and_its_misses)
{
    struct guest guest = {.count = 0};
    struct emu_config config = timed_config(1);
    config.pipeline.walk_cycles = 7;
    counted_translation(&guest);
    guest_li(&guest, T2, 0x20000);
    guest_csr(&guest, ISA_OP_csrrs, ZERO, CSR_MSTATUS, T2);
    unsigned loop = begin_loop(&guest, SHARED);
    guest_rr(&guest, ISA_OP_sfence_vma, ZERO, ZERO, ZERO);
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_jump(&guest, loop);
    struct emu_machine *m = guest_machine(&guest, &config);
    struct change c = one_round(m, loop);
    cr_expect(eq(u64, transactions(&c), 0));
    cr_expect(eq(u64, c.hart.cycles_by[EMU_CYCLES_WALK], 7), "one level, its entry in the cache");
    cr_expect(eq(u64, look(m).hart.misses[EMU_MISS_WALK], 0), "the guest itself has written the entry");
    cr_expect(eq(u64, c.hart.cycles, c.hart.cycles_by[EMU_CYCLES_WALK] + c.hart.cycles_by[EMU_CYCLES_EXECUTE]));
    emu_machine_destroy(m);
}

Test(counts, a_device_access_is_one_transaction_of_20_cycles)
{
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct guest guest = {.count = 0};
        struct emu_config config = guest_config(1);
        config.fidelity = fidelity;
        guest_li(&guest, S1, PLATFORM_UART_BASE);
        unsigned loop = begin_loop(&guest, SHARED);
        guest_ri(&guest, ISA_OP_lbu, T0, S1, 5);
        end_loop(&guest, loop);
        struct emu_machine *m = guest_machine(&guest, &config);
        struct change c = one_round(m, loop);
        cr_expect(eq(u64, c.hart.device_accesses, 1));
        cr_expect(eq(u64, c.hart.cycles_by[EMU_CYCLES_DEVICE], 20));
        cr_expect(eq(u64, c.hart.cycles_by[EMU_CYCLES_EXECUTE], 2));
        cr_expect(eq(u64, transactions(&c), fidelity == EMU_TIMED));
        cr_expect(eq(u64, c.bus.transactions[EMU_TRANSACTION_DEVICE_READ], fidelity == EMU_TIMED));
        emu_machine_destroy(m);
    }
}

Test(counts, failed_sc_are_counted_by_reason)
{
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct guest guest = {.count = 0};
        struct emu_config config = guest_config(1);
        config.fidelity = fidelity;
        unsigned loop = begin_loop(&guest, SHARED);
        guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
        guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
        guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0); /* its own sc has ended the reservation */
        end_loop(&guest, loop);
        struct emu_machine *m = guest_machine(&guest, &config);
        struct change c = one_round(m, loop);
        cr_expect(eq(u64, c.hart.sc_succeeded, 1));
        cr_expect(eq(u64, c.hart.sc_failed, 1));
        cr_expect(eq(u64, c.hart.sc_failed_by[EMU_REASON_OWN_SC], 1));
        emu_machine_destroy(m);
    }
}

/* ---- when the bus is what limits ---- */

static struct emu_bus_stats bus_after(const struct guest *guest, const struct emu_config *config, emu_cycle cycle)
{
    struct emu_machine *m = guest_machine(guest, config);
    struct emu_bus_stats stats;
    guest_run(m, cycle);
    emu_bus_stats(m, &stats);
    emu_machine_destroy(m);
    return stats;
}

/* Each hart reads line after line of 64 KiB of its own, twice what its cache holds. */
static struct guest stream(void)
{
    struct guest guest = {.count = 0};
    counted_own(&guest);
    guest_li(&guest, T2, 0x10000);
    guest_rr(&guest, ISA_OP_add, S2, S1, T2);
    unsigned again = guest.count;
    guest_ri(&guest, ISA_OP_addi, S0, S1, 0);
    unsigned loop = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, S0, S0, 64);
    guest_branch(&guest, ISA_OP_bne, S0, S2, loop);
    guest_jump(&guest, again);
    return guest;
}

static struct guest one_word(void)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, SHARED);
    unsigned loop = guest.count;
    guest_rr(&guest, ISA_OP_amoadd_d, T0, S0, T1);
    guest_jump(&guest, loop);
    return guest;
}

Test(counts, sixteen_harts_that_miss_in_a_tight_loop_are_bus_bound)
{
    struct guest guest = stream();
    struct emu_config config = timed_config(16);
    struct emu_bus_stats stats = bus_after(&guest, &config, 100000);
    cr_expect(emu_bus_is_bound(&stats));
    cr_expect(gt(u64, stats.data.busy * 100, stats.data.total * 90));
    config.harts = 2;
    stats = bus_after(&guest, &config, 100000);
    cr_expect(not(emu_bus_is_bound(&stats)));
}

/* One word is one line, and that is busy until its data has arrived: a split bus has time left, an atomic one has not. */
Test(counts, sixteen_harts_that_fight_for_one_word_saturate_an_atomic_bus_but_not_a_split_one)
{
    struct guest guest = one_word();
    struct emu_config config = timed_config(16);
    struct emu_bus_stats stats = bus_after(&guest, &config, 100000);
    cr_expect(not(emu_bus_is_bound(&stats)));
    cr_expect(gt(u64, stats.lines_from_caches, 9 * stats.lines_from_memory));
    config.bus.kind = EMU_BUS_ATOMIC;
    stats = bus_after(&guest, &config, 100000);
    cr_expect(emu_bus_is_bound(&stats));
}

Test(counts, a_hart_that_only_computes_leaves_the_bus_alone)
{
    struct guest guest = {.count = 0};
    struct emu_config config = timed_config(1);
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    guest_jump(&guest, 0);
    struct emu_bus_stats stats = bus_after(&guest, &config, 100000);
    cr_expect(not(emu_bus_is_bound(&stats)));
    cr_expect(lt(u64, stats.address.busy, stats.address.total / 100));
    cr_expect(eq(u64, stats.address.total, 100000));
}
