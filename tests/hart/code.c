/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Code that changes under the hart: stores to it are seen at once, with or without fence.i, in its own line, across lines and pages,
 * and from another hart. Breakpoints do not change the run.
 */
#include "../lib/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct emu_machine *create(unsigned harts)
{
    struct emu_config config = test_config();
    config.harts = harts;
    return test_machine(&config);
}

#define LI(rd, value) test_insn(ISA_OP_addi, rd, 0, 0, value)

/* At every place: a loop that executes the slot, patches it and executes it again. */
Test(code, a_store_to_code_is_seen_by_the_next_instruction_wherever_it_lies)
{
    for (unsigned place = 2; place < 0x1000 - 16; place += place < 140 ? 2 : place < 0xf70 ? 254 : 2) {
        for (unsigned gap = 0; gap < 3; gap++) {
            struct emu_machine *m = create(1);
            uint64_t at = 0x80003000 + place, slot = at + 8 + 4 * gap;
            uint32_t words[8] = {LI(5, 1), test_insn(ISA_OP_sw, 0, 6, 7, 0)};
            for (unsigned i = 0; i < gap; i++)
                words[2 + i] = LI(9, 3);
            words[2 + gap] = LI(5, 2);
            words[3 + gap] = test_insn(ISA_OP_addi, 8, 5, 0, 0);
            words[4 + gap] = test_insn(ISA_OP_bne, 0, 10, 0, -4 * (int)(4 + gap));
            for (unsigned i = 0; i < 5 + gap; i++) {
                test_poke(m, at + 4 * i, 2, words[i] & 0xffff);
                test_poke(m, at + 4 * i + 2, 2, words[i] >> 16);
            }
            test_set_x(m, 6, slot);
            test_set_x(m, 7, LI(5, 2)); /* first round: the same word */
            test_set_x(m, 10, 1);
            test_set_pc(m, at);
            test_steps(m, 5 + gap);
            cr_expect(eq(u64, test_x(m, 8), 2), "place 0x%x", place);
            cr_expect(eq(u64, test_pc(m), at), "place 0x%x", place);
            test_set_x(m, 7, LI(5, 77));
            test_steps(m, 4 + gap);
            cr_expect(eq(u64, test_x(m, 8), 77), "place 0x%x, gap %u", place, gap);
            emu_machine_destroy(m);
        }
    }
}

Test(code, a_compressed_slot_can_be_patched_in_halves)
{
    struct emu_machine *m = create(1);
    uint64_t at = 0x8000303e; /* the 4-byte instruction at +8 straddles a line after patching */
    const uint32_t words[] = {test_insn(ISA_OP_sh, 0, 6, 7, 0), test_insn(ISA_OP_sh, 0, 6, 8, 2)};
    for (unsigned i = 0; i < 2; i++) {
        test_poke(m, at + 4 * i - 8, 2, words[i] & 0xffff);
        test_poke(m, at + 4 * i - 6, 2, words[i] >> 16);
    }
    test_poke(m, at, 2, 0x0001);
    test_poke(m, at + 2, 2, 0x0001);
    test_set_x(m, 6, at);
    test_set_x(m, 7, LI(5, 1234) & 0xffff);
    test_set_x(m, 8, LI(5, 1234) >> 16);
    test_set_pc(m, at);
    test_steps(m, 2); /* decoded as two nops */
    test_set_pc(m, at - 8);
    test_steps(m, 3);
    cr_expect(eq(u64, test_x(m, 5), 1234));
    cr_expect(eq(u64, test_pc(m), at + 4));
    emu_machine_destroy(m);
}

Test(code, another_hart_changes_the_loop_a_hart_runs_in)
{
    struct emu_machine *m = create(2);
    uint64_t loop = 0x80003000, writer = 0x80005000;
    const uint32_t loops[] = {LI(5, 1), test_insn(ISA_OP_jal, 0, 0, 0, -4)};
    const uint32_t writes[] = {test_insn(ISA_OP_sw, 0, 6, 7, 0), test_insn(ISA_OP_jal, 0, 0, 0, 0)};
    test_code(m, loop, loops, 2);
    test_code(m, writer, writes, 2);
    test_set_pc(m, loop);
    struct emu_input pc = {.kind = EMU_INPUT_SET_PC, .hart = 1, .b = writer};
    struct emu_input x6 = {.kind = EMU_INPUT_SET_XREG, .hart = 1, .a = 6, .b = loop};
    struct emu_input x7 = {.kind = EMU_INPUT_SET_XREG, .hart = 1, .a = 7, .b = LI(5, 2)};
    struct emu_input freeze = {.kind = EMU_INPUT_FREEZE, .hart = 1}, thaw = {.kind = EMU_INPUT_THAW, .hart = 1};
    cr_assert(emu_input(m, &freeze, 0, NULL, NULL) && emu_input(m, &pc, 0, NULL, NULL));
    cr_assert(emu_input(m, &x6, 0, NULL, NULL) && emu_input(m, &x7, 0, NULL, NULL));
    test_steps(m, 100);
    cr_expect(eq(u64, test_x(m, 5), 1));
    cr_assert(emu_input(m, &thaw, 0, NULL, NULL));
    test_steps(m, 500);
    cr_expect(eq(u64, test_x(m, 5), 2));
    emu_machine_destroy(m);
}

Test(code, a_breakpoint_stops_before_its_instruction_and_changes_nothing)
{
    uint64_t hash[2];
    for (unsigned with = 0; with < 2; with++) {
        struct emu_machine *m = create(1);
        const uint32_t words[] = {test_insn(ISA_OP_addi, 5, 5, 0, 1), test_insn(ISA_OP_addi, 6, 6, 0, 1), test_insn(ISA_OP_jal, 0, 0, 0, -8)};
        test_code(m, TEST_CODE, words, 3);
        test_set_pc(m, TEST_CODE);
        struct emu_until until;
        emu_until_init(&until);
        until.steps = emu_position(m).steps + 300;
        unsigned stops = 0;
        if (with)
            cr_assert(emu_break_set(m, TEST_CODE + 4));
        for (;;) {
            struct emu_stop stop = emu_run(m, &until);
            if (stop.kind != EMU_STOP_BREAKPOINT)
                break;
            stops++;
            cr_expect(eq(u64, stop.pc, TEST_CODE + 4));
            cr_expect(eq(u64, test_x(m, 5), stops));
            cr_expect(eq(u64, test_x(m, 6), stops - 1));
        }
        cr_expect(eq(uint, stops, with ? 100 : 0));
        hash[with] = emu_state_hash(m);
        emu_machine_destroy(m);
    }
    cr_expect(eq(u64, hash[0], hash[1]));
}
