/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entering and leaving decoded code: translation of a pc to its run, links, exact ends, accounting. An engine run does exactly the
 * steps it was granted: where that ends within a decoded run, the instruction there is cut out for the time being.
 */
#include "engine.h"
#include "part.h"

#include <assert.h>

static inline void uncut(struct code_cache *cache)
{
    if (!cache->cut)
        return;
    if (cache->cut->run == cache->handlers->cut)
        cache->cut->run = cache->cut_run;
    cache->cut = NULL;
}

/* Inline here, where every engine run ends. */
static inline void settle(struct hart *h, int64_t budget)
{
    int64_t done = h->start - budget;
    uint64_t steps = (uint64_t)done & STEPS_FULL;
    h->cycle += (uint64_t)budget_cycles(done);
    h->steps += steps;
    h->instret += steps - h->unretired;
    h->unretired = 0;
    h->start = budget;
}

void engine_settle(struct hart *h, int64_t budget)
{
    settle(h, budget);
}

int64_t engine_take_spent(struct hart *h, int64_t budget)
{
    budget -= BUDGET(h->spent, 0);
    h->steps += h->waits;
    h->start = budget;
    if (h->waits) /* a slice has ended in between */
        h->fresh = INT64_MIN;
    return budget;
}

op_result engine_leave_part(struct hart *h, uint64_t pc, int64_t budget)
{
    h->fresh = budget;
    TAIL(engine_leave(h, HART_EXIT_SLICE, pc, budget));
}

op_result engine_leave(struct hart *h, enum hart_exit reason, uint64_t pc, int64_t budget)
{
    h->exit = (uint8_t)reason;
    h->pc = pc;
    h->budget = budget;
    LEAVE();
}

op_result engine_trap(struct hart *h, uint64_t cause, uint64_t tval, uint64_t pc, int64_t budget)
{
    engine_settle(h, budget);
    hart_trap(h, cause, tval, pc);
    h->unretired++;
    budget -= ONE_STEP;
    if (h->attention)
        TAIL(engine_leave(h, HART_EXIT_AGAIN, h->pc, budget));
    TAIL(engine_enter(h, h->pc, budget));
}

/* The same where a run is entered. It leaves: a vector that cannot be entered either would lead here again and again, each time deeper
 * where calls are not tail calls. */
static op_result trap_at_entry(struct hart *h, uint64_t cause, uint64_t tval, uint64_t pc, int64_t budget)
{
    engine_settle(h, budget);
    hart_trap(h, cause, tval, pc);
    h->unretired++;
    TAIL(engine_leave(h, HART_EXIT_AGAIN, h->pc, budget - ONE_STEP));
}

/* The first instruction of a run, behind the one at op, that begins `allowed` or more cycles from op's begin, or at which the slice
 * ends; NULL: none. `left` is what the run costs from op. */
static struct op *find_cut(const struct hart *h, const struct op *op, unsigned offset, int64_t left, int64_t allowed)
{
    const struct op *first = op - h->code->slot[offset / 2];
    const struct run_header *header = (const struct run_header *)first;
    unsigned here = header->count - (unsigned)(left & STEPS_FULL), i = here + 1;
    allowed += header->begin[here];
    int64_t soft = allowed - h->slack;
    while (i < header->count && header->begin[i] < allowed && !(header->begin[i] >= soft && header->checks >> i & 1))
        i++;
    return i < header->count ? (struct op *)(first + header->exact + header->slot[i]) : NULL;
}

/* Must second copies be used? First ones would look for the end of the slice, which budgets do not count to now. */
static bool is_exact(const struct hart *h)
{
    return h->shared->checks && !h->checks;
}

/* Executes those instructions of the run at op (which costs `left`) that begin within the `allowed` cycles, and in the slice: cuts the
 * one behind out of the run's second copy. */
static op_result enter_cut(struct hart *h, const struct op *op, unsigned offset, int64_t budget, int64_t left, int64_t allowed)
{
    TABLES(h);
    struct code_cache *cache = h->shared->code;
    uncut(cache);
    budget -= left; /* what is given back at the cut or on the way makes it right */
    if (h->code == cache->single || op->run == cache->handlers->straddle) /* one instruction, and there is no second copy */
        GO(op);
    struct op *cut = find_cut(h, op, offset, left, allowed);
    if (!cut && !is_exact(h))
        GO(op);
    if (cut) {
        cache->cut = cut;
        cache->cut_run = cut->run;
        cut->run = cache->handlers->cut;
    }
    const struct run_header *header = (const struct run_header *)(op - h->code->slot[offset / 2]);
    GO(op + header->exact);
}

/* Leaves because engine_may_go said so. */
static op_result leave_because(struct hart *h, enum hart_go go, uint64_t pc, int64_t budget, bool within)
{
    h->within = within;
    TAIL(engine_leave(h, go == HART_GO_SLICE_OVER ? HART_EXIT_SLICE : HART_EXIT_BUDGET, pc, budget));
}

static bool is_check(const struct code_page *code, unsigned offset)
{
    return code->checks[offset / 128] >> offset / 2 % 64 & 1;
}

/* Enters the run at op, which costs more than the budget: the slice may be over, or the run may not fit in what is allowed. */
static __attribute__((noinline)) op_result enter_checked(struct hart *h, const struct op *op, unsigned offset, int64_t budget,
                                                         int64_t left, bool within)
{
    TABLES(h);
    within = within && !is_check(h->code, offset);
    enum hart_go go = engine_may_go(h, budget, within);
    int64_t allowed = budget_cycles(budget) + h->bias;
    if (go == HART_GO && h->checks && !within && budget < BUDGET(1, 0))
        go = HART_GO_BUDGET_DONE; /* near the end of what is allowed: the rest is done exactly */
    if (go != HART_GO)
        TAIL(leave_because(h, go, h->page_va + offset, budget, within));
    bool fits = budget_cycles(left) <= (h->shared->timed && h->slack > 0 ? allowed - h->slack : allowed);
    if (!h->checks && (!fits || is_exact(h)))
        TAIL(enter_cut(h, op, offset, budget, left, allowed));
    budget -= left;
    GO(op);
}

op_result engine_cut(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    unsigned offset = op->at & AT_OFFSET;
    budget += h->code->left[offset / 2];
    bool within = !is_check(h->code, offset);
    enum hart_go go = engine_may_go(h, budget, within);
    TAIL(leave_because(h, go, op_pc(h, op), budget, within));
}

op_result engine_check_over(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    budget += h->code->left[(op->at & AT_OFFSET) / 2];
    TAIL(leave_because(h, engine_may_go(h, budget, false), op_pc(h, op), budget, false));
}

/* The mark before an instruction at which a slice may end, where code is interpreted. */
op_result engine_check(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    if (UNLIKELY(h->checks && budget + h->code->left[(op->at & AT_OFFSET) / 2] < BUDGET(1, 0)))
        TAIL(engine_check_over(h, op, budget, l0));
    NEXT(1);
}

/* ---- breakpoints ---- */

/* Is there one that has not stopped the hart already? */
static bool is_break(const struct hart *h, uint64_t pc)
{
    for (unsigned i = 0; h->break_passed != pc && i < h->shared->break_count; i++) {
        const struct hart_break *it = &h->shared->breaks[i];
        if (it->pc == pc && (it->hart == EMU_ANY_HART || it->hart == h->id))
            return true;
    }
    return false;
}

static op_result leave_at_break(struct hart *h, uint64_t pc, int64_t budget)
{
    h->break_passed = pc;
    h->within = true;
    TAIL(engine_leave(h, HART_EXIT_BREAK, pc, budget));
}

op_result engine_breakpoint(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    uint64_t pc = op_pc(h, op);
    if (is_break(h, pc))
        TAIL(leave_at_break(h, pc, budget + h->code->left[(op->at & AT_OFFSET) / 2]));
    h->break_passed = HART_NO_BREAK;
    NEXT(1);
}

/* ---- finding the run at a pc ---- */

static uint32_t fetch_half(const uint8_t *at)
{
    return (uint32_t)(at[0] | at[1] << 8);
}

/* Executes one instruction by itself. */
static op_result enter_bits(struct hart *h, uint64_t pc, uint32_t page, uint32_t bits, int64_t budget, bool within)
{
    unsigned offset = (unsigned)(pc & (PAGE_BYTES - 1));
    const struct op *op = code_decode_single(h->shared, page, offset, bits);
    h->page_va = pc & PAGE_MASK;
    h->code = h->shared->code->single;
    TAIL(enter_checked(h, op, offset, budget, h->code->left[offset / 2], within));
}

/* Executes the instruction at pc by itself: its bytes lie in two pages, or only part of its page may be executed. */
static op_result enter_single(struct hart *h, uint64_t pc, uint64_t paddr, int64_t budget, bool within)
{
    struct memory *memory = h->shared->memory;
    uint32_t page = memory_page(memory, paddr);
    unsigned offset = (unsigned)(pc & (PAGE_BYTES - 1));
    uint32_t low = fetch_half(memory_host(memory, page) + offset), high = 0;
    if (isa_length((uint16_t)low) == 4) {
        h->pc = pc;
        struct mmu_result second = mmu_translate(h, pc + 2, 2, MMU_FETCH);
        uint32_t second_page = second.ok ? memory_page(memory, second.paddr) : NO_PAGE;
        if (UNLIKELY(h->shared->watch_hits)) {
            h->within = within;
            TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget));
        }
        if (second_page == NO_PAGE)
            TAIL(trap_at_entry(h, second.ok ? ISA_TRAP_FETCH_ACCESS : second.fault, pc + 2, pc, budget));
        high = fetch_half(memory_host(memory, second_page) + (second.paddr & (PAGE_BYTES - 1)));
    }
    TAIL(enter_bits(h, pc, page, low | high << 16, budget, within));
}

/* Where a pc leads. (Returned, not filled in: a tail call is a jump only while no local's address has been given away.) */
struct way_in {
    struct code_page *code; /* NULL: the instruction at paddr is to be executed alone, or there is a fault */
    uint64_t paddr;
    uint8_t fault;
    bool is_full;    /* there must be room for decoded code first */
    bool must_fetch; /* timed: only a fetch can tell */
};

static struct way_in find_page(struct hart *h, uint64_t pc)
{
    const struct l0_code *way = &h->l0->code[pc >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];
    if (way->tag == (pc & PAGE_MASK))
        return (struct way_in){.code = way->page};
    struct mmu_result where = mmu_translate(h, pc, 2, MMU_FETCH);
    uint32_t page = where.ok ? memory_page(h->shared->memory, where.paddr) : NO_PAGE;
    if (page == NO_PAGE)
        return (struct way_in){.fault = where.ok ? ISA_TRAP_FETCH_ACCESS : where.fault};
    unsigned rights;
    if (!pmp_page_rights(h, where.paddr, h->mode, &rights))
        return (struct way_in){.paddr = where.paddr};
    if (code_is_full(h->shared->code))
        return (struct way_in){.is_full = true};
    struct code_page *code = code_page_of(h->shared, page);
    if (!code)
        return (struct way_in){.paddr = where.paddr};
    mmu_l0_fill_code(h, pc, code);
    return (struct way_in){.code = code};
}

/* timed: without a walk and without the bus. */
static struct way_in find_line(struct hart *h, uint64_t pc)
{
    const struct l0_code *way = &h->l0->code[pc >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];
    if (way->tag != (pc & PAGE_MASK)) {
        struct mmu_result where = mmu_translate_cached(h, pc, 2, MMU_FETCH);
        uint32_t page = where.ok ? memory_page(h->shared->memory, where.paddr) : NO_PAGE;
        unsigned rights;
        if (page == NO_PAGE || !pmp_page_rights(h, where.paddr, h->mode, &rights))
            return (struct way_in){.must_fetch = true};
        if (code_is_full(h->shared->code))
            return (struct way_in){.is_full = true};
        struct code_page *code = code_page_of(h->shared, page);
        if (!code)
            return (struct way_in){.must_fetch = true};
        mmu_l0_fill_code(h, pc, code);
    }
    uint32_t slot = part_readable(h, part_data_cache(h) + 1, part_line(way->page->page, pc));
    if (slot == CACHE_NONE)
        return (struct way_in){.must_fetch = true};
    mmu_l0_fill_present(h, pc, slot);
    return (struct way_in){.code = way->page};
}

/* timed: fetches the instruction at pc, by walks and the bus where it must be. */
static op_result fetch(struct hart *h, uint64_t pc, int64_t budget, bool within)
{
    engine_settle(h, budget);
    h->pc = pc;
    h->part = (struct hart_part){.kind = PART_FETCH, .vaddr = pc};
    h->spent = h->waits = 0;
    h->patience = budget_cycles(budget) + h->bias;
    enum part_result result = part_go(h);
    budget = engine_take_spent(h, budget);
    if (result == PART_WAIT) {
        h->steps++; /* beginning to wait is a step: a position says whether it has begun */
        TAIL(engine_leave(h, HART_EXIT_STOPPED, pc, budget));
    }
    if (result == PART_FAULT)
        TAIL(trap_at_entry(h, h->part_fault, h->part_tval, pc, budget));
    if (result == PART_LATER)
        TAIL(engine_leave_part(h, pc, budget));
    if (h->waits) { /* as if the hart had been left and come back */
        h->fresh = budget;
        within = false;
    }
    uint32_t bits = (uint32_t)h->part.result, page = memory_page(h->shared->memory, h->part.paddr[0]);
    bool split = part_is_split(h);
    h->part.kind = split ? PART_FETCHED : PART_NONE; /* what has been fetched stays fetched */
    if (split && UNLIKELY(is_break(h, pc)))
        TAIL(leave_at_break(h, pc, budget));
    enum hart_go go = split ? engine_may_go(h, budget, false) : HART_GO;
    if (go != HART_GO)
        TAIL(leave_because(h, go, pc, budget, within));
    if (h->attention) {
        h->within = within;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget));
    }
    struct way_in in = find_line(h, pc);
    if (in.is_full) {
        h->within = within;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget));
    }
    if (in.code && !split)
        TAIL(engine_enter_within(h, pc, budget, within));
    h->part.kind = PART_NONE;
    TAIL(enter_bits(h, pc, page, bits, budget, within || split));
}

/* May a run that costs so much not simply be entered? */
static inline bool is_short(const struct hart *h, int64_t budget, int64_t left)
{
    return budget < (h->checks ? BUDGET(1, 0) : left);
}

static __attribute__((noinline)) op_result enter_slowly(struct hart *h, uint64_t pc, int64_t budget, bool within)
{
    enum hart_go go = engine_may_go(h, budget, within);
    if (go != HART_GO) /* before the walk, which would leave its traces */
        TAIL(leave_because(h, go, pc, budget, within));
    h->pc = pc; /* for those who look at accesses: the walk's */
    struct way_in in = h->shared->timed ? find_line(h, pc) : find_page(h, pc);
    if (UNLIKELY(h->shared->watch_hits)) { /* the walk set A in a watched entry; once more, after the stop */
        h->within = within;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget));
    }
    struct code_page *code = in.code;
    if (in.must_fetch && within && engine_may_go(h, budget, false) != HART_GO)
        TAIL(leave_because(h, HART_GO_SLICE_OVER, pc, budget, false)); /* others would notice a fetch */
    if (in.must_fetch)
        TAIL(fetch(h, pc, budget, within));
    if (in.is_full) { /* the caller makes room for decoded code */
        h->within = within;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget));
    }
    if (in.fault)
        TAIL(trap_at_entry(h, in.fault, pc, pc, budget));
    if (!code)
        TAIL(enter_single(h, pc, in.paddr, budget, within));
    unsigned offset = (unsigned)(pc & (PAGE_BYTES - 1));
    const struct op *op = code->entry[offset / 2];
    if (UNLIKELY(!op)) {
        if (code_is_full(h->shared->code)) { /* the caller makes room */
            h->within = within;
            TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget));
        }
        op = code_decode(h->shared, code, offset);
        if (!op) /* no memory for decoded code: one instruction at a time still goes */
            TAIL(enter_single(h, pc, memory_paddr(h->shared->memory, code->page) + offset, budget, within));
    }
    h->page_va = pc & PAGE_MASK;
    h->code = code;
    h->present = h->l0->code[pc >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)].present;
    int64_t left = code->left[offset / 2];
    if (UNLIKELY(is_short(h, budget, left)))
        TAIL(enter_checked(h, op, offset, budget, left, within));
    budget -= left;
    TABLES(h);
    GO(op);
}

static inline op_result enter(struct hart *h, uint64_t pc, int64_t budget, bool within)
{
    const struct l0_code *way = &h->l0->code[pc >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];
    if (UNLIKELY(way->tag != (pc & PAGE_MASK) || !way->present[pc >> LINE_SHIFT & (LINES_PER_PAGE - 1)]))
        TAIL(enter_slowly(h, pc, budget, within));
    struct code_page *code = way->page;
    unsigned half = pc >> 1 & (PAGE_BYTES / 2 - 1);
    const struct op *op = code->entry[half];
    if (UNLIKELY(!op))
        TAIL(enter_slowly(h, pc, budget, within));
    h->page_va = way->tag;
    h->code = code;
    h->present = way->present;
    int64_t left = code->left[half];
    if (UNLIKELY(is_short(h, budget, left)))
        TAIL(enter_checked(h, op, half * 2, budget, left, within));
    budget -= left;
    TABLES(h);
    GO(op);
}

/* Not inline: where it is a rare way out, callers need no registers saved for it. */
__attribute__((noinline)) op_result engine_enter(struct hart *h, uint64_t pc, int64_t budget)
{
    TAIL(enter(h, pc, budget, false));
}

op_result engine_enter_within(struct hart *h, uint64_t pc, int64_t budget, bool within)
{
    TAIL(enter(h, pc, budget, within));
}

op_result engine_straddle(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    uint64_t paddr = memory_paddr(h->shared->memory, h->code->page) + (op->at & AT_OFFSET);
    budget += ONE_STEP;
    if (h->shared->timed)
        TAIL(fetch(h, op_pc(h, op), budget, true)); /* its run was entered already */
    TAIL(enter_single(h, op_pc(h, op), paddr, budget, true));
}

/* The second line of an instruction in two is not known to be there. */
static __attribute__((noinline)) op_result find_second_line(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    uint64_t pc = op_pc(h, op);
    unsigned line = (op->at & AT_OFFSET) / LINE_BYTES + 1;
    uint32_t slot = part_readable(h, part_data_cache(h) + 1, h->code->page * LINES_PER_PAGE + line);
    if (slot == CACHE_NONE)
        TAIL(fetch(h, pc, budget + h->code->left[(op->at & AT_OFFSET) / 2], true));
    mmu_l0_fill_present(h, pc + 2, slot);
    NEXT(1);
}

op_result engine_two_lines(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    if (UNLIKELY(!h->present[(op->at & AT_OFFSET) / LINE_BYTES + 1]))
        TAIL(find_second_line(h, op, budget, l0));
    NEXT(1);
}

op_result engine_stale(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    TAIL(engine_enter(h, op_pc(h, op), budget + op->imm));
}

/* ---- links ---- */

static uint64_t link_target(const struct hart *h, const struct op *owner)
{
    if (owner->at & AT_MARK)
        return h->page_va + (uint64_t)owner->imm;
    return op_pc(h, owner) + (uint64_t)(int64_t)owner->imm;
}

op_result slow_over(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    const struct op_link *link = (const struct op_link *)(op + 1);
    const struct op *target = link->target;
    if (h->checks && budget < BUDGET(1, 0)) {
        h->within = false;
        TAIL(engine_leave(h, engine_may_go(h, budget, false) == HART_GO_SLICE_OVER ? HART_EXIT_SLICE : HART_EXIT_BUDGET,
                          link_target(h, op), budget));
    }
    /* unresolved, or its cost is not what the link says, or its line may not be there */
    if (UNLIKELY(link->charge == 0 || target->run == h->shared->code->handlers->stale || h->shared->timed))
        TAIL(engine_enter(h, link_target(h, op), budget));
    TAIL(enter_checked(h, target, target->at & AT_OFFSET, budget, link->charge, false));
}

/* The stub of an unresolved link, two slots behind its owner. Links are made within a page, where one translation serves both. */
op_result engine_link(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    const struct op *owner = op - 2;
    struct op_link *link = (struct op_link *)(op - 1);
    uint64_t target = link_target(h, owner);
    if ((target & PAGE_MASK) == h->page_va && h->code != h->shared->code->single) {
        unsigned half = (unsigned)(target & (PAGE_BYTES - 1)) / 2;
        if (!h->code->entry[half] && !code_is_full(h->shared->code))
            code_decode(h->shared, h->code, half * 2);
        if (h->code->entry[half]) {
            link->target = h->code->entry[half];
            link->charge = h->code->left[half];
        }
    }
    TAIL(engine_enter(h, target, budget));
}

/* ---- one engine run ---- */

static void run(struct hart *h, int64_t budget, bool within)
{
#ifdef ENGINE_TAIL_CALLS
    enter(h, h->pc, budget, within);
#else
    const struct op *op = enter(h, h->pc, budget, within);
    while (op)
        op = op->run(h, op, h->budget, h->table);
#endif
}

#define RUN_STEPS_MAX (LINE_BYTES / 2) /* a line of 2-byte instructions */

/* Goes on with what is part-done. True: that was all for now. */
static bool resume_part(struct hart *h, int64_t *soft, int64_t *hard, bool *fresh)
{
    h->spent = h->waits = 0;
    h->patience = *hard;
    enum part_result result = part_go(h);
    h->exit = result == PART_WAIT ? HART_EXIT_STOPPED : HART_EXIT_AGAIN;
    h->steps += h->waits;
    *fresh &= h->waits == 0 || result == PART_GRANTED;
    h->budget = 0;
    h->fresh = result == PART_GRANTED || result == PART_LATER ? 0 : INT64_MIN;
    if (result == PART_LATER) {
        h->exit = HART_EXIT_SLICE;
        return true;
    }
    if ((result == PART_DONE || result == PART_GRANTED) && h->part.kind == PART_FETCH) { /* no step: the instruction is still to come */
        *fresh |= h->waits > 0;
        h->part.kind = part_is_split(h) ? PART_FETCHED : PART_NONE;
        h->fresh = *fresh ? 0 : INT64_MIN;
        *soft -= h->spent;
        *hard -= h->spent;
        return *hard <= 0 || h->attention;
    }
    h->steps += result != PART_GRANTED;
    if (result == PART_WAIT)
        return true;
    if (result == PART_FAULT) {
        hart_trap(h, h->part_fault, h->part_tval, h->pc);
        h->cycle++;
        return true;
    }
    h->cycle += (result == PART_DONE) + (h->part.bubble ? h->shared->pipeline.load_use_cycles : 0);
    h->pc += h->part.len;
    h->instret++;
    part_apply(h);
    return true;
}

/* The interrupt to take before the next instruction, or -1. */
static inline int interrupt_of(const struct hart *h)
{
    return (h->mip_soft | h->mip_pins) & h->mie ? hart_interrupt(h) : -1;
}

static inline void set_limits(struct hart *h, int64_t soft, int64_t hard, bool fresh)
{
    int64_t slack = hard - soft;
    h->slack = slack;
    if (LIKELY(h->shared->checks && (slack >= HART_OVERRUN_CYCLES || hard > 2 * HART_OVERRUN_CYCLES))) {
        h->checks = true; /* down to 0, runs look for themselves */
        h->bias = slack > HART_OVERRUN_CYCLES ? slack : HART_OVERRUN_CYCLES;
    } else {
        h->checks = false;
        if (!h->shared->timed) /* while budget >= 0 a run fits and the slice goes on */
            h->bias = slack + 1 > RUN_STEPS_MAX ? slack + 1 : RUN_STEPS_MAX;
        else if (!h->shared->checks) /* while budget >= 0 a run fits in both */
            h->bias = slack > 0 ? slack : 0;
        else /* every run is looked at */
            h->bias = HART_RUN_CYCLES_MAX;
    }
    h->start = BUDGET(hard - h->bias, STEPS_FULL);
    h->fresh = fresh ? h->start : INT64_MIN;
}

static void run_fetched(struct hart *h, int64_t budget)
{
    enum hart_go go = engine_may_go(h, budget, false);
    if (go != HART_GO) { /* the fetch took longer than the slice */
        leave_because(h, go, h->pc, budget, false);
        return;
    }
    if (UNLIKELY(is_break(h, h->pc))) { /* what has been fetched stays fetched */
        leave_at_break(h, h->pc, budget);
        return;
    }
    uint32_t page = memory_page(h->shared->memory, h->part.paddr[0]), bits = (uint32_t)h->part.result;
    h->part.kind = PART_NONE;
#ifdef ENGINE_TAIL_CALLS
    enter_bits(h, h->pc, page, bits, budget, true);
#else
    const struct op *op = enter_bits(h, h->pc, page, bits, budget, true);
    while (op)
        op = op->run(h, op, h->budget, h->table);
#endif
}

/* timed, left where the run was to go on: can the slice not end here? Whoever left did not always know. */
static bool is_between_checks(const struct hart *h)
{
    unsigned offset = (unsigned)(h->pc & (PAGE_BYTES - 1));
    if (h->part.kind != PART_NONE || h->code == h->shared->code->single || (h->pc & PAGE_MASK) != h->page_va ||
        part_readable(h, part_data_cache(h) + 1, part_line(h->code->page, h->pc)) == CACHE_NONE)
        return false;
    return !code_is_check(h->shared, h->code->page, offset);
}

/* With an interrupt to take first, or with an instruction that has been fetched. */
static __attribute__((noinline)) void begin_otherwise(struct hart *h, int interrupt, bool within)
{
    int64_t budget = h->start;
    if (interrupt >= 0) {
        h->break_passed = HART_NO_BREAK;
        within = false;
        h->part.kind = PART_NONE;
        hart_trap(h, (uint64_t)interrupt | ISA_CAUSE_INTERRUPT, 0, h->pc);
        h->unretired++;
        budget -= ONE_STEP;
    }
    if (h->attention)
        engine_leave(h, HART_EXIT_AGAIN, h->pc, budget);
    else if (h->part.kind == PART_FETCHED)
        run_fetched(h, budget);
    else
        run(h, budget, within);
}

/* Behind an engine run. */
static inline enum hart_exit leave_run(struct hart *h)
{
    settle(h, h->budget);
    if (UNLIKELY(h->within && h->shared->timed))
        h->within = is_between_checks(h);
    return (enum hart_exit)h->exit;
}

enum hart_exit hart_engine_run(struct hart *h, int64_t soft, int64_t hard, bool within, bool fresh)
{
    h->attention = h->within = false;
    bool has_part = h->part.kind != PART_NONE;
    if (UNLIKELY(has_part && h->part.kind != PART_FETCHED && resume_part(h, &soft, &hard, &fresh)))
        return (enum hart_exit)h->exit;
    set_limits(h, soft, hard, fresh);
    int interrupt = interrupt_of(h);
    if (LIKELY(!has_part && interrupt < 0))
        run(h, h->start, within);
    else
        begin_otherwise(h, interrupt, within);
    uncut(h->shared->code);
    return leave_run(h);
}

enum hart_exit hart_engine_slice(struct hart *h, int64_t soft)
{
    bool has_interrupt = (h->mip_soft | h->mip_pins) & h->mie;
    assert(h->shared->checks);
    if (UNLIKELY(h->part.kind != PART_NONE || has_interrupt))
        return hart_engine_run(h, soft, soft + HART_SLICE_ROOM_CYCLES, false, true);
    h->attention = h->within = false;
    h->checks = true;
    h->slack = h->bias = HART_SLICE_ROOM_CYCLES;
    h->start = h->fresh = BUDGET(soft, STEPS_FULL);
    run(h, h->start, false);
    assert(!h->shared->code->cut); /* not with checks */
    return leave_run(h);
}
