/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes decoder, encoder and disassembler: the input is taken four bytes at a time, each as an instruction. What was decoded and is
 * legal encodes again and decodes to the same; text has an end, whatever buffer it gets.
 */
#include "fuzz.h"

#include <isa/insn.h>
#include <stdlib.h>
#include <string.h>

static void require(int holds)
{
    if (!holds)
        abort();
}

static int is_same(const struct isa_insn *a, const struct isa_insn *b)
{
    return a->op == b->op && a->rd == b->rd && a->rs1 == b->rs1 && a->rs2 == b->rs2 && a->rs3 == b->rs3 && a->rm == b->rm &&
           a->imm == b->imm;
}

static void try_decode(uint32_t bits)
{
    struct isa_insn insn = isa_decode(bits);
    require(insn.len == isa_length((uint16_t)bits) && insn.op < ISA_OP_COUNT);
    require(insn.bits == (insn.len == 2 ? bits & 0xffff : bits));
    require(insn.rd < 32 && insn.rs1 < 32 && insn.rs2 < 32 && insn.rs3 < 32 && insn.rm < 8);
    uint32_t again = 0xabadcafe;
    if (!isa_encode(&insn, &again)) {
        require(insn.op == ISA_OP_illegal && again == 0xabadcafe);
        return;
    }
    struct isa_insn back = isa_decode(again);
    require(insn.op != ISA_OP_illegal && back.len == 4 && is_same(&insn, &back));
    require(insn.len == 2 || again == bits);
}

static void try_disassemble(uint32_t bits, uint64_t pc)
{
    char whole[128], cut[128];
    size_t length = isa_disassemble(whole, sizeof whole, bits, pc);
    require(length > 0 && length < sizeof whole && strlen(whole) == length);
    const size_t sizes[] = {0, 1, length / 2, length, length + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i];
        memset(cut, 'x', sizeof cut);
        require(isa_disassemble(cut, size, bits, pc) == length);
        require(cut[size] == 'x');
        require(size == 0 || (strlen(cut) == size - 1 && !memcmp(cut, whole, size - 1)));
    }
}

/* Any operands, not only decodable ones: what encodes must decode to the same. */
static void try_encode(const uint8_t *data)
{
    struct isa_insn insn = {.op = data[0], .rd = data[1], .rs1 = data[2], .rs2 = data[3], .rs3 = data[4], .rm = data[5]};
    uint32_t bits;
    memcpy(&insn.imm, data + 6, sizeof insn.imm);
    if (!isa_encode(&insn, &bits))
        return;
    struct isa_insn back = isa_decode(bits);
    require(is_same(&insn, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at + 4 <= size; at += 4) {
        uint32_t bits;
        memcpy(&bits, data + at, sizeof bits);
        try_decode(bits);
        try_disassemble(bits, UINT64_C(0x80000000) + at);
        try_disassemble(bits, UINT64_MAX - 1);
    }
    for (size_t at = 0; at + 10 <= size; at += 10)
        try_encode(data + at);
    return 0;
}
