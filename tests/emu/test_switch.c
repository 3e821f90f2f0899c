/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Switching between the fidelities in a running machine, by input and by hint: nothing on its way is lost or done twice,
 * reservations end, and the run is the same however it is stopped, watched or replayed.
 */
#include "switching.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/hint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWITCHES_MOST = 65536, CYCLES = 4000000, WORD = 0x10000 };

static struct random seeded(uint64_t seed)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    struct random random = {chosen ? strtoull(chosen, NULL, 0) : seed};
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)random.state);
    return random;
}

static void apply(struct emu_machine *machine, unsigned kind, unsigned hart, uint64_t a, uint64_t cycle)
{
    struct emu_error error = {""};
    cr_assert(emu_input(machine, &(struct emu_input){.kind = kind, .hart = hart, .a = a}, cycle, NULL, &error), "%s", error.text);
}

struct outcome {
    uint64_t hash, cycle, events, steps;
    bool right;
};

static struct outcome outcome_of(struct emu_machine *machine, const struct switching *how, struct emu_stop stop)
{
    struct emu_position position = emu_position(machine);
    struct outcome result = {emu_state_hash(machine), emu_now(machine), position.events, position.steps,
                             switching_is_right(machine, how, stop)};
    emu_machine_destroy(machine);
    return result;
}

static void expect_same(const char *how, const struct switching *row, struct outcome got, struct outcome want)
{
    cr_expect(got.right, "%s, fidelity %u, %u harts", how, row->fidelity, row->harts);
    cr_expect(eq(u64, got.hash, want.hash), "%s, fidelity %u, %u harts", how, row->fidelity, row->harts);
    cr_expect(eq(u64, got.cycle, want.cycle), "%s, fidelity %u, %u harts", how, row->fidelity, row->harts);
    cr_expect(eq(u64, got.events, want.events), "%s, fidelity %u, %u harts", how, row->fidelity, row->harts);
    cr_expect(eq(u64, got.steps, want.steps), "%s, fidelity %u, %u harts", how, row->fidelity, row->harts);
}

static void drop_events(struct emu_machine *machine)
{
    struct emu_event events[64];
    while (emu_events_read(machine, events, 64))
        ;
}

/* ---- by input ---- */

static bool any_runs(const struct emu_machine *machine)
{
    bool any = false;
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_view view;
        emu_hart_view(machine, hart, &view);
        any |= view.state == EMU_HART_RUNNING;
    }
    return any;
}

/* A limit behind the last one, whether or not time has come that far. */
static uint64_t later(const struct emu_machine *machine, uint64_t last, unsigned cycles)
{
    uint64_t now = emu_now(machine);
    return (now > last ? now : last) + cycles;
}

struct log {
    unsigned count;
    struct emu_position position[SWITCHES_MOST];
    uint64_t cycle[SWITCHES_MOST], fidelity[SWITCHES_MOST];
};

/* Runs to the end with a switch every so many cycles at random, `most` at most, and writes down where. */
static struct outcome run_switching(const struct switching *how, unsigned most, struct random *random, struct log *ret_log)
{
    struct emu_machine *machine = switching_machine(how);
    struct emu_until until;
    struct emu_stop stop;
    uint64_t limit = 0;
    ret_log->count = 0;
    for (;;) {
        emu_until_init(&until);
        until.position.events = UINT64_MAX - 1; /* a limit on events, though none: positions are then a replay's own */
        until.cycle = limit = later(machine, limit, 1 + random_below(random, most));
        stop = emu_run(machine, &until);
        drop_events(machine);
        if (stop.kind == EMU_STOP_EVENTS_FULL)
            continue;
        if (stop.kind != EMU_STOP_LIMIT || ret_log->count == SWITCHES_MOST)
            break;
        unsigned at = ret_log->count++;
        ret_log->position[at] = emu_position(machine);
        ret_log->fidelity[at] = random_below(random, 8) ? !emu_fidelity_now(machine) : emu_fidelity_now(machine);
        struct emu_error error = {""};
        cr_assert(emu_input(machine, &(struct emu_input){.kind = EMU_INPUT_FIDELITY, .a = ret_log->fidelity[at]},
                            any_runs(machine) ? 0 : later(machine, limit, 0), &ret_log->cycle[at], &error),
                  "%s", error.text);
    }
    return outcome_of(machine, how, stop);
}

enum manner { PLAIN, STEPPED, WATCHED, AT_RANDOM };

static struct emu_stop run_to(struct emu_machine *machine, const struct emu_position *target, enum manner manner,
                              struct random *random)
{
    struct emu_stop stop;
    struct emu_position now;
    uint64_t limit = 0;
    do {
        struct emu_until until;
        emu_until_init(&until);
        if (target)
            until.position = *target;
        if (manner == STEPPED)
            until.steps = emu_position(machine).steps + 1;
        if (manner == AT_RANDOM)
            until.cycle = limit = later(machine, limit, 1 + random_below(random, 300));
        if (manner == AT_RANDOM && random_below(random, 40) == 0 && emu_break_set(machine, GUEST_RAM))
            emu_break_clear(machine, GUEST_RAM); /* throws decoded code away */
        stop = emu_run(machine, &until);
        drop_events(machine);
        now = emu_position(machine);
    } while (stop.kind != EMU_STOP_FINISHED && stop.kind != EMU_STOP_DEAD &&
             (!target || now.events < target->events || now.steps < target->steps));
    return stop;
}

/* At every second instruction. Not behind loads and the like: there a breakpoint's stop shows another cycle than a limit's. */
static void set_breaks(struct emu_machine *machine)
{
    for (unsigned word = 2; word < 120; word += 2) {
        uint32_t before;
        emu_ram_read(machine, GUEST_RAM + 4 * (word - 1), &before, 4);
        unsigned kind = isa_rows[isa_decode(before).op].kind;
        if (kind != ISA_KIND_LD && kind != ISA_KIND_LR && kind != ISA_KIND_SC && kind != ISA_KIND_AMO)
            emu_break_set(machine, GUEST_RAM + 4 * word);
    }
}

static struct outcome replay(const struct switching *how, const struct log *log, enum manner manner, struct random *random)
{
    struct emu_machine *machine = switching_machine(how);
    if (manner == WATCHED) {
        emu_events_select(machine, UINT64_MAX);
        emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST) | EMU_EVENT_BIT(EMU_EVENT_FIDELITY_SWITCHED));
        set_breaks(machine);
    }
    for (unsigned i = 0; log && i < log->count; i++) {
        run_to(machine, &log->position[i], manner, random);
        apply(machine, EMU_INPUT_FIDELITY, 0, log->fidelity[i], log->cycle[i]);
    }
    return outcome_of(machine, how, run_to(machine, NULL, manner, random));
}

static struct log the_log;

Test(fidelity, switches_at_any_cycle_lose_nothing_and_do_nothing_twice)
{
    static const unsigned most[] = {40, 400, 4000};
    struct random random = seeded(20270401);
    for (unsigned turn = 0; turn < 36; turn++) {
        struct switching how = {.harts = 1 + turn % 4, .fidelity = turn / 4 % 2, .seed = turn / 12};
        struct outcome outcome = run_switching(&how, most[turn % 3], &random, &the_log);
        cr_expect(outcome.right, "turn %u: %u harts, a switch within %u cycles", turn, how.harts, most[turn % 3]);
        cr_expect(ge(uint, the_log.count, 1));
    }
}

Test(fidelity, the_same_switches_give_the_same_run_however_it_is_stopped_or_watched)
{
    struct random random = seeded(20270402);
    for (unsigned turn = 0; turn < 8; turn++) {
        struct switching how = {.harts = 1 + turn % 4, .fidelity = turn / 4, .seed = turn};
        struct outcome want = run_switching(&how, turn % 2 ? 300 : 3000, &random, &the_log);
        expect_same("replayed", &how, replay(&how, &the_log, PLAIN, NULL), want);
        expect_same("stepped", &how, replay(&how, &the_log, STEPPED, NULL), want);
        expect_same("watched", &how, replay(&how, &the_log, WATCHED, NULL), want);
        expect_same("stopped at random", &how, replay(&how, &the_log, AT_RANDOM, &random), want);
    }
}

Test(fidelity, switching_to_what_is_on_changes_nothing)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct switching how = {.harts = 3, .fidelity = fidelity};
        struct outcome want = replay(&how, NULL, PLAIN, NULL);
        struct emu_machine *machine = switching_machine(&how);
        struct emu_stop stop;
        uint64_t limit = 0;
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_FIDELITY_SWITCHED));
        for (;;) {
            struct emu_until until;
            struct emu_event event;
            emu_until_init(&until);
            until.cycle = limit = later(machine, limit, 777);
            stop = emu_run(machine, &until);
            cr_assert(zero(u64, emu_events_read(machine, &event, 1)));
            if (stop.kind == EMU_STOP_FINISHED)
                break;
            apply(machine, EMU_INPUT_FIDELITY, 0, fidelity, 0);
        }
        expect_same("to the same", &how, outcome_of(machine, &how, stop), want);
    }
}

/* ---- by hint ---- */

static const struct hint_row {
    struct switching how;
    uint64_t hash; /* at the end, in every build */
} hint_rows[] = {
    {{1, EMU_FAST, 0, true, false}, 0xe0cc4c166d9a8198},
    {{2, EMU_TIMED, 0, true, false}, 0xfb4f5857776ca66e},
    {{4, EMU_FAST, 5, true, false}, 0x09d735859d43c01b},
    {{4, EMU_TIMED, 6, true, false}, 0xe2de714fffffc0a2},
};

Test(fidelity, hints_switch_the_same_way_however_the_run_is_stopped_or_watched)
{
    struct random random = seeded(20270403);
    for (size_t i = 0; i < sizeof hint_rows / sizeof hint_rows[0]; i++) {
        const struct switching *how = &hint_rows[i].how;
        struct outcome want = replay(how, NULL, PLAIN, NULL);
        cr_expect(want.right);
        cr_expect(eq(u64, want.hash, hint_rows[i].hash), "row %zu should have 0x%016llx", i, (unsigned long long)want.hash);
        expect_same("stepped", how, replay(how, NULL, STEPPED, NULL), want);
        expect_same("watched", how, replay(how, NULL, WATCHED, NULL), want);
        for (unsigned turn = 0; turn < 4; turn++)
            expect_same("stopped at random", how, replay(how, NULL, AT_RANDOM, &random), want);
    }
}

static unsigned switches_of(const struct switching *how)
{
    struct emu_machine *machine = switching_machine(how);
    struct emu_event event;
    unsigned count = 0;
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_FIDELITY_SWITCHED));
    struct emu_until until;
    emu_until_init(&until);
    cr_expect(eq(int, emu_run(machine, &until).kind, EMU_STOP_FINISHED));
    for (unsigned last = how->fidelity; emu_events_read(machine, &event, 1); count++) {
        cr_expect(ne(u64, event.a, last), "a switch to what is on");
        last = (unsigned)event.a;
    }
    emu_machine_destroy(machine);
    return count;
}

Test(fidelity, hints_can_be_turned_off)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct switching how = {.harts = 2, .fidelity = fidelity, .hints = true};
        cr_expect(gt(uint, switches_of(&how), 4));
        how.hints_off = true;
        cr_expect(eq(uint, switches_of(&how), 0));
    }
}

/* One hart: `count` hints one behind the other, then nops and a jump to itself. */
static struct emu_machine *hinting_machine(unsigned fidelity, const int *hints, unsigned count)
{
    struct guest guest = {.count = 0};
    for (unsigned i = 0; i < count; i++)
        guest_ri(&guest, ISA_OP_slti, ZERO, ZERO, hints[i]);
    for (unsigned i = 0; i < 100; i++)
        guest_ri(&guest, ISA_OP_addi, ZERO, ZERO, 0);
    guest_jump(&guest, guest.count);
    struct emu_config config = guest_config(1);
    config.fidelity = fidelity;
    return guest_machine(&guest, &config);
}

Test(fidelity, of_several_hints_the_last_one_counts)
{
    static const struct {
        int hints[3];
        unsigned fidelity, becomes;
    } rows[] = {
        {{EMU_HINT_TIMED, EMU_HINT_FAST, EMU_HINT_TIMED}, EMU_FAST, EMU_TIMED},
        {{EMU_HINT_TIMED, EMU_HINT_TIMED, EMU_HINT_FAST}, EMU_FAST, EMU_FAST},
        {{EMU_HINT_FAST, EMU_HINT_TIMED, EMU_HINT_FAST}, EMU_TIMED, EMU_FAST},
        {{0, 1, -1}, EMU_FAST, EMU_FAST}, /* no hints */
        {{0x200, 0x102, 0x1ff}, EMU_FAST, EMU_FAST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emu_machine *machine = hinting_machine(rows[i].fidelity, rows[i].hints, 3);
        struct emu_event event;
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_FIDELITY_SWITCHED));
        guest_run(machine, 10);
        struct emu_until until;
        emu_until_init(&until);
        until.cycle = 2000;
        emu_run(machine, &until);
        cr_expect(eq(uint, emu_fidelity_now(machine), rows[i].becomes), "row %zu", i);
        cr_expect(eq(u64, emu_events_read(machine, &event, 1), rows[i].becomes != rows[i].fidelity), "row %zu", i);
        emu_machine_destroy(machine);
    }
}

Test(fidelity, a_hint_costs_what_a_nop_costs)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        const int same[] = {fidelity == EMU_FAST ? EMU_HINT_FAST : EMU_HINT_TIMED}, nothing[] = {0};
        uint64_t cycle[2];
        for (unsigned which = 0; which < 2; which++) {
            struct emu_machine *machine = hinting_machine(fidelity, which ? nothing : same, 1);
            struct emu_until until;
            struct emu_hart_view view;
            emu_until_init(&until);
            until.steps = 90;
            emu_run(machine, &until);
            emu_hart_view(machine, 0, &view);
            cycle[which] = view.cycle;
            emu_machine_destroy(machine);
        }
        cr_expect(eq(u64, cycle[0], cycle[1]));
    }
}

/* ---- reservations ---- */

Test(fidelity, a_switch_between_lr_and_sc_fails_the_sc)
{
    for (unsigned from = 0; from < 2; from++) {
        struct guest guest = {.count = 0};
        guest_ram(&guest, S0, WORD);
        guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
        unsigned sc = guest.count;
        guest_rr(&guest, ISA_OP_sc_d, A2, S0, T0);
        guest_jump(&guest, guest.count);
        struct emu_config config = guest_config(1);
        config.fidelity = from;
        struct emu_machine *machine = guest_machine(&guest, &config);
        struct emu_event events[8];
        struct emu_hart_view view;
        emu_break_set(machine, GUEST_RAM + 4 * sc);
        cr_assert(eq(int, guest_run(machine, 10000).kind, EMU_STOP_BREAKPOINT));
        emu_hart_view(machine, 0, &view);
        cr_assert(view.reserved);
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST) | EMU_EVENT_BIT(EMU_EVENT_SC_FAILED));
        apply(machine, EMU_INPUT_FIDELITY, 0, !from, 0);
        emu_hart_view(machine, 0, &view);
        cr_expect(not(view.reserved));
        struct emu_until until;
        emu_until_init(&until);
        until.cycle = emu_now(machine) + 1000;
        emu_run(machine, &until);
        emu_hart_view(machine, 0, &view);
        cr_expect(eq(u64, view.x[A2], 1));
        cr_assert(eq(u64, emu_events_read(machine, events, 8), 2));
        cr_expect(eq(uint, events[0].kind, EMU_EVENT_RESERVATION_LOST));
        cr_expect(eq(u64, events[0].a, EMU_REASON_SWITCH));
        cr_expect(eq(uint, events[0].other, UINT16_MAX));
        cr_expect(eq(uint, events[1].kind, EMU_EVENT_SC_FAILED));
        cr_expect(eq(u64, events[1].a, EMU_REASON_SWITCH));
        emu_machine_destroy(machine);
    }
}

/* ---- harts that do not run; reset ---- */

Test(fidelity, frozen_and_waiting_harts_stay_so)
{
    for (unsigned from = 0; from < 2; from++) {
        struct guest guest = {.count = 0};
        guest_branch(&guest, ISA_OP_beq, A0, ZERO, 0);
        guest_op(&guest, ISA_OP_wfi);
        guest_land(&guest, 0);
        guest_jump(&guest, guest.count);
        struct emu_config config = guest_config(3);
        config.fidelity = from;
        struct emu_machine *machine = guest_machine(&guest, &config);
        guest_run(machine, 1000);
        apply(machine, EMU_INPUT_FREEZE, 0, 0, 0);
        uint64_t cycle = emu_now(machine) + 10000;
        apply(machine, EMU_INPUT_FIDELITY, 0, !from, cycle);
        struct emu_hart_view view;
        emu_hart_view(machine, 0, &view);
        cr_expect(eq(int, view.state, EMU_HART_FROZEN));
        for (unsigned hart = 1; hart < 3; hart++) {
            emu_hart_view(machine, hart, &view);
            cr_expect(eq(int, view.state, EMU_HART_WAITING));
        }
        apply(machine, EMU_INPUT_THAW, 0, 0, 0);
        guest_run(machine, 1000);
        emu_hart_view(machine, 0, &view);
        cr_expect(eq(int, view.state, EMU_HART_RUNNING));
        cr_expect(ge(u64, view.cycle, cycle));
        emu_machine_destroy(machine);
    }
}

Test(fidelity, a_reset_returns_to_that_of_the_configuration)
{
    for (unsigned from = 0; from < 2; from++) {
        struct switching how = {.harts = 2, .fidelity = from};
        struct emu_machine *machine = switching_machine(&how);
        struct emu_event events[4];
        guest_run(machine, 5000);
        apply(machine, EMU_INPUT_FIDELITY, 0, !from, 0);
        guest_run(machine, 5000);
        cr_expect(eq(uint, emu_fidelity_now(machine), !from));
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_FIDELITY_SWITCHED) | EMU_EVENT_BIT(EMU_EVENT_MACHINE_RESET));
        apply(machine, EMU_INPUT_RESET, 0, 0, 0);
        cr_expect(eq(uint, emu_fidelity_now(machine), from));
        cr_expect(eq(u64, emu_events_read(machine, events, 4), 2));
        cr_expect(eq(uint, events[0].kind, EMU_EVENT_FIDELITY_SWITCHED));
        cr_expect(eq(u64, events[0].a, from));
        emu_machine_destroy(machine);
    }
}
