/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decoder and disassembler against objdump. Where the two differ on purpose, a row of `differences` says so; any other difference
 * fails, and so does a row that no sample needs.
 */
#include "binutils.h"
#include "samples.h"

#include <isa/insn.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

/* `ours` and `theirs` are what the texts start with, `ending` what theirs ends in. */
static const struct difference {
    const char *ours, *theirs, *ending, *why;
} differences[] = {
    {".4byte\t", "f", ",unknown", "reserved rounding modes are illegal"},
    {"fence\t", ".4byte\t", "", "reserved fields of fence are ignored, as the manual demands"},
    {"fence.i", ".4byte\t", "", "reserved fields of fence.i are ignored, as the manual demands"},
    {"fcvt.d.s\t", ".4byte\t", "", "the rounding mode of an exact conversion may be any"},
    {"fcvt.d.w\t", ".4byte\t", "", "the rounding mode of an exact conversion may be any"},
    {"fcvt.d.wu\t", ".4byte\t", "", "the rounding mode of an exact conversion may be any"},
    {"csrrw\tzero,cycle,zero", "unimp", "", "objdump has a name of its own for this csrrw"},
    {".4byte\t", "uret", "", "user-mode traps were withdrawn"},
    {".4byte\t", "hret", "", "hypervisor mode of an old draft"},
    {".4byte\t", "dret", "", "debug mode is not modelled"},
    {".4byte\t", "sfence.vm\t", "", "an old draft's name"},
    {".4byte\t", "sfence.vm", "sfence.vm", "the same without operand"},
    {".2byte\t", "c.addi16sp\tsp,0", "", "an immediate of 0 is reserved"},
};

enum { DIFFERENCE_COUNT = sizeof differences / sizeof differences[0], FAILURES_SHOWN = 20 };

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static const struct difference *find_difference(const char *ours, const char *theirs)
{
    for (int i = 0; i < DIFFERENCE_COUNT; i++) {
        const struct difference *row = &differences[i];
        if (starts_with(ours, row->ours) && starts_with(theirs, row->theirs) && ends_with(theirs, row->ending))
            return row;
    }
    return NULL;
}

/* Compares all words; counts in `used` how many of them each row of `differences` explained. */
static void compare(const struct samples *samples, unsigned bytes, size_t *used)
{
    char **lines = binutils_disassemble(samples->words, samples->count, bytes);
    int failures = 0;
    for (size_t i = 0; i < samples->count; i++) {
        char ours[80];
        isa_disassemble(ours, sizeof ours, samples->words[i], (uint64_t)i * bytes);
        if (strcmp(ours, lines[i]) == 0)
            continue;
        const struct difference *difference = find_difference(ours, lines[i]);
        if (difference)
            used[difference - differences]++;
        else if (failures++ < FAILURES_SHOWN)
            cr_expect(false, "0x%0*x, row %s: ours \"%s\", objdump's \"%s\"", (int)bytes * 2, samples->words[i],
                      isa_rows[isa_decode(samples->words[i]).op].name, ours, lines[i]);
    }
    cr_expect(eq(int, failures, 0), "%d of %zu words differ; LOCKSCOPE_TEST_SEED=%llu", failures, samples->count,
              (unsigned long long)samples_seed());
    binutils_free_lines(lines, samples->count);
}

Test(disassembly, of_all_2_byte_values_and_many_words_equals_objdumps)
{
    size_t used[DIFFERENCE_COUNT] = {0};
    struct samples samples = samples_create_2_byte();
    compare(&samples, 2, used);
    samples_destroy(&samples);
    samples = samples_create_4_byte();
    compare(&samples, 4, used);
    fprintf(stderr, "# %zu words of 4 bytes compared\n", samples.count);
    samples_destroy(&samples);
    for (int i = 0; i < DIFFERENCE_COUNT; i++)
        cr_expect(gt(sz, used[i], 0), "no sample needs the difference \"%s\" / \"%s\"", differences[i].ours, differences[i].theirs);
}

Test(disassembly, takes_branch_targets_from_the_pc)
{
    static const struct {
        uint32_t bits;
        uint64_t pc;
        const char *text;
    } rows[] = {
        {0x0000006f, 0x80000000, "jal\tzero,0x80000000"},
        {0xffdff06f, 0x80000000, "jal\tzero,0x7ffffffc"},
        {0xffdff06f, 0, "jal\tzero,0xfffffffffffffffc"},
        {0x00b50463, 0xffffffff80000000, "beq\ta0,a1,0xffffffff80000008"},
        {0xbffd, 0x1000, "c.j\t0xffe"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[80];
        isa_disassemble(text, sizeof text, rows[i].bits, rows[i].pc);
        cr_expect(eq(str, text, (char *)rows[i].text), "0x%x", rows[i].bits);
    }
}

Test(disassembly, returns_the_whole_length_and_never_writes_past_the_buffer)
{
    char whole[80], text[80];
    size_t length = isa_disassemble(whole, sizeof whole, 0x1eb6352f, 0);
    cr_expect(eq(sz, length, strlen("sc.d.aqrl\ta0,a1,(a2)")));
    for (size_t size = 0; size <= length + 1; size++) {
        memset(text, '#', sizeof text);
        cr_expect(eq(sz, isa_disassemble(text, size, 0x1eb6352f, 0), length));
        if (size)
            cr_expect(eq(sz, strlen(text), size - 1));
        cr_expect(eq(chr, text[size], '#'));
        cr_expect(eq(int, strncmp(text, whole, size ? size - 1 : 0), 0));
    }
}

Test(disassembly, writes_illegal_encodings_as_data)
{
    char text[80];
    isa_disassemble(text, sizeof text, 0xffffffff, 0);
    cr_expect(eq(str, text, ".4byte\t0xffffffff"));
    isa_disassemble(text, sizeof text, 0xabcd0004, 0);
    cr_expect(eq(str, text, ".2byte\t0x4"));
}
