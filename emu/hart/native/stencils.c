/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stencils: one function a row, with the row's own semantics, written so that operands appear as addresses of undefined symbols.
 * The compiler leaves a relocation wherever an operand stands; native/extract.c turns code and relocations into a table, and
 * native.c copies and patches. This file is compiled for that only and never linked. Every stencil ends in st_continue, which is
 * the next instruction's code. `op` is the run's first op throughout; hole_op is the distance to this instruction's own.
 */
#include "../engine.h"
#include "../native_stubs.h"

#include <isa/exec_int.h>

extern char hole_a[], hole_b[], hole_c[]; /* offsets of registers in struct hart */
extern char hole_imm[];                   /* immediate */
extern char hole_at[], hole_next[];       /* offsets in the page of this instruction and the one behind it */
extern char hole_op[];                    /* bytes from the first op to this one */
extern char hole_exact[];                 /* bytes from the first op to this one's second copy */

op_function st_continue;

#define STENCIL(name) void st_##name(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
#define HOLE(what) ((int64_t)(intptr_t)hole_##what)
#define REG(what) (*(uint64_t *)((char *)h + HOLE(what)))
#define OP ((const struct op *)((const char *)op + HOLE(op)))
#define STUB(name, ...) return h->stubs->name(h, OP, budget, l0, ##__VA_ARGS__)
#define CONTINUE() return st_continue(h, op, budget, l0)

#define FOLLOW()                                                                                                                   \
    do {                                                                                                                           \
        const struct op_link *link = (const struct op_link *)(OP + 1);                                                             \
        budget += link->refund;                                                                                                     \
        if (UNLIKELY(budget < 0))                                                                                                  \
            STUB(over);                                                                                                            \
        return link->target->run(h, link->target, budget - link->charge, l0);                                                                     \
    } while (0)

#define ROW_RR(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        REG(a) = isa_exec_##name(REG(b), REG(c));                                                                                  \
        CONTINUE();                                                                                                                \
    }
#define ROW_RI(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        REG(a) = isa_exec_##name(REG(b), HOLE(imm));                                                                               \
        CONTINUE();                                                                                                                \
    }
#define ROW_R1(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        REG(a) = isa_exec_##name(REG(b));                                                                                          \
        CONTINUE();                                                                                                                \
    }
#define ROW_UI(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        REG(a) = isa_exec_##name(h->page_va + (uint64_t)HOLE(at), HOLE(imm));                                                      \
        CONTINUE();                                                                                                                \
    }
#define ROW_BR(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        if (isa_exec_##name(REG(b), REG(a)))                                                                                       \
            FOLLOW();                                                                                                              \
        CONTINUE();                                                                                                                \
    }
#define ROW_JAL(name, width)                                                                                                       \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        REG(a) = h->page_va + (uint64_t)HOLE(next);                                                                                \
        FOLLOW();                                                                                                                  \
    }
#define ROW_JALR(name, width)                                                                                                      \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t target = (REG(b) + (uint64_t)HOLE(imm)) & ~UINT64_C(1);                                                           \
        REG(a) = h->page_va + (uint64_t)HOLE(next);                                                                                \
        const struct l0_code *way = &h->l0->code[target >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];                                    \
        if (UNLIKELY(way->tag != (target & PAGE_MASK)))                                                                            \
            return h->stubs->enter(h, target, budget);                                                                             \
        struct code_page *code = way->page;                                                                                        \
        unsigned half = target >> 1 & (PAGE_BYTES / 2 - 1);                                                                        \
        const struct op *first = code->entry[half];                                                                                \
        if (UNLIKELY(!first || budget < 0))                                                                                         \
            return h->stubs->enter(h, target, budget);                                                                             \
        h->page_va = way->tag;                                                                                                     \
        h->code = code;                                                                                                            \
        return first->run(h, first, budget - code->left[half], l0);                                                                                    \
    }
#define ROW_LD(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = REG(b) + (uint64_t)HOLE(imm);                                                                           \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(way->rtag != l0_tag(address, width)))                                                                         \
            STUB(load, ISA_OP_##name);                                                                                             \
        REG(a) = isa_exec_##name(host_load(address + way->addend, width));                                                         \
        CONTINUE();                                                                                                                \
    }
#define ROW_ST(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = REG(b) + (uint64_t)HOLE(imm);                                                                           \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(way->wtag != l0_tag(address, width)))                                                                         \
            STUB(store, width, REG(a));                                                                                            \
        host_store(address + way->addend, width, REG(a));                                                                          \
        CONTINUE();                                                                                                                \
    }
/* Floating-point loads and stores: hole_a is the offset of an f register. */
#define ROW_FLD(name, width)                                                                                                       \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = REG(b) + (uint64_t)HOLE(imm);                                                                           \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(h->fs != FS_DIRTY))                                                                                           \
            STUB(fp_load);                                                                                                              \
        if (UNLIKELY(way->rtag != l0_tag(address, width)))                                                                         \
            STUB(load, ISA_OP_##name);                                                                                             \
        REG(a) = isa_exec_##name(host_load(address + way->addend, width));                                                         \
        CONTINUE();                                                                                                                \
    }
#define ROW_FST(name, width)                                                                                                       \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = REG(b) + (uint64_t)HOLE(imm);                                                                           \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(h->fs == FS_OFF))                                                                                             \
            STUB(illegal);                                                                                                         \
        if (UNLIKELY(way->wtag != l0_tag(address, width)))                                                                         \
            STUB(store, width, REG(a));                                                                                            \
        host_store(address + way->addend, width, REG(a));                                                                          \
        CONTINUE();                                                                                                                \
    }
#define ROW_LR(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = REG(b);                                                                                                 \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        uint64_t host = address + way->addend;                                                                                     \
        if (UNLIKELY(way->rtag != l0_tag(address, width) || !reservation_retake(h->reservation, host, width)))                     \
            STUB(lr, width);                                                                                                       \
        REG(a) = sign_extend(host_load(host, width), width);                                                                       \
        CONTINUE();                                                                                                                \
    }
#define ROW_SC(name, width)                                                                                                        \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = REG(b);                                                                                                 \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        uint64_t host = address + way->addend;                                                                                     \
        if (UNLIKELY(way->wtag != (l0_tag(address, width) | L0_SLOW_STORE) || !reservation_use(h->reservation, host, width)))      \
            STUB(sc, width);                                                                                                       \
        host_store(host, width, REG(c));                                                                                           \
        h->sc_done++;                                                                                                              \
        REG(a) = 0;                                                                                                                \
        CONTINUE();                                                                                                                \
    }
#define ROW_AMO(name, width)                                                                                                       \
    STENCIL(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = REG(b);                                                                                                 \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(way->wtag != (l0_tag(address, width) | L0_SLOW_STORE) || !is_slow_line(h, way->page, address) ||              \
                     is_code_line(h, way->page, address) ||                                                                        \
                     !reservation_is_quiet(h->reservations, way_paddr(way, address), h->id)))                                      \
            STUB(amo, ISA_OP_##name);                                                                                              \
        uint64_t old = host_load(address + way->addend, width);                                                                    \
        host_store(address + way->addend, width, isa_exec_##name(old, REG(c)));                                                    \
        REG(a) = sign_extend(old, width);                                                                                          \
        CONTINUE();                                                                                                                \
    }
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
STENCIL(handler)
{
    const struct op *exact = (const struct op *)((const char *)op + HOLE(exact));
    return exact->run(h, OP, budget, l0);
}

STENCIL(fence)
{
    CONTINUE();
}

STENCIL(line_end)
{
    FOLLOW();
}

/* What an op in the middle of a run leads to: makes `op` the first op again. hole_op is negative here. */
STENCIL(entry)
{
    op = OP;
    CONTINUE();
}
