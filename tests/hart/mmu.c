/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Translation: every combination of PTE bits, access, mode, SUM, MXR and svadu against the rule written out; superpages, canonical
 * addresses, stale entries and fences.
 */
#include "../lib/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
enum access { FETCH, LOAD, STORE };

#define ROOT UINT64_C(0x80010000)
#define MIDDLE UINT64_C(0x80011000)
#define LEAVES UINT64_C(0x80012000)
#define PAGE UINT64_C(0x80014000)      /* what the tested page shows */
#define VA UINT64_C(0x40003000)        /* where */
#define SV39 (UINT64_C(8) << 60 | ROOT >> 12)

static uint64_t pte(uint64_t paddr, unsigned flags)
{
    return paddr >> 12 << 10 | flags;
}

static struct emu_machine *create(bool svadu)
{
    struct emu_config config = test_config();
    config.cpu.svadu = svadu;
    struct emu_machine *m = test_machine(&config);
    test_set_csr(m, 0x3b0, UINT64_MAX);
    test_set_csr(m, 0x3a0, 0x1f);
    test_poke(m, ROOT + 8, 8, pte(MIDDLE, V));
    test_poke(m, MIDDLE, 8, pte(LEAVES, V));
    test_poke(m, ROOT + 16, 8, pte(0x80000000, V | R | W | X | A | D)); /* identity, for supervisor code */
    test_poke(m, PAGE, 4, 0x00000013);                                   /* nop */
    return m;
}

static void fence(struct emu_machine *m)
{
    test_enter(m, ISA_MODE_M, TEST_CODE);
    test_poke(m, TEST_CODE, 4, 0x12000073);
    test_steps(m, 1);
}

/* The cause of the access's trap in `mode`, or -1. Loads and stores by MPRV, so that the code needs no page. */
static int64_t try_access(struct emu_machine *m, enum access access, unsigned mode, uint64_t bits, uint64_t vaddr)
{
    test_set_csr(m, TEST_MCAUSE, 99);
    if (access == FETCH) {
        test_set_csr(m, TEST_MSTATUS, bits);
        test_enter(m, mode, vaddr);
    } else {
        test_poke(m, TEST_CODE, 4, access == LOAD ? test_insn(ISA_OP_lw, 5, 6, 0, 0) : test_insn(ISA_OP_sw, 0, 6, 5, 0));
        test_enter(m, ISA_MODE_M, TEST_CODE);
        test_set_csr(m, TEST_MSTATUS, bits | 0x20000 | (uint64_t)mode << 11);
        test_set_x(m, 6, vaddr);
    }
    test_steps(m, 1);
    int64_t cause = (int64_t)test_csr(m, TEST_MCAUSE);
    test_set_csr(m, TEST_MSTATUS, 0);
    return cause == 99 ? -1 : cause;
}

/* Privileged specification 4.3.2, for a leaf at the last level. */
static bool permits(unsigned flags, enum access access, unsigned mode, bool sum, bool mxr, bool svadu)
{
    if (!(flags & V) || (!(flags & R) && flags & W) || !(flags & (R | X)))
        return false;
    if (mode == ISA_MODE_U ? !(flags & U) : flags & U && (access == FETCH || !sum))
        return false;
    if (access == FETCH ? !(flags & X) : access == LOAD ? !(flags & R || (mxr && flags & X)) : !(flags & W))
        return false;
    return svadu || (flags & A && (access != STORE || flags & D));
}

static void every_combination(bool svadu)
{
    static const int faults[] = {ISA_TRAP_FETCH_PAGE, ISA_TRAP_LOAD_PAGE, ISA_TRAP_STORE_PAGE};
    struct emu_machine *m = create(svadu);
    test_set_csr(m, 0x180, SV39);
    for (unsigned flags = 0; flags < 256; flags++) {
        for (unsigned rest = 0; rest < 24; rest++) {
            enum access access = rest % 3;
            unsigned mode = rest / 3 & 1;
            bool sum = rest / 6 & 1, mxr = rest / 12;
            test_poke(m, LEAVES + 3 * 8, 8, pte(PAGE, flags));
            fence(m);
            test_poke(m, PAGE, 4, 0x00000013);
            int64_t got = try_access(m, access, mode, (uint64_t)sum << 18 | (uint64_t)mxr << 19, VA);
            bool ok = permits(flags, access, mode, sum, mxr, svadu);
            cr_expect(eq(i64, got, ok ? -1 : faults[access]), "PTE %02x access %d mode %u SUM %d MXR %d", flags, access, mode, sum, mxr);
            unsigned after = (unsigned)test_peek(m, LEAVES + 3 * 8, 8) & 0xff;
            unsigned want = ok ? flags | A | (access == STORE ? D : 0u) : flags;
            cr_expect(eq(uint, after, want), "A and D of PTE %02x after access %d in mode %u", flags, access, mode);
        }
    }
    emu_machine_destroy(m);
}

Test(mmu, every_pte_means_what_the_rule_says_with_svadu)
{
    every_combination(true);
}

Test(mmu, every_pte_means_what_the_rule_says_without_svadu)
{
    every_combination(false);
}

Test(mmu, superpages_must_be_aligned)
{
    struct emu_machine *m = create(true);
    test_set_csr(m, 0x180, SV39);
    test_poke(m, MIDDLE, 8, pte(0x80000000, V | R | W | A | D));
    cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, 0x40014000), -1));
    cr_expect(eq(u64, test_x(m, 5), 0x13), "2 MiB page");
    test_poke(m, MIDDLE, 8, pte(0x80001000, V | R | W | A | D));
    fence(m);
    cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, 0x40014000), ISA_TRAP_LOAD_PAGE), "2 MiB page, misaligned");
    cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, 0x80014000), -1), "1 GiB page");
    test_poke(m, ROOT + 16, 8, pte(0x80200000, V | R | W | A | D));
    fence(m);
    cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, 0x80014000), ISA_TRAP_LOAD_PAGE), "1 GiB page, misaligned");
    emu_machine_destroy(m);
}

Test(mmu, addresses_are_canonical_or_fault)
{
    static const struct {
        uint64_t satp, vaddr;
        bool canonical;
    } rows[] = {
        {SV39, UINT64_C(0x0000003fffffe000), true},  {SV39, UINT64_C(0x0000004000000000), false},
        {SV39, UINT64_C(0xffffffc000000000), true},  {SV39, UINT64_C(0xffffffbffffff000), false},
        {SV39, UINT64_C(0x0100000000000000), false}, {SV39 + (UINT64_C(1) << 60), UINT64_C(0x00007fffffffe000), true},
        {SV39 + (UINT64_C(1) << 60), UINT64_C(0x0000800000000000), false},
        {SV39 + (UINT64_C(1) << 60), UINT64_C(0xffff800000000000), true},
        {SV39 + (UINT64_C(1) << 60), UINT64_C(0xffff7ffffffff000), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emu_machine *m = create(true);
        for (unsigned entry = 0; entry < 512; entry++) /* the same leaf everywhere: the upper levels point to it, 2 MiB pages below */
            test_poke(m, ROOT + 8 * entry, 8, pte(MIDDLE, V));
        for (unsigned entry = 0; entry < 512; entry++)
            test_poke(m, MIDDLE + 8 * entry, 8, pte(rows[i].satp == SV39 ? 0x80000000 : LEAVES, V | (rows[i].satp == SV39 ? R | A | D : 0)));
        for (unsigned entry = 0; entry < 512; entry++)
            test_poke(m, LEAVES + 8 * entry, 8, pte(0x80000000, V | R | A | D));
        test_set_csr(m, 0x180, rows[i].satp);
        cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, rows[i].vaddr), rows[i].canonical ? -1 : ISA_TRAP_LOAD_PAGE), "row %zu", i);
        emu_machine_destroy(m);
    }
}

Test(mmu, a_translation_stays_stale_until_a_fence_that_names_it)
{
    static const struct {
        const char *name;
        bool global;
        bool by_address, right_address, by_asid, right_asid;
        bool gone;
    } rows[] = {
        {"all", false, false, false, false, false, true},
        {"address", false, true, true, false, false, true},
        {"other address", false, true, false, false, false, false},
        {"asid", false, false, false, true, true, true},
        {"other asid", false, false, false, true, false, false},
        {"address and asid", false, true, true, true, true, true},
        {"asid, but global", true, false, false, true, true, false},
        {"all, global", true, false, false, false, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emu_machine *m = create(true);
        test_set_csr(m, 0x180, SV39 | UINT64_C(5) << 44);
        test_poke(m, LEAVES + 3 * 8, 8, pte(PAGE, V | R | A | D | (rows[i].global ? G : 0)));
        cr_assert(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, VA), -1));
        test_poke(m, LEAVES + 3 * 8, 8, 0);
        cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, VA), -1), "%s: stale before", rows[i].name);
        test_enter(m, ISA_MODE_M, TEST_CODE);
        test_poke(m, TEST_CODE, 4, test_insn(ISA_OP_sfence_vma, 0, rows[i].by_address ? 6 : 0, rows[i].by_asid ? 7 : 0, 0));
        test_set_x(m, 6, rows[i].right_address ? VA + 0x123 : VA + 0x1000);
        test_set_x(m, 7, rows[i].right_asid ? 5 : 6);
        test_steps(m, 1);
        cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, VA), rows[i].gone ? ISA_TRAP_LOAD_PAGE : -1), "%s", rows[i].name);
        emu_machine_destroy(m);
    }
}

Test(mmu, an_entry_belongs_to_its_address_space)
{
    struct emu_machine *m = create(true);
    test_set_csr(m, 0x180, SV39 | UINT64_C(5) << 44);
    test_poke(m, LEAVES + 3 * 8, 8, pte(PAGE, V | R | A | D));
    cr_assert(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, VA), -1));
    test_poke(m, LEAVES + 3 * 8, 8, 0);
    test_set_csr(m, 0x180, SV39 | UINT64_C(6) << 44);
    cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, VA), ISA_TRAP_LOAD_PAGE), "another space does not see it");
    test_set_csr(m, 0x180, SV39 | UINT64_C(5) << 44);
    cr_expect(eq(i64, try_access(m, LOAD, ISA_MODE_S, 0, VA), -1), "its own still does");
    emu_machine_destroy(m);
}
