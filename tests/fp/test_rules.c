/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What RISC-V rules where IEEE 754 leaves a choice, in tables worked out by hand from the unprivileged specification, chapters 13
 * and 14: NaNs, minimum and maximum, comparisons, saturation, boxing, classes, overflow and underflow by mode.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <isa/exec_fp.h>

#define BOX(x)  (0xffffffff00000000u | (x))
#define NX      ISA_FFLAG_NX
#define UF      ISA_FFLAG_UF
#define OF      ISA_FFLAG_OF
#define DZ      ISA_FFLAG_DZ
#define NV      ISA_FFLAG_NV
#define SOME    0x40u /* a bit no operation touches: flags must be ORed in */

#define S_ONE   BOX(0x3f800000u)
#define S_TWO   BOX(0x40000000u)
#define S_INF   BOX(0x7f800000u)
#define S_NINF  BOX(0xff800000u)
#define S_QNAN  BOX(0x7fc00000u)
#define S_SNAN  BOX(0x7f800001u)
#define S_ZERO  BOX(0u)
#define S_NZERO BOX(0x80000000u)
#define S_RAW   0x3f800000u /* 1.0 without its box */

#define D_ONE   0x3ff0000000000000u
#define D_TWO   0x4000000000000000u
#define D_MAX   0x7fefffffffffffffu
#define D_MIN   0x0010000000000000u
#define D_SUB   0x0000000000000001u
#define D_INF   0x7ff0000000000000u
#define D_NINF  0xfff0000000000000u
#define D_QNAN  0x7ff8000000000000u
#define D_PNAN  0xfff8000000001234u /* quiet, signed, with a payload */
#define D_SNAN  0x7ff0000000000001u
#define D_ZERO  0u
#define D_NZERO 0x8000000000000000u
#define MINUS   0x8000000000000000u

typedef uint64_t binary(uint64_t a, uint64_t b, unsigned rm, uint32_t *fflags);
typedef uint64_t unary(uint64_t a, unsigned rm, uint32_t *fflags);

struct binary_row {
    const char *name;
    binary *function;
    uint64_t a, b, want;
    uint32_t flags;
};

#define B(name) #name, isa_exec_##name

static void check_binary(const struct binary_row *rows, size_t count)
{
    for (const struct binary_row *row = rows; row < rows + count; row++) {
        uint32_t flags = SOME;
        uint64_t got = row->function(row->a, row->b, ISA_RM_RNE, &flags);

        cr_expect(eq(u64, got, row->want), "%s, row %td", row->name, row - rows);
        cr_expect(eq(u32, flags, row->flags | SOME), "flags of %s, row %td", row->name, row - rows);
    }
}

Test(rules, minimum_and_maximum_prefer_numbers_and_order_zeros)
{
    static const struct binary_row rows[] = {
        {B(fmin_d), D_ZERO, D_NZERO, D_NZERO, 0},
        {B(fmin_d), D_NZERO, D_ZERO, D_NZERO, 0},
        {B(fmax_d), D_ZERO, D_NZERO, D_ZERO, 0},
        {B(fmax_d), D_NZERO, D_ZERO, D_ZERO, 0},
        {B(fmin_d), D_ONE, D_TWO, D_ONE, 0},
        {B(fmin_d), D_ONE | MINUS, D_TWO | MINUS, D_TWO | MINUS, 0},
        {B(fmax_d), D_ONE | MINUS, D_TWO | MINUS, D_ONE | MINUS, 0},
        {B(fmax_d), D_NINF, D_SUB | MINUS, D_SUB | MINUS, 0},
        {B(fmin_d), D_INF, D_MAX, D_MAX, 0},
        {B(fmin_d), D_PNAN, D_ONE, D_ONE, 0},
        {B(fmax_d), D_ONE, D_PNAN, D_ONE, 0},
        {B(fmin_d), D_SNAN, D_ONE, D_ONE, NV},
        {B(fmax_d), D_ONE, D_SNAN, D_ONE, NV},
        {B(fmax_d), D_PNAN, D_PNAN, D_QNAN, 0},
        {B(fmin_d), D_PNAN, D_SNAN, D_QNAN, NV},
        {B(fmin_s), S_ZERO, S_NZERO, S_NZERO, 0},
        {B(fmax_s), S_NZERO, S_ZERO, S_ZERO, 0},
        {B(fmin_s), S_ONE, S_TWO, S_ONE, 0},
        {B(fmax_s), S_NINF, BOX(0x80000001u), BOX(0x80000001u), 0},
        {B(fmin_s), S_RAW, S_TWO, S_TWO, 0},
        {B(fmax_s), S_RAW, S_RAW, S_QNAN, 0},
        {B(fmax_s), S_SNAN, S_TWO, S_TWO, NV},
        {B(fmax_s), S_SNAN, S_RAW, S_QNAN, NV},
    };
    check_binary(rows, sizeof rows / sizeof rows[0]);
}

Test(rules, only_equality_is_quiet)
{
    static const struct binary_row rows[] = {
        {B(feq_d), D_ZERO, D_NZERO, 1, 0}, {B(flt_d), D_NZERO, D_ZERO, 0, 0}, {B(fle_d), D_ZERO, D_NZERO, 1, 0},
        {B(feq_d), D_ONE, D_ONE, 1, 0},    {B(flt_d), D_ONE, D_TWO, 1, 0},    {B(fle_d), D_TWO, D_ONE, 0, 0},
        {B(flt_d), D_SUB, D_MIN, 1, 0},    {B(flt_d), D_ZERO, D_SUB, 1, 0},   {B(flt_d), D_NINF, D_INF, 1, 0},
        {B(feq_d), D_INF, D_INF, 1, 0},    {B(feq_d), D_PNAN, D_PNAN, 0, 0},  {B(feq_d), D_ONE, D_SNAN, 0, NV},
        {B(flt_d), D_PNAN, D_ONE, 0, NV},  {B(fle_d), D_ONE, D_PNAN, 0, NV},  {B(fle_d), D_SNAN, D_SNAN, 0, NV},
        {B(feq_s), S_ZERO, S_NZERO, 1, 0}, {B(feq_s), S_RAW, S_ONE, 0, 0},    {B(feq_s), S_SNAN, S_ONE, 0, NV},
        {B(flt_s), S_ONE, S_TWO, 1, 0},    {B(flt_s), S_RAW, S_TWO, 0, NV},   {B(fle_s), S_ONE, S_ONE, 1, 0},
        {B(fle_s), S_QNAN, S_ONE, 0, NV},  {B(flt_s), S_NZERO, S_ZERO, 0, 0}, {B(fle_s), S_NZERO, S_ZERO, 1, 0},
    };
    check_binary(rows, sizeof rows / sizeof rows[0]);
}

Test(rules, sign_injection_moves_signs_and_raises_nothing)
{
    static const struct binary_row rows[] = {
        {B(fsgnj_d), D_ONE, D_NZERO, D_ONE | MINUS, 0},
        {B(fsgnjn_d), D_ONE, D_NZERO, D_ONE, 0},
        {B(fsgnjx_d), D_ONE | MINUS, D_NZERO, D_ONE, 0},
        {B(fsgnj_d), D_SNAN, D_NZERO, D_SNAN | MINUS, 0},
        {B(fsgnjn_d), D_PNAN, D_ONE | MINUS, D_PNAN & ~MINUS, 0},
        {B(fsgnj_s), S_ONE, S_NZERO, BOX(0xbf800000u), 0},
        {B(fsgnjn_s), S_SNAN, S_ONE, BOX(0xff800001u), 0},
        {B(fsgnjx_s), S_NINF, S_NINF, S_INF, 0},
        {B(fsgnj_s), S_RAW, S_NZERO, BOX(0xffc00000u), 0},
        {B(fsgnj_s), S_RAW, S_RAW, S_QNAN, 0},
        {B(fsgnj_s), S_NZERO, 0x80000000u, S_ZERO, 0},
        {B(fsgnjn_s), S_ONE, 0x80000000u, BOX(0xbf800000u), 0},
    };
    check_binary(rows, sizeof rows / sizeof rows[0]);
}

Test(rules, arithmetic_makes_canonical_nans_and_raises_what_it_should)
{
    static const struct binary_row rows[] = {
        {B(fadd_d), D_PNAN, D_ONE, D_QNAN, 0},
        {B(fadd_d), D_ONE, D_SNAN, D_QNAN, NV},
        {B(fadd_d), D_INF, D_NINF, D_QNAN, NV},
        {B(fsub_d), D_INF, D_INF, D_QNAN, NV},
        {B(fsub_d), D_ONE, D_ONE, D_ZERO, 0},
        {B(fadd_d), D_NZERO, D_NZERO, D_NZERO, 0},
        {B(fsub_d), D_NZERO, D_ZERO, D_NZERO, 0},
        {B(fadd_d), D_MAX, D_MAX, D_INF, OF | NX},
        {B(fadd_d), D_SUB, D_SUB, 2, 0},
        {B(fadd_d), D_ONE, D_SUB, D_ONE, NX},
        {B(fmul_d), D_ZERO, D_NINF, D_QNAN, NV},
        {B(fmul_d), D_SUB, D_SUB | MINUS, D_NZERO, UF | NX},
        {B(fmul_d), D_MIN, 0x3fe0000000000000u, D_MIN >> 1, 0},
        {B(fmul_d), D_MAX, D_TWO, D_INF, OF | NX},
        /* Both round up to the least normal number. With the exponent unbounded the first stays below it (tiny after rounding),
           the second, 1 - 2^-104 times it, does not. */
        {B(fmul_d), 0x001fffffffffffffu, 0x3fe0000000000000u, D_MIN, UF | NX},
        {B(fmul_d), 0x3feffffffffffffeu, 0x0010000000000001u, D_MIN, NX},
        {B(fmul_d), 0x3feffffffffffffeu, 0x0010000000000000u, D_MIN - 1, 0},
        {B(fdiv_d), D_ONE, D_NZERO, D_NINF, DZ},
        {B(fdiv_d), D_ZERO, D_ZERO, D_QNAN, NV},
        {B(fdiv_d), D_INF, D_ZERO, D_INF, 0},
        {B(fdiv_d), D_INF, D_INF, D_QNAN, NV},
        {B(fdiv_d), D_SNAN, D_ZERO, D_QNAN, NV},
        {B(fdiv_d), D_ONE, D_INF, D_ZERO, 0},
        {B(fadd_s), S_RAW, S_ONE, S_QNAN, 0},
        {B(fmul_s), S_ONE, S_SNAN, S_QNAN, NV},
        {B(fmul_s), S_RAW, S_SNAN, S_QNAN, NV},
        {B(fadd_s), S_ONE, S_ONE, S_TWO, 0},
        {B(fdiv_s), S_ONE, BOX(0x40400000u), BOX(0x3eaaaaabu), NX},
        {B(fmul_s), BOX(0x007fffffu), BOX(0x00800000u), S_ZERO, UF | NX},
    };
    check_binary(rows, sizeof rows / sizeof rows[0]);
}

Test(rules, infinity_times_zero_is_invalid_even_next_to_a_quiet_nan)
{
    uint32_t flags = 0;

    cr_expect(eq(u64, isa_exec_fmadd_d(D_INF, D_ZERO, D_PNAN, ISA_RM_RNE, &flags), D_QNAN));
    cr_expect(eq(u32, flags, NV));
    flags = 0;
    cr_expect(eq(u64, isa_exec_fnmadd_s(S_ZERO, S_NINF, S_RAW, ISA_RM_RNE, &flags), S_QNAN));
    cr_expect(eq(u32, flags, NV));
    flags = 0;
    cr_expect(eq(u64, isa_exec_fmsub_d(D_INF, D_ONE, D_INF, ISA_RM_RNE, &flags), D_QNAN));
    cr_expect(eq(u32, flags, NV));
}

Test(rules, fused_signs)
{
    static const uint64_t three = 0x4008000000000000u, five = 0x4014000000000000u, seven = 0x401c000000000000u;
    uint32_t flags = 0;

    /* 2 * 3 and 1: fmadd 7, fmsub 5, fnmsub -5, fnmadd -7 */
    cr_expect(eq(u64, isa_exec_fmadd_d(D_TWO, three, D_ONE, ISA_RM_RNE, &flags), seven));
    cr_expect(eq(u64, isa_exec_fmsub_d(D_TWO, three, D_ONE, ISA_RM_RNE, &flags), five));
    cr_expect(eq(u64, isa_exec_fnmsub_d(D_TWO, three, D_ONE, ISA_RM_RNE, &flags), five | MINUS));
    cr_expect(eq(u64, isa_exec_fnmadd_d(D_TWO, three, D_ONE, ISA_RM_RNE, &flags), seven | MINUS));
    /* Exact cancellation: +0, but -0 when rounding down. */
    cr_expect(eq(u64, isa_exec_fmsub_d(D_TWO, D_ONE, D_TWO, ISA_RM_RNE, &flags), D_ZERO));
    cr_expect(eq(u64, isa_exec_fnmsub_d(D_TWO, D_ONE, D_TWO, ISA_RM_RDN, &flags), D_NZERO));
    cr_expect(eq(u32, flags, 0));
}

struct unary_row {
    const char *name;
    unary *function;
    uint64_t a;
    unsigned rm;
    uint64_t want;
    uint32_t flags;
};

static void check_unary(const struct unary_row *rows, size_t count)
{
    for (const struct unary_row *row = rows; row < rows + count; row++) {
        uint32_t flags = SOME;
        uint64_t got = row->function(row->a, row->rm, &flags);

        cr_expect(eq(u64, got, row->want), "%s, row %td", row->name, row - rows);
        cr_expect(eq(u32, flags, row->flags | SOME), "flags of %s, row %td", row->name, row - rows);
    }
}

Test(rules, conversions_to_integers_saturate)
{
    enum { RNE, RTZ, RDN, RUP, RMM };
    static const struct unary_row rows[] = {
        /* The specification's table of domains: least, greatest, infinities, NaN. */
        {B(fcvt_w_d), 0xc1e0000000000000u, RTZ, 0xffffffff80000000u, 0},  /* -2^31 */
        {B(fcvt_w_d), 0xc1e00000001fffffu, RTZ, 0xffffffff80000000u, NX}, /* just above -2^31 - 1 */
        {B(fcvt_w_d), 0xc1e0000000200000u, RTZ, 0xffffffff80000000u, NV}, /* -2^31 - 1 */
        {B(fcvt_w_d), 0x41dfffffffffffffu, RTZ, 0x7fffffffu, NX},         /* just below 2^31 */
        {B(fcvt_w_d), 0x41dfffffffffffffu, RNE, 0x7fffffffu, NV},
        {B(fcvt_w_d), 0x41e0000000000000u, RTZ, 0x7fffffffu, NV}, /* 2^31 */
        {B(fcvt_w_d), D_INF, RNE, 0x7fffffffu, NV},
        {B(fcvt_w_d), D_NINF, RNE, 0xffffffff80000000u, NV},
        {B(fcvt_w_d), D_PNAN, RNE, 0x7fffffffu, NV},
        {B(fcvt_w_d), D_SNAN, RNE, 0x7fffffffu, NV},
        {B(fcvt_wu_d), D_ONE | MINUS, RTZ, 0, NV},
        {B(fcvt_wu_d), 0xbfeccccccccccccdu, RTZ, 0, NX}, /* -0.9 */
        {B(fcvt_wu_d), 0xbfeccccccccccccdu, RNE, 0, NV},
        {B(fcvt_wu_d), 0xbfe0000000000000u, RNE, 0, NX}, /* -0.5 */
        {B(fcvt_wu_d), 0xbfe0000000000000u, RMM, 0, NV},
        {B(fcvt_wu_d), 0xbfe0000000000000u, RDN, 0, NV},
        {B(fcvt_wu_d), 0xbfe0000000000000u, RUP, 0, NX},
        {B(fcvt_wu_d), 0x41effffffff00000u, RTZ, UINT64_MAX, NX}, /* 2^32 - 0.5 */
        {B(fcvt_wu_d), 0x41effffffff00000u, RNE, UINT64_MAX, NV},
        {B(fcvt_wu_d), 0x41efffffffe00000u, RNE, UINT64_MAX, 0},          /* 2^32 - 1 */
        {B(fcvt_wu_d), 0x41e0000000000000u, RNE, 0xffffffff80000000u, 0}, /* 2^31 */
        {B(fcvt_wu_d), D_NINF, RNE, 0, NV},
        {B(fcvt_wu_d), D_INF, RNE, UINT64_MAX, NV},
        {B(fcvt_wu_d), D_QNAN, RNE, UINT64_MAX, NV},
        {B(fcvt_l_d), 0xc3e0000000000000u, RTZ, 0x8000000000000000u, 0}, /* -2^63 */
        {B(fcvt_l_d), 0xc3e0000000000001u, RTZ, 0x8000000000000000u, NV},
        {B(fcvt_l_d), 0x43e0000000000000u, RTZ, INT64_MAX, NV},
        {B(fcvt_l_d), 0x43dfffffffffffffu, RTZ, 0x7ffffffffffffc00u, 0},
        {B(fcvt_l_d), D_PNAN, RNE, INT64_MAX, NV},
        {B(fcvt_lu_d), 0x43efffffffffffffu, RNE, 0xfffffffffffff800u, 0},
        {B(fcvt_lu_d), 0x43f0000000000000u, RNE, UINT64_MAX, NV}, /* 2^64 */
        {B(fcvt_lu_d), D_ONE | MINUS, RTZ, 0, NV},
        {B(fcvt_lu_d), D_SUB | MINUS, RDN, 0, NV},
        {B(fcvt_lu_d), D_SUB, RUP, 1, NX},
        {B(fcvt_lu_d), D_NZERO, RDN, 0, 0},
        {B(fcvt_lu_d), D_PNAN, RNE, UINT64_MAX, NV},
        {B(fcvt_w_s), S_RAW, RNE, 0x7fffffffu, NV},
        {B(fcvt_w_s), BOX(0xcf000000u), RNE, 0xffffffff80000000u, 0},
        {B(fcvt_w_s), BOX(0x4f000000u), RNE, 0x7fffffffu, NV},
        {B(fcvt_wu_s), BOX(0x4f800000u), RNE, UINT64_MAX, NV},
        {B(fcvt_wu_s), BOX(0x4f7fffffu), RNE, 0xffffffffffffff00u, 0},
        {B(fcvt_l_s), BOX(0x5f000000u), RNE, INT64_MAX, NV},
        {B(fcvt_lu_s), BOX(0x5f800000u), RNE, UINT64_MAX, NV},
        {B(fcvt_lu_s), S_SNAN, RNE, UINT64_MAX, NV},
        /* 2.5 and -2.5 in the five modes */
        {B(fcvt_l_d), 0x4004000000000000u, RNE, 2, NX},
        {B(fcvt_l_d), 0x4004000000000000u, RTZ, 2, NX},
        {B(fcvt_l_d), 0x4004000000000000u, RDN, 2, NX},
        {B(fcvt_l_d), 0x4004000000000000u, RUP, 3, NX},
        {B(fcvt_l_d), 0x4004000000000000u, RMM, 3, NX},
        {B(fcvt_l_d), 0xc004000000000000u, RNE, (uint64_t)-2, NX},
        {B(fcvt_l_d), 0xc004000000000000u, RTZ, (uint64_t)-2, NX},
        {B(fcvt_l_d), 0xc004000000000000u, RDN, (uint64_t)-3, NX},
        {B(fcvt_l_d), 0xc004000000000000u, RUP, (uint64_t)-2, NX},
        {B(fcvt_l_d), 0xc004000000000000u, RMM, (uint64_t)-3, NX},
        /* and from integers: 2^24 + 1 is a tie in binary32 */
        {B(fcvt_s_w), 0x1000001u, RNE, BOX(0x4b800000u), NX},
        {B(fcvt_s_w), 0x1000001u, RMM, BOX(0x4b800001u), NX},
        {B(fcvt_s_w), 0x1000001u, RUP, BOX(0x4b800001u), NX},
        {B(fcvt_s_w), (uint64_t)-0x1000001, RDN, BOX(0xcb800001u), NX},
        {B(fcvt_s_w), (uint64_t)-0x1000001, RTZ, BOX(0xcb800000u), NX},
        {B(fcvt_s_w), 0xdeadbeef00000001u, RNE, S_ONE, 0},
        {B(fcvt_d_wu), 0xffffffffffffffffu, RNE, 0x41efffffffe00000u, 0},
        {B(fcvt_d_w), 0x0000000080000000u, RNE, 0xc1e0000000000000u, 0},
        {B(fcvt_d_l), 0x8000000000000000u, RTZ, 0xc3e0000000000000u, 0},
        {B(fcvt_d_lu), UINT64_MAX, RNE, 0x43f0000000000000u, NX},
        {B(fcvt_d_lu), UINT64_MAX, RTZ, 0x43efffffffffffffu, NX},
        {B(fcvt_s_l), 0, RDN, S_ZERO, 0},
    };
    check_unary(rows, sizeof rows / sizeof rows[0]);
}

Test(rules, square_roots_formats_and_moves)
{
    enum { RNE, RTZ, RDN, RUP, RMM };
    static const struct unary_row rows[] = {
        {B(fsqrt_d), 0x4010000000000000u, RNE, D_TWO, 0},
        {B(fsqrt_d), D_TWO, RNE, 0x3ff6a09e667f3bcdu, NX},
        {B(fsqrt_d), D_TWO, RTZ, 0x3ff6a09e667f3bccu, NX},
        {B(fsqrt_d), D_NZERO, RNE, D_NZERO, 0},
        {B(fsqrt_d), D_ONE | MINUS, RNE, D_QNAN, NV},
        {B(fsqrt_d), D_NINF, RNE, D_QNAN, NV},
        {B(fsqrt_d), D_INF, RNE, D_INF, 0},
        {B(fsqrt_d), D_SUB, RNE, 0x1e60000000000000u, 0}, /* 2^-537 */
        {B(fsqrt_d), D_PNAN, RNE, D_QNAN, 0},
        {B(fsqrt_s), S_RAW, RNE, S_QNAN, 0},
        {B(fsqrt_s), BOX(0x40800000u), RUP, S_TWO, 0},
        {B(fcvt_s_d), D_PNAN, RNE, S_QNAN, 0},
        {B(fcvt_s_d), D_SNAN, RNE, S_QNAN, NV},
        {B(fcvt_s_d), D_MAX, RNE, S_INF, OF | NX},
        {B(fcvt_s_d), D_MAX, RTZ, BOX(0x7f7fffffu), OF | NX},
        {B(fcvt_s_d), D_MAX | MINUS, RUP, BOX(0xff7fffffu), OF | NX},
        {B(fcvt_s_d), D_MAX | MINUS, RDN, S_NINF, OF | NX},
        {B(fcvt_s_d), D_MAX, RMM, S_INF, OF | NX},
        {B(fcvt_s_d), D_SUB, RNE, S_ZERO, UF | NX},
        {B(fcvt_s_d), D_SUB, RUP, BOX(1u), UF | NX},
        {B(fcvt_s_d), D_ONE, RNE, S_ONE, 0},
        {B(fcvt_d_s), S_ONE, RNE, D_ONE, 0},
        {B(fcvt_d_s), BOX(1u), RNE, 0x36a0000000000000u, 0}, /* 2^-149 */
        {B(fcvt_d_s), S_SNAN, RNE, D_QNAN, NV},
        {B(fcvt_d_s), BOX(0xffc12345u), RNE, D_QNAN, 0},
        {B(fcvt_d_s), S_RAW, RNE, D_QNAN, 0},
        {B(fcvt_d_s), S_NINF, RNE, D_NINF, 0},
        {B(fmv_x_w), 0x12345678bf800000u, RNE, 0xffffffffbf800000u, 0},
        {B(fmv_x_w), S_ONE, RNE, 0x3f800000u, 0},
        {B(fmv_w_x), 0x12345678bf800000u, RNE, BOX(0xbf800000u), 0},
        {B(fmv_x_d), D_SNAN, RNE, D_SNAN, 0},
        {B(fmv_d_x), D_PNAN, RNE, D_PNAN, 0},
    };
    check_unary(rows, sizeof rows / sizeof rows[0]);
}

Test(rules, every_class_has_its_bit)
{
    static const struct unary_row rows[] = {
        {B(fclass_d), D_NINF, 0, 1 << 0, 0},
        {B(fclass_d), D_ONE | MINUS, 0, 1 << 1, 0},
        {B(fclass_d), D_SUB | MINUS, 0, 1 << 2, 0},
        {B(fclass_d), D_NZERO, 0, 1 << 3, 0},
        {B(fclass_d), D_ZERO, 0, 1 << 4, 0},
        {B(fclass_d), D_MIN - 1, 0, 1 << 5, 0},
        {B(fclass_d), D_MIN, 0, 1 << 6, 0},
        {B(fclass_d), D_INF, 0, 1 << 7, 0},
        {B(fclass_d), D_SNAN | MINUS, 0, 1 << 8, 0},
        {B(fclass_d), D_PNAN, 0, 1 << 9, 0},
        {B(fclass_s), S_NINF, 0, 1 << 0, 0},
        {B(fclass_s), BOX(0x80800000u), 0, 1 << 1, 0},
        {B(fclass_s), BOX(0x807fffffu), 0, 1 << 2, 0},
        {B(fclass_s), S_NZERO, 0, 1 << 3, 0},
        {B(fclass_s), S_ZERO, 0, 1 << 4, 0},
        {B(fclass_s), BOX(1u), 0, 1 << 5, 0},
        {B(fclass_s), BOX(0x7f7fffffu), 0, 1 << 6, 0},
        {B(fclass_s), S_INF, 0, 1 << 7, 0},
        {B(fclass_s), S_SNAN, 0, 1 << 8, 0},
        {B(fclass_s), S_QNAN, 0, 1 << 9, 0},
        {B(fclass_s), S_RAW, 0, 1 << 9, 0},
        {B(fclass_s), D_NINF, 0, 1 << 9, 0},
    };
    check_unary(rows, sizeof rows / sizeof rows[0]);
}
