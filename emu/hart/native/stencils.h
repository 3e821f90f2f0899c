/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stencils: one function a row, with the row's own semantics, written so that operands appear as addresses of undefined symbols.
 * The compiler leaves a relocation wherever an operand stands; native/extract.c turns code and relocations into a table, and
 * native.c copies and patches. Included by stencils_fast.c and stencils_timed.c, which are compiled for that only and never linked. Every stencil ends in st_continue, which is
 * the next instruction's code. `op` is the run's first op throughout; hole_op is the distance to this instruction's own.
 */
#ifndef HART_NATIVE_STENCILS_H
#define HART_NATIVE_STENCILS_H

#include "../engine.h"
#include "../native_stubs.h"
#include "../rows.h"

#include <isa/exec_int.h>

extern char hole_a[], hole_b[], hole_c[]; /* offsets of registers in struct hart */
extern char hole_imm[];                   /* immediate */
extern char hole_at[], hole_next[];       /* offsets in the page of this instruction and the one behind it */
extern char hole_op[];                    /* bytes from the first op to this one */
extern char hole_exact[];                 /* bytes from the first op to this one's second copy */
extern char hole_line[];                  /* branches, jumps, line ends: the line in the page that they lead to */

op_function st_continue;

#define HANDLER(name) void st_##name(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
#define HOLE(what)    ((int64_t)(intptr_t)hole_##what)
#define REG(what)     (*(uint64_t *)((char *)h + HOLE(what)))
#define XA            REG(a)
#define XB            REG(b)
#define XC            REG(c)
#define FA            REG(a) /* hole_a is the offset of an f register there */
#define IMM           HOLE(imm)
#define PC            (h->page_va + (uint64_t)HOLE(at))
#define NEXT_PC       (h->page_va + (uint64_t)HOLE(next))
#define HERE          ((const struct op *)((const char *)op + HOLE(op)))
#define SLOW(part, ...) return h->stubs->part(h, HERE, budget, l0, ##__VA_ARGS__)
#define ENTER(pc)       return h->stubs->enter(h, pc, budget)
#define RUN(to)         return (to)->run(h, to, budget, l0)
#define NEXT_INSN(slots) return st_continue(h, op, budget, l0)
#define TARGET_LINE     HOLE(line)

/* Left to their handlers, through the stencil `handler`. */
#define ROW_CSR(name, width)
#define ROW_SYS(name, width)
#define ROW_FP1(name, width)
#define ROW_FP2(name, width)
#define ROW_FP3(name, width)
#define ROW_FPX1(name, width)
#define ROW_FPX2(name, width)
#define ROW_XFP1(name, width)

#define INSN(name, mnemonic, pattern, operands, kind, timing, width, extension, meaning) ROW_##kind(name, width)
#include <isa/insn.def>
#undef INSN

/* The handler of this instruction, which its second copy still leads to. */
HANDLER(handler)
{
    const struct op *exact = (const struct op *)((const char *)op + HOLE(exact));
    return exact->run(h, HERE, budget, l0);
}

HANDLER(fence)
{
    NEXT_INSN(1);
}

HANDLER(line_end)
{
    FOLLOW(TARGET_LINE);
}

/* What an op in the middle of a run leads to: makes `op` the first op again. hole_op is negative here. */
HANDLER(entry)
{
    op = HERE;
    NEXT_INSN(1);
}

#endif
