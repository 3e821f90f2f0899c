/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entering and leaving decoded code: translation of a pc to its run, links, exact ends, accounting. An engine run does exactly the
 * steps it was granted: where that ends within a decoded run, the instruction there is cut out for the time being.
 */
#include "engine.h"

static inline void uncut(struct code_cache *cache)
{
    if (!cache->cut)
        return;
    if (cache->cut->run == op_handlers.cut)
        cache->cut->run = cache->cut_run;
    cache->cut = NULL;
}

/* Inline here, where every engine run ends. */
static inline void settle(struct hart *h, int64_t budget)
{
    int64_t done = h->start - budget;
    h->cycle += (uint64_t)done;
    h->steps += (uint64_t)done;
    h->instret += (uint64_t)done - h->unretired;
    h->unretired = 0;
    h->start = budget;
}

void engine_settle(struct hart *h, int64_t budget)
{
    settle(h, budget);
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
    budget--;
    if (h->attention)
        TAIL(engine_leave(h, HART_EXIT_AGAIN, h->pc, budget));
    TAIL(engine_enter(h, h->pc, budget));
}

/* The run at op (length left) does not fit in the budget: executes exactly what is granted, or nothing. */
static op_result not_fitting(struct hart *h, const struct op *op, unsigned offset, int64_t budget, int64_t left)
{
    TABLES(h);
    if (budget <= 0)
        TAIL(engine_leave(h, HART_EXIT_BUDGET, h->page_va + offset, budget));
    struct code_cache *cache = h->shared->code;
    uncut(cache);
    const struct op *first = op - h->code->slot[offset / 2];
    const struct run_header *header = (const struct run_header *)first;
    struct op *cut = (struct op *)(first + header->exact + header->slot[header->count - left + budget]);
    cache->cut = cut;
    cache->cut_run = cut->run;
    cut->run = op_handlers.cut;
    budget -= left; /* below zero: what is given back at the cut or on the way makes it right */
    GO(op + header->exact);
}

op_result engine_cut(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    budget += h->code->left[(op->at & AT_OFFSET) / 2];
    TAIL(engine_leave(h, HART_EXIT_BUDGET, op_pc(h, op), budget));
}

/* ---- finding the run at a pc ---- */

/* Executes the instruction at pc by itself: its bytes lie in two pages, or only part of its page may be executed. */
static op_result enter_single(struct hart *h, uint64_t pc, uint64_t paddr, int64_t budget)
{
    struct memory *memory = h->shared->memory;
    uint32_t page = memory_page(memory, paddr);
    unsigned offset = (unsigned)(pc & (PAGE_BYTES - 1));
    uint16_t low, high = 0;
    memcpy(&low, memory_host(memory, page) + offset, 2);
    if (isa_length(low) == 4) {
        struct mmu_result second = mmu_translate(h, pc + 2, 2, MMU_FETCH);
        uint32_t second_page = second.ok ? memory_page(memory, second.paddr) : NO_PAGE;
        if (second_page == NO_PAGE)
            TAIL(engine_trap(h, second.ok ? ISA_TRAP_FETCH_ACCESS : second.fault, pc + 2, pc, budget));
        memcpy(&high, memory_host(memory, second_page) + (second.paddr & (PAGE_BYTES - 1)), 2);
    }
    const struct op *op = code_decode_single(h->shared, page, offset, low | (uint32_t)high << 16);
    h->page_va = pc & PAGE_MASK;
    h->code = h->shared->code->single;
    if (budget < 1)
        TAIL(not_fitting(h, op, offset, budget, 1));
    budget--;
    TABLES(h);
    GO(op);
}

/* The page's code, through the tables or by translating. NULL: *ret_single says where to execute alone, or *ret_fault is set. */
static struct code_page *find_page(struct hart *h, uint64_t pc, uint8_t *ret_fault, uint64_t *ret_single)
{
    const struct l0_code *way = &h->l0->code[pc >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];
    if (way->tag == (pc & PAGE_MASK))
        return way->page;
    struct mmu_result where = mmu_translate(h, pc, 2, MMU_FETCH);
    uint32_t page = where.ok ? memory_page(h->shared->memory, where.paddr) : NO_PAGE;
    if (page == NO_PAGE) {
        *ret_fault = where.ok ? ISA_TRAP_FETCH_ACCESS : where.fault;
        return NULL;
    }
    unsigned rights;
    struct code_page *code = code_page_of(h->shared, page);
    *ret_single = where.paddr;
    if (!code || !pmp_page_rights(h, where.paddr, h->mode, &rights))
        return NULL;
    mmu_l0_fill_code(h, pc, code);
    return code;
}

static __attribute__((noinline)) op_result enter_slowly(struct hart *h, uint64_t pc, int64_t budget)
{
    uint8_t fault = 0;
    uint64_t single = 0;
    struct code_page *code = find_page(h, pc, &fault, &single);
    if (fault && budget < 1)
        TAIL(engine_leave(h, HART_EXIT_BUDGET, pc, budget));
    if (fault)
        TAIL(engine_trap(h, fault, pc, pc, budget));
    if (!code)
        TAIL(enter_single(h, pc, single, budget));
    unsigned offset = (unsigned)(pc & (PAGE_BYTES - 1));
    const struct op *op = code->entry[offset / 2];
    if (UNLIKELY(!op)) {
        op = code_decode(h->shared, code, offset);
        if (!op) /* no memory for decoded code: one instruction at a time still goes */
            TAIL(enter_single(h, pc, memory_paddr(h->shared->memory, code->page) + offset, budget));
    }
    h->page_va = pc & PAGE_MASK;
    h->code = code;
    int64_t left = code->left[offset / 2];
    if (UNLIKELY(budget < left))
        TAIL(not_fitting(h, op, offset, budget, left));
    budget -= left;
    TABLES(h);
    GO(op);
}

op_result engine_enter(struct hart *h, uint64_t pc, int64_t budget)
{
    const struct l0_code *way = &h->l0->code[pc >> PAGE_SHIFT & (L0_CODE_ENTRIES - 1)];
    if (UNLIKELY(way->tag != (pc & PAGE_MASK)))
        TAIL(enter_slowly(h, pc, budget));
    struct code_page *code = way->page;
    unsigned half = pc >> 1 & (PAGE_BYTES / 2 - 1);
    const struct op *op = code->entry[half];
    if (UNLIKELY(!op))
        TAIL(enter_slowly(h, pc, budget));
    h->page_va = way->tag;
    h->code = code;
    int64_t left = code->left[half];
    if (UNLIKELY(budget < left))
        TAIL(not_fitting(h, op, half * 2, budget, left));
    budget -= left;
    TABLES(h);
    GO(op);
}

op_result engine_straddle(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    uint64_t paddr = memory_paddr(h->shared->memory, h->code->page) + (op->at & AT_OFFSET);
    TAIL(enter_single(h, op_pc(h, op), paddr, budget + 1));
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

op_result engine_over(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    const struct op_link *link = (const struct op_link *)(op + 1);
    const struct op *target = link->target;
    if (UNLIKELY(target->run == op_handlers.stale)) /* its length is not what the link says any more */
        TAIL(engine_enter(h, link_target(h, op), budget - link->delta + link->refund));
    TAIL(not_fitting(h, target, target->at & AT_OFFSET, budget - link->delta + link->refund, link->refund - link->delta));
}

/* The stub of an unresolved link, two slots behind its owner. Links are made within a page, where one translation serves both. */
op_result engine_link(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    const struct op *owner = op - 2;
    struct op_link *link = (struct op_link *)(op - 1);
    uint64_t target = link_target(h, owner);
    if ((target & PAGE_MASK) == h->page_va && h->code != h->shared->code->single) {
        unsigned half = (unsigned)(target & (PAGE_BYTES - 1)) / 2;
        if (!h->code->entry[half])
            code_decode(h->shared, h->code, half * 2);
        if (h->code->entry[half]) {
            link->target = h->code->entry[half];
            link->delta = link->refund - h->code->left[half];
        }
    }
    TAIL(engine_enter(h, target, budget));
}

op_result engine_breakpoint(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    uint64_t pc = op_pc(h, op);
    bool skip = h->break_skip;
    h->break_skip = false;
    for (unsigned i = 0; !skip && i < h->shared->break_count; i++) {
        if (h->shared->breaks[i] == pc) {
            budget += h->code->left[(op->at & AT_OFFSET) / 2];
            h->break_skip = true;
            TAIL(engine_leave(h, HART_EXIT_BREAK, pc, budget));
        }
    }
    NEXT(1);
}

/* ---- one engine run ---- */

static void run(struct hart *h, int64_t budget)
{
#ifdef ENGINE_TAIL_CALLS
    engine_enter(h, h->pc, budget);
#else
    const struct op *op = engine_enter(h, h->pc, budget);
    while (op)
        op = op->run(h, op, h->budget, h->l0->data);
#endif
}

enum hart_exit hart_engine_run(struct hart *h, int64_t steps)
{
    h->start = steps;
    h->unretired = 0;
    h->attention = false;
    int interrupt = (h->mip_soft | h->mip_pins) & h->mie ? hart_interrupt(h) : -1;
    int64_t budget = steps;
    if (interrupt >= 0) {
        h->break_skip = false;
        hart_trap(h, (uint64_t)interrupt | ISA_CAUSE_INTERRUPT, 0, h->pc);
        h->unretired++;
        budget--;
    }
    if (h->attention)
        engine_leave(h, HART_EXIT_AGAIN, h->pc, budget);
    else
        run(h, budget);
    uncut(h->shared->code);
    settle(h, h->budget);
    return (enum hart_exit)h->exit;
}
