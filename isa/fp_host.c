/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Complete operations: in round-to-nearest-even the host FPU computes, with its inexact flag watched, as long as the result shows
 * that no other flag can be raised; what is left goes to the exact layer. Operands and results pass through volatile objects, so
 * that compilers keep the operation between clearing the flag and reading it.
 */
#include <isa/fp_exact.h>
#include <isa/fp_host.h>
#if defined __x86_64__ && defined __SSE2__
#include <xmmintrin.h>
#else
#include <fenv.h>
#endif

#if defined __x86_64__ && defined __SSE2__

static inline void clear_inexact(void)
{
    unsigned csr = _mm_getcsr();

    if (csr & _MM_EXCEPT_INEXACT)
        _mm_setcsr(csr & ~(unsigned)_MM_EXCEPT_INEXACT);
}

static inline uint32_t inexact_flag(void)
{
    return _mm_getcsr() & _MM_EXCEPT_INEXACT ? ISA_FFLAG_NX : 0;
}

#else

static inline void clear_inexact(void)
{
    feclearexcept(FE_INEXACT);
}

static inline uint32_t inexact_flag(void)
{
    return fetestexcept(FE_INEXACT) ? ISA_FFLAG_NX : 0;
}

#endif

uint32_t isa_fp_add_s(uint32_t a, uint32_t b, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile float x = isa_f32_host(a), y = isa_f32_host(b);

        clear_inexact();
        volatile float r = x + y;
        uint32_t raised = inexact_flag();
        uint32_t bits = isa_f32_bits(r);
        if (isa_f32_is_finite(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return (uint32_t)isa_fp_exact_add(&isa_f32, a, b, rm, fflags);
}

uint64_t isa_fp_add_d(uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile double x = isa_f64_host(a), y = isa_f64_host(b);

        clear_inexact();
        volatile double r = x + y;
        uint32_t raised = inexact_flag();
        uint64_t bits = isa_f64_bits(r);
        if (isa_f64_is_finite(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return isa_fp_exact_add(&isa_f64, a, b, rm, fflags);
}

uint32_t isa_fp_mul_s(uint32_t a, uint32_t b, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile float x = isa_f32_host(a), y = isa_f32_host(b);

        clear_inexact();
        volatile float r = x * y;
        uint32_t raised = inexact_flag();
        uint32_t bits = isa_f32_bits(r);
        if (isa_f32_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return (uint32_t)isa_fp_exact_mul(&isa_f32, a, b, rm, fflags);
}

uint64_t isa_fp_mul_d(uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile double x = isa_f64_host(a), y = isa_f64_host(b);

        clear_inexact();
        volatile double r = x * y;
        uint32_t raised = inexact_flag();
        uint64_t bits = isa_f64_bits(r);
        if (isa_f64_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return isa_fp_exact_mul(&isa_f64, a, b, rm, fflags);
}

uint32_t isa_fp_div_s(uint32_t a, uint32_t b, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile float x = isa_f32_host(a), y = isa_f32_host(b);

        clear_inexact();
        volatile float r = x / y;
        uint32_t raised = inexact_flag();
        uint32_t bits = isa_f32_bits(r);
        if (isa_f32_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return (uint32_t)isa_fp_exact_div(&isa_f32, a, b, rm, fflags);
}

uint64_t isa_fp_div_d(uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile double x = isa_f64_host(a), y = isa_f64_host(b);

        clear_inexact();
        volatile double r = x / y;
        uint32_t raised = inexact_flag();
        uint64_t bits = isa_f64_bits(r);
        if (isa_f64_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return isa_fp_exact_div(&isa_f64, a, b, rm, fflags);
}

uint32_t isa_fp_sqrt_s(uint32_t a, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile float x = isa_f32_host(a);

        clear_inexact();
        volatile float r = __builtin_sqrtf(x);
        uint32_t raised = inexact_flag();
        uint32_t bits = isa_f32_bits(r);
        if (isa_f32_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return (uint32_t)isa_fp_exact_sqrt(&isa_f32, a, rm, fflags);
}

uint64_t isa_fp_sqrt_d(uint64_t a, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile double x = isa_f64_host(a);

        clear_inexact();
        volatile double r = __builtin_sqrt(x);
        uint32_t raised = inexact_flag();
        uint64_t bits = isa_f64_bits(r);
        if (isa_f64_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return isa_fp_exact_sqrt(&isa_f64, a, rm, fflags);
}

uint32_t isa_fp_fma_s(uint32_t a, uint32_t b, uint32_t c, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile float x = isa_f32_host(a), y = isa_f32_host(b), z = isa_f32_host(c);

        clear_inexact();
        volatile float r = __builtin_fmaf(x, y, z);
        uint32_t raised = inexact_flag();
        uint32_t bits = isa_f32_bits(r);
        if (isa_f32_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return (uint32_t)isa_fp_exact_fma(&isa_f32, a, b, c, rm, fflags);
}

uint64_t isa_fp_fma_d(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags)
{
    if (ISA_FP_HOST && rm == ISA_RM_RNE) {
        volatile double x = isa_f64_host(a), y = isa_f64_host(b), z = isa_f64_host(c);

        clear_inexact();
        volatile double r = __builtin_fma(x, y, z);
        uint32_t raised = inexact_flag();
        uint64_t bits = isa_f64_bits(r);
        if (isa_f64_is_safe(bits)) {
            *fflags |= raised;
            return bits;
        }
    }
    return isa_fp_exact_fma(&isa_f64, a, b, c, rm, fflags);
}
