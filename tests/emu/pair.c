/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Drives a pair of machines to the same places and compares them there.
 */
#include "pair.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <machine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR, ONE_CYCLE, SIDES, RECORDS_MAX = 1 << 20 };

struct side {
    struct emu_machine *machine;
    struct emu_event *records;
    size_t count;
    struct random random; /* of cuts */
    bool is_cut;
};

/* Kinds that say what is decoded: that depends on the order in which independent steps are done, and on breakpoints. */
#define HOST_KINDS EMU_EVENT_BIT(EMU_EVENT_CODE_DISCARDED)

static void drain(struct side *side)
{
    struct emu_event records[64];
    size_t count;
    while ((count = emu_events_read(side->machine, records, 64)) > 0)
        for (size_t i = 0; i < count && side->count < RECORDS_MAX; i++)
            if (!(EMU_EVENT_BIT(records[i].kind) & HOST_KINDS))
                side->records[side->count++] = records[i];
    cr_assert(lt(sz, side->count, RECORDS_MAX));
}

/* ---- to a place ---- */

/* Breaks in on the way, at most until what is wanted. */
static void cut(struct side *side, struct emu_until *until)
{
    struct emu_machine *m = side->machine;
    unsigned some = 1 + random_below(&side->random, 200);
    switch (random_below(&side->random, 8)) {
    case 0:
        if (emu_now(m) + some < until->cycle)
            until->cycle = emu_now(m) + some;
        return;
    case 1:
        if (emu_position(m).events + some / 10 < until->position.events)
            until->position.events = emu_position(m).events + some / 10;
        return;
    case 2:
        if (m->owner != NO_OWNER && !m->harts[m->owner].within) /* between checks nobody can break it off */
            m->owner = NO_OWNER;
        return;
    case 3:
        emu_break_set(m, GUEST_RAM + 4 * random_below(&side->random, 400));
        if (m->shared.break_count > 20)
            emu_break_clear(m, m->breaks[0].pc);
        return;
    case 4:
        emu_stop_on(m, random_next(&side->random) & random_next(&side->random));
        return;
    default:
        until->steps = emu_position(m).steps + some;
    }
}

static bool is_reached(const struct emu_machine *m, uint64_t cycle)
{
    bool is_behind = m->schedule.running && schedule_cycle(&m->schedule) < cycle;
    return !is_behind && queue_next(m->queue) >= cycle && m->owner == NO_OWNER;
}

/* To a cycle, there with no slice open and nobody behind; or (`roughly`) as soon as anybody has come so far. */
static struct emu_stop advance(struct side *side, uint64_t cycle, bool roughly)
{
    struct emu_machine *m = side->machine;
    struct emu_until goal;
    emu_until_init(&goal);
    goal.cycle = cycle;
    for (;;) {
        struct emu_until until = goal;
        if (side->is_cut && random_below(&side->random, 3) == 0)
            cut(side, &until);
        struct emu_stop stop = emu_run(m, &until);
        drain(side);
        if (stop.kind == EMU_STOP_FINISHED || stop.kind == EMU_STOP_DEAD)
            return stop;
        bool is_far = m->owner != NO_OWNER && m->harts[m->owner].cycle >= cycle;
        if (stop.kind == EMU_STOP_LIMIT && (is_reached(m, cycle) || (roughly && is_far)))
            return stop;
        if (!roughly && m->owner != NO_OWNER && m->harts[m->owner].cycle >= cycle)
            m->owner = NO_OWNER;
    }
}

/* Harts that run ahead and overtake the bus are at different places within a stretch of so many cycles. */
#define MARGIN_CYCLES 600

/* The same for the machine with look-ahead: the last stretch in slices of one cycle, so that its harts are where the other's are. */
static struct emu_stop advance_near(struct side *side, uint64_t cycle, uint64_t end)
{
    struct emu_machine *m = side->machine;
    unsigned lookahead = m->lookahead_cycles;
    if (end > MARGIN_CYCLES && end - MARGIN_CYCLES > emu_now(m)) {
        struct emu_stop stop = advance(side, end - MARGIN_CYCLES, true);
        if (stop.kind != EMU_STOP_LIMIT)
            return stop;
    }
    m->lookahead_cycles = 1;
    struct emu_stop stop = advance(side, cycle, false);
    m->lookahead_cycles = lookahead;
    return stop;
}

/* ---- the same? ---- */

static int compare_records(const void *a, const void *b)
{
    const struct emu_event *x = a, *y = b;
    const uint64_t left[] = {x->cycle, x->hart, x->kind, x->a, x->b, x->pc, x->other};
    const uint64_t right[] = {y->cycle, y->hart, y->kind, y->a, y->b, y->pc, y->other};
    for (unsigned i = 0; i < sizeof left / sizeof left[0]; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static bool same_records(struct side *sides, const char *where)
{
    size_t count = sides[0].count < sides[1].count ? sides[0].count : sides[1].count, at = 0;
    for (unsigned i = 0; i < SIDES; i++)
        qsort(sides[i].records, sides[i].count, sizeof sides[i].records[0], compare_records);
    while (at < count && compare_records(&sides[0].records[at], &sides[1].records[at]) == 0)
        at++;
    bool same = at == sides[0].count && at == sides[1].count;
    for (unsigned i = 0; i < SIDES && !same; i++) {
        const struct emu_event *it = &sides[i].records[at];
        cr_log_warn("%s: %zu of %zu: cycle %llu, hart %u, %s, a %llx, b %llx, pc %llx", i ? "one cycle" : "look-ahead", at,
                    sides[i].count, (unsigned long long)it->cycle, it->hart, emu_event_name(it->kind), (unsigned long long)it->a,
                    (unsigned long long)it->b, (unsigned long long)it->pc);
    }
    cr_expect(same, "%s: records", where);
    sides[0].count = sides[1].count = 0;
    return same;
}

static bool same_counts(const struct side *sides, const char *where)
{
    const struct emu_machine *x = sides[0].machine, *y = sides[1].machine;
    bool same = memcmp(bus_counts(x->bus), bus_counts(y->bus), sizeof *bus_counts(x->bus)) == 0 &&
                x->shared.walks == y->shared.walks && x->device_accesses == y->device_accesses;
    for (unsigned hart = 0; hart < emu_harts(x); hart++) {
        struct emu_hart_stats left, right;
        emu_hart_stats(x, hart, &left);
        emu_hart_stats(y, hart, &right);
        same &= memcmp(&left, &right, sizeof left) == 0;
        same &= memcmp(x->harts[hart].stall_cycles, y->harts[hart].stall_cycles, sizeof x->harts[hart].stall_cycles) == 0;
        same &= memcmp(bus_port_counts(x->bus, hart), bus_port_counts(y->bus, hart), sizeof(struct bus_port_counts)) == 0;
    }
    cr_expect(same, "%s: counts", where);
    return same;
}

static bool same(struct side *sides, const struct emu_stop *stops, const struct pair *pair)
{
    const struct emu_machine *x = sides[0].machine, *y = sides[1].machine;
    struct emu_position left = emu_position(x), right = emu_position(y);
    const struct emu_config *c = pair->config;
    char where[256];
    snprintf(where, sizeof where, "%s, seed %llu, %u harts, bus %u, arbiter %u, granule %u, fill %u, event %llu, cycle %llu",
             pair->name, pair->seed, c->harts, c->bus.kind, c->bus.arbiter, c->reservation.granule_bytes, c->reservation.fill,
             (unsigned long long)left.events, (unsigned long long)emu_now(x));
    bool all =
        stops[0].kind == stops[1].kind && left.events == right.events && left.steps == right.steps && emu_now(x) == emu_now(y);
    cr_expect(all, "%s: place (%s at %llu, %llu; %s at %llu, %llu)", where, emu_stop_name(stops[0].kind),
              (unsigned long long)left.events, (unsigned long long)left.steps, emu_stop_name(stops[1].kind),
              (unsigned long long)right.events, (unsigned long long)right.steps);
    for (size_t i = 0; i < emu_config_row_count && !all; i++) {
        char text[32];
        emu_config_text(c, &emu_config_rows[i], text);
        if (emu_config_value(c, &emu_config_rows[i]) != emu_config_rows[i].initial)
            cr_log_warn("%s.%s=%s", emu_config_rows[i].section, emu_config_rows[i].key, text);
    }
    all &= same_counts(sides, where);
    all &= same_records(sides, where);
    bool hashes = emu_state_hash(x) == emu_state_hash(y);
    cr_expect(hashes, "%s: state", where);
    return all && hashes;
}

/* ---- a pair ---- */

static struct emu_input draw_input(struct random *random, unsigned harts)
{
    struct emu_input input = {.hart = random_below(random, harts), .b = random_next(random)};
    switch (random_below(random, 8)) {
    case 0:
        input.kind = EMU_INPUT_FREEZE;
        break;
    case 1:
    case 2:
        input.kind = EMU_INPUT_THAW;
        break;
    case 3:
        input.kind = EMU_INPUT_CONSOLE_BYTE;
        input.a = 'x';
        break;
    case 4:
        input.kind = EMU_INPUT_SET_XREG;
        input.a = 28 + random_below(random, 4);
        break;
    case 5:
        input.kind = random_below(random, 20) ? EMU_INPUT_SET_FREG : EMU_INPUT_RESET;
        break;
    case 6: /* over code: an addi of x5 */
        input = (struct emu_input){
            .kind = EMU_INPUT_POKE, .hart = 4, .a = GUEST_RAM + 4 * (80 + random_below(random, 150)), .b = 0x128293};
        break;
    default: /* data or tables, not the pointers in these */
        input.kind = EMU_INPUT_POKE;
        input.hart = 1u << random_below(random, 4);
        input.a = GUEST_RAM + 0x4000 + random_below(random, 0x4000);
    }
    return input;
}

static void give_input(struct side *sides, struct random *random)
{
    struct emu_input input = draw_input(random, emu_harts(sides[0].machine));
    struct emu_error error;
    bool left = emu_input(sides[0].machine, &input, 0, NULL, &error), right = emu_input(sides[1].machine, &input, 0, NULL, &error);
    cr_expect(eq(int, left, right), "%s", emu_input_name(input.kind));
}

static void make(struct side *side, const struct emu_config *config, unsigned number, struct random random, unsigned flags)
{
    struct emu_error error;
    *side = (struct side){.machine = emu_machine_create(config, &error),
                          .records = malloc(RECORDS_MAX * sizeof *side->records),
                          .random = {random_next(&random) + number},
                          .is_cut = flags & PAIR_CUT};
    cr_assert(side->machine && side->records, "%s", error.text);
    if (number == ONE_CYCLE)
        side->machine->lookahead_cycles = 1;
    emu_events_select(side->machine, UINT64_MAX);
}

static void add_up(struct pair_sum *sum, const struct side *side, bool ended)
{
    sum->ended += ended;
    sum->cycles += emu_now(side->machine);
    sum->steps += emu_position(side->machine).steps;
    sum->walks += side->machine->shared.walks;
    for (unsigned hart = 0; hart < emu_harts(side->machine); hart++) {
        struct emu_hart_stats stats;
        emu_hart_stats(side->machine, hart, &stats);
        sum->sc_failed += stats.sc_failed;
        sum->sc_succeeded += stats.sc_succeeded;
        sum->interrupts += stats.interrupts;
        sum->traps += stats.traps;
    }
}

bool pair_run(const struct pair *pair, struct random random, struct pair_sum *sum)
{
    struct side sides[SIDES];
    struct emu_stop stops[SIDES];
    bool is_same, is_over;
    for (unsigned i = 0; i < SIDES; i++)
        make(&sides[i], pair->config, i, random, pair->flags);
    do {
        uint64_t cycle = emu_now(sides[0].machine) + 1 + random_below(&random, 40 * pair->stretch);
        if (random_below(&random, 4))
            cycle += MARGIN_CYCLES;
        if (cycle > pair->cycles)
            cycle = pair->cycles;
        stops[ONE_CYCLE] = advance(&sides[ONE_CYCLE], cycle, false);
        stops[NEAR] = advance_near(&sides[NEAR], cycle, stops[ONE_CYCLE].kind == EMU_STOP_LIMIT ? cycle : emu_now(sides[ONE_CYCLE].machine));
        sum->records += sides[0].count;
        is_same = same(sides, stops, pair);
        sum->compared++;
        if (pair->flags & PAIR_INPUTS && stops[0].kind == EMU_STOP_LIMIT)
            give_input(sides, &random);
        is_over = stops[0].kind != EMU_STOP_LIMIT || cycle == pair->cycles;
    } while (is_same && !is_over);
    add_up(sum, &sides[0], stops[0].kind == EMU_STOP_FINISHED);
    for (unsigned i = 0; i < SIDES; i++) {
        emu_machine_destroy(sides[i].machine);
        free(sides[i].records);
    }
    return is_same;
}
