/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random programs, unit by unit. A unit is one instruction or a few that belong together; jumps lead to units' beginnings, always
 * forward, except for loops that count down. Registers with a role are never destinations:
 *   ra  where a wild jump came from     sp, s0, s1  bases into the data area     gp  code + 2048     tp  loop counter
 */
#include "program.h"

#include <isa/insn.h>

#include <stdio.h>
#include <string.h>

enum { RA = 1, SP = 2, GP = 3, TP = 4, S0 = 8, S1 = 9 };
enum { FIXUPS = 12, SCRATCH_A = 5, SCRATCH_B = 6, SCRATCH_C = 7 };

/* A jump whose target comes later: `units` more. */
struct fixup {
    unsigned at, from; /* the instruction to patch; what its immediate counts from */
    unsigned units;    /* 0: free */
};

struct maker {
    struct record *record;
    struct setting setting;
    struct code code;
    uint64_t random;
    struct fixup fixups[FIXUPS];
    unsigned loop_start, loop_units; /* units left in the present loop, 0: none */
    unsigned taste[16];              /* weight of each kind of unit */
};

static bool has_role(unsigned reg)
{
    return reg == RA || reg == SP || reg == GP || reg == TP || reg == S0 || reg == S1;
}

static unsigned any_reg(struct maker *m)
{
    return (unsigned)below(&m->random, 32);
}

static unsigned free_reg(struct maker *m)
{
    unsigned reg;
    do
        reg = any_reg(m);
    while (has_role(reg));
    return reg;
}

static unsigned free_reg_not_0(struct maker *m)
{
    unsigned reg;
    do
        reg = free_reg(m);
    while (reg == 0);
    return reg;
}

static unsigned base_reg(struct maker *m)
{
    static const uint8_t bases[] = {SP, S0, S1};
    return bases[below(&m->random, 3)];
}

static void later(struct maker *m, unsigned at, unsigned from)
{
    for (unsigned i = 0; i < FIXUPS; i++) {
        if (m->fixups[i].units)
            continue;
        m->fixups[i] = (struct fixup){at, from, 1 + (unsigned)below(&m->random, 6)};
        return;
    }
    emit_patch(&m->code, at, (int32_t)(m->code.at - from)); /* to the next unit */
}

static void arrive(struct maker *m, bool all)
{
    for (unsigned i = 0; i < FIXUPS; i++) {
        struct fixup *fixup = &m->fixups[i];
        if (!fixup->units)
            continue;
        if (!all && --fixup->units)
            continue;
        fixup->units = 0;
        emit_patch(&m->code, fixup->at, (int32_t)(m->code.at - fixup->from));
    }
}

static unsigned random_op(struct maker *m, uint64_t kinds)
{
    unsigned op;
    do
        op = 1 + (unsigned)below(&m->random, ISA_OP_COUNT - 1);
    while (!(kinds >> isa_rows[op].kind & 1) || op == ISA_OP_ctzw); /* differences.def: ctzw */
    return op;
}

#define KIND(name) (UINT64_C(1) << ISA_KIND_##name)

/* ---- computation ---- */

static int32_t random_imm(struct maker *m, unsigned op)
{
    uint64_t bits = draw(&m->random);
    if (isa_rows[op].kind == ISA_KIND_UI)
        return (int32_t)(bits & 0xfffff000);
    unsigned mask = ~isa_rows[op].mask >> 20;
    return mask == 0xfff ? (int32_t)(bits << 52 >> 52) - (bits & 0x800 ? 4096 : 0) : (int32_t)(bits & mask);
}

static void compute(struct maker *m)
{
    unsigned op = random_op(m, KIND(RR) | KIND(RI) | KIND(R1) | KIND(UI));
    unsigned kind = isa_rows[op].kind;
    emit_insn(&m->code, op, free_reg(m), kind == ISA_KIND_UI ? 0 : any_reg(m), kind == ISA_KIND_RR ? any_reg(m) : 0,
              kind == ISA_KIND_RI || kind == ISA_KIND_UI ? random_imm(m, op) : 0);
}

static void load_value(struct maker *m)
{
    emit_li(&m->code, free_reg_not_0(m), draw_value(&m->random));
}

static void floating(struct maker *m)
{
    unsigned op = random_op(m, KIND(FP1) | KIND(FP2) | KIND(FP3) | KIND(FPX1) | KIND(FPX2) | KIND(XFP1));
    const struct isa_row *row = &isa_rows[op];
    static const uint8_t modes[] = {0, 1, 2, 3, 4, 7, 7, 7};
    unsigned kind = row->kind;
    unsigned rm = one_in(&m->random, 24) ? 5 + (unsigned)below(&m->random, 2) : modes[below(&m->random, sizeof modes)];
    unsigned rd = kind == ISA_KIND_FPX1 || kind == ISA_KIND_FPX2 ? free_reg(m) : any_reg(m);
    uint32_t bits = row->match | ((uint32_t)(rd << 7 | any_reg(m) << 15 | any_reg(m) << 20 | any_reg(m) << 27 | (row->sets_rm ? rm << 12 : 0)) & ~row->mask);
    emit(&m->code, bits);
}

/* Does a random instruction keep to the rules of these programs? */
static bool is_tame(const struct maker *m, const struct isa_insn *insn)
{
    bool base_ok = insn->rs1 == SP || insn->rs1 == S0 || insn->rs1 == S1;
    switch (isa_rows[insn->op].kind) {
    case ISA_KIND_RR:
    case ISA_KIND_RI:
    case ISA_KIND_R1:
    case ISA_KIND_UI:
    case ISA_KIND_FPX1:
    case ISA_KIND_FPX2:
        return !has_role(insn->rd);
    case ISA_KIND_FP1:
    case ISA_KIND_FP2:
    case ISA_KIND_FP3:
    case ISA_KIND_XFP1:
        return true;
    case ISA_KIND_LD:
        return !has_role(insn->rd) && base_ok && !(m->setting.pmp_regions && insn->imm % isa_rows[insn->op].width);
    case ISA_KIND_ST:
    case ISA_KIND_FLD:
    case ISA_KIND_FST:
        return base_ok && !(m->setting.pmp_regions && insn->imm % isa_rows[insn->op].width);
    case ISA_KIND_NONE:
        return true;
    default:
        return insn->op == ISA_OP_fence || insn->op == ISA_OP_ebreak || insn->op == ISA_OP_fence_i;
    }
}

static void compressed(struct maker *m)
{
    for (;;) {
        uint32_t bits = (uint32_t)draw(&m->random) & 0xffff;
        struct isa_insn insn = isa_decode(bits);
        if ((bits & 3) == 3 || !is_tame(m, &insn) || (insn.op == ISA_OP_illegal && !one_in(&m->random, 8)))
            continue;
        emit(&m->code, bits);
        return;
    }
}

/* Any word at all, or one a bit away from an instruction: mostly illegal, and both decoders must agree on which. */
static void wild_word(struct maker *m)
{
    for (;;) {
        const struct isa_row *row = &isa_rows[1 + below(&m->random, ISA_OP_COUNT - 1)];
        uint32_t bits = (uint32_t)draw(&m->random) | 3;
        if (one_in(&m->random, 2))
            bits = (row->match | (bits & ~row->mask)) ^ UINT32_C(1) << (2 + below(&m->random, 30));
        struct isa_insn insn = isa_decode(bits);
        if (!is_tame(m, &insn) || insn.op == ISA_OP_ctzw)
            continue;
        emit(&m->code, bits);
        return;
    }
}

/* ---- memory ---- */

static void memory(struct maker *m)
{
    unsigned op = random_op(m, KIND(LD) | KIND(ST) | KIND(FLD) | KIND(FST));
    unsigned kind = isa_rows[op].kind, width = isa_rows[op].width;
    int32_t imm = (int32_t)below(&m->random, 4096) - 2048;
    unsigned base = base_reg(m), offset = (unsigned)(imm + (base == S1 ? 0 : 0x800)) % 4096;
    bool aligned = m->setting.sub_page_pmp || (m->setting.pmp_regions && offset + width > 4096);
    if (aligned || !one_in(&m->random, 3))
        imm &= -(int32_t)width;
    bool load = kind == ISA_KIND_LD || kind == ISA_KIND_FLD;
    emit_insn(&m->code, op, load ? (kind == ISA_KIND_LD ? free_reg(m) : any_reg(m)) : 0, base, load ? 0 : any_reg(m), imm);
}

/* Where nothing is, or where addresses end. */
static void wild_access(struct maker *m)
{
    static const uint64_t nothing[] = {0x0, 0x90000000, 0x88000000, UINT64_C(0xffffffffffffff00), UINT64_C(0x0080000000000000), UINT64_C(0x4000000000),
                                       UINT64_C(0xffffffc000000000), UINT64_C(0x800000000000), UINT64_C(0x00ff000000000000), 0x06000000};
    unsigned op = random_op(m, KIND(LD) | KIND(ST) | KIND(FLD) | KIND(FST));
    bool load = isa_rows[op].kind == ISA_KIND_LD || isa_rows[op].kind == ISA_KIND_FLD;
    emit_li(&m->code, SCRATCH_A, nothing[below(&m->random, sizeof nothing / sizeof nothing[0])] + below(&m->random, 16) * 8);
    emit_insn(&m->code, op, load ? SCRATCH_B : 0, SCRATCH_A, load ? 0 : any_reg(m), 0);
}

static void atomic(struct maker *m)
{
    if (m->setting.sub_page_pmp)
        return;
    unsigned op = random_op(m, KIND(LR) | KIND(SC) | KIND(AMO) | KIND(AMO));
    unsigned kind = isa_rows[op].kind, width = isa_rows[op].width;
    int32_t imm = (int32_t)(below(&m->random, 4096) & ~UINT64_C(7)) - 2048;
    unsigned order = (unsigned)below(&m->random, 4) << 25;
    if (kind != ISA_KIND_SC && !m->setting.sub_page_pmp && one_in(&m->random, 12))
        imm += 1 + (int32_t)below(&m->random, 7);
    emit_insn(&m->code, ISA_OP_addi, SCRATCH_A, one_in(&m->random, 2) ? SP : S0, 0, imm); /* s1 may be misaligned */
    if (kind == ISA_KIND_AMO) {
        unsigned rd = free_reg(m), rs2 = any_reg(m);
        emit(&m->code, isa_rows[op].match | order | rd << 7 | SCRATCH_A << 15 | rs2 << 20);
        return;
    }
    if (kind == ISA_KIND_LR) {
        emit(&m->code, isa_rows[op].match | order | SCRATCH_B << 7 | SCRATCH_A << 15);
        if ((unsigned)imm % width) /* it trapped: no reservation */
            return;
        if (one_in(&m->random, 3))
            emit_insn(&m->code, ISA_OP_addi, SCRATCH_B, SCRATCH_B, 0, 1);
        if (!m->setting.translated_data && !m->setting.pmp_regions && one_in(&m->random, 8))
            emit_insn(&m->code, ISA_OP_addi, SCRATCH_A, SCRATCH_A, 0, imm < 0 ? 512 : -512);
        op = width == 4 ? ISA_OP_sc_w : ISA_OP_sc_d;
    }
    unsigned rs2 = one_in(&m->random, 2) ? SCRATCH_B : any_reg(m);
    emit(&m->code, isa_rows[op].match | order | free_reg(m) << 7 | SCRATCH_A << 15 | rs2 << 20);
}

/* ---- control transfer ---- */

static void branch(struct maker *m)
{
    unsigned at = m->code.at;
    switch (below(&m->random, 5)) {
    case 0: {
        unsigned rd = free_reg(m);
        emit_insn(&m->code, ISA_OP_jal, rd, 0, 0, 0);
        later(m, at, at);
        return;
    }
    case 1: {
        unsigned rd = free_reg(m);
        emit_insn(&m->code, ISA_OP_auipc, SCRATCH_C, 0, 0, 0);
        if (one_in(&m->random, 2))
            emit_insn(&m->code, ISA_OP_ori, SCRATCH_C, SCRATCH_C, 0, 1);
        emit_insn(&m->code, ISA_OP_jalr, rd, SCRATCH_C, 0, 0);
        later(m, m->code.at - 4, at);
        return;
    }
    default:
        emit_insn(&m->code, random_op(m, KIND(BR)), 0, any_reg(m), any_reg(m), 0);
        later(m, at, at);
    }
}

static void begin_loop(struct maker *m)
{
    if (m->loop_units)
        return;
    emit_insn(&m->code, ISA_OP_addi, TP, 0, 0, 1 + (int32_t)below(&m->random, 5));
    m->loop_start = m->code.at;
    m->loop_units = 2 + (unsigned)below(&m->random, 8);
}

static void end_loop(struct maker *m)
{
    emit_insn(&m->code, ISA_OP_addi, TP, TP, 0, -1);
    emit_insn(&m->code, ISA_OP_blt, 0, 0, TP, (int32_t)m->loop_start - (int32_t)m->code.at);
}

/* Jumps to where no code is; the handler comes back to ra. */
static void wild_jump(struct maker *m)
{
    static const uint64_t nowhere[] = {0x0, 0x90000000, UINT64_C(0x4000000000), UINT64_C(0xfffffffffffff000), UINT64_C(0x0100000000000000), 0x88000000};
    emit_li(&m->code, SCRATCH_A, nowhere[below(&m->random, sizeof nowhere / sizeof nowhere[0])]);
    emit_insn(&m->code, ISA_OP_jalr, RA, SCRATCH_A, 0, 2 * (int32_t)below(&m->random, 8));
}

static uint32_t harmless_word(struct maker *m)
{
    struct code one = {.bytes = (uint8_t[4]){0}, .size = 4};
    uint32_t bits;
    if (one_in(&m->random, 6))
        return one_in(&m->random, 2) ? 0x00010001 : 0x00000013;
    unsigned op = random_op(m, KIND(RR) | KIND(RI));
    emit_insn(&one, op, free_reg(m), any_reg(m), isa_rows[op].kind == ISA_KIND_RR ? any_reg(m) : 0,
              isa_rows[op].kind == ISA_KIND_RI ? random_imm(m, op) : 0);
    memcpy(&bits, one.bytes, 4);
    return bits;
}

/* Writes an instruction a little ahead, then fence.i, then gets there. */
static void modify_code(struct maker *m)
{
    static const uint16_t halves[] = {0x0001, 0x952e, 0x8636, 0x4715}; /* c.nop; c.add a0, a1; c.mv a2, a3; c.li a4, 5 */
    bool half = one_in(&m->random, 4);
    if (m->setting.mode == 3 && m->setting.translated_data)
        return;
    emit_li(&m->code, SCRATCH_A, half ? halves[below(&m->random, 4)] : (uint64_t)(int64_t)(int32_t)harmless_word(m));
    unsigned store = m->code.at;
    emit_insn(&m->code, half ? ISA_OP_sh : ISA_OP_sw, 0, GP, SCRATCH_A, 0);
    for (uint64_t gap = below(&m->random, 4); gap > 0; gap--)
        compute(m);
    emit_insn(&m->code, ISA_OP_fence_i, 0, 0, 0, 0);
    int32_t slot = (int32_t)m->code.at - 2048;
    uint32_t before = half ? 0x0001 : harmless_word(m);
    emit(&m->code, before);
    if (before == 0x00010001)
        emit(&m->code, 0x0001);
    if (slot < 2048)
        emit_patch(&m->code, store, slot);
}

/* ---- system ---- */

static void trap(struct maker *m)
{
    switch (below(&m->random, 6)) {
    case 0:
        emit_insn(&m->code, ISA_OP_ecall, 0, 0, 0, 0);
        return;
    case 1:
        emit_insn(&m->code, ISA_OP_ebreak, 0, 0, 0, 0);
        return;
    case 2:
        emit(&m->code, 0x9002); /* c.ebreak */
        return;
    case 3:
        wild_jump(m);
        return;
    default:
        wild_access(m);
    }
}

/* CSRs that programs write, and the bits that they may set there. */
static const struct writable {
    uint16_t number;
    uint64_t mask;
} writable[] = {
    {0x001, 0xff}, {0x002, 0xff}, {0x003, 0xfff}, {0x100, 0xc6122}, {0x104, UINT64_MAX}, {0x106, 0xffffffff}, {0x10a, 1}, {0x140, UINT64_MAX},
    {0x141, ~UINT64_C(1)}, {0x142, UINT64_MAX}, {0x143, UINT64_MAX}, {0x344, 0x222}, {0x300, 0x7e79aa}, {0x302, 0xb1ff}, {0x303, 0x222},
    {0x304, 0xaaa}, {0x306, UINT64_C(0xffffffff)}, {0x30a, 1}, {0x341, ~UINT64_C(1)}, {0x342, UINT64_MAX}, {0x343, UINT64_MAX}, {0x344, 0x222},
    {0x3bd, UINT64_MAX >> 10}, {0x301, UINT64_MAX}, {0x320, 5},
};

static void write_csr(struct maker *m)
{
    const struct writable *csr = &writable[below(&m->random, sizeof writable / sizeof writable[0])];
    static const uint16_t ops[] = {ISA_OP_csrrw, ISA_OP_csrrs, ISA_OP_csrrc};
    uint64_t value = draw_value(&m->random) & csr->mask;
    if (csr->number == 0x144 || csr->number == 0x344)
        value &= m->setting.interrupt;
    if (csr->number == 0x300 || csr->number == 0x100) /* FS off or dirty */
        value = (value & ~UINT64_C(0x6000)) | (one_in(&m->random, 6) ? 0 : 0x6000);
    if (csr->number == 0x300 && !m->setting.translated_data)
        value &= ~UINT64_C(0x20000); /* differences.def: mprv_code */
    if (csr->number == 0x300 && (value >> 11 & 3) == 2)
        value |= 0x800;
    unsigned op = ops[below(&m->random, 3)];
    if ((csr->number == 0x300 || csr->number == 0x100) && op != ISA_OP_csrrw)
        value &= ~UINT64_C(0x7800); /* MPP and FS only whole */
    emit_li(&m->code, SCRATCH_A, value);
    emit_insn(&m->code, op, free_reg(m), SCRATCH_A, 0, csr->number);
}

/* Reads any CSR number, or tries to write one that is read-only or out of reach. */
static bool reads_differ(unsigned number)
{
    bool counter = (number >= 0xc00 && number <= 0xc1f) || (number >= 0xb00 && number <= 0xb1f);
    return counter || number == 0xf12 || number == 0xf13;
}

static bool is_trigger(unsigned number)
{
    return (number >= 0x7a0 && number <= 0x7af) || number == 0x5a8 || number == 0x24d;
}

static void read_csr(struct maker *m)
{
    unsigned number;
    do {
        number = (unsigned)below(&m->random, 4096);
        if (!one_in(&m->random, 4)) {
            static const uint16_t blocks[] = {0x000, 0x100, 0x140, 0x180, 0x300, 0x340, 0x3a0, 0x3b0, 0xb00, 0xc00, 0xf10, 0x320};
            number = blocks[below(&m->random, sizeof blocks / sizeof blocks[0])] + (unsigned)below(&m->random, 24);
        }
    } while (is_trigger(number));
    emit_insn(&m->code, one_in(&m->random, 2) ? ISA_OP_csrrs : ISA_OP_csrrci, reads_differ(number) ? 0 : free_reg(m), 0, 0, (int32_t)number);
}

static void go_to_mode(struct maker *m)
{
    bool machine = m->setting.mode == 3 && one_in(&m->random, 2);
    if (m->setting.mode == 3) {
        emit_li(&m->code, SCRATCH_B, 0x20000);
        emit_insn(&m->code, ISA_OP_csrrc, 0, SCRATCH_B, 0, 0x300);
    }
    if (machine) {
        static const uint16_t modes[] = {0, 1, 3, 3};
        emit_li(&m->code, SCRATCH_B, 0x1800);
        emit_insn(&m->code, ISA_OP_csrrc, 0, SCRATCH_B, 0, 0x300);
        emit_li(&m->code, SCRATCH_B, (uint64_t)modes[below(&m->random, 4)] << 11);
        emit_insn(&m->code, ISA_OP_csrrs, 0, SCRATCH_B, 0, 0x300);
    } else {
        emit_li(&m->code, SCRATCH_B, 0x100);
        emit_insn(&m->code, one_in(&m->random, 3) ? ISA_OP_csrrc : ISA_OP_csrrs, 0, SCRATCH_B, 0, 0x100);
    }
    /* Last, so that no trap puts its own pc there: returning to that would never end. */
    emit_insn(&m->code, ISA_OP_auipc, SCRATCH_A, 0, 0, 0);
    emit_insn(&m->code, ISA_OP_addi, SCRATCH_A, SCRATCH_A, 0, 16);
    emit_insn(&m->code, ISA_OP_csrrw, 0, SCRATCH_A, 0, machine ? 0x341 : 0x141);
    emit_insn(&m->code, machine ? ISA_OP_mret : ISA_OP_sret, 0, 0, 0, 0);
}

/* Changes flags of a data page's entry and fences so that the change must be seen. */
static void remap(struct maker *m)
{
    unsigned page = (unsigned)below(&m->random, 4);
    uint64_t entry = UINT64_C(0xcf) ^ (one_in(&m->random, 2) ? UINT64_C(1) << below(&m->random, 8) : 0);
    if (!m->setting.vtable || (m->setting.mode == 1 && m->record->word[WORD_MSTATUS] >> 20 & 1)) /* TVM: the fence would trap */
        return;
    emit_li(&m->code, SCRATCH_A, m->setting.vtable + 8 * page);
    emit_li(&m->code, SCRATCH_B, (DIFF_DATA + below(&m->random, 4) * 4096) >> 12 << 10 | entry);
    emit_insn(&m->code, ISA_OP_sd, 0, SCRATCH_A, SCRATCH_B, 0);
    emit_li(&m->code, SCRATCH_A, m->setting.vdata + page * 4096 + below(&m->random, 4096));
    emit_insn(&m->code, ISA_OP_sfence_vma, 0, one_in(&m->random, 2) ? SCRATCH_A : 0, 0, 0);
}

static void fence_or_system(struct maker *m)
{
    static const uint16_t illegal_below[] = {ISA_OP_sret, ISA_OP_mret, ISA_OP_wfi};
    switch (below(&m->random, 6)) {
    case 0:
        emit_insn(&m->code, ISA_OP_sfence_vma, 0, one_in(&m->random, 2) ? any_reg(m) : 0, one_in(&m->random, 2) ? any_reg(m) : 0, 0);
        return;
    case 1:
        emit_insn(&m->code, ISA_OP_fence_i, 0, 0, 0, 0);
        return;
    case 2:
        emit_insn(&m->code, ISA_OP_pause, 0, 0, 0, 0);
        return;
    case 3:
        if (m->setting.mode == 0) {
            emit_insn(&m->code, illegal_below[below(&m->random, 3)], 0, 0, 0, 0);
            return;
        }
        if (m->setting.mode == 1) {
            emit_insn(&m->code, ISA_OP_mret, 0, 0, 0, 0);
            return;
        }
        remap(m);
        return;
    case 4: /* another address space on the same tables */
        if (!m->setting.paging)
            return;
        emit_li(&m->code, SCRATCH_A, m->record->word[WORD_SATP] ^ below(&m->random, 4) << 44);
        emit_insn(&m->code, ISA_OP_csrrw, free_reg(m), SCRATCH_A, 0, 0x180);
        return;
    default:
        remap(m);
    }
}

/* ---- the whole ---- */

typedef void unit_function(struct maker *m);
static unit_function *const units[] = {compute, load_value, floating, compressed, wild_word, memory,   atomic,     branch,
                                       begin_loop, modify_code, trap,  write_csr,  read_csr,  go_to_mode, fence_or_system};
enum { UNITS = sizeof units / sizeof units[0] };

static void draw_taste(struct maker *m)
{
    static const uint8_t usual[UNITS] = {20, 6, 20, 20, 4, 30, 10, 12, 4, 3, 3, 5, 4, 1, 4};
    for (unsigned i = 0; i < UNITS; i++)
        m->taste[i] = one_in(&m->random, 4) ? 0 : usual[i] * (one_in(&m->random, 5) ? 5u : 1u);
    m->taste[0]++;
}

static void unit(struct maker *m)
{
    unsigned sum = 0, i = 0;
    for (unsigned k = 0; k < UNITS; k++)
        sum += m->taste[k];
    for (uint64_t at = below(&m->random, sum); at >= m->taste[i]; i++)
        at -= m->taste[i];
    units[i](m);
}

static void draw_registers(struct maker *m)
{
    uint64_t *word = m->record->word;
    for (unsigned i = 1; i < 32; i++)
        word[WORD_X + i] = draw_value(&m->random);
    word[WORD_X + SCRATCH_A] = 0; /* the runtime's last */
    for (unsigned i = 0; i < 32; i++)
        word[WORD_F + i] = draw_float(&m->random);
    word[WORD_FCSR] = below(&m->random, 256);
    if (!one_in(&m->random, 6) && word[WORD_FCSR] >> 5 > 4)
        word[WORD_FCSR] &= 0x1f;
    unsigned off = m->setting.pmp_regions ? 0 : (unsigned)below(&m->random, 64);
    word[WORD_X + RA] = m->setting.vcode;
    word[WORD_X + SP] = m->setting.vdata + 0x1800;
    word[WORD_X + GP] = m->setting.vcode + 2048;
    word[WORD_X + TP] = 0;
    word[WORD_X + S0] = m->setting.vdata + 0x2800;
    word[WORD_X + S1] = m->setting.vdata + 0x1000 + off;
}

void program_make(struct record *record, uint64_t seed)
{
    struct maker m = {.record = record, .random = seed};
    memset(record, 0, sizeof *record);
    setting_draw(&m.setting, record, &m.random);
    draw_registers(&m);
    for (unsigned at = DIFF_DATA - DIFF_WORK; at < DIFF_TABLES - DIFF_WORK; at += 8) {
        uint64_t value = one_in(&m.random, 4) ? draw_value(&m.random) : draw_float(&m.random);
        memcpy(record->work + at, &value, 8);
    }
    draw_taste(&m);
    unsigned start = one_in(&m.random, 2) ? 0 : 2 * (unsigned)below(&m.random, 64);
    if (one_in(&m.random, 4))
        start = 4096 - 2 * (unsigned)below(&m.random, 200); /* across the page */
    m.code = (struct code){.bytes = record->work, .at = start, .size = DIFF_CODE_BYTES};
    unsigned count = 8 + (unsigned)below(&m.random, one_in(&m.random, 3) ? 120 : 40);
    for (unsigned i = 0; i < count && m.code.at < (start < 2048 ? 3800u : DIFF_CODE_BYTES - 400u); i++) {
        arrive(&m, false);
        if (m.loop_units && --m.loop_units == 0)
            end_loop(&m);
        unit(&m);
    }
    if (m.loop_units)
        end_loop(&m);
    arrive(&m, true);
    record->word[WORD_X] = m.setting.vcode + start;
    record->word[WORD_END] = m.code.at;
    emit_insn(&m.code, ISA_OP_ecall, 0, 0, 0, 0);
}

void program_print(const struct record *record)
{
    unsigned start = (unsigned)(record->word[WORD_X] - record->word[WORD_VCODE]);
    static const char *const mode[] = {"U", "S", "?", "M"};
    printf("mode %s mstatus %llx satp %llx vcode %llx medeleg %llx mideleg %llx mie %llx mip %llx\n", mode[record->word[WORD_MSTATUS] >> 11 & 3],
           (unsigned long long)record->word[WORD_MSTATUS], (unsigned long long)record->word[WORD_SATP],
           (unsigned long long)record->word[WORD_VCODE], (unsigned long long)record->word[WORD_MEDELEG],
           (unsigned long long)record->word[WORD_MIDELEG], (unsigned long long)record->word[WORD_MIE],
           (unsigned long long)record->word[WORD_MIP]);
    printf("sp %llx s0 %llx s1 %llx pmpcfg %llx %llx\n", (unsigned long long)record->word[SP], (unsigned long long)record->word[S0],
           (unsigned long long)record->word[S1], (unsigned long long)record->word[WORD_PMPCFG0], (unsigned long long)record->word[WORD_PMPCFG2]);
    for (unsigned entry = 0; entry < 16; entry++)
        if (record->word[WORD_PMPADDR + entry])
            printf("pmpaddr%u %llx (byte %llx)\n", entry, (unsigned long long)record->word[WORD_PMPADDR + entry],
                   (unsigned long long)record->word[WORD_PMPADDR + entry] << 2);
    for (unsigned at = start; at <= record->word[WORD_END];) {
        uint32_t bits;
        char text[96];
        memcpy(&bits, record->work + at, 4);
        isa_disassemble(text, sizeof text, bits, record->word[WORD_VCODE] + at);
        printf("  %4x: %s\n", at, text);
        at += isa_length((uint16_t)bits);
    }
}
