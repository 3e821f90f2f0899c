/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decode, encode and the assembler agree: bits to operands and back, text to bits; what does not fit is refused; compressed
 * instructions decode to their expansions.
 */
#include "binutils.h"
#include "samples.h"

#include <isa/insn.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { FAILURES_SHOWN = 20 };

Test(encoding, of_a_decoded_instruction_gives_the_same_bits)
{
    struct samples samples = samples_create_4_byte();
    size_t valid = 0;
    int failures = 0;
    for (size_t i = 0; i < samples.count; i++) {
        struct isa_insn insn = isa_decode(samples.words[i]);
        if (insn.op == ISA_OP_illegal)
            continue;
        valid++;
        uint32_t bits = 0;
        bool fits = isa_encode(&insn, &bits);
        if ((!fits || bits != samples.words[i]) && failures++ < FAILURES_SHOWN)
            cr_expect(false, "row %s: 0x%08x became 0x%08x (%s)", isa_rows[insn.op].name, samples.words[i], bits,
                      fits ? "encoded" : "refused");
    }
    cr_expect(eq(int, failures, 0), "LOCKSCOPE_TEST_SEED=%llu", (unsigned long long)samples_seed());
    cr_expect(gt(sz, valid, 100000));
    fprintf(stderr, "# %zu valid words encoded again\n", valid);
    samples_destroy(&samples);
}

Test(encoding, every_row_decodes_to_itself)
{
    for (unsigned op = ISA_OP_illegal + 1; op < ISA_OP_COUNT; op++)
        cr_expect(eq(u16, isa_decode(isa_rows[op].match).op, op), "row %s", isa_rows[op].name);
}

/* Lines that as refuses or takes for something else, although the encoding is valid. */
static bool is_beyond_the_assembler(const char *text)
{
    static const char *const parts[] = {
        "unknown", /* fence with an empty set: no syntax */
    };
    for (size_t i = 0; i < ROWS(parts); i++)
        if (strstr(text, parts[i]))
            return true;
    return false;
}

/* A compressed hint whose operands as does not take, or a fence or exact conversion with reserved fields that the text leaves out.
 */
static bool is_text_lossy(uint32_t bits)
{
    struct isa_insn insn = isa_decode(bits);
    switch (insn.op) {
    case ISA_OP_fence:
        return insn.rd || insn.rs1 || insn.imm >> 8;
    case ISA_OP_fence_i:
        return insn.rd || insn.rs1 || insn.imm;
    case ISA_OP_fcvt_d_s:
    case ISA_OP_fcvt_d_w:
    case ISA_OP_fcvt_d_wu:
        return insn.rm != 0;
    default:
        return false;
    }
}

/* The text with a pc-relative target relative to the line. */
static char *line_of(uint32_t bits)
{
    static const char format[] = "%.*s.%+ld";
    char text[80];
    isa_disassemble(text, sizeof text, bits, 0);
    struct isa_insn insn = isa_decode(bits);
    uint8_t kind = isa_rows[insn.op].kind;
    char *line = NULL;
    size_t start = strlen(text);
    if (kind == ISA_KIND_BR || kind == ISA_KIND_JAL) {
        while (text[start - 1] != ',' && text[start - 1] != '\t')
            start--;
        line = malloc(sizeof text + 16);
        if (line)
            snprintf(line, sizeof text + 16, format, (int)start, text, (long)insn.imm);
    } else {
        line = strdup(text);
    }
    if (!line)
        abort();
    return line;
}

static void check_assembler(const struct samples *samples, unsigned bytes, size_t least)
{
    char **lines = calloc(samples->count, sizeof *lines);
    uint32_t *want = calloc(samples->count, sizeof *want);
    if (!lines || !want)
        abort();
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        if (isa_decode(samples->words[i]).op == ISA_OP_illegal || is_text_lossy(samples->words[i]))
            continue;
        char *line = line_of(samples->words[i]);
        if (is_beyond_the_assembler(line)) {
            free(line);
            continue;
        }
        want[count] = samples->words[i];
        lines[count++] = line;
    }
    uint32_t *bits = binutils_assemble(lines, count, bytes);
    int failures = 0;
    for (size_t i = 0; i < count; i++)
        if (bits[i] != want[i] && failures++ < FAILURES_SHOWN)
            cr_expect(false, "row %s: \"%s\" assembles to 0x%x, not 0x%x", isa_rows[isa_decode(want[i]).op].name, lines[i], bits[i],
                      want[i]);
    cr_expect(eq(int, failures, 0), "LOCKSCOPE_TEST_SEED=%llu", (unsigned long long)samples_seed());
    cr_expect(gt(sz, count, least));
    fprintf(stderr, "# %zu lines of %u bytes assembled\n", count, bytes);
    free(bits);
    free(want);
    binutils_free_lines(lines, count);
}

Test(encoding, the_assembler_makes_the_same_bits_of_our_text_4_bytes)
{
    struct samples samples = samples_create_4_byte();
    check_assembler(&samples, 4, 100000);
    samples_destroy(&samples);
}

Test(encoding, the_assembler_makes_the_same_bits_of_our_text_2_bytes)
{
    struct samples samples = samples_create_2_byte();
    check_assembler(&samples, 2, 40000);
    samples_destroy(&samples);
}

Test(encoding, refuses_operands_that_do_not_fit)
{
    static const struct {
        const char *what;
        struct isa_insn insn;
    } rows[] = {
        {"illegal", {.op = ISA_OP_illegal}},
        {"no such row", {.op = ISA_OP_COUNT}},
        {"register 32", {.op = ISA_OP_add, .rd = 32}},
        {"a third source of add", {.op = ISA_OP_add, .rs3 = 1}},
        {"an immediate of add", {.op = ISA_OP_add, .imm = 1}},
        {"addi 2048", {.op = ISA_OP_addi, .imm = 2048}},
        {"addi -2049", {.op = ISA_OP_addi, .imm = -2049}},
        {"odd branch", {.op = ISA_OP_beq, .imm = 3}},
        {"branch 4096", {.op = ISA_OP_beq, .imm = 4096}},
        {"jal 1 MiB", {.op = ISA_OP_jal, .imm = 1 << 20}},
        {"lui with low bits", {.op = ISA_OP_lui, .imm = 0x1001}},
        {"shift by 64", {.op = ISA_OP_slli, .imm = 64}},
        {"word shift by 32", {.op = ISA_OP_slliw, .imm = 32}},
        {"shift by -1", {.op = ISA_OP_slli, .imm = -1}},
        {"CSR 4096", {.op = ISA_OP_csrrw, .imm = 4096}},
        {"reserved rounding mode", {.op = ISA_OP_fadd_s, .rm = 5}},
        {"rounding mode 8", {.op = ISA_OP_fadd_s, .rm = 8}},
        {"order 4", {.op = ISA_OP_lr_w, .rm = 4}},
        {"second source of lr", {.op = ISA_OP_lr_w, .rs2 = 1}},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint32_t bits = 0x12345678;
        cr_expect(not(isa_encode(&rows[i].insn, &bits)), "%s", rows[i].what);
        cr_expect(eq(u32, bits, 0x12345678), "%s", rows[i].what);
    }
}

Test(encoding, compressed_instructions_decode_to_their_expansion)
{
    static const struct {
        const char *name;
        uint32_t bits;
        struct isa_insn want;
    } rows[] = {
        {"c.addi4spn", 0x0808, {.op = ISA_OP_addi, .rd = 10, .rs1 = 2, .imm = 16}},
        {"c.lw", 0x44e0, {.op = ISA_OP_lw, .rd = 8, .rs1 = 9, .imm = 76}},
        {"c.addi16sp", 0x7101, {.op = ISA_OP_addi, .rd = 2, .rs1 = 2, .imm = -512}},
        {"c.lui", 0x757d, {.op = ISA_OP_lui, .rd = 10, .imm = -4096}},
        {"c.jr", 0x8082, {.op = ISA_OP_jalr, .rs1 = 1}},
        {"c.jalr", 0x9502, {.op = ISA_OP_jalr, .rd = 1, .rs1 = 10}},
        {"c.mv", 0x852e, {.op = ISA_OP_add, .rd = 10, .rs2 = 11}},
        {"c.ebreak", 0x9002, {.op = ISA_OP_ebreak}},
        {"c.nop", 0x0001, {.op = ISA_OP_addi}},
        {"hint c.lui zero", 0x6005, {.op = ISA_OP_lui, .imm = 4096}},
        {"hint c.slli by 0", 0x0502, {.op = ISA_OP_slli, .rd = 10, .rs1 = 10}},
        {"hint c.mv zero", 0x802a, {.op = ISA_OP_add, .rs2 = 10}},
        {"c.unimp", 0x0000, {.op = ISA_OP_illegal}},
        {"reserved c.addi4spn", 0x0004, {.op = ISA_OP_illegal}},
        {"reserved c.addiw zero", 0x2001, {.op = ISA_OP_illegal}},
        {"reserved c.lui 0", 0x6501, {.op = ISA_OP_illegal}},
        {"reserved c.addi16sp 0", 0x6101, {.op = ISA_OP_illegal}},
        {"reserved c.lwsp zero", 0x4002, {.op = ISA_OP_illegal}},
        {"reserved c.jr zero", 0x8002, {.op = ISA_OP_illegal}},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct isa_insn *want = &rows[i].want, got = isa_decode(0xabcd0000 | rows[i].bits);
        cr_expect(eq(u16, got.op, want->op), "%s is %s", rows[i].name, isa_rows[got.op].name);
        cr_expect(
            all(eq(u8, got.rd, want->rd), eq(u8, got.rs1, want->rs1), eq(u8, got.rs2, want->rs2), eq(i32, got.imm, want->imm)),
            "%s: rd %u rs1 %u rs2 %u imm %d", rows[i].name, got.rd, got.rs1, got.rs2, got.imm);
        cr_expect(all(eq(u8, got.len, 2), eq(u32, got.bits, rows[i].bits)), "%s", rows[i].name);
    }
}

Test(encoding, words_that_announce_longer_formats_are_illegal)
{
    uint64_t state = samples_seed();
    for (int i = 0; i < 100000; i++)
        cr_expect(eq(u16, isa_decode((uint32_t)samples_random(&state) | 0x1f).op, ISA_OP_illegal));
}
