/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at translations and TLBs: what is shown is what the hart does next, and looking changes nothing.
 */
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <isa/trap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CSR_SATP = 0x180, CSR_MSTATUS = 0x300, CSR_PMPCFG0 = 0x3a0, CSR_PMPADDR0 = 0x3b0 };
enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
enum { ROOT = 0x100000, MIDDLE = 0x101000, LEAVES = 0x102000, PAGE = 0x103000 };
#define VADDR  UINT64_C(0x40201000) /* entry 1 of each table */
#define MPRV_S (UINT64_C(1) << 17 | UINT64_C(1) << 11)
#define MPRV_U (UINT64_C(1) << 17)
#define SUM    (UINT64_C(1) << 18)
#define MXR    (UINT64_C(1) << 19)

static void apply(struct emu_machine *machine, enum emu_input_kind kind, unsigned hart, uint64_t a, uint64_t b)
{
    struct emu_error error;
    struct emu_input input = {.kind = kind, .hart = hart, .a = a, .b = b};
    cr_assert(emu_input(machine, &input, 0, NULL, &error), "%s", error.text);
}

static void poke(struct emu_machine *machine, uint64_t offset, uint64_t value)
{
    apply(machine, EMU_INPUT_POKE, 8, GUEST_RAM + offset, value);
}

static uint64_t pte(uint64_t offset, unsigned flags)
{
    return (GUEST_RAM + offset) >> 12 << 10 | flags;
}

/* A hart in M-mode whose loads and stores are S-mode's, through three tables of Sv39; all of memory is S's by PMP. The guest
 * loads from VADDR again and again. */
static struct emu_machine *mapped_machine(unsigned svadu)
{
    struct guest guest = {.count = 0};
    guest_li(&guest, S0, VADDR);
    unsigned again = guest.count;
    guest_ri(&guest, ISA_OP_ld, T0, S0, 0);
    guest_jump(&guest, again);
    struct emu_config config = guest_config(1);
    config.cpu.svadu = svadu;
    struct emu_machine *machine = guest_machine(&guest, &config);
    emu_break_set(machine, GUEST_RAM + 4 * again);
    cr_assert(eq(int, guest_run(machine, 10000).kind, EMU_STOP_BREAKPOINT));
    emu_break_clear(machine, GUEST_RAM + 4 * again);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPADDR0, UINT64_MAX >> 10);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPCFG0, 0x1f);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_SATP, UINT64_C(8) << 60 | UINT64_C(7) << 44 | (GUEST_RAM + ROOT) >> 12);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_MSTATUS, MPRV_S);
    poke(machine, ROOT + 8, pte(MIDDLE, V));
    poke(machine, MIDDLE + 8, pte(LEAVES, V));
    poke(machine, LEAVES + 8, pte(PAGE, V | R | W | A | D));
    poke(machine, PAGE + 8, 0x1122334455667788);
    return machine;
}

static void run_to_load(struct emu_machine *machine)
{
    struct emu_until until;
    emu_until_init(&until);
    until.cycle = emu_now(machine) + 3000;
    emu_run(machine, &until);
}

static struct emu_translation look(const struct emu_machine *machine, emu_vaddr vaddr, enum emu_access access)
{
    struct emu_translation translation;
    emu_translate(machine, 0, vaddr, access, &translation);
    return translation;
}

Test(look, a_walk_is_shown_level_by_level)
{
    struct emu_machine *machine = mapped_machine(true);
    struct emu_translation t = look(machine, VADDR + 0x123, EMU_STORE);
    static const struct emu_pte want[] = {
        {2, GUEST_RAM + ROOT + 8, 0}, {1, GUEST_RAM + MIDDLE + 8, 0}, {0, GUEST_RAM + LEAVES + 8, 0}};
    cr_expect(eq(uint, t.mode, ISA_MODE_S));
    cr_expect(eq(uint, t.levels, 3));
    cr_expect(eq(uint, t.asid, 7));
    cr_assert(eq(uint, t.entries, 3));
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(eq(uint, t.entry[i].level, want[i].level));
        cr_expect(eq(u64, t.entry[i].address, want[i].address));
        cr_expect(eq(u64, t.entry[i].value, guest_ram_u64(machine, (uint32_t)(want[i].address - GUEST_RAM))));
    }
    cr_expect(eq(u64, t.paddr, GUEST_RAM + PAGE + 0x123));
    cr_expect(eq(u64, t.page_bytes, 4096));
    cr_expect(eq(int, t.place, EMU_PLACE_RAM));
    cr_expect(eq(int, t.why, EMU_REFUSAL_NONE));
    cr_expect(not(t.sets_ad));
    emu_machine_destroy(machine);
}

Test(look, fetches_of_m_mode_are_physical_whatever_mprv_says)
{
    struct emu_machine *machine = mapped_machine(true);
    struct emu_translation t = look(machine, GUEST_RAM + 4, EMU_FETCH);
    cr_expect(eq(uint, t.mode, ISA_MODE_M));
    cr_expect(eq(uint, t.levels, 0));
    cr_expect(eq(uint, t.entries, 0));
    cr_expect(eq(u64, t.paddr, GUEST_RAM + 4));
    cr_expect(eq(int, t.why, EMU_REFUSAL_NONE));
    emu_machine_destroy(machine);
}

struct refused {
    const char *name;
    uint64_t at, value; /* poked, unless at is 0 */
    uint64_t mstatus;
    enum emu_access access;
    emu_vaddr vaddr;
    enum emu_refusal why;
    uint64_t cause;
    bool has_leaf;
};

static const struct refused refusals[] = {
    {"the root entry lacks V", ROOT + 8, 0, MPRV_S, EMU_LOAD, VADDR, EMU_REFUSAL_INVALID, ISA_TRAP_LOAD_PAGE, false},
    {"a leaf is writable only", LEAVES + 8, V | W, MPRV_S, EMU_STORE, VADDR, EMU_REFUSAL_RESERVED, ISA_TRAP_STORE_PAGE, false},
    {"reserved bits", MIDDLE + 8, UINT64_C(1) << 60 | V, MPRV_S, EMU_LOAD, VADDR, EMU_REFUSAL_RESERVED, ISA_TRAP_LOAD_PAGE, false},
    {"a pointer has A", MIDDLE + 8, V | A, MPRV_S, EMU_LOAD, VADDR, EMU_REFUSAL_POINTER, ISA_TRAP_LOAD_PAGE, false},
    {"a pointer at the end", LEAVES + 8, V, MPRV_S, EMU_LOAD, VADDR, EMU_REFUSAL_NO_LEAF, ISA_TRAP_LOAD_PAGE, false},
    {"a table outside RAM", MIDDLE + 8, 0x1000 >> 12 << 10 | V, MPRV_S, EMU_STORE, VADDR, EMU_REFUSAL_TABLE_OUTSIDE,
     ISA_TRAP_STORE_ACCESS, false},
    {"a misaligned superpage", MIDDLE + 8, (GUEST_RAM + PAGE) >> 12 << 10 | V | R | A, MPRV_S, EMU_LOAD, VADDR,
     EMU_REFUSAL_MISALIGNED, ISA_TRAP_LOAD_PAGE, false},
    {"not canonical", 0, 0, MPRV_S, EMU_LOAD, UINT64_C(1) << 40, EMU_REFUSAL_NOT_CANONICAL, ISA_TRAP_LOAD_PAGE, false},
    {"a user's page", LEAVES + 8, (GUEST_RAM + PAGE) >> 12 << 10 | V | R | U | A, MPRV_S, EMU_LOAD, VADDR, EMU_REFUSAL_USER,
     ISA_TRAP_LOAD_PAGE, true},
    {"a user's page with SUM", LEAVES + 8, (GUEST_RAM + PAGE) >> 12 << 10 | V | R | U | A, MPRV_S | SUM, EMU_LOAD, VADDR,
     EMU_REFUSAL_NONE, 0, true},
    {"a supervisor's page", 0, 0, MPRV_U, EMU_LOAD, VADDR, EMU_REFUSAL_SUPERVISOR, ISA_TRAP_LOAD_PAGE, true},
    {"read-only", LEAVES + 8, (GUEST_RAM + PAGE) >> 12 << 10 | V | R | A | D, MPRV_S, EMU_STORE, VADDR, EMU_REFUSAL_WRITABLE,
     ISA_TRAP_STORE_PAGE, true},
    {"execute-only", LEAVES + 8, (GUEST_RAM + PAGE) >> 12 << 10 | V | X | A, MPRV_S, EMU_LOAD, VADDR, EMU_REFUSAL_READABLE,
     ISA_TRAP_LOAD_PAGE, true},
    {"execute-only with MXR", LEAVES + 8, (GUEST_RAM + PAGE) >> 12 << 10 | V | X | A, MPRV_S | MXR, EMU_LOAD, VADDR,
     EMU_REFUSAL_NONE, 0, true},
    {"D is clear", LEAVES + 8, (GUEST_RAM + PAGE) >> 12 << 10 | V | R | W | A, MPRV_S, EMU_STORE, VADDR, EMU_REFUSAL_NOT_ACCESSED,
     ISA_TRAP_STORE_PAGE, true},
    {"nothing there", LEAVES + 8, 0x70000000 >> 12 << 10 | V | R | A, MPRV_S, EMU_LOAD, VADDR, EMU_REFUSAL_NOTHING_THERE,
     ISA_TRAP_LOAD_ACCESS, true},
    {"a store to the boot ROM", LEAVES + 8, PLATFORM_BOOT_ROM_BASE >> 12 << 10 | V | R | W | A | D, MPRV_S, EMU_STORE, VADDR,
     EMU_REFUSAL_NOTHING_THERE, ISA_TRAP_STORE_ACCESS, true},
};

Test(look, each_reason_why_an_address_does_not_translate_is_told)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refused *row = &refusals[i];
        struct emu_machine *machine = mapped_machine(false);
        if (row->at)
            poke(machine, row->at, row->value);
        apply(machine, EMU_INPUT_SET_CSR, 0, CSR_MSTATUS, row->mstatus);
        struct emu_translation t = look(machine, row->vaddr, row->access);
        cr_expect(eq(str, (char *)emu_refusal_name(t.why), (char *)emu_refusal_name(row->why)), "%s", row->name);
        cr_expect(eq(u64, t.cause, row->cause), "%s", row->name);
        cr_expect(eq(int, t.has_leaf, row->has_leaf), "%s", row->name);
        emu_machine_destroy(machine);
    }
}

Test(look, physical_memory_protection_is_heeded_for_tables_and_for_what_they_lead_to)
{
    struct emu_machine *machine = mapped_machine(true);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPADDR0 + 1, UINT64_MAX >> 10);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPADDR0, (GUEST_RAM + PAGE) >> 2 | 0x1ff);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPCFG0, 0x1f18); /* nothing for PAGE, everything for the rest */
    struct emu_translation t = look(machine, VADDR, EMU_LOAD);
    cr_expect(eq(int, t.why, EMU_REFUSAL_PMP));
    cr_expect(eq(u64, t.cause, ISA_TRAP_LOAD_ACCESS));
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPADDR0, (GUEST_RAM + MIDDLE) >> 2 | 0x1ff);
    t = look(machine, VADDR, EMU_LOAD);
    cr_expect(eq(int, t.why, EMU_REFUSAL_TABLE_PMP));
    cr_expect(eq(uint, t.entries, 1));
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPADDR0, (GUEST_RAM + LEAVES) >> 2 | 0x1ff);
    apply(machine, EMU_INPUT_SET_CSR, 0, CSR_PMPCFG0, 0x1f19); /* the leaves may be read */
    poke(machine, LEAVES + 8, pte(PAGE, V | R | W));
    cr_expect(eq(int, look(machine, VADDR, EMU_LOAD).why, EMU_REFUSAL_TABLE_PMP_WRITE));
    emu_machine_destroy(machine);
}

Test(look, superpages_have_their_size)
{
    struct emu_machine *machine = mapped_machine(true);
    poke(machine, MIDDLE + 8, pte(0, V | R | X));
    struct emu_translation t = look(machine, VADDR + 0x2345, EMU_LOAD);
    cr_expect(eq(u64, t.page_bytes, 2 << 20));
    cr_expect(eq(u64, t.paddr, GUEST_RAM + 0x3345));
    cr_expect(t.sets_ad);
    poke(machine, ROOT + 8, pte(0, V | R | X));
    t = look(machine, VADDR + (16 << 20), EMU_LOAD);
    cr_expect(eq(u64, t.page_bytes, 1 << 30));
    cr_expect(eq(u64, t.paddr, GUEST_RAM + 0x1201000));
    cr_expect(eq(int, t.place, EMU_PLACE_NOTHING), "that is behind the RAM");
    emu_machine_destroy(machine);
}

Test(look, a_tlb_entry_that_was_not_fenced_is_shown_as_stale)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_machine *machine = mapped_machine(true);
        apply(machine, EMU_INPUT_FIDELITY, 0, fidelity, 0);
        struct emu_translation t = look(machine, VADDR, EMU_LOAD);
        cr_expect(not(t.in_tlb));
        run_to_load(machine);
        t = look(machine, VADDR, EMU_LOAD);
        cr_assert(t.in_tlb);
        cr_expect(t.tlb_suffices);
        cr_expect(not(t.tlb_stale));
        cr_expect(eq(u64, t.tlb_paddr, GUEST_RAM + PAGE));
        struct emu_tlb_view view;
        cr_assert(emu_tlb_view(machine, 0, EMU_DATA, t.tlb_index, &view));
        cr_expect(view.valid);
        cr_expect(eq(u64, view.vaddr, VADDR));
        cr_expect(eq(u64, view.paddr, GUEST_RAM + PAGE));
        cr_expect(eq(uint, view.asid, 7));
        cr_expect(eq(uint, view.flags, V | R | W | A | D));
        poke(machine, LEAVES + 8, pte(PAGE + 0x1000, V | R | W | A | D));
        t = look(machine, VADDR, EMU_LOAD);
        cr_expect(t.tlb_stale);
        cr_expect(eq(u64, t.paddr, GUEST_RAM + PAGE + 0x1000), "as the tables say");
        cr_expect(eq(u64, t.tlb_paddr, GUEST_RAM + PAGE), "where the hart goes");
        poke(machine, LEAVES + 8, 0);
        cr_expect(look(machine, VADDR, EMU_LOAD).tlb_stale);
        emu_machine_destroy(machine);
    }
}

Test(look, a_read_finds_what_the_harts_load_would_by_its_tlb)
{
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_machine *machine = mapped_machine(true);
        uint64_t word = 0;
        struct emu_read read;
        apply(machine, EMU_INPUT_FIDELITY, 0, fidelity, 0);
        run_to_load(machine);
        poke(machine, PAGE + 0x1008, 0x99);
        cr_expect(emu_virtual_read(machine, 0, VADDR + 8, EMU_LOAD, &word, 8, &read));
        cr_expect(not(read.is_elsewhere));
        poke(machine, LEAVES + 8, pte(PAGE + 0x1000, V | R | W | A | D));
        cr_expect(emu_virtual_read(machine, 0, VADDR + 8, EMU_LOAD, &word, 8, &read));
        cr_expect(eq(u64, word, 0x1122334455667788));
        cr_expect(read.is_elsewhere);
        cr_expect(eq(u64, read.elsewhere, VADDR + 8));
        poke(machine, LEAVES + 8, 0);
        cr_expect(emu_virtual_read(machine, 0, VADDR + 8, EMU_LOAD, &word, 8, &read), "there is nothing but the TLB's entry");
        cr_expect(read.is_elsewhere);
        cr_expect(emu_physical_read(machine, GUEST_RAM + PAGE + 0x1008, &word, 8));
        cr_expect(eq(u64, word, 0x99));
        cr_expect(emu_physical_read(machine, PLATFORM_BOOT_ROM_BASE, &word, 4));
        cr_expect(not(emu_physical_read(machine, PLATFORM_UART_BASE, &word, 1)));
        cr_expect(not(emu_physical_read(machine, UINT64_MAX, &word, 8)));
        emu_machine_destroy(machine);
    }
}

Test(look, an_entry_whose_page_has_become_dirty_since_is_not_stale)
{
    struct emu_machine *machine = mapped_machine(true);
    poke(machine, LEAVES + 8, pte(PAGE, V | R | W | A));
    run_to_load(machine);
    poke(machine, LEAVES + 8, pte(PAGE, V | R | W | A | D));
    struct emu_translation t = look(machine, VADDR, EMU_STORE);
    cr_assert(t.in_tlb);
    cr_expect(not(t.tlb_stale));
    cr_expect(not(t.tlb_suffices), "a store walks, for D");
    cr_expect(look(machine, VADDR, EMU_LOAD).tlb_suffices);
    poke(machine, LEAVES + 8, pte(PAGE, V | R | W));
    cr_expect(look(machine, VADDR, EMU_LOAD).tlb_stale, "A has been cleared");
    emu_machine_destroy(machine);
}

Test(look, tlbs_have_as_many_entries_as_are_configured)
{
    struct emu_config config = guest_config(1);
    struct guest guest = {.count = 0};
    config.cpu.itlb_entries = 8;
    config.cpu.dtlb_entries = 16;
    guest_jump(&guest, 0);
    struct emu_machine *machine = guest_machine(&guest, &config);
    struct emu_tlb_view view;
    unsigned entries[2] = {0, 0};
    while (emu_tlb_view(machine, 0, EMU_DATA, entries[0], &view))
        cr_expect(eq(int, view.next, entries[0]++ == 0));
    while (emu_tlb_view(machine, 0, EMU_INSTRUCTION, entries[1], &view))
        cr_expect(eq(int, view.next, entries[1]++ == 0));
    cr_expect(eq(uint, entries[0], 16));
    cr_expect(eq(uint, entries[1], 8));
    emu_machine_destroy(machine);
}

Test(look, virtual_reads_cross_pages_and_end_at_the_first_byte_that_is_not_there)
{
    struct emu_machine *machine = mapped_machine(true);
    uint64_t word = 0;
    struct emu_read read = {.bytes = 99};
    cr_expect(emu_virtual_read(machine, 0, VADDR + 8, EMU_LOAD, &word, 8, NULL));
    cr_expect(eq(u64, word, 0x1122334455667788));
    poke(machine, PAGE + 0xffc, 0xaabbccdd);
    cr_expect(not(emu_virtual_read(machine, 0, VADDR + 0xffc, EMU_LOAD, &word, 8, &read)));
    cr_expect(eq(sz, read.bytes, 4));
    poke(machine, LEAVES + 16, pte(PAGE, V | X | U)); /* rights do not matter */
    cr_expect(emu_virtual_read(machine, 0, VADDR + 0x1004, EMU_LOAD, &word, 8, &read));
    cr_expect(emu_virtual_read(machine, 0, VADDR + 0xffc, EMU_LOAD, &word, 8, &read));
    cr_expect(eq(sz, read.bytes, 8));
    cr_expect(eq(u64, word, 0xaabbccdd));
    poke(machine, LEAVES + 16, PLATFORM_UART_BASE >> 12 << 10 | V | R | W | A | D);
    cr_expect(not(emu_virtual_read(machine, 0, VADDR + 0x1000, EMU_LOAD, &word, 1, &read)), "a device is not read");
    cr_expect(eq(sz, read.bytes, 0));
    poke(machine, LEAVES + 16, PLATFORM_BOOT_ROM_BASE >> 12 << 10 | V | R | W | A | D);
    cr_expect(emu_virtual_read(machine, 0, VADDR + 0x1000, EMU_LOAD, &word, 8, &read));
    cr_expect(not(emu_virtual_read(machine, 0, UINT64_C(1) << 40, EMU_LOAD, &word, 8, &read)));
    cr_expect(not(emu_virtual_read(machine, 0, UINT64_MAX - 3, EMU_LOAD, &word, 8, &read)));
    emu_machine_destroy(machine);
}

Test(look, looking_at_paged_programs_every_few_steps_changes_nothing)
{
    for (unsigned program = 0; program < 20; program++) {
        struct random random = {1234 + program};
        struct program_shape shape = {
            .harts = 1 + random_below(&random, 3), .insns = 150, .loops = 5, .devices = program & 1, .paged = true};
        struct guest guest = program_random(&random, &shape);
        struct emu_config config = guest_config(shape.harts);
        config.fidelity = program & 2 ? EMU_TIMED : EMU_FAST;
        struct emu_machine *seen = guest_machine(&guest, &config), *unseen = guest_machine(&guest, &config);
        struct emu_until until;
        emu_until_init(&until);
        for (unsigned step = 0; step < 20000; step += 7) {
            until.steps = step;
            emu_run(seen, &until);
            for (unsigned i = 0; i < 3; i++) {
                struct emu_hart_view view;
                struct emu_translation t;
                uint8_t bytes[16];
                unsigned hart = random_below(&random, shape.harts);
                emu_hart_view(seen, hart, &view);
                emu_translate(seen, hart, i ? view.x[1 + random_below(&random, 31)] : view.pc, (enum emu_access)i, &t);
                emu_virtual_read(seen, hart, view.x[1 + random_below(&random, 31)], EMU_LOAD, bytes, sizeof bytes, NULL);
            }
        }
        emu_run(unseen, &until);
        cr_expect(eq(u64, emu_state_hash(seen), emu_state_hash(unseen)), "program %u", program);
        emu_machine_destroy(seen);
        emu_machine_destroy(unseen);
    }
}
