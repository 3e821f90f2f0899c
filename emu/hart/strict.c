/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strict mode: a reservation lives as long as what follows its lr is a constrained sequence (unprivileged specification, "Eventual
 * Success of Store-Conditional Instructions"): at most 16 instructions placed one behind the other, from the lr to the sc, of the
 * base I set, without loads, stores, backward transfers, jalr, fence and system instructions, and an sc to the lr's own operand.
 * Code is decoded with a mark before each instruction, which is executed with it or not at all; without the mode there are none.
 */
#include "engine.h"

#include <isa/exec_int.h>

#define SEQUENCE_MOST 16u

static bool is_taken(unsigned row, uint64_t rs1, uint64_t rs2)
{
    switch (row) {
    case ISA_OP_beq:
        return isa_exec_beq(rs1, rs2);
    case ISA_OP_bne:
        return isa_exec_bne(rs1, rs2);
    case ISA_OP_blt:
        return isa_exec_blt(rs1, rs2);
    case ISA_OP_bge:
        return isa_exec_bge(rs1, rs2);
    case ISA_OP_bltu:
        return isa_exec_bltu(rs1, rs2);
    default:
        return isa_exec_bgeu(rs1, rs2);
    }
}

/* May the instruction stand between an lr and its sc, or be that sc? */
static bool is_allowed(const struct hart *h, const struct op *insn, unsigned row)
{
    if (isa_rows[row].kind == ISA_KIND_SC)
        return h->x[insn->b] == h->sequence.address && isa_rows[row].width == h->sequence.size;
    if (strcmp(isa_rows[row].extension, "I") != 0)
        return false;
    switch (isa_rows[row].kind) {
    case ISA_KIND_RR:
    case ISA_KIND_RI:
    case ISA_KIND_UI:
        return true;
    case ISA_KIND_JAL:
        return insn->imm > 0;
    case ISA_KIND_BR:
        return insn->imm > 0 || !is_taken(row, h->x[insn->b], h->x[insn->a]);
    default:
        return false;
    }
}

/* Counts the instruction at pc. What was jumped over counts too, as if its instructions had 4 bytes: nobody has read them. False:
 * there are too many, or the way to it was not forward. */
static bool is_near(struct hart_sequence *sequence, uint64_t pc, unsigned len)
{
    uint64_t skipped = pc - sequence->next_pc;
    if (skipped >= 4 * SEQUENCE_MOST)
        return false;
    sequence->count += (uint8_t)(1 + (skipped + 3) / 4);
    sequence->next_pc = pc + len;
    return sequence->count <= SEQUENCE_MOST;
}

op_result engine_strict(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    const struct op *insn = op + 1;
    unsigned row = (unsigned)op->imm, len = op->at & AT_LONG ? 4 : 2;
    uint64_t pc = op_pc(h, op);
    int64_t left = h->code->left[(op->at & AT_OFFSET) / 2];
    if (UNLIKELY(h->attention && !(op->at & AT_BUBBLE))) { /* somebody wants to hear of the last mark's event */
        h->within = true;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget + left));
    }
    if (isa_rows[row].kind == ISA_KIND_LR) {
        h->sequence =
            (struct hart_sequence){.address = h->x[insn->b], .next_pc = pc + len, .size = isa_rows[row].width, .count = 1};
    } else if (h->reservation->size && !(is_near(&h->sequence, pc, len) && is_allowed(h, insn, row))) {
        engine_settle(h, budget + left);
        h->pc = pc;
        reservation_end(h->reservations, h->id, EMU_REASON_UNCONSTRAINED, h->id);
    }
    NEXT(1);
}
