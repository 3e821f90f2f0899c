/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The exact layer against independent oracles: the host FPU in four rounding modes with all its flags (its NaNs made canonical; it
 * detects tininess after rounding, as x86 does), and rational arithmetic for round-to-nearest-ties-away, which no host has.
 */
#include "fp_cases.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fenv.h>
#include <float.h>
#include <gmp.h>
#include <isa/fp_host.h>
#include <math.h>
#include <stdio.h>

static const int host_modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};

static uint32_t host_flags(void)
{
    int raised = fetestexcept(FE_ALL_EXCEPT);

    return (raised & FE_INVALID ? ISA_FFLAG_NV : 0) | (raised & FE_DIVBYZERO ? ISA_FFLAG_DZ : 0) |
           (raised & FE_OVERFLOW ? ISA_FFLAG_OF : 0) | (raised & FE_UNDERFLOW ? ISA_FFLAG_UF : 0) |
           (raised & FE_INEXACT ? ISA_FFLAG_NX : 0);
}

static uint64_t canonical(const struct isa_fp_format *format, uint64_t value)
{
    uint64_t magnitude = value & ((1ull << (format == &isa_f64 ? 63 : 31)) - 1);

    return magnitude > (uint64_t)(2 * format->bias + 1) << format->fraction_bits ? format->nan : value;
}

static bool is_nan(const struct isa_fp_format *format, uint64_t value)
{
    return canonical(format, value) == format->nan;
}

/* Infinity times zero, plus a quiet NaN: IEEE 754 leaves open whether that is invalid; RISC-V says yes (13.6), x86 no. */
static bool is_invalid_product(const struct isa_fp_format *format, uint64_t a, uint64_t b)
{
    uint64_t sign = 1ull << (format == &isa_f64 ? 63 : 31);
    uint64_t infinity = (uint64_t)(2 * format->bias + 1) << format->fraction_bits;

    a &= ~sign;
    b &= ~sign;
    return (a == 0 && b == infinity) || (a == infinity && b == 0);
}

static unsigned long check_host_modes(const struct arithmetic *op, const uint64_t v[3])
{
    for (unsigned rm = 0; rm < 4; rm++) {
        uint32_t want_flags, flags = 0;

        fesetround(host_modes[rm]);
        feclearexcept(FE_ALL_EXCEPT);
        uint64_t want = op->host(v[0], v[1], v[2]);
        want_flags = host_flags();
        fesetround(FE_TONEAREST);
        want = canonical(op->format, want);
        if (op->operands == 3 && is_invalid_product(op->format, v[0], v[1]))
            want_flags |= ISA_FFLAG_NV;
        uint64_t got = op->exact(v[0], v[1], v[2], rm, &flags);
        if (got != want || flags != want_flags)
            cr_fatal("%s.%s %llx %llx %llx: %llx flags %02x, host says %llx flags %02x", op->name, mode_names[rm],
                     (unsigned long long)v[0], (unsigned long long)v[1], (unsigned long long)v[2], (unsigned long long)got, flags,
                     (unsigned long long)want, want_flags);
    }
    return 4;
}

Test(exact, special_values_agree_with_the_host_in_four_modes)
{
    unsigned long count = 0;

    for (unsigned i = 0; i < arithmetic_count; i++) {
        const struct arithmetic *op = &arithmetics[i];
        uint64_t values[SPECIALS_MAX];
        unsigned n = special_values(op->format, op->operands < 3, values);

        for (unsigned a = 0; a < n; a++)
            for (unsigned b = 0; b < (op->operands > 1 ? n : 1); b++)
                for (unsigned c = 0; c < (op->operands > 2 ? n : 1); c++)
                    count += check_host_modes(op, (uint64_t[]){values[a], values[b], values[c]});
    }
    fprintf(stderr, "# %lu operations\n", count);
}

Test(exact, random_values_agree_with_the_host_in_four_modes)
{
    uint64_t state;
    unsigned long count = 0;

    random_start(&state);
    for (int round = 0; round < 200000; round++)
        for (unsigned i = 0; i < arithmetic_count; i++) {
            uint64_t v[3];

            random_operands(arithmetics[i].format, v, &state);
            count += check_host_modes(&arithmetics[i], v);
        }
    fprintf(stderr, "# %lu operations\n", count);
}

/* ---- ties away ---- */

static void rational_of(mpq_t q, const struct isa_fp_format *format, uint64_t value)
{
    mpq_set_d(q, format == &isa_f64 ? isa_f64_host(value) : (double)isa_f32_host((uint32_t)value));
}

static void power_of_two(mpq_t q, int exponent)
{
    mpq_set_ui(q, 1, 1);
    if (exponent < 0)
        mpq_div_2exp(q, q, (mp_bitcnt_t)-exponent);
    else
        mpq_mul_2exp(q, q, (mp_bitcnt_t)exponent);
}

/* What ties-away makes of the nonzero number q, given the result of truncation. */
static uint64_t away(const struct isa_fp_format *format, mpq_t q, uint64_t truncated, uint32_t *flags)
{
    uint64_t sign = 1ull << (format == &isa_f64 ? 63 : 31);
    uint64_t infinity = (uint64_t)(2 * format->bias + 1) << format->fraction_bits;
    uint64_t magnitude = truncated & ~sign;
    mpq_t below, above, limit, step;

    mpq_inits(below, above, limit, step, NULL);
    mpq_abs(q, q);
    rational_of(below, format, magnitude);
    if (mpq_equal(below, q)) {
        mpq_clears(below, above, limit, step, NULL);
        return truncated;
    }
    if (magnitude + 1 == infinity)
        power_of_two(above, format->bias + 1);
    else
        rational_of(above, format, magnitude + 1);
    *flags |= ISA_FFLAG_NX;
    /* Tiny: below the midpoint of the least normal number and what is just below it when the exponent has no end. */
    power_of_two(limit, 1 - format->bias);
    power_of_two(step, 1 - format->bias - (int)format->fraction_bits - 2);
    mpq_sub(limit, limit, step);
    if (mpq_cmp(q, limit) < 0)
        *flags |= ISA_FFLAG_UF;
    mpq_add(above, above, below);
    mpq_div_2exp(above, above, 1);
    if (mpq_cmp(q, above) >= 0)
        magnitude++;
    if (magnitude == infinity)
        *flags |= ISA_FFLAG_OF;
    mpq_clears(below, above, limit, step, NULL);
    return (truncated & sign) | magnitude;
}

static void check_ties_away(const struct arithmetic *op, const uint64_t v[3])
{
    const struct isa_fp_format *format = op->format;
    char kind = op->name[op->name[1] == 'n' ? 2 : 1]; /* a s m d; fused: m with three operands */
    uint32_t want_flags = 0, flags = 0;
    uint64_t want = op->exact(v[0], v[1], v[2], ISA_RM_RNE, &want_flags);
    bool is_number = true;
    mpq_t x, y, z;

    for (unsigned i = 0; i < op->operands; i++)
        is_number =
            is_number && (v[i] >> format->fraction_bits & (unsigned)(2 * format->bias + 1)) != (unsigned)(2 * format->bias + 1);
    /* Specials are the same in every mode nearest; a square root is never a tie. */
    if (is_number && !is_nan(format, want) && !(want_flags & ISA_FFLAG_DZ) && op->operands > 1) {
        mpq_inits(x, y, z, NULL);
        rational_of(x, format, v[0]);
        rational_of(y, format, v[1]);
        if (op->operands == 3) {
            rational_of(z, format, v[2]);
            mpq_mul(x, x, y);
            if (op->name[1] == 'n')
                mpq_neg(x, x);
            if ((op->name[2] == 's') || (op->name[1] == 'n' && op->name[3] == 'a'))
                mpq_sub(x, x, z);
            else
                mpq_add(x, x, z);
        } else if (kind == 'a')
            mpq_add(x, x, y);
        else if (kind == 's')
            mpq_sub(x, x, y);
        else if (kind == 'm')
            mpq_mul(x, x, y);
        else
            mpq_div(x, x, y);
        if (mpq_sgn(x) != 0) {
            uint32_t ignored = 0;

            want_flags = 0;
            want = away(format, x, op->exact(v[0], v[1], v[2], ISA_RM_RTZ, &ignored), &want_flags);
        }
        mpq_clears(x, y, z, NULL);
    }
    uint64_t got = op->exact(v[0], v[1], v[2], ISA_RM_RMM, &flags);
    if (got != want || flags != want_flags)
        cr_fatal("%s.rmm %llx %llx %llx: %llx flags %02x, should be %llx flags %02x", op->name, (unsigned long long)v[0],
                 (unsigned long long)v[1], (unsigned long long)v[2], (unsigned long long)got, flags, (unsigned long long)want,
                 want_flags);
}

Test(exact, random_values_agree_with_rational_arithmetic_when_ties_go_away)
{
    uint64_t state;
    unsigned long count = 0;

    random_start(&state);
    for (int round = 0; round < 15000; round++)
        for (unsigned i = 0; i < arithmetic_count; i++, count++) {
            uint64_t v[3];

            random_operands(arithmetics[i].format, v, &state);
            check_ties_away(&arithmetics[i], v);
        }
    fprintf(stderr, "# %lu operations\n", count);
}

Test(exact, special_values_agree_with_rational_arithmetic_when_ties_go_away)
{
    unsigned long count = 0;

    for (unsigned i = 0; i < arithmetic_count; i++) {
        const struct arithmetic *op = &arithmetics[i];
        uint64_t values[SPECIALS_MAX];
        unsigned n = special_values(op->format, 0, values);

        for (unsigned a = 0; a < n; a++)
            for (unsigned b = 0; b < (op->operands > 1 ? n : 1); b++)
                for (unsigned c = 0; c < (op->operands > 2 ? n : 1); c += 3, count++)
                    check_ties_away(op, (uint64_t[]){values[a], values[b], values[c]});
    }
    fprintf(stderr, "# %lu operations\n", count);
}

/* ---- conversions ---- */

static const struct isa_fp_format *const formats[] = {&isa_f32, &isa_f64};

static double as_double(const struct isa_fp_format *format, uint64_t value)
{
    return format == &isa_f64 ? isa_f64_host(value) : (double)isa_f32_host((uint32_t)value);
}

/* By the C library: rint in the mode, round for ties away. */
static uint64_t integer_of(double value, unsigned bits, bool is_signed, unsigned rm, uint32_t *flags)
{
    double low = is_signed ? -ldexp(1, (int)bits - 1) : 0, high = ldexp(1, (int)bits - is_signed);
    uint64_t greatest = (is_signed ? INT64_MAX : UINT64_MAX) >> (64 - bits);
    volatile double v = value, r;

    if (rm == ISA_RM_RMM)
        r = round(v);
    else {
        fesetround(host_modes[rm]);
        r = rint(v);
        fesetround(FE_TONEAREST);
    }
    if (isnan(value) || r >= high) {
        *flags |= ISA_FFLAG_NV;
        return bits == 32 && !is_signed ? UINT64_MAX : greatest;
    }
    if (r < low) {
        *flags |= ISA_FFLAG_NV;
        return is_signed ? ~greatest : 0;
    }
    if (r != value)
        *flags |= ISA_FFLAG_NX;
    if (bits == 32)
        return (uint64_t)(int64_t)(int32_t)(uint32_t)(int64_t)r;
    return is_signed ? (uint64_t)(int64_t)r : (uint64_t)r;
}

static void check_to_int(const struct isa_fp_format *format, uint64_t value)
{
    for (unsigned rm = 0; rm < MODES; rm++)
        for (unsigned form = 0; form < 4; form++) {
            unsigned bits = form & 1 ? 64 : 32;
            bool is_signed = form & 2;
            uint32_t want_flags = 0, flags = 0;
            uint64_t want = integer_of(as_double(format, value), bits, is_signed, rm, &want_flags);
            uint64_t got = isa_fp_exact_to_int(format, value, bits, is_signed, rm, &flags);

            if (got != want || flags != want_flags)
                cr_fatal("%llx (%a) to %s%u.%s: %llx flags %02x, should be %llx flags %02x", (unsigned long long)value,
                         as_double(format, value), is_signed ? "i" : "u", bits, mode_names[rm], (unsigned long long)got, flags,
                         (unsigned long long)want, want_flags);
        }
}

Test(exact, values_convert_to_integers_as_rint_does)
{
    uint64_t state, values[SPECIALS_MAX];

    random_start(&state);
    for (unsigned f = 0; f < 2; f++) {
        unsigned n = special_values(formats[f], 1, values);

        for (unsigned i = 0; i < n; i++)
            check_to_int(formats[f], values[i]);
        for (int i = 0; i < 200000; i++)
            check_to_int(formats[f], random_value(formats[f], &state));
    }
}

static uint64_t random_integer(uint64_t *state)
{
    uint64_t x = random_next(state) >> random_next(state) % 64;
    unsigned place = random_next(state) % 64;

    switch (random_next(state) % 4) {
    case 0:
        return x & ~0ull << place;
    case 1:
        return (1ull << place) + random_next(state) % 5 - 2;
    default:
        return random_next(state) & 1 ? -x : x;
    }
}

static void check_from_int(const struct isa_fp_format *format, bool sign, uint64_t magnitude)
{
    mpq_t q;

    mpq_init(q);
    for (unsigned rm = 0; rm < MODES; rm++) {
        uint32_t want_flags = 0, flags = 0;
        uint64_t want, truncated = 0;

        for (unsigned mode = rm == ISA_RM_RMM ? ISA_RM_RTZ : rm, done = 0; !done; done = 1) {
            /* long double holds every such integer; narrowing it is one rounding, in the host's mode. */
            volatile long double exact = magnitude;

            fesetround(host_modes[mode]);
            feclearexcept(FE_ALL_EXCEPT);
            exact = sign ? -exact : exact;
            if (format == &isa_f64) {
                volatile double r = (double)exact;
                truncated = isa_f64_bits(r);
            } else {
                volatile float r = (float)exact;
                truncated = isa_f32_bits(r);
            }
            want_flags = host_flags();
            fesetround(FE_TONEAREST);
        }
        want = truncated;
        if (rm == ISA_RM_RMM && magnitude != 0) {
            want_flags = 0;
            mpz_set_ui(mpq_numref(q), magnitude);
            mpz_set_ui(mpq_denref(q), 1);
            want = away(format, q, truncated, &want_flags);
        }
        if (magnitude == 0)
            want = 0;
        uint64_t got = isa_fp_exact_from_int(format, sign, magnitude, rm, &flags);
        if (got != want || flags != want_flags)
            cr_fatal("%s%llu.%s: %llx flags %02x, should be %llx flags %02x", sign ? "-" : "", (unsigned long long)magnitude,
                     mode_names[rm], (unsigned long long)got, flags, (unsigned long long)want, want_flags);
    }
    mpq_clear(q);
}

Test(exact, integers_convert_with_one_rounding)
{
    uint64_t state;

    cr_assert(LDBL_MANT_DIG >= 64);
    random_start(&state);
    for (int i = 0; i < 100000; i++)
        check_from_int(formats[i & 1], i & 2, random_integer(&state));
}

Test(exact, doubles_narrow_to_floats_with_one_rounding)
{
    uint64_t state, values[SPECIALS_MAX];
    unsigned n = special_values(&isa_f64, 1, values);
    mpq_t q;

    random_start(&state);
    mpq_init(q);
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t a = i < n ? values[i] : random_value(&isa_f64, &state);
        uint64_t truncated = 0;

        /* Half of them near the float range, with few bits below a float's last. */
        if (i >= n && i & 1)
            a = (a & 0x800fffffe0000000u) | (random_next(&state) % 300 + 1023 - 155) << 52 | random_next(&state) % 3 << 28 |
                random_next(&state) % 2;
        for (unsigned rm = 0; rm < MODES; rm++) {
            uint32_t want_flags, flags = 0;
            volatile double x = isa_f64_host(a);

            fesetround(host_modes[rm == ISA_RM_RMM ? 0 : rm]);
            feclearexcept(FE_ALL_EXCEPT);
            volatile float r = (float)x;
            want_flags = host_flags();
            fesetround(FE_TONEAREST);
            uint64_t want = canonical(&isa_f32, isa_f32_bits(r));
            if (rm == ISA_RM_RTZ)
                truncated = want;
            if (rm == ISA_RM_RMM && isfinite(x) && x != 0) {
                want_flags = 0;
                mpq_set_d(q, x);
                want = away(&isa_f32, q, truncated, &want_flags);
            }
            uint64_t got = isa_fp_exact_convert(&isa_f32, &isa_f64, a, rm, &flags);
            if (got != want || flags != want_flags)
                cr_fatal("%llx to float.%s: %llx flags %02x, should be %llx flags %02x", (unsigned long long)a, mode_names[rm],
                         (unsigned long long)got, flags, (unsigned long long)want, want_flags);
        }
    }
    mpq_clear(q);
}
