/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory walks over 16 KiB, 256 KiB, 4 MiB and 64 MiB: chasing pointers in an order that visits every line once (the harts divide
 * the region), and reading and writing with strides of 64 and 4096 bytes.
 */
#include "bench.h"

#define LINE_BYTES 64
#define STEPS      50000 /* of each kind of walk, in each region, a round */
#define ROUNDS     64
#define REGIONS    4
#define LARGEST    ((size_t)64 << 20)

struct line {
    struct line *next;
    uint64_t value;
    uint64_t unused[6];
};
_Static_assert(sizeof(struct line) == LINE_BYTES, "");

static const size_t region_bytes[REGIONS] = {16 << 10, 256 << 10, 4 << 20, LARGEST};

const char bench_name[] = "memwalk";

/* The greatest power of two of lines in a hart's part of a region. */
static size_t part_lines(unsigned region)
{
    size_t lines = region_bytes[region] / LINE_BYTES / bench_harts, power = 1;
    while (power * 2 <= lines)
        power *= 2;
    return power;
}

static struct line *part(unsigned hart, unsigned region)
{
    size_t offset = 0;
    for (unsigned i = 0; i < region; i++)
        offset += region_bytes[i];
    return (struct line *)(bench_heap + offset) + hart * part_lines(region);
}

/* i -> a i + c with a = 1 modulo 4 and c odd, modulo a power of two is one cycle through all lines. */
void bench_prepare(unsigned hart)
{
    for (unsigned region = 0; region < REGIONS; region++) {
        struct line *lines = part(hart, region);
        size_t count = part_lines(region);
        for (size_t i = 0; i < count; i++)
            lines[i] = (struct line){.next = &lines[(i * 1664525 + 1013904223) & (count - 1)], .value = i};
    }
}

static uint64_t chase(const struct line *at)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        sum += at->value;
        at = at->next;
    }
    return sum;
}

static uint64_t stride(struct line *lines, size_t bytes, size_t step)
{
    uint64_t sum = 0;
    uint8_t *base = (uint8_t *)lines;
    size_t at = offsetof(struct line, unused);
    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t *p = (uint64_t *)(base + at);
        sum += *p;
        *p = sum + i;
        at += step;
        if (at >= bytes)
            at -= bytes;
    }
    return sum;
}

void bench_run(unsigned hart, struct bench_result *result)
{
    static const uint16_t steps[] = {LINE_BYTES, 4096};
    uint64_t sum = 0, rounds = bench_share(hart, ROUNDS);
    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned region = 0; region < REGIONS; region++) {
            struct line *lines = part(hart, region);
            size_t bytes = part_lines(region) * LINE_BYTES;
            sum = sum * 31 + chase(lines + round % part_lines(region));
            for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
                if (steps[i] < bytes)
                    sum = sum * 31 + stride(lines, bytes, steps[i]);
        }
    }
    result->done = rounds;
    result->checksum = sum;
}

bool bench_check(const struct bench_result *sum)
{
    return true;
}
