/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The handlers of one fidelity, which the includer (engine_fast.c, engine_timed.c) names: they execute decoded runs. `budget` is what
 * is left of the cycles and steps granted; what a run costs is taken off when it is entered and given back for what was not
 * executed, so that nothing is counted on the way. Handlers are made here from the rows: the row's function says what is computed,
 * the handler does registers, memory and traps. What needs more than a few instructions is in slow.c, timed.c and enter.c and reached
 * by tail calls only.
 */
#ifndef HART_HANDLERS_H
#define HART_HANDLERS_H

#include "engine.h"
#include "rows.h"

#include <isa/exec_fp.h>
#include <isa/exec_int.h>
#include <string.h>

#define HANDLER(name) static op_result op_##name(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
#define XA            h->x[op->a]
#define XB            h->x[op->b]
#define XC            h->x[(uint32_t)op->imm]
#define FA            h->f[op->a]
#define IMM           ((int64_t)op->imm)
#define PC            op_pc(h, op)
#define NEXT_PC       op_next_pc(h, op)
#define HERE          op
#define SLOW(part, ...) TAIL(slow_part_##part(h, op, budget, l0, ##__VA_ARGS__))
#define slow_part_over slow_over
#define slow_part_fp_load slow_fp_load
#define slow_part_illegal slow_illegal
#define TARGET_LINE (((op->at & AT_OFFSET) + (uint32_t)op->imm) >> LINE_SHIFT & (LINES_PER_PAGE - 1))
#define ENTER(pc)       TAIL(engine_enter(h, pc, budget))
#define RUN(to)         GO(to)
#define NEXT_INSN(slots) NEXT(slots)

/* ---- floating point ---- */

static inline unsigned op_rm(const struct hart *h, const struct op *op)
{
    unsigned rm = (uint32_t)op->imm >> 16;
    return LIKELY(rm == 7) ? h->frm : rm;
}

#define FP_GUARD()                                                                                                                 \
    unsigned rm = op_rm(h, op);                                                                                                    \
    if (UNLIKELY(h->fs != FS_DIRTY || rm > 4))                                                                                     \
    TAIL(slow_fp(h, op, budget, l0))
#define FS1 h->f[op->b]
#define FS2 h->f[op->imm & 31]
#define FS3 h->f[op->imm >> 8 & 31]

#define ROW_FP1(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        FP_GUARD();                                                                                                                \
        h->f[op->a] = isa_exec_##name(FS1, rm, &h->fflags);                                                                        \
        NEXT(1);                                                                                                                   \
    }
#define ROW_FP2(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        FP_GUARD();                                                                                                                \
        h->f[op->a] = isa_exec_##name(FS1, FS2, rm, &h->fflags);                                                                   \
        NEXT(1);                                                                                                                   \
    }
#define ROW_FP3(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        FP_GUARD();                                                                                                                \
        h->f[op->a] = isa_exec_##name(FS1, FS2, FS3, rm, &h->fflags);                                                              \
        NEXT(1);                                                                                                                   \
    }
#define ROW_FPX1(name, width)                                                                                                      \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        FP_GUARD();                                                                                                                \
        h->x[op->a] = isa_exec_##name(FS1, rm, &h->fflags);                                                                        \
        NEXT(1);                                                                                                                   \
    }
#define ROW_FPX2(name, width)                                                                                                      \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        FP_GUARD();                                                                                                                \
        h->x[op->a] = isa_exec_##name(FS1, FS2, rm, &h->fflags);                                                                   \
        NEXT(1);                                                                                                                   \
    }
#define ROW_XFP1(name, width)                                                                                                      \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        FP_GUARD();                                                                                                                \
        h->f[op->a] = isa_exec_##name(h->x[op->b], rm, &h->fflags);                                                                \
        NEXT(1);                                                                                                                   \
    }

/* ---- CSR and system rows: in slow.c, one function a row or family ---- */

#define ROW_CSR(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        TAIL(slow_csr(h, op, budget, l0, ISA_OP_##name));                                                                          \
    }
#define ROW_SYS(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        TAIL(slow_##name(h, op, budget, l0));                                                                                      \
    }

#define INSN(name, mnemonic, pattern, operands, kind, timing, width, extension, meaning) ROW_##kind(name, width)
#include <isa/insn.def>
#undef INSN

/* ---- roles ---- */

HANDLER(line_end)
{
    FOLLOW((uint32_t)op->imm >> LINE_SHIFT & (LINES_PER_PAGE - 1));
}

const struct op_handlers FIDELITY(op_handlers) = {
    .row = {[ISA_OP_illegal] = slow_illegal,
#define INSN(name, ...) [ISA_OP_##name] = op_##name,
#include <isa/insn.def>
#undef INSN
    },
    .line_end = op_line_end,
    .link = engine_link,
    .stale = engine_stale,
    .breakpoint = engine_breakpoint,
    .straddle = engine_straddle,
    .two_lines = engine_two_lines,
    .cut = engine_cut,
};

#endif
