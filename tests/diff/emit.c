/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting instructions into memory through libisa's encoder.
 */
#include "program.h"

#include <isa/insn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void emit(struct code *code, uint32_t bits)
{
    unsigned length = isa_length((uint16_t)bits);
    if (code->at + length > code->size)
        abort();
    memcpy(code->bytes + code->at, &bits, length);
    code->at += length;
}

static uint32_t encode(const struct isa_insn *insn)
{
    uint32_t bits;
    if (!isa_encode(insn, &bits)) {
        fprintf(stderr, "cannot encode %s rd=%u rs1=%u rs2=%u rm=%u imm=%d\n", isa_rows[insn->op].name, insn->rd, insn->rs1,
                insn->rs2, insn->rm, insn->imm);
        abort();
    }
    return bits;
}

void emit_insn(struct code *code, unsigned op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm)
{
    struct isa_insn insn = {.op = (uint16_t)op, .rd = (uint8_t)rd, .rs1 = (uint8_t)rs1, .rs2 = (uint8_t)rs2, .imm = imm};
    emit(code, encode(&insn));
}

void emit_li(struct code *code, unsigned rd, uint64_t value)
{
    int64_t v = (int64_t)value;
    if (v >= -2048 && v < 2048) {
        emit_insn(code, ISA_OP_addi, rd, 0, 0, (int32_t)v);
        return;
    }
    int64_t low = (v & 0xfff) - (v & 0x800 ? 4096 : 0);
    if (v == (int32_t)v) {
        emit_insn(code, ISA_OP_lui, rd, 0, 0, (int32_t)(uint32_t)((uint64_t)v - (uint64_t)low));
        emit_insn(code, ISA_OP_addiw, rd, rd, 0, (int32_t)low);
        return;
    }
    emit_li(code, rd, (uint64_t)((int64_t)((uint64_t)v - (uint64_t)low) >> 12));
    emit_insn(code, ISA_OP_slli, rd, rd, 0, 12);
    if (low)
        emit_insn(code, ISA_OP_addi, rd, rd, 0, (int32_t)low);
}

void emit_patch(struct code *code, unsigned at, int32_t imm)
{
    uint32_t bits;
    memcpy(&bits, code->bytes + at, 4);
    struct isa_insn insn = isa_decode(bits);
    insn.imm = imm;
    bits = encode(&insn);
    memcpy(code->bytes + at, &bits, 4);
}
