/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Harts that increment one word add up exactly: with lr and sc, with an AMO, and with plain increments under a spin lock, for every
 * place of the word in its line and every kind of bus, arbiter, granule and fill. Not the full product of these is run, but each
 * value of each meets each value of each other.
 */
#include "guest.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 0x10000, FAR_LOCK = 0x18000, DONE = 0x20000, LINE_BYTES = 64, TOTAL = 2000 };

#define LIMIT_CYCLES 200000000

/* ---- rows in which every pair of values occurs ---- */

enum { DIMENSIONS_MAX = 12, VALUES_MAX = 32, ROWS_MAX = 400 };

struct product {
    unsigned count;                  /* of dimensions */
    unsigned values[DIMENSIONS_MAX]; /* of each */
};

struct pairs {
    bool met[DIMENSIONS_MAX][VALUES_MAX][DIMENSIONS_MAX][VALUES_MAX];
};

/* Pairs of row[dimension] = value with what is chosen already (bits of `chosen`) that no row had so far. */
static unsigned new_pairs(const struct pairs *pairs, const unsigned *row, unsigned chosen, unsigned dimension, unsigned value)
{
    unsigned count = 0;
    for (unsigned other = 0; other < DIMENSIONS_MAX; other++)
        count += chosen >> other & 1 && !pairs->met[dimension][value][other][row[other]];
    return count;
}

static bool first_unmet(const struct product *product, const struct pairs *pairs, unsigned *row, unsigned *ret_chosen)
{
    for (unsigned a = 0; a < product->count; a++)
        for (unsigned b = a + 1; b < product->count; b++)
            for (unsigned i = 0; i < product->values[a]; i++)
                for (unsigned j = 0; j < product->values[b]; j++)
                    if (!pairs->met[a][i][b][j]) {
                        row[a] = i;
                        row[b] = j;
                        *ret_chosen = 1u << a | 1u << b;
                        return true;
                    }
    return false;
}

/* Each row begins with a pair that is missing and takes in every other dimension the value with most pairs that are. */
static unsigned pairwise(const struct product *product, unsigned (*rows)[DIMENSIONS_MAX])
{
    static struct pairs pairs;
    struct random random = {1};
    unsigned count = 0, chosen;
    memset(&pairs, 0, sizeof pairs);
    while (first_unmet(product, &pairs, rows[count], &chosen)) {
        unsigned *row = rows[count++];
        cr_assert(lt(uint, count, ROWS_MAX));
        for (unsigned dimension = 0; dimension < product->count; dimension++) {
            if (chosen >> dimension & 1)
                continue;
            unsigned first = random_below(&random, product->values[dimension]), best = first;
            for (unsigned i = 1; i < product->values[dimension]; i++) {
                unsigned value = (first + i) % product->values[dimension];
                if (new_pairs(&pairs, row, chosen, dimension, value) > new_pairs(&pairs, row, chosen, dimension, best))
                    best = value;
            }
            row[dimension] = best;
            chosen |= 1u << dimension;
        }
        for (unsigned a = 0; a < product->count; a++)
            for (unsigned b = 0; b < product->count; b++)
                pairs.met[a][row[a]][b][row[b]] = true;
    }
    return count;
}

/* ---- what is varied ---- */

enum { LR_SC, AMO, LOCK };

enum { HARTS, PLACE, METHOD, LOCK_PLACE, GRANULE, FAST_DIMENSIONS, BUS = FAST_DIMENSIONS, ARBITER, FILL, HOLD, TIMED_DIMENSIONS };

static const unsigned harts_values[] = {2, 4, 8};
static const unsigned hold_values[] = {0, 64, 300};

/* Places 0 to 15 are words, 16 to 23 doublewords. */
static const struct product fast_product = {FAST_DIMENSIONS, {3, 24, 3, 2, 5}};
static const struct product timed_product = {TIMED_DIMENSIONS, {3, 24, 3, 2, 5, 2, 4, 2, 3}};

struct setting {
    unsigned harts, offset, method, bytes;
    uint32_t lock; /* offset in RAM */
    struct emu_config config;
    char name[128];
};

static struct setting setting_of(const unsigned *row, enum emu_fidelity fidelity)
{
    static const char *const methods[] = {"lr and sc", "amoadd", "lock"};
    struct setting s = {.harts = harts_values[row[HARTS]], .method = row[METHOD], .bytes = row[PLACE] < 16 ? 4 : 8};
    s.offset = row[PLACE] < 16 ? row[PLACE] * 4 : (row[PLACE] - 16) * 8;
    s.lock = row[LOCK_PLACE] ? FAR_LOCK : LINE + (s.offset + s.bytes) % LINE_BYTES;
    s.config = guest_config(s.harts);
    s.config.fidelity = fidelity;
    s.config.seed = row[PLACE];
    s.config.reservation.granule_bytes = 4u << row[GRANULE];
    if (fidelity == EMU_TIMED) {
        s.config.bus.kind = row[BUS];
        s.config.bus.arbiter = row[ARBITER];
        s.config.reservation.fill = row[FILL];
        s.config.reservation.hold_cycles = hold_values[row[HOLD]];
    }
    snprintf(s.name, sizeof s.name,
             "%s, %u harts, %s, %u bytes at %u, lock at 0x%x, granule %u, bus %u, arbiter %u, fill %u, hold %u",
             fidelity == EMU_TIMED ? "timed" : "fast", s.harts, methods[s.method], s.bytes, s.offset, s.lock,
             s.config.reservation.granule_bytes, s.config.bus.kind, s.config.bus.arbiter, s.config.reservation.fill,
             s.config.reservation.hold_cycles);
    return s;
}

/* ---- guests: s0 is the counter, s2 the lock, s1 how often ---- */

static void put_lr_sc(struct guest *g, bool wide)
{
    unsigned again = g->count;
    guest_rr(g, wide ? ISA_OP_lr_d : ISA_OP_lr_w, T0, S0, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_rr(g, wide ? ISA_OP_sc_d : ISA_OP_sc_w, T1, S0, T0);
    guest_branch(g, ISA_OP_bne, T1, ZERO, again);
}

/* Waits by loads: harts that swapped all the time could keep the line from the holder for ever under the fixed arbiter. */
static void put_locked(struct guest *g, bool wide)
{
    unsigned again = g->count;
    guest_ri(g, ISA_OP_lw, T1, S2, 0);
    guest_branch(g, ISA_OP_bne, T1, ZERO, again);
    guest_rr(g, ISA_OP_amoswap_w, T1, S2, A1);
    guest_branch(g, ISA_OP_bne, T1, ZERO, again);
    guest_ri(g, wide ? ISA_OP_ld : ISA_OP_lw, T0, S0, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_st(g, wide ? ISA_OP_sd : ISA_OP_sw, T0, S0, 0);
    guest_st(g, ISA_OP_sw, ZERO, S2, 0);
}

static struct guest guest_of(const struct setting *s)
{
    struct guest guest = {.count = 0}, *g = &guest;
    bool wide = s->bytes == 8;
    guest_ram(g, S0, LINE + s->offset);
    guest_ram(g, S2, s->lock);
    guest_li(g, S1, TOTAL / s->harts);
    guest_ri(g, ISA_OP_addi, A1, ZERO, 1);
    unsigned again = g->count;
    if (s->method == LR_SC)
        put_lr_sc(g, wide);
    else if (s->method == AMO)
        guest_rr(g, wide ? ISA_OP_amoadd_d : ISA_OP_amoadd_w, ZERO, S0, A1);
    else
        put_locked(g, wide);
    guest_ri(g, ISA_OP_addi, S1, S1, -1);
    guest_branch(g, ISA_OP_bne, S1, ZERO, again);

    guest_ram(g, S0, DONE);
    guest_rr(g, ISA_OP_amoadd_w, ZERO, S0, A1);
    guest_li(g, T1, s->harts);
    unsigned others = g->count;
    guest_branch(g, ISA_OP_bne, A0, ZERO, others);
    unsigned wait = g->count;
    guest_op(g, ISA_OP_pause);
    guest_ri(g, ISA_OP_lw, T0, S0, 0);
    guest_branch(g, ISA_OP_bne, T0, T1, wait);
    guest_finish(g, 0x5555);
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

/* The counter has the sum, the rest of its line is as it was (the lock is free again). With an exclusive fill a short sequence is
 * through before anybody else gets the line, so that nothing need fail. */
static void expect_sum(const struct setting *s)
{
    struct guest guest = guest_of(s);
    struct emu_machine *machine = guest_machine(&guest, &s->config);
    uint8_t line[LINE_BYTES], expected[LINE_BYTES] = {0};
    uint64_t sum = TOTAL;
    memcpy(expected + s->offset, &sum, s->bytes);
    cr_expect(eq(int, guest_run(machine, LIMIT_CYCLES).kind, EMU_STOP_FINISHED), "%s: no end", s->name);
    cr_assert(emu_ram_read(machine, GUEST_RAM + LINE, line, sizeof line));
    cr_expect(zero(int, memcmp(line, expected, sizeof line)), "%s: the counter is %lu", s->name,
              (unsigned long)(guest_ram_u64(machine, LINE + s->offset / 8 * 8) >> s->offset % 8 * 8));
    if (s->method != LR_SC)
        cr_expect(zero(u64, failed(machine)), "%s", s->name);
    else if (s->config.fidelity == EMU_FAST || s->config.reservation.fill == EMU_FILL_SHARED)
        cr_expect(gt(u64, failed(machine), 0), "%s: no sc failed", s->name);
    emu_machine_destroy(machine);
}

static void expect_sums(const struct product *product, enum emu_fidelity fidelity)
{
    static unsigned rows[ROWS_MAX][DIMENSIONS_MAX];
    unsigned count = pairwise(product, rows);
    for (unsigned i = 0; i < count; i++) {
        struct setting setting = setting_of(rows[i], fidelity);
        expect_sum(&setting);
    }
}

Test(increments, every_value_meets_every_other_in_few_rows)
{
    static unsigned rows[ROWS_MAX][DIMENSIONS_MAX];
    const struct product *product = &timed_product;
    unsigned count = pairwise(product, rows);
    cr_expect(le(uint, count, 200), "%u", count);
    for (unsigned a = 0; a < product->count; a++)
        for (unsigned b = 0; b < a; b++)
            for (unsigned i = 0; i < product->values[a]; i++)
                for (unsigned j = 0; j < product->values[b]; j++) {
                    bool met = false;
                    for (unsigned row = 0; row < count; row++)
                        met |= rows[row][a] == i && rows[row][b] == j;
                    cr_expect(met, "dimensions %u and %u: values %u and %u", a, b, i, j);
                }
}

Test(increments, add_up_exactly_in_fast_fidelity)
{
    expect_sums(&fast_product, EMU_FAST);
}

Test(increments, add_up_exactly_in_timed_fidelity)
{
    expect_sums(&timed_product, EMU_TIMED);
}

/* The machine that users get: every method and place. */
Test(increments, add_up_exactly_on_eight_harts_of_the_default_machine)
{
    struct emu_config config;
    emu_config_init(&config);
    config.harts = 8;
    config.ram_bytes = guest_config(1).ram_bytes;
    for (unsigned method = LR_SC; method <= LOCK; method++)
        for (unsigned place = 0; place < 24; place++) {
            const unsigned row[DIMENSIONS_MAX] = {[HARTS] = 2, [PLACE] = place, [METHOD] = method, [LOCK_PLACE] = place % 2};
            struct setting setting = setting_of(row, EMU_TIMED);
            setting.config = config;
            expect_sum(&setting);
        }
}
