/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Floating point, round to nearest, normal numbers: a matrix product (fused multiply-add), bodies under gravity (divide, square
 * root), a polynomial and a filter in single precision, and conversions between integers, single and double.
 */
#include "bench.h"

#define ROUNDS 4800
#define ORDER  16
#define BODIES 12
#define POINTS 256

struct body {
    double at[3], speed[3], mass;
};

struct work {
    double a[ORDER][ORDER], b[ORDER][ORDER], c[ORDER][ORDER];
    struct body bodies[BODIES];
    float in[POINTS], out[POINTS];
    int32_t samples[POINTS];
} __attribute__((aligned(64)));

const char bench_name[] = "fpmix";

static struct work *work_of(unsigned hart)
{
    return (struct work *)bench_heap + hart;
}

/* In [1, 2). */
static double uniform(uint64_t *state)
{
    return 1.0 + (double)bench_random(state) * 0x1p-31;
}

void bench_prepare(unsigned hart)
{
    struct work *w = work_of(hart);
    uint64_t state = hart;
    for (unsigned i = 0; i < ORDER; i++)
        for (unsigned j = 0; j < ORDER; j++) {
            w->a[i][j] = uniform(&state) / ORDER;
            w->b[i][j] = uniform(&state);
        }
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned k = 0; k < 3; k++) {
            w->bodies[i].at[k] = (double)i + uniform(&state) * 4.0;
            w->bodies[i].speed[k] = uniform(&state) - 1.5;
            w->bodies[i].mass = uniform(&state);
        }
    for (unsigned i = 0; i < POINTS; i++)
        w->samples[i] = (int32_t)bench_random(&state) >> 12;
}

static void multiply(struct work *w)
{
    for (unsigned i = 0; i < ORDER; i++)
        for (unsigned j = 0; j < ORDER; j++) {
            double sum = 0;
            for (unsigned k = 0; k < ORDER; k++)
                sum = __builtin_fma(w->a[i][k], w->b[k][j], sum);
            w->c[i][j] = sum;
        }
    /* c's elements are in [1, 4) times b's; half of c keeps b bounded. */
    for (unsigned i = 0; i < ORDER; i++)
        for (unsigned j = 0; j < ORDER; j++)
            w->b[i][j] = w->c[i][j] > 2.0 ? w->c[i][j] * 0.4375 : w->c[i][j];
}

static void pull(struct body *a, const struct body *b)
{
    double d[3], square = 0.015625;
    for (unsigned k = 0; k < 3; k++) {
        d[k] = b->at[k] - a->at[k];
        square += d[k] * d[k];
    }
    double scale = b->mass * 0.0009765625 / (square * __builtin_sqrt(square));
    for (unsigned k = 0; k < 3; k++)
        a->speed[k] += d[k] * scale;
}

static void move(struct work *w)
{
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned j = 0; j < BODIES; j++)
            if (i != j)
                pull(&w->bodies[i], &w->bodies[j]);
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned k = 0; k < 3; k++)
            w->bodies[i].at[k] += w->bodies[i].speed[k] * 0.0009765625;
}

static void filter(struct work *w)
{
    float low = 1.0f;
    for (unsigned i = 0; i < POINTS; i++)
        w->in[i] = (float)w->samples[i] * 0x1p-19f + 1.5f;
    for (unsigned i = 0; i < POINTS; i++) {
        float x = w->in[i];
        float y = ((0.25f * x + 0.5f) * x - 0.125f) * x + 1.0f;
        low = low + 0.125f * (y - low);
        w->out[i] = low / x + __builtin_sqrtf(y * y + 1.0f);
    }
    for (unsigned i = 0; i < POINTS; i++)
        w->samples[i] = (int32_t)((double)w->out[i] * 65536.0) & 0x7ffff;
}

static uint64_t bits(double value)
{
    uint64_t result;
    __builtin_memcpy(&result, &value, sizeof result);
    return result;
}

void bench_run(unsigned hart, struct bench_result *result)
{
    struct work *w = work_of(hart);
    uint64_t rounds = bench_share(hart, ROUNDS), sum = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        multiply(w);
        move(w);
        filter(w);
        sum = sum * 31 + (uint64_t)(int64_t)w->samples[i % POINTS] + bits(w->b[i % ORDER][3]) + bits(w->bodies[i % BODIES].at[1]);
    }
    result->done = rounds;
    result->checksum = sum;
}

bool bench_check(const struct bench_result *sum)
{
    return true;
}
