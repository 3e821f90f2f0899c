/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest: harts start in M-mode, keep their interrupts and traps there, and work in S-mode.
 */
#include "switching.h"

#include <emu/hint.h>
#include <emu/platform.h>
#include <stdio.h>
#include <stdlib.h>

/* Offsets in RAM. Each hart has two pages of its own. */
enum { DATA = 0x8000, COUNTER = 0, ATOMIC = 64, DONE = 128, TRAPS = 1024, OWN = 0x20000, TABLES = 0x200000 };
enum {
    CSR_SATP = 0x180,
    CSR_MSTATUS = 0x300,
    CSR_MIE = 0x304,
    CSR_MTVEC = 0x305,
    CSR_MEPC = 0x341,
    CSR_MCAUSE = 0x342,
    CSR_PMPCFG0 = 0x3a0,
    CSR_PMPADDR0 = 0x3b0,
    CSR_MHARTID = 0xf14
};
enum { PTE_V = 1, PTE_RW = 6, PTE_X = 8, PTE_AD = 0xc0 };
enum { ECALL_FROM_S = 9, FAILED = 7 << 16 | PLATFORM_FINISHER_FAIL, TICKS = 300 };

static unsigned put_forward(struct guest *g, enum isa_op op, unsigned rs1, unsigned rs2)
{
    guest_branch(g, op, rs1, rs2, 0);
    return g->count - 1;
}

/* Timer: the next one some ticks on. Software: clears it. An ecall is stepped over and counted. Uses A2 to A5. */
static void put_handler(struct guest *g)
{
    guest_csr(g, ISA_OP_csrrs, A2, CSR_MCAUSE, ZERO);
    unsigned to_interrupt = put_forward(g, ISA_OP_blt, A2, ZERO);
    guest_ri(g, ISA_OP_addi, A3, ZERO, ECALL_FROM_S);
    unsigned to_ecall = put_forward(g, ISA_OP_beq, A2, A3);
    guest_finish(g, FAILED);
    guest_land(g, to_ecall);
    guest_csr(g, ISA_OP_csrrs, A3, CSR_MEPC, ZERO);
    guest_ri(g, ISA_OP_addi, A3, A3, 4);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MEPC, A3);
    guest_ri(g, ISA_OP_slli, A3, S0, 3);
    guest_rr(g, ISA_OP_add, A3, A3, S1);
    guest_ri(g, ISA_OP_addi, A3, A3, TRAPS);
    guest_ri(g, ISA_OP_addi, A5, ZERO, 1);
    guest_rr(g, ISA_OP_amoadd_d, ZERO, A3, A5);
    guest_op(g, ISA_OP_mret);
    guest_land(g, to_interrupt);
    guest_ri(g, ISA_OP_andi, A3, A2, 7);
    guest_ri(g, ISA_OP_addi, A4, ZERO, 7);
    unsigned to_timer = put_forward(g, ISA_OP_beq, A3, A4);
    guest_st(g, ISA_OP_sw, ZERO, S2, 0);
    guest_op(g, ISA_OP_mret);
    guest_land(g, to_timer);
    guest_ri(g, ISA_OP_ld, A3, S3, 0);
    guest_ri(g, ISA_OP_addi, A3, A3, TICKS);
    guest_st(g, ISA_OP_sd, A3, S3, 0);
    guest_op(g, ISA_OP_mret);
}

/* rd = base + (hart << shift); clobbers T0 and T1. */
static void put_own(struct guest *g, unsigned rd, uint32_t base, int shift, bool in_ram)
{
    if (in_ram)
        guest_ram(g, rd, base);
    else
        guest_li(g, rd, base);
    guest_ri(g, ISA_OP_slli, T1, S0, shift);
    guest_rr(g, ISA_OP_add, rd, rd, T1);
}

static void put_start(struct guest *g, unsigned handler)
{
    guest_csr(g, ISA_OP_csrrs, S0, CSR_MHARTID, ZERO);
    guest_ram(g, S1, DATA);
    put_own(g, S2, PLATFORM_CLINT_BASE, 2, false);
    put_own(g, S3, PLATFORM_CLINT_BASE + 0x4000, 3, false);
    put_own(g, S4, OWN, 13, true);
    guest_ram(g, T0, 4 * handler);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MTVEC, T0);
    guest_ri(g, ISA_OP_addi, T0, S0, 50);
    guest_st(g, ISA_OP_sd, T0, S3, 0);
    guest_li(g, T0, 0x88);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIE, T0);
    guest_ri(g, ISA_OP_addi, T0, ZERO, -1);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_PMPADDR0, T0);
    guest_ri(g, ISA_OP_addi, T0, ZERO, 0x1f);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_PMPCFG0, T0);
    guest_ram(g, T2, TABLES); /* satp: Sv39 */
    guest_ri(g, ISA_OP_srli, T2, T2, 12);
    guest_ri(g, ISA_OP_addi, T0, ZERO, 8);
    guest_ri(g, ISA_OP_slli, T0, T0, 60);
    guest_rr(g, ISA_OP_or, T2, T2, T0);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_SATP, T2);
    guest_li(g, T0, 0x800); /* to S-mode */
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MSTATUS, T0);
    guest_ri(g, ISA_OP_auipc, T0, 0, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 16);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MEPC, T0);
    guest_op(g, ISA_OP_mret);
    guest_li(g, S5, SWITCHING_ROUNDS);
}

/* Stores S5 at S4 + offset, reads it back. */
static void put_check(struct guest *g, int offset)
{
    guest_st(g, ISA_OP_sd, S5, S4, offset);
    guest_ri(g, ISA_OP_ld, T0, S4, offset);
    unsigned ok = put_forward(g, ISA_OP_beq, T0, S5);
    guest_finish(g, FAILED);
    guest_land(g, ok);
}

/* Now and then, and not all harts to the same. */
static void put_hints(struct guest *g)
{
    guest_rr(g, ISA_OP_add, T0, S0, S5);
    guest_ri(g, ISA_OP_andi, T0, T0, 3);
    unsigned none = put_forward(g, ISA_OP_bne, T0, ZERO);
    guest_ri(g, ISA_OP_andi, T0, S5, 4);
    unsigned fast = put_forward(g, ISA_OP_bne, T0, ZERO);
    guest_ri(g, ISA_OP_slti, ZERO, ZERO, EMU_HINT_TIMED);
    unsigned end = put_forward(g, ISA_OP_beq, ZERO, ZERO);
    guest_land(g, fast);
    guest_ri(g, ISA_OP_slti, ZERO, ZERO, EMU_HINT_FAST);
    guest_land(g, end);
    guest_land(g, none);
}

static void put_round(struct guest *g, const struct switching *how)
{
    unsigned retry = g->count;
    guest_rr(g, ISA_OP_lr_w, T0, S1, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 1);
    guest_rr(g, ISA_OP_sc_w, T1, S1, T0);
    guest_branch(g, ISA_OP_bne, T1, ZERO, retry);
    guest_ri(g, ISA_OP_addi, T0, S1, ATOMIC);
    guest_rr(g, ISA_OP_amoadd_d, T1, T0, S5);
    put_check(g, 60);   /* across lines */
    put_check(g, 2044); /* across lines */
    guest_li(g, T2, 2048);
    guest_rr(g, ISA_OP_add, S4, S4, T2);
    put_check(g, 2043); /* across pages */
    guest_rr(g, ISA_OP_sub, S4, S4, T2);
    if (how->hints)
        put_hints(g);
    guest_op(g, ISA_OP_ecall);
    guest_ri(g, ISA_OP_addi, T0, S0, 1); /* an interrupt to the next hart */
    guest_li(g, T1, how->harts);
    guest_rr(g, ISA_OP_remu, T0, T0, T1);
    guest_ri(g, ISA_OP_slli, T0, T0, 2);
    guest_li(g, T1, PLATFORM_CLINT_BASE);
    guest_rr(g, ISA_OP_add, T0, T0, T1);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_st(g, ISA_OP_sw, T1, T0, 0);
    guest_rr(g, ISA_OP_sfence_vma, ZERO, ZERO, ZERO);
    guest_op(g, ISA_OP_wfi);
    unsigned not_hart_0 = put_forward(g, ISA_OP_bne, S0, ZERO);
    guest_putc(g, '.');
    guest_land(g, not_hart_0);
}

static struct guest make_guest(const struct switching *how)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_jump(g, 0);
    unsigned handler = g->count;
    put_handler(g);
    guest_land(g, 0);
    put_start(g, handler);
    unsigned round = g->count;
    put_round(g, how);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    unsigned out = put_forward(g, ISA_OP_beq, S5, ZERO);
    guest_jump(g, round);
    guest_land(g, out);
    guest_ri(g, ISA_OP_addi, T0, S1, DONE); /* the last one ends the run, the others wait */
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_rr(g, ISA_OP_amoadd_d, T2, T0, T1);
    guest_li(g, T1, how->harts - 1);
    unsigned to_end = put_forward(g, ISA_OP_beq, T2, T1);
    unsigned wait = g->count;
    guest_op(g, ISA_OP_wfi);
    guest_jump(g, wait);
    guest_land(g, to_end);
    guest_finish(g, PLATFORM_FINISHER_PASS);
    return guest;
}

static void poke(struct emu_machine *machine, uint32_t offset, uint64_t value)
{
    struct emu_error error;
    if (!emu_input(machine, &(struct emu_input){.kind = EMU_INPUT_POKE, .hart = 8, .a = GUEST_RAM + offset, .b = value}, 0, NULL,
                   &error)) {
        fprintf(stderr, "switching: %s\n", error.text);
        abort();
    }
}

/* Devices by one large page; 2 MiB of RAM by small ones without A and D. */
static void put_tables(struct emu_machine *machine)
{
    uint64_t ram_page = GUEST_RAM >> 12;
    poke(machine, TABLES, PTE_V | PTE_RW | PTE_AD);
    poke(machine, TABLES + 2 * 8, (ram_page + (TABLES >> 12) + 1) << 10 | PTE_V);
    poke(machine, TABLES + 0x1000, (ram_page + (TABLES >> 12) + 2) << 10 | PTE_V);
    for (unsigned page = 0; page < 512; page++)
        poke(machine, TABLES + 0x2000 + 8 * page, (ram_page + page) << 10 | PTE_V | PTE_RW | PTE_X);
}

struct emu_machine *switching_machine(const struct switching *how)
{
    struct guest guest = make_guest(how);
    struct emu_config config = guest_config(how->harts);
    config.fidelity = how->fidelity;
    config.seed = how->seed;
    config.hints = !how->hints_off;
    config.cpu.itlb_entries = config.cpu.dtlb_entries = 2;
    config.l1d.bytes = 1024; /* so that lines come and go */
    config.l1i.bytes = 1024;
    config.l1d.replacement = config.l1i.replacement = EMU_RANDOM;
    struct emu_machine *machine = guest_machine(&guest, &config);
    put_tables(machine);
    return machine;
}

bool switching_is_right(const struct emu_machine *machine, const struct switching *how, struct emu_stop stop)
{
    bool right = stop.kind == EMU_STOP_FINISHED && stop.code == 0;
    right = right && (uint32_t)guest_ram_u64(machine, DATA + COUNTER) == how->harts * SWITCHING_ROUNDS;
    right = right && guest_ram_u64(machine, DATA + ATOMIC) == how->harts * SWITCHING_ROUNDS * (SWITCHING_ROUNDS + 1) / 2;
    for (unsigned hart = 0; hart < how->harts; hart++)
        right = right && guest_ram_u64(machine, DATA + TRAPS + 8 * hart) == SWITCHING_ROUNDS;
    return right;
}
