/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is known of the host FPU: it rounds to nearest even, does not flush subnormals (both the C default) and computes float and
 * double as such. Where it does not (x87), ISA_FP_HOST is 0 and the exact layer does all. The predicates say which of its results
 * may be believed; they look at the result alone, for that tells enough about the operands:
 * a finite sum had finite operands, and below the least normal number sums are exact; a safe result (finite, at least twice the
 * least normal number) of the other operations had finite operands and cannot have raised anything but inexact.
 */
#ifndef ISA_FP_HOST_H
#define ISA_FP_HOST_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined FLT_EVAL_METHOD && FLT_EVAL_METHOD == 0 && FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53
#define ISA_FP_HOST 1
#else
#define ISA_FP_HOST 0
#endif

static inline float isa_f32_host(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double isa_f64_host(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t isa_f32_bits(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint64_t isa_f64_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline bool isa_f32_is_finite(uint32_t bits)
{
    return bits << 1 < 0xff000000u;
}

static inline bool isa_f64_is_finite(uint64_t bits)
{
    return bits << 1 < 0xffe0000000000000u;
}

static inline bool isa_f32_is_safe(uint32_t bits)
{
    return (bits << 1 >> 24) - 2u <= 0xfe - 2;
}

static inline bool isa_f64_is_safe(uint64_t bits)
{
    return (unsigned)(bits << 1 >> 53) - 2u <= 0x7fe - 2;
}

#endif
