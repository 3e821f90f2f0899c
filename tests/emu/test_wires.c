/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The delay line between devices and pins, by itself.
 */
#include "wires.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <isa/trap.h>
#include <lib/random.h>
#include <lib/state_check.h>
#include <string.h>

enum { HARTS = 2, SEEN_MAX = 64 };

struct seen {
    unsigned hart;
    uint64_t cycle, level, pulses, before;
    struct wire_stale stale;
};

static struct bench {
    struct queue *queue;
    struct wires wires;
    struct seen seen[SEEN_MAX];
    unsigned count;
} bench; /* a test runs in its own process */

static void arrived(void *context, unsigned hart, uint64_t cycle, const struct wire_change *change, uint64_t before)
{
    struct bench *b = context;
    cr_assert(lt(uint, b->count, SEEN_MAX));
    b->seen[b->count++] = (struct seen){hart, cycle, change->level, change->pulses, before, change->stale[1]};
}

static void setup(void)
{
    const struct wires_client client = {.context = &bench, .arrived = arrived};
    bench.queue = queue_create();
    cr_assert(wires_init(&bench.wires, HARTS, bench.queue, &client));
}

static void teardown(void)
{
    wires_finish(&bench.wires);
    queue_destroy(bench.queue);
}

static void run_to(uint64_t cycle)
{
    while (queue_next(bench.queue) <= cycle)
        queue_fire(bench.queue);
}

static void expect_seen(unsigned n, unsigned hart, uint64_t cycle, uint64_t level)
{
    cr_assert(lt(uint, n, bench.count));
    cr_expect(eq(uint, bench.seen[n].hart, hart), "arrival %u", n);
    cr_expect(eq(u64, bench.seen[n].cycle, cycle), "arrival %u", n);
    cr_expect(eq(u64, bench.seen[n].level, level), "arrival %u", n);
}

Test(wires, each_change_arrives_12_cycles_after_it_was_made, .init = setup, .fini = teardown)
{
    wires_set(&bench.wires, 1, ISA_INT_MSI, true, 100);
    wires_set(&bench.wires, 1, ISA_INT_MEI, true, 107);
    wires_set(&bench.wires, 0, ISA_INT_MSI, true, 109);
    wires_set(&bench.wires, 1, ISA_INT_MSI, false, 111);
    run_to(1000);
    cr_assert(eq(uint, bench.count, 4));
    expect_seen(0, 1, 112, ISA_MIP(MSI));
    expect_seen(1, 1, 119, ISA_MIP(MSI) | ISA_MIP(MEI));
    expect_seen(2, 0, 121, ISA_MIP(MSI));
    expect_seen(3, 1, 123, ISA_MIP(MEI));
}

Test(wires, a_change_every_cycle_is_delivered_every_cycle, .init = setup, .fini = teardown)
{
    for (uint64_t cycle = 50; cycle < 90; cycle++) {
        run_to(cycle - 1);
        wires_set(&bench.wires, 0, ISA_INT_SEI, cycle % 2 == 0, cycle);
    }
    run_to(1000);
    cr_assert(eq(uint, bench.count, 40));
    for (unsigned i = 0; i < 40; i++)
        expect_seen(i, 0, 62 + i, i % 2 == 0 ? ISA_MIP(SEI) : 0);
}

Test(wires, what_changes_at_one_cycle_arrives_as_one, .init = setup, .fini = teardown)
{
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 10);
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 10);
    wires_set(&bench.wires, 0, ISA_INT_MTI, true, 10);
    wires_pulse(&bench.wires, 0, ISA_INT_SSI, 10);
    run_to(1000);
    cr_assert(eq(uint, bench.count, 1));
    expect_seen(0, 0, 22, ISA_MIP(SEI) | ISA_MIP(MTI));
    cr_expect(eq(u64, bench.seen[0].pulses, ISA_MIP(SSI)));
}

Test(wires, a_pulse_arrives_once, .init = setup, .fini = teardown)
{
    wires_pulse(&bench.wires, 0, ISA_INT_SSI, 10);
    wires_set(&bench.wires, 0, ISA_INT_MTI, true, 11);
    run_to(1000);
    cr_assert(eq(uint, bench.count, 2));
    cr_expect(eq(u64, bench.seen[0].pulses, ISA_MIP(SSI)));
    cr_expect(eq(u64, bench.seen[1].pulses, 0));
}

Test(wires, a_note_goes_with_the_fall_that_it_explains, .init = setup, .fini = teardown)
{
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 10);
    run_to(30);
    wires_set(&bench.wires, 0, ISA_INT_SEI, false, 30);
    wires_note_stale(&bench.wires, 0, 1, 10, 3);
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 35);
    run_to(1000);
    cr_assert(eq(uint, bench.count, 3));
    cr_expect(eq(u8, bench.seen[0].stale.source, 0));
    cr_expect(eq(u8, bench.seen[1].stale.source, 10));
    cr_expect(eq(u16, bench.seen[1].stale.first, 3));
    cr_expect(eq(u64, bench.seen[1].before, ISA_MIP(SEI)));
    cr_expect(eq(u8, bench.seen[2].stale.source, 0));
}

Test(wires, a_line_that_rises_again_in_the_cycle_of_its_fall_is_not_stale, .init = setup, .fini = teardown)
{
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 10);
    run_to(30);
    wires_set(&bench.wires, 0, ISA_INT_SEI, false, 30);
    wires_note_stale(&bench.wires, 0, 1, 10, 3);
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 30);
    run_to(1000);
    cr_expect(eq(u8, bench.seen[1].stale.source, 0));
}

Test(wires, reset_takes_back_what_is_under_way, .init = setup, .fini = teardown)
{
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 10);
    wires_pulse(&bench.wires, 1, ISA_INT_SSI, 10);
    wires_reset(&bench.wires);
    cr_expect(eq(u64, queue_next(bench.queue), QUEUE_NEVER));
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 20);
    run_to(1000);
    cr_expect(eq(uint, bench.count, 1));
    expect_seen(0, 0, 32, ISA_MIP(SEI));
}

static void state(struct state *s, void *wires)
{
    wires_state(s, wires);
}

Test(wires, every_field_is_in_the_hash, .init = setup, .fini = teardown)
{
    wires_set(&bench.wires, 0, ISA_INT_SEI, true, 10);
    wires_set(&bench.wires, 0, ISA_INT_SEI, false, 12);
    cr_expect(eq(u64, state_check_flips(state, &bench.wires), 2 * 2 + 2 * (3 + 2 * 2)));
}
