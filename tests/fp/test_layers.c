/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inline functions against the exact layer, results and flags, with NX clear (host watched) and with all flags set but it or
 * only it (host unwatched): the shortcuts must not be visible.
 */
#include "fp_cases.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <isa/exec_fp.h>
#include <stdio.h>

static const uint32_t starts[] = {0, ISA_FFLAG_NX, 0x1e};

static unsigned long check_arithmetic(const struct arithmetic *op, const uint64_t v[3], unsigned modes)
{
    const struct isa_fp_format *format = op->format;
    uint64_t regs[3];

    for (int i = 0; i < 3; i++)
        regs[i] = in_register(format, v[i]);
    for (unsigned rm = 0; rm < modes; rm++) {
        uint32_t raised = 0;
        uint64_t want = in_register(format, op->exact(v[0], v[1], v[2], rm, &raised));

        for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++) {
            uint32_t flags = starts[i];
            uint64_t got = op->inlined(regs[0], regs[1], regs[2], rm, &flags);

            if (got != want || flags != (starts[i] | raised))
                cr_fatal("%s.%s %llx %llx %llx, flags %02x: %llx flags %02x, exact %llx flags %02x", op->name, mode_names[rm],
                         (unsigned long long)v[0], (unsigned long long)v[1], (unsigned long long)v[2], starts[i],
                         (unsigned long long)got, flags, (unsigned long long)want, starts[i] | raised);
        }
    }
    return modes;
}

Test(layers, special_values_give_the_exact_result_in_all_modes)
{
    unsigned long count = 0;

    for (unsigned i = 0; i < arithmetic_count; i++) {
        const struct arithmetic *op = &arithmetics[i];
        uint64_t values[SPECIALS_MAX];
        unsigned n = special_values(op->format, op->operands < 3, values);

        for (unsigned a = 0; a < n; a++)
            for (unsigned b = 0; b < (op->operands > 1 ? n : 1); b++)
                for (unsigned c = 0; c < (op->operands > 2 ? n : 1); c++)
                    count += check_arithmetic(op, (uint64_t[]){values[a], values[b], values[c]}, MODES);
    }
    fprintf(stderr, "# %lu operations\n", count);
}

Test(layers, random_values_give_the_exact_result)
{
    uint64_t state;
    unsigned long count = 0;

    random_start(&state);
    for (int round = 0; round < 300000; round++)
        for (unsigned i = 0; i < arithmetic_count; i++) {
            uint64_t v[3];

            random_operands(arithmetics[i].format, v, &state);
            count += check_arithmetic(&arithmetics[i], v, round % 8 == 0 ? MODES : 1);
        }
    fprintf(stderr, "# %lu operations\n", count);
}

Test(layers, a_binary32_that_is_not_boxed_is_the_canonical_nan)
{
    uint64_t state;

    random_start(&state);
    for (int round = 0; round < 20000; round++)
        for (unsigned i = 0; i < arithmetic_count; i++) {
            const struct arithmetic *op = &arithmetics[i];
            uint64_t v[3], regs[3];
            unsigned unboxed = random_next(&state) % op->operands;

            if (op->format != &isa_f32)
                continue;
            random_operands(op->format, v, &state);
            for (int j = 0; j < 3; j++)
                regs[j] = isa_f32_box((uint32_t)v[j]);
            regs[unboxed] ^= random_next(&state) << 32 | 1ull << 40;
            if (isa_f32_is_boxed(regs[unboxed]))
                continue;
            v[unboxed] = ISA_F32_NAN;
            uint32_t want_flags = ISA_FFLAG_NX, flags = ISA_FFLAG_NX;
            uint64_t want = isa_f32_box((uint32_t)op->exact(v[0], v[1], v[2], ISA_RM_RNE, &want_flags));
            uint64_t got = op->inlined(regs[0], regs[1], regs[2], ISA_RM_RNE, &flags);

            cr_assert(got == want && flags == want_flags, "%s", op->name);
        }
}

/* ---- conversions ---- */

typedef uint64_t unary(uint64_t a, unsigned rm, uint32_t *fflags);

struct to_int {
    const char *name;
    unary *inlined;
    const struct isa_fp_format *format;
    unsigned bits;
    bool is_signed;
};

static const struct to_int to_ints[] = {
    {"fcvt.w.s", isa_exec_fcvt_w_s, &isa_f32, 32, true}, {"fcvt.wu.s", isa_exec_fcvt_wu_s, &isa_f32, 32, false},
    {"fcvt.l.s", isa_exec_fcvt_l_s, &isa_f32, 64, true}, {"fcvt.lu.s", isa_exec_fcvt_lu_s, &isa_f32, 64, false},
    {"fcvt.w.d", isa_exec_fcvt_w_d, &isa_f64, 32, true}, {"fcvt.wu.d", isa_exec_fcvt_wu_d, &isa_f64, 32, false},
    {"fcvt.l.d", isa_exec_fcvt_l_d, &isa_f64, 64, true}, {"fcvt.lu.d", isa_exec_fcvt_lu_d, &isa_f64, 64, false},
};

static void check_to_int(const struct to_int *row, uint64_t value)
{
    for (unsigned rm = 0; rm < MODES; rm++) {
        uint32_t want_flags = 0, flags = 0;
        uint64_t want = isa_fp_exact_to_int(row->format, value, row->bits, row->is_signed, rm, &want_flags);
        uint64_t got = row->inlined(in_register(row->format, value), rm, &flags);

        cr_assert(got == want && flags == want_flags, "%s.%s %llx: %llx flags %02x, exact %llx flags %02x", row->name,
                  mode_names[rm], (unsigned long long)value, (unsigned long long)got, flags, (unsigned long long)want, want_flags);
    }
}

Test(layers, conversions_to_integers_give_the_exact_result)
{
    uint64_t state, values[SPECIALS_MAX];

    random_start(&state);
    for (unsigned r = 0; r < sizeof to_ints / sizeof to_ints[0]; r++) {
        unsigned n = special_values(to_ints[r].format, 1, values);

        for (unsigned i = 0; i < n; i++)
            check_to_int(&to_ints[r], values[i]);
        for (int i = 0; i < 200000; i++)
            check_to_int(&to_ints[r], random_value(to_ints[r].format, &state));
    }
}

struct from_int {
    const char *name;
    unary *inlined;
    const struct isa_fp_format *format;
    unsigned bits;
    bool is_signed;
};

static const struct from_int from_ints[] = {
    {"fcvt.s.w", isa_exec_fcvt_s_w, &isa_f32, 32, true}, {"fcvt.s.wu", isa_exec_fcvt_s_wu, &isa_f32, 32, false},
    {"fcvt.s.l", isa_exec_fcvt_s_l, &isa_f32, 64, true}, {"fcvt.s.lu", isa_exec_fcvt_s_lu, &isa_f32, 64, false},
    {"fcvt.d.w", isa_exec_fcvt_d_w, &isa_f64, 32, true}, {"fcvt.d.wu", isa_exec_fcvt_d_wu, &isa_f64, 32, false},
    {"fcvt.d.l", isa_exec_fcvt_d_l, &isa_f64, 64, true}, {"fcvt.d.lu", isa_exec_fcvt_d_lu, &isa_f64, 64, false},
};

Test(layers, conversions_from_integers_give_the_exact_result)
{
    uint64_t state;

    random_start(&state);
    for (unsigned i = 0; i < 2000000; i++) {
        const struct from_int *row = &from_ints[i % (sizeof from_ints / sizeof from_ints[0])];
        uint64_t x = random_next(&state) >> random_next(&state) % 64;
        unsigned rm = random_next(&state) % MODES;
        uint32_t start = starts[random_next(&state) % 2], flags = start, want_flags = start;

        if (random_next(&state) & 1)
            x = -x;
        if (random_next(&state) % 4 == 0)
            x = (1ull << random_next(&state) % 64) + random_next(&state) % 5 - 2;
        int64_t value = row->bits == 32 ? (int32_t)(uint32_t)x : (int64_t)x;
        bool sign = row->is_signed && value < 0;
        uint64_t magnitude = sign ? -(uint64_t)value : (uint64_t)value;

        if (!row->is_signed && row->bits == 32)
            magnitude &= 0xffffffffu;
        uint64_t want = in_register(row->format, isa_fp_exact_from_int(row->format, sign, magnitude, rm, &want_flags));
        uint64_t got = row->inlined(x, rm, &flags);
        cr_assert(got == want && flags == want_flags, "%s.%s %llx: %llx flags %02x, exact %llx flags %02x", row->name,
                  mode_names[rm], (unsigned long long)x, (unsigned long long)got, flags, (unsigned long long)want, want_flags);
    }
}

Test(layers, conversions_between_formats_give_the_exact_result)
{
    uint64_t state, singles[SPECIALS_MAX], doubles[SPECIALS_MAX];
    unsigned singles_count = special_values(&isa_f32, 1, singles), doubles_count = special_values(&isa_f64, 1, doubles);

    random_start(&state);
    for (unsigned i = 0; i < 1000000; i++) {
        uint64_t s = i < singles_count ? singles[i] : random_value(&isa_f32, &state);
        uint64_t d = i < doubles_count ? doubles[i] : random_value(&isa_f64, &state);
        unsigned rm = random_next(&state) % MODES;
        uint32_t start = starts[i & 1], flags = start, want_flags = start;

        if (i & 64)
            d = (d & 0x800fffffe0000001u) | (random_next(&state) % 300 + 1023 - 155) << 52 | random_next(&state) % 3 << 28;
        uint64_t want = isa_f32_box((uint32_t)isa_fp_exact_convert(&isa_f32, &isa_f64, d, rm, &want_flags));
        uint64_t got = isa_exec_fcvt_s_d(d, rm, &flags);
        cr_assert(got == want && flags == want_flags, "fcvt.s.d.%s %llx", mode_names[rm], (unsigned long long)d);
        want = isa_fp_exact_convert(&isa_f64, &isa_f32, s, rm, &want_flags);
        got = isa_exec_fcvt_d_s(isa_f32_box((uint32_t)s), rm, &flags);
        cr_assert(got == want && flags == want_flags, "fcvt.d.s.%s %llx", mode_names[rm], (unsigned long long)s);
    }
}
