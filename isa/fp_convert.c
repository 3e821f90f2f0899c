/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Exact conversions between formats and to and from integers, in integers only.
 * Rules: unprivileged specification 13.7 (saturation, NV without NX) and 14.5.
 */
#include "fp_value.h"

uint64_t isa_fp_exact_convert(const struct isa_fp_format *to, const struct isa_fp_format *from, uint64_t a, unsigned rm,
                              uint32_t *fflags)
{
    struct fp_value v = fp_unpack(from, a);

    switch (v.class) {
    case FP_CLASS_ZERO:
        return fp_zero(to, v.sign);
    case FP_CLASS_INFINITE:
        return fp_infinity(to, v.sign);
    case FP_CLASS_FINITE:
        return fp_round(to, &v, rm, fflags);
    case FP_CLASS_SNAN:
        *fflags |= ISA_FFLAG_NV;
        break;
    case FP_CLASS_QNAN:
        break;
    }
    return to->nan;
}

/* The value's magnitude as an integer. Its exponent is below 64. */
static uint64_t round_to_integer(const struct fp_value *v, unsigned rm, bool *ret_inexact)
{
    int shift = 63 - v->exponent;
    uint64_t whole = shift > 63 ? 0 : v->significand >> shift;
    uint64_t rest; /* the bits after the point, top-aligned; below one half it is enough to know that there are some */

    if (shift == 0)
        rest = 0;
    else if (shift <= 64)
        rest = v->significand << (64 - shift);
    else
        rest = 1;
    *ret_inexact = rest != 0;
    return whole + (rest != 0 && fp_rounds_up(rm, v->sign, whole & 1, rest, 1ull << 63));
}

static uint64_t sign_extended(uint64_t value, unsigned bits)
{
    return bits == 32 && value & 0x80000000u ? value | 0xffffffff00000000u : value;
}

uint64_t isa_fp_exact_to_int(const struct isa_fp_format *format, uint64_t a, unsigned bits, bool is_signed, unsigned rm,
                             uint32_t *fflags)
{
    struct fp_value v = fp_unpack(format, a);
    uint64_t unsigned_max = UINT64_MAX >> (64 - bits);
    uint64_t greatest = is_signed ? unsigned_max >> 1 : unsigned_max;
    uint64_t least_magnitude = is_signed ? greatest + 1 : 0;
    uint64_t limit = v.sign ? least_magnitude : greatest;
    bool is_in_range = false;
    bool is_inexact = false;
    uint64_t magnitude = 0;

    if (v.class == FP_CLASS_ZERO)
        return 0;
    if (v.class == FP_CLASS_FINITE && v.exponent < 64) {
        magnitude = round_to_integer(&v, rm, &is_inexact);
        is_in_range = magnitude <= limit;
    }
    if (!is_in_range) {
        *fflags |= ISA_FFLAG_NV;
        if (fp_is_nan(&v))
            return sign_extended(greatest, bits);
        magnitude = limit;
    } else if (is_inexact)
        *fflags |= ISA_FFLAG_NX;
    return sign_extended((v.sign ? -magnitude : magnitude) & unsigned_max, bits);
}

uint64_t isa_fp_exact_from_int(const struct isa_fp_format *format, bool sign, uint64_t magnitude, unsigned rm, uint32_t *fflags)
{
    if (magnitude == 0)
        return fp_zero(format, false);
    int zeros = __builtin_clzll(magnitude);
    struct fp_value v = {.class = FP_CLASS_FINITE, .sign = sign, .exponent = 63 - zeros, .significand = magnitude << zeros};

    return fp_round(format, &v, rm, fflags);
}
