/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pipeline's costs against a model of a few lines: programs drawn at random, all of whose accesses hit, executed in slices of
 * any length. Here runs are entered in their middle, cut and left as rows of single instructions cannot have it.
 */
#include "timing.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { INSNS = 90, PROGRAMS = 150, CODE_AT = 8 /* in its line */ };

/* %1$s: a register that is written (t0 to t2, or zero); %2$s, %3$s: two that are read. */
struct form {
    const char *text;
    unsigned bytes;
    bool loads;     /* the result comes late */
    unsigned reads; /* how many of the two */
    const char *cost;
};

static const struct form forms[] = {
    {"ld %1$s, 0(a0)", 4, true, 0, "1"},
    {"lbu %1$s, 3(a0)", 4, true, 0, "1"},
    {"lr.w %1$s, (a0)", 4, true, 0, "1"},
    {"sc.w %1$s, %2$s, (a0)", 4, true, 1, "1"},
    {"amoxor.d %1$s, %2$s, (a0)", 4, true, 1, "1"},
    {"sd %2$s, 8(a0)", 4, false, 1, "1"},
    {"add %1$s, %2$s, %3$s", 4, false, 2, "1"},
    {"xori %1$s, %2$s, 5", 4, false, 1, "1"},
    {"mulw %1$s, %2$s, %3$s", 4, false, 2, "multiply"},
    {"remu %1$s, %2$s, %3$s", 4, false, 2, "divide"},
    {"fcvt.d.l ft0, %2$s", 4, false, 1, "fp"},
    {"csrrw zero, mscratch, %2$s", 4, false, 1, "1"},
    {"lui %1$s, 4096", 4, false, 0, "1"},
    {".half 1", 2, false, 0, "1"},
    {"bne %2$s, %2$s, .+4", 4, false, 1, "1"},
    {"bne %2$s, %2$s, .-4", 4, false, 1, "1 + mispredict"},
    {"beq %2$s, %2$s, .+%4$u", 4, false, 1, "1 + mispredict"},
    {"jal %1$s, .+%4$u", 4, false, 0, "1"},
};

enum { FORMS = sizeof forms / sizeof forms[0], FIRST_JUMP = FORMS - 2 };

struct insn {
    const struct form *form;
    unsigned at, written, read[2], skips; /* registers 0: zero, 1 to 3: t0 to t2; jumps: instructions passed over */
};

static void draw_program(struct random *random, struct insn insns[INSNS])
{
    unsigned at = CODE_AT;
    for (unsigned i = 0; i < INSNS; i++) {
        unsigned form = random_below(random, FORMS);
        unsigned skips = form < FIRST_JUMP ? 0 : random_below(random, 4);
        insns[i] = (struct insn){.form = &forms[form],
                                 .at = at,
                                 .written = random_below(random, 4),
                                 .read = {random_below(random, 4), random_below(random, 4)},
                                 .skips = i + skips < INSNS ? skips : 0};
        at += insns[i].form->bytes;
    }
}

static void write_program(const struct insn insns[INSNS], char *text, size_t size)
{
    static const char *const names[] = {"zero", "t0", "t1", "t2"};
    size_t length = 0;
    for (unsigned i = 0; i < INSNS; i++) {
        const struct insn *insn = &insns[i];
        unsigned distance = insn->form->bytes;
        for (unsigned skipped = 1; skipped <= insn->skips; skipped++)
            distance += insns[i + skipped].form->bytes;
        length += (size_t)snprintf(text + length, size - length, insn->form->text, names[insn->written], names[insn->read[0]],
                                   names[insn->read[1]], distance);
        length += (size_t)snprintf(text + length, size - length, "; ");
    }
    cr_assert(lt(sz, length, size));
}

static bool waits_for(const struct insn *insn, const struct insn *before)
{
    bool same_line = before->at / 64 == insn->at / 64 && insn->at / 64 == (insn->at + insn->form->bytes - 1) / 64;
    bool reads = false;
    for (unsigned i = 0; i < insn->form->reads; i++)
        reads |= insn->read[i] == before->written;
    return same_line && reads && before->form->loads && before->written != 0;
}

/* Adds up a program. *ret_passed: instructions that are not executed. */
static uint64_t model(const struct insn insns[INSNS], const struct emu_config *config, int *ret_passed)
{
    uint64_t cycles = 0;
    const struct insn *before = NULL; /* executed last */
    *ret_passed = 0;
    for (unsigned i = 0; i < INSNS; i++) {
        bool bubble = before && waits_for(&insns[i], before);
        cycles += timing_sum(insns[i].form->cost, config) + (bubble ? config->pipeline.load_use_cycles : 0);
        *ret_passed += (int)insns[i].skips;
        before = &insns[i];
        i += insns[i].skips;
    }
    return cycles;
}

static void check_program(struct random *random, unsigned number)
{
    struct insn insns[INSNS];
    char text[8192];
    struct timing_row row = {.name = "drawn", .before = "0: ld t0, 0(a0); 0: sd zero, 0(a0)", .code = {text}};
    struct emu_config config = timing_config(&row);
    draw_program(random, insns);
    write_program(insns, text, sizeof text);
    config.quantum_cycles = number % 3 == 1;
    int passed;
    uint64_t cycles = model(insns, &config, &passed);
    struct timing_result result = timing_run(&row, &config, number % 3 == 2);
    cr_expect(eq(u64, result.cycles[0], cycles), "program %u: %s", number, text);
    cr_expect(eq(u64, result.retired[0], timing_instructions(&row, 0) - (unsigned)passed), "program %u", number);
}

Test(timing_pipeline, random_programs_take_the_cycles_of_the_model)
{
    struct random random = {20240301};
    for (unsigned number = 0; number < PROGRAMS; number++)
        check_program(&random, number);
}
