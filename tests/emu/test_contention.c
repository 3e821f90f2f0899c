/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Harts that count together: no increment made with lr and sc, or with an AMO, is lost, and where several harts meet some sc fail.
 */
#include "guest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { COUNTER = 0x10000, DONE = 0x20000 };

#define LIMIT_CYCLES 50000000

/* s0: counter; s1: how often. Then hart 0 waits for all and ends the run; the others wait for ever. */
static void begin(struct guest *guest, uint32_t times, uint32_t stride)
{
    guest_ram(guest, S0, COUNTER);
    guest_li(guest, T0, stride);
    guest_rr(guest, ISA_OP_mul, T0, T0, A0);
    guest_rr(guest, ISA_OP_add, S0, S0, T0);
    guest_li(guest, S1, times);
}

static void end(struct guest *guest, unsigned harts)
{
    guest_ram(guest, S0, DONE);
    guest_ri(guest, ISA_OP_addi, T1, ZERO, 1);
    guest_rr(guest, ISA_OP_amoadd_d, ZERO, S0, T1);
    guest_li(guest, T1, harts);
    unsigned wait = guest->count;
    guest_op(guest, ISA_OP_pause);
    guest_ri(guest, ISA_OP_ld, T0, S0, 0);
    guest_branch(guest, ISA_OP_bne, T0, T1, wait);
    unsigned others = guest->count;
    guest_branch(guest, ISA_OP_bne, A0, ZERO, others);
    guest_finish(guest, 0x5555);
}

static struct guest lr_sc_counter(unsigned harts, uint32_t times, uint32_t stride, bool words)
{
    struct guest guest = {.count = 0};
    begin(&guest, times, stride);
    unsigned again = guest.count;
    guest_rr(&guest, words ? ISA_OP_lr_w : ISA_OP_lr_d, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    guest_rr(&guest, words ? ISA_OP_sc_w : ISA_OP_sc_d, T1, S0, T0);
    guest_branch(&guest, ISA_OP_bne, T1, ZERO, again);
    guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
    guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
    end(&guest, harts);
    return guest;
}

static uint64_t failed(const struct emu_machine *machine)
{
    uint64_t sum = 0;
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_stats stats;
        emu_hart_stats(machine, hart, &stats);
        sum += stats.sc_failed;
    }
    return sum;
}

static void expect_lr_sc_sums(unsigned fidelity)
{
    static const unsigned harts[] = {1, 2, 3, 8, 17};
    for (unsigned i = 0; i < sizeof harts / sizeof harts[0]; i++)
        for (unsigned granule = 4; granule <= 64; granule *= 2)
            for (uint64_t seed = 0; seed < 2; seed++) {
                uint32_t times = 2000 / harts[i];
                struct guest guest = lr_sc_counter(harts[i], times, 0, seed);
                struct emu_config config = guest_config(harts[i]);
                config.fidelity = fidelity;
                config.reservation.granule_bytes = granule;
                config.seed = seed * 12345;
                struct emu_machine *machine = guest_machine(&guest, &config);
                struct emu_stop stop = guest_run(machine, LIMIT_CYCLES);
                cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED), "%u harts, granule %u", harts[i], granule);
                cr_expect(eq(u64, guest_ram_u64(machine, COUNTER), harts[i] * times), "%u harts, granule %u, seed %lu", harts[i],
                          granule, (unsigned long)seed);
                if (harts[i] > 1)
                    cr_expect(gt(u64, failed(machine), 0), "%u harts, granule %u: no sc failed", harts[i], granule);
                else
                    cr_expect(eq(u64, failed(machine), 0));
                emu_machine_destroy(machine);
            }
}

Test(contention, increments_by_lr_and_sc_add_up_exactly)
{
    expect_lr_sc_sums(EMU_FAST);
    expect_lr_sc_sums(EMU_TIMED);
}

/* Each hart has a counter of its own. The sc fail only where two counters share a granule. */
static void expect_disturbance_within_a_granule(unsigned fidelity)
{
    for (unsigned granule = 4; granule <= 64; granule *= 2)
        for (uint32_t stride = 8; stride <= 64; stride *= 2) {
            struct guest guest = lr_sc_counter(4, 1000, stride, false);
            struct emu_config config = guest_config(4);
            config.fidelity = fidelity;
            config.reservation.granule_bytes = granule;
            struct emu_machine *machine = guest_machine(&guest, &config);
            cr_expect(eq(int, guest_run(machine, LIMIT_CYCLES).kind, EMU_STOP_FINISHED));
            for (unsigned hart = 0; hart < 4; hart++)
                cr_expect(eq(u64, guest_ram_u64(machine, COUNTER + hart * stride), 1000));
            cr_expect(eq(int, failed(machine) > 0, stride < granule), "granule %u, stride %u: %lu failed", granule, stride,
                      (unsigned long)failed(machine));
            emu_machine_destroy(machine);
        }
}

Test(contention, counters_side_by_side_disturb_each_other_only_within_a_granule)
{
    expect_disturbance_within_a_granule(EMU_FAST);
    expect_disturbance_within_a_granule(EMU_TIMED);
}

static void expect_amo_sums(unsigned fidelity)
{
    for (unsigned harts = 1; harts <= 64; harts *= 4) {
        struct guest guest = {.count = 0};
        begin(&guest, 500, 0);
        guest_ri(&guest, ISA_OP_addi, T1, ZERO, 1);
        unsigned again = guest.count;
        guest_rr(&guest, ISA_OP_amoadd_w, T0, S0, T1);
        guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
        guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
        end(&guest, harts);
        struct emu_config config = guest_config(harts);
        config.fidelity = fidelity;
        struct emu_machine *machine = guest_machine(&guest, &config);
        cr_expect(eq(int, guest_run(machine, LIMIT_CYCLES).kind, EMU_STOP_FINISHED));
        cr_expect(eq(u64, guest_ram_u64(machine, COUNTER), 500 * harts), "%u harts", harts);
        emu_machine_destroy(machine);
    }
}

Test(contention, increments_by_amo_add_up_exactly)
{
    expect_amo_sums(EMU_FAST);
    expect_amo_sums(EMU_TIMED);
}

/* The same increments with plain loads and stores: what the others are for. */
static void expect_losses(unsigned fidelity)
{
    struct guest guest = {.count = 0};
    begin(&guest, 1000, 0);
    unsigned again = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    guest_st(&guest, ISA_OP_sd, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
    guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
    end(&guest, 4);
    struct emu_config config = guest_config(4);
    config.fidelity = fidelity;
    struct emu_machine *machine = guest_machine(&guest, &config);
    cr_expect(eq(int, guest_run(machine, LIMIT_CYCLES).kind, EMU_STOP_FINISHED));
    cr_expect(lt(u64, guest_ram_u64(machine, COUNTER), 4000));
    emu_machine_destroy(machine);
}

Test(contention, plain_increments_of_several_harts_are_lost)
{
    expect_losses(EMU_FAST);
    expect_losses(EMU_TIMED);
}
