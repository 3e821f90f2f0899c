/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inputs: what each does, that senseless ones are refused with a sentence and change nothing, and that they can come at any stop.
 */
#include "guest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct emu_machine *idle_machine(unsigned harts)
{
    struct guest guest = {.count = 0};
    guest_jump(&guest, 0);
    struct emu_config config = guest_config(harts);
    return guest_machine(&guest, &config);
}

Test(inputs, senseless_ones_are_refused_with_a_sentence_and_change_nothing)
{
    static const struct emu_input rows[] = {
        {.kind = EMU_INPUT_COUNT},
        {.kind = UINT32_MAX},
        {.kind = EMU_INPUT_CONSOLE_BYTE, .a = 256},
        {.kind = EMU_INPUT_POKE, .hart = 8, .a = GUEST_RAM - 8},
        {.kind = EMU_INPUT_POKE, .hart = 8, .a = GUEST_RAM - 1},
        {.kind = EMU_INPUT_POKE, .hart = 8, .a = GUEST_RAM + 0x400000 - 7},
        {.kind = EMU_INPUT_POKE, .hart = 1, .a = GUEST_RAM + 0x400000},
        {.kind = EMU_INPUT_POKE, .hart = 4, .a = UINT64_MAX - 1},
        {.kind = EMU_INPUT_POKE, .hart = 4, .a = 0x1000},
        {.kind = EMU_INPUT_POKE, .hart = 0, .a = GUEST_RAM},
        {.kind = EMU_INPUT_POKE, .hart = 3, .a = GUEST_RAM},
        {.kind = EMU_INPUT_POKE, .hart = 16, .a = GUEST_RAM},
        {.kind = EMU_INPUT_SET_XREG, .hart = 2, .a = 5},
        {.kind = EMU_INPUT_SET_XREG, .hart = 0, .a = 0},
        {.kind = EMU_INPUT_SET_XREG, .hart = 0, .a = 32},
        {.kind = EMU_INPUT_SET_FREG, .hart = UINT32_MAX, .a = 5},
        {.kind = EMU_INPUT_SET_FREG, .hart = 1, .a = 32},
        {.kind = EMU_INPUT_SET_CSR, .hart = 2, .a = 0x300},
        {.kind = EMU_INPUT_SET_CSR, .hart = 0, .a = 0x7c0},
        {.kind = EMU_INPUT_SET_CSR, .hart = 0, .a = 0x1300},
        {.kind = EMU_INPUT_SET_PC, .hart = 2, .b = GUEST_RAM},
        {.kind = EMU_INPUT_SET_PC, .hart = 0, .b = GUEST_RAM + 1},
        {.kind = EMU_INPUT_FREEZE, .hart = 2},
        {.kind = EMU_INPUT_THAW, .hart = 2},
        {.kind = EMU_INPUT_FIDELITY, .a = 2},
        {.kind = EMU_INPUT_FIDELITY, .a = UINT64_MAX},
    };
    struct emu_machine *machine = idle_machine(2);
    guest_run(machine, 1000);
    uint64_t hash = emu_state_hash(machine);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emu_error error = {""};
        uint64_t cycle = 99;
        cr_expect(not(emu_input(machine, &rows[i], 0, &cycle, &error)), "row %zu", i);
        cr_expect(ne(int, error.text[0], 0), "row %zu", i);
        cr_expect(eq(u64, cycle, 99), "row %zu", i);
        cr_expect(eq(u64, emu_state_hash(machine), hash), "row %zu", i);
    }
    emu_machine_destroy(machine);
}

Test(inputs, a_cycle_that_is_not_the_present_one_is_refused_while_harts_run)
{
    struct emu_machine *machine = idle_machine(1);
    struct emu_input input = {.kind = EMU_INPUT_SET_XREG, .a = 5};
    struct emu_error error = {""};
    guest_run(machine, 1000);
    uint64_t now = emu_now(machine);
    cr_expect(not(emu_input(machine, &input, now - 1, NULL, &error)));
    cr_expect(not(emu_input(machine, &input, now + 1, NULL, &error)));
    cr_expect(emu_input(machine, &input, now, NULL, &error), "%s", error.text);
    emu_machine_destroy(machine);
}

Test(inputs, the_console_takes_as_many_bytes_as_it_says)
{
    struct emu_machine *machine = idle_machine(1);
    struct emu_input input = {.kind = EMU_INPUT_CONSOLE_BYTE, .a = 'x'};
    struct emu_error error = {""};
    unsigned room = emu_console_room(machine);
    cr_expect(ge(uint, room, 1));
    for (unsigned i = 0; i < room; i++)
        cr_expect(emu_input(machine, &input, 0, NULL, &error), "%s", error.text);
    cr_expect(eq(uint, emu_console_room(machine), 0));
    uint64_t hash = emu_state_hash(machine);
    cr_expect(not(emu_input(machine, &input, 0, NULL, &error)));
    cr_expect(ne(int, error.text[0], 0));
    cr_expect(eq(u64, emu_state_hash(machine), hash));
    emu_machine_destroy(machine);
}

/* The guest sends back what it receives; bytes that do not fit wait outside. */
Test(inputs, console_bytes_arrive_in_order_and_none_is_lost)
{
    static const char text[] = "forty-two bytes are more than a FIFO takes";
    struct guest guest = {.count = 0};
    guest_li(&guest, S0, 0x10000000);
    guest_ri(&guest, ISA_OP_addi, T0, ZERO, 1);
    guest_st(&guest, ISA_OP_sb, T0, S0, 2); /* FIFOs on */
    unsigned again = guest.count;
    guest_ri(&guest, ISA_OP_lbu, T0, S0, 5);
    guest_ri(&guest, ISA_OP_andi, T0, T0, 1);
    guest_branch(&guest, ISA_OP_beq, T0, ZERO, again);
    guest_ri(&guest, ISA_OP_lbu, T0, S0, 0);
    guest_st(&guest, ISA_OP_sb, T0, S0, 0);
    guest_jump(&guest, again);
    struct emu_machine *machine = guest_machine(&guest, NULL);
    char got[100], part[100];
    unsigned sent = 0, length = 0;
    guest_run(machine, 200);
    for (unsigned turn = 0; turn < 1000 && length < sizeof text - 1; turn++) {
        struct emu_input input = {.kind = EMU_INPUT_CONSOLE_BYTE, .a = (uint8_t)text[sent]};
        while (sent < sizeof text - 1 && emu_console_room(machine) && emu_input(machine, &input, 0, NULL, NULL))
            input.a = (uint8_t)text[++sent];
        guest_run_console(machine, 97, part, sizeof part);
        for (unsigned i = 0; part[i]; i++)
            got[length++] = part[i];
    }
    got[length] = '\0';
    cr_expect(eq(str, got, (char *)text));
    emu_machine_destroy(machine);
}

Test(inputs, registers_memory_and_pc_take_what_they_are_given)
{
    struct emu_machine *machine = idle_machine(2);
    guest_run(machine, 100);
    static const struct emu_input rows[] = {
        {.kind = EMU_INPUT_SET_XREG, .hart = 1, .a = 31, .b = UINT64_C(0x123456789abcdef0)},
        {.kind = EMU_INPUT_SET_FREG, .hart = 1, .a = 0, .b = 7},
        {.kind = EMU_INPUT_SET_CSR, .hart = 1, .a = 0x340, .b = 9},
        {.kind = EMU_INPUT_SET_PC, .hart = 1, .b = GUEST_RAM + 0x100},
        {.kind = EMU_INPUT_POKE, .hart = 2, .a = GUEST_RAM + 0x10000, .b = 0x11223344},
        {.kind = EMU_INPUT_POKE, .hart = 8, .a = GUEST_RAM + 0x400000 - 8, .b = 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(emu_input(machine, &rows[i], 0, NULL, NULL), "row %zu", i);
    struct emu_hart_view view;
    emu_hart_view(machine, 1, &view);
    cr_expect(eq(u64, view.x[31], UINT64_C(0x123456789abcdef0)));
    cr_expect(eq(u64, view.f[0], 7));
    cr_expect(eq(u64, view.pc, GUEST_RAM + 0x100));
    uint64_t value = 0;
    cr_expect(emu_csr_read(machine, 1, 0x340, &value));
    cr_expect(eq(u64, value, 9));
    cr_expect(eq(u64, guest_ram_u64(machine, 0x10000), 0x3344));
    cr_expect(eq(u64, guest_ram_u64(machine, 0x400000 - 8), 5));
    emu_machine_destroy(machine);
}

Test(inputs, a_counter_reads_what_it_was_set_to)
{
    struct emu_machine *machine = idle_machine(1);
    guest_run(machine, 100);
    static const unsigned counters[] = {0xb00, 0xb02};
    for (unsigned i = 0; i < 2; i++) {
        struct emu_input set = {.kind = EMU_INPUT_SET_CSR, .a = counters[i], .b = 1000};
        uint64_t value = 0;
        cr_assert(emu_input(machine, &set, 0, NULL, NULL));
        cr_expect(emu_csr_read(machine, 0, counters[i], &value));
        cr_expect(eq(u64, value, 1000), "CSR 0x%x", counters[i]);
    }
    emu_machine_destroy(machine);
}

Test(inputs, the_pc_of_a_hart_in_a_device_access_cannot_be_set)
{
    struct guest guest = {.count = 0};
    guest_putc(&guest, 'x');
    guest_jump(&guest, guest.count);
    struct emu_machine *machine = guest_machine(&guest, NULL);
    struct emu_hart_view view;
    do {
        struct emu_until until;
        emu_until_init(&until);
        until.steps = emu_position(machine).steps + 1;
        cr_assert(eq(int, emu_run(machine, &until).kind, EMU_STOP_LIMIT));
        emu_hart_view(machine, 0, &view);
    } while (view.state != EMU_HART_ACCESSING);
    struct emu_input set = {.kind = EMU_INPUT_SET_PC, .b = GUEST_RAM};
    struct emu_error error = {""};
    cr_expect(not(emu_input(machine, &set, 0, NULL, &error)));
    cr_expect(error.text[0] != 0);
    emu_machine_destroy(machine);
}

Test(inputs, a_poke_ends_reservations_and_changes_decoded_code)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, 0x10000);
    guest_rr(&guest, ISA_OP_lr_d, T0, S0, 0);
    unsigned spin = guest.count;
    guest_jump(&guest, spin);
    guest_rr(&guest, ISA_OP_sc_d, S1, S0, T0);
    guest_finish(&guest, 0x5555);
    struct emu_machine *machine = guest_machine(&guest, NULL);
    struct emu_hart_view view;
    guest_run(machine, 500);
    emu_hart_view(machine, 0, &view);
    cr_expect(view.reserved);
    cr_expect(eq(u64, view.reservation, GUEST_RAM + 0x10000));
    struct emu_input poke = {.kind = EMU_INPUT_POKE, .hart = 1, .a = GUEST_RAM + 0x10000 + 63, .b = 0};
    cr_expect(emu_input(machine, &poke, 0, NULL, NULL));
    emu_hart_view(machine, 0, &view);
    cr_expect(not(view.reserved));
    struct emu_input nop = {.kind = EMU_INPUT_POKE, .hart = 4, .a = GUEST_RAM + 4 * spin, .b = 0x13};
    cr_expect(emu_input(machine, &nop, 0, NULL, NULL));
    cr_expect(eq(int, guest_run(machine, 1000).kind, EMU_STOP_FINISHED));
    emu_hart_view(machine, 0, &view);
    cr_expect(eq(u64, view.x[S1], 1), "the sc has failed");
    emu_machine_destroy(machine);
}

Test(inputs, a_frozen_hart_does_nothing_until_it_is_thawed)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, 0x10000);
    guest_ri(&guest, ISA_OP_slli, T0, A0, 3);
    guest_rr(&guest, ISA_OP_add, S0, S0, T0);
    unsigned again = guest.count;
    guest_ri(&guest, ISA_OP_addi, S1, S1, 1);
    guest_st(&guest, ISA_OP_sd, S1, S0, 0);
    guest_jump(&guest, again);
    struct emu_config config = guest_config(2);
    struct emu_machine *machine = guest_machine(&guest, &config);
    guest_run(machine, 1000);
    struct emu_input freeze = {.kind = EMU_INPUT_FREEZE, .hart = 1}, thaw = {.kind = EMU_INPUT_THAW, .hart = 1};
    cr_expect(emu_input(machine, &freeze, 0, NULL, NULL));
    uint64_t others = guest_ram_u64(machine, 0x10000), its = guest_ram_u64(machine, 0x10008);
    struct emu_hart_view view;
    emu_hart_view(machine, 1, &view);
    cr_expect(eq(int, view.state, EMU_HART_FROZEN));
    guest_run(machine, 10000);
    cr_expect(eq(u64, guest_ram_u64(machine, 0x10008), its));
    cr_expect(gt(u64, guest_ram_u64(machine, 0x10000), others + 3000));
    cr_expect(emu_input(machine, &thaw, 0, NULL, NULL));
    others = guest_ram_u64(machine, 0x10000);
    guest_run(machine, 10000);
    emu_hart_view(machine, 1, &view);
    cr_expect(eq(int, view.state, EMU_HART_RUNNING));
    cr_expect(gt(u64, guest_ram_u64(machine, 0x10008), its + 3000));
    cr_expect(lt(u64, guest_ram_u64(machine, 0x10008), its + 3500), "it does not make up for the time it was frozen");
    cr_expect(gt(u64, guest_ram_u64(machine, 0x10000), others + 3000));
    emu_machine_destroy(machine);
}

Test(inputs, a_machine_whose_harts_are_all_frozen_is_dead_until_one_is_thawed)
{
    struct emu_machine *machine = idle_machine(1);
    struct emu_input freeze = {.kind = EMU_INPUT_FREEZE}, thaw = {.kind = EMU_INPUT_THAW};
    guest_run(machine, 100);
    cr_expect(emu_input(machine, &freeze, 0, NULL, NULL));
    cr_expect(eq(int, guest_run(machine, 100).kind, EMU_STOP_DEAD));
    cr_expect(emu_input(machine, &thaw, 0, NULL, NULL));
    cr_expect(eq(int, guest_run(machine, 100).kind, EMU_STOP_LIMIT));
    emu_machine_destroy(machine);
}

/* Wherever the run is stopped, an input at the present position is possible. The timer (mtimecmp = mtime and a
 * few ticks) fires at all distances from the end of a device access. */
Test(inputs, an_input_is_possible_wherever_the_run_stops)
{
    struct guest guest = {.count = 0};
    guest_li(&guest, S0, 0x0200bff8);
    guest_li(&guest, S1, 0x02004000);
    unsigned again = guest.count;
    for (int ticks = 0; ticks < 6; ticks++) {
        guest_ri(&guest, ISA_OP_ld, T1, S0, 0);
        guest_ri(&guest, ISA_OP_addi, T1, T1, ticks);
        guest_st(&guest, ISA_OP_sd, T1, S1, 0);
    }
    guest_jump(&guest, again);
    struct emu_machine *machine = guest_machine(&guest, NULL);
    struct emu_input input = {.kind = EMU_INPUT_SET_XREG, .a = 31};
    struct emu_until until;
    emu_until_init(&until);
    for (unsigned i = 0; i < 3000; i++) {
        struct emu_error error = {""};
        until.steps = emu_position(machine).steps + 1;
        emu_run(machine, &until);
        input.b = i;
        cr_expect(emu_input(machine, &input, 0, NULL, &error), "step %u: %s", i, error.text);
    }
    emu_machine_destroy(machine);
}
