/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See fp_cases.h.
 */
#include "fp_cases.h"
#include <isa/exec_fp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const mode_names[MODES] = {"rne", "rtz", "rdn", "rup", "rmm"};

#define SIGN_S 0x80000000u
#define SIGN_D 0x8000000000000000u

#define HOST_S(expression)                                                                                                         \
    volatile float x = isa_f32_host((uint32_t)a), y = isa_f32_host((uint32_t)b), z = isa_f32_host((uint32_t)c);                    \
    (void)x, (void)y, (void)z;                                                                                                     \
    volatile float r = expression;                                                                                                 \
    return isa_f32_bits(r)

#define HOST_D(expression)                                                                                                         \
    volatile double x = isa_f64_host(a), y = isa_f64_host(b), z = isa_f64_host(c);                                                 \
    (void)x, (void)y, (void)z;                                                                                                     \
    volatile double r = expression;                                                                                                \
    return isa_f64_bits(r)

#define ARITHMETIC(mnemonic, inlined_call, exact_call, host_body)                                                                  \
    static uint64_t inlined_##mnemonic(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *f)                               \
    {                                                                                                                              \
        (void)b, (void)c;                                                                                                          \
        return isa_exec_##mnemonic inlined_call;                                                                                   \
    }                                                                                                                              \
    static uint64_t exact_##mnemonic(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *f)                                 \
    {                                                                                                                              \
        (void)b, (void)c;                                                                                                          \
        return isa_fp_exact_##exact_call;                                                                                          \
    }                                                                                                                              \
    static uint64_t host_##mnemonic(uint64_t a, uint64_t b, uint64_t c)                                                            \
    {                                                                                                                              \
        host_body;                                                                                                                 \
    }

ARITHMETIC(fadd_s, (a, b, rm, f), add(&isa_f32, a, b, rm, f), HOST_S(x + y))
ARITHMETIC(fsub_s, (a, b, rm, f), add(&isa_f32, a, b ^ SIGN_S, rm, f), HOST_S(x - y))
ARITHMETIC(fmul_s, (a, b, rm, f), mul(&isa_f32, a, b, rm, f), HOST_S(x *y))
ARITHMETIC(fdiv_s, (a, b, rm, f), div(&isa_f32, a, b, rm, f), HOST_S(x / y))
ARITHMETIC(fsqrt_s, (a, rm, f), sqrt(&isa_f32, a, rm, f), HOST_S(sqrtf(x)))
ARITHMETIC(fmadd_s, (a, b, c, rm, f), fma(&isa_f32, a, b, c, rm, f), HOST_S(fmaf(x, y, z)))
ARITHMETIC(fmsub_s, (a, b, c, rm, f), fma(&isa_f32, a, b, c ^ SIGN_S, rm, f), HOST_S(fmaf(x, y, -z)))
ARITHMETIC(fnmsub_s, (a, b, c, rm, f), fma(&isa_f32, a ^ SIGN_S, b, c, rm, f), HOST_S(fmaf(-x, y, z)))
ARITHMETIC(fnmadd_s, (a, b, c, rm, f), fma(&isa_f32, a ^ SIGN_S, b, c ^ SIGN_S, rm, f), HOST_S(fmaf(-x, y, -z)))
ARITHMETIC(fadd_d, (a, b, rm, f), add(&isa_f64, a, b, rm, f), HOST_D(x + y))
ARITHMETIC(fsub_d, (a, b, rm, f), add(&isa_f64, a, b ^ SIGN_D, rm, f), HOST_D(x - y))
ARITHMETIC(fmul_d, (a, b, rm, f), mul(&isa_f64, a, b, rm, f), HOST_D(x *y))
ARITHMETIC(fdiv_d, (a, b, rm, f), div(&isa_f64, a, b, rm, f), HOST_D(x / y))
ARITHMETIC(fsqrt_d, (a, rm, f), sqrt(&isa_f64, a, rm, f), HOST_D(sqrt(x)))
ARITHMETIC(fmadd_d, (a, b, c, rm, f), fma(&isa_f64, a, b, c, rm, f), HOST_D(fma(x, y, z)))
ARITHMETIC(fmsub_d, (a, b, c, rm, f), fma(&isa_f64, a, b, c ^ SIGN_D, rm, f), HOST_D(fma(x, y, -z)))
ARITHMETIC(fnmsub_d, (a, b, c, rm, f), fma(&isa_f64, a ^ SIGN_D, b, c, rm, f), HOST_D(fma(-x, y, z)))
ARITHMETIC(fnmadd_d, (a, b, c, rm, f), fma(&isa_f64, a ^ SIGN_D, b, c ^ SIGN_D, rm, f), HOST_D(fma(-x, y, -z)))

#define ROW(name, format, operands)                                                                                                \
    {                                                                                                                              \
#name, format, operands, inlined_##name, exact_##name, host_##name                                                         \
    }
const struct arithmetic arithmetics[] = {
    ROW(fadd_s, &isa_f32, 2),   ROW(fsub_s, &isa_f32, 2),   ROW(fmul_s, &isa_f32, 2),  ROW(fdiv_s, &isa_f32, 2),
    ROW(fsqrt_s, &isa_f32, 1),  ROW(fmadd_s, &isa_f32, 3),  ROW(fmsub_s, &isa_f32, 3), ROW(fnmsub_s, &isa_f32, 3),
    ROW(fnmadd_s, &isa_f32, 3), ROW(fadd_d, &isa_f64, 2),   ROW(fsub_d, &isa_f64, 2),  ROW(fmul_d, &isa_f64, 2),
    ROW(fdiv_d, &isa_f64, 2),   ROW(fsqrt_d, &isa_f64, 1),  ROW(fmadd_d, &isa_f64, 3), ROW(fmsub_d, &isa_f64, 3),
    ROW(fnmsub_d, &isa_f64, 3), ROW(fnmadd_d, &isa_f64, 3),
};
const unsigned arithmetic_count = sizeof arithmetics / sizeof arithmetics[0];

void random_start(uint64_t *state)
{
    const char *seed = getenv("FP_SEED");

    *state = seed ? strtoull(seed, NULL, 0) : 20240607;
    fprintf(stderr, "# FP_SEED=%llu\n", (unsigned long long)*state);
}

/* A Weyl sequence through an invertible mixing of the bits. */
uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t compose(const struct isa_fp_format *format, bool sign, unsigned field, uint64_t fraction)
{
    unsigned width = format == &isa_f64 ? 64 : 32;

    return (uint64_t)sign << (width - 1) | (uint64_t)field << format->fraction_bits |
           (fraction & ((1ull << format->fraction_bits) - 1));
}

static uint64_t random_fraction(const struct isa_fp_format *format, uint64_t *state)
{
    uint64_t bits = random_next(state);
    unsigned place = random_next(state) % format->fraction_bits;

    switch (random_next(state) % 8) {
    case 0:
        return 0;
    case 1:
        return 1ull << place;
    case 2:
        return ~0ull << place;
    case 3:
        return (1ull << place) - 1;
    case 4:
        return bits << place;
    case 5:
        return bits & 3;
    default:
        return bits;
    }
}

static unsigned random_field(const struct isa_fp_format *format, uint64_t *state)
{
    unsigned max = 2 * (unsigned)format->bias + 1;
    unsigned near = random_next(state) % 8;

    switch (random_next(state) % 8) {
    case 0:
        return near < 4 ? 0 : near - 3;
    case 1:
        return max - near % 4;
    case 2:
        return (unsigned)format->bias / 2 - 8 + random_next(state) % (format->fraction_bits + 16);
    case 3:
        return random_next(state) % (max + 1);
    default:
        return (unsigned)format->bias - 32 + random_next(state) % 100;
    }
}

uint64_t random_value(const struct isa_fp_format *format, uint64_t *state)
{
    return compose(format, random_next(state) & 1, random_field(format, state), random_fraction(format, state));
}

void random_operands(const struct isa_fp_format *format, uint64_t operands[3], uint64_t *state)
{
    int max = 2 * format->bias + 1;
    int field;
    uint32_t ignored = 0;

    for (int i = 0; i < 3; i++)
        operands[i] = random_value(format, state);
    field = (int)(operands[0] >> format->fraction_bits) & max;
    switch (random_next(state) % 8) {
    case 0: /* alike in size: sums that cancel or just overlap */
    case 1:
        field += (int)(random_next(state) % (2 * format->fraction_bits + 8)) - (int)format->fraction_bits - 4;
        if (field >= 0 && field <= max)
            operands[1] = compose(format, random_next(state) & 1, (unsigned)field, random_fraction(format, state));
        break;
    case 2: /* a product at the edge of underflow */
    case 3:
        field = format->bias + 4 - field - (int)(random_next(state) % (format->fraction_bits + 8));
        if (field >= 0 && field <= max)
            operands[1] = compose(format, random_next(state) & 1, (unsigned)field, random_fraction(format, state));
        break;
    case 4: /* a quotient that is short: exact, or a tie */
        operands[0] = isa_fp_exact_mul(format, operands[0], operands[1], ISA_RM_RNE, &ignored);
        break;
    default:
        break;
    }
    switch (random_next(state) % 4) {
    case 0: /* an addend next to the product */
        operands[2] = isa_fp_exact_mul(format, operands[0], operands[1], ISA_RM_RNE, &ignored);
        operands[2] ^= compose(format, random_next(state) % 8 != 0, 0, random_next(state) % 4);
        break;
    case 1: /* an addend of about the product's size, or at its last place */
        field = (int)(isa_fp_exact_mul(format, operands[0], operands[1], ISA_RM_RNE, &ignored) >> format->fraction_bits) & max;
        field += (int)(random_next(state) % (4 * format->fraction_bits)) - (int)(2 * format->fraction_bits);
        if (field >= 0 && field <= max)
            operands[2] = compose(format, random_next(state) & 1, (unsigned)field, random_fraction(format, state));
        break;
    default:
        break;
    }
}

unsigned special_values(const struct isa_fp_format *format, int density, uint64_t *values)
{
    int bias = format->bias, p = (int)format->fraction_bits;
    const int few_fields[] = {0, 1, bias - 1, bias, bias + p, 2 * bias, 2 * bias + 1};
    const int fields[] = {0,         1,         2,         bias - p - 2, bias - p - 1, bias - 2,     bias - 1, bias,
                          bias + 1,  bias + 23, bias + 30, bias + 31,    bias + 32,    bias + p - 1, bias + p, bias + p + 1,
                          bias + 62, bias + 63, bias + 64, 2 * bias,     2 * bias + 1};
    const uint64_t half = 1ull << (p - 1), ones = 2 * half - 1;
    const uint64_t few_fractions[] = {0, 1, half, ones};
    const uint64_t fractions[] = {0, 1, 2, half, half | 1, half - 1, ones, ones - 1, half >> 1};
    unsigned field_count = density ? sizeof fields / sizeof fields[0] : sizeof few_fields / sizeof few_fields[0];
    unsigned fraction_count = density ? sizeof fractions / sizeof fractions[0] : sizeof few_fractions / sizeof few_fractions[0];
    unsigned count = 0;

    for (unsigned i = 0; i < field_count; i++)
        for (unsigned j = 0; j < fraction_count; j++)
            for (int sign = 0; sign < 2; sign++)
                values[count++] =
                    compose(format, sign, (unsigned)(density ? fields : few_fields)[i], (density ? fractions : few_fractions)[j]);
    return count;
}

uint64_t in_register(const struct isa_fp_format *format, uint64_t value)
{
    return format == &isa_f64 ? value : isa_f32_box((uint32_t)value);
}
