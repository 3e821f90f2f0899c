/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CSRs as the guest sees them: what a write leaves (WARL), who may access what, counter enables, and the trap bits of mstatus.
 */
#include "../lib/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define ONES UINT64_MAX

static struct emu_machine *create(void)
{
    struct emu_config config = test_config();
    return test_machine(&config);
}

Test(csr, a_write_leaves_what_the_warl_rule_says)
{
    static const struct {
        const char *name;
        unsigned number;
        uint64_t written, read;
    } rows[] = {
        {"misa", 0x301, 0, UINT64_C(0x800000000014112d)},
        {"mvendorid is read-only: by SET_CSR nothing happens", 0xf11, ONES, 0},
        {"medeleg: all but ecall from M", 0x302, ONES, 0xb3ff},
        {"mideleg: S interrupts only", 0x303, ONES, 0x222},
        {"mie", 0x304, ONES, 0xaaa},
        {"mtvec direct", 0x305, 0x80001004, 0x80001004},
        {"mtvec vectored", 0x305, 0x80001005, 0x80001005},
        {"mtvec mode 2 is reserved", 0x305, 0x80001006, 0x80001004},
        {"mcounteren has 32 bits", 0x306, ONES, 0xffffffff},
        {"menvcfg: FIOM and STCE", 0x30a, ONES, UINT64_C(0x8000000000000001)},
        {"menvcfg", 0x30a, 0, 0},
        {"mcountinhibit: cycle and instret", 0x320, ONES, 5},
        {"mcountinhibit", 0x320, 0, 0},
        {"mhpmevent3", 0x323, ONES, 0},
        {"mhpmcounter31", 0xb1f, ONES, 0},
        {"mscratch", 0x340, ONES, ONES},
        {"mepc is even", 0x341, ONES, ONES - 1},
        {"mcause", 0x342, UINT64_C(0x800000000000000b), UINT64_C(0x800000000000000b)},
        {"mtval", 0x343, ONES, ONES},
        {"mip: SSIP, STIP, SEIP", 0x344, ONES, 0x222},
        {"mip", 0x344, 0, 0},
        {"pmpaddr0: bits 55:2", 0x3b0, ONES, ONES >> 10},
        {"pmpaddr0", 0x3b0, 0, 0},
        {"pmpcfg0: bits 6:5 are 0", 0x3a0, 0x7f, 0x1f},
        {"pmpcfg0: W without R is refused", 0x3a0, 0x1a, 0x1f},
        {"pmpcfg0", 0x3a0, 0, 0},
        {"satp Sv39", 0x180, UINT64_C(0x8000000000080000), UINT64_C(0x8000000000080000)},
        {"satp with Sv57 changes nothing", 0x180, UINT64_C(0xa000000000000000), UINT64_C(0x8000000000080000)},
        {"satp: 16 bits of ASID", 0x180, UINT64_C(0x9ffff00000080000), UINT64_C(0x9ffff00000080000)},
        {"satp Bare", 0x180, 0, 0},
        {"stvec", 0x105, 0x80002003, 0x80002001},
        {"scounteren", 0x106, ONES, 0xffffffff},
        {"senvcfg", 0x10a, ONES, 1},
        {"sepc is even", 0x141, ONES, ONES - 1},
        {"sie shows delegated bits", 0x104, ONES, 0x222},
        {"sip: SSIP alone can be written", 0x144, ONES, 2},
        {"fcsr", 0x003, ONES, 0xff},
        {"frm", 0x002, 5, 5},
        {"fflags", 0x001, 0x3f, 0x1f},
        {"mstatus: every writable bit", 0x300, 0x7e79aa, UINT64_C(0x8000000a007e79aa)},
        {"mstatus: MPP 2 is refused", 0x300, 0x1000, UINT64_C(0x0000000a00001800)},
        {"mstatus", 0x300, 0, UINT64_C(0x0000000a00000000)},
        {"sstatus reaches only its own bits", 0x100, ONES, UINT64_C(0x80000002000c6122)},
    };
    struct emu_machine *m = create();
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_set_csr(m, rows[i].number, rows[i].written);
        cr_expect(eq(u64, test_csr(m, rows[i].number), rows[i].read), "%s", rows[i].name);
    }
    emu_machine_destroy(m);
}

/* The oracle is the number itself: bits 9:8 the privilege, 11:10 read-only. */
Test(csr, access_follows_from_the_number)
{
    static const uint16_t numbers[] = {0x001, 0x100, 0x104, 0x105, 0x140, 0x144, 0x180, 0x300, 0x301, 0x304, 0x340, 0x341, 0x3a0,
                                       0x3bf, 0xb00, 0xb02, 0xc00, 0xc01, 0xc02, 0xf11, 0xf14};
    static const uint8_t modes[] = {ISA_MODE_U, ISA_MODE_S, ISA_MODE_M};
    struct emu_machine *m = create();
    test_set_csr(m, 0x306, ONES);
    test_set_csr(m, 0x106, ONES);
    test_set_csr(m, 0x3b0, ONES);
    test_set_csr(m, 0x3a0, 0x1f);
    test_set_csr(m, TEST_MSTATUS, 0x2000);
    for (size_t i = 0; i < ROWS(numbers); i++) {
        for (size_t k = 0; k < ROWS(modes); k++) {
            bool may_read = modes[k] >= (numbers[i] >> 8 & 3), may_write = may_read && numbers[i] >> 10 != 3;
            int64_t read = test_execute(m, modes[k], test_insn(ISA_OP_csrrs, 5, 0, 0, numbers[i]));
            cr_expect(eq(i64, read, may_read ? -1 : ISA_TRAP_ILLEGAL), "read 0x%x in mode %u", numbers[i], modes[k]);
            int64_t write = test_execute(m, modes[k], test_insn(ISA_OP_csrrsi, 5, 1, 0, numbers[i]));
            cr_expect(eq(i64, write, may_write ? -1 : ISA_TRAP_ILLEGAL), "write 0x%x in mode %u", numbers[i], modes[k]);
        }
    }
    emu_machine_destroy(m);
}

Test(csr, counters_are_open_as_both_counterens_say)
{
    struct emu_machine *m = create();
    test_set_csr(m, 0x3b0, ONES);
    test_set_csr(m, 0x3a0, 0x1f);
    for (unsigned counter = 0; counter < 3; counter++) {
        for (unsigned enables = 0; enables < 4; enables++) {
            bool for_s = enables & 1, for_u = for_s && enables & 2;
            uint32_t read = test_insn(ISA_OP_csrrs, 5, 0, 0, 0xc00 + (int32_t)counter);
            test_set_csr(m, 0x306, enables & 1 ? 1u << counter : 0);
            test_set_csr(m, 0x106, enables & 2 ? 1u << counter : 0);
            cr_expect(eq(i64, test_execute(m, ISA_MODE_M, read), -1));
            cr_expect(eq(i64, test_execute(m, ISA_MODE_S, read), for_s ? -1 : ISA_TRAP_ILLEGAL), "counter %u, enables %u", counter, enables);
            cr_expect(eq(i64, test_execute(m, ISA_MODE_U, read), for_u ? -1 : ISA_TRAP_ILLEGAL), "counter %u, enables %u", counter, enables);
        }
    }
    emu_machine_destroy(m);
}

Test(csr, tvm_tw_and_tsr_make_s_mode_trap)
{
    static const struct {
        const char *name;
        uint64_t bit;
        uint32_t word;
    } rows[] = {
        {"satp read under TVM", 1 << 20, 0x180022f3},
        {"sfence.vma under TVM", 1 << 20, 0x12000073},
        {"wfi under TW", 1 << 21, 0x10500073},
        {"sret under TSR", 1 << 22, 0x10200073},
    };
    struct emu_machine *m = create();
    test_set_csr(m, 0x3b0, ONES);
    test_set_csr(m, 0x3a0, 0x1f);
    test_set_csr(m, 0x304, 0x200); /* pending below, so that wfi goes on; delegated, so that it is not taken */
    test_set_csr(m, 0x303, 0x222);
    test_set_csr(m, 0x344, 0x200);
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_set_csr(m, TEST_MSTATUS, rows[i].bit);
        cr_expect(eq(i64, test_execute(m, ISA_MODE_S, rows[i].word), ISA_TRAP_ILLEGAL), "%s", rows[i].name);
        test_set_pc(m, TEST_CODE); /* in M-mode none of it matters */
        test_set_csr(m, TEST_MSTATUS, 0x1800);
        cr_expect(eq(i64, test_execute(m, ISA_MODE_S, rows[i].word), -1), "%s, bit clear", rows[i].name);
        test_set_csr(m, 0x105, TEST_TRAPPED);
        emu_machine_destroy(m);
        m = create();
        test_set_csr(m, 0x3b0, ONES);
        test_set_csr(m, 0x3a0, 0x1f);
        test_set_csr(m, 0x304, 0x200);
        test_set_csr(m, 0x303, 0x222);
        test_set_csr(m, 0x344, 0x200);
    }
    emu_machine_destroy(m);
}

Test(csr, returns_to_less_than_m_clear_mprv)
{
    for (unsigned mode = 0; mode < 4; mode += mode == 1 ? 2 : 1) {
        struct emu_machine *m = create();
        test_set_csr(m, TEST_MSTATUS, 0x20000);
        test_enter(m, mode, TEST_CODE);
        cr_expect(eq(u64, test_csr(m, TEST_MSTATUS) >> 17 & 1, mode == ISA_MODE_M), "mret to mode %u", mode);
        cr_expect(eq(u64, test_csr(m, TEST_MSTATUS) >> 11 & 3, ISA_MODE_U), "MPP after mret to %u", mode);
        emu_machine_destroy(m);
    }
    struct emu_machine *m = create();
    test_set_csr(m, TEST_MSTATUS, 0x20100);
    test_poke(m, TEST_CODE, 4, 0x10200073);
    test_set_pc(m, TEST_CODE);
    test_steps(m, 1);
    cr_expect(eq(uint, test_mode(m), ISA_MODE_S));
    cr_expect(eq(u64, test_csr(m, TEST_MSTATUS) & 0x20100, 0), "sret from M-mode clears MPRV and SPP");
    emu_machine_destroy(m);
}
