/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bits to the text that objdump -M no-aliases prints, without the address comment that objdump derives from earlier instructions.
 * Follows the operand words of the row; knows no instruction by name.
 */
#include "table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A string under construction, which counts what does not fit, too. */
struct text {
    char *at;
    size_t size, length;
};

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool has_room = text->length < text->size;
    int length = vsnprintf(has_room ? text->at + text->length : NULL, has_room ? text->size - text->length : 0, format, args);
    va_end(args);
    text->length += length < 0 ? 0 : (size_t)length;
}

static void append_fence_set(struct text *text, unsigned set)
{
    if (set == 0)
        append(text, "unknown");
    for (unsigned i = 0; i < 4; i++)
        if (set & 8u >> i)
            append(text, "%c", "iorw"[i]);
}

static void append_rm(struct text *text, unsigned rm, unsigned silent)
{
    static const char *const names[8] = {"rne", "rtz", "rdn", "rup", "rmm", "unknown", "unknown", "dyn"};
    if (rm != silent)
        append(text, ",%s", names[rm & 7]);
}

static void append_operand(struct text *text, enum isa_operand operand, const struct isa_insn *insn, uint64_t pc)
{
    switch (operand) {
    case ISA_OPERAND_END:
        break;
    case ISA_OPERAND_RD:
        append(text, "%s", isa_xreg_name(insn->rd));
        break;
    case ISA_OPERAND_RS1:
        append(text, "%s", isa_xreg_name(insn->rs1));
        break;
    case ISA_OPERAND_RS2:
        append(text, "%s", isa_xreg_name(insn->rs2));
        break;
    case ISA_OPERAND_FRD:
        append(text, "%s", isa_freg_name(insn->rd));
        break;
    case ISA_OPERAND_FRS1:
        append(text, "%s", isa_freg_name(insn->rs1));
        break;
    case ISA_OPERAND_FRS2:
        append(text, "%s", isa_freg_name(insn->rs2));
        break;
    case ISA_OPERAND_FRS3:
        append(text, "%s", isa_freg_name(insn->rs3));
        break;
    case ISA_OPERAND_IMM:
        append(text, "%" PRId32, insn->imm);
        break;
    case ISA_OPERAND_SHAMT:
        append(text, "0x%" PRIx32, (uint32_t)insn->imm);
        break;
    case ISA_OPERAND_IMM20:
        append(text, "0x%" PRIx32, (uint32_t)insn->imm >> 12);
        break;
    case ISA_OPERAND_TARGET:
        append(text, "0x%" PRIx64, pc + (uint64_t)(int64_t)insn->imm);
        break;
    case ISA_OPERAND_CSR:
        if (isa_csr_name((unsigned)insn->imm))
            append(text, "%s", isa_csr_name((unsigned)insn->imm));
        else
            append(text, "0x%" PRIx32, (uint32_t)insn->imm);
        break;
    case ISA_OPERAND_ZIMM:
        append(text, "%u", insn->rs1);
        break;
    case ISA_OPERAND_PRED:
        append_fence_set(text, (unsigned)insn->imm >> 4 & 15);
        break;
    case ISA_OPERAND_SUCC:
        append_fence_set(text, (unsigned)insn->imm & 15);
        break;
    case ISA_OPERAND_RM:
        append_rm(text, insn->rm, 7);
        break;
    case ISA_OPERAND_RM0:
        append_rm(text, insn->rm, 0);
        break;
    case ISA_OPERAND_SP:
        append(text, "sp");
        break;
    case ISA_OPERAND_COMMA:
        append(text, ",");
        break;
    case ISA_OPERAND_OPEN:
        append(text, "(");
        break;
    case ISA_OPERAND_CLOSE:
        append(text, ")");
        break;
    }
}

size_t isa_disassemble(char *text, size_t size, uint32_t bits, uint64_t pc)
{
    static const char *const orders[4] = {"", ".rl", ".aq", ".aqrl"};
    struct text out = {text, size, 0};
    struct isa_insn insn = isa_decode(bits);
    unsigned c = insn.len == 2 ? isa_match_2(insn.bits) : ISA_C_none;
    if (size)
        text[0] = '\0';
    if (insn.op == ISA_OP_illegal && c == ISA_C_none) {
        append(&out, ".%dbyte\t0x%" PRIx32, insn.len, insn.bits);
        return out.length;
    }
    const uint8_t *operands = insn.len == 2 ? isa_compressed_rows[c].operands : isa_forms[insn.op].operands;
    append(&out, "%s", insn.len == 2 ? isa_compressed_rows[c].name : isa_rows[insn.op].name);
    if (insn.len == 4 && isa_forms[insn.op].has_aq_rl)
        append(&out, "%s", orders[insn.rm & 3]);
    if (*operands)
        append(&out, "\t");
    for (; *operands; operands++)
        append_operand(&out, (enum isa_operand) * operands, &insn, pc);
    return out.length;
}
