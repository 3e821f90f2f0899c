/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What handlers are written with: dispatch, the L0 compare, host memory access; and the out-of-line parts they tail-call.
 */
#ifndef HART_ENGINE_H
#define HART_ENGINE_H

#include "code.h"

#include <emu/platform.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Becomes a jump where ENGINE_TAIL_CALLS is defined: no local's address may have been given away in the function. (Not by clang's
 * musttail: that asks for equal signatures. A test takes a million faults in one slice.) */
#define TAIL(call) return call

#ifdef ENGINE_TAIL_CALLS
#define GO(to)                                                                                                                     \
    do {                                                                                                                           \
        const struct op *go_ = (to);                                                                                               \
        TAIL(go_->run(h, go_, budget, l0));                                                                                        \
    } while (0)
#define LEAVE() return
#else
#define GO(to)                                                                                                                     \
    do {                                                                                                                           \
        (void)l0;                                                                                                                  \
        h->budget = budget;                                                                                                        \
        return (to);                                                                                                               \
    } while (0)
#define LEAVE() return NULL
#endif
#define NEXT(slots) GO(op + (slots))
/* Names the tables for GO, where they are not a parameter. */
#define TABLES(hart) struct l0_data *l0 __attribute__((unused)) = (hart)->table

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest memory is accessed in host byte order, which must be little-endian");

enum { FS_OFF = 0, FS_DIRTY = 3 };

static inline uint64_t op_pc(const struct hart *h, const struct op *op)
{
    return h->page_va + (op->at & AT_OFFSET);
}

static inline uint64_t op_next_pc(const struct hart *h, const struct op *op)
{
    return h->page_va + (op->at & AT_OFFSET) + 2 + 2 * (op->at & AT_LONG);
}

static inline struct l0_data *l0_page_way(struct l0_data *pages, uint64_t address)
{
    return &pages[address >> PAGE_SHIFT & (L0_DATA_ENTRIES - 1)];
}

/* What a tag must equal: the page, and zeros where a misaligned address has ones. */
static inline uint64_t l0_page_tag(uint64_t address, unsigned width)
{
    return address & (PAGE_MASK | (width - 1));
}

/* The same for lines. */
static inline struct l0_data *l0_line_way(struct l0_data *lines, uint64_t address)
{
    return &lines[address >> LINE_SHIFT & (L0_LINES - 1)];
}

static inline uint64_t l0_line_tag(uint64_t address, unsigned width)
{
    return address & (~(uint64_t)(LINE_BYTES - 1) | (width - 1));
}

static inline uint64_t host_load(uint64_t host, unsigned width)
{
    const void *at = (const void *)(uintptr_t)host;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (width) {
    case 1:
        memcpy(&u8, at, 1);
        return u8;
    case 2:
        memcpy(&u16, at, 2);
        return u16;
    case 4:
        memcpy(&u32, at, 4);
        return u32;
    default:
        memcpy(&u64, at, 8);
        return u64;
    }
}

static inline void host_store(uint64_t host, unsigned width, uint64_t value)
{
    memcpy((void *)(uintptr_t)host, &value, width);
}

static inline uint64_t sign_extend(uint64_t value, unsigned width)
{
    return width == 4 ? (uint64_t)(int64_t)(int32_t)value : value;
}

static inline bool is_slow_line(const struct hart *h, uint64_t page, uint64_t address)
{
    return h->slow[page] >> (address >> LINE_SHIFT & (LINES_PER_PAGE - 1)) & 1;
}

static inline bool is_code_line(const struct hart *h, uint64_t page, uint64_t address)
{
    return h->code_lines[page] >> (address >> LINE_SHIFT & (LINES_PER_PAGE - 1)) & 1;
}

/* Physical address through a way that holds the address's page, which is RAM. */
static inline uint64_t way_paddr(const struct l0_data *way, uint64_t address)
{
    return PLATFORM_RAM_BASE + (way->page << PAGE_SHIFT) + (address & (PAGE_BYTES - 1));
}

/* The mark behind a run that goes on in the next line (not a breakpoint's mark). */
static inline bool is_line_end(const struct op *op)
{
    return op->at & AT_MARK && op->at >> AT_SLOTS_SHIFT & 3;
}

/* A budget is cycles in the upper 48 bits and steps, to be counted down from STEPS_FULL, in the lower 16: what a run costs is one
 * number to be taken off. The sign is the cycles'. */
#define BUDGET_SHIFT 16
#define BUDGET(cycles, steps) ((int64_t)((uint64_t)(cycles) << BUDGET_SHIFT) + (steps))
#define ONE_STEP BUDGET(1, 1)
#define STEPS_FULL 0xffff

static inline int64_t budget_cycles(int64_t budget)
{
    return budget >> BUDGET_SHIFT;
}

/* Goes on at pc: translates, decodes, checks the budget. */
op_result engine_enter(struct hart *h, uint64_t pc, int64_t budget);
/* The same in the middle of what was a run, where the slice does not end (`within`): whether a run is left there depends on what
 * is decoded, which must change nothing. */
op_result engine_enter_within(struct hart *h, uint64_t pc, int64_t budget, bool within);
/* May the hart do another step? Else why not. `within`: the slice does not end here. */
enum hart_go { HART_GO, HART_GO_SLICE_OVER, HART_GO_BUDGET_DONE };
static inline enum hart_go engine_may_go(const struct hart *h, int64_t budget, bool within)
{
    int64_t allowed = budget_cycles(budget) + h->bias;
    if (!within && allowed - h->slack <= 0)
        return HART_GO_SLICE_OVER;
    return allowed <= 0 ? HART_GO_BUDGET_DONE : HART_GO;
}
/* A link taken with the budget, refund included, below 0. */
op_function slow_over, engine_link, engine_stale, engine_breakpoint, engine_straddle, engine_two_lines, engine_cut, engine_check;
/* At an instruction before which the slice is over, or nearly what is granted. */
op_function engine_check_over;
/* strict.c: the mark before each instruction in strict mode; its imm is the instruction's row. */
op_function engine_strict;
/* Ends the engine run: `budget` is left, the hart goes on at pc. */
op_result engine_leave(struct hart *h, enum hart_exit reason, uint64_t pc, int64_t budget);
/* Books what was done up to `budget` left, so that the hart's clock and counts are right, and counts from there. */
void engine_settle(struct hart *h, int64_t budget);
/* A trap at pc, after settling at budget; goes on at the vector or leaves. */
op_result engine_trap(struct hart *h, uint64_t cause, uint64_t tval, uint64_t pc, int64_t budget);

op_result slow_load(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row);
op_result slow_store(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width, uint64_t value);
op_result slow_lr(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width);
op_result slow_sc(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width);
op_result slow_amo(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row);
op_result slow_csr(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row);
/* FP instruction while FS is not dirty or the rounding mode is reserved: makes it dirty and tries again, or traps. Loads have no
 * rounding mode. */
op_function slow_fp, slow_fp_load, slow_illegal;
op_function slow_hint, slow_fence, slow_fence_tso, slow_fence_i, slow_pause, slow_ecall, slow_ebreak, slow_mret, slow_sret, slow_wfi,
    slow_sfence_vma;

/* timed: takes what a part's steps took, which the clock has already, off the budget. */
int64_t engine_take_spent(struct hart *h, int64_t budget);
/* timed: leaves with the part to be resumed, after a wait that ended a slice. */
op_result engine_leave_part(struct hart *h, uint64_t pc, int64_t budget);

/* What a load of this row does with the bytes read; what an AMO writes back. */
void engine_load_result(struct hart *h, unsigned row, unsigned rd, uint64_t raw);
uint64_t engine_amo_result(unsigned row, uint64_t old, uint64_t rs2);

/* timed.c */
op_result timed_load(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row);
op_result timed_store(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width, uint64_t value);
op_result timed_lr(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width);
op_result timed_sc(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width);
op_result timed_amo(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row);

#endif
