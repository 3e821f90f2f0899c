/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One step of a backtrace. Call frame information is exact. Without it there are two guesses. In the innermost frame, ra is the
 * return address until the function has called another, after which ra leads into the function itself. Else s0 is the frame
 * pointer, if the code was compiled with -fno-omit-frame-pointer: below it are the return address and the caller's s0.
 */
#include "unwind.h"
#include "cfi.h"

#include <dwarf.h>

#define EXPRESSION_STACK 32
/* How far above sp a frame pointer may be. */
#define FRAME_BYTES_MOST (UINT64_C(1) << 20)

enum { RA = 1, SP = 2, GP = 3, TP = 4, S0 = 8 };

/* ---- frames ---- */

struct unwind_frame unwind_begin(uint64_t pc, const uint64_t x[static 32])
{
    struct unwind_frame frame = {.pc = pc, .known = UINT32_MAX};
    for (unsigned i = 1; i < 32; i++)
        frame.x[i] = x[i];
    return frame;
}

static bool is_known(const struct unwind_frame *frame, unsigned reg)
{
    return reg < 32 && (frame->known >> reg & 1);
}

void unwind_set(struct unwind_frame *frame, unsigned reg, uint64_t value)
{
    frame->known |= 1u << reg;
    frame->x[reg] = reg ? value : 0;
}

static void forget(struct unwind_frame *frame, unsigned reg)
{
    frame->known &= ~(1u << reg);
    frame->x[reg] = 0;
}

uint64_t unwind_address(const struct unwind_frame *frame)
{
    return frame->pc - frame->is_call;
}

static bool read_word(const struct unwind_memory *memory, uint64_t address, unsigned bytes, uint64_t *ret_value)
{
    uint8_t read[8] = {0};
    uint64_t value = 0;
    if (!memory->read(memory->context, address, read, bytes))
        return false;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)read[i] << (8 * i);
    *ret_value = value;
    return true;
}

/* ---- expressions: those operations that make an address out of registers and memory; no jumps, so they end ---- */

struct evaluation {
    const struct unwind_frame *frame;
    const struct unwind_memory *memory;
    struct cfi_cursor cursor;
    uint64_t stack[EXPRESSION_STACK];
    unsigned depth;
    bool is_bad;
};

static void push(struct evaluation *e, uint64_t value)
{
    if (e->depth == EXPRESSION_STACK)
        e->is_bad = true;
    else
        e->stack[e->depth++] = value;
}

static uint64_t pop(struct evaluation *e)
{
    if (e->depth == 0) {
        e->is_bad = true;
        return 0;
    }
    return e->stack[--e->depth];
}

static void push_again(struct evaluation *e, unsigned back)
{
    if (back >= e->depth)
        e->is_bad = true;
    else
        push(e, e->stack[e->depth - 1 - back]);
}

static void push_register(struct evaluation *e, uint64_t reg)
{
    int64_t offset = cfi_sleb(&e->cursor);
    if (reg >= 32 || !is_known(e->frame, (unsigned)reg))
        e->is_bad = true;
    else
        push(e, e->frame->x[reg] + (uint64_t)offset);
}

static void push_memory(struct evaluation *e, unsigned bytes)
{
    uint64_t value = 0;
    if (bytes < 1 || bytes > 8 || !read_word(e->memory, pop(e), bytes, &value))
        e->is_bad = true;
    push(e, value);
}

static bool push_constant(struct evaluation *e, uint8_t op)
{
    struct cfi_cursor *c = &e->cursor;
    switch (op) {
    case DW_OP_addr:
    case DW_OP_const8u:
    case DW_OP_const8s:
        push(e, cfi_number(c, 8));
        return true;
    case DW_OP_const1u:
        push(e, cfi_number(c, 1));
        return true;
    case DW_OP_const1s:
        push(e, (uint64_t)(int8_t)cfi_number(c, 1));
        return true;
    case DW_OP_const2u:
        push(e, cfi_number(c, 2));
        return true;
    case DW_OP_const2s:
        push(e, (uint64_t)(int16_t)cfi_number(c, 2));
        return true;
    case DW_OP_const4u:
        push(e, cfi_number(c, 4));
        return true;
    case DW_OP_const4s:
        push(e, (uint64_t)(int32_t)cfi_number(c, 4));
        return true;
    case DW_OP_constu:
        push(e, cfi_uleb(c));
        return true;
    case DW_OP_consts:
        push(e, (uint64_t)cfi_sleb(c));
        return true;
    default:
        if (op < DW_OP_lit0 || op > DW_OP_lit31)
            return false;
        push(e, op - DW_OP_lit0);
        return true;
    }
}

/* Of two: b was pushed last. */
static bool combine(uint8_t op, uint64_t a, uint64_t b, uint64_t *ret_value)
{
    int64_t sa = (int64_t)a, sb = (int64_t)b;
    switch (op) {
    case DW_OP_plus:
        *ret_value = a + b;
        return true;
    case DW_OP_minus:
        *ret_value = a - b;
        return true;
    case DW_OP_mul:
        *ret_value = a * b;
        return true;
    case DW_OP_and:
        *ret_value = a & b;
        return true;
    case DW_OP_or:
        *ret_value = a | b;
        return true;
    case DW_OP_xor:
        *ret_value = a ^ b;
        return true;
    case DW_OP_shl:
        *ret_value = b < 64 ? a << b : 0;
        return true;
    case DW_OP_shr:
        *ret_value = b < 64 ? a >> b : 0;
        return true;
    case DW_OP_shra:
        *ret_value = (uint64_t)(sa >> (b < 64 ? b : 63));
        return true;
    case DW_OP_eq:
        *ret_value = a == b;
        return true;
    case DW_OP_ne:
        *ret_value = a != b;
        return true;
    case DW_OP_lt:
        *ret_value = sa < sb;
        return true;
    case DW_OP_le:
        *ret_value = sa <= sb;
        return true;
    case DW_OP_gt:
        *ret_value = sa > sb;
        return true;
    case DW_OP_ge:
        *ret_value = sa >= sb;
        return true;
    default:
        return false;
    }
}

static bool arrange(struct evaluation *e, uint8_t op)
{
    switch (op) {
    case DW_OP_nop:
        return true;
    case DW_OP_dup:
        push_again(e, 0);
        return true;
    case DW_OP_over:
        push_again(e, 1);
        return true;
    case DW_OP_pick:
        push_again(e, (unsigned)cfi_number(&e->cursor, 1));
        return true;
    case DW_OP_drop:
        pop(e);
        return true;
    case DW_OP_swap: {
        uint64_t b = pop(e), a = pop(e);
        push(e, b);
        push(e, a);
        return true;
    }
    case DW_OP_neg:
        push(e, -pop(e));
        return true;
    case DW_OP_not:
        push(e, ~pop(e));
        return true;
    case DW_OP_plus_uconst:
        push(e, pop(e) + cfi_uleb(&e->cursor));
        return true;
    case DW_OP_deref:
        push_memory(e, 8);
        return true;
    case DW_OP_deref_size:
        push_memory(e, (unsigned)cfi_number(&e->cursor, 1));
        return true;
    default:
        return false;
    }
}

static void evaluate_op(struct evaluation *e, uint8_t op)
{
    uint64_t value;
    if (op >= DW_OP_breg0 && op <= DW_OP_breg31) {
        push_register(e, op - DW_OP_breg0);
    } else if (op == DW_OP_bregx) {
        push_register(e, cfi_uleb(&e->cursor));
    } else if (!push_constant(e, op) && !arrange(e, op)) {
        uint64_t b = pop(e), a = pop(e);
        if (!combine(op, a, b, &value))
            e->is_bad = true;
        else
            push(e, value);
    }
}

/* `cfa`: what is on the stack at first, in the rule of a register; NULL: nothing. */
static bool evaluate(const struct unwind_frame *frame, const struct unwind_memory *memory, const struct cfi_rule *rule,
                     const uint64_t *cfa, uint64_t *ret_value)
{
    struct evaluation e = {.frame = frame, .memory = memory, .cursor = {rule->expression, rule->expression + rule->bytes, false}};
    if (cfa)
        push(&e, *cfa);
    while (!e.is_bad && !e.cursor.is_bad && e.cursor.at < e.cursor.end)
        evaluate_op(&e, (uint8_t)cfi_number(&e.cursor, 1));
    if (e.is_bad || e.cursor.is_bad || e.depth == 0)
        return false;
    *ret_value = pop(&e);
    return true;
}

/* ---- by call frame information ---- */

/* Where the calling convention lets a function's caller find what it had: s0 to s11, gp, tp; sp is the CFA. */
static bool is_kept(unsigned reg)
{
    return reg == GP || reg == TP || reg == S0 || reg == 9 || (reg >= 18 && reg <= 27);
}

/* What the caller has in a register; false: not known. */
static bool recover(const struct unwind_frame *frame, const struct unwind_memory *memory, const struct cfi_row *row, uint64_t cfa,
                    unsigned reg, uint64_t *ret_value)
{
    const struct cfi_rule *rule = &row->reg[reg];
    unsigned from = reg;
    uint64_t address;
    switch (rule->how) {
    case CFI_UNDEFINED:
        return false;
    case CFI_OFFSET:
        return read_word(memory, cfa + (uint64_t)rule->value, 8, ret_value);
    case CFI_VALUE:
        *ret_value = cfa + (uint64_t)rule->value;
        return true;
    case CFI_AT_EXPRESSION:
        return evaluate(frame, memory, rule, &cfa, &address) && read_word(memory, address, 8, ret_value);
    case CFI_EXPRESSION:
        return evaluate(frame, memory, rule, &cfa, ret_value);
    case CFI_REGISTER:
        from = rule->value < 32 ? (unsigned)rule->value : 32;
        break;
    case CFI_UNSPECIFIED:
        if (reg == SP) {
            *ret_value = cfa;
            return true;
        }
        if (!is_kept(reg) && reg != row->return_register)
            return false;
        break;
    case CFI_SAME:
        break;
    }
    if (!is_known(frame, from))
        return false;
    *ret_value = frame->x[from];
    return true;
}

static bool find_cfa(const struct unwind_frame *frame, const struct unwind_memory *memory, const struct cfi_row *row,
                     uint64_t *ret_cfa)
{
    if (row->cfa.how == CFI_EXPRESSION)
        return evaluate(frame, memory, &row->cfa, NULL, ret_cfa);
    if (!is_known(frame, row->cfa_register))
        return false;
    *ret_cfa = frame->x[row->cfa_register] + (uint64_t)row->cfa.value;
    return true;
}

/* Whether a caller can be at this address. */
static bool is_place(uint64_t pc)
{
    return pc != 0 && pc % 2 == 0;
}

static bool step_by_cfi(const struct unwind_memory *memory, const struct cfi_row *row, struct unwind_frame *frame)
{
    struct unwind_frame caller = {.is_call = !row->is_signal, .known = 1};
    uint64_t cfa, value;
    if (!find_cfa(frame, memory, row, &cfa) || !recover(frame, memory, row, cfa, row->return_register, &caller.pc) ||
        !is_place(caller.pc))
        return false;
    for (unsigned reg = 1; reg < 32; reg++)
        if (recover(frame, memory, row, cfa, reg, &value))
            unwind_set(&caller, reg, value);
    if (caller.is_call)
        forget(&caller, RA); /* the caller's own is where its frame says */
    *frame = caller;
    return true;
}

/* ---- by guesses ---- */

static bool is_same_function(struct symbols *symbols, uint64_t a, uint64_t b)
{
    const struct symbol *one = symbols_lookup(symbols, a, NULL);
    return one && one == symbols_lookup(symbols, b, NULL);
}

/* Without images anything may be code. */
static bool may_be_code(struct symbols *symbols, uint64_t address)
{
    return is_place(address) && (symbols_images(symbols) == 0 || symbols_is_code(symbols, address));
}

static bool step_by_ra(struct symbols *symbols, struct unwind_frame *frame)
{
    if (frame->is_call || !is_known(frame, RA) || !may_be_code(symbols, frame->x[RA]) ||
        is_same_function(symbols, frame->pc, frame->x[RA] - 1))
        return false;
    frame->pc = frame->x[RA];
    frame->is_call = true;
    for (unsigned reg = 1; reg < 32; reg++)
        if (reg != SP && !is_kept(reg))
            forget(frame, reg);
    return true;
}

static bool step_by_frame_pointer(struct symbols *symbols, const struct unwind_memory *memory, struct unwind_frame *frame)
{
    uint64_t s0 = frame->x[S0], pc, below;
    if (!is_known(frame, S0) || s0 == 0 || s0 % 8 || s0 < 16)
        return false;
    if (is_known(frame, SP) && (s0 <= frame->x[SP] || s0 - frame->x[SP] > FRAME_BYTES_MOST))
        return false;
    if (!read_word(memory, s0 - 8, 8, &pc) || !read_word(memory, s0 - 16, 8, &below) || !may_be_code(symbols, pc))
        return false;
    struct unwind_frame caller = {.pc = pc, .is_call = true, .known = 1};
    unwind_set(&caller, SP, s0);
    unwind_set(&caller, S0, below);
    for (unsigned reg = GP; reg <= TP; reg++)
        if (is_known(frame, reg))
            unwind_set(&caller, reg, frame->x[reg]);
    *frame = caller;
    return true;
}

enum unwind_by unwind_step(struct symbols *symbols, const struct unwind_memory *memory, struct unwind_frame *frame)
{
    struct cfi_row row;
    if (cfi_lookup(symbols, unwind_address(frame), &row))
        return step_by_cfi(memory, &row, frame) ? UNWIND_CFI : UNWIND_END;
    if (step_by_ra(symbols, frame))
        return UNWIND_RA;
    return step_by_frame_pointer(symbols, memory, frame) ? UNWIND_FRAME_POINTER : UNWIND_END;
}
