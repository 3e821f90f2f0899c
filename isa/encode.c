/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * struct isa_insn to bits. There is one rule for what fits: operands fit when the row's layout gives them back unchanged, which
 * covers register numbers, immediate ranges, alignment and operands that the format does not have.
 */
#include "table.h"

bool isa_encode(const struct isa_insn *insn, uint32_t *ret_bits)
{
    if (insn->op == ISA_OP_illegal || insn->op >= ISA_OP_COUNT)
        return false;
    const struct isa_form *form = &isa_forms[insn->op];
    uint32_t bits = isa_rows[insn->op].match | form->insert(insn);
    struct isa_insn back = {.op = insn->op};
    form->extract(bits, &back);
    bool fits = back.rd == insn->rd && back.rs1 == insn->rs1 && back.rs2 == insn->rs2 && back.rs3 == insn->rs3 &&
                back.rm == insn->rm && back.imm == insn->imm;
    if (!fits || (isa_rows[insn->op].sets_rm && (insn->rm == 5 || insn->rm == 6)))
        return false;
    *ret_bits = bits;
    return true;
}
