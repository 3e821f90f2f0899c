/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Physical memory protection: how entries match, which one decides, what M-mode may do, what a lock keeps (privileged 3.7.1).
 */
#include "../lib/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { R = 1, W = 2, X = 4, TOR = 8, NA4 = 16, NAPOT = 24, L = 128 };
#define AT UINT64_C(0x80005000)

static struct emu_machine *create(void)
{
    struct emu_config config = test_config();
    return test_machine(&config);
}

static void set(struct emu_machine *m, unsigned entry, unsigned cfg, uint64_t addr)
{
    unsigned number = entry < 8 ? 0x3a0 : 0x3a2, shift = entry % 8 * 8;
    test_set_csr(m, 0x3b0 + entry, addr);
    test_set_csr(m, number, (test_csr(m, number) & ~(UINT64_C(255) << shift)) | (uint64_t)cfg << shift);
}

static uint64_t napot(uint64_t base, uint64_t size)
{
    return base >> 2 | ((size >> 3) - 1);
}

/* Code may run, and entry 15 lets the rest through. */
static void open_code(struct emu_machine *m)
{
    set(m, 0, NAPOT | R | X, napot(TEST_CODE, 0x1000));
}

static int64_t load(struct emu_machine *m, unsigned mode, unsigned width, uint64_t address)
{
    enum isa_op op = width == 1 ? ISA_OP_lb : width == 2 ? ISA_OP_lh : width == 4 ? ISA_OP_lw : ISA_OP_ld;
    test_set_x(m, 6, address);
    return test_execute(m, mode, test_insn(op, 5, 6, 0, 0));
}

static int64_t store(struct emu_machine *m, unsigned mode, unsigned width, uint64_t address)
{
    test_set_x(m, 6, address);
    return test_execute(m, mode, test_insn(width == 4 ? ISA_OP_sw : ISA_OP_sd, 0, 6, 5, 0));
}

Test(pmp, every_mode_of_matching_covers_exactly_its_bytes)
{
    static const struct {
        const char *name;
        unsigned cfg;
        uint64_t low, addr, first, last; /* low: pmpaddr of the entry before */
    } rows[] = {
        {"NA4", NA4, 0, AT >> 2, AT, AT + 3},
        {"NAPOT 8", NAPOT, 0, AT >> 2, AT, AT + 7},
        {"NAPOT 64", NAPOT, 0, AT >> 2 | 7, AT, AT + 63},
        {"NAPOT 4096", NAPOT, 0, AT >> 2 | 511, AT, AT + 4095},
        {"TOR 12", TOR, AT >> 2, (AT + 12) >> 2, AT, AT + 11},
        {"TOR over a page's end", TOR, (AT + 0xff8) >> 2, (AT + 0x1010) >> 2, AT + 0xff8, AT + 0x100f},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emu_machine *m = create();
        open_code(m);
        set(m, 2, 0, rows[i].low);
        set(m, 3, rows[i].cfg | R, rows[i].addr);
        cr_expect(eq(i64, load(m, ISA_MODE_S, 1, rows[i].first), -1), "%s: first byte", rows[i].name);
        cr_expect(eq(i64, load(m, ISA_MODE_S, 1, rows[i].last), -1), "%s: last byte", rows[i].name);
        cr_expect(eq(i64, load(m, ISA_MODE_S, 1, rows[i].first - 1), ISA_TRAP_LOAD_ACCESS), "%s: before", rows[i].name);
        cr_expect(eq(i64, load(m, ISA_MODE_S, 1, rows[i].last + 1), ISA_TRAP_LOAD_ACCESS), "%s: behind", rows[i].name);
        cr_expect(eq(i64, store(m, ISA_MODE_U, 4, rows[i].first), ISA_TRAP_STORE_ACCESS), "%s: R without W", rows[i].name);
        emu_machine_destroy(m);
    }
}

Test(pmp, an_empty_tor_range_matches_nothing)
{
    struct emu_machine *m = create();
    open_code(m);
    set(m, 2, 0, (AT + 8) >> 2);
    set(m, 3, TOR, AT >> 2);
    set(m, 15, NAPOT | R, UINT64_MAX);
    cr_expect(eq(i64, load(m, ISA_MODE_S, 4, AT), -1));
    emu_machine_destroy(m);
}

Test(pmp, the_first_entry_that_matches_decides)
{
    struct emu_machine *m = create();
    open_code(m);
    set(m, 1, NA4, AT >> 2);
    set(m, 2, NAPOT | R | W, napot(AT, 4096));
    cr_expect(eq(i64, load(m, ISA_MODE_S, 4, AT), ISA_TRAP_LOAD_ACCESS));
    cr_expect(eq(i64, load(m, ISA_MODE_S, 4, AT + 4), -1));
    cr_expect(eq(i64, load(m, ISA_MODE_S, 8, AT), ISA_TRAP_LOAD_ACCESS), "matches only in part");
    cr_expect(eq(i64, load(m, ISA_MODE_M, 4, AT), -1), "M-mode and no lock");
    cr_expect(eq(i64, load(m, ISA_MODE_M, 8, AT), ISA_TRAP_LOAD_ACCESS), "in part: fails in M-mode too");
    emu_machine_destroy(m);
}

Test(pmp, no_match_is_allowed_to_m_mode_alone)
{
    struct emu_machine *m = create();
    open_code(m);
    cr_expect(eq(i64, load(m, ISA_MODE_M, 4, AT), -1));
    cr_expect(eq(i64, load(m, ISA_MODE_S, 4, AT), ISA_TRAP_LOAD_ACCESS));
    cr_expect(eq(i64, load(m, ISA_MODE_U, 4, AT), ISA_TRAP_LOAD_ACCESS));
    emu_machine_destroy(m);
}

Test(pmp, a_locked_entry_binds_m_mode_and_keeps_its_value)
{
    struct emu_machine *m = create();
    set(m, 3, L | NA4 | R, AT >> 2);
    cr_expect(eq(i64, load(m, ISA_MODE_M, 4, AT), -1));
    cr_expect(eq(i64, store(m, ISA_MODE_M, 4, AT), ISA_TRAP_STORE_ACCESS));
    set(m, 3, NAPOT | R | W, 0);
    cr_expect(eq(u64, test_csr(m, 0x3b3), AT >> 2));
    cr_expect(eq(u64, test_csr(m, 0x3a0) >> 24, L | NA4 | R));
    set(m, 5, L | TOR, (AT + 0x2000) >> 2);
    test_set_csr(m, 0x3b4, 1);
    cr_expect(eq(u64, test_csr(m, 0x3b4), 0), "the address below a locked TOR entry is locked too");
    emu_machine_destroy(m);
}

/* A table that the engine keeps must not outlive a change. */
Test(pmp, a_change_is_seen_by_the_next_access)
{
    struct emu_machine *m = create();
    open_code(m);
    set(m, 15, NAPOT | R | W, UINT64_MAX);
    for (unsigned i = 0; i < 4; i++) {
        set(m, 2, i & 1 ? NAPOT : 0, napot(AT, 4096));
        cr_expect(eq(i64, load(m, ISA_MODE_S, 4, AT), i & 1 ? ISA_TRAP_LOAD_ACCESS : -1), "round %u", i);
        cr_expect(eq(i64, store(m, ISA_MODE_S, 4, AT), i & 1 ? ISA_TRAP_STORE_ACCESS : -1), "round %u", i);
    }
    emu_machine_destroy(m);
}

Test(pmp, fetches_need_x)
{
    struct emu_machine *m = create();
    set(m, 0, NAPOT | R | W, napot(TEST_CODE, 0x1000));
    test_set_csr(m, TEST_MCAUSE, 99);
    test_enter(m, ISA_MODE_S, TEST_CODE);
    test_steps(m, 1);
    cr_expect(eq(u64, test_csr(m, TEST_MCAUSE), ISA_TRAP_FETCH_ACCESS));
    cr_expect(eq(u64, test_csr(m, TEST_MTVAL), TEST_CODE));
    emu_machine_destroy(m);
}
