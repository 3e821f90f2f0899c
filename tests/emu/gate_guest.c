/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hash gate's guest, instruction by instruction.
 */
#include "gate_guest.h"

#include <emu/platform.h>

enum { CSR_MSTATUS = 0x300, CSR_MIE = 0x304, CSR_MTVEC = 0x305, CSR_MEPC = 0x341, CSR_MCAUSE = 0x342, CSR_MHARTID = 0xf14 };

static void amo(struct guest *g, enum isa_op op, unsigned rd, unsigned address, unsigned value)
{
    guest_rr(g, op, rd, address, value);
}

/* T2 = address of this hart's word at `base` (8 or 4 bytes a hart); clobbers T1. */
static void own_word(struct guest *g, uint32_t base, int shift)
{
    guest_li(g, T2, base);
    guest_ri(g, ISA_OP_slli, T1, S0, shift);
    guest_rr(g, ISA_OP_add, T2, T2, T1);
}

/* Timer: next one some ticks on. Software: clears it. Anything else: steps over the instruction. Counts in memory. Uses A2 to A5.
 */
static void put_handler(struct guest *g, int ticks)
{
    guest_csr(g, ISA_OP_csrrs, A2, CSR_MCAUSE, ZERO);
    guest_branch(g, ISA_OP_blt, A2, ZERO, 0);
    unsigned to_interrupt = g->count - 1;
    guest_csr(g, ISA_OP_csrrs, A3, CSR_MEPC, ZERO);
    guest_ri(g, ISA_OP_addi, A3, A3, 4);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MEPC, A3);
    guest_jump(g, 0);
    unsigned to_count = g->count - 1;
    guest_land(g, to_interrupt);
    guest_ri(g, ISA_OP_andi, A3, A2, 7);
    guest_ri(g, ISA_OP_addi, A4, ZERO, 7);
    guest_branch(g, ISA_OP_beq, A3, A4, 0);
    unsigned to_timer = g->count - 1;
    guest_st(g, ISA_OP_sw, ZERO, S2, 0); /* own MSIP */
    guest_jump(g, 0);
    unsigned to_count_too = g->count - 1;
    guest_land(g, to_timer);
    guest_ri(g, ISA_OP_ld, A3, S3, 0); /* own MTIMECMP */
    guest_ri(g, ISA_OP_addi, A3, A3, ticks);
    guest_st(g, ISA_OP_sd, A3, S3, 0);
    guest_land(g, to_count);
    guest_land(g, to_count_too);
    guest_ri(g, ISA_OP_addi, A5, ZERO, 1);
    amo(g, ISA_OP_amoadd_d, ZERO, S4, A5); /* own count of traps */
    guest_op(g, ISA_OP_mret);
}

/* One round of a hart's work: S5 rounds left, S1 the data. */
static void put_round(struct guest *g, unsigned harts)
{
    unsigned retry = g->count; /* the counter, by lr and sc */
    guest_ri(g, ISA_OP_lr_w, T0, S1, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_rr(g, ISA_OP_sc_w, T1, S1, T0);
    guest_branch(g, ISA_OP_bne, T1, ZERO, retry);
    guest_ri(g, ISA_OP_addi, T0, S1, GATE_ATOMIC);
    amo(g, ISA_OP_amoadd_d, T1, T0, S5);
    guest_ri(g, ISA_OP_ld, T0, S1, GATE_RACE); /* a lost update, if the slice ends here */
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_st(g, ISA_OP_sd, T0, S1, GATE_RACE);
    guest_op(g, ISA_OP_ecall);
    /* an IPI to the next hart */
    guest_ri(g, ISA_OP_addi, T0, S0, 1);
    guest_li(g, T1, harts);
    guest_rr(g, ISA_OP_remu, T0, T0, T1);
    guest_ri(g, ISA_OP_slli, T0, T0, 2);
    guest_li(g, T1, PLATFORM_CLINT_BASE);
    guest_rr(g, ISA_OP_add, T0, T0, T1);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_st(g, ISA_OP_sw, T1, T0, 0);
    /* code that rewrites the next instruction: an addi of the rounds left */
    unsigned here = g->count;
    guest_ri(g, ISA_OP_auipc, T0, 0, 0);
    guest_ri(g, ISA_OP_slli, T1, S5, 20);
    guest_li(g, T2, 0x00038393); /* addi t2, t2, 0 */
    guest_rr(g, ISA_OP_or, T1, T1, T2);
    unsigned rewritten = g->count + 1;
    guest_st(g, ISA_OP_sw, T1, T0, 4 * (int)(rewritten - here));
    guest_ri(g, ISA_OP_addi, T2, T2, 0);
    guest_st(g, ISA_OP_sd, T2, S4, 512);
}

struct guest gate_guest(unsigned fidelity, unsigned harts)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_jump(g, 0);
    put_handler(g, fidelity == EMU_FAST ? 20 : 500); /* time to get on in between */
    guest_land(g, 0);
    guest_csr(g, ISA_OP_csrrs, S0, CSR_MHARTID, ZERO);
    guest_ram(g, S1, GATE_DATA);
    own_word(g, PLATFORM_CLINT_BASE, 2);
    guest_ri(g, ISA_OP_addi, S2, T2, 0);
    own_word(g, PLATFORM_CLINT_BASE + 0x4000, 3);
    guest_ri(g, ISA_OP_addi, S3, T2, 0);
    guest_ri(g, ISA_OP_slli, T1, S0, 3);
    guest_rr(g, ISA_OP_add, S4, S1, T1);
    guest_ri(g, ISA_OP_addi, S4, S4, GATE_TRAPS);
    guest_ram(g, T0, 4); /* the handler is the second word */
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MTVEC, T0);
    guest_st(g, ISA_OP_sd, S0, S3, 0); /* first timer interrupt: nearly at once */
    guest_li(g, T0, 0x88);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIE, T0);
    guest_ri(g, ISA_OP_addi, T0, ZERO, 8);
    guest_csr(g, ISA_OP_csrrs, ZERO, CSR_MSTATUS, T0);
    guest_li(g, S5, GATE_ROUNDS);
    unsigned round = g->count;
    put_round(g, harts);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    guest_branch(g, ISA_OP_bne, S5, ZERO, round);
    /* done: the last one ends the run, the others wait */
    guest_ri(g, ISA_OP_addi, T0, S1, GATE_DONE);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    amo(g, ISA_OP_amoadd_d, T2, T0, T1);
    guest_li(g, T1, harts - 1);
    guest_branch(g, ISA_OP_beq, T2, T1, 0);
    unsigned to_end = g->count - 1;
    unsigned wait = g->count;
    guest_op(g, ISA_OP_wfi);
    guest_jump(g, wait);
    guest_land(g, to_end);
    guest_putc(g, '.');
    guest_finish(g, 0x5555);
    return guest;
}
