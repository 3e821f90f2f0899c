/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Floating-point numbers taken apart, private to the exact layer: unpack bits to a value, round an exact or truncated value back to
 * bits. The one place that knows rounding modes, overflow, and underflow (tininess after rounding).
 */
#ifndef ISA_FP_VALUE_H
#define ISA_FP_VALUE_H

#include <isa/fp_exact.h>
#include <stdbool.h>
#include <stdint.h>

enum fp_class { FP_CLASS_ZERO, FP_CLASS_FINITE, FP_CLASS_INFINITE, FP_CLASS_QNAN, FP_CLASS_SNAN };

/* A finite value is significand * 2^(exponent - 63), with the significand's top bit set. */
struct fp_value {
    enum fp_class class;
    bool sign;
    int exponent;
    uint64_t significand;
};

struct fp_value fp_unpack(const struct isa_fp_format *format, uint64_t bits);

static inline bool fp_is_nan(const struct fp_value *v)
{
    return v->class >= FP_CLASS_QNAN;
}

static inline uint64_t fp_sign_bit(const struct isa_fp_format *format, bool sign)
{
    return (uint64_t)sign << (format == &isa_f64 ? 63 : 31);
}

static inline uint64_t fp_zero(const struct isa_fp_format *format, bool sign)
{
    return fp_sign_bit(format, sign);
}

static inline uint64_t fp_infinity(const struct isa_fp_format *format, bool sign)
{
    return fp_sign_bit(format, sign) | (uint64_t)(2 * format->bias + 1) << format->fraction_bits;
}

/* Is the magnitude one unit greater after rounding? `odd` is the last bit kept; `rest` is what was cut off, in a unit in which
 * `half` is half of that last bit; rest is not 0. */
bool fp_rounds_up(unsigned rm, bool sign, bool odd, uint64_t rest, uint64_t half);

/* Rounds a nonzero value whose class is FINITE. Bit 0 of the significand may stand for all bits below it (sticky). */
uint64_t fp_round(const struct isa_fp_format *format, const struct fp_value *v, unsigned rm, uint32_t *fflags);

#endif
