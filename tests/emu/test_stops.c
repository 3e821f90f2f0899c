/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a machine can be asked to stop at: events by kind, hart and what they say; breakpoints of one hart. And that the events of
 * lines and interrupt sources tell what happened, the same however the run is cut.
 */
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <isa/trap.h>

enum { COUNTER = 0x10000 };

static struct emu_until steps_from_now(const struct emu_machine *machine, uint64_t steps)
{
    struct emu_until until;
    emu_until_init(&until);
    until.steps = emu_position(machine).steps + steps;
    return until;
}

static void drain(struct emu_machine *machine)
{
    struct emu_event events[64];
    while (emu_events_read(machine, events, 64))
        ;
}

/* ---- filters ---- */

/* Every hart traps for ever: an ecall, then an ebreak. */
static struct guest trapping_guest(void)
{
    struct guest guest = {.count = 0};
    guest_jump(&guest, 5);
    guest_csr(&guest, ISA_OP_csrrs, T2, 0x341, 0);
    guest_ri(&guest, ISA_OP_addi, T2, T2, 4);
    guest_csr(&guest, ISA_OP_csrrw, ZERO, 0x341, T2);
    guest_op(&guest, ISA_OP_mret);
    guest_ram(&guest, S1, 4);
    guest_csr(&guest, ISA_OP_csrrw, ZERO, 0x305, S1);
    unsigned again = guest.count;
    guest_op(&guest, ISA_OP_ecall);
    guest_op(&guest, ISA_OP_ebreak);
    guest_jump(&guest, again);
    return guest;
}

static struct emu_machine *trapping_machine(unsigned fidelity)
{
    struct guest guest = trapping_guest();
    struct emu_config config = guest_config(3);
    config.fidelity = fidelity;
    struct emu_machine *machine = guest_machine(&guest, &config);
    emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_TRAP_TAKEN));
    return machine;
}

Test(stops, a_filter_lets_only_events_of_its_hart_and_value_stop_the_machine)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_machine *machine = trapping_machine(fidelity);
        const uint64_t cause = ISA_TRAP_BREAKPOINT;
        cr_assert(emu_stop_filter(machine, EMU_EVENT_TRAP_TAKEN, 2, &cause));
        for (unsigned i = 0; i < 500; i++) {
            struct emu_until until = steps_from_now(machine, 1000);
            struct emu_stop stop = emu_run(machine, &until);
            struct emu_event events[4];
            cr_assert(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT));
            cr_assert(eq(uint, stop.event, EMU_EVENT_TRAP_TAKEN));
            cr_expect(eq(uint, stop.hart, 2));
            cr_expect(eq(u64, stop.a, ISA_TRAP_BREAKPOINT));
            cr_expect(eq(sz, emu_events_read(machine, events, 4), 1), "others are not recorded");
        }
        emu_machine_destroy(machine);
    }
}

Test(stops, a_kind_stops_at_what_any_of_its_filters_lets_through_and_at_everything_without)
{
    struct emu_machine *machine = trapping_machine(EMU_FAST);
    const uint64_t ebreak = ISA_TRAP_BREAKPOINT, ecall = ISA_TRAP_ECALL_M;
    unsigned of[3][2] = {{0}};
    cr_assert(emu_stop_filter(machine, EMU_EVENT_TRAP_TAKEN, 0, &ebreak));
    cr_assert(emu_stop_filter(machine, EMU_EVENT_TRAP_TAKEN, EMU_ANY_HART, &ecall));
    cr_assert(emu_stop_filter(machine, EMU_EVENT_SC_FAILED, 1, NULL));
    for (unsigned unfiltered = 0; unfiltered < 2; unfiltered++) {
        for (unsigned i = 0; i < 300; i++) {
            struct emu_until until = steps_from_now(machine, 1000);
            struct emu_stop stop = emu_run(machine, &until);
            cr_assert(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT));
            of[stop.hart][stop.a == ebreak]++;
            drain(machine);
        }
        cr_expect(gt(uint, of[0][1], 10));
        for (unsigned hart = 0; hart < 3; hart++)
            cr_expect(gt(uint, of[hart][0], 10));
        cr_expect(eq(int, of[1][1] + of[2][1] > 0, unfiltered));
        emu_stop_unfilter(machine, EMU_EVENT_TRAP_TAKEN);
    }
    unsigned filters = 0;
    while (emu_stop_filter(machine, EMU_EVENT_TRAP_TAKEN, 0, NULL))
        filters++;
    cr_expect(eq(uint, filters, 63), "one is SC_FAILED's");
    emu_machine_destroy(machine);
}

Test(stops, what_is_selected_is_recorded_whatever_the_filters_say)
{
    struct emu_machine *machine = trapping_machine(EMU_FAST);
    const uint64_t never = 99;
    struct emu_event events[256];
    cr_assert(emu_stop_filter(machine, EMU_EVENT_TRAP_TAKEN, EMU_ANY_HART, &never));
    struct emu_until until = steps_from_now(machine, 300);
    cr_expect(eq(int, emu_run(machine, &until).kind, EMU_STOP_LIMIT));
    cr_expect(eq(sz, emu_events_read(machine, events, 256), 0));
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_TRAP_TAKEN));
    until = steps_from_now(machine, 300);
    cr_expect(eq(int, emu_run(machine, &until).kind, EMU_STOP_LIMIT));
    cr_expect(gt(sz, emu_events_read(machine, events, 256), 50));
    emu_machine_destroy(machine);
}

/* ---- breakpoints of a hart ---- */

Test(stops, a_breakpoint_of_a_hart_stops_no_other)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct guest guest = trapping_guest();
        struct emu_config config = guest_config(3);
        config.fidelity = fidelity;
        struct emu_machine *machine = guest_machine(&guest, &config), *plain = guest_machine(&guest, &config);
        const emu_vaddr pc = GUEST_RAM + 4 * (guest.count - 1);
        unsigned stops[3] = {0};
        cr_assert(emu_break_set_on(machine, pc, 1));
        for (unsigned part = 0; part < 2; part++) {
            struct emu_until until = steps_from_now(machine, 3000);
            for (struct emu_stop stop; (stop = emu_run(machine, &until)).kind == EMU_STOP_BREAKPOINT;) {
                struct emu_hart_view view;
                emu_hart_view(machine, stop.hart, &view);
                cr_expect(eq(u64, view.pc, pc));
                stops[stop.hart]++;
            }
            cr_expect(gt(uint, stops[1], 50));
            cr_expect(eq(uint, stops[0], 0));
            cr_expect(eq(int, stops[2] > 50, part));
            cr_assert(emu_break_set_on(machine, pc, 2));
        }
        cr_expect(not(emu_break_clear(machine, pc)), "there is none for all");
        cr_expect(emu_break_clear_on(machine, pc, 1));
        cr_expect(not(emu_break_clear_on(machine, pc, 1)));
        cr_expect(emu_break_clear_on(machine, pc, 2));
        struct emu_until until = steps_from_now(plain, emu_position(machine).steps);
        emu_run(plain, &until);
        cr_expect(eq(u64, emu_state_hash(machine), emu_state_hash(plain)));
        until = steps_from_now(machine, 3000);
        cr_expect(eq(int, emu_run(machine, &until).kind, EMU_STOP_LIMIT));
        emu_machine_destroy(machine);
        emu_machine_destroy(plain);
    }
}

Test(stops, of_two_breakpoints_at_a_pc_one_may_go_without_a_hart_stopping_there_twice)
{
    struct guest guest = trapping_guest();
    struct emu_machine *machine = guest_machine(&guest, NULL);
    const emu_vaddr pc = GUEST_RAM + 4 * (guest.count - 1);
    emu_break_set(machine, pc);
    emu_break_set_on(machine, pc, 0);
    struct emu_until until = steps_from_now(machine, 100);
    cr_assert(eq(int, emu_run(machine, &until).kind, EMU_STOP_BREAKPOINT));
    uint64_t steps = emu_position(machine).steps;
    cr_expect(emu_break_clear(machine, pc));
    cr_assert(eq(int, emu_run(machine, &until).kind, EMU_STOP_BREAKPOINT));
    cr_expect(gt(u64, emu_position(machine).steps, steps), "the next time round");
    emu_machine_destroy(machine);
}

/* ---- lines ---- */

/* All harts add to the counter; with `plain`, by load and store. */
static struct emu_machine *counting_machine(unsigned harts, bool plain)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, COUNTER);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, 1);
    unsigned again = guest.count;
    if (plain) {
        guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
        guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
        guest_st(&guest, ISA_OP_sd, T0, S0, 0);
    } else {
        guest_rr(&guest, ISA_OP_amoadd_d, T0, S0, T1);
    }
    guest_jump(&guest, again);
    struct emu_config config = guest_config(harts);
    config.fidelity = EMU_TIMED;
    return guest_machine(&guest, &config);
}

Test(stops, lines_that_are_invalidated_and_upgraded_are_told_one_by_one)
{
    for (unsigned plain = 0; plain < 2; plain++) {
        struct emu_machine *machine = counting_machine(4, plain);
        uint64_t invalidated = 0, upgraded = 0, last = 0;
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_LINE_INVALIDATED) | EMU_EVENT_BIT(EMU_EVENT_LINE_UPGRADED));
        struct emu_until until = steps_from_now(machine, 50000);
        struct emu_event event;
        struct emu_stop stop;
        do {
            stop = emu_run(machine, &until);
            while (emu_events_read(machine, &event, 1)) {
                cr_assert(eq(u64, event.a, GUEST_RAM + COUNTER));
                cr_assert(lt(uint, event.hart, 4));
                cr_expect(ge(u64, event.cycle, last));
                last = event.cycle;
                if (event.kind == EMU_EVENT_LINE_INVALIDATED) {
                    cr_assert(lt(uint, event.other, 4));
                    cr_expect(ne(uint, event.other, event.hart));
                    invalidated++;
                } else {
                    upgraded++;
                }
            }
        } while (stop.kind == EMU_STOP_EVENTS_FULL);
        struct emu_bus_stats stats;
        emu_bus_stats(machine, &stats);
        cr_expect(eq(u64, upgraded, stats.transactions[EMU_TRANSACTION_UPGRADE]));
        cr_expect(eq(u64, invalidated, stats.invalidations));
        cr_expect(gt(u64, invalidated, 1000));
        cr_expect(eq(int, upgraded > 0, plain), "%lu", (unsigned long)upgraded);
        emu_machine_destroy(machine);
    }
}

static uint64_t digest_of(struct emu_machine *machine, uint64_t kinds, uint64_t stride, bool stop_at_each, uint64_t *ret_count)
{
    uint64_t digest = 0, goal = 20000;
    struct emu_event events[64];
    emu_events_select(machine, kinds);
    emu_stop_on(machine, stop_at_each ? kinds : 0);
    *ret_count = 0;
    while (emu_position(machine).steps < goal) {
        uint64_t left = goal - emu_position(machine).steps;
        struct emu_until until = steps_from_now(machine, stride < left ? stride : left);
        emu_run(machine, &until);
        for (size_t count; (count = emu_events_read(machine, events, 64)) > 0; *ret_count += count)
            for (size_t i = 0; i < count; i++) {
                const struct emu_event *e = &events[i];
                const uint64_t words[] = {e->cycle, e->a, e->b, e->pc, e->kind, e->hart, e->other};
                for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
                    digest = (digest ^ words[w]) * UINT64_C(0x9e3779b97f4a7c15) + (digest >> 29);
            }
    }
    return digest;
}

Test(stops, events_of_lines_are_the_same_and_change_nothing_however_the_run_is_cut)
{
    const uint64_t kinds = EMU_EVENT_BIT(EMU_EVENT_LINE_INVALIDATED) | EMU_EVENT_BIT(EMU_EVENT_LINE_UPGRADED);
    static const uint64_t strides[] = {1, 7, 1000};
    for (unsigned harts = 1; harts <= 4; harts++) {
        uint64_t count, got;
        struct emu_machine *unwatched = counting_machine(harts, true), *whole = counting_machine(harts, true);
        digest_of(unwatched, 0, UINT64_MAX / 2, false, &count);
        uint64_t want = digest_of(whole, kinds, UINT64_MAX / 2, false, &count), hash = emu_state_hash(unwatched);
        cr_expect(eq(u64, emu_state_hash(whole), hash));
        for (size_t i = 0; i < 2 * sizeof strides / sizeof strides[0]; i++) {
            struct emu_machine *machine = counting_machine(harts, true);
            cr_expect(eq(u64, digest_of(machine, kinds, strides[i / 2], i % 2, &got), want), "%u harts, stride %lu", harts,
                      (unsigned long)strides[i / 2]);
            cr_expect(eq(u64, got, count));
            cr_expect(eq(u64, emu_state_hash(machine), hash));
            emu_machine_destroy(machine);
        }
        emu_machine_destroy(unwatched);
        emu_machine_destroy(whole);
    }
}

/* Loads of 64 lines and stores to them, one by one: each is an upgrade where another hart had a copy before. Hart 1 loads them all
 * and then waits for ever, so that hart 0 is alone. */
Test(stops, a_hart_that_is_alone_stops_right_behind_the_store_that_took_a_line_away)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, COUNTER);
    guest_ram(g, S1, COUNTER + 64 * 64);
    guest_li(g, T1, 4000);
    guest_branch(g, ISA_OP_bne, A0, ZERO, 0);
    unsigned to_load = g->count - 1, wait = g->count;
    guest_ri(g, ISA_OP_addi, T1, T1, -1);
    guest_branch(g, ISA_OP_bne, T1, ZERO, wait);
    unsigned again = g->count;
    guest_st(g, ISA_OP_sd, T1, S0, 0);
    guest_ri(g, ISA_OP_addi, T1, T1, 1);
    guest_ri(g, ISA_OP_addi, S0, S0, 64);
    guest_branch(g, ISA_OP_bne, S0, S1, again);
    guest_finish(g, 0x5555);
    guest_land(g, to_load);
    unsigned load = g->count;
    guest_ri(g, ISA_OP_ld, T0, S0, 0);
    guest_ri(g, ISA_OP_addi, S0, S0, 64);
    guest_branch(g, ISA_OP_bne, S0, S1, load);
    unsigned sleep = g->count;
    guest_op(g, ISA_OP_wfi);
    guest_jump(g, sleep);
    struct emu_config config = guest_config(2);
    config.fidelity = EMU_TIMED;
    struct emu_machine *machine = guest_machine(g, &config);
    emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_LINE_INVALIDATED));
    for (unsigned line = 0; line < 64; line++) {
        struct emu_until until = steps_from_now(machine, 1000000);
        struct emu_stop stop = emu_run(machine, &until);
        struct emu_hart_view view;
        cr_assert(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT));
        emu_hart_view(machine, 0, &view);
        cr_expect(eq(uint, stop.hart, 1));
        cr_expect(eq(u64, stop.a, GUEST_RAM + COUNTER + 64 * line));
        cr_expect(eq(u64, stop.pc, GUEST_RAM + 4 * again));
        cr_expect(eq(u64, view.pc, GUEST_RAM + 4 * again + 4));
        drain(machine);
    }
    emu_stop_on(machine, 0);
    cr_expect(eq(int, guest_run(machine, 100000).kind, EMU_STOP_FINISHED));
    emu_machine_destroy(machine);
}

/* ---- interrupt sources ---- */

Test(stops, a_source_that_becomes_pending_stops_the_machine)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_li(g, T0, PLATFORM_UART_BASE);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 2); /* transmitter empty: it is */
    guest_st(g, ISA_OP_sb, T1, T0, 1);
    guest_jump(g, g->count);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_config config = guest_config(1);
        config.fidelity = fidelity;
        struct emu_machine *machine = guest_machine(g, &config);
        const uint64_t source = PLATFORM_UART_IRQ;
        emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_IRQ_RAISED));
        cr_assert(emu_stop_filter(machine, EMU_EVENT_IRQ_RAISED, EMU_ANY_HART, &source));
        struct emu_until until = steps_from_now(machine, 10000);
        struct emu_stop stop = emu_run(machine, &until);
        struct emu_irq_view irq;
        cr_assert(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT));
        cr_expect(eq(uint, stop.event, EMU_EVENT_IRQ_RAISED));
        cr_expect(eq(u64, stop.a, source));
        cr_assert(emu_irq_view(machine, PLATFORM_UART_IRQ, &irq));
        cr_expect(irq.pending);
        emu_machine_destroy(machine);
    }
}

/* What emu_run returned is compared with the record: several events of one step, as a store that takes its line from three others
 * makes them, are several stops. */
Test(stops, every_event_to_stop_at_stops_the_machine_once)
{
    const uint64_t every = (UINT64_C(1) << EMU_EVENT_COUNT) - 1;
    for (unsigned plain = 0; plain < 2; plain++) {
        struct emu_machine *machine = counting_machine(4, plain);
        unsigned stops = 0, together = 0;
        drain(machine);
        emu_stop_on(machine, every);
        for (unsigned i = 0; i < 20000 && stops < 5000; i++) {
            struct emu_event events[64];
            struct emu_until until = steps_from_now(machine, 100);
            struct emu_position start = emu_position(machine);
            struct emu_stop stop = emu_run(machine, &until);
            size_t count = emu_events_read(machine, events, 64);
            if (stop.kind != EMU_STOP_MACHINE_EVENT) {
                cr_assert(eq(sz, count, 0), "events without a stop");
                continue;
            }
            cr_assert(gt(sz, count, 0));
            uint64_t steps = emu_position(machine).steps;
            cr_expect(le(u64, steps - start.steps, 100));
            for (size_t j = 0; j < count; j++) {
                if (j) {
                    stop = emu_run(machine, &until);
                    cr_assert(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT), "event %zu of %zu", j, count);
                    cr_expect(eq(u64, emu_position(machine).steps, steps), "a pending stop is told before the next step");
                    together++;
                }
                cr_expect(eq(uint, stop.event, events[j].kind));
                cr_expect(eq(uint, stop.hart, events[j].hart));
                cr_expect(eq(u64, stop.a, events[j].a));
                stops++;
            }
        }
        cr_expect(gt(uint, stops, 1000));
        cr_expect(together > 0 || !plain, "some step makes more than one event");
        emu_machine_destroy(machine);
    }
}

/* Of several events pending, those that are not wanted any more are passed over. */
Test(stops, an_event_that_is_not_wanted_any_more_does_not_stop_the_machine)
{
    struct emu_machine *machine = counting_machine(4, true);
    const uint64_t kinds = EMU_EVENT_BIT(EMU_EVENT_LINE_INVALIDATED);
    emu_stop_on(machine, kinds);
    for (unsigned i = 0; i < 200; i++) {
        struct emu_until until = steps_from_now(machine, 100000);
        drain(machine);
        cr_assert(eq(int, emu_run(machine, &until).kind, EMU_STOP_MACHINE_EVENT));
        emu_stop_on(machine, 0);
        until = steps_from_now(machine, 3);
        cr_expect(eq(int, emu_run(machine, &until).kind, EMU_STOP_LIMIT));
        emu_stop_on(machine, kinds);
    }
    emu_machine_destroy(machine);
}
