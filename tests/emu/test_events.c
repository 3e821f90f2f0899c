/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events: none is lost however small the ring and the reads, their order, and that neither selecting nor reading them, nor where
 * emu_run stops, changes the run or what they say.
 */
#include "guest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/hint.h>
#include <stdio.h>
#include <string.h>

enum { COUNTER = 0x10000, HANDLER_OFFSET = 0x400 };

#define ALL_EVENTS ((UINT64_C(1) << EMU_EVENT_COUNT) - 1)

/* All harts count together with lr and sc for ever, with an ecall after each count, served by a handler that returns with a
 * reservation. */
static struct guest noisy_guest(bool traps)
{
    struct guest guest = {.count = 0};
    guest_jump(&guest, 7);
    unsigned handler = guest.count;
    guest_rr(&guest, ISA_OP_lr_d, T2, S0, 0); /* for mret to end */
    guest_csr(&guest, ISA_OP_csrrs, T2, 0x341, 0);
    guest_ri(&guest, ISA_OP_addi, T2, T2, 4);
    guest_csr(&guest, ISA_OP_csrrw, ZERO, 0x341, T2);
    guest_op(&guest, ISA_OP_mret);
    guest_op(&guest, ISA_OP_ebreak);
    guest_ram(&guest, S1, 4 * handler);
    guest_csr(&guest, ISA_OP_csrrw, ZERO, 0x305, S1);
    guest_ram(&guest, S0, COUNTER);
    unsigned again = guest.count;
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
    guest_branch(&guest, ISA_OP_bne, T1, ZERO, again);
    if (traps)
        guest_op(&guest, ISA_OP_ecall);
    guest_jump(&guest, again);
    return guest;
}

struct counts {
    uint64_t of[EMU_EVENT_COUNT];
    uint64_t digest;
};

static void count_event(struct counts *counts, const struct emu_event *event)
{
    const uint64_t words[] = {event->cycle, event->a, event->b, event->pc, event->kind, event->hart, event->other};
    cr_assert(lt(uint, event->kind, EMU_EVENT_COUNT));
    counts->of[event->kind]++;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        counts->digest = (counts->digest ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) + (counts->digest >> 29);
}

/* To `steps` steps, at most `stride` a call; reading at most `max` records whenever emu_run returns. */
static struct counts run_counting(struct emu_machine *machine, uint64_t steps, uint64_t stride, size_t max)
{
    struct counts counts = {0};
    struct emu_event events[256];
    struct emu_until until;
    emu_until_init(&until);
    while (emu_position(machine).steps < steps) {
        until.steps = emu_position(machine).steps + stride < steps ? emu_position(machine).steps + stride : steps;
        emu_run(machine, &until);
        size_t count = emu_events_read(machine, events, max);
        for (size_t i = 0; i < count; i++)
            count_event(&counts, &events[i]);
    }
    for (size_t count; (count = emu_events_read(machine, events, max)) > 0;)
        for (size_t i = 0; i < count; i++)
            count_event(&counts, &events[i]);
    return counts;
}

struct sums {
    uint64_t traps, failed;
};

static struct sums sums_of(const struct emu_machine *machine)
{
    struct sums sums = {0, 0};
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_stats stats;
        emu_hart_stats(machine, hart, &stats);
        sums.traps += stats.traps;
        sums.failed += stats.sc_failed;
    }
    return sums;
}

static struct emu_machine *machine_with_ring(unsigned harts, bool traps, size_t records)
{
    struct guest guest = noisy_guest(traps);
    struct emu_config config = guest_config(harts);
    config.event_ring_records = records;
    return guest_machine(&guest, &config);
}

static struct emu_machine *noisy_machine(unsigned harts, bool traps)
{
    return machine_with_ring(harts, traps, 1024);
}

/* The same events from a ring that never fills and from one of 1024 records that is drained three at a time. */
static void expect_nothing_lost(enum emu_event_kind kind, bool traps)
{
    for (unsigned harts = 2; harts <= 16; harts *= 2) {
        struct emu_machine *wide = machine_with_ring(harts, traps, 1 << 17), *narrow = machine_with_ring(harts, traps, 1024);
        emu_events_select(wide, EMU_EVENT_BIT(kind));
        emu_events_select(narrow, EMU_EVENT_BIT(kind));
        struct counts want = run_counting(wide, 3000000, UINT64_MAX / 2, 256);
        struct counts got = run_counting(narrow, 3000000, UINT64_MAX / 2, 3);
        cr_expect(gt(u64, got.of[kind], 1100), "%s: too few for this test", emu_event_name(kind));
        cr_expect(eq(u64, got.of[kind], want.of[kind]), "%s, %u harts", emu_event_name(kind), harts);
        cr_expect(eq(u64, got.digest, want.digest), "%s, %u harts: some were overwritten", emu_event_name(kind), harts);
        if (kind == EMU_EVENT_TRAP_TAKEN)
            cr_expect(eq(u64, got.of[kind], sums_of(narrow).traps));
        if (kind == EMU_EVENT_SC_FAILED)
            cr_expect(eq(u64, got.of[kind], sums_of(narrow).failed));
        emu_machine_destroy(wide);
        emu_machine_destroy(narrow);
    }
}

Test(events, no_trap_is_lost_when_tiny_reads_drain_a_small_ring)
{
    expect_nothing_lost(EMU_EVENT_TRAP_TAKEN, true);
}

Test(events, no_loss_of_a_reservation_is_lost_when_tiny_reads_drain_a_small_ring)
{
    expect_nothing_lost(EMU_EVENT_RESERVATION_LOST, false);
}

/* A hart that leaves the engine because of a failed sc must not go on without a look at the ring. */
Test(events, no_failed_sc_is_lost_when_tiny_reads_drain_a_small_ring)
{
    expect_nothing_lost(EMU_EVENT_SC_FAILED, false);
}

static void expect_stops(enum emu_event_kind kind, bool traps)
{
    struct emu_machine *machine = noisy_machine(4, traps);
    struct emu_until until;
    struct emu_event events[8];
    emu_until_init(&until);
    until.steps = 1000000;
    emu_events_select(machine, 0);
    emu_stop_on(machine, EMU_EVENT_BIT(kind));
    for (unsigned turn = 0; turn < 20; turn++) {
        struct emu_stop stop = emu_run(machine, &until);
        cr_expect(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT));
        cr_expect(eq(uint, stop.event, kind));
        cr_expect(eq(sz, emu_events_read(machine, events, 8), 1), "it did not stop at once");
        cr_expect(eq(uint, events[0].hart, stop.hart));
    }
    emu_machine_destroy(machine);
}

Test(events, the_machine_stops_at_once_at_a_trap)
{
    expect_stops(EMU_EVENT_TRAP_TAKEN, true);
}

Test(events, the_machine_stops_at_once_at_the_loss_of_a_reservation)
{
    expect_stops(EMU_EVENT_RESERVATION_LOST, false);
}

Test(events, the_machine_stops_at_once_at_a_failed_sc)
{
    expect_stops(EMU_EVENT_SC_FAILED, false);
}

Test(events, nothing_is_recorded_any_more_when_stopping_for_it_ends)
{
    struct emu_machine *machine = noisy_machine(2, true);
    emu_events_select(machine, 0);
    emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_TRAP_TAKEN));
    emu_stop_on(machine, 0);
    struct counts counts = run_counting(machine, 1000, 1000, 64);
    cr_expect(eq(u64, counts.of[EMU_EVENT_TRAP_TAKEN], 0));
    emu_machine_destroy(machine);
}

Test(events, watching_does_not_change_the_run)
{
    for (unsigned harts = 1; harts <= 8; harts *= 2) {
        struct emu_machine *watched = noisy_machine(harts, true), *unwatched = noisy_machine(harts, true);
        emu_events_select(watched, ALL_EVENTS);
        emu_events_select(unwatched, 0);
        run_counting(watched, 50000, UINT64_MAX / 2, 7);
        run_counting(unwatched, 50000, UINT64_MAX / 2, 7);
        cr_expect(eq(u64, emu_state_hash(watched), emu_state_hash(unwatched)), "%u harts", harts);
        cr_expect(eq(u64, emu_now(watched), emu_now(unwatched)));
        emu_machine_destroy(watched);
        emu_machine_destroy(unwatched);
    }
}

static void expect_same_stepped(uint64_t kinds)
{
    static const uint64_t strides[] = {1, 2, 3, 7, 64, 1000};
    for (unsigned kind = 0; kind < EMU_EVENT_COUNT; kind++) {
        if (!(kinds >> kind & 1))
            continue;
        struct emu_machine *whole = noisy_machine(4, true);
        emu_events_select(whole, EMU_EVENT_BIT(kind));
        struct counts want = run_counting(whole, 20000, UINT64_MAX / 2, 256);
        for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++) {
            struct emu_machine *stepped = noisy_machine(4, true);
            emu_events_select(stepped, EMU_EVENT_BIT(kind));
            struct counts got = run_counting(stepped, 20000, strides[i], 256);
            cr_expect(eq(u64, emu_state_hash(stepped), emu_state_hash(whole)), "stride %lu", (unsigned long)strides[i]);
            cr_expect(eq(u64, got.of[kind], want.of[kind]), "%s, stride %lu", emu_event_name(kind), (unsigned long)strides[i]);
            cr_expect(eq(u64, got.digest, want.digest), "%s differ, stride %lu", emu_event_name(kind), (unsigned long)strides[i]);
            emu_machine_destroy(stepped);
        }
        emu_machine_destroy(whole);
    }
}

Test(events, stepping_changes_neither_the_run_nor_the_events)
{
    expect_same_stepped(ALL_EVENTS & ~EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST));
}

/* mret and sret end a reservation too, in the middle of a run of instructions. */
Test(events, stepping_does_not_change_what_losses_of_reservations_say)
{
    expect_same_stepped(EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST));
}

/* A store to a line with decoded code says so, with the same pc and cycle however the run is cut. */
Test(events, discarded_code_is_reported_the_same_whole_and_stepped)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, 4 * 32);
    guest_li(&guest, S1, 0x13);
    unsigned again = guest.count;
    guest_ri(&guest, ISA_OP_addi, T0, T0, 1);
    guest_st(&guest, ISA_OP_sw, S1, S0, 0);
    guest_op(&guest, ISA_OP_fence_i);
    unsigned over = guest.count;
    guest_jump(&guest, 0);
    while (guest.count < 32)
        guest_ri(&guest, ISA_OP_addi, ZERO, ZERO, 0);
    guest_land(&guest, over);
    guest_ri(&guest, ISA_OP_addi, ZERO, ZERO, 0);
    guest_jump(&guest, again);
    uint64_t digests[2];
    for (unsigned i = 0; i < 2; i++) {
        struct emu_machine *machine = guest_machine(&guest, NULL);
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_CODE_DISCARDED));
        struct counts counts = run_counting(machine, 5000, i ? 1 : UINT64_MAX / 2, 256);
        digests[i] = counts.digest;
        cr_expect(gt(u64, counts.of[EMU_EVENT_CODE_DISCARDED], 500));
        emu_machine_destroy(machine);
    }
    cr_expect(eq(u64, digests[0], digests[1]));
}

Test(events, console_bytes_come_in_the_order_they_were_sent)
{
    static const char text[] = "lockscope says what happened, in order.";
    struct guest guest = {.count = 0};
    for (const char *at = text; *at; at++)
        guest_putc(&guest, *at);
    guest_finish(&guest, 0x5555);
    struct emu_machine *machine = guest_machine(&guest, NULL);
    char got[sizeof text + 8];
    cr_expect(eq(int, guest_run_console(machine, 100000, got, sizeof got).kind, EMU_STOP_FINISHED));
    cr_expect(eq(str, got, (char *)text));
    emu_machine_destroy(machine);
}

/* 3000 bytes through a ring of 1024 records, read one record at a time, and only when the machine asks. */
Test(events, no_console_byte_is_lost_when_the_reader_is_slow)
{
    struct guest guest = {.count = 0};
    guest_li(&guest, S0, 0x10000000);
    guest_li(&guest, S1, 3000);
    unsigned again = guest.count;
    guest_st(&guest, ISA_OP_sb, S1, S0, 0);
    guest_ri(&guest, ISA_OP_addi, S1, S1, -1);
    guest_branch(&guest, ISA_OP_bne, S1, ZERO, again);
    guest_finish(&guest, 0x5555);
    struct emu_config config = guest_config(1);
    config.event_ring_records = 1024;
    struct emu_machine *machine = guest_machine(&guest, &config);
    struct emu_until until;
    struct emu_event event;
    unsigned count = 0, full = 0;
    emu_until_init(&until);
    while (emu_run(machine, &until).kind == EMU_STOP_EVENTS_FULL) {
        full++;
        cr_assert(eq(sz, emu_events_read(machine, &event, 1), 1));
        cr_assert(eq(u64, event.a, (3000 - count) & 0xff));
        count++;
    }
    for (; emu_events_read(machine, &event, 1); count++)
        cr_assert(eq(u64, event.a, (3000 - count) & 0xff));
    cr_expect(eq(uint, count, 3000));
    cr_expect(gt(uint, full, 1000));
    emu_machine_destroy(machine);
}

Test(events, the_time_of_events_never_goes_back_on_a_hart)
{
    struct emu_machine *machine = noisy_machine(4, true);
    struct emu_event events[64];
    uint64_t last[4] = {0};
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_TRAP_TAKEN) | EMU_EVENT_BIT(EMU_EVENT_SC_FAILED));
    struct emu_until until;
    emu_until_init(&until);
    until.steps = 20000;
    while (emu_run(machine, &until).kind == EMU_STOP_EVENTS_FULL)
        for (size_t count; (count = emu_events_read(machine, events, 64)) > 0;)
            for (size_t i = 0; i < count; i++) {
                cr_assert(ge(u64, events[i].cycle, last[events[i].hart]));
                last[events[i].hart] = events[i].cycle;
            }
    emu_machine_destroy(machine);
}

Test(events, inputs_without_end_do_not_overwrite_what_was_not_read)
{
    struct emu_machine *machine = noisy_machine(1, false);
    struct emu_input input = {.kind = EMU_INPUT_SET_XREG, .a = 7};
    struct emu_event events[64];
    unsigned applied = 0, read = 0;
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_INPUT_APPLIED));
    for (unsigned i = 0; i < 3000; i++)
        applied += emu_input(machine, &input, 0, NULL, NULL);
    for (size_t count; (count = emu_events_read(machine, events, 64)) > 0;)
        read += (unsigned)count;
    cr_expect(eq(uint, read, applied));
    cr_expect(emu_input(machine, &input, 0, NULL, NULL), "there is room again");
    emu_machine_destroy(machine);
}

Test(events, each_kind_has_a_name_of_its_own)
{
    for (unsigned kind = 0; kind < EMU_EVENT_COUNT; kind++)
        for (unsigned other = 0; other < kind; other++)
            cr_expect(ne(str, (char *)emu_event_name(kind), (char *)emu_event_name(other)));
    cr_expect(eq(str, (char *)emu_event_name(EMU_EVENT_COUNT), "unknown"));
    cr_expect(eq(str, (char *)emu_stop_name(EMU_STOP_COUNT), "unknown"));
    cr_expect(eq(str, (char *)emu_input_name(EMU_INPUT_COUNT), "unknown"));
    cr_expect(eq(str, (char *)emu_reason_name(EMU_REASON_COUNT), "unknown"));
    cr_expect(eq(str, (char *)emu_reason_name(EMU_REASON_FALSE_SHARING), "false-sharing"));
}

/* An sc that never had a reservation fails without leaving decoded code, as often as it likes. */
Test(events, none_is_lost_when_an_sc_fails_again_and_again)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct guest guest = {.count = 0};
        guest_ram(&guest, S0, 0x10000);
        unsigned again = guest.count;
        guest_rr(&guest, ISA_OP_sc_d, T1, S0, T0);
        guest_rr(&guest, ISA_OP_add, T2, T2, T1);
        guest_jump(&guest, again);
        struct emu_config config = guest_config(1);
        config.fidelity = fidelity;
        config.event_ring_records = 1024;
        struct emu_machine *machine = guest_machine(&guest, &config);
        struct emu_hart_stats stats;
        struct emu_event events[64], last = {.cycle = 0};
        struct emu_until until;
        struct emu_stop stop;
        uint64_t read = 0;
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_SC_FAILED));
        emu_until_init(&until);
        until.cycle = 20000;
        do {
            size_t count;
            stop = emu_run(machine, &until);
            while ((count = emu_events_read(machine, events, 64)) > 0)
                for (size_t i = 0; i < count; i++, read++) {
                    cr_assert(gt(u64, events[i].cycle, last.cycle));
                    last = events[i];
                }
        } while (stop.kind == EMU_STOP_EVENTS_FULL);
        emu_hart_stats(machine, 0, &stats);
        cr_expect(eq(u64, read, stats.sc_failed), "fidelity %u", fidelity);
        cr_expect(gt(u64, read, 3000));
        emu_machine_destroy(machine);
    }
}

/* ---- the log of failed scs ---- */

/* Of the harts' failed scs, by reason. */
static void failures_of(const struct emu_machine *machine, uint64_t ret_by[static EMU_REASON_COUNT])
{
    memset(ret_by, 0, EMU_REASON_COUNT * sizeof *ret_by);
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_stats stats;
        emu_hart_stats(machine, hart, &stats);
        for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
            ret_by[reason] += stats.sc_failed_by[reason];
    }
}

Test(events, the_log_of_failed_scs_has_each_of_them_with_who_took_the_reservation)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        uint64_t steps = fidelity == EMU_TIMED ? 6000 : 100000; /* long slices let few of them fail */
        struct guest guest = noisy_guest(false);
        struct emu_config config = guest_config(4);
        config.fidelity = fidelity;
        struct emu_machine *machine = guest_machine(&guest, &config), *plain = guest_machine(&guest, &config);
        struct emu_sc_failure failure, later = {.cycle = UINT64_MAX / 2};
        uint64_t before[EMU_REASON_COUNT], after[EMU_REASON_COUNT], logged[EMU_REASON_COUNT] = {0};
        run_counting(machine, 3000, UINT64_MAX / 2, 64);
        cr_expect(not(emu_sc_log_read(machine, 0, &failure)), "nobody has asked for it");
        failures_of(machine, before);
        cr_assert(emu_sc_log(machine, true));
        run_counting(machine, steps, UINT64_MAX / 2, 64);
        failures_of(machine, after);
        for (unsigned back = 0; emu_sc_log_read(machine, back, &failure); back++, later = failure) {
            logged[failure.reason]++;
            cr_expect(le(u64, failure.cycle, later.cycle + 64), "harts stand at different cycles, but not far apart");
            if (failure.reason != EMU_REASON_STORE || failure.by == EMU_NOBODY)
                continue;
            cr_expect(eq(u64, failure.address, GUEST_RAM + COUNTER));
            cr_expect(ne(uint, failure.by, failure.hart));
            cr_expect(le(u64, failure.lost_cycle, failure.cycle));
        }
        for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
            cr_expect(eq(u64, logged[reason], after[reason] - before[reason]), "%s, fidelity %u", emu_reason_name(reason),
                      fidelity);
        cr_expect(gt(u64, logged[EMU_REASON_STORE], 5), "fidelity %u", fidelity);
        run_counting(plain, steps, UINT64_MAX / 2, 64);
        cr_expect(eq(u64, emu_state_hash(machine), emu_state_hash(plain)), "the log has changed the run");
        cr_assert(emu_sc_log(machine, false));
        cr_expect(not(emu_sc_log_read(machine, 0, &failure)), "forgotten");
        emu_machine_destroy(machine);
        emu_machine_destroy(plain);
    }
}

Test(events, the_machine_stops_behind_a_guests_hint_and_without_a_wish_goes_on)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++)
        for (unsigned hints = 0; hints < 2; hints++) {
            struct guest guest = {.count = 0};
            guest_li(&guest, A0, 77);
            guest_ri(&guest, ISA_OP_slti, ZERO, ZERO, EMU_HINT_STOP);
            guest_ri(&guest, ISA_OP_slti, ZERO, ZERO, EMU_HINT_STOP + 1); /* means nothing */
            guest_finish(&guest, 0x5555);
            struct emu_config config = guest_config(1);
            config.fidelity = fidelity;
            config.hints = hints;
            struct emu_machine *machine = guest_machine(&guest, &config), *plain = guest_machine(&guest, &config);
            struct emu_until until;
            emu_until_init(&until);
            emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_HINT_GIVEN));
            struct emu_stop stop = emu_run(machine, &until);
            if (hints) {
                cr_expect(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT));
                cr_expect(eq(uint, stop.event, EMU_EVENT_HINT_GIVEN));
                cr_expect(eq(u64, stop.a, EMU_HINT_STOP));
                cr_expect(eq(u64, stop.b, 77));
                stop = emu_run(machine, &until);
            }
            cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED));
            cr_expect(eq(int, emu_run(plain, &until).kind, EMU_STOP_FINISHED));
            cr_expect(eq(u64, emu_state_hash(machine), emu_state_hash(plain)));
            emu_machine_destroy(machine);
            emu_machine_destroy(plain);
        }
}
