/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Traps and interrupts: who takes them, where, with which cause, tval and status; their order; WFI; Sstc.
 */
#include "../lib/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define S_VECTOR UINT64_C(0x80001000)
enum { SSTATUS = 0x100, STVEC = 0x105, SEPC = 0x141, SCAUSE = 0x142, STVAL = 0x143, MEDELEG = 0x302, MIDELEG = 0x303, MIE = 0x304,
       MTVEC = 0x305, MENVCFG = 0x30a, MIP = 0x344, STIMECMP = 0x14d, TIME = 0xc01 };

static struct emu_machine *create_with(const struct emu_config *config)
{
    struct emu_machine *m = test_machine(config);
    test_set_csr(m, 0x3b0, UINT64_MAX);
    test_set_csr(m, 0x3a0, 0x1f);
    test_set_csr(m, STVEC, S_VECTOR);
    for (unsigned i = 0; i < 32; i++)
        test_poke(m, S_VECTOR + 4 * i, 4, test_insn(ISA_OP_jal, 0, 0, 0, 0));
    return m;
}

static struct emu_machine *create(void)
{
    struct emu_config config = test_config();
    return create_with(&config);
}

Test(traps, causes_and_tval)
{
    static const struct {
        const char *name;
        uint32_t word;
        uint64_t x6;
        unsigned cause;
        uint64_t tval;
    } rows[] = {
        {"ecall", 0x00000073, 0, ISA_TRAP_ECALL_M, 0},
        {"ebreak: its pc", 0x00100073, 0, ISA_TRAP_BREAKPOINT, TEST_CODE},
        {"illegal: its bits", 0xffffffff, 0, ISA_TRAP_ILLEGAL, 0xffffffff},
        {"compressed illegal: its 16 bits", 0xabcd0000, 0, ISA_TRAP_ILLEGAL, 0},
        {"load from nowhere", 0x00033283, 0x90000000, ISA_TRAP_LOAD_ACCESS, 0x90000000},
        {"store to nowhere", 0x00533023, 0x90000008, ISA_TRAP_STORE_ACCESS, 0x90000008},
        {"misaligned lr.w", 0x100322af, 0x80004002, ISA_TRAP_LOAD_MISALIGNED, 0x80004002},
        {"misaligned sc.w, without a reservation", 0x185322af, 0x80004002, ISA_TRAP_STORE_MISALIGNED, 0x80004002},
        {"misaligned amoadd.d", 0x005332af, 0x80004004, ISA_TRAP_STORE_MISALIGNED, 0x80004004},
        {"AMO on a device", 0x005322af, 0x02000000, ISA_TRAP_STORE_ACCESS, 0x02000000},
        {"csr that is not there", 0x7c0022f3, 0, ISA_TRAP_ILLEGAL, 0x7c0022f3},
    };
    struct emu_machine *m = create();
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_set_x(m, 6, rows[i].x6);
        cr_expect(eq(i64, test_execute(m, ISA_MODE_M, rows[i].word), rows[i].cause), "%s", rows[i].name);
        cr_expect(eq(u64, test_csr(m, TEST_MTVAL), rows[i].tval), "%s: tval", rows[i].name);
        cr_expect(eq(u64, test_csr(m, TEST_MEPC), TEST_CODE), "%s: epc", rows[i].name);
    }
    emu_machine_destroy(m);
}

Test(traps, misaligned_loads_and_stores_trap_where_so_configured)
{
    struct emu_config config = test_config();
    for (unsigned work = 0; work < 2; work++) {
        config.cpu.misaligned = work;
        struct emu_machine *m = create_with(&config);
        for (unsigned offset = 0; offset < 8; offset++) {
            test_set_x(m, 6, TEST_DATA + offset);
            bool trap = !work && offset % 4;
            cr_expect(eq(i64, test_execute(m, ISA_MODE_S, 0x00032283), trap ? ISA_TRAP_LOAD_MISALIGNED : -1), "lw at %u", offset);
            cr_expect(eq(i64, test_execute(m, ISA_MODE_S, 0x00532023), trap ? ISA_TRAP_STORE_MISALIGNED : -1), "sw at %u", offset);
        }
        emu_machine_destroy(m);
    }
}

Test(traps, a_delegated_exception_from_below_m_goes_to_s)
{
    for (unsigned mode = 0; mode < 4; mode += mode == 1 ? 2 : 1) {
        struct emu_machine *m = create();
        test_set_csr(m, MEDELEG, 1 << ISA_TRAP_ILLEGAL);
        test_set_csr(m, TEST_MSTATUS, 2); /* SIE */
        test_poke(m, TEST_CODE, 4, 0xffffffff);
        test_enter(m, mode, TEST_CODE);
        test_steps(m, 1);
        bool to_s = mode != ISA_MODE_M;
        cr_expect(eq(uint, test_mode(m), to_s ? ISA_MODE_S : ISA_MODE_M));
        cr_expect(eq(u64, test_pc(m), to_s ? S_VECTOR : TEST_TRAPPED));
        cr_expect(eq(u64, test_csr(m, to_s ? SCAUSE : TEST_MCAUSE), ISA_TRAP_ILLEGAL));
        cr_expect(eq(u64, test_csr(m, to_s ? SEPC : TEST_MEPC), TEST_CODE));
        cr_expect(eq(u64, test_csr(m, to_s ? STVAL : TEST_MTVAL), 0xffffffff));
        if (to_s)
            cr_expect(eq(u64, test_csr(m, SSTATUS) & 0x122, mode == ISA_MODE_S ? 0x120 : 0x20), "SPP, SPIE set, SIE clear");
        emu_machine_destroy(m);
    }
}

Test(traps, interrupts_come_in_the_order_of_the_specification)
{
    static const uint8_t order[] = {ISA_INT_MEI, ISA_INT_MSI, ISA_INT_MTI, ISA_INT_SEI, ISA_INT_SSI, ISA_INT_STI};
    for (unsigned first = 3; first < 6; first++) { /* those that software can raise */
        struct emu_machine *m = create();
        uint64_t pending = 0;
        for (unsigned i = first; i < 6; i++)
            pending |= UINT64_C(1) << order[i];
        test_set_csr(m, MIE, 0xaaa);
        test_set_csr(m, MIP, pending);
        test_set_csr(m, TEST_MSTATUS, 8);
        test_set_pc(m, TEST_CODE);
        test_steps(m, 1);
        cr_expect(eq(u64, test_csr(m, TEST_MCAUSE), ISA_CAUSE_INTERRUPT | order[first]), "pending 0x%llx", (unsigned long long)pending);
        cr_expect(eq(u64, test_csr(m, TEST_MEPC), TEST_CODE));
        cr_expect(eq(u64, test_csr(m, TEST_MTVAL), 0));
        emu_machine_destroy(m);
    }
}

/* mode, MIE/SIE, delegated: taken, and by whom. Section 3.1.9. */
Test(traps, an_interrupt_is_taken_only_where_mode_and_enables_say)
{
    for (unsigned row = 0; row < 24; row++) {
        static const uint8_t modes[] = {ISA_MODE_U, ISA_MODE_S, ISA_MODE_M};
        unsigned mode = modes[row % 3];
        bool mie = row / 3 & 1, sie = row / 6 & 1, delegated = row / 12;
        struct emu_machine *m = create();
        test_set_csr(m, TEST_MSTATUS, mode == ISA_MODE_M ? 0 : (uint64_t)mie << 7 | (uint64_t)sie << 1);
        test_poke(m, TEST_CODE, 4, 0x00000013);
        test_enter(m, mode, TEST_CODE);
        test_set_csr(m, TEST_MSTATUS, (test_csr(m, TEST_MSTATUS) & ~UINT64_C(0xa)) | (uint64_t)mie << 3 | (uint64_t)sie << 1);
        test_set_csr(m, MIDELEG, delegated ? 2 : 0);
        test_set_csr(m, MIE, 2);
        test_set_csr(m, MIP, 2);
        test_steps(m, 1);
        bool to_m = !delegated && (mode < ISA_MODE_M || mie);
        bool to_s = delegated && (mode == ISA_MODE_U || (mode == ISA_MODE_S && sie));
        cr_expect(eq(u64, test_pc(m), to_m ? TEST_TRAPPED : to_s ? S_VECTOR : TEST_CODE + 4), "mode %u MIE %d SIE %d delegated %d", mode, mie, sie,
                  delegated);
        emu_machine_destroy(m);
    }
}

Test(traps, vectored_interrupts_go_to_base_plus_4_times_cause_exceptions_to_base)
{
    struct emu_machine *m = create();
    test_set_csr(m, MTVEC, S_VECTOR | 1);
    test_set_csr(m, MIE, 0x200);
    test_set_csr(m, MIP, 0x200);
    test_set_csr(m, TEST_MSTATUS, 8);
    test_set_pc(m, TEST_CODE);
    test_steps(m, 1);
    cr_expect(eq(u64, test_pc(m), S_VECTOR + 4 * ISA_INT_SEI));
    test_set_csr(m, MIP, 0);
    test_poke(m, TEST_CODE, 4, 0x00000073);
    test_set_pc(m, TEST_CODE);
    test_steps(m, 1);
    cr_expect(eq(u64, test_pc(m), S_VECTOR));
    emu_machine_destroy(m);
}

Test(traps, wfi_goes_on_when_an_enabled_interrupt_is_pending_even_if_masked)
{
    struct emu_machine *m = create();
    struct emu_until until;
    struct emu_hart_view view;
    test_set_csr(m, MIE, 2);
    test_poke(m, TEST_CODE, 4, 0x10500073);
    test_poke(m, TEST_CODE + 4, 4, test_insn(ISA_OP_jal, 0, 0, 0, 0));
    test_set_pc(m, TEST_CODE);
    emu_until_init(&until);
    until.cycle = emu_now(m) + 1000;
    emu_run(m, &until);
    emu_hart_view(m, 0, &view);
    cr_assert(eq(int, (int)view.state, EMU_HART_WAITING));
    test_set_csr(m, MIP, 2);
    test_steps(m, 1);
    emu_hart_view(m, 0, &view);
    cr_expect(eq(int, (int)view.state, EMU_HART_RUNNING));
    cr_expect(eq(u64, view.pc, TEST_CODE + 4), "behind the wfi, no trap: MIE is clear");
    emu_machine_destroy(m);
}

Test(traps, stimecmp_raises_stip_at_its_tick)
{
    struct emu_machine *m = create();
    uint64_t ticks = 50;
    test_poke(m, TEST_CODE, 4, test_insn(ISA_OP_jal, 0, 0, 0, 0));
    test_set_pc(m, TEST_CODE);
    test_set_csr(m, MENVCFG, UINT64_C(1) << 63);
    test_set_csr(m, STIMECMP, test_csr(m, TIME) + ticks);
    struct emu_until until;
    for (unsigned n = 0; n < 2000 && !(test_csr(m, MIP) & 0x20); n++) {
        emu_until_init(&until);
        until.cycle = emu_now(m) + 1;
        emu_run(m, &until);
    }
    cr_expect(eq(u64, test_csr(m, TIME), test_csr(m, STIMECMP)), "pending from the first cycle of the tick on");
    cr_expect(eq(u64, test_csr(m, MIP) & 0x20, 0x20));
    test_set_csr(m, STIMECMP, UINT64_MAX);
    cr_expect(eq(u64, test_csr(m, MIP) & 0x20, 0), "a later stimecmp withdraws it");
    test_set_csr(m, STIMECMP, 0);
    cr_expect(eq(u64, test_csr(m, MIP) & 0x20, 0x20));
    test_set_csr(m, MENVCFG, 0);
    cr_expect(eq(u64, test_csr(m, MIP) & 0x20, 0), "without STCE it does not count");
    cr_expect(eq(i64, test_execute(m, ISA_MODE_S, test_insn(ISA_OP_csrrs, 5, 0, 0, STIMECMP)), ISA_TRAP_ILLEGAL), "nor may S-mode see it");
    emu_machine_destroy(m);
}

/* gcc once turned these tail calls into calls: a frame of host stack for every trap. */
static void take_a_million_faults(unsigned fidelity)
{
    struct emu_config config = test_config();
    config.fidelity = fidelity;
    struct emu_machine *m = test_machine(&config);
    test_set_csr(m, MTVEC, TEST_CODE);
    test_poke(m, TEST_CODE, 4, test_insn(ISA_OP_ld, 5, 6, 0, 0));
    test_set_x(m, 6, 0x90000000);
    test_set_pc(m, TEST_CODE);
    test_steps(m, 1000000);
    test_poke(m, TEST_CODE, 4, test_insn(ISA_OP_sd, 0, 6, 5, 0));
    test_steps(m, 1000000);
    test_poke(m, TEST_CODE, 4, 0x005332af); /* amoadd.d */
    test_steps(m, 1000000);
    test_poke(m, TEST_CODE, 4, 0x100332af); /* lr.d */
    test_steps(m, 1000000);
    cr_expect(eq(u64, test_csr(m, TEST_MCAUSE), ISA_TRAP_LOAD_ACCESS));
    emu_machine_destroy(m);
}

Test(traps, a_million_faults_in_one_slice_need_no_host_stack)
{
    take_a_million_faults(EMU_FAST);
    take_a_million_faults(EMU_TIMED);
}
