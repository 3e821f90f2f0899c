/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The PLIC: its rules one by one, and random traffic against a model that recomputes everything each time.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/plic.h>
#include <emu/platform.h>
#include <lib/random.h>
#include <lib/state_check.h>
#include <string.h>

enum { SOURCES = PLATFORM_PLIC_SOURCES };

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
    fake->device = plic_create(&fake->host, contexts, fake->wires);
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

/* The reference: plain arrays, everything recomputed, written from the specification's text. */
enum { MODEL_CONTEXTS = 6 };

struct model {
    bool level[SOURCES + 1], pending[SOURCES + 1], claimed[SOURCES + 1], enabled[MODEL_CONTEXTS][SOURCES + 1];
    unsigned priority[SOURCES + 1], threshold[MODEL_CONTEXTS];
};

static void model_gateway(struct model *m, unsigned source)
{
    m->pending[source] |= m->level[source] && !m->claimed[source];
}

static unsigned model_best(const struct model *m, unsigned context, unsigned above)
{
    unsigned best = 0;
    for (unsigned source = SOURCES; source >= 1; source--)
        if (m->pending[source] && m->enabled[context][source] && m->priority[source] > above &&
            (best == 0 || m->priority[source] >= m->priority[best]))
            best = source;
    return best;
}

static unsigned model_claim(struct model *m, unsigned context)
{
    unsigned source = model_best(m, context, 0);
    m->pending[source] = false;
    m->claimed[source] = source != 0;
    return source;
}

static void model_complete(struct model *m, unsigned context, unsigned source)
{
    if (source < 1 || source > SOURCES || !m->enabled[context][source])
        return;
    m->claimed[source] = false;
    model_gateway(m, source);
}

static void step(struct fake_host *fake, struct model *m, struct random *random)
{
    unsigned source = 1 + random_below(random, SOURCES), context = random_below(random, MODEL_CONTEXTS);
    unsigned value = random_below(random, 8), word = random_below(random, 3);
    switch (random_below(random, 6)) {
    case 0:
        m->level[source] = value & 1;
        model_gateway(m, source);
        set(fake, source, value & 1);
        break;
    case 1:
        m->priority[source] = value;
        fake_write(fake, priority_at(source), 4, value);
        break;
    case 2:
        m->threshold[context] = value;
        fake_write(fake, threshold_at(context), 4, value);
        break;
    case 3: {
        uint32_t bits = (uint32_t)random_next(random);
        for (unsigned i = 0; i < 32; i++)
            m->enabled[context][word * 32 + i] = bits >> i & 1;
        fake_write(fake, enable_at(context, word), 4, bits);
        break;
    }
    case 4:
        cr_assert(eq(u64, claim(fake, context), model_claim(m, context)));
        break;
    case 5:
        model_complete(m, context, source);
        complete(fake, context, source);
        break;
    }
}

Test(plic, under_random_traffic_it_equals_the_model)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct random random = {seed};
        struct model model;
        struct fake_host *fake = setup(MODEL_CONTEXTS);
        memset(&model, 0, sizeof model);
        for (unsigned i = 0; i < 20000; i++) {
            step(fake, &model, &random);
            for (unsigned context = 0; context < MODEL_CONTEXTS; context++)
                cr_assert(eq(int, fake->lines[context], model_best(&model, context, model.threshold[context]) != 0),
                          "seed %lu, step %u, context %u", (unsigned long)seed, i, context);
            unsigned source = 1 + i % SOURCES;
            cr_assert(eq(int, is_pending(fake, source), model.pending[source]), "seed %lu, step %u", (unsigned long)seed, i);
        }
        teardown(fake);
    }
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
    cr_expect(eq(u64, state_check_flips(plic_ops.state, fake->device), SOURCES * (3 + 3) + 3 + 1));
    teardown(fake);
}

Test(plic, no_access_crashes)
{
    struct fake_host *fake = setup(6);
    fake_bombard(fake, 1, 0x600000, 5000);
    fake_bombard(fake, 2, 0x2400, 5000);
    teardown(fake);
}
