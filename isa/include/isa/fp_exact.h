/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The out-of-line half of floating-point semantics, in two layers. isa_fp_<operation>_<s|d> are complete for every operand and
 * mode: they try the host FPU under observation of its inexact flag, then the exact layer. isa_fp_exact_* never use the host FPU:
 * they compute truncated results with a sticky bit (MPFR or integers) and round those in integers; tests hold the other layers
 * against them. Everything here takes values, not registers: a binary32 is unboxed and stands in the low 32 bits.
 * All functions OR what they raise into *fflags and are reentrant; the host's sticky flags are not preserved.
 */
#ifndef ISA_FP_EXACT_H
#define ISA_FP_EXACT_H

#include <isa/fp.h>
#include <stdbool.h>
#include <stdint.h>

/* A binary interchange format; the exponent bias is also the greatest exponent. */
struct isa_fp_format {
    unsigned fraction_bits;
    int bias;
    uint64_t nan; /* canonical */
};

extern const struct isa_fp_format isa_f32;
extern const struct isa_fp_format isa_f64;

/* Complete operations. rm: enum isa_rm. */
uint32_t isa_fp_add_s(uint32_t a, uint32_t b, unsigned rm, uint32_t *fflags);
uint32_t isa_fp_mul_s(uint32_t a, uint32_t b, unsigned rm, uint32_t *fflags);
uint32_t isa_fp_div_s(uint32_t a, uint32_t b, unsigned rm, uint32_t *fflags);
uint32_t isa_fp_sqrt_s(uint32_t a, unsigned rm, uint32_t *fflags);
uint32_t isa_fp_fma_s(uint32_t a, uint32_t b, uint32_t c, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_add_d(uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_mul_d(uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_div_d(uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_sqrt_d(uint64_t a, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_fma_d(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags);

/* The exact layer. fma: a * b + c, rounded once. */
uint64_t isa_fp_exact_add(const struct isa_fp_format *format, uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_exact_mul(const struct isa_fp_format *format, uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_exact_div(const struct isa_fp_format *format, uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_exact_sqrt(const struct isa_fp_format *format, uint64_t a, unsigned rm, uint32_t *fflags);
uint64_t isa_fp_exact_fma(const struct isa_fp_format *format, uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags);

/* Between formats. */
uint64_t isa_fp_exact_convert(const struct isa_fp_format *to, const struct isa_fp_format *from, uint64_t a, unsigned rm,
                              uint32_t *fflags);

/* To an integer of 32 or 64 bits; 32-bit results, signed or not, come sign-extended. Out of range saturates and raises NV alone;
 * a NaN gives the greatest value. */
uint64_t isa_fp_exact_to_int(const struct isa_fp_format *format, uint64_t a, unsigned bits, bool is_signed, unsigned rm,
                             uint32_t *fflags);

/* From an integer given as sign and magnitude. */
uint64_t isa_fp_exact_from_int(const struct isa_fp_format *format, bool sign, uint64_t magnitude, unsigned rm, uint32_t *fflags);

#endif
