/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The handler's code with symbols instead of numbers: every register begins as the interrupted program's own, and each value is one
 * of those roots, or an unknown one, and an offset. Stores are remembered by the symbolic address. Where the code reaches the
 * frame, its real registers say what the roots are, the roots where the stores went, and those are read. Of several ways to the
 * frame the one is taken on which nothing contradicts: no value that was kept twice, and no branch.
 */
#include "unwind_trap.h"

#include <isa/insn.h>
#include <string.h>

#define INSNS_MOST    400 /* on all ways together */
#define BRANCHES_MOST 8   /* deep: both ways are tried */
#define STORES_MOST   80
#define ROOTS_MOST    (ROOTS_FIXED + 20 * INSNS_MOST)

enum { SP = 2, ROOT_SCRATCH = 32, ROOTS_FIXED = 33 };

struct symbolic {
    unsigned root; /* 0: the number itself; 1 to 31: an interrupted register; 32: the scratch register before; more: unknown */
    uint64_t offset;
};

struct way {
    uint64_t pc;
    struct symbolic x[32], scratch;
    struct {
        struct symbolic address, value;
    } store[STORES_MOST];
    unsigned stores;
    struct {
        struct symbolic a, b;
        uint16_t op; /* enum isa_op */
        bool taken;
    } branch[BRANCHES_MOST];
    unsigned branches;
};

struct search {
    const struct unwind_memory *memory;
    const struct unwind_frame *handler;
    const struct unwind_cause *cause;
    struct unwind_frame *outer;
    unsigned insns, roots;
};

static bool same(struct symbolic a, struct symbolic b)
{
    return a.root == b.root && a.offset == b.offset;
}

static struct symbolic plus(struct symbolic value, int64_t offset)
{
    return (struct symbolic){value.root, value.offset + (uint64_t)offset};
}

static struct symbolic unknown(struct search *search)
{
    return (struct symbolic){search->roots++, 0};
}

static void put(struct way *way, unsigned reg, struct symbolic value)
{
    if (reg)
        way->x[reg] = value;
}

static bool fetch(const struct search *search, uint64_t pc, struct isa_insn *ret_insn)
{
    uint8_t bytes[4] = {0};
    if (!search->memory->read(search->memory->context, pc, bytes, 2))
        return false;
    uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8;
    if (isa_length((uint16_t)bits) == 4) {
        if (!search->memory->read(search->memory->context, pc + 2, bytes + 2, 2))
            return false;
        bits |= (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    }
    *ret_insn = isa_decode(bits);
    return true;
}

/* ---- instructions ---- */

static void follow_store(struct way *way, const struct isa_insn *insn)
{
    struct symbolic address = plus(way->x[insn->rs1], insn->imm);
    unsigned i = 0;
    while (i < way->stores && !same(way->store[i].address, address))
        i++;
    if (i == STORES_MOST)
        return;
    way->store[i].address = address;
    way->store[i].value = way->x[insn->rs2];
    way->stores += i == way->stores;
}

static void follow_load(struct search *search, struct way *way, const struct isa_insn *insn)
{
    struct symbolic address = plus(way->x[insn->rs1], insn->imm), value = unknown(search);
    for (unsigned i = 0; i < way->stores; i++)
        if (same(way->store[i].address, address))
            value = way->store[i].value;
    put(way, insn->rd, value);
}

static void follow_csr(struct search *search, struct way *way, const struct isa_insn *insn)
{
    bool is_scratch = (unsigned)insn->imm == search->cause->scratch_csr;
    struct symbolic old = is_scratch ? way->scratch : unknown(search);
    bool writes = insn->op == ISA_OP_csrrw || insn->op == ISA_OP_csrrwi || insn->rs1 != 0;
    if (is_scratch && writes)
        way->scratch = insn->op == ISA_OP_csrrw    ? way->x[insn->rs1]
                       : insn->op == ISA_OP_csrrwi ? (struct symbolic){0, insn->rs1}
                                                   : unknown(search);
    put(way, insn->rd, old);
}

/* Everything that goes on behind itself. */
static void follow_plain(struct search *search, struct way *way, const struct isa_insn *insn)
{
    switch (isa_rows[insn->op].kind) {
    case ISA_KIND_CSR:
        follow_csr(search, way, insn);
        return;
    case ISA_KIND_ST:
        if (isa_rows[insn->op].width == 8)
            follow_store(way, insn);
        return;
    case ISA_KIND_FST:
    case ISA_KIND_SYS:
        return;
    default:
        break;
    }
    if (insn->op == ISA_OP_addi)
        put(way, insn->rd, plus(way->x[insn->rs1], insn->imm));
    else if (insn->op == ISA_OP_add && (insn->rs1 == 0 || insn->rs2 == 0))
        put(way, insn->rd, way->x[insn->rs1 ? insn->rs1 : insn->rs2]);
    else if (insn->op == ISA_OP_auipc || insn->op == ISA_OP_lui)
        put(way, insn->rd, (struct symbolic){0, (insn->op == ISA_OP_auipc ? way->pc : 0) + (uint64_t)(int64_t)insn->imm});
    else if (insn->op == ISA_OP_ld)
        follow_load(search, way, insn);
    else if (isa_rows[insn->op].kind != ISA_KIND_FLD)
        put(way, insn->rd, unknown(search));
}

static bool is_call(const struct isa_insn *insn)
{
    return (insn->op == ISA_OP_jal || insn->op == ISA_OP_jalr) && insn->rd != 0;
}

/* Behind a call the registers that it may use are lost (calling convention: ra, t0 to t6, a0 to a7). */
static void follow_call(struct search *search, struct way *way)
{
    for (unsigned reg = 1; reg < 32; reg++)
        if (reg == 1 || (reg >= 5 && reg <= 7) || (reg >= 10 && reg <= 17) || reg >= 28)
            way->x[reg] = unknown(search);
}

/* Where a jump without a link leads; false: not known. */
static bool target_of(const struct way *way, const struct isa_insn *insn, uint64_t *ret_target)
{
    *ret_target = way->pc + (uint64_t)(int64_t)insn->imm;
    if (insn->op == ISA_OP_jal)
        return true;
    struct symbolic to = plus(way->x[insn->rs1], insn->imm);
    *ret_target = to.offset;
    return to.root == 0;
}

/* ---- roots, from what is really there ---- */

struct roots {
    bool known[ROOTS_MOST];
    uint64_t value[ROOTS_MOST];
};

static void learn(struct roots *roots, struct symbolic symbolic, uint64_t value)
{
    if (symbolic.root == 0 || roots->known[symbolic.root])
        return;
    roots->known[symbolic.root] = true;
    roots->value[symbolic.root] = value - symbolic.offset;
}

static bool read_doubleword(const struct unwind_memory *memory, uint64_t address, uint64_t *ret_value)
{
    uint8_t bytes[8];
    if (!memory->read(memory->context, address, bytes, 8))
        return false;
    *ret_value = 0;
    for (unsigned i = 8; i-- > 0;)
        *ret_value = *ret_value << 8 | bytes[i];
    return true;
}

static void learn_all(const struct search *search, const struct way *way, struct roots *roots)
{
    roots->known[0] = true;
    for (unsigned reg = 1; reg < 32; reg++)
        if (search->handler->known >> reg & 1)
            learn(roots, way->x[reg], search->handler->x[reg]);
    learn(roots, way->scratch, search->cause->scratch);
    for (unsigned pass = 0; pass < 2; pass++) /* what was stored may say where other stores went */
        for (unsigned i = 0; i < way->stores; i++) {
            struct symbolic address = way->store[i].address;
            uint64_t value;
            bool is_there = roots->known[address.root] && !roots->known[way->store[i].value.root] &&
                            read_doubleword(search->memory, roots->value[address.root] + address.offset, &value);
            if (is_there)
                learn(roots, way->store[i].value, value);
        }
}

static bool holds(const struct roots *roots, uint16_t op, struct symbolic left, struct symbolic right, bool taken)
{
    if (!roots->known[left.root] || !roots->known[right.root])
        return true; /* for all that is known */
    uint64_t a = roots->value[left.root] + left.offset, b = roots->value[right.root] + right.offset;
    switch (op) {
    case ISA_OP_beq:
        return (a == b) == taken;
    case ISA_OP_bne:
        return (a != b) == taken;
    case ISA_OP_blt:
        return ((int64_t)a < (int64_t)b) == taken;
    case ISA_OP_bge:
        return ((int64_t)a >= (int64_t)b) == taken;
    case ISA_OP_bltu:
        return (a < b) == taken;
    default:
        return (a >= b) == taken;
    }
}

static bool agrees(const struct roots *roots, struct symbolic symbolic, uint64_t value)
{
    return !roots->known[symbolic.root] || roots->value[symbolic.root] + symbolic.offset == value;
}

static bool is_consistent(const struct search *search, const struct way *way, const struct roots *roots)
{
    for (unsigned i = 0; i < way->branches; i++)
        if (!holds(roots, way->branch[i].op, way->branch[i].a, way->branch[i].b, way->branch[i].taken))
            return false;
    for (unsigned i = 0; i < way->stores; i++) {
        struct symbolic address = way->store[i].address;
        uint64_t there;
        if (roots->known[address.root] && read_doubleword(search->memory, roots->value[address.root] + address.offset, &there) &&
            !agrees(roots, way->store[i].value, there))
            return false;
    }
    for (unsigned reg = 1; reg < 32; reg++)
        if (search->handler->known >> reg & 1 && !agrees(roots, way->x[reg], search->handler->x[reg]))
            return false;
    return agrees(roots, way->scratch, search->cause->scratch);
}

/* The way is at the frame. */
static bool arrive(struct search *search, const struct way *way)
{
    struct roots roots;
    memset(&roots, 0, sizeof roots);
    learn_all(search, way, &roots);
    if (!is_consistent(search, way, &roots))
        return false;
    *search->outer = (struct unwind_frame){.pc = search->cause->epc, .known = 1};
    for (unsigned reg = 1; reg < 32; reg++)
        if (roots.known[reg])
            unwind_set(search->outer, reg, roots.value[reg]);
    return true;
}

/* ---- ways ---- */

static bool follow(struct search *search, struct way *way);

static bool follow_both(struct search *search, struct way *way, const struct isa_insn *insn)
{
    if (way->branches == BRANCHES_MOST)
        return false;
    unsigned n = way->branches++;
    way->branch[n].a = way->x[insn->rs1];
    way->branch[n].b = way->x[insn->rs2];
    way->branch[n].op = insn->op;
    way->branch[n].taken = false;
    struct way other = *way;
    other.branch[n].taken = true;
    other.pc = way->pc + (uint64_t)(int64_t)insn->imm;
    way->pc += insn->len;
    return follow(search, way) || follow(search, &other);
}

/* Follows the way until it is at the frame: true, and the search has what was interrupted. */
static bool follow(struct search *search, struct way *way)
{
    while (search->insns++ < INSNS_MOST) {
        struct isa_insn insn;
        uint64_t target;
        if (way->pc == search->handler->pc && !search->handler->is_call)
            return arrive(search, way);
        if (!fetch(search, way->pc, &insn))
            return false;
        uint64_t behind = way->pc + insn.len;
        if (is_call(&insn) && search->handler->is_call && behind == search->handler->pc)
            return arrive(search, way);
        if (isa_rows[insn.op].kind == ISA_KIND_BR)
            return follow_both(search, way, &insn);
        if (insn.op == ISA_OP_illegal || insn.op == ISA_OP_mret || insn.op == ISA_OP_sret)
            return false;
        if (is_call(&insn)) {
            follow_call(search, way);
            way->pc = behind;
        } else if (insn.op == ISA_OP_jal || insn.op == ISA_OP_jalr) {
            if (!target_of(way, &insn, &target))
                return false;
            way->pc = target;
        } else {
            follow_plain(search, way, &insn);
            way->pc = behind;
        }
    }
    return false;
}

bool unwind_through_trap(const struct unwind_memory *memory, const struct unwind_frame *handler, const struct unwind_cause *cause,
                         struct unwind_frame *ret_outer)
{
    struct way begin = {.pc = cause->vector, .scratch = {ROOT_SCRATCH, 0}};
    struct search search = {.memory = memory, .handler = handler, .cause = cause, .outer = ret_outer, .roots = ROOTS_FIXED};
    for (unsigned reg = 0; reg < 32; reg++)
        begin.x[reg] = (struct symbolic){reg, 0};
    return follow(&search, &begin);
}
