/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Binary32 and binary64 arithmetic as the F and D extensions define it (IEEE 754-2008, unprivileged specification chapters 13
 * and 14). Values are bit patterns. Exact in all five rounding modes and all flags, results and flags the same on every host and
 * compiler: NaN results are the canonical NaN, tininess is detected after rounding.
 * The caller's host rounding mode is round-to-nearest-even and host exceptions are masked (the C default).
 */
#ifndef ISA_FP_H
#define ISA_FP_H

#include <stdbool.h>
#include <stdint.h>

enum isa_rm { ISA_RM_RNE, ISA_RM_RTZ, ISA_RM_RDN, ISA_RM_RUP, ISA_RM_RMM };

/* fflags bits */
#define ISA_FFLAG_NX 0x01u
#define ISA_FFLAG_UF 0x02u
#define ISA_FFLAG_OF 0x04u
#define ISA_FFLAG_DZ 0x08u
#define ISA_FFLAG_NV 0x10u

#define ISA_F32_NAN 0x7fc00000u
#define ISA_F64_NAN 0x7ff8000000000000u

/* A register that holds a binary32: boxed means the upper 32 bits are all ones; anything else reads as the canonical NaN. */
static inline uint64_t isa_f32_box(uint32_t value)
{
    return 0xffffffff00000000u | value;
}

static inline uint32_t isa_f32_unbox(uint64_t reg)
{
    return reg >> 32 == 0xffffffffu ? (uint32_t)reg : ISA_F32_NAN;
}

#endif
