/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What integer instructions compute: corner cases from the specification as tables, and slow but obvious definitions tried on
 * random operands.
 */
#include "samples.h"

#include <isa/exec_int.h>
#include <isa/insn.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define BOTH(name) #name, isa_exec_##name

enum { RANDOM_COUNT = 20000 };

static const uint64_t I64_MIN = UINT64_C(1) << 63, I64_MAX = INT64_MAX, ONES = UINT64_MAX;
#define I32_MIN UINT64_C(0xffffffff80000000)
#define I32_MAX UINT64_C(0x7fffffff)

struct two {
    const char *name;
    uint64_t (*exec)(uint64_t rs1, uint64_t rs2);
    uint64_t rs1, rs2, want;
};

static void check_two(const struct two *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect(eq(u64, rows[i].exec(rows[i].rs1, rows[i].rs2), rows[i].want), "%s 0x%llx, 0x%llx", rows[i].name,
                  (unsigned long long)rows[i].rs1, (unsigned long long)rows[i].rs2);
}

Test(semantics, division_by_zero_and_overflow_give_the_values_of_the_table)
{
    const struct two rows[] = {
        {BOTH(div), 7, 0, ONES},
        {BOTH(div), I64_MIN, 0, ONES},
        {BOTH(div), I64_MIN, ONES, I64_MIN},
        {BOTH(div), 5, ONES, (uint64_t)-5},
        {BOTH(div), (uint64_t)-7, 2, (uint64_t)-3},
        {BOTH(div), 7, (uint64_t)-2, (uint64_t)-3},
        {BOTH(divu), 7, 0, ONES},
        {BOTH(divu), I64_MIN, ONES, 0},
        {BOTH(divu), ONES, 1, ONES},
        {BOTH(rem), 7, 0, 7},
        {BOTH(rem), I64_MIN, 0, I64_MIN},
        {BOTH(rem), I64_MIN, ONES, 0},
        {BOTH(rem), (uint64_t)-7, 2, ONES},
        {BOTH(rem), 7, (uint64_t)-2, 1},
        {BOTH(remu), 7, 0, 7},
        {BOTH(remu), I64_MIN, ONES, I64_MIN},
        {BOTH(divw), 7, 0, ONES},
        {BOTH(divw), 7, UINT64_C(0x100000000), ONES},
        {BOTH(divw), I32_MIN, ONES, I32_MIN},
        {BOTH(divw), 0x80000000, 0xffffffff, I32_MIN},
        {BOTH(divw), UINT64_C(0x5fffffff9), 2, (uint64_t)-3},
        {BOTH(divuw), 7, 0, ONES},
        {BOTH(divuw), 0x80000000, 1, I32_MIN},
        {BOTH(divuw), ONES, 2, I32_MAX},
        {BOTH(remw), I32_MIN, ONES, 0},
        {BOTH(remw), 0x80000000, 0, I32_MIN},
        {BOTH(remw), UINT64_C(0x123456789), 0, 0x23456789},
        {BOTH(remw), UINT64_C(0x5fffffff9), 2, ONES},
        {BOTH(remuw), 0x80000000, 0, I32_MIN},
        {BOTH(remuw), 0xffffffff, 0x100, 0xff},
        {BOTH(remuw), 0xfffffffe, 0xffffffff, (uint64_t)-2},
    };
    check_two(rows, ROWS(rows));
}

Test(semantics, high_products_at_the_ends_of_the_ranges)
{
    const struct two rows[] = {
        {BOTH(mulh), I64_MIN, I64_MIN, UINT64_C(1) << 62},
        {BOTH(mulh), I64_MIN, ONES, 0},
        {BOTH(mulh), ONES, ONES, 0},
        {BOTH(mulh), ONES, 1, ONES},
        {BOTH(mulh), I64_MAX, I64_MAX, 0x3fffffffffffffff},
        {BOTH(mulhu), ONES, ONES, ONES - 1},
        {BOTH(mulhu), I64_MIN, 2, 1},
        {BOTH(mulhsu), ONES, ONES, ONES},
        {BOTH(mulhsu), 1, ONES, 0},
        {BOTH(mulhsu), I64_MIN, ONES, I64_MIN},
        {BOTH(mulhsu), I64_MAX, ONES, I64_MAX - 1},
        {BOTH(mul), I64_MIN, ONES, I64_MIN},
        {BOTH(mulw), 0x80000000, 0xffffffff, I32_MIN},
        {BOTH(mulw), 0x10000, 0x10000, 0},
        {BOTH(mulw), I32_MAX, 2, (uint64_t)-2},
    };
    check_two(rows, ROWS(rows));
}

Test(semantics, shifts_use_the_low_bits_of_the_count_and_words_are_sign_extended)
{
    const struct two rows[] = {
        {BOTH(sll), 1, 64, 1},
        {BOTH(sll), 1, 127, I64_MIN},
        {BOTH(srl), I64_MIN, 63, 1},
        {BOTH(sra), I64_MIN, 63, ONES},
        {BOTH(sra), I64_MIN, 64, I64_MIN},
        {BOTH(sllw), 1, 31, I32_MIN},
        {BOTH(sllw), 1, 32, 1},
        {BOTH(sllw), UINT64_C(0xffffffff00000001), 0, 1},
        {BOTH(srlw), 0x80000000, 0, I32_MIN},
        {BOTH(srlw), UINT64_C(0x1ffffffff), 4, 0x0fffffff},
        {BOTH(srlw), ONES, 33, I32_MAX},
        {BOTH(sraw), 0x80000000, 31, ONES},
        {BOTH(sraw), UINT64_C(0xffffffff40000000), 30, 1},
        {BOTH(addw), I32_MAX, 1, I32_MIN},
        {BOTH(subw), I32_MIN, 1, I32_MAX},
        {BOTH(rol), I64_MIN, 1, 1},
        {BOTH(rol), 0x1234, 64, 0x1234},
        {BOTH(ror), 1, 1, I64_MIN},
        {BOTH(ror), 1, 0, 1},
        {BOTH(rolw), 0x80000000, 1, 1},
        {BOTH(rolw), 0x40000000, 1, I32_MIN},
        {BOTH(rolw), 0x80000000, 32, I32_MIN},
        {BOTH(rorw), 1, 1, I32_MIN},
        {BOTH(rorw), UINT64_C(0xff00000000000002), 1, 1},
        {BOTH(add_uw), UINT64_C(0xffffffffffffffff), 1, UINT64_C(0x100000000)},
        {BOTH(sh3add_uw), UINT64_C(0xffffffffffffffff), 0, UINT64_C(0x7fffffff8)},
        {BOTH(sh2add), UINT64_C(1) << 62, 5, 5},
        {BOTH(bset), 0, 64, 1},
        {BOTH(bclr), ONES, 63, I64_MAX},
        {BOTH(binv), 0, 63, I64_MIN},
        {BOTH(bext), I64_MIN, 127, 1},
    };
    check_two(rows, ROWS(rows));
}

Test(semantics, immediate_forms_at_their_corners)
{
    const struct {
        const char *name;
        uint64_t (*exec)(uint64_t rs1, int64_t imm);
        uint64_t rs1;
        int64_t imm;
        uint64_t want;
    } rows[] = {
        {BOTH(addi), I64_MAX, 1, I64_MIN},
        {BOTH(addi), 0, -2048, (uint64_t)-2048},
        {BOTH(slti), I64_MIN, -2048, 1},
        {BOTH(sltiu), 5, -1, 1},
        {BOTH(sltiu), ONES, -1, 0},
        {BOTH(sltiu), 0, 1, 1},
        {BOTH(xori), 0x55, -1, ~UINT64_C(0x55)},
        {BOTH(slli), 1, 63, I64_MIN},
        {BOTH(srai), I64_MIN, 63, ONES},
        {BOTH(srli), ONES, 63, 1},
        {BOTH(addiw), I32_MAX, 1, I32_MIN},
        {BOTH(addiw), UINT64_C(0x1ffffffff), 0, ONES},
        {BOTH(slliw), UINT64_C(0x100000001), 31, I32_MIN},
        {BOTH(srliw), ONES, 0, ONES},
        {BOTH(srliw), ONES, 1, I32_MAX},
        {BOTH(sraiw), 0x80000000, 31, ONES},
        {BOTH(slli_uw), ONES, 32, UINT64_C(0xffffffff00000000)},
        {BOTH(slli_uw), ONES, 0, 0xffffffff},
        {BOTH(rori), 1, 0, 1},
        {BOTH(rori), 1, 63, 2},
        {BOTH(roriw), 1, 0, 1},
        {BOTH(roriw), 1, 1, I32_MIN},
        {BOTH(bseti), 0, 63, I64_MIN},
        {BOTH(bexti), I64_MIN, 63, 1},
        {BOTH(auipc), 0x80000000, -4096, 0x7ffff000},
        {BOTH(lui), 0x80000000, INT32_MIN, I32_MIN},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        cr_expect(eq(u64, rows[i].exec(rows[i].rs1, rows[i].imm), rows[i].want), "%s 0x%llx, %lld", rows[i].name,
                  (unsigned long long)rows[i].rs1, (long long)rows[i].imm);
}

Test(semantics, one_operand_forms_at_their_corners)
{
    const struct {
        const char *name;
        uint64_t (*exec)(uint64_t rs1);
        uint64_t rs1, want;
    } rows[] = {
        {BOTH(clz), 0, 64},
        {BOTH(clz), 1, 63},
        {BOTH(clz), ONES, 0},
        {BOTH(clzw), UINT64_C(0xffffffff00000000), 32},
        {BOTH(clzw), 1, 31},
        {BOTH(ctz), 0, 64},
        {BOTH(ctz), I64_MIN, 63},
        {BOTH(ctzw), UINT64_C(0x100000000), 32},
        {BOTH(ctzw), 0x80000000, 31},
        {BOTH(cpop), ONES, 64},
        {BOTH(cpopw), ONES, 32},
        {BOTH(sext_b), 0x80, (uint64_t)-128},
        {BOTH(sext_b), 0xff7f, 0x7f},
        {BOTH(sext_h), 0x8000, (uint64_t)-32768},
        {BOTH(zext_h), ONES, 0xffff},
        {BOTH(rev8), UINT64_C(0x0102030405060708), UINT64_C(0x0807060504030201)},
        {BOTH(orc_b), UINT64_C(0x0100800010000002), UINT64_C(0xff00ff00ff0000ff)},
        {BOTH(lb), 0x80, (uint64_t)-128},
        {BOTH(lbu), 0x80, 0x80},
        {BOTH(lh), 0x8000, (uint64_t)-32768},
        {BOTH(lhu), 0x8000, 0x8000},
        {BOTH(lw), 0x80000000, I32_MIN},
        {BOTH(lwu), 0x80000000, 0x80000000},
        {BOTH(ld), I64_MIN, I64_MIN},
        {BOTH(flw), 0x3f800000, UINT64_C(0xffffffff3f800000)},
        {BOTH(fld), 0x3f800000, 0x3f800000},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        cr_expect(eq(u64, rows[i].exec(rows[i].rs1), rows[i].want), "%s 0x%llx", rows[i].name, (unsigned long long)rows[i].rs1);
}

/* Old values come zero-extended, rs2 with whatever the register holds above the word; only the low word of the result counts. */
Test(semantics, word_atomics_compare_words_and_ignore_the_upper_half_of_rs2)
{
    const struct two rows[] = {
        {BOTH(amomin_w), 0x80000000, 1, 0x80000000},
        {BOTH(amomin_w), 1, 0x80000000, 0x80000000},
        {BOTH(amomin_w), 0xffffffff, ONES, 0xffffffff},
        {BOTH(amomin_w), 5, UINT64_C(0xffffffff00000007), 5},
        {BOTH(amomin_w), 5, UINT64_C(0x00000001fffffff0), 0xfffffff0},
        {BOTH(amomax_w), 0x80000000, 1, 1},
        {BOTH(amomax_w), 5, UINT64_C(0xffffffff00000007), 7},
        {BOTH(amomax_w), 0xffffffff, 0xfffffffe, 0xffffffff},
        {BOTH(amominu_w), 0x80000000, 1, 1},
        {BOTH(amominu_w), 5, ONES, 5},
        {BOTH(amominu_w), 5, UINT64_C(0xffffffff00000001), 1},
        {BOTH(amomaxu_w), 0x80000000, 1, 0x80000000},
        {BOTH(amomaxu_w), 0x80000000, UINT64_C(0x7fffffff00000001), 0x80000000},
        {BOTH(amomaxu_w), 5, I32_MIN, 0x80000000},
        {BOTH(amoadd_w), 0xffffffff, 1, 0},
        {BOTH(amoswap_w), 5, UINT64_C(0xabcdef0100000009), 9},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        cr_expect(eq(u32, (uint32_t)rows[i].exec(rows[i].rs1, rows[i].rs2), (uint32_t)rows[i].want), "%s 0x%llx, 0x%llx",
                  rows[i].name, (unsigned long long)rows[i].rs1, (unsigned long long)rows[i].rs2);
}

Test(semantics, doubleword_atomics_compare_doublewords)
{
    const struct two rows[] = {
        {BOTH(amomin_d), I64_MIN, 1, I64_MIN},
        {BOTH(amomax_d), I64_MIN, 1, 1},
        {BOTH(amominu_d), I64_MIN, 1, 1},
        {BOTH(amomaxu_d), I64_MIN, 1, I64_MIN},
        {BOTH(amoadd_d), ONES, 1, 0},
        {BOTH(amoswap_d), 1, 2, 2},
        {BOTH(amoxor_d), 3, 5, 6},
        {BOTH(amoand_d), 3, 5, 1},
        {BOTH(amoor_d), 3, 5, 7},
        {BOTH(min), I64_MIN, 0, I64_MIN},
        {BOTH(max), I64_MIN, 0, 0},
        {BOTH(minu), I64_MIN, 0, 0},
        {BOTH(maxu), I64_MIN, 0, I64_MIN},
    };
    check_two(rows, ROWS(rows));
}

/* Definitions by counting bits and bytes, one at a time. */
static bool bit(uint64_t value, int index)
{
    return value >> index & 1;
}

static uint64_t slow_clz(uint64_t value, int width)
{
    uint64_t count = 0;
    for (int i = width - 1; i >= 0 && !bit(value, i); i--)
        count++;
    return count;
}

static uint64_t slow_ctz(uint64_t value, int width)
{
    uint64_t count = 0;
    for (int i = 0; i < width && !bit(value, i); i++)
        count++;
    return count;
}

static uint64_t slow_cpop(uint64_t value, int width)
{
    uint64_t count = 0;
    for (int i = 0; i < width; i++)
        count += bit(value, i);
    return count;
}

static uint64_t slow_rotate_left(uint64_t value, unsigned count, int width)
{
    uint64_t result = 0;
    for (int i = 0; i < width; i++)
        result |= (uint64_t)bit(value, i) << ((i + (int)count) % width);
    return result;
}

static uint64_t slow_orc_b(uint64_t value)
{
    uint64_t result = 0;
    for (int i = 0; i < 64; i += 8)
        if (value >> i & 0xff)
            result |= UINT64_C(0xff) << i;
    return result;
}

static uint64_t slow_rev8(uint64_t value)
{
    uint64_t result = 0;
    for (int i = 0; i < 8; i++)
        result = result << 8 | (value >> (8 * i) & 0xff);
    return result;
}

/* The upper half of the unsigned product from four 32-bit ones; signed factors subtract the other factor where they are negative.
 */
static uint64_t slow_mulh(uint64_t a, uint64_t b, bool a_is_signed, bool b_is_signed)
{
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t middle = ah * bl + (al * bl >> 32);
    uint64_t other = al * bh + (uint32_t)middle;
    uint64_t high = ah * bh + (middle >> 32) + (other >> 32);
    if (a_is_signed && bit(a, 63))
        high -= b;
    if (b_is_signed && bit(b, 63))
        high -= a;
    return high;
}

/* Random values whose number of leading and trailing zeros varies, too. */
static uint64_t random_operand(uint64_t *state)
{
    uint64_t value = samples_random(state), shape = samples_random(state);
    value = shape & 1 ? value >> (shape >> 8 & 63) : value;
    value = shape & 2 ? value << (shape >> 16 & 63) : value;
    value = shape & 4 ? value & samples_random(state) & 0xff00ff0000ff00ff : value;
    return shape & 8 ? ~value : value;
}

Test(semantics, bit_operations_equal_their_slow_definitions)
{
    uint64_t state = samples_seed();
    for (int i = 0; i < RANDOM_COUNT; i++) {
        uint64_t a = random_operand(&state), b = random_operand(&state);
        const struct {
            const char *name;
            uint64_t got, want;
        } rows[] = {
            {"clz", isa_exec_clz(a), slow_clz(a, 64)},
            {"clzw", isa_exec_clzw(a), slow_clz(a, 32)},
            {"ctz", isa_exec_ctz(a), slow_ctz(a, 64)},
            {"ctzw", isa_exec_ctzw(a), slow_ctz(a, 32)},
            {"cpop", isa_exec_cpop(a), slow_cpop(a, 64)},
            {"cpopw", isa_exec_cpopw(a), slow_cpop(a, 32)},
            {"rol", isa_exec_rol(a, b), slow_rotate_left(a, b & 63, 64)},
            {"ror", isa_exec_ror(a, b), slow_rotate_left(a, 64 - (b & 63), 64)},
            {"rolw", isa_exec_rolw(a, b), isa_sext32(slow_rotate_left(a, b & 31, 32))},
            {"rorw", isa_exec_rorw(a, b), isa_sext32(slow_rotate_left(a, 32 - (b & 31), 32))},
            {"orc.b", isa_exec_orc_b(a), slow_orc_b(a)},
            {"rev8", isa_exec_rev8(a), slow_rev8(a)},
            {"mulh", isa_exec_mulh(a, b), slow_mulh(a, b, true, true)},
            {"mulhu", isa_exec_mulhu(a, b), slow_mulh(a, b, false, false)},
            {"mulhsu", isa_exec_mulhsu(a, b), slow_mulh(a, b, true, false)},
        };
        for (size_t r = 0; r < ROWS(rows); r++)
            if (rows[r].got != rows[r].want)
                cr_expect(eq(u64, rows[r].got, rows[r].want), "%s of 0x%llx, 0x%llx", rows[r].name, (unsigned long long)a,
                          (unsigned long long)b);
    }
}

Test(semantics, quotient_times_divisor_plus_remainder_is_the_dividend)
{
    uint64_t state = samples_seed();
    for (int i = 0; i < RANDOM_COUNT; i++) {
        uint64_t a = random_operand(&state), b = random_operand(&state);
        bool holds = isa_exec_div(a, b) * b + isa_exec_rem(a, b) == a && isa_exec_divu(a, b) * b + isa_exec_remu(a, b) == a &&
                     isa_sext32(isa_exec_divw(a, b) * b + isa_exec_remw(a, b)) == isa_sext32(a) &&
                     isa_sext32(isa_exec_divuw(a, b) * b + isa_exec_remuw(a, b)) == isa_sext32(a);
        cr_expect(holds, "0x%llx by 0x%llx", (unsigned long long)a, (unsigned long long)b);
    }
}
