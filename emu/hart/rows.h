/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How an instruction of each kind is executed round its row's function, once for the interpreter (handlers.inc) and for translated code
 * (native/stencils.inc). The includer says where operands are and how to go on:
 *   HANDLER(name)      the function's head; its parameters are h, op, budget, l0
 *   XA XB XC           integer registers: rd, or rs2 of stores and branches; rs1; rs2
 *   FA                 the floating-point register in the place of rd, or rs2 of stores
 *   IMM PC NEXT_PC     the immediate; this instruction's address, and that of the one behind it
 *   HERE               this instruction's op
 *   SLOW(part, ...)    leaves to the out-of-line part, which takes h, HERE, budget, l0 and the arguments named
 *   ENTER(pc)          goes on at pc, wherever that is
 *   RUN(to)            executes the op `to`
 *   NEXT_INSN(slots)   goes on with the next instruction, `slots` ops behind this one
 *   TARGET_LINE        the line in its page that a branch or jump leads to
 * and the fidelity (fidelity_fast.h, fidelity_timed.h, fidelity_checked.h) how an address is looked up in the tables (WAY, TAG), whether
 * code lines must be looked for, when a run may not simply be entered (IS_OVER: the budget before and behind it), and which slow parts
 * there are.
 */
#ifndef HART_ROWS_H
#define HART_ROWS_H

/* Follows the link behind a branch, jump or line end. */
#define FOLLOW(line)                                                                                                               \
    do {                                                                                                                           \
        const struct op_link *link = (const struct op_link *)(HERE + 1);                                                           \
        budget += link->refund;                                                                                                    \
        int64_t behind = budget - link->charge;                                                                                    \
        if (UNLIKELY(IS_OVER(budget, behind) || !IS_PRESENT(line)))                                                                          \
            SLOW(over);                                                                                                            \
        budget = behind;                                                                                                           \
        RUN(link->target);                                                                                                         \
    } while (0)

/* ---- computation ---- */

#define ROW_RR(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        XA = isa_exec_##name(XB, XC);                                                                                              \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_RI(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        XA = isa_exec_##name(XB, IMM);                                                                                             \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_R1(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        XA = isa_exec_##name(XB);                                                                                                  \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_UI(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        XA = isa_exec_##name(PC, IMM);                                                                                             \
        NEXT_INSN(1);                                                                                                              \
    }

/* ---- control transfer ---- */

#define ROW_BR(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        if (isa_exec_##name(XB, XA))                                                                                               \
            FOLLOW(TARGET_LINE);                                                                                                   \
        NEXT_INSN(3);                                                                                                              \
    }
#define ROW_JAL(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        XA = NEXT_PC;                                                                                                              \
        FOLLOW(TARGET_LINE);                                                                                                       \
    }
#define ROW_JALR(name, width)                                                                                                      \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t target = (XB + (uint64_t)IMM) & ~UINT64_C(1);                                                                     \
        XA = NEXT_PC;                                                                                                              \
        const struct l0_code *way = &h->l0->code[target >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];                                    \
        if (UNLIKELY(way->tag != (target & PAGE_MASK)))                                                                            \
            ENTER(target);                                                                                                         \
        struct code_page *code = way->page;                                                                                        \
        unsigned half = target >> 1 & (PAGE_BYTES / 2 - 1);                                                                        \
        const struct op *first = code->entry[half];                                                                                \
        int64_t behind = budget - code->left[half];                                                                                \
        if (UNLIKELY(!first || IS_OVER(budget, behind) || !IS_PRESENT_IN(way, target)))                                                      \
            ENTER(target);                                                                                                         \
        h->page_va = way->tag;                                                                                                     \
        h->code = code;                                                                                                            \
        USE_PRESENT_OF(way);                                                                                                       \
        budget = behind;                                                                                                           \
        RUN(first);                                                                                                                \
    }

/* ---- memory ---- */

#define ROW_LD(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = XB + (uint64_t)IMM;                                                                                     \
        const struct l0_data *way = WAY(address);                                                                                  \
        if (UNLIKELY(way->rtag != TAG(address, width)))                                                                            \
            SLOW(load, ISA_OP_##name);                                                                                             \
        XA = isa_exec_##name(host_load(address + way->addend, width));                                                             \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_ST(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = XB + (uint64_t)IMM;                                                                                     \
        const struct l0_data *way = WAY(address);                                                                                  \
        if (UNLIKELY(way->wtag != TAG(address, width)))                                                                            \
            SLOW(store, width, XA);                                                                                                \
        host_store(address + way->addend, width, XA);                                                                              \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_FLD(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = XB + (uint64_t)IMM;                                                                                     \
        const struct l0_data *way = WAY(address);                                                                                  \
        if (UNLIKELY(h->fs != FS_DIRTY))                                                                                           \
            SLOW(fp_load);                                                                                                         \
        if (UNLIKELY(way->rtag != TAG(address, width)))                                                                            \
            SLOW(load, ISA_OP_##name);                                                                                             \
        FA = isa_exec_##name(host_load(address + way->addend, width));                                                             \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_FST(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = XB + (uint64_t)IMM;                                                                                     \
        const struct l0_data *way = WAY(address);                                                                                  \
        if (UNLIKELY(h->fs == FS_OFF))                                                                                             \
            SLOW(illegal);                                                                                                         \
        if (UNLIKELY(way->wtag != TAG(address, width)))                                                                            \
            SLOW(store, width, FA);                                                                                                \
        host_store(address + way->addend, width, FA);                                                                              \
        NEXT_INSN(1);                                                                                                              \
    }

/* A reservation's key is the operand's host address, given when its line was found slow, in RAM and not watched. */
#define ROW_LR(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = XB;                                                                                                     \
        const struct l0_data *way = WAY(address);                                                                                  \
        uint64_t host = address + way->addend;                                                                                     \
        if (UNLIKELY(way->rtag != TAG(address, width) || !reservation_retake(h->reservation, host, width)))                        \
            SLOW(lr, width);                                                                                                       \
        XA = sign_extend(host_load(host, width), width);                                                                           \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_SC(name, width)                                                                                                        \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = XB;                                                                                                     \
        const struct l0_data *way = WAY(address);                                                                                  \
        uint64_t host = address + way->addend;                                                                                     \
        if (UNLIKELY(way->wtag != (TAG(address, width) | L0_SLOW_STORE) || !reservation_use(h->reservation, host, width)))         \
            SLOW(sc, width);                                                                                                       \
        host_store(host, width, XC);                                                                                               \
        h->sc_done++;                                                                                                              \
        XA = 0;                                                                                                                    \
        NEXT_INSN(1);                                                                                                              \
    }
#define ROW_AMO(name, width)                                                                                                       \
    HANDLER(name)                                                                                                                  \
    {                                                                                                                              \
        uint64_t address = XB;                                                                                                     \
        const struct l0_data *way = WAY(address);                                                                                  \
        if (UNLIKELY(way->wtag != (TAG(address, width) | L0_SLOW_STORE) || !is_slow_line(h, way->page, address) ||                 \
                     is_code_line(h, way->page, address) ||                                                                        \
                     !reservation_is_quiet(h->reservations, way_paddr(way, address), h->id)))                                      \
            SLOW(amo, ISA_OP_##name);                                                                                              \
        uint64_t old = host_load(address + way->addend, width);                                                                    \
        host_store(address + way->addend, width, isa_exec_##name(old, XC));                                                        \
        XA = sign_extend(old, width);                                                                                              \
        NEXT_INSN(1);                                                                                                              \
    }

#endif
