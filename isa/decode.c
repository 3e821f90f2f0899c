/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bits to struct isa_insn. tablegen's decision trees find the row, the row's layout function takes the operands out. An illegal
 * instruction has no operands.
 */
#include "table.h"

/* Rounding modes 5 and 6 are reserved (unprivileged specification, section "Floating-Point Control and Status Register"). */
static bool is_reserved_rm(uint32_t bits)
{
    unsigned rm = bits >> 12 & 7;
    return rm == 5 || rm == 6;
}

struct isa_insn isa_decode(uint32_t bits)
{
    struct isa_insn insn = {.len = (uint8_t)isa_length((uint16_t)bits), .bits = bits};
    if (insn.len == 4) {
        unsigned op = isa_match_4(bits);
        if (op != ISA_OP_illegal && !(isa_rows[op].sets_rm && is_reserved_rm(bits))) {
            insn.op = (uint16_t)op;
            isa_forms[op].extract(bits, &insn);
        }
    } else {
        insn.bits = bits & 0xffff;
        unsigned c = isa_match_2(insn.bits);
        if (c != ISA_C_none) {
            insn.op = isa_compressed_rows[c].op;
            isa_compressed_rows[c].extract(insn.bits, &insn);
        }
    }
    return insn;
}
