/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The small assembler: reads operands in the order of the text, hands them out as the row's kind wants them.
 */
#include "assemble.h"

#include <isa/insn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct operands {
    uint8_t reg[4];
    unsigned regs;
    int32_t number;
};

static void misspelt(const char *text, const char *at)
{
    fprintf(stderr, "assemble: \"%s\" is not understood at \"%s\"\n", text, at);
    abort();
}

static bool is_name(const char *at, size_t length, const char *name)
{
    return name && strlen(name) == length && strncmp(at, name, length) == 0;
}

static bool find_operand(const char *at, size_t length, struct operands *operands)
{
    for (unsigned reg = 0; reg < 32; reg++) {
        if (is_name(at, length, isa_xreg_name(reg)) || is_name(at, length, isa_freg_name(reg))) {
            operands->reg[operands->regs++] = (uint8_t)reg;
            return true;
        }
    }
    for (unsigned csr = 0; csr < 4096; csr++) {
        if (is_name(at, length, isa_csr_name(csr))) {
            operands->number = (int32_t)csr;
            return true;
        }
    }
    return false;
}

static struct operands read_operands(const char *text, const char **at)
{
    struct operands operands = {.regs = 0};
    for (*at += strspn(*at, " ,()"); **at && **at != ';'; *at += strspn(*at, " ,()")) {
        size_t length = strcspn(*at, " ,();");
        const char *digits = *at + (**at == '.');
        char *end;
        long number = strtol(digits, &end, 0);
        if (end == *at + length && end > digits)
            operands.number = (int32_t)number;
        else if (operands.regs == 4 || !find_operand(*at, length, &operands))
            misspelt(text, *at);
        *at += length;
    }
    return operands;
}

/* The registers in the order in which assembler text has them: which fields of the instruction they are. */
static struct isa_insn make(enum isa_op op, const struct operands *operands)
{
    const uint8_t *reg = operands->reg;
    struct isa_insn insn = {.op = (uint16_t)op, .imm = operands->number, .rm = isa_rows[op].sets_rm ? 7 : 0};
    switch (isa_rows[op].kind) {
    case ISA_KIND_BR:
    case ISA_KIND_SYS:
        insn.rs1 = reg[0];
        insn.rs2 = reg[1];
        break;
    case ISA_KIND_ST:
    case ISA_KIND_FST:
        insn.rs2 = reg[0];
        insn.rs1 = reg[1];
        break;
    case ISA_KIND_SC:
    case ISA_KIND_AMO:
        insn.rd = reg[0];
        insn.rs2 = reg[1];
        insn.rs1 = reg[2];
        break;
    default:
        insn.rd = reg[0];
        insn.rs1 = reg[1];
        insn.rs2 = reg[2];
        insn.rs3 = reg[3];
    }
    return insn;
}

static void put_half(struct assembled *code, uint32_t half)
{
    if (code->count == ASSEMBLE_HALVES)
        abort();
    code->halves[code->count++] = (uint16_t)half;
}

static void put_insn(struct assembled *code, const char *text, const char **at)
{
    size_t length = strcspn(*at, " ;");
    const char *name = *at;
    enum isa_op op = ISA_OP_illegal;
    uint32_t word = 0;
    for (unsigned i = 1; i < ISA_OP_COUNT; i++)
        if (is_name(name, length, isa_rows[i].name))
            op = (enum isa_op)i;
    *at += length;
    struct operands operands = read_operands(text, at);
    code->instructions++;
    if (is_name(name, length, ".half")) {
        put_half(code, (uint32_t)operands.number);
        return;
    }
    struct isa_insn insn = make(op, &operands);
    if (is_name(name, length, "nop"))
        insn = (struct isa_insn){.op = ISA_OP_addi};
    if (insn.op == ISA_OP_fence)
        insn.imm = 0x33;
    if (insn.op == ISA_OP_illegal || !isa_encode(&insn, &word))
        misspelt(text, name);
    put_half(code, word);
    put_half(code, word >> 16);
}

void assemble(struct assembled *code, const char *text)
{
    const char *at = text + strspn(text, " ;");
    while (*at) {
        char *star;
        long times = strtol(at, &star, 10);
        if (*star != '*')
            times = 1;
        else
            at = star + 1;
        const char *begin = at;
        for (long i = 0; i < times; i++) {
            at = begin;
            put_insn(code, text, &at);
        }
        at += strspn(at, " ;");
    }
}

unsigned assemble_register(const char *name)
{
    unsigned reg = 0;
    while (reg < 32 && strcmp(isa_xreg_name(reg), name) != 0)
        reg++;
    if (reg == 32)
        misspelt(name, name);
    return reg;
}
