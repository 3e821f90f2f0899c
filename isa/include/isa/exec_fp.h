/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the F and D instructions compute: isa_exec_<mnemonic, dots as underscores>, one function a row. Operands and results are
 * raw register contents; rm is resolved (enum isa_rm); fflags is the hart's accumulated flags, which a function ORs into.
 * Inline is what nearly every execution needs: round-to-nearest-even on the host FPU, NX already set (it is sticky and programs
 * hardly ever clear it, so nothing has to watch for it), a result whose exponent shows that no other flag was raised. The rest
 * is a call into isa/fp_exact.h. Rules: unprivileged specification chapters 13 and 14.
 */
#ifndef ISA_EXEC_FP_H
#define ISA_EXEC_FP_H

#include <isa/fp.h>
#include <isa/fp_exact.h>
#include <isa/fp_host.h>

#define FP_UNUSED         __attribute__((unused))
#define FP_MODE_AND_FLAGS FP_UNUSED unsigned rm, FP_UNUSED uint32_t *fflags
#define EXEC_FP1(name)    static inline uint64_t isa_exec_##name(uint64_t a, FP_MODE_AND_FLAGS)
#define EXEC_FP2(name)    static inline uint64_t isa_exec_##name(uint64_t a, uint64_t b, FP_MODE_AND_FLAGS)
#define EXEC_FP3(name)    static inline uint64_t isa_exec_##name(uint64_t a, uint64_t b, uint64_t c, FP_MODE_AND_FLAGS)
#define EXEC_FPX1(name)   static inline uint64_t isa_exec_##name(uint64_t a, FP_MODE_AND_FLAGS)
#define EXEC_FPX2(name)   static inline uint64_t isa_exec_##name(uint64_t a, uint64_t b, FP_MODE_AND_FLAGS)
#define EXEC_XFP1(name)   static inline uint64_t isa_exec_##name(uint64_t x, FP_MODE_AND_FLAGS)

#define ISA_F32_SIGN      0x80000000u
#define ISA_F64_SIGN      0x8000000000000000u

/* May the host's result be taken, if it is safe, with no flag to look for? */
static inline bool isa_fp_is_plain(unsigned rm, uint32_t fflags)
{
    return ISA_FP_HOST && __builtin_expect(rm == ISA_RM_RNE && (fflags & ISA_FFLAG_NX), 1);
}

static inline bool isa_f32_is_boxed(uint64_t reg)
{
    return reg >> 32 == 0xffffffffu;
}

/* ---- arithmetic, binary64 ---- */

EXEC_FP2(fadd_d)
{
    uint64_t r = isa_f64_bits(isa_f64_host(a) + isa_f64_host(b));

    if (isa_fp_is_plain(rm, *fflags) && isa_f64_is_finite(r))
        return r;
    return isa_fp_add_d(a, b, rm, fflags);
}

EXEC_FP2(fsub_d)
{
    uint64_t r = isa_f64_bits(isa_f64_host(a) - isa_f64_host(b));

    if (isa_fp_is_plain(rm, *fflags) && isa_f64_is_finite(r))
        return r;
    return isa_fp_add_d(a, b ^ ISA_F64_SIGN, rm, fflags);
}

EXEC_FP2(fmul_d)
{
    uint64_t r = isa_f64_bits(isa_f64_host(a) * isa_f64_host(b));

    if (isa_fp_is_plain(rm, *fflags) && isa_f64_is_safe(r))
        return r;
    return isa_fp_mul_d(a, b, rm, fflags);
}

EXEC_FP2(fdiv_d)
{
    if (isa_fp_is_plain(rm, *fflags)) {
        uint64_t r = isa_f64_bits(isa_f64_host(a) / isa_f64_host(b));

        if (isa_f64_is_safe(r))
            return r;
    }
    return isa_fp_div_d(a, b, rm, fflags);
}

EXEC_FP1(fsqrt_d)
{
    if (isa_fp_is_plain(rm, *fflags)) {
        uint64_t r = isa_f64_bits(__builtin_sqrt(isa_f64_host(a)));

        if (isa_f64_is_safe(r))
            return r;
    }
    return isa_fp_sqrt_d(a, rm, fflags);
}

static inline uint64_t isa_f64_fma(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags)
{
    if (isa_fp_is_plain(rm, *fflags)) {
        uint64_t r = isa_f64_bits(__builtin_fma(isa_f64_host(a), isa_f64_host(b), isa_f64_host(c)));

        if (isa_f64_is_safe(r))
            return r;
    }
    return isa_fp_fma_d(a, b, c, rm, fflags);
}

EXEC_FP3(fmadd_d)
{
    return isa_f64_fma(a, b, c, rm, fflags);
}

EXEC_FP3(fmsub_d)
{
    return isa_f64_fma(a, b, c ^ ISA_F64_SIGN, rm, fflags);
}

EXEC_FP3(fnmsub_d)
{
    return isa_f64_fma(a ^ ISA_F64_SIGN, b, c, rm, fflags);
}

EXEC_FP3(fnmadd_d)
{
    return isa_f64_fma(a ^ ISA_F64_SIGN, b, c ^ ISA_F64_SIGN, rm, fflags);
}

/* ---- arithmetic, binary32 ---- */

EXEC_FP2(fadd_s)
{
    uint32_t r = isa_f32_bits(isa_f32_host((uint32_t)a) + isa_f32_host((uint32_t)b));

    if (isa_fp_is_plain(rm, *fflags) && isa_f32_is_boxed(a & b) && isa_f32_is_finite(r))
        return isa_f32_box(r);
    return isa_f32_box(isa_fp_add_s(isa_f32_unbox(a), isa_f32_unbox(b), rm, fflags));
}

EXEC_FP2(fsub_s)
{
    uint32_t r = isa_f32_bits(isa_f32_host((uint32_t)a) - isa_f32_host((uint32_t)b));

    if (isa_fp_is_plain(rm, *fflags) && isa_f32_is_boxed(a & b) && isa_f32_is_finite(r))
        return isa_f32_box(r);
    return isa_f32_box(isa_fp_add_s(isa_f32_unbox(a), isa_f32_unbox(b) ^ ISA_F32_SIGN, rm, fflags));
}

EXEC_FP2(fmul_s)
{
    uint32_t r = isa_f32_bits(isa_f32_host((uint32_t)a) * isa_f32_host((uint32_t)b));

    if (isa_fp_is_plain(rm, *fflags) && isa_f32_is_boxed(a & b) && isa_f32_is_safe(r))
        return isa_f32_box(r);
    return isa_f32_box(isa_fp_mul_s(isa_f32_unbox(a), isa_f32_unbox(b), rm, fflags));
}

EXEC_FP2(fdiv_s)
{
    if (isa_fp_is_plain(rm, *fflags) && isa_f32_is_boxed(a & b)) {
        uint32_t r = isa_f32_bits(isa_f32_host((uint32_t)a) / isa_f32_host((uint32_t)b));

        if (isa_f32_is_safe(r))
            return isa_f32_box(r);
    }
    return isa_f32_box(isa_fp_div_s(isa_f32_unbox(a), isa_f32_unbox(b), rm, fflags));
}

EXEC_FP1(fsqrt_s)
{
    if (isa_fp_is_plain(rm, *fflags) && isa_f32_is_boxed(a)) {
        uint32_t r = isa_f32_bits(__builtin_sqrtf(isa_f32_host((uint32_t)a)));

        if (isa_f32_is_safe(r))
            return isa_f32_box(r);
    }
    return isa_f32_box(isa_fp_sqrt_s(isa_f32_unbox(a), rm, fflags));
}

/* The product of two floats is exact in double. The sum, rounded to double and then to float, is rounded right unless the double
 * lies midway between two floats: every midpoint is a double, so otherwise double rounding did not move the sum across one. */
static inline uint64_t isa_f32_fma(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags)
{
    if (isa_fp_is_plain(rm, *fflags) && isa_f32_is_boxed(a & b & c)) {
        double product = (double)isa_f32_host((uint32_t)a) * (double)isa_f32_host((uint32_t)b);
        double sum = product + (double)isa_f32_host((uint32_t)c);
        uint32_t r = isa_f32_bits((float)sum);

        if (isa_f32_is_safe(r) && (isa_f64_bits(sum) & 0x1fffffff) != 0x10000000)
            return isa_f32_box(r);
    }
    return isa_f32_box(isa_fp_fma_s(isa_f32_unbox(a), isa_f32_unbox(b), isa_f32_unbox(c), rm, fflags));
}

/* Negation keeps a register boxed, and an unboxed one unboxed. */
EXEC_FP3(fmadd_s)
{
    return isa_f32_fma(a, b, c, rm, fflags);
}

EXEC_FP3(fmsub_s)
{
    return isa_f32_fma(a, b, c ^ ISA_F32_SIGN, rm, fflags);
}

EXEC_FP3(fnmsub_s)
{
    return isa_f32_fma(a ^ ISA_F32_SIGN, b, c, rm, fflags);
}

EXEC_FP3(fnmadd_s)
{
    return isa_f32_fma(a ^ ISA_F32_SIGN, b, c ^ ISA_F32_SIGN, rm, fflags);
}

/* ---- sign injection: no flags, NaNs pass ---- */

EXEC_FP2(fsgnj_d)
{
    return (a & ~ISA_F64_SIGN) | (b & ISA_F64_SIGN);
}

EXEC_FP2(fsgnjn_d)
{
    return (a & ~ISA_F64_SIGN) | (~b & ISA_F64_SIGN);
}

EXEC_FP2(fsgnjx_d)
{
    return a ^ (b & ISA_F64_SIGN);
}

EXEC_FP2(fsgnj_s)
{
    return isa_f32_box((isa_f32_unbox(a) & ~ISA_F32_SIGN) | (isa_f32_unbox(b) & ISA_F32_SIGN));
}

EXEC_FP2(fsgnjn_s)
{
    return isa_f32_box((isa_f32_unbox(a) & ~ISA_F32_SIGN) | (~isa_f32_unbox(b) & ISA_F32_SIGN));
}

EXEC_FP2(fsgnjx_s)
{
    return isa_f32_box(isa_f32_unbox(a) ^ (isa_f32_unbox(b) & ISA_F32_SIGN));
}

/* ---- minimum, maximum, comparison: 13.6, 13.8 ---- */

static inline bool isa_f64_is_nan(uint64_t a)
{
    return a << 1 > 0xffe0000000000000u;
}

static inline bool isa_f64_is_signaling(uint64_t a)
{
    return isa_f64_is_nan(a) && !(a >> 51 & 1);
}

static inline bool isa_f32_is_nan(uint32_t a)
{
    return a << 1 > 0xff000000u;
}

static inline bool isa_f32_is_signaling(uint32_t a)
{
    return isa_f32_is_nan(a) && !(a >> 22 & 1);
}

/* An integer that orders numbers as their values, with -0 below +0. */
static inline int64_t isa_f64_order(uint64_t a)
{
    return (int64_t)(a & ISA_F64_SIGN ? a ^ ~ISA_F64_SIGN : a);
}

static inline int32_t isa_f32_order(uint32_t a)
{
    return (int32_t)(a & ISA_F32_SIGN ? a ^ ~ISA_F32_SIGN : a);
}

/* Minimum or maximum when an operand is a NaN: the other one, if that is a number. */
static inline uint64_t isa_f64_other(uint64_t a, uint64_t b, uint32_t *fflags)
{
    if (isa_f64_is_signaling(a) || isa_f64_is_signaling(b))
        *fflags |= ISA_FFLAG_NV;
    if (!isa_f64_is_nan(a))
        return a;
    return isa_f64_is_nan(b) ? ISA_F64_NAN : b;
}

static inline uint32_t isa_f32_other(uint32_t a, uint32_t b, uint32_t *fflags)
{
    if (isa_f32_is_signaling(a) || isa_f32_is_signaling(b))
        *fflags |= ISA_FFLAG_NV;
    if (!isa_f32_is_nan(a))
        return a;
    return isa_f32_is_nan(b) ? ISA_F32_NAN : b;
}

EXEC_FP2(fmin_d)
{
    if (isa_f64_is_nan(a) || isa_f64_is_nan(b))
        return isa_f64_other(a, b, fflags);
    return isa_f64_order(a) < isa_f64_order(b) ? a : b;
}

EXEC_FP2(fmax_d)
{
    if (isa_f64_is_nan(a) || isa_f64_is_nan(b))
        return isa_f64_other(a, b, fflags);
    return isa_f64_order(a) > isa_f64_order(b) ? a : b;
}

EXEC_FP2(fmin_s)
{
    uint32_t x = isa_f32_unbox(a), y = isa_f32_unbox(b);

    if (isa_f32_is_nan(x) || isa_f32_is_nan(y))
        return isa_f32_box(isa_f32_other(x, y, fflags));
    return isa_f32_box(isa_f32_order(x) < isa_f32_order(y) ? x : y);
}

EXEC_FP2(fmax_s)
{
    uint32_t x = isa_f32_unbox(a), y = isa_f32_unbox(b);

    if (isa_f32_is_nan(x) || isa_f32_is_nan(y))
        return isa_f32_box(isa_f32_other(x, y, fflags));
    return isa_f32_box(isa_f32_order(x) > isa_f32_order(y) ? x : y);
}

/* Equality is quiet: only signaling NaNs are invalid. */
EXEC_FPX2(feq_d)
{
    double x = isa_f64_host(a), y = isa_f64_host(b);

    if (__builtin_isunordered(x, y)) {
        if (isa_f64_is_signaling(a) || isa_f64_is_signaling(b))
            *fflags |= ISA_FFLAG_NV;
        return 0;
    }
    return x == y;
}

EXEC_FPX2(flt_d)
{
    double x = isa_f64_host(a), y = isa_f64_host(b);

    if (__builtin_isunordered(x, y)) {
        *fflags |= ISA_FFLAG_NV;
        return 0;
    }
    return x < y;
}

EXEC_FPX2(fle_d)
{
    double x = isa_f64_host(a), y = isa_f64_host(b);

    if (__builtin_isunordered(x, y)) {
        *fflags |= ISA_FFLAG_NV;
        return 0;
    }
    return x <= y;
}

EXEC_FPX2(feq_s)
{
    float x = isa_f32_host(isa_f32_unbox(a)), y = isa_f32_host(isa_f32_unbox(b));

    if (__builtin_isunordered(x, y)) {
        if (isa_f32_is_signaling(isa_f32_unbox(a)) || isa_f32_is_signaling(isa_f32_unbox(b)))
            *fflags |= ISA_FFLAG_NV;
        return 0;
    }
    return x == y;
}

EXEC_FPX2(flt_s)
{
    float x = isa_f32_host(isa_f32_unbox(a)), y = isa_f32_host(isa_f32_unbox(b));

    if (__builtin_isunordered(x, y)) {
        *fflags |= ISA_FFLAG_NV;
        return 0;
    }
    return x < y;
}

EXEC_FPX2(fle_s)
{
    float x = isa_f32_host(isa_f32_unbox(a)), y = isa_f32_host(isa_f32_unbox(b));

    if (__builtin_isunordered(x, y)) {
        *fflags |= ISA_FFLAG_NV;
        return 0;
    }
    return x <= y;
}

/* ---- classification: 13.9, one bit of ten ---- */

enum isa_fclass {
    ISA_FCLASS_NEGATIVE_INFINITY = 1 << 0,
    ISA_FCLASS_NEGATIVE_NORMAL = 1 << 1,
    ISA_FCLASS_NEGATIVE_SUBNORMAL = 1 << 2,
    ISA_FCLASS_NEGATIVE_ZERO = 1 << 3,
    ISA_FCLASS_POSITIVE_ZERO = 1 << 4,
    ISA_FCLASS_POSITIVE_SUBNORMAL = 1 << 5,
    ISA_FCLASS_POSITIVE_NORMAL = 1 << 6,
    ISA_FCLASS_POSITIVE_INFINITY = 1 << 7,
    ISA_FCLASS_SIGNALING_NAN = 1 << 8,
    ISA_FCLASS_QUIET_NAN = 1 << 9,
};

EXEC_FPX1(fclass_d)
{
    bool is_negative = a >> 63;
    uint64_t magnitude = a & ~ISA_F64_SIGN;

    if (isa_f64_is_nan(a))
        return isa_f64_is_signaling(a) ? ISA_FCLASS_SIGNALING_NAN : ISA_FCLASS_QUIET_NAN;
    if (!isa_f64_is_finite(a))
        return is_negative ? ISA_FCLASS_NEGATIVE_INFINITY : ISA_FCLASS_POSITIVE_INFINITY;
    if (magnitude == 0)
        return is_negative ? ISA_FCLASS_NEGATIVE_ZERO : ISA_FCLASS_POSITIVE_ZERO;
    if (magnitude >> 52 == 0)
        return is_negative ? ISA_FCLASS_NEGATIVE_SUBNORMAL : ISA_FCLASS_POSITIVE_SUBNORMAL;
    return is_negative ? ISA_FCLASS_NEGATIVE_NORMAL : ISA_FCLASS_POSITIVE_NORMAL;
}

EXEC_FPX1(fclass_s)
{
    uint32_t x = isa_f32_unbox(a);
    bool is_negative = x >> 31;
    uint32_t magnitude = x & ~ISA_F32_SIGN;

    if (isa_f32_is_nan(x))
        return isa_f32_is_signaling(x) ? ISA_FCLASS_SIGNALING_NAN : ISA_FCLASS_QUIET_NAN;
    if (!isa_f32_is_finite(x))
        return is_negative ? ISA_FCLASS_NEGATIVE_INFINITY : ISA_FCLASS_POSITIVE_INFINITY;
    if (magnitude == 0)
        return is_negative ? ISA_FCLASS_NEGATIVE_ZERO : ISA_FCLASS_POSITIVE_ZERO;
    if (magnitude >> 23 == 0)
        return is_negative ? ISA_FCLASS_NEGATIVE_SUBNORMAL : ISA_FCLASS_POSITIVE_SUBNORMAL;
    return is_negative ? ISA_FCLASS_NEGATIVE_NORMAL : ISA_FCLASS_POSITIVE_NORMAL;
}

/* ---- moves: bits as they are; only fmv.w.x boxes ---- */

EXEC_FPX1(fmv_x_w)
{
    return (uint64_t)(int32_t)(uint32_t)a;
}

EXEC_FPX1(fmv_x_d)
{
    return a;
}

EXEC_XFP1(fmv_w_x)
{
    return isa_f32_box((uint32_t)x);
}

EXEC_XFP1(fmv_d_x)
{
    return x;
}

/* ---- conversions between the formats ---- */

EXEC_FP1(fcvt_s_d)
{
    uint32_t r = isa_f32_bits((float)isa_f64_host(a));

    if (isa_fp_is_plain(rm, *fflags) && isa_f32_is_safe(r))
        return isa_f32_box(r);
    return isa_f32_box((uint32_t)isa_fp_exact_convert(&isa_f32, &isa_f64, a, rm, fflags));
}

/* Exact for every number. */
EXEC_FP1(fcvt_d_s)
{
    uint64_t r = isa_f64_bits((double)isa_f32_host((uint32_t)a));

    if (ISA_FP_HOST && isa_f32_is_boxed(a) && isa_f64_is_finite(r))
        return r;
    return isa_fp_exact_convert(&isa_f64, &isa_f32, isa_f32_unbox(a), rm, fflags);
}

/* ---- conversions to integers ----
 * A value in the open interval converts on the host by truncation, without undefined behaviour; that is the answer when the value
 * is an integer, in any mode, and when the mode is truncation. Comparisons with a NaN are false. */

static inline bool isa_fp_truncates(double value, double above, double below, unsigned rm, uint32_t *fflags)
{
    if (!(value > above && value < below))
        return false;
    if ((double)(int64_t)value == value)
        return true;
    if (rm != ISA_RM_RTZ)
        return false;
    *fflags |= ISA_FFLAG_NX;
    return true;
}

EXEC_FPX1(fcvt_w_d)
{
    double value = isa_f64_host(a);

    if (ISA_FP_HOST && isa_fp_truncates(value, -0x1p31, 0x1p31, rm, fflags))
        return (uint64_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f64, a, 32, true, rm, fflags);
}

EXEC_FPX1(fcvt_wu_d)
{
    double value = isa_f64_host(a);

    if (ISA_FP_HOST && isa_fp_truncates(value, -1, 0x1p32, rm, fflags))
        return (uint64_t)(int32_t)(uint32_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f64, a, 32, false, rm, fflags);
}

EXEC_FPX1(fcvt_l_d)
{
    double value = isa_f64_host(a);

    if (ISA_FP_HOST && isa_fp_truncates(value, -0x1p63, 0x1p63, rm, fflags))
        return (uint64_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f64, a, 64, true, rm, fflags);
}

EXEC_FPX1(fcvt_lu_d)
{
    double value = isa_f64_host(a);

    if (ISA_FP_HOST && isa_fp_truncates(value, -1, 0x1p63, rm, fflags))
        return (uint64_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f64, a, 64, false, rm, fflags);
}

EXEC_FPX1(fcvt_w_s)
{
    double value = isa_f32_host(isa_f32_unbox(a));

    if (ISA_FP_HOST && isa_fp_truncates(value, -0x1p31, 0x1p31, rm, fflags))
        return (uint64_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f32, isa_f32_unbox(a), 32, true, rm, fflags);
}

EXEC_FPX1(fcvt_wu_s)
{
    double value = isa_f32_host(isa_f32_unbox(a));

    if (ISA_FP_HOST && isa_fp_truncates(value, -1, 0x1p32, rm, fflags))
        return (uint64_t)(int32_t)(uint32_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f32, isa_f32_unbox(a), 32, false, rm, fflags);
}

EXEC_FPX1(fcvt_l_s)
{
    double value = isa_f32_host(isa_f32_unbox(a));

    if (ISA_FP_HOST && isa_fp_truncates(value, -0x1p63, 0x1p63, rm, fflags))
        return (uint64_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f32, isa_f32_unbox(a), 64, true, rm, fflags);
}

EXEC_FPX1(fcvt_lu_s)
{
    double value = isa_f32_host(isa_f32_unbox(a));

    if (ISA_FP_HOST && isa_fp_truncates(value, -1, 0x1p63, rm, fflags))
        return (uint64_t)(int64_t)value;
    return isa_fp_exact_to_int(&isa_f32, isa_f32_unbox(a), 64, false, rm, fflags);
}

/* ---- conversions from integers ----
 * On the host where they are exact or where RNE has nothing to report. The greatest magnitudes leave ranges the host converts. */

static inline uint64_t isa_fp_from_signed(const struct isa_fp_format *format, int64_t value, unsigned rm, uint32_t *fflags)
{
    return isa_fp_exact_from_int(format, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value, rm, fflags);
}

/* Is |value| <= 2^limit? */
static inline bool isa_fp_is_within(int64_t value, unsigned limit)
{
    return (uint64_t)value + (1ull << limit) <= 2ull << limit;
}

EXEC_XFP1(fcvt_d_w)
{
    return isa_f64_bits((double)(int32_t)(uint32_t)x);
}

EXEC_XFP1(fcvt_d_wu)
{
    return isa_f64_bits((double)(int64_t)(uint32_t)x);
}

EXEC_XFP1(fcvt_d_l)
{
    if (ISA_FP_HOST && (isa_fp_is_within((int64_t)x, 53) || isa_fp_is_plain(rm, *fflags)))
        return isa_f64_bits((double)(int64_t)x);
    return isa_fp_from_signed(&isa_f64, (int64_t)x, rm, fflags);
}

EXEC_XFP1(fcvt_d_lu)
{
    if (ISA_FP_HOST && (x <= 1ull << 53 || ((int64_t)x >= 0 && isa_fp_is_plain(rm, *fflags))))
        return isa_f64_bits((double)(int64_t)x);
    return isa_fp_exact_from_int(&isa_f64, false, x, rm, fflags);
}

EXEC_XFP1(fcvt_s_w)
{
    int32_t value = (int32_t)(uint32_t)x;

    if (ISA_FP_HOST && (isa_fp_is_within(value, 24) || isa_fp_is_plain(rm, *fflags)))
        return isa_f32_box(isa_f32_bits((float)value));
    return isa_f32_box((uint32_t)isa_fp_from_signed(&isa_f32, value, rm, fflags));
}

EXEC_XFP1(fcvt_s_wu)
{
    uint32_t value = (uint32_t)x;

    if (ISA_FP_HOST && (value <= 1u << 24 || isa_fp_is_plain(rm, *fflags)))
        return isa_f32_box(isa_f32_bits((float)(int64_t)value));
    return isa_f32_box((uint32_t)isa_fp_exact_from_int(&isa_f32, false, value, rm, fflags));
}

EXEC_XFP1(fcvt_s_l)
{
    if (ISA_FP_HOST && (isa_fp_is_within((int64_t)x, 24) || isa_fp_is_plain(rm, *fflags)))
        return isa_f32_box(isa_f32_bits((float)(int64_t)x));
    return isa_f32_box((uint32_t)isa_fp_from_signed(&isa_f32, (int64_t)x, rm, fflags));
}

EXEC_XFP1(fcvt_s_lu)
{
    if (ISA_FP_HOST && (x <= 1u << 24 || ((int64_t)x >= 0 && isa_fp_is_plain(rm, *fflags))))
        return isa_f32_box(isa_f32_bits((float)(int64_t)x));
    return isa_f32_box((uint32_t)isa_fp_exact_from_int(&isa_f32, false, x, rm, fflags));
}

#undef EXEC_FP1
#undef EXEC_FP2
#undef EXEC_FP3
#undef EXEC_FPX1
#undef EXEC_FPX2
#undef EXEC_XFP1
#undef FP_MODE_AND_FLAGS
#undef FP_UNUSED

#endif
