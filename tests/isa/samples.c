/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws the words of samples.h.
 */
#include "samples.h"

#include <isa/insn.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANDOM_PER_ROW = 600, RANDOM_WORDS = 60000, CAPACITY = 400000 };

uint64_t samples_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t samples_seed(void)
{
    const char *text = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : 20240229;
    static int printed;
    if (!printed++)
        fprintf(stderr, "# LOCKSCOPE_TEST_SEED=%" PRIu64 "\n", seed);
    return seed;
}

static struct samples samples_create(void)
{
    struct samples samples = {malloc(CAPACITY * sizeof(uint32_t)), 0};
    if (!samples.words)
        abort();
    return samples;
}

static void add(struct samples *samples, uint32_t word)
{
    if ((word & 3) == 3 && (word & 0x1f) != 0x1f) {
        if (samples->count == CAPACITY)
            abort();
        samples->words[samples->count++] = word;
    }
}

static void add_row(struct samples *samples, const struct isa_row *row, uint64_t *state)
{
    add(samples, row->match);
    add(samples, row->match | ~row->mask);
    for (int bit = 0; bit < 32; bit++) {
        uint32_t one = UINT32_C(1) << bit;
        if (row->mask & one) {
            for (int i = 0; i < 4; i++)
                add(samples, (row->match ^ one) | ((uint32_t)samples_random(state) & ~row->mask));
        } else {
            add(samples, row->match | one);
            add(samples, (row->match | ~row->mask) & ~one);
        }
    }
    for (int i = 0; row->mask != UINT32_MAX && i < RANDOM_PER_ROW; i++)
        add(samples, row->match | ((uint32_t)samples_random(state) & ~row->mask));
}

struct samples samples_create_4_byte(void)
{
    struct samples samples = samples_create();
    uint64_t state = samples_seed();
    for (int op = ISA_OP_illegal + 1; op < ISA_OP_COUNT; op++)
        add_row(&samples, &isa_rows[op], &state);
    for (uint32_t csr = 0; csr < 0x1000; csr++)
        for (uint32_t funct3 = 0; funct3 < 8; funct3++)
            add(&samples, csr << 20 | ((uint32_t)samples_random(&state) & 0xf8f80) | funct3 << 12 | 0x73);
    for (int i = 0; i < RANDOM_WORDS; i++)
        add(&samples, (uint32_t)samples_random(&state) | 3);
    return samples;
}

struct samples samples_create_2_byte(void)
{
    struct samples samples = samples_create();
    for (uint32_t bits = 0; bits < 0x10000; bits++)
        if ((bits & 3) != 3)
            samples.words[samples.count++] = bits;
    return samples;
}

void samples_destroy(struct samples *samples)
{
    free(samples->words);
}
