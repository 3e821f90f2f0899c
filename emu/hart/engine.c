/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine of `fast` fidelity: executes decoded runs, one step a cycle. `budget` is what is left of the steps granted; the length
 * of a run is taken off when it is entered and given back for what was not executed, so that nothing is counted on the way.
 * Handlers are made here from the rows: the row's function says what is computed, the handler does registers, memory and traps.
 * What needs more than a few instructions is in slow.c and reached by tail calls only.
 */
#include "engine.h"

#include <isa/exec_fp.h>
#include <isa/exec_int.h>
#include <string.h>

#define HANDLER(name) static op_result op_##name(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)

/* ---- computation ---- */

#define ROW_RR(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        h->x[op->a] = isa_exec_##name(h->x[op->b], h->x[(uint32_t)op->imm]);                                                       \
        NEXT(1);                                                                                                                   \
    }
#define ROW_RI(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        h->x[op->a] = isa_exec_##name(h->x[op->b], op->imm);                                                                       \
        NEXT(1);                                                                                                                   \
    }
#define ROW_R1(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        h->x[op->a] = isa_exec_##name(h->x[op->b]);                                                                                \
        NEXT(1);                                                                                                                   \
    }
#define ROW_UI(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        h->x[op->a] = isa_exec_##name(op_pc(h, op), op->imm);                                                                      \
        NEXT(1);                                                                                                                   \
    }

/* ---- control transfer ---- */

/* Follows the link behind a branch, jump or line end. */
#define FOLLOW()                                                                                                                   \
    do {                                                                                                                           \
        const struct op_link *link = (const struct op_link *)(op + 1);                                                             \
        budget += link->refund;                                                                                                     \
        if (UNLIKELY(budget < 0))                                                                                                  \
            TAIL(engine_over(h, op, budget, l0));                                                                                  \
        budget -= link->charge; \
        GO(link->target);                                                                                                          \
    } while (0)

#define ROW_BR(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        if (isa_exec_##name(h->x[op->b], h->x[op->a]))                                                                             \
            FOLLOW();                                                                                                              \
        NEXT(3);                                                                                                                   \
    }
#define ROW_JAL(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        h->x[op->a] = op_next_pc(h, op);                                                                                           \
        FOLLOW();                                                                                                                  \
    }
#define ROW_JALR(name, width)                                                                                                      \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t target = (h->x[op->b] + (uint64_t)(int64_t)op->imm) & ~UINT64_C(1);                                               \
        h->x[op->a] = op_next_pc(h, op);                                                                                           \
        const struct l0_code *way = &h->l0->code[target >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];                                    \
        if (UNLIKELY(way->tag != (target & PAGE_MASK)))                                                                            \
            TAIL(engine_enter(h, target, budget));                                                                                 \
        struct code_page *code = way->page;                                                                                        \
        unsigned half = target >> 1 & (PAGE_BYTES / 2 - 1);                                                                        \
        const struct op *first = code->entry[half];                                                                                \
        if (UNLIKELY(!first || budget < 0))                                                                                         \
            TAIL(engine_enter(h, target, budget));                                                                                 \
        h->page_va = way->tag;                                                                                                     \
        h->code = code;                                                                                                            \
        budget -= code->left[half];                                                                                                \
        GO(first);                                                                                                                 \
    }

/* ---- memory ---- */

static inline uint64_t op_address(const struct hart *h, const struct op *op)
{
    return h->x[op->b] + (uint64_t)(int64_t)op->imm;
}

#define ROW_LD(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = op_address(h, op);                                                                                      \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(way->rtag != l0_tag(address, width)))                                                                         \
            TAIL(slow_load(h, op, budget, l0, ISA_OP_##name));                                                                     \
        h->x[op->a] = isa_exec_##name(host_load(address + way->addend, width));                                                    \
        NEXT(1);                                                                                                                   \
    }
#define ROW_ST(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = op_address(h, op);                                                                                      \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(way->wtag != l0_tag(address, width)))                                                                         \
            TAIL(slow_store(h, op, budget, l0, width, h->x[op->a]));                                                               \
        host_store(address + way->addend, width, h->x[op->a]);                                                                     \
        NEXT(1);                                                                                                                   \
    }
#define ROW_FLD(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = op_address(h, op);                                                                                      \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(h->fs != FS_DIRTY))                                                                                           \
            TAIL(slow_fp_load(h, op, budget, l0));                                                                                      \
        if (UNLIKELY(way->rtag != l0_tag(address, width)))                                                                         \
            TAIL(slow_load(h, op, budget, l0, ISA_OP_##name));                                                                     \
        h->f[op->a] = isa_exec_##name(host_load(address + way->addend, width));                                                    \
        NEXT(1);                                                                                                                   \
    }
#define ROW_FST(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = op_address(h, op);                                                                                      \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(h->fs == FS_OFF))                                                                                             \
            TAIL(slow_illegal(h, op, budget, l0));                                                                                 \
        if (UNLIKELY(way->wtag != l0_tag(address, width)))                                                                         \
            TAIL(slow_store(h, op, budget, l0, width, h->f[op->a]));                                                               \
        host_store(address + way->addend, width, h->f[op->a]);                                                                     \
        NEXT(1);                                                                                                                   \
    }

/* A reservation's key is the operand's host address, given when its line was found slow, in RAM and without decoded code. */
#define ROW_LR(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = h->x[op->b];                                                                                            \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        uint64_t host = address + way->addend;                                                                                     \
        if (UNLIKELY(way->rtag != l0_tag(address, width) || !reservation_retake(h->reservation, host, width)))                     \
            TAIL(slow_lr(h, op, budget, l0, width));                                                                               \
        h->x[op->a] = sign_extend(host_load(host, width), width);                                                                  \
        NEXT(1);                                                                                                                   \
    }
#define ROW_SC(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = h->x[op->b];                                                                                            \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        uint64_t host = address + way->addend;                                                                                     \
        if (UNLIKELY(way->wtag != (l0_tag(address, width) | L0_SLOW_STORE) || !reservation_use(h->reservation, host, width)))      \
            TAIL(slow_sc(h, op, budget, l0, width));                                                                               \
        host_store(host, width, h->x[(uint32_t)op->imm]);                                                                          \
        h->sc_done++;                                                                                                              \
        h->x[op->a] = 0;                                                                                                           \
        NEXT(1);                                                                                                                   \
    }
#define ROW_AMO(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = h->x[op->b];                                                                                            \
        const struct l0_data *way = l0_way(l0, address);                                                                           \
        if (UNLIKELY(way->wtag != (l0_tag(address, width) | L0_SLOW_STORE) || !is_slow_line(h, way->page, address) ||              \
                     is_code_line(h, way->page, address) ||                                                                        \
                     !reservation_is_quiet(h->reservations, way_paddr(way, address), h->id)))                                      \
            TAIL(slow_amo(h, op, budget, l0, ISA_OP_##name));                                                                      \
        uint64_t old = host_load(address + way->addend, width);                                                                    \
        host_store(address + way->addend, width, isa_exec_##name(old, h->x[(uint32_t)op->imm]));                                   \
        h->x[op->a] = sign_extend(old, width);                                                                                     \
        NEXT(1);                                                                                                                   \
    }

/* ---- floating point ---- */

static inline unsigned op_rm(const struct hart *h, const struct op *op)
{
    unsigned rm = (uint32_t)op->imm >> 16;
    return LIKELY(rm == 7) ? h->frm : rm;
}

#define FP_GUARD(dirty)                                                                                                            \
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
    FOLLOW();
}

const struct op_handlers op_handlers = {
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
    .cut = engine_cut,
};
