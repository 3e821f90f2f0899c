/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The PLIC: its rules one by one. test_plic_model.c has random traffic.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/plic.h>
#include <emu/emu.h>
#include <emu/platform.h>
#include <lib/state_check.h>

enum { SOURCES = PLATFORM_PLIC_SOURCES, EDGE = 70 };

static uint64_t priority_at(unsigned source)
{
    return 4 * source;
}

static uint64_t enable_at(unsigned context, unsigned word)
{
    return 0x2000 + 0x80 * context + 4 * word;
}

static uint64_t threshold_at(unsigned context)
{
    return 0x200000 + 0x1000 * (uint64_t)context;
}

static uint64_t claim_at(unsigned context)
{
    return threshold_at(context) + 4;
}

static struct fake_host *setup(unsigned contexts)
{
    struct fake_host *fake = fake_create();
    fake->ops = &plic_ops;
    const struct plic_config config = {.contexts = contexts, .lines = fake->wires, .edge_sources = {[EDGE / 32] = 1u << EDGE % 32}};
    fake->device = plic_create(&fake->host, &config);
    cr_assert(ne(ptr, fake->device, NULL));
    return fake;
}

static void teardown(struct fake_host *fake)
{
    plic_destroy(fake->device);
    fake_destroy(fake);
}

/* Source with this priority, enabled for the contexts of a mask (of the first 32). */
static void enable(struct fake_host *fake, unsigned source, unsigned priority, uint32_t contexts)
{
    fake_write(fake, priority_at(source), 4, priority);
    for (unsigned context = 0; context < 32; context++) {
        if (!(contexts >> context & 1))
            continue;
        uint64_t at = enable_at(context, source / 32);
        fake_write(fake, at, 4, fake_read(fake, at, 4) | UINT64_C(1) << source % 32);
    }
}

static void set(struct fake_host *fake, unsigned source, bool level)
{
    plic_set_source(fake->device, source, level);
}

static void pulse(struct fake_host *fake, unsigned source)
{
    set(fake, source, true);
    set(fake, source, false);
}

static bool is_pending(struct fake_host *fake, unsigned source)
{
    return fake_read(fake, 0x1000 + source / 32 * 4, 4) >> source % 32 & 1;
}

static uint64_t claim(struct fake_host *fake, unsigned context)
{
    return fake_read(fake, claim_at(context), 4);
}

static void complete(struct fake_host *fake, unsigned context, unsigned source)
{
    fake_write(fake, claim_at(context), 4, source);
}

Test(plic, a_source_is_offered_to_all_enabled_contexts_and_the_first_claim_wins)
{
    struct fake_host *fake = setup(4);
    enable(fake, 10, 1, 0xa);
    set(fake, 10, true);
    for (unsigned context = 0; context < 4; context++)
        cr_expect(eq(int, fake->lines[context], context == 1 || context == 3));
    cr_expect(eq(u64, claim(fake, 3), 10));
    cr_expect(not(fake->lines[1] || fake->lines[3]));
    cr_expect(eq(u64, claim(fake, 1), 0), "an empty claim");
    teardown(fake);
}

Test(plic, a_level_that_stays_high_pends_again_only_after_completion)
{
    struct fake_host *fake = setup(2);
    enable(fake, 10, 1, 2);
    set(fake, 10, true);
    cr_expect(eq(u64, claim(fake, 1), 10));
    cr_expect(not(is_pending(fake, 10)));
    set(fake, 10, true);
    cr_expect(not(is_pending(fake, 10)));
    complete(fake, 1, 10);
    cr_expect(is_pending(fake, 10));
    cr_expect(fake->lines[1]);
    teardown(fake);
}

Test(plic, a_level_that_fell_before_completion_does_not_pend_again)
{
    struct fake_host *fake = setup(2);
    enable(fake, 10, 1, 2);
    set(fake, 10, true);
    claim(fake, 1);
    set(fake, 10, false);
    complete(fake, 1, 10);
    cr_expect(not(is_pending(fake, 10)));
    set(fake, 10, true);
    cr_expect(is_pending(fake, 10));
    teardown(fake);
}

Test(plic, a_request_stays_pending_when_the_source_falls)
{
    struct fake_host *fake = setup(2);
    enable(fake, 10, 1, 2);
    set(fake, 10, true);
    set(fake, 10, false);
    cr_expect(is_pending(fake, 10));
    cr_expect(eq(u64, claim(fake, 1), 10));
    complete(fake, 1, 10);
    cr_expect(not(is_pending(fake, 10)));
    teardown(fake);
}

Test(plic, completion_by_a_context_that_does_not_enable_the_source_is_ignored)
{
    struct fake_host *fake = setup(3);
    enable(fake, 10, 1, 1);
    set(fake, 10, true);
    claim(fake, 0);
    complete(fake, 1, 10);
    cr_expect(not(is_pending(fake, 10)));
    complete(fake, 0, 0);
    complete(fake, 0, 96);
    complete(fake, 0, 0xffffffff);
    cr_expect(not(is_pending(fake, 10)));
    enable(fake, 10, 1, 2);
    complete(fake, 1, 10);
    cr_expect(is_pending(fake, 10), "any context that enables it may complete");
    teardown(fake);
}

Test(plic, the_highest_priority_is_claimed_first_and_ties_go_to_the_lowest_number)
{
    struct fake_host *fake = setup(1);
    static const struct {
        unsigned source, priority;
    } rows[] = {{95, 7}, {3, 2}, {64, 7}, {31, 3}, {32, 3}, {1, 1}};
    static const unsigned want[] = {64, 95, 31, 32, 3, 1, 0, 0};
    for (unsigned i = 0; i < 6; i++) {
        enable(fake, rows[i].source, rows[i].priority, 1);
        set(fake, rows[i].source, true);
    }
    for (unsigned i = 0; i < 8; i++)
        cr_expect(eq(u64, claim(fake, 0), want[i]), "claim %u", i);
    teardown(fake);
}

Test(plic, a_priority_of_zero_never_interrupts_and_cannot_be_claimed)
{
    struct fake_host *fake = setup(1);
    enable(fake, 5, 0, 1);
    set(fake, 5, true);
    cr_expect(is_pending(fake, 5));
    cr_expect(not(fake->lines[0]));
    cr_expect(eq(u64, claim(fake, 0), 0));
    fake_write(fake, priority_at(5), 4, 1);
    cr_expect(fake->lines[0]);
    teardown(fake);
}

Test(plic, the_threshold_masks_the_line_but_not_the_claim)
{
    struct fake_host *fake = setup(1);
    enable(fake, 5, 3, 1);
    set(fake, 5, true);
    for (unsigned threshold = 0; threshold < 8; threshold++) {
        fake_write(fake, threshold_at(0), 4, threshold);
        cr_expect(eq(int, fake->lines[0], threshold < 3), "threshold %u", threshold);
    }
    cr_expect(eq(u64, claim(fake, 0), 5));
    teardown(fake);
}

Test(plic, enabling_and_disabling_move_the_line)
{
    struct fake_host *fake = setup(1);
    fake_write(fake, priority_at(40), 4, 1);
    set(fake, 40, true);
    cr_expect(not(fake->lines[0]));
    fake_write(fake, enable_at(0, 1), 4, 1 << 8);
    cr_expect(fake->lines[0]);
    fake_write(fake, enable_at(0, 1), 4, 0);
    cr_expect(not(fake->lines[0]));
    teardown(fake);
}

Test(plic, priorities_and_thresholds_keep_three_bits)
{
    struct fake_host *fake = setup(1);
    fake_write(fake, priority_at(1), 4, 0xfffffffb);
    cr_expect(eq(u64, fake_read(fake, priority_at(1), 4), 3));
    fake_write(fake, threshold_at(0), 4, 0xc);
    cr_expect(eq(u64, fake_read(fake, threshold_at(0), 4), 4));
    teardown(fake);
}

Test(plic, enable_words_hold_what_is_written_except_source_0)
{
    struct fake_host *fake = setup(70);
    for (unsigned context = 0; context < 70; context += 23) {
        for (unsigned word = 0; word < 3; word++)
            fake_write(fake, enable_at(context, word), 4, 0xdeadbeef + context + word);
    }
    for (unsigned context = 0; context < 70; context++) {
        for (unsigned word = 0; word < 3; word++) {
            uint64_t want = context % 23 ? 0 : (0xdeadbeef + context + word) & (word ? 0xffffffff : 0xfffffffe);
            cr_expect(eq(u64, fake_read(fake, enable_at(context, word), 4), want));
        }
    }
    teardown(fake);
}

Test(plic, what_does_not_exist_reads_zero_and_ignores_writes)
{
    struct fake_host *fake = setup(2);
    const uint64_t offsets[] = {0,        priority_at(96),     0x100c,          0x1ffc,      enable_at(0, 3), enable_at(2, 0),
                                0x1ffffc, threshold_at(0) + 8, threshold_at(2), claim_at(2), 0x5ffffc,        UINT64_MAX - 3};
    for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        fake_write(fake, offsets[i], 4, 0xffffffff);
        cr_expect(eq(u64, fake_read(fake, offsets[i], 4), 0), "offset 0x%lx", (unsigned long)offsets[i]);
    }
    fake_write(fake, 0x1000, 4, 0xffffffff);
    cr_expect(eq(u64, fake_read(fake, 0x1000, 4), 0), "pending bits are read-only");
    set(fake, 0, true);
    set(fake, 96, true);
    set(fake, UINT32_MAX, true);
    cr_expect(eq(u64, fake_read(fake, 0x1000, 4), 0));
    teardown(fake);
}

Test(plic, only_aligned_words_are_accepted)
{
    struct fake_host *fake = setup(1);
    uint64_t value;
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0; offset < 8; offset++) {
            bool is_good = size == 4 && offset % 4 == 0;
            cr_expect(eq(int, fake_try_read(fake, threshold_at(0) + offset, size, &value), is_good));
            cr_expect(eq(int, fake_try_write(fake, threshold_at(0) + offset, size, 0), is_good));
        }
    }
    teardown(fake);
}

Test(plic, reset_forgets_everything_but_levels)
{
    struct fake_host *fake = setup(2);
    enable(fake, 7, 3, 1);
    enable(fake, 8, 3, 1);
    fake_write(fake, threshold_at(1), 4, 5);
    set(fake, 7, true);
    set(fake, 8, true);
    claim(fake, 0);
    set(fake, 8, false);
    plic_ops.reset(fake->device);
    cr_expect(not(fake->lines[0]));
    cr_expect(eq(u64, fake_read(fake, priority_at(7), 4), 0));
    cr_expect(eq(u64, fake_read(fake, enable_at(0, 0), 4), 0));
    cr_expect(eq(u64, fake_read(fake, threshold_at(1), 4), 0));
    cr_expect(eq(u64, fake_read(fake, 0x1000, 4), 1 << 7));
    teardown(fake);
}

Test(plic, an_edge_source_interrupts_once_for_each_edge)
{
    struct fake_host *fake = setup(2);
    enable(fake, EDGE, 1, 2);
    set(fake, EDGE, true);
    cr_expect(eq(u64, claim(fake, 1), EDGE));
    complete(fake, 1, EDGE);
    cr_expect(not(is_pending(fake, EDGE)), "it is still high, but there was one edge");
    set(fake, EDGE, true);
    cr_expect(not(is_pending(fake, EDGE)));
    set(fake, EDGE, false);
    cr_expect(not(is_pending(fake, EDGE)));
    set(fake, EDGE, true);
    cr_expect(is_pending(fake, EDGE));
    teardown(fake);
}

Test(plic, edges_that_come_while_one_is_pending_or_in_service_wait_in_the_gateway)
{
    struct fake_host *fake = setup(1);
    enable(fake, EDGE, 1, 1);
    for (unsigned i = 0; i < 3; i++)
        pulse(fake, EDGE);
    cr_expect(eq(u32, plic_edges_waiting(fake->device, EDGE), 2));
    cr_expect(eq(u64, claim(fake, 0), EDGE));
    pulse(fake, EDGE);
    cr_expect(eq(u32, plic_edges_waiting(fake->device, EDGE), 3));
    cr_expect(eq(u64, claim(fake, 0), 0), "the request in service holds the others back");
    for (unsigned left = 3; left > 0; left--) {
        complete(fake, 0, EDGE);
        cr_expect(eq(u32, plic_edges_waiting(fake->device, EDGE), left - 1));
        cr_expect(eq(u64, claim(fake, 0), EDGE));
    }
    complete(fake, 0, EDGE);
    cr_expect(not(is_pending(fake, EDGE)));
    teardown(fake);
}

Test(plic, reset_forgets_edges)
{
    struct fake_host *fake = setup(1);
    enable(fake, EDGE, 1, 1);
    for (unsigned i = 0; i < 3; i++)
        pulse(fake, EDGE);
    set(fake, EDGE, true);
    plic_ops.reset(fake->device);
    cr_expect(not(is_pending(fake, EDGE)));
    cr_expect(eq(u32, plic_edges_waiting(fake->device, EDGE), 0));
    teardown(fake);
}

static void expect_empty(struct fake_host *fake, unsigned context, unsigned why, unsigned source, unsigned first)
{
    unsigned before = fake->empty_count;
    cr_expect(eq(u64, claim(fake, context), 0));
    cr_expect(eq(uint, fake->empty_count, before + 1));
    cr_expect(eq(uint, fake->empty.context, context));
    cr_expect(eq(uint, fake->empty.why, why));
    cr_expect(eq(uint, fake->empty.source, source));
    cr_expect(eq(uint, fake->empty.first, first));
}

Test(plic, an_empty_claim_says_why)
{
    struct fake_host *fake = setup(4);
    expect_empty(fake, 0, EMU_EMPTY_CLAIM_NOTHING_PENDING, 0, 0);
    enable(fake, 10, 1, 0xa);
    expect_empty(fake, 1, EMU_EMPTY_CLAIM_NOTHING_PENDING, 0, 0);
    set(fake, 10, true);
    expect_empty(fake, 0, EMU_EMPTY_CLAIM_NOTHING_PENDING, 0, 0);
    cr_expect(eq(u64, claim(fake, 3), 10));
    expect_empty(fake, 1, EMU_EMPTY_CLAIM_ANOTHER_FIRST, 10, 3);
    expect_empty(fake, 3, EMU_EMPTY_CLAIM_NOTHING_PENDING, 0, 0);
    set(fake, 10, false);
    complete(fake, 3, 10);
    enable(fake, 11, 0, 1);
    set(fake, 11, true);
    expect_empty(fake, 0, EMU_EMPTY_CLAIM_PRIORITY_ZERO, 11, 0);
    teardown(fake);
}

Test(plic, a_late_claim_is_still_told_who_was_first_when_that_one_has_completed)
{
    struct fake_host *fake = setup(4);
    enable(fake, 10, 1, 0xa);
    set(fake, 10, true);
    set(fake, 10, false);
    cr_expect(eq(u64, claim(fake, 3), 10));
    complete(fake, 3, 10);
    expect_empty(fake, 1, EMU_EMPTY_CLAIM_ANOTHER_FIRST, 10, 3);
    expect_empty(fake, 1, EMU_EMPTY_CLAIM_NOTHING_PENDING, 0, 0);
    teardown(fake);
}

Test(plic, a_claim_that_takes_down_another_contexts_line_makes_its_notification_stale)
{
    struct fake_host *fake = setup(4);
    enable(fake, 10, 1, 0xe);
    fake_write(fake, threshold_at(2), 4, 7);
    set(fake, 10, true);
    cr_expect(eq(u64, claim(fake, 3), 10));
    cr_expect(eq(uint, fake->stale_count, 1), "the claimer's own line fell, too, and that of context 2 was low");
    cr_expect(eq(uint, fake->stale.context, 1));
    cr_expect(eq(uint, fake->stale.source, 10));
    cr_expect(eq(uint, fake->stale.first, 3));
    teardown(fake);
}

Test(plic, a_line_that_another_source_holds_up_is_not_stale)
{
    struct fake_host *fake = setup(2);
    enable(fake, 10, 1, 3);
    enable(fake, 11, 1, 1);
    set(fake, 10, true);
    set(fake, 11, true);
    cr_expect(eq(u64, claim(fake, 1), 10));
    cr_expect(eq(uint, fake->stale_count, 0));
    cr_expect(eq(u64, claim(fake, 0), 11));
    cr_expect(eq(uint, fake->empty_count, 0));
    teardown(fake);
}

Test(plic, a_line_that_its_own_context_takes_down_is_not_stale)
{
    struct fake_host *fake = setup(1);
    enable(fake, 10, 1, 1);
    set(fake, 10, true);
    fake_write(fake, threshold_at(0), 4, 1);
    fake_write(fake, threshold_at(0), 4, 0);
    fake_write(fake, enable_at(0, 0), 4, 0);
    cr_expect(not(fake->lines[0]));
    cr_expect(eq(uint, fake->stale_count, 0));
    teardown(fake);
}

Test(plic, each_time_a_source_becomes_pending_is_told_and_the_views_follow_it)
{
    struct fake_host *fake = setup(2);
    const struct plic *plic = fake->device;
    enable(fake, 10, 3, 2);
    set(fake, 10, true);
    set(fake, 10, true);
    cr_expect(eq(uint, fake->pended[10], 1));
    cr_expect(plic_source_view(plic, 10).is_pending);
    cr_expect(plic_context_view(plic, 1).is_raised);
    cr_expect(eq(uint, plic_context_view(plic, 1).best, 10));
    cr_expect(eq(uint, plic_context_view(plic, 0).best, 0));
    cr_expect(eq(u64, claim(fake, 1), 10));
    struct plic_source_view view = plic_source_view(plic, 10);
    cr_expect(view.is_in_service);
    cr_expect(not(view.is_pending));
    complete(fake, 1, 10);
    cr_expect(eq(uint, fake->pended[10], 2), "it is still high");
    cr_expect(eq(uint, fake->pended[11], 0));
    teardown(fake);
}

Test(plic, all_contexts_of_256_harts_get_their_lines)
{
    struct fake_host *fake = setup(512);
    fake_write(fake, priority_at(10), 4, 1);
    for (unsigned context = 1; context < 512; context += 2)
        fake_write(fake, enable_at(context, 0), 4, 1 << 10);
    set(fake, 10, true);
    for (unsigned context = 0; context < 512; context++)
        cr_expect(eq(int, fake->lines[context], context % 2));
    cr_expect(eq(u64, claim(fake, 511), 10));
    for (unsigned context = 0; context < 512; context++)
        cr_expect(not(fake->lines[context]));
    teardown(fake);
}

Test(plic, every_field_is_in_the_hash)
{
    struct fake_host *fake = setup(130);
    cr_expect(eq(u64, state_check_flips(plic_ops.state, fake->device), SOURCES * (4 + 3) + 1 + 3 + 130 * 3));
    teardown(fake);
}

Test(plic, no_access_crashes)
{
    struct fake_host *fake = setup(6);
    fake_bombard(fake, 1, 0x600000, 5000);
    fake_bombard(fake, 2, 0x2400, 5000);
    teardown(fake);
}
