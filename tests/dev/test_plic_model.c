/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The PLIC under random traffic, next to a model that is written from the specification's text: a source is a little automaton, a
 * context asks all sources every time, and nothing is kept that could be recomputed. And a ledger of interrupts that looks only at
 * what goes in and comes out: nothing is lost, nothing comes twice, nothing reaches a context that does not enable it.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/plic.h>
#include <emu/emu.h>
#include <lib/random.h>
#include <string.h>

enum { CONTEXTS_MAX = 64, SOURCES = 24, STEPS = 60000, SEEDS = 8 };

static const char *const why_names[] = {
#define EMPTY_CLAIM(name, text, meaning) text,
#include <emu/empty_claim.def>
#undef EMPTY_CLAIM
};

struct model_source {
    unsigned number; /* at the PLIC */
    bool is_edge, level;
    enum { QUIET, PENDING, SERVED } is;
    unsigned server; /* SERVED: by this context */
    unsigned priority;
    unsigned unserved; /* edges that have not become a request yet */
    uint64_t enabled;  /* a bit a context */
    /* the ledger */
    uint64_t edges, rises, claims;
};

struct model_context {
    unsigned threshold;
    unsigned lost, lost_to; /* the line fell by a claim of this source by that context; 0: no */
};

struct world {
    struct fake_host *fake;
    struct random random;
    unsigned contexts;
    struct model_source source[SOURCES];
    struct model_context context[CONTEXTS_MAX];
    unsigned empty, stale;
    unsigned why[EMU_EMPTY_CLAIM_COUNT];
    uint64_t seed;
    unsigned step;
};

#define EXPECT(world, condition, ...)                                                                                              \
    do {                                                                                                                           \
        if (!(condition))                                                                                                          \
            cr_fatal("seed %lu, step %u: %s: " FIRST(__VA_ARGS__, ""), (unsigned long)(world)->seed, (world)->step,                \
                     #condition REST(__VA_ARGS__));                                                                                \
    } while (0)
#define FIRST(text, ...) text
#define REST(text, ...)  __VA_OPT__(, ) __VA_ARGS__

/* ---- the model ---- */

/* The gateway forwards a request when the one before is over. */
static void forward(struct model_source *s)
{
    if (s->is != QUIET)
        return;
    if (s->is_edge && s->unserved > 0) {
        s->unserved--;
        s->is = PENDING;
    } else if (!s->is_edge && s->level) {
        s->is = PENDING;
    }
}

/* The candidate for a claim: the highest priority, then the lowest number. NULL: none above the floor. */
static struct model_source *candidate(struct world *w, unsigned context, unsigned floor)
{
    struct model_source *best = NULL;
    for (unsigned i = 0; i < SOURCES; i++) {
        struct model_source *s = &w->source[i];
        bool stands = s->is == PENDING && s->enabled >> context & 1 && s->priority > floor;
        if (stands && (!best || s->priority > best->priority || (s->priority == best->priority && s->number < best->number)))
            best = s;
    }
    return best;
}

static bool is_notified(struct world *w, unsigned context)
{
    return candidate(w, context, w->context[context].threshold) != NULL;
}

static uint64_t notified(struct world *w)
{
    uint64_t lines = 0;
    for (unsigned context = 0; context < w->contexts; context++)
        lines |= (uint64_t)is_notified(w, context) << context;
    return lines;
}

static unsigned lowest(struct world *w, unsigned context, bool by_others, unsigned *ret_server)
{
    const struct model_source *found = NULL;
    for (unsigned i = 0; i < SOURCES; i++) {
        const struct model_source *s = &w->source[i];
        bool fits = by_others ? s->is == SERVED && s->server != context : s->is == PENDING && s->priority == 0;
        if (fits && s->enabled >> context & 1 && (!found || s->number < found->number))
            found = s;
    }
    *ret_server = found && by_others ? found->server : 0;
    return found ? found->number : 0;
}

static struct device_claim why_empty(struct world *w, unsigned context)
{
    const struct model_context *c = &w->context[context];
    struct device_claim claim = {.context = context, .why = EMU_EMPTY_CLAIM_ANOTHER_FIRST, .source = c->lost, .first = c->lost_to};
    if (!claim.source)
        claim.source = lowest(w, context, true, &claim.first);
    if (claim.source)
        return claim;
    claim.source = lowest(w, context, false, &claim.first);
    claim.why = claim.source ? EMU_EMPTY_CLAIM_PRIORITY_ZERO : EMU_EMPTY_CLAIM_NOTHING_PENDING;
    return claim;
}

/* ---- what is done to both ---- */

static void do_level(struct world *w, struct model_source *s, bool level)
{
    s->edges += level && !s->level && s->is_edge;
    s->rises += level && !s->level;
    s->unserved += level && !s->level && s->is_edge;
    s->level = level;
    forward(s);
    plic_set_source(w->fake->device, s->number, level);
}

static void do_priority(struct world *w, struct model_source *s, unsigned priority)
{
    s->priority = priority;
    fake_write(w->fake, 4 * s->number, 4, priority);
}

static void do_threshold(struct world *w, unsigned context, unsigned threshold)
{
    w->context[context].threshold = threshold;
    fake_write(w->fake, 0x200000 + 0x1000 * context, 4, threshold);
}

static void do_enable(struct world *w, unsigned context, struct model_source *s, bool enabled)
{
    uint64_t at = 0x2000 + 0x80 * context + s->number / 32 * 4, bit = UINT64_C(1) << s->number % 32;
    s->enabled = (s->enabled & ~(UINT64_C(1) << context)) | (uint64_t)enabled << context;
    uint64_t old = fake_read(w->fake, at, 4);
    fake_write(w->fake, at, 4, enabled ? old | bit : old & ~bit);
}

/* One claim by another takes down as many lines as the model says, and the last of them is the one reported last. */
static void expect_stale(struct world *w, uint64_t before, unsigned claimer, const struct model_source *s)
{
    uint64_t fell = before & ~notified(w) & ~(UINT64_C(1) << claimer);
    w->stale += (unsigned)__builtin_popcountll(fell);
    for (uint64_t bits = fell; bits; bits &= bits - 1) {
        struct model_context *c = &w->context[__builtin_ctzll(bits)];
        c->lost = s->number;
        c->lost_to = claimer;
    }
    EXPECT(w, w->fake->stale_count == w->stale, "%u, not %u", w->fake->stale_count, w->stale);
    if (fell) {
        const struct device_claim *last = &w->fake->stale;
        EXPECT(w, last->context == 63u - (unsigned)__builtin_clzll(fell), "context %u", last->context);
        EXPECT(w, last->source == s->number && last->first == claimer, "source %u by %u", last->source, last->first);
    }
}

static void do_claim(struct world *w, unsigned context)
{
    uint64_t before = notified(w);
    struct model_source *s = candidate(w, context, 0);
    struct device_claim want = why_empty(w, context);
    uint64_t got = fake_read(w->fake, 0x200004 + 0x1000 * context, 4);
    EXPECT(w, got == (s ? s->number : 0), "claimed %lu", (unsigned long)got);
    w->context[context].lost = w->context[context].lost_to = 0;
    if (s) {
        EXPECT(w, s->enabled >> context & 1);
        s->is = SERVED;
        s->server = context;
        s->claims++;
        expect_stale(w, before, context, s);
    } else {
        const struct device_claim *empty = &w->fake->empty;
        EXPECT(w, w->fake->empty_count == ++w->empty);
        EXPECT(w, empty->context == context && empty->why == want.why && empty->source == want.source && empty->first == want.first,
               "%s of %u by %u, not %s of %u by %u", why_names[empty->why], empty->source, empty->first, why_names[want.why],
               want.source, want.first);
        w->why[want.why]++;
    }
}

static void do_complete(struct world *w, unsigned context, struct model_source *s)
{
    if (s->enabled >> context & 1) {
        if (s->is == SERVED)
            s->is = QUIET;
        forward(s);
    }
    fake_write(w->fake, 0x200004 + 0x1000 * context, 4, s->number);
}

static void step(struct world *w)
{
    struct model_source *s = &w->source[random_below(&w->random, SOURCES)];
    unsigned context = random_below(&w->random, w->contexts);
    switch (random_below(&w->random, 16)) {
    case 0:
    case 1:
    case 2:
        do_level(w, s, !s->level);
        break;
    case 3:
        do_level(w, s, true);
        do_level(w, s, false);
        break;
    case 4:
        do_priority(w, s, random_below(&w->random, 8));
        break;
    case 5:
        do_threshold(w, context, random_below(&w->random, 8));
        break;
    case 6:
        do_enable(w, context, s, random_below(&w->random, 3) > 0);
        break;
    case 7:
        do_complete(w, context, s);
        break;
    case 8:
    case 9:
    case 10:
    case 11:
        do_complete(w, s->is == SERVED ? s->server : context, s);
        break;
    default:
        do_claim(w, context);
    }
}

/* A line that has risen is news: what was lost before is forgotten. */
static void check_lines(struct world *w, uint64_t before)
{
    uint64_t now = notified(w);
    for (unsigned context = 0; context < w->contexts; context++) {
        EXPECT(w, w->fake->lines[context] == (now >> context & 1), "context %u", context);
        if (now & ~before & UINT64_C(1) << context)
            w->context[context].lost = w->context[context].lost_to = 0;
    }
}

/* What went in is what came out and what is still there; of a level each rise is at most one request of its own. */
static void check_ledger(struct world *w)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        const struct model_source *s = &w->source[i];
        bool pending = fake_read(w->fake, 0x1000 + s->number / 32 * 4, 4) >> s->number % 32 & 1;
        uint32_t waiting = plic_edges_waiting(w->fake->device, s->number);
        EXPECT(w, pending == (s->is == PENDING), "source %u", s->number);
        EXPECT(w, !s->is_edge || s->edges == s->claims + pending + waiting, "source %u: %lu edges, %lu claims", s->number,
               (unsigned long)s->edges, (unsigned long)s->claims);
        EXPECT(w, s->is_edge || waiting == 0, "source %u", s->number);
        EXPECT(w, s->is_edge || !s->level || pending || s->is == SERVED, "source %u is high and forgotten", s->number);
    }
}

static struct world *world_create(uint64_t seed, unsigned contexts)
{
    static struct world w; /* a test runs in its own process */
    struct plic_config config = {.contexts = contexts};
    memset(&w, 0, sizeof w);
    w.seed = seed;
    w.random = (struct random){seed};
    w.contexts = contexts;
    for (unsigned i = 0; i < SOURCES; i++) { /* some of all words, in no order */
        w.source[i].number = 1 + (i * 37 + (unsigned)seed) % PLATFORM_PLIC_SOURCES;
        w.source[i].is_edge = i % 3 == 0;
        if (w.source[i].is_edge)
            config.edge_sources[w.source[i].number / 32] |= 1u << w.source[i].number % 32;
    }
    w.fake = fake_create();
    config.lines = w.fake->wires;
    w.fake->ops = &plic_ops;
    w.fake->device = plic_create(&w.fake->host, &config);
    cr_assert(ne(ptr, w.fake->device, NULL));
    for (unsigned i = 0; i < SOURCES; i++)
        do_priority(&w, &w.source[i], 1 + i % 7);
    return &w;
}

/* In the end all contexts enable everything and claim until nothing is left: whatever was raised is served. */
static void drain(struct world *w)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        do_level(w, &w->source[i], false);
        do_priority(w, &w->source[i], 1);
        do_enable(w, 0, &w->source[i], true);
        do_complete(w, 0, &w->source[i]);
    }
    for (struct model_source *s; (s = candidate(w, 0, 0));) {
        do_claim(w, 0);
        do_complete(w, 0, s);
    }
    for (unsigned i = 0; i < SOURCES; i++) {
        const struct model_source *s = &w->source[i];
        EXPECT(w, s->is == QUIET && (!s->is_edge || s->claims == s->edges), "source %u", s->number);
    }
}

Test(plic_model, under_random_traffic_the_plic_equals_the_model)
{
    unsigned why[EMU_EMPTY_CLAIM_COUNT] = {0}, stale = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        static const unsigned counts[] = {1, 2, 3, 8, 16, 31, 63, 64};
        struct world *w = world_create(seed, counts[seed % 8]);
        for (w->step = 0; w->step < STEPS; w->step++) {
            uint64_t before = notified(w);
            step(w);
            check_lines(w, before);
            if (w->step % 16 == 0)
                check_ledger(w);
        }
        drain(w);
        check_ledger(w);
        for (unsigned i = 0; i < EMU_EMPTY_CLAIM_COUNT; i++)
            why[i] += w->why[i];
        stale += w->stale;
        plic_destroy(w->fake->device);
        fake_destroy(w->fake);
    }
    cr_expect(gt(uint, stale, 1000), "too few for this test");
    for (unsigned i = 0; i < EMU_EMPTY_CLAIM_COUNT; i++)
        cr_expect(gt(uint, why[i], 100), "%s: too few for this test", why_names[i]);
}
