/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Exact arithmetic: the rules for NaN, infinity and zero here, the finite cases truncated by MPFR at more bits than any format has,
 * the rounding in fp_value.c. MPFR works on numbers on the stack; its thread's exponent range and flags are left as found.
 * Rules: IEEE 754-2008 sections 6 and 7; unprivileged specification 13.3 (canonical NaN), 13.6 (NV of infinity * 0 + quiet NaN).
 */
#include "fp_value.h"
#include <mpfr.h>
#include <stddef.h>

/* Significand bits MPFR keeps. At least two more than binary64 has, so that the sticky bit lies below the rounding bit; less than
 * a 64-bit limb, for which MPFR has routines of its own. */
#define PRECISION 62
#define LIMBS     (64 / GMP_NUMB_BITS)
#define EXPONENTS 16384 /* |exponent| of any operand, product or quotient is far below */

struct number {
    mpfr_t m;
    mp_limb_t limbs[LIMBS];
};

struct mpfr_state {
    mpfr_exp_t emin, emax;
    mpfr_flags_t flags;
};

static struct mpfr_state enter_mpfr(void)
{
    struct mpfr_state state = {mpfr_get_emin(), mpfr_get_emax(), mpfr_flags_save()};

    mpfr_set_emin(-EXPONENTS);
    mpfr_set_emax(EXPONENTS);
    return state;
}

static void leave_mpfr(const struct mpfr_state *state)
{
    mpfr_set_emin(state->emin);
    mpfr_set_emax(state->emax);
    mpfr_flags_restore(state->flags, MPFR_FLAGS_ALL);
}

/* Zero or finite values only. MPFR's significands lie in [1/2, 1). */
static void number_init(struct number *n, const struct fp_value *v)
{
    int kind = v->class == FP_CLASS_ZERO ? MPFR_ZERO_KIND : MPFR_REGULAR_KIND;

    for (size_t i = 0; i < LIMBS; i++)
        n->limbs[i] = (mp_limb_t)(v->significand >> (i * GMP_NUMB_BITS));
    mpfr_custom_init_set(n->m, v->sign ? -kind : kind, v->exponent + 1, PRECISION, n->limbs);
}

static struct fp_value number_value(const struct number *n, int ternary)
{
    struct fp_value v = {.class = FP_CLASS_ZERO, .sign = mpfr_signbit(n->m) != 0};

    if (mpfr_zero_p(n->m))
        return v;
    v.class = FP_CLASS_FINITE;
    v.exponent = (int)mpfr_get_exp(n->m) - 1;
    for (size_t i = 0; i < LIMBS; i++)
        v.significand |= (uint64_t)n->limbs[i] << (i * GMP_NUMB_BITS);
    v.significand |= ternary != 0;
    return v;
}

static uint64_t nan_of(const struct isa_fp_format *format, bool is_invalid, uint32_t *fflags)
{
    if (is_invalid)
        *fflags |= ISA_FFLAG_NV;
    return format->nan;
}

uint64_t isa_fp_exact_fma(const struct isa_fp_format *format, uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags)
{
    struct fp_value x = fp_unpack(format, a), y = fp_unpack(format, b), z = fp_unpack(format, c);
    bool product_sign = x.sign != y.sign;
    bool is_product_infinite = x.class == FP_CLASS_INFINITE || y.class == FP_CLASS_INFINITE;
    bool is_product_invalid = is_product_infinite && (x.class == FP_CLASS_ZERO || y.class == FP_CLASS_ZERO);

    if (fp_is_nan(&x) || fp_is_nan(&y) || fp_is_nan(&z)) {
        bool is_signaling = x.class == FP_CLASS_SNAN || y.class == FP_CLASS_SNAN || z.class == FP_CLASS_SNAN;

        return nan_of(format, is_signaling || is_product_invalid, fflags);
    }
    if (is_product_invalid || (is_product_infinite && z.class == FP_CLASS_INFINITE && z.sign != product_sign))
        return nan_of(format, true, fflags);
    if (is_product_infinite)
        return fp_infinity(format, product_sign);
    if (z.class == FP_CLASS_INFINITE)
        return fp_infinity(format, z.sign);
    if (z.class != FP_CLASS_ZERO && (x.class == FP_CLASS_ZERO || y.class == FP_CLASS_ZERO))
        return c;

    struct mpfr_state state = enter_mpfr();
    struct number nx, ny, nz, nr;

    number_init(&nx, &x);
    number_init(&ny, &y);
    number_init(&nz, &z);
    number_init(&nr, &(struct fp_value){.class = FP_CLASS_ZERO});
    int ternary = mpfr_fma(nr.m, nx.m, ny.m, nz.m, MPFR_RNDZ);
    struct fp_value r = number_value(&nr, ternary);
    leave_mpfr(&state);

    if (r.class == FP_CLASS_ZERO)
        return fp_zero(format, product_sign == z.sign ? z.sign : rm == ISA_RM_RDN);
    return fp_round(format, &r, rm, fflags);
}

uint64_t isa_fp_exact_add(const struct isa_fp_format *format, uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags)
{
    uint64_t one = (uint64_t)format->bias << format->fraction_bits;

    return isa_fp_exact_fma(format, a, one, b, rm, fflags);
}

uint64_t isa_fp_exact_mul(const struct isa_fp_format *format, uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags)
{
    struct fp_value x = fp_unpack(format, a), y = fp_unpack(format, b);
    bool sign = x.sign != y.sign;
    bool has_infinity = x.class == FP_CLASS_INFINITE || y.class == FP_CLASS_INFINITE;
    bool has_zero = x.class == FP_CLASS_ZERO || y.class == FP_CLASS_ZERO;

    if (fp_is_nan(&x) || fp_is_nan(&y))
        return nan_of(format, x.class == FP_CLASS_SNAN || y.class == FP_CLASS_SNAN, fflags);
    if (has_infinity)
        return has_zero ? nan_of(format, true, fflags) : fp_infinity(format, sign);
    if (has_zero)
        return fp_zero(format, sign);

    struct mpfr_state state = enter_mpfr();
    struct number nx, ny, nr;

    number_init(&nx, &x);
    number_init(&ny, &y);
    number_init(&nr, &(struct fp_value){.class = FP_CLASS_ZERO});
    int ternary = mpfr_mul(nr.m, nx.m, ny.m, MPFR_RNDZ);
    struct fp_value r = number_value(&nr, ternary);
    leave_mpfr(&state);
    return fp_round(format, &r, rm, fflags);
}

uint64_t isa_fp_exact_div(const struct isa_fp_format *format, uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags)
{
    struct fp_value x = fp_unpack(format, a), y = fp_unpack(format, b);
    bool sign = x.sign != y.sign;

    if (fp_is_nan(&x) || fp_is_nan(&y))
        return nan_of(format, x.class == FP_CLASS_SNAN || y.class == FP_CLASS_SNAN, fflags);
    if (x.class == y.class && x.class != FP_CLASS_FINITE)
        return nan_of(format, true, fflags); /* 0 / 0, infinity / infinity */
    if (x.class == FP_CLASS_INFINITE)
        return fp_infinity(format, sign);
    if (y.class == FP_CLASS_ZERO) {
        *fflags |= ISA_FFLAG_DZ;
        return fp_infinity(format, sign);
    }
    if (x.class == FP_CLASS_ZERO || y.class == FP_CLASS_INFINITE)
        return fp_zero(format, sign);

    struct mpfr_state state = enter_mpfr();
    struct number nx, ny, nr;

    number_init(&nx, &x);
    number_init(&ny, &y);
    number_init(&nr, &(struct fp_value){.class = FP_CLASS_ZERO});
    int ternary = mpfr_div(nr.m, nx.m, ny.m, MPFR_RNDZ);
    struct fp_value r = number_value(&nr, ternary);
    leave_mpfr(&state);
    return fp_round(format, &r, rm, fflags);
}

uint64_t isa_fp_exact_sqrt(const struct isa_fp_format *format, uint64_t a, unsigned rm, uint32_t *fflags)
{
    struct fp_value x = fp_unpack(format, a);

    if (fp_is_nan(&x))
        return nan_of(format, x.class == FP_CLASS_SNAN, fflags);
    if (x.class == FP_CLASS_ZERO)
        return a;
    if (x.sign)
        return nan_of(format, true, fflags);
    if (x.class == FP_CLASS_INFINITE)
        return a;

    struct mpfr_state state = enter_mpfr();
    struct number nx, nr;

    number_init(&nx, &x);
    number_init(&nr, &(struct fp_value){.class = FP_CLASS_ZERO});
    int ternary = mpfr_sqrt(nr.m, nx.m, MPFR_RNDZ);
    struct fp_value r = number_value(&nr, ternary);
    leave_mpfr(&state);
    return fp_round(format, &r, rm, fflags);
}
