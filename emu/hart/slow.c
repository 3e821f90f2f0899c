/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What instructions do when the short way is closed: translation, faults, device accesses, slow lines, misaligned and page-crossing
 * accesses, reservations, CSRs and the system instructions. Each part first notes what is left of its run, since the run may be
 * discarded under it.
 * No function here gives away the address of a local variable: a tail call would then not be a jump (gcc makes it a call, and the
 * host's stack grows with every trap). Helpers return structs.
 */
#include "engine.h"

#include <isa/exec_int.h>

#define MSTATUS_TVM (UINT64_C(1) << 20)
#define MSTATUS_TW (UINT64_C(1) << 21)
#define MSTATUS_TSR (UINT64_C(1) << 22)

static int64_t left_at(const struct hart *h, const struct op *op)
{
    return h->code->left[(op->at & AT_OFFSET) / 2];
}

/* Leaves or goes on behind an instruction that is done; left is what was left of the run at it. */
static op_result after(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, int64_t left, bool leave_run)
{
    bool within = !is_line_end(op + (op->at >> AT_SLOTS_SHIFT & 3) + 1);
    if (h->attention) {
        h->within = within;
        TAIL(engine_leave(h, HART_EXIT_AGAIN, op_next_pc(h, op), budget + left - ONE_STEP));
    }
    if (leave_run)
        TAIL(engine_enter_within(h, op_next_pc(h, op), budget + left - ONE_STEP, within));
    NEXT(1);
}

/* An exception of the instruction at op, which is not executed. */
static op_result raise(struct hart *h, const struct op *op, int64_t budget, int64_t left, uint64_t cause, uint64_t tval)
{
    TAIL(engine_trap(h, cause, tval, op_pc(h, op), budget + left));
}

static uint32_t insn_bits(struct hart *h, const struct op *op)
{
    struct memory *memory = h->shared->memory;
    unsigned offset = op->at & AT_OFFSET;
    uint16_t low, high = 0;
    memcpy(&low, memory_host(memory, h->code->page) + offset, 2);
    if (op->at & AT_LONG && offset + 2 < PAGE_BYTES) {
        memcpy(&high, memory_host(memory, h->code->page) + offset + 2, 2);
    } else if (op->at & AT_LONG) {
        uint64_t paddr;
        if (mmu_peek(h, op_pc(h, op) + 2, MMU_FETCH, &paddr))
            memory_read(memory, paddr, &high, 2);
    }
    return low | (uint32_t)high << 16;
}

op_result slow_illegal(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    TAIL(raise(h, op, budget, left_at(h, op), ISA_TRAP_ILLEGAL, insn_bits(h, op)));
}

op_result slow_fp(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    unsigned rm = (uint32_t)op->imm >> 16;
    if ((rm == 7 ? h->frm : rm) > 4)
        TAIL(slow_illegal(h, op, budget, l0));
    TAIL(slow_fp_load(h, op, budget, l0));
}

op_result slow_fp_load(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    if (h->fs == FS_OFF)
        TAIL(slow_illegal(h, op, budget, l0));
    h->fs = FS_DIRTY;
    GO(op);
}

/* ---- device accesses ---- */

/* h->part is filled. */
static op_result begin_access(struct hart *h, const struct op *op, int64_t budget, int64_t left)
{
    budget += left;
    engine_settle(h, budget);
    h->pc = op_pc(h, op);
    h->run = HART_ACCESSING;
    h->steps++; /* here, not when it is done: so that a position says whether it has begun */
    h->shared->access_begin(h->shared->context, h);
    TAIL(engine_leave(h, HART_EXIT_STOPPED, op_pc(h, op), budget));
}

void engine_load_result(struct hart *h, unsigned row, unsigned rd, uint64_t raw)
{
    switch (row) {
#define LOAD_LD(name)                    \
    case ISA_OP_##name:                  \
        h->x[rd] = isa_exec_##name(raw); \
        break;
#define LOAD_FLD(name)                   \
    case ISA_OP_##name:                  \
        h->f[rd] = isa_exec_##name(raw); \
        break;
#define LOAD_RR(name)
#define LOAD_RI(name)
#define LOAD_R1(name)
#define LOAD_UI(name)
#define LOAD_BR(name)
#define LOAD_JAL(name)
#define LOAD_JALR(name)
#define LOAD_ST(name)
#define LOAD_FST(name)
#define LOAD_LR(name)
#define LOAD_SC(name)
#define LOAD_AMO(name)
#define LOAD_CSR(name)
#define LOAD_FP1(name)
#define LOAD_FP2(name)
#define LOAD_FP3(name)
#define LOAD_FPX1(name)
#define LOAD_FPX2(name)
#define LOAD_XFP1(name)
#define LOAD_SYS(name)
#define INSN(name, mnemonic, pattern, operands, kind, timing, width, extension, meaning) LOAD_##kind(name)
#include <isa/insn.def>
#undef INSN
    default:
        break;
    }
}

/* ---- loads ---- */

/* Bytes of an access that may cross a page: each half translated before anything is done. */
struct pieces {
    uint64_t paddr[2];
    unsigned size[2]; /* second: 0 if there is none */
    uint64_t tval;
    uint8_t fault;
    bool ok;
};

static struct pieces translate_pieces(struct hart *h, uint64_t address, unsigned width, enum mmu_access access)
{
    unsigned room = (unsigned)(PAGE_BYTES - address % PAGE_BYTES), first = width < room ? width : room;
    struct pieces pieces = {.size = {first, width - first}};
    uint64_t at = address;
    for (unsigned i = 0; i < 2 && pieces.size[i]; i++, at += first) {
        struct mmu_result where = mmu_translate(h, at, pieces.size[i], access);
        pieces.tval = at;
        pieces.fault = where.fault;
        if (!where.ok)
            return pieces;
        pieces.paddr[i] = where.paddr;
        bool ram = memory_page(h->shared->memory, where.paddr) != NO_PAGE;
        if (access == MMU_STORE && ram)
            ram = memory_is_ram(h->shared->memory, memory_page(h->shared->memory, where.paddr));
        if (!ram && address % width) { /* misaligned device accesses are not carried out */
            pieces.fault = access == MMU_LOAD ? ISA_TRAP_LOAD_ACCESS : ISA_TRAP_STORE_ACCESS;
            return pieces;
        }
    }
    pieces.ok = true;
    return pieces;
}

static uint64_t read_ram(const struct memory *memory, uint64_t paddr, unsigned size)
{
    uint64_t value = 0;
    memory_read(memory, paddr, &value, size);
    return value;
}

static void note_read(struct hart *h, uint64_t paddr, unsigned size)
{
    if (UNLIKELY(h->shared->watch_readers))
        store_note_read(h->shared, paddr, size, h->id);
}

op_result slow_load(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row)
{
    unsigned width = isa_rows[row].width;
    uint64_t address = h->x[op->b] + (uint64_t)(int64_t)op->imm;
    int64_t left = left_at(h, op);
    if (address % width && !h->shared->cpu.misaligned)
        TAIL(raise(h, op, budget, left, ISA_TRAP_LOAD_MISALIGNED, address));
    h->pc = op_pc(h, op); /* for those who look at accesses, the walk's too */
    struct pieces pieces = translate_pieces(h, address, width, MMU_LOAD);
    if (!pieces.ok)
        TAIL(raise(h, op, budget, left, pieces.fault, pieces.tval));
    struct memory *memory = h->shared->memory;
    uint32_t page = memory_page(memory, pieces.paddr[0]);
    if (page == NO_PAGE) {
        h->part = (struct hart_part){.kind = PART_LOAD, .stage = PART_ACCESS_FIRST, .paddr = {pieces.paddr[0]}, .vaddr = address,
                                     .op = (uint16_t)row, .size = (uint8_t)width, .rd = op->a, .len = op->at & AT_LONG ? 4 : 2};
        TAIL(begin_access(h, op, budget, left));
    }
    uint64_t raw = read_ram(memory, pieces.paddr[0], pieces.size[0]);
    note_read(h, pieces.paddr[0], pieces.size[0]);
    if (pieces.size[1]) {
        raw |= read_ram(memory, pieces.paddr[1], pieces.size[1]) << 8 * pieces.size[0];
        note_read(h, pieces.paddr[1], pieces.size[1]);
    }
    mmu_l0_fill_data(h, address, pieces.paddr[0]);
    engine_load_result(h, row, op->a, raw);
    TAIL(after(h, op, budget, l0, left, false));
}

/* ---- stores ---- */

/* Writes up to 8 bytes within a page and does what slow lines ask for. `budget` is that before the instruction. True when decoded
 * code was discarded. */
static bool commit(struct hart *h, uint64_t paddr, unsigned size, uint64_t value, int64_t budget)
{
    struct hart_shared *shared = h->shared;
    uint32_t page = memory_page(shared->memory, paddr);
    unsigned offset = (unsigned)(paddr & (PAGE_BYTES - 1));
    memory_touch(shared->memory, page);
    memcpy(memory_host(shared->memory, page) + offset, &value, size);
    if (!shared->memory->slow[page])
        return false;
    engine_settle(h, budget); /* events and the HTIF want to know the cycle */
    bool discarded = false;
    unsigned first = LINE_BYTES - offset % LINE_BYTES;
    if (first > size)
        first = size;
    discarded |= store_snoop(shared, page, offset, first, h->id);
    if (first < size)
        discarded |= store_snoop(shared, page, offset + first, size - first, h->id);
    if (discarded && hart_event_wanted(shared, EMU_EVENT_CODE_DISCARDED))
        hart_emit(h, EMU_EVENT_CODE_DISCARDED, 0, paddr & ~(uint64_t)(LINE_BYTES - 1), UINT16_MAX);
    if (shared->tohost && paddr < shared->tohost + 8 && paddr + size > shared->tohost)
        shared->tohost_written(shared->context, h);
    return discarded;
}

/* A plain store of the hart itself, where that ends its reservation. */
static void own_store(struct hart *h, uint64_t paddr, unsigned size)
{
    if (size && reservation_touches(h->reservations, h->id, paddr, size))
        reservation_end(h->reservations, h->id, EMU_REASON_OWN_STORE, h->id);
}

op_result slow_store(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width, uint64_t value)
{
    uint64_t address = h->x[op->b] + (uint64_t)(int64_t)op->imm;
    const struct l0_data *way = l0_page_way(l0, address);
    if (way->wtag == (l0_page_tag(address, width) | L0_SLOW_STORE) && !is_slow_line(h, way->page, address)) {
        host_store(address + way->addend, width, value);
        NEXT(1);
    }
    int64_t left = left_at(h, op);
    if (address % width && !h->shared->cpu.misaligned)
        TAIL(raise(h, op, budget, left, ISA_TRAP_STORE_MISALIGNED, address));
    h->pc = op_pc(h, op);
    struct pieces pieces = translate_pieces(h, address, width, MMU_STORE);
    if (!pieces.ok)
        TAIL(raise(h, op, budget, left, pieces.fault, pieces.tval));
    uint32_t page = memory_page(h->shared->memory, pieces.paddr[0]);
    if (page == NO_PAGE || !memory_is_ram(h->shared->memory, page)) {
        h->part = (struct hart_part){.kind = PART_STORE, .stage = PART_ACCESS_FIRST, .paddr = {pieces.paddr[0]}, .vaddr = address,
                                     .value = value, .size = (uint8_t)width, .len = op->at & AT_LONG ? 4 : 2};
        TAIL(begin_access(h, op, budget, left));
    }
    bool discarded = commit(h, pieces.paddr[0], pieces.size[0], value, budget + left);
    if (pieces.size[1])
        discarded |= commit(h, pieces.paddr[1], pieces.size[1], value >> 8 * pieces.size[0], budget + left);
    if (h->shared->reservation.own_store_clears) {
        own_store(h, pieces.paddr[0], pieces.size[0]);
        own_store(h, pieces.paddr[1], pieces.size[1]);
    }
    mmu_l0_fill_data(h, address, pieces.paddr[0]);
    TAIL(after(h, op, budget, l0, left, discarded));
}

/* ---- reservations and atomics ---- */

/* Translates a naturally aligned atomic access and marks its line slow. */
static struct mmu_result translate_atomic(struct hart *h, uint64_t address, unsigned width, enum mmu_access access)
{
    struct mmu_result where = {.fault = access == MMU_LOAD ? ISA_TRAP_LOAD_MISALIGNED : ISA_TRAP_STORE_MISALIGNED};
    if (address % width)
        return where;
    where = mmu_translate(h, address, width, access);
    if (!where.ok)
        return where;
    struct memory *memory = h->shared->memory;
    uint32_t page = memory_page(memory, where.paddr);
    if (page == NO_PAGE || !memory_is_ram(memory, page)) { /* devices and the ROM have no atomics */
        where.fault = access == MMU_LOAD ? ISA_TRAP_LOAD_ACCESS : ISA_TRAP_STORE_ACCESS;
        where.ok = false;
        return where;
    }
    store_mark_slow(h->shared, page, (unsigned)(where.paddr % PAGE_BYTES / LINE_BYTES));
    mmu_l0_fill_data(h, address, where.paddr);
    return where;
}

/* The same, through the tables where they hold it and the line is slow already. */
static struct mmu_result locate_atomic(struct hart *h, struct l0_data *l0, uint64_t address, unsigned width, enum mmu_access access)
{
    const struct l0_data *way = l0_page_way(l0, address);
    uint64_t tag = l0_page_tag(address, width);
    bool allowed = access == MMU_STORE ? way->wtag == (tag | L0_SLOW_STORE) : way->rtag == tag;
    if (allowed && memory_is_ram(h->shared->memory, (uint32_t)way->page) && is_slow_line(h, way->page, address))
        return (struct mmu_result){.ok = true, .paddr = way_paddr(way, address)};
    return translate_atomic(h, address, width, access);
}

static void take_reservation(struct hart *h, uint64_t paddr, unsigned width)
{
    uint32_t page = memory_page(h->shared->memory, paddr);
    reservation_take(h->reservations, h->id, paddr, width);
    if (!is_code_line(h, page, paddr)) /* known by its host address from now on: see ROW_LR */
        h->reservation->key = (uint64_t)(uintptr_t)memory_host(h->shared->memory, page) + paddr % PAGE_BYTES;
}

op_result slow_lr(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width)
{
    uint64_t address = h->x[op->b];
    int64_t left = left_at(h, op);
    h->pc = op_pc(h, op);
    struct mmu_result where = locate_atomic(h, l0, address, width, MMU_LOAD);
    if (!where.ok)
        TAIL(raise(h, op, budget, left, where.fault, address));
    uint64_t raw = read_ram(h->shared->memory, where.paddr, width);
    note_read(h, where.paddr, width);
    take_reservation(h, where.paddr, width);
    h->x[op->a] = sign_extend(raw, width);
    TAIL(after(h, op, budget, l0, left, false));
}

/* A failed sc gives the rest of the slice away, so that whoever holds the lock gets on. */
static op_result fail_sc(struct hart *h, const struct op *op, int64_t budget, int64_t left, uint64_t paddr)
{
    struct reservations *r = h->shared->reservations;
    unsigned reason = r->of[h->id].size ? EMU_REASON_NONE : r->of[h->id].lost;
    reservation_end(r, h->id, EMU_REASON_OWN_SC, h->id);
    h->sc_failed[reason]++;
    h->x[op->a] = 1;
    if (hart_event_wanted(h->shared, EMU_EVENT_SC_FAILED)) {
        engine_settle(h, budget + left - ONE_STEP);
        h->pc = op_pc(h, op);
        hart_emit(h, EMU_EVENT_SC_FAILED, reason, paddr, UINT16_MAX);
    }
    TAIL(engine_leave(h, HART_EXIT_SLICE, op_next_pc(h, op), budget + left - ONE_STEP));
}

op_result slow_sc(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width)
{
    struct reservations *r = h->shared->reservations;
    uint64_t address = h->x[op->b];
    int64_t left = left_at(h, op);
    if (address % width)
        TAIL(raise(h, op, budget, left, ISA_TRAP_STORE_MISALIGNED, address));
    if (!r->of[h->id].size)
        TAIL(fail_sc(h, op, budget, left, 0));
    uint64_t value = h->x[(uint32_t)op->imm]; /* before the walk, which may discard this very run */
    h->pc = op_pc(h, op);
    struct mmu_result where = locate_atomic(h, l0, address, width, MMU_STORE);
    if (!where.ok)
        TAIL(raise(h, op, budget, left, where.fault, address));
    if (!reservation_covers(r, h->id, where.paddr, width))
        TAIL(fail_sc(h, op, budget, left, where.paddr));
    bool discarded = commit(h, where.paddr, width, value, budget + left);
    reservation_end(r, h->id, EMU_REASON_OWN_SC, h->id);
    h->sc_done++;
    h->x[op->a] = 0;
    TAIL(after(h, op, budget, l0, left, discarded));
}

uint64_t engine_amo_result(unsigned row, uint64_t old, uint64_t rs2)
{
    switch (row) {
#define AMO_AMO(name)   \
    case ISA_OP_##name: \
        return isa_exec_##name(old, rs2);
#define AMO_RR(name)
#define AMO_RI(name)
#define AMO_R1(name)
#define AMO_UI(name)
#define AMO_BR(name)
#define AMO_JAL(name)
#define AMO_JALR(name)
#define AMO_LD(name)
#define AMO_ST(name)
#define AMO_FLD(name)
#define AMO_FST(name)
#define AMO_LR(name)
#define AMO_SC(name)
#define AMO_CSR(name)
#define AMO_FP1(name)
#define AMO_FP2(name)
#define AMO_FP3(name)
#define AMO_FPX1(name)
#define AMO_FPX2(name)
#define AMO_XFP1(name)
#define AMO_SYS(name)
#define INSN(name, mnemonic, pattern, operands, kind, timing, width, extension, meaning) AMO_##kind(name)
#include <isa/insn.def>
#undef INSN
    default:
        return old;
    }
}

op_result slow_amo(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row)
{
    unsigned width = isa_rows[row].width;
    uint64_t address = h->x[op->b];
    int64_t left = left_at(h, op);
    uint64_t value = h->x[(uint32_t)op->imm]; /* before the walk, which may discard this very run */
    h->pc = op_pc(h, op);
    struct mmu_result where = locate_atomic(h, l0, address, width, MMU_STORE);
    if (!where.ok)
        TAIL(raise(h, op, budget, left, where.fault, address));
    uint64_t old = read_ram(h->shared->memory, where.paddr, width);
    note_read(h, where.paddr, width);
    bool discarded = commit(h, where.paddr, width, engine_amo_result(row, old, value), budget + left);
    h->x[op->a] = sign_extend(old, width);
    TAIL(after(h, op, budget, l0, left, discarded));
}

/* ---- CSR and system instructions: each but the fences ends its run, so that budget is exact behind it ---- */

/* Behind an instruction that may have enabled an interrupt or changed the context. */
static op_result resume(struct hart *h, uint64_t pc, int64_t budget)
{
    int interrupt = hart_interrupt(h);
    enum hart_go go = engine_may_go(h, budget, false);
    if (interrupt >= 0 && go != HART_GO) /* taking it is a step */
        TAIL(engine_leave(h, go == HART_GO_SLICE_OVER ? HART_EXIT_SLICE : HART_EXIT_AGAIN, pc, budget));
    if (interrupt >= 0)
        TAIL(engine_trap(h, (uint64_t)interrupt | ISA_CAUSE_INTERRUPT, 0, pc, budget));
    if (h->attention)
        TAIL(engine_leave(h, HART_EXIT_AGAIN, pc, budget));
    TAIL(engine_enter(h, pc, budget));
}

/* csrrs and csrrc of mip and sip combine with what software wrote, not with the level of the SEIP pin (section 3.1.9). */
static uint64_t base_of_change(const struct hart *h, unsigned number, uint64_t old)
{
    uint64_t pin_only = h->mip_pins & ISA_MIP(SEI) & ~h->mip_soft;
    return number == 0x344 ? old & ~pin_only : old;
}

op_result slow_csr(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row)
{
    unsigned number = (unsigned)op->imm;
    bool immediate = row == ISA_OP_csrrwi || row == ISA_OP_csrrsi || row == ISA_OP_csrrci;
    bool swap = row == ISA_OP_csrrw || row == ISA_OP_csrrwi;
    bool write = swap || op->b != 0;
    if (!csr_allowed(h, number, write))
        TAIL(slow_illegal(h, op, budget, l0));
    engine_settle(h, budget + ONE_STEP);
    uint64_t operand = immediate ? op->b : h->x[op->b];
    uint64_t old = csr_read(h, number);
    if (write) {
        uint64_t base = base_of_change(h, number, old);
        bool set = row == ISA_OP_csrrs || row == ISA_OP_csrrsi;
        csr_write_by_instruction(h, number, swap ? operand : set ? base | operand : base & ~operand);
    }
    h->x[op->a] = old;
    if (!write)
        TAIL(engine_enter(h, op_next_pc(h, op), budget));
    TAIL(resume(h, op_next_pc(h, op), budget));
}

/* slti x0, x0, of a number that the machine knows: it may have scheduled something. */
op_result slow_hint(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    int64_t left = left_at(h, op);
    engine_settle(h, budget + left);
    h->pc = op_pc(h, op);
    h->shared->hint(h->shared->context, h, (unsigned)op->imm);
    TAIL(after(h, op, budget, l0, left, false));
}

op_result slow_fence(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    NEXT(1);
}

op_result slow_fence_tso(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    NEXT(1);
}

/* Decoded code is discarded by the store itself, so nothing is left to do. */
op_result slow_fence_i(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    NEXT(1);
}

op_result slow_pause(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    TAIL(engine_leave(h, HART_EXIT_SLICE, op_next_pc(h, op), budget));
}

op_result slow_ecall(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    TAIL(raise(h, op, budget, ONE_STEP, ISA_TRAP_ECALL_U + h->mode, 0));
}

op_result slow_ebreak(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    TAIL(raise(h, op, budget, ONE_STEP, ISA_TRAP_BREAKPOINT, op_pc(h, op)));
}

op_result slow_mret(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    if (h->mode != ISA_MODE_M)
        TAIL(slow_illegal(h, op, budget, l0));
    engine_settle(h, budget + ONE_STEP);
    h->pc = op_pc(h, op);
    csr_mret(h);
    TAIL(resume(h, h->pc, budget));
}

op_result slow_sret(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    if (h->mode < ISA_MODE_S || (h->mode == ISA_MODE_S && h->mstatus & MSTATUS_TSR))
        TAIL(slow_illegal(h, op, budget, l0));
    engine_settle(h, budget + ONE_STEP);
    h->pc = op_pc(h, op);
    csr_sret(h);
    TAIL(resume(h, h->pc, budget));
}

/* In U-mode, where there is an S-mode, WFI does not wait and is illegal (section 3.3.3 allows it; QEMU does it). */
op_result slow_wfi(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    if (h->mode == ISA_MODE_U || (h->mode == ISA_MODE_S && h->mstatus & MSTATUS_TW))
        TAIL(slow_illegal(h, op, budget, l0));
    if (hart_wakes(h))
        TAIL(resume(h, op_next_pc(h, op), budget));
    engine_settle(h, budget);
    h->run = HART_WAITING;
    h->pc = op_next_pc(h, op);
    if (hart_event_wanted(h->shared, EMU_EVENT_HART_WAITED))
        hart_emit(h, EMU_EVENT_HART_WAITED, 0, 0, UINT16_MAX);
    TAIL(engine_leave(h, HART_EXIT_STOPPED, h->pc, budget));
}

op_result slow_sfence_vma(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0)
{
    if (h->mode == ISA_MODE_U || (h->mode == ISA_MODE_S && h->mstatus & MSTATUS_TVM))
        TAIL(slow_illegal(h, op, budget, l0));
    mmu_fence(h, op->b == 0, h->x[op->b], op->a == 0, (uint16_t)h->x[op->a]);
    TAIL(engine_enter(h, op_next_pc(h, op), budget));
}
