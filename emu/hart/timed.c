/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loads, stores and atomics of `timed` fidelity when the table of lines does not have them: first what the data cache can answer at
 * once, then the long way by steps (part.c).
 * As in slow.c no function gives away the address of a local.
 */
#include "part.h"

#include "engine.h"
#include "miss.h"

static op_result raise(struct hart *h, const struct op *op, int64_t budget, int64_t left, uint64_t cause, uint64_t tval)
{
    TAIL(engine_trap(h, cause, tval, op_pc(h, op), budget + left));
}

/* Fills in h->part. (Not by a struct handed on: a tail call is a jump only if its arguments fit in registers.) */
static inline void begin_part(struct hart *h, const struct op *op, enum part_kind kind, enum isa_op row, unsigned size, uint64_t vaddr,
                              uint64_t value)
{
    h->part = (struct hart_part){.kind = (uint8_t)kind, .op = (uint16_t)row, .size = (uint8_t)size, .rd = op->a,
                                 .len = op->at & AT_LONG ? 4 : 2, .vaddr = vaddr, .value = value, .bubble = op->at & AT_BUBBLE};
}

/* The bubble that follows the instruction, as a budget. */
static inline int64_t bubble_of(const struct hart *h, const struct op *op)
{
    return op->at & AT_BUBBLE ? BUDGET(h->shared->pipeline.load_use_cycles, 0) : 0;
}

/* The long way, for the part begun; `budget` is that before the instruction. */
static op_result by_steps(struct hart *h, const struct op *op, int64_t budget)
{
    bool within = !is_line_end(op + (op->at >> AT_SLOTS_SHIFT & 3) + 1);
    uint64_t pc = op_pc(h, op), next_pc = op_next_pc(h, op);
    engine_settle(h, budget);
    h->pc = pc;
    h->spent = h->waits = 0;
    h->patience = budget_cycles(budget) + h->bias;
    enum part_result result = part_go(h);
    budget = engine_take_spent(h, budget);
    if (result == PART_WAIT) {
        h->steps++; /* beginning to wait is a step: a position says whether it has begun */
        TAIL(engine_leave(h, HART_EXIT_STOPPED, pc, budget));
    }
    if (result == PART_FAULT)
        TAIL(engine_trap(h, h->part_fault, h->part_tval, pc, budget));
    if (result == PART_LATER)
        TAIL(engine_leave_part(h, pc, budget));
    part_apply(h);
    within &= h->waits == 0;
    budget -= bubble_of(h, op);
    if (result == PART_DONE) {
        budget -= ONE_STEP;
    } else { /* the last wait was its step; with it a slice ended */
        h->instret++;
        h->fresh = budget;
    }
    if (h->attention) {
        h->within = within;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, next_pc, budget));
    }
    TAIL(engine_enter_within(h, next_pc, budget, within));
}

/* The short way for a plain load or store whose page is known and whose line the cache does not have, where others act. */
static op_result wait_for_line(struct hart *h, const struct op *op, int64_t budget, uint64_t paddr)
{
    engine_settle(h, budget);
    h->pc = op_pc(h, op);
    miss_wait(h, paddr);
    h->steps++; /* beginning to wait is a step: a position says whether it has begun */
    TAIL(engine_leave(h, HART_EXIT_STOPPED, h->pc, budget));
}

static uint64_t paddr_of(const struct hart *h, const struct l0_data *page, uint64_t address)
{
    return memory_paddr(h->shared->memory, (uint32_t)page->page) + address % PAGE_BYTES;
}

/* ---- the short way: the page is known, and the cache has the line ---- */

static const struct l0_data *page_of_load(const struct hart *h, uint64_t address, unsigned width)
{
    const struct l0_data *page = l0_page_way(h->l0->data, address);
    return page->rtag == l0_page_tag(address, width) ? page : NULL;
}

static const struct l0_data *page_of_store(const struct hart *h, uint64_t address, unsigned width)
{
    const struct l0_data *page = l0_page_way(h->l0->data, address);
    return (page->wtag & ~(uint64_t)L0_SLOW_STORE) == l0_page_tag(address, width) ? page : NULL;
}

/* The part begun, aligned, is on a page that is known (NULL: it is not): its translation is done. */
static void skip_translation(struct hart *h, const struct l0_data *page, uint64_t address)
{
    if (!page || !memory_is_ram(h->shared->memory, (uint32_t)page->page))
        return;
    h->part.stage = PART_ACCESS_FIRST;
    h->part.paddr[0] = paddr_of(h, page, address);
}

/* Behind an access that got its line at once: on in the run if it fits, though it took longer than the run was charged for. */
static op_result after_getting(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, int64_t left)
{
    int64_t behind = budget - BUDGET(h->spent - 1, 0); /* it was charged for one */
    if (LIKELY(behind >= 0 && !h->attention)) {
        h->start = budget + left - BUDGET(h->spent, 0);
        budget = behind;
        NEXT(1);
    }
    h->instret++;
    h->steps++;
    budget += left - BUDGET(h->spent, 0);
    h->start = budget;
    budget -= bubble_of(h, op);
    h->fresh = budget;
    if (UNLIKELY(h->attention)) {
        h->within = false;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, op_next_pc(h, op), budget));
    }
    TAIL(engine_enter(h, op_next_pc(h, op), budget));
}

/* The same when it got room at most. */
static op_result after_trying(struct hart *h, const struct op *op, int64_t budget)
{
    budget -= BUDGET(h->spent, 0);
    h->start = budget;
    TAIL(by_steps(h, op, budget));
}

op_result timed_load(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row)
{
    unsigned width = isa_rows[row].width;
    uint64_t address = h->x[op->b] + (uint64_t)(int64_t)op->imm;
    const struct l0_data *page = page_of_load(h, address, width);
    if (LIKELY(page)) {
        uint32_t slot = part_readable(h, part_data_cache(h), part_line((uint32_t)page->page, address));
        if (slot != CACHE_NONE) {
            mmu_l0_fill_line(h, address, address, slot);
            engine_load_result(h, row, op->a, host_load(address + page->addend, width));
            NEXT(1);
        }
    }
    int64_t left = h->code->left[(op->at & AT_OFFSET) / 2];
    if (page && h->shared->alone_until) {
        __builtin_prefetch((const void *)(uintptr_t)(address + page->addend));
        engine_settle(h, budget + left);
        h->pc = op_pc(h, op);
        if (miss_get_alone(h, part_line((uint32_t)page->page, address), BUS_WANT_READ, 0, 0)) {
            mmu_l0_fill_line(h, address, address, h->slot);
            engine_load_result(h, row, op->a, host_load(address + page->addend, width));
            TAIL(after_getting(h, op, budget, l0, left));
        }
        begin_part(h, op, PART_LOAD, row, width, address, 0);
        TAIL(after_trying(h, op, budget + left));
    }
    if (address % width && !h->shared->cpu.misaligned)
        TAIL(raise(h, op, budget, left, ISA_TRAP_LOAD_MISALIGNED, address));
    begin_part(h, op, PART_LOAD, row, width, address, 0);
    if (LIKELY(page))
        TAIL(wait_for_line(h, op, budget + left, paddr_of(h, page, address)));
    TAIL(by_steps(h, op, budget + left));
}

/* Does a store concern nothing but the line's bytes and state? */
static bool is_simple_store(const struct hart *h, const struct l0_data *page, uint64_t address)
{
    return page && !is_code_line(h, page->page, address) && !h->shared->reservation.own_store_clears;
}

static void make_written(struct hart *h, uint32_t slot)
{
    struct cache_slot *held = &h->shared->caches->slot[slot];
    held->state = h->shared->coherence->row[held->state][STIMULUS_STORE].next;
}

op_result timed_store(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width, uint64_t value)
{
    uint64_t address = h->x[op->b] + (uint64_t)(int64_t)op->imm;
    const struct l0_data *page = page_of_store(h, address, width);
    bool simple = is_simple_store(h, page, address);
    uint32_t slot = simple ? part_writable(h, part_line((uint32_t)page->page, address)) : CACHE_NONE;
    if (LIKELY(slot != CACHE_NONE)) {
        make_written(h, slot);
        host_store(address + page->addend, width, value);
        mmu_l0_fill_line(h, address, address, slot);
        NEXT(1);
    }
    int64_t left = h->code->left[(op->at & AT_OFFSET) / 2];
    if (simple && h->shared->alone_until) {
        __builtin_prefetch((const void *)(uintptr_t)(address + page->addend));
        engine_settle(h, budget + left);
        h->pc = op_pc(h, op);
        if (miss_get_alone(h, part_line((uint32_t)page->page, address), BUS_WANT_OWN, (unsigned)(address % LINE_BYTES), width)) {
            host_store(address + page->addend, width, value);
            mmu_l0_fill_line(h, address, address, h->slot);
            TAIL(after_getting(h, op, budget, l0, left));
        }
        begin_part(h, op, PART_STORE, ISA_OP_illegal, width, address, value);
        TAIL(after_trying(h, op, budget + left));
    }
    if (address % width && !h->shared->cpu.misaligned)
        TAIL(raise(h, op, budget, left, ISA_TRAP_STORE_MISALIGNED, address));
    begin_part(h, op, PART_STORE, ISA_OP_illegal, width, address, value);
    if (LIKELY(simple))
        TAIL(wait_for_line(h, op, budget + left, paddr_of(h, page, address)));
    TAIL(by_steps(h, op, budget + left));
}

op_result timed_lr(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width)
{
    uint64_t address = h->x[op->b];
    int64_t left = h->code->left[(op->at & AT_OFFSET) / 2];
    if (address % width)
        TAIL(raise(h, op, budget, left, ISA_TRAP_LOAD_MISALIGNED, address));
    begin_part(h, op, PART_LR, ISA_OP_illegal, width, address, 0);
    skip_translation(h, page_of_load(h, address, width), address);
    TAIL(by_steps(h, op, budget + left));
}

op_result timed_sc(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width)
{
    uint64_t address = h->x[op->b], value = h->x[(uint32_t)op->imm];
    int64_t left = h->code->left[(op->at & AT_OFFSET) / 2];
    if (address % width)
        TAIL(raise(h, op, budget, left, ISA_TRAP_STORE_MISALIGNED, address));
    if (h->reservation->size) {
        begin_part(h, op, PART_SC, ISA_OP_illegal, width, address, value);
        skip_translation(h, page_of_store(h, address, width), address);
        TAIL(by_steps(h, op, budget + left));
    }
    h->sc_failed[h->reservation->lost]++;
    if (hart_event_wanted(h->shared, EMU_EVENT_SC_FAILED)) {
        engine_settle(h, budget + left);
        h->pc = op_pc(h, op);
        hart_emit(h, EMU_EVENT_SC_FAILED, h->reservation->lost, 0, UINT16_MAX);
    }
    h->x[op->a] = 1;
    if (UNLIKELY(h->attention)) {
        h->within = !is_line_end(op + 1);
        TAIL(engine_leave(h, HART_EXIT_AGAIN, op_next_pc(h, op), budget + left - ONE_STEP - bubble_of(h, op)));
    }
    NEXT(1);
}

op_result timed_amo(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row)
{
    unsigned width = isa_rows[row].width;
    uint64_t address = h->x[op->b], value = h->x[(uint32_t)op->imm];
    const struct l0_data *page = page_of_store(h, address, width);
    uint32_t slot = page && !is_code_line(h, page->page, address) ? part_writable(h, part_line((uint32_t)page->page, address))
                                                                  : CACHE_NONE;
    if (LIKELY(slot != CACHE_NONE)) {
        store_mark_slow(h->shared, (uint32_t)page->page, (unsigned)(address % PAGE_BYTES / LINE_BYTES));
        make_written(h, slot);
        uint64_t old = host_load(address + page->addend, width);
        host_store(address + page->addend, width, engine_amo_result(row, old, value));
        h->x[op->a] = sign_extend(old, width);
        mmu_l0_fill_line(h, address, address, slot);
        NEXT(1);
    }
    int64_t left = h->code->left[(op->at & AT_OFFSET) / 2];
    if (address % width)
        TAIL(raise(h, op, budget, left, ISA_TRAP_STORE_MISALIGNED, address));
    begin_part(h, op, PART_AMO, row, width, address, value);
    skip_translation(h, page, address);
    TAIL(by_steps(h, op, budget + left));
}
