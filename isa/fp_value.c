/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Unpacking and rounding, in integers only. See fp_value.h.
 */
#include "fp_value.h"

const struct isa_fp_format isa_f32 = {.fraction_bits = 23, .bias = 127, .nan = ISA_F32_NAN};
const struct isa_fp_format isa_f64 = {.fraction_bits = 52, .bias = 1023, .nan = ISA_F64_NAN};

struct fp_value fp_unpack(const struct isa_fp_format *format, uint64_t bits)
{
    unsigned fraction_bits = format->fraction_bits;
    uint64_t fraction = bits & ((1ull << fraction_bits) - 1);
    int field_max = 2 * format->bias + 1;
    int field = (int)(bits >> fraction_bits) & field_max;
    struct fp_value v = {.sign = bits & fp_sign_bit(format, true)};

    if (field == field_max && fraction != 0)
        v.class = fraction >> (fraction_bits - 1) ? FP_CLASS_QNAN : FP_CLASS_SNAN;
    else if (field == field_max)
        v.class = FP_CLASS_INFINITE;
    else if (field == 0 && fraction == 0)
        v.class = FP_CLASS_ZERO;
    else {
        unsigned shift = 63 - fraction_bits;

        v.class = FP_CLASS_FINITE;
        if (field == 0)
            shift = (unsigned)__builtin_clzll(fraction);
        else
            fraction |= 1ull << fraction_bits;
        v.significand = fraction << shift;
        v.exponent = (field == 0 ? 1 : field) - format->bias + 63 - (int)(shift + fraction_bits);
    }
    return v;
}

bool fp_rounds_up(unsigned rm, bool sign, bool odd, uint64_t rest, uint64_t half)
{
    switch (rm) {
    case ISA_RM_RTZ:
        return false;
    case ISA_RM_RDN:
        return sign;
    case ISA_RM_RUP:
        return !sign;
    case ISA_RM_RMM:
        return rest >= half;
    default:
        return rest > half || (rest == half && odd);
    }
}

/* The significand cut to its upper 64 - drop bits and rounded; may come out one bit longer. */
static uint64_t cut(uint64_t significand, unsigned drop, unsigned rm, bool sign, bool *ret_inexact)
{
    uint64_t kept = significand >> drop;
    uint64_t rest = significand & ((1ull << drop) - 1);

    *ret_inexact = rest != 0;
    return kept + (rest != 0 && fp_rounds_up(rm, sign, kept & 1, rest, 1ull << (drop - 1)));
}

static uint64_t overflow(const struct isa_fp_format *format, bool sign, unsigned rm, uint32_t *fflags)
{
    bool stays_finite = rm == ISA_RM_RTZ || rm == (sign ? ISA_RM_RUP : ISA_RM_RDN);

    *fflags |= ISA_FFLAG_OF | ISA_FFLAG_NX;
    return fp_infinity(format, sign) - stays_finite;
}

uint64_t fp_round(const struct isa_fp_format *format, const struct fp_value *v, unsigned rm, uint32_t *fflags)
{
    unsigned drop = 63 - format->fraction_bits;
    int exponent_min = 1 - format->bias;
    uint64_t significand = v->significand;
    int exponent = v->exponent;
    bool is_tiny = false;
    bool is_inexact;

    if (exponent > format->bias)
        return overflow(format, v->sign, rm, fflags);
    if (exponent < exponent_min) {
        int shift = exponent_min - exponent;

        /* Tiny unless rounding with unbounded exponent reaches the least normal number. */
        is_tiny = shift > 1 || cut(significand, drop, rm, v->sign, &is_inexact) >> (format->fraction_bits + 1) == 0;
        if (shift > 63)
            significand = 1;
        else
            significand = significand >> shift | (significand << (64 - shift) != 0);
        exponent = exponent_min;
    }
    significand = cut(significand, drop, rm, v->sign, &is_inexact);
    /* The leading bit, where there is one, adds the 1 by which the exponent field exceeds this difference; a carry adds another. */
    uint64_t magnitude = ((uint64_t)(exponent - exponent_min) << format->fraction_bits) + significand;
    if (magnitude >= fp_infinity(format, false))
        return overflow(format, v->sign, rm, fflags);
    if (is_inexact)
        *fflags |= ISA_FFLAG_NX | (is_tiny ? ISA_FFLAG_UF : 0);
    return fp_sign_bit(format, v->sign) | magnitude;
}
