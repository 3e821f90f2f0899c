/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Puts random programs together. What the random part may not change: the pointers ra to tp and s0 to s4, the loop's s5, the page
 * table entries in s6 to s11, the handler's a6 and a7.
 */
#include "program.h"

#include <emu/platform.h>

enum { DATA = 0x4000, ROOT = 0x10000, MIDDLE = 0x11000, LEAVES = 0x12000, WINDOW = 0x200000, WINDOW_PAGES = 6, S6 = 22, S11 = 27 };
enum {
    CSR_SATP = 0x180,
    CSR_MSTATUS = 0x300,
    CSR_MIE = 0x304,
    CSR_MTVEC = 0x305,
    CSR_MCOUNTEREN = 0x306,
    CSR_MEPC = 0x341,
    CSR_MCAUSE = 0x342,
    CSR_MIP = 0x344,
    CSR_PMPCFG0 = 0x3a0,
    CSR_PMPADDR0 = 0x3b0
};
#define C_NOP 0x0001u

/* ---- traps ---- */

/* a7: the cause. Clears own MSIP, puts the timer off, or clears what software has set. */
static void put_interrupts(struct guest *g, const struct program_shape *shape, int ticks)
{
    if (!shape->devices) {
        guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIP, ZERO);
        guest_op(g, ISA_OP_mret);
        return;
    }
    guest_ri(g, ISA_OP_andi, A7, A7, 15);
    guest_ri(g, ISA_OP_addi, A6, ZERO, 7);
    guest_branch(g, ISA_OP_beq, A7, A6, 0);
    unsigned timer = g->count - 1;
    guest_st(g, ISA_OP_sw, ZERO, S3, 0);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIP, ZERO);
    guest_op(g, ISA_OP_mret);
    guest_land(g, timer);
    guest_ri(g, ISA_OP_ld, A6, S4, 0);
    guest_ri(g, ISA_OP_addi, A6, A6, ticks);
    guest_st(g, ISA_OP_sd, A6, S4, 0);
    guest_op(g, ISA_OP_mret);
}

/* Steps over what trapped, 2 or 4 bytes. */
static void put_handler(struct guest *g, const struct program_shape *shape, int ticks)
{
    guest_csr(g, ISA_OP_csrrs, A7, CSR_MCAUSE, ZERO);
    guest_branch(g, ISA_OP_blt, A7, ZERO, 0);
    unsigned interrupt = g->count - 1;
    guest_csr(g, ISA_OP_csrrs, A7, CSR_MEPC, ZERO);
    guest_ri(g, ISA_OP_lhu, A6, A7, 0);
    guest_ri(g, ISA_OP_andi, A6, A6, 3);
    guest_ri(g, ISA_OP_addi, A6, A6, 1);
    guest_ri(g, ISA_OP_srli, A6, A6, 2); /* 1 for 4 bytes, else 0 */
    guest_ri(g, ISA_OP_slli, A6, A6, 1);
    guest_rr(g, ISA_OP_add, A7, A7, A6);
    guest_ri(g, ISA_OP_addi, A7, A7, 2);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MEPC, A7);
    guest_op(g, ISA_OP_mret);
    guest_land(g, interrupt);
    put_interrupts(g, shape, ticks);
}

/* ---- the random part ---- */

static uint8_t scratch_register(struct random *random)
{
    static const uint8_t registers[] = {5, 6, 7, 10, 11, 12, 13, 14, 15, 28, 29, 30, 31};
    return registers[random_below(random, sizeof registers)];
}

static int random_csr(struct random *random, const struct program_shape *shape)
{
    static const int always[] = {0x340, CSR_MIP, 0x001, 0x002, 0xb00, 0xb02, 0xc00, 0xc01, 0xc02, 0x140, 0x144, CSR_MIE};
    return always[random_below(random, sizeof always / sizeof always[0] - shape->devices)]; /* wfi must end */
}

/* One random instruction; false when the draw is of a kind that would leave the program. */
static bool draw_insn(struct random *random, const struct program_shape *shape, struct isa_insn *ret_insn)
{
    struct isa_insn insn = {.op = (uint16_t)(1 + random_below(random, ISA_OP_COUNT - 1)),
                            .rd = scratch_register(random),
                            .rs1 = scratch_register(random),
                            .rs2 = scratch_register(random),
                            .rs3 = scratch_register(random)};
    unsigned width = isa_rows[insn.op].width;
    uint32_t bits;
    switch (isa_rows[insn.op].kind) {
    case ISA_KIND_BR:
    case ISA_KIND_JAL:
        insn.imm = 4 + 4 * (int)random_below(random, 6);
        break;
    case ISA_KIND_LD:
    case ISA_KIND_ST:
    case ISA_KIND_FLD:
    case ISA_KIND_FST:
        insn.rs1 = S1;
        insn.imm = (int)(random_below(random, 4) ? width * random_below(random, 24) : random_below(random, 2040));
        break;
    case ISA_KIND_LR:
    case ISA_KIND_SC:
    case ISA_KIND_AMO:
        insn.rs1 = random_below(random, 8) ? S1 : S2;
        break;
    case ISA_KIND_CSR:
        insn.imm = random_csr(random, shape);
        break;
    case ISA_KIND_JALR:
        return false;
    case ISA_KIND_SYS:
        if (insn.op == ISA_OP_mret || insn.op == ISA_OP_sret || (insn.op == ISA_OP_wfi && !shape->devices))
            return false;
        insn.rd = insn.rs1 = insn.rs2 = 0;
        break;
    default:
        insn.imm = (int)random_below(random, 31);
        insn.rm = (uint8_t)random_below(random, 5);
        break;
    }
    *ret_insn = insn;
    return isa_encode(&insn, &bits);
}

static void put_random(struct guest *g, struct random *random, const struct program_shape *shape)
{
    struct isa_insn insn;
    if (draw_insn(random, shape, &insn))
        guest_put(g, insn);
}

/* Increments by lr and sc of one word; some fail. */
static void put_increments(struct guest *g, struct random *random)
{
    bool words = random_below(random, 2);
    int step = 1 + (int)random_below(random, 3);
    for (unsigned i = 0; i < 3; i++) {
        guest_ri(g, words ? ISA_OP_lr_w : ISA_OP_lr_d, T0, S1, 0);
        guest_ri(g, ISA_OP_addi, T0, T0, step);
        guest_rr(g, words ? ISA_OP_sc_w : ISA_OP_sc_d, T1, S1, T0);
    }
}

/* Four-byte instructions two bytes off. Nobody branches into them or takes them for words. */
static void put_shifted(struct guest *g, struct random *random, const struct program_shape *shape)
{
    uint32_t half = C_NOP;
    for (unsigned i = 0; i < 6; i++)
        guest_ri(g, ISA_OP_addi, ZERO, ZERO, 0);
    for (unsigned n = 0; n < 9;) {
        struct isa_insn insn;
        uint32_t bits;
        if (!draw_insn(random, shape, &insn) || !isa_encode(&insn, &bits) || isa_rows[insn.op].kind == ISA_KIND_BR ||
            isa_rows[insn.op].kind == ISA_KIND_JAL)
            continue;
        guest_ri(g, ISA_OP_addi, ZERO, ZERO, 0); /* makes room */
        g->words[g->count - 1] = half | bits << 16;
        half = bits >> 16;
        n++;
    }
    guest_ri(g, ISA_OP_addi, ZERO, ZERO, 0);
    g->words[g->count - 1] = half | C_NOP << 16;
}

/* Copies a word of the program over another one, a few instructions on or back: both hold instructions. */
static void put_rewrite(struct guest *g, struct random *random, unsigned body, unsigned hole, unsigned hole_end)
{
    unsigned from = body + random_below(random, g->count - body), to = body + random_below(random, g->count - body);
    if ((from >= hole && from < hole_end) || (to >= hole && to < hole_end))
        return;
    guest_ri(g, ISA_OP_lw, T0, S0, 4 * (int)from);
    guest_st(g, ISA_OP_sw, T0, S0, 4 * (int)to);
}

static void put_device_access(struct guest *g, struct random *random, const struct program_shape *shape)
{
    switch (random_below(random, 4)) {
    case 0:
        guest_ri(g, ISA_OP_ld, scratch_register(random), GP, 0); /* mtime */
        return;
    case 1:
        guest_ri(g, ISA_OP_lbu, scratch_register(random), SP, 5);
        return;
    case 2:
        guest_st(g, ISA_OP_sb, scratch_register(random), SP, 0);
        return;
    default:
        guest_ri(g, ISA_OP_addi, T0, ZERO, 1);
        guest_st(g, ISA_OP_sw, T0, TP, 4 * (int)random_below(random, shape->harts));
    }
}

/* Changes an entry of the window, and perhaps says so. */
static void put_remapping(struct guest *g, struct random *random)
{
    unsigned entry = random_below(random, WINDOW_PAGES);
    guest_st(g, ISA_OP_sd, S6 + random_below(random, S11 - S6 + 1), RA, 8 * (int)entry);
    if (random_below(random, 3) == 0)
        return;
    guest_rr(g, ISA_OP_sfence_vma, ZERO, random_below(random, 2) ? S1 : ZERO, ZERO);
}

static void put_body(struct guest *g, struct random *random, const struct program_shape *shape)
{
    unsigned body = g->count, hole = 0, hole_end = 0, shift_at = body + 8 + random_below(random, shape->insns);
    guest_ram(g, S2, 4 * (body + random_below(random, 100)));
    while (g->count < body + shape->insns) {
        unsigned choice = random_below(random, 50);
        if (!hole && g->count >= shift_at) {
            hole = g->count;
            put_shifted(g, random, shape);
            hole_end = g->count;
        } else if (choice < 2 && g->count > body + 8) {
            put_rewrite(g, random, body + 4, hole, hole_end);
        } else if (choice < 4) {
            put_increments(g, random);
        } else if (choice < 6 && shape->devices) {
            put_device_access(g, random, shape);
        } else if (choice < 9 && shape->paged) {
            put_remapping(g, random);
        } else {
            put_random(g, random, shape);
        }
    }
    for (unsigned i = 0; i < 8; i++) /* what forward branches may reach */
        guest_ri(g, ISA_OP_addi, ZERO, ZERO, 0);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    guest_branch(g, ISA_OP_beq, S5, ZERO, 0);
    unsigned out = g->count - 1;
    guest_jump(g, body);
    guest_land(g, out);
}

/* ---- before it ---- */

static uint32_t entry_of(uint32_t ram_offset, uint32_t flags)
{
    return 0x20000000 + (ram_offset >> 2) + flags;
}

static void put_devices(struct guest *g)
{
    guest_li(g, TP, PLATFORM_CLINT_BASE);
    guest_li(g, GP, PLATFORM_CLINT_BASE + 0xbff8);
    guest_li(g, SP, PLATFORM_UART_BASE);
    guest_ri(g, ISA_OP_slli, S3, A0, 2);
    guest_rr(g, ISA_OP_add, S3, S3, TP);
    guest_li(g, T0, PLATFORM_CLINT_BASE + 0x4000);
    guest_ri(g, ISA_OP_slli, S4, A0, 3);
    guest_rr(g, ISA_OP_add, S4, S4, T0);
    guest_st(g, ISA_OP_sd, A0, S4, 0);
    guest_li(g, T0, 0x88);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIE, T0);
}

/* Every hart makes the tables; those that come later make them over again under the others' feet. */
static void put_tables(struct guest *g, struct random *random)
{
    static const uint8_t flags[] = {0x0f, 0x07, 0x03, 0xcf, 0xc7, 0xc3, 0x47, 0x00};
    guest_ram(g, RA, ROOT);
    guest_li(g, T1, 0xc7); /* devices: a gigapage */
    guest_st(g, ISA_OP_sd, T1, RA, 0);
    guest_li(g, T1, entry_of(MIDDLE, 1));
    guest_st(g, ISA_OP_sd, T1, RA, 16);
    guest_ram(g, RA, MIDDLE);
    guest_li(g, T1, entry_of(0, random_below(random, 2) ? 0x0f : 0xcf));
    guest_st(g, ISA_OP_sd, T1, RA, 0);
    guest_li(g, T1, entry_of(LEAVES, 1));
    guest_st(g, ISA_OP_sd, T1, RA, 8);
    guest_ram(g, RA, LEAVES);
    for (unsigned i = 0; i < WINDOW_PAGES; i++) {
        guest_li(g, S6 + i, entry_of(DATA + 0x1000 * random_below(random, 4), flags[random_below(random, sizeof flags)]));
        guest_li(g, T1, entry_of(DATA + 0x1000 * (i % 4), i % 3 ? 0x07 : 0xc7));
        guest_st(g, ISA_OP_sd, T1, RA, 8 * (int)i);
    }
    guest_ri(g, ISA_OP_addi, T0, ZERO, -1);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_PMPADDR0, T0);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MCOUNTEREN, T0);
    guest_ri(g, ISA_OP_addi, T0, ZERO, 0x1f);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_PMPCFG0, T0);
    guest_li(g, T0, (uint32_t)((GUEST_RAM + ROOT) >> 12));
    guest_ri(g, ISA_OP_addi, T1, ZERO, 8); /* Sv39 */
    guest_ri(g, ISA_OP_slli, T1, T1, 60);
    guest_rr(g, ISA_OP_or, T0, T0, T1);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_SATP, T0);
}

/* To the next instruction, in S-mode or M-mode, with interrupts. */
static void put_start(struct guest *g, const struct program_shape *shape)
{
    guest_li(g, T0, shape->paged ? 0x6880 : 0x7880); /* FS dirty, MPP, MPIE */
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MSTATUS, T0);
    guest_ri(g, ISA_OP_auipc, T0, 0, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 16);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MEPC, T0);
    guest_op(g, ISA_OP_mret);
}

struct guest program_random(struct random *random, const struct program_shape *shape)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_jump(g, 0);
    put_handler(g, shape, 100 + (int)random_below(random, 400));
    guest_land(g, 0);
    guest_ram(g, T2, 4);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MTVEC, T2);
    guest_ram(g, S0, 0);
    guest_ram(g, S1, (shape->paged ? WINDOW : DATA) + 0x1000 * random_below(random, 4) + 8 * random_below(random, 500));
    if (shape->devices)
        put_devices(g);
    if (shape->paged)
        put_tables(g, random);
    guest_li(g, S5, shape->loops);
    guest_ri(g, ISA_OP_slli, T0, A0, (int)random_below(random, 6)); /* not all at once */
    guest_branch(g, ISA_OP_beq, T0, ZERO, g->count + 3);
    guest_ri(g, ISA_OP_addi, T0, T0, -1);
    guest_branch(g, ISA_OP_bne, T0, ZERO, g->count - 1);
    put_start(g, shape);
    put_body(g, random, shape);
    guest_finish(g, 0x5555);
    return guest;
}
