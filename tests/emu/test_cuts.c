/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random programs on one to four harts (computation, races, atomics, stores into their own code, traps, interrupts of their own
 * making), run whole and cut: at random places, step by step, stopped by every event, and with decoded code thrown away again and
 * again by setting and clearing a breakpoint that is never reached. All come to the same state.
 */
#include "guest.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROGRAMS = 150, INSNS = 220, LOOPS = 12, CYCLES = 200000, DATA = 0x4000 };
enum { CSR_MSTATUS = 0x300, CSR_MIE = 0x304, CSR_MTVEC = 0x305, CSR_MSCRATCH = 0x340, CSR_MEPC = 0x341, CSR_MIP = 0x344 };

/* Steps over what trapped, 2 or 4 bytes; interrupts find their bit cleared. Uses a6 and a7. */
static void put_handler(struct guest *g)
{
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MIP, ZERO);
    guest_csr(g, ISA_OP_csrrs, A7, 0x342, ZERO);
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
    guest_land(g, interrupt);
    guest_op(g, ISA_OP_mret);
}

/* Registers that the program may change: not the pointers s0 to s2, the handler's a6 and a7, the loop's s5. */
static uint8_t scratch_register(struct random *random)
{
    static const uint8_t registers[] = {5, 6, 7, 10, 11, 12, 13, 14, 15, 28, 29, 30, 31};
    return registers[random_below(random, sizeof registers)];
}

/* One random instruction; false when the draw is of a kind that would leave the program. */
static bool put_random(struct guest *g, struct random *random)
{
    struct isa_insn insn = {.op = (uint16_t)(1 + random_below(random, ISA_OP_COUNT - 1)), .rd = scratch_register(random),
                            .rs1 = scratch_register(random), .rs2 = scratch_register(random), .rs3 = scratch_register(random)};
    unsigned width = isa_rows[insn.op].width;
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
        insn.imm = (int[]){CSR_MSCRATCH, CSR_MIP, CSR_MIE, 0x001, 0x002, 0xb00, 0xb02, 0xc01}[random_below(random, 8)];
        break;
    case ISA_KIND_JALR:
        return false;
    case ISA_KIND_SYS:
        if (insn.op == ISA_OP_mret || insn.op == ISA_OP_sret || insn.op == ISA_OP_wfi)
            return false;
        insn.rd = insn.rs1 = insn.rs2 = 0;
        break;
    default:
        insn.imm = (int)random_below(random, 31);
        insn.rm = (uint8_t)random_below(random, 5);
        break;
    }
    uint32_t bits;
    if (!isa_encode(&insn, &bits))
        return false;
    guest_put(g, insn);
    return true;
}

/* Copies a word of the program over another one, a few instructions on or back: both hold instructions. */
static void put_rewrite(struct guest *g, struct random *random, unsigned body)
{
    int from = 4 * (int)(body + random_below(random, g->count - body)), to = 4 * (int)(body + random_below(random, g->count - body));
    guest_ri(g, ISA_OP_lw, T0, S0, from);
    guest_st(g, ISA_OP_sw, T0, S0, to);
}

static struct guest random_guest(struct random *random)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_jump(g, 0);
    put_handler(g);
    guest_land(g, 0);
    guest_ram(g, S0, 0);
    guest_ram(g, S1, DATA + 8 * random_below(random, 500)); /* sometimes near the end of a page */
    guest_ram(g, T0, 4);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MTVEC, T0);
    guest_li(g, T0, 0x6008); /* FS dirty, MIE */
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_MSTATUS, T0);
    guest_li(g, S5, LOOPS);
    unsigned body = g->count;
    guest_ram(g, S2, 4 * (body + random_below(random, 100)));
    while (g->count < body + INSNS) {
        if (random_below(random, 25) == 0 && g->count > body + 8)
            put_rewrite(g, random, body + 4);
        else
            put_random(g, random);
    }
    for (unsigned i = 0; i < 8; i++) /* what forward branches may reach */
        guest_ri(g, ISA_OP_addi, ZERO, ZERO, 0);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    guest_branch(g, ISA_OP_beq, S5, ZERO, 0);
    unsigned out = g->count - 1;
    guest_jump(g, body);
    guest_land(g, out);
    guest_finish(g, 0x5555);
    return guest;
}

enum cut { WHOLE, RANDOM_STOPS, SINGLE_STEPS, EVERY_EVENT, FLUSHES, CUT_COUNT };

static uint64_t run(const struct guest *guest, const struct emu_config *config, enum cut cut, struct random random)
{
    struct emu_machine *machine = guest_machine(guest, config);
    struct emu_stop stop;
    if (cut == EVERY_EVENT)
        emu_stop_on(machine, UINT64_MAX);
    do {
        struct emu_event events[64];
        struct emu_until until;
        emu_until_init(&until);
        until.cycle = CYCLES;
        if (cut == SINGLE_STEPS)
            until.steps = emu_position(machine).steps + 1;
        else if (cut == RANDOM_STOPS || cut == FLUSHES)
            until.steps = emu_position(machine).steps + 1 + random_below(&random, 300);
        stop = emu_run(machine, &until);
        while (emu_events_read(machine, events, 64))
            ;
        if (cut == FLUSHES && emu_break_set(machine, 0x1234))
            emu_break_clear(machine, 0x1234);
    } while ((stop.kind == EMU_STOP_LIMIT && emu_now(machine) < CYCLES) || stop.kind == EMU_STOP_EVENTS_FULL ||
             stop.kind == EMU_STOP_MACHINE_EVENT);
    uint64_t hash = emu_state_hash(machine);
    emu_machine_destroy(machine);
    return hash;
}

Test(cuts, random_programs_come_to_one_state_however_they_are_cut)
{
    static const char *const names[CUT_COUNT] = {"whole", "random stops", "single steps", "stopped by every event", "flushed"};
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t seed = chosen ? strtoull(chosen, NULL, 0) : 4711;
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)seed);
    for (unsigned program = 0; program < PROGRAMS; program++) {
        struct random random = {seed + program};
        struct guest guest = random_guest(&random);
        struct emu_config config = guest_config(1 + random_below(&random, 4));
        config.seed = random_below(&random, 3);
        uint64_t whole = run(&guest, &config, WHOLE, random);
        for (enum cut cut = RANDOM_STOPS; cut < CUT_COUNT; cut++)
            cr_expect(eq(u64, run(&guest, &config, cut, random), whole), "seed %llu, program %u, %u harts, %s",
                      (unsigned long long)seed, program, config.harts, names[cut]);
    }
}
