/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random traffic of many agents against a model that knows nothing of lists and counts: who holds what, one bit a granule. The
 * module's lists, counts and quick inline functions must always tell the same story.
 */
#include <mem/reservation.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <lib/random.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGENTS_MAX = 64, WORDS = 16 * 8 }; /* 8 lines of 16 words, in pairs that share a bucket */

#define RAM UINT64_C(0x80000000)

struct model {
    bool held[AGENTS_MAX][WORDS]; /* words reserved, whole granules */
    unsigned lost[AGENTS_MAX];
    unsigned first[AGENTS_MAX], words[AGENTS_MAX]; /* the operand */
};

struct world {
    struct reservations r;
    struct model model;
    struct random random;
    unsigned agents, granule;
    unsigned want_losses, losses;
};

/* Words 0 to 63 are four lines in a row, 64 to 127 four more that share their buckets. */
static uint64_t address_of(unsigned word)
{
    return RAM + 4 * (word % 64) + (word / 64) * 64 * (uint64_t)RESERVATION_BUCKETS;
}

static void note_loss(void *context, unsigned agent, enum emu_reason reason, uint64_t address, unsigned by)
{
    struct world *w = context;
    w->losses++;
    cr_assert(eq(uint, reason, w->model.lost[agent]));
    cr_assert(eq(u64, address, address_of(w->model.first[agent])));
    cr_assert(w->model.words[agent] == 0, "the model's has not ended");
}

static bool model_holds(const struct world *w, unsigned agent)
{
    return w->model.words[agent] != 0;
}

static void model_end(struct world *w, unsigned agent, unsigned reason)
{
    memset(w->model.held[agent], 0, sizeof w->model.held[agent]);
    w->model.words[agent] = 0;
    w->model.lost[agent] = reason;
}

static void model_take(struct world *w, unsigned agent, unsigned word, unsigned words)
{
    unsigned lost = w->model.lost[agent], per = w->granule / 4;
    model_end(w, agent, lost);
    w->model.first[agent] = word;
    w->model.words[agent] = words;
    for (unsigned i = word / per * per; i < (word + words - 1) / per * per + per; i++)
        w->model.held[agent][i] = true;
}

/* The operand, one or two words, naturally aligned. */
static unsigned draw_operand(struct world *w, unsigned *ret_words)
{
    *ret_words = 1 + random_below(&w->random, 2);
    return random_below(&w->random, WORDS) / *ret_words * *ret_words;
}

static uint64_t key_of(unsigned word)
{
    return 0x1000 + address_of(word);
}

static void step_lr(struct world *w, unsigned agent)
{
    unsigned words, word = draw_operand(w, &words);
    if (random_below(&w->random, 2)) { /* the loops of programs come back to the same operand */
        word = w->model.first[agent];
        words = word % 2 ? 1 : words;
    }
    struct reservation *mine = &w->r.of[agent];
    if (!reservation_retake(mine, key_of(word), 4 * words)) {
        reservation_take(&w->r, agent, address_of(word), 4 * words);
        if (random_below(&w->random, 8))
            mine->key = key_of(word);
    }
    model_take(w, agent, word, words);
}

static void step_sc(struct world *w, unsigned agent)
{
    unsigned words, word = draw_operand(w, &words);
    if (random_below(&w->random, 4)) {
        word = w->model.first[agent];
        words = w->model.words[agent] ? w->model.words[agent] : 1;
    }
    bool covered = true;
    for (unsigned i = 0; i < words; i++)
        covered &= w->model.held[agent][word + i];
    cr_assert(eq(int, reservation_covers(&w->r, agent, address_of(word), 4 * words), covered));
    if (reservation_use(&w->r.of[agent], key_of(word), 4 * words)) {
        cr_assert(covered, "used without holding it");
        for (unsigned other = 0; other < w->agents; other++)
            for (unsigned i = 0; other != agent && i < words; i++)
                cr_assert(not(w->model.held[other][word + i]), "used past the reservation of agent %u", other);
        model_end(w, agent, EMU_REASON_OWN_SC);
        return;
    }
    if (model_holds(w, agent))
        model_end(w, agent, EMU_REASON_OWN_SC);
    reservation_end(&w->r, agent, EMU_REASON_OWN_SC, agent);
}

/* A store of bytes within a word pair, by an agent or a device. */
static void step_store(struct world *w, unsigned by)
{
    unsigned words, word = draw_operand(w, &words);
    unsigned first = word, last = word + words - 1;
    bool quiet = reservation_is_quiet(&w->r, address_of(word), by);
    for (unsigned agent = 0; agent < w->agents; agent++) {
        bool meets = false, overlaps = false;
        for (unsigned i = first; i <= last; i++) {
            meets |= w->model.held[agent][i];
            overlaps |= w->model.words[agent] && i >= w->model.first[agent] && i < w->model.first[agent] + w->model.words[agent];
        }
        if (agent == by || !meets)
            continue;
        cr_assert(not(quiet), "quiet for a store that ends the reservation of agent %u", agent);
        model_end(w, agent, by == UINT_MAX ? EMU_REASON_DMA : overlaps ? EMU_REASON_STORE : EMU_REASON_FALSE_SHARING);
        w->want_losses++;
    }
    reservation_snoop(&w->r, address_of(word), 4 * words, by);
}

static void step_end(struct world *w, unsigned agent, enum emu_reason reason)
{
    if (model_holds(w, agent)) {
        model_end(w, agent, reason);
        w->want_losses++;
    }
    reservation_end(&w->r, agent, reason, agent);
}

static void check_agents(const struct world *w)
{
    for (unsigned agent = 0; agent < w->agents; agent++) {
        const struct reservation *mine = &w->r.of[agent];
        cr_assert(eq(uint, mine->size, 4 * w->model.words[agent]), "agent %u", agent);
        cr_assert(eq(uint, mine->lost, w->model.lost[agent]), "agent %u", agent);
        cr_assert(mine->size == 0 || mine->linked, "agent %u holds one and is in no list", agent);
        cr_assert(mine->linked || mine->key == 0, "agent %u is in no list and has a key", agent);
        cr_assert(mine->live == &w->r.live[reservation_bucket(mine->address)] || !mine->linked);
    }
}

static void check_lists(const struct world *w)
{
    unsigned linked = 0, in_lists = 0;
    for (unsigned agent = 0; agent < w->agents; agent++)
        linked += w->r.of[agent].linked;
    for (unsigned bucket = 0; bucket < RESERVATION_BUCKETS; bucket++) {
        unsigned live = 0;
        uint16_t before = RESERVATION_NOBODY;
        for (uint16_t agent = w->r.head[bucket]; agent != RESERVATION_NOBODY; agent = w->r.of[agent].next) {
            const struct reservation *mine = &w->r.of[agent];
            cr_assert(mine->linked && reservation_bucket(mine->address) == bucket);
            cr_assert(eq(uint, mine->prev, before));
            live += mine->size != 0;
            before = agent;
            in_lists++;
            cr_assert(in_lists <= linked, "a list runs in a circle");
        }
        cr_assert(eq(uint, w->r.live[bucket], live), "bucket %u", bucket);
    }
    cr_assert(eq(uint, in_lists, linked));
}

static void run(unsigned agents, unsigned granule, uint64_t seed, unsigned steps)
{
    struct world *w = calloc(1, sizeof *w);
    cr_assert(w != NULL);
    w->agents = agents;
    w->granule = granule;
    w->random.state = seed;
    cr_assert(reservations_init(&w->r, agents, granule, note_loss, w));
    for (unsigned i = 0; i < steps; i++) {
        unsigned agent = random_below(&w->random, agents), what = random_below(&w->random, 100);
        if (what < 40)
            step_lr(w, agent);
        else if (what < 70)
            step_sc(w, agent);
        else if (what < 95)
            step_store(w, agent);
        else if (what < 97)
            step_store(w, UINT_MAX);
        else
            step_end(w, agent, what == 97 ? EMU_REASON_TRAP : what == 98 ? EMU_REASON_OWN_STORE : EMU_REASON_RESET);
        cr_assert(eq(uint, w->losses, w->want_losses), "seed %" PRIu64 ", step %u", seed, i);
        if (i % 64 == 0) {
            check_agents(w);
            check_lists(w);
        }
    }
    check_agents(w);
    check_lists(w);
    reservations_finish(&w->r);
    free(w);
}

static uint64_t seed(void)
{
    const char *text = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t value = text ? strtoull(text, NULL, 0) : 20260101;
    fprintf(stderr, "# LOCKSCOPE_TEST_SEED=%" PRIu64 "\n", value);
    return value;
}

#define STEPS 300000

Test(reservation_model, random_traffic_gives_what_the_model_gives)
{
    static const unsigned agents[] = {1, 2, 3, 16, AGENTS_MAX};
    uint64_t first = seed();
    for (unsigned i = 0; i < sizeof agents / sizeof agents[0]; i++)
        for (unsigned granule = 4; granule <= 64; granule *= 2)
            run(agents[i], granule, first + granule * 1000 + agents[i], STEPS / (1 + agents[i] / 8));
}
