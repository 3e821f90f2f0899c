/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The NS16550A: registers, FIFO and trigger levels, interrupt conditions and their priorities, timeout, loopback.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/uart.h>
#include <lib/state_check.h>
#include <string.h>

enum { RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };
enum { IIR_MODEM = 0x0, IIR_NONE = 0x1, IIR_THRE = 0x2, IIR_RECEIVED = 0x4, IIR_LINE = 0x6, IIR_TIMEOUT = 0xc, IIR_FIFO = 0xc0 };

static struct fake_host *setup(void)
{
    struct fake_host *fake = fake_create();
    fake->ops = &uart_ops;
    fake->device = uart_create(&fake->host, &fake->wires[0], 9);
    cr_assert(ne(ptr, fake->device, NULL));
    return fake;
}

static void teardown(struct fake_host *fake)
{
    uart_destroy(fake->device);
    fake_destroy(fake);
}

static uint64_t in(struct fake_host *fake, unsigned reg)
{
    return fake_read(fake, reg, 1);
}

static void out(struct fake_host *fake, unsigned reg, uint64_t value)
{
    fake_write(fake, reg, 1, value);
}

static void receive(struct fake_host *fake, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        cr_assert(uart_receive(fake->device, (uint8_t)('a' + i)));
}

Test(uart, bytes_written_to_thr_are_out_at_once)
{
    struct fake_host *fake = setup();
    for (const char *c = "hello"; *c; c++) {
        cr_expect(eq(u64, in(fake, LSR), 0x60));
        out(fake, THR, (uint64_t)*c);
    }
    cr_expect(eq(str, fake->console, "hello"));
    teardown(fake);
}

Test(uart, registers_hold_the_bits_they_have)
{
    static const struct {
        unsigned reg;
        uint64_t kept;
    } rows[] = {{IER, 0x0f}, {LCR, 0xff}, {MCR, 0x1f}, {SCR, 0xff}};
    for (unsigned i = 0; i < 4; i++) {
        struct fake_host *fake = setup();
        out(fake, rows[i].reg, 0xff);
        if (rows[i].reg == LCR)
            out(fake, LCR, 0x7f | in(fake, LCR));
        cr_expect(eq(u64, in(fake, rows[i].reg), rows[i].kept), "register %u", rows[i].reg);
        out(fake, rows[i].reg, 0);
        cr_expect(eq(u64, in(fake, rows[i].reg), 0), "register %u", rows[i].reg);
        teardown(fake);
    }
}

Test(uart, dlab_shows_the_divisor_in_the_first_two_registers)
{
    struct fake_host *fake = setup();
    out(fake, IER, 5);
    out(fake, LCR, 0x83);
    out(fake, DLL, 0x34);
    out(fake, DLM, 0x12);
    cr_expect(eq(u64, in(fake, DLL), 0x34));
    cr_expect(eq(u64, in(fake, DLM), 0x12));
    out(fake, LCR, 0x03);
    cr_expect(eq(u64, in(fake, IER), 5));
    cr_expect(eq(uint, fake->console_count, 0));
    teardown(fake);
}

Test(uart, without_the_fifo_one_byte_fits)
{
    struct fake_host *fake = setup();
    cr_expect(eq(uint, uart_room(fake->device), 1));
    receive(fake, 1);
    cr_expect(eq(uint, uart_room(fake->device), 0));
    cr_expect(not(uart_receive(fake->device, 'z')));
    cr_expect(eq(u64, in(fake, LSR), 0x61), "and nothing is overrun");
    cr_expect(eq(u64, in(fake, RBR), 'a'));
    cr_expect(eq(u64, in(fake, LSR), 0x60));
    cr_expect(eq(u64, in(fake, RBR), 0));
    teardown(fake);
}

Test(uart, the_fifo_holds_sixteen_bytes_in_order)
{
    struct fake_host *fake = setup();
    out(fake, FCR, 0x01);
    receive(fake, 16);
    cr_expect(eq(uint, uart_room(fake->device), 0));
    cr_expect(not(uart_receive(fake->device, 'z')));
    for (unsigned i = 0; i < 16; i++) {
        cr_expect(eq(u64, in(fake, LSR), 0x61));
        cr_expect(eq(u64, in(fake, RBR), 'a' + i));
    }
    cr_expect(eq(u64, in(fake, LSR), 0x60));
    teardown(fake);
}

Test(uart, received_data_interrupts_from_the_trigger_level_on)
{
    static const unsigned levels[4] = {1, 4, 8, 14};
    for (unsigned t = 0; t < 4; t++) {
        struct fake_host *fake = setup();
        out(fake, FCR, 0x01 | t << 6);
        out(fake, IER, 0x01);
        for (unsigned i = 1; i <= 16; i++) {
            receive(fake, 1);
            cr_expect(eq(int, fake->lines[0], i >= levels[t]), "trigger %u, byte %u", levels[t], i);
            cr_expect(eq(u64, in(fake, IIR), IIR_FIFO | (i >= levels[t] ? IIR_RECEIVED : IIR_NONE)));
        }
        for (unsigned left = 15; left < 16; left--) {
            in(fake, RBR);
            cr_expect(eq(int, fake->lines[0], left >= levels[t] && left > 0), "trigger %u, %u left", levels[t], left);
        }
        teardown(fake);
    }
}

Test(uart, switching_or_clearing_the_fifo_empties_it)
{
    static const struct {
        const char *what;
        uint64_t before, write;
        bool is_empty;
    } rows[] = {
        {"enable", 0x00, 0x01, true},         {"disable", 0x01, 0x00, true},
        {"clear receiver", 0x01, 0x03, true}, {"clear transmitter", 0x01, 0x05, false},
        {"same again", 0x01, 0x01, false},    {"clear while off", 0x00, 0x02, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_host *fake = setup();
        out(fake, FCR, rows[i].before);
        receive(fake, 1);
        out(fake, FCR, rows[i].write);
        cr_expect(eq(u64, in(fake, LSR) & 1, !rows[i].is_empty), "%s", rows[i].what);
        teardown(fake);
    }
}

Test(uart, enabling_the_thre_interrupt_raises_it_and_reading_iir_clears_it)
{
    struct fake_host *fake = setup();
    cr_expect(eq(u64, in(fake, IIR), IIR_NONE));
    out(fake, IER, 0x02);
    cr_expect(fake->lines[0]);
    cr_expect(eq(u64, in(fake, IIR), IIR_THRE));
    cr_expect(not(fake->lines[0]));
    cr_expect(eq(u64, in(fake, IIR), IIR_NONE));
    out(fake, IER, 0x02);
    cr_expect(not(fake->lines[0]), "it was enabled already");
    out(fake, IER, 0x00);
    out(fake, IER, 0x02);
    cr_expect(fake->lines[0]);
    teardown(fake);
}

Test(uart, each_byte_sent_raises_thre_again)
{
    struct fake_host *fake = setup();
    out(fake, IER, 0x02);
    in(fake, IIR);
    out(fake, THR, 'x');
    cr_expect(fake->lines[0]);
    cr_expect(eq(u64, in(fake, IIR), IIR_THRE));
    teardown(fake);
}

Test(uart, reading_iir_for_another_reason_keeps_thre)
{
    struct fake_host *fake = setup();
    out(fake, IER, 0x03);
    receive(fake, 1);
    cr_expect(eq(u64, in(fake, IIR), IIR_RECEIVED));
    in(fake, RBR);
    cr_expect(eq(u64, in(fake, IIR), IIR_THRE));
    teardown(fake);
}

/* At 115200 baud, 8N1, a character takes 10 bits; four take 347.2 us: 34722.2 cycles at 100 MHz. */
enum { TIMEOUT_CYCLES = 34723 };

Test(uart, bytes_below_the_trigger_time_out_after_four_characters)
{
    struct fake_host *fake = setup();
    out(fake, LCR, 0x03);
    out(fake, FCR, 0xc1);
    out(fake, IER, 0x01);
    fake_run_to(fake, 1000);
    receive(fake, 2);
    fake_run_to(fake, 1000 + TIMEOUT_CYCLES - 1);
    cr_expect(not(fake->lines[0]));
    fake_run_to(fake, 1000 + TIMEOUT_CYCLES);
    cr_expect(fake->lines[0]);
    cr_expect(eq(u64, in(fake, IIR), IIR_FIFO | IIR_TIMEOUT));
    in(fake, RBR);
    cr_expect(not(fake->lines[0]), "reading takes it back");
    fake_run_to(fake, 1000 + 2 * TIMEOUT_CYCLES);
    cr_expect(fake->lines[0], "and the byte left times out in its turn");
    in(fake, RBR);
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    teardown(fake);
}

Test(uart, a_byte_that_comes_in_time_starts_the_timeout_anew)
{
    struct fake_host *fake = setup();
    out(fake, LCR, 0x03);
    out(fake, FCR, 0xc1);
    out(fake, IER, 0x01);
    receive(fake, 1);
    fake_run_to(fake, TIMEOUT_CYCLES - 1);
    receive(fake, 1);
    fake_run_to(fake, 2 * TIMEOUT_CYCLES - 2);
    cr_expect(not(fake->lines[0]));
    fake_run_to(fake, 2 * TIMEOUT_CYCLES - 1);
    cr_expect(fake->lines[0]);
    teardown(fake);
}

Test(uart, the_timeout_follows_divisor_and_format)
{
    static const struct {
        uint64_t lcr, divisor, cycles;
    } rows[] = {
        {0x03, 1, 17362}, {0x03, 2, 34723}, {0x03, 24, 416667}, {0x00, 2, 24306},           {0x04, 2, 26042},
        {0x07, 2, 38195}, {0x1b, 2, 38195}, {0x03, 0, 34723},   {0x03, 0xffff, 1137760417},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_host *fake = setup();
        out(fake, LCR, 0x80);
        out(fake, DLL, rows[i].divisor & 0xff);
        out(fake, DLM, rows[i].divisor >> 8);
        out(fake, LCR, rows[i].lcr);
        out(fake, FCR, 0x01);
        receive(fake, 1);
        cr_expect(eq(u64, queue_next(fake->host.queue), rows[i].cycles), "row %u", i);
        teardown(fake);
    }
}

Test(uart, without_the_fifo_nothing_times_out)
{
    struct fake_host *fake = setup();
    receive(fake, 1);
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    teardown(fake);
}

Test(uart, in_loopback_a_byte_sent_is_received)
{
    struct fake_host *fake = setup();
    out(fake, MCR, 0x10);
    out(fake, THR, 'q');
    cr_expect(eq(uint, fake->console_count, 0));
    cr_expect(eq(u64, in(fake, LSR), 0x61));
    cr_expect(eq(u64, in(fake, RBR), 'q'));
    teardown(fake);
}

Test(uart, in_loopback_the_terminal_waits)
{
    struct fake_host *fake = setup();
    out(fake, MCR, 0x10);
    cr_expect(eq(uint, uart_room(fake->device), 0));
    cr_expect(not(uart_receive(fake->device, 'x')));
    out(fake, MCR, 0);
    cr_expect(uart_receive(fake->device, 'x'));
    teardown(fake);
}

Test(uart, in_loopback_modem_outputs_come_back_as_inputs)
{
    static const struct {
        uint64_t mcr, msr;
    } rows[] = {{0x10, 0x00}, {0x11, 0x20}, {0x12, 0x10}, {0x14, 0x40}, {0x18, 0x80}, {0x1f, 0xf0}, {0x1a, 0x90}};
    struct fake_host *fake = setup();
    cr_expect(eq(u64, in(fake, MSR), 0xb0), "outside it the terminal is there");
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        out(fake, MCR, rows[i].mcr);
        cr_expect(eq(u64, in(fake, MSR) & 0xf0, rows[i].msr), "row %u", i);
    }
    teardown(fake);
}

Test(uart, a_change_of_a_modem_input_interrupts_until_msr_is_read)
{
    static const struct {
        uint64_t from, to, changes;
    } rows[] = {
        {0x10, 0x12, 0x1}, {0x12, 0x10, 0x1}, {0x10, 0x11, 0x2}, {0x10, 0x18, 0x8},
        {0x10, 0x14, 0x0}, {0x14, 0x10, 0x4}, {0x10, 0x10, 0x0}, {0x1f, 0x10, 0xf},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_host *fake = setup();
        out(fake, MCR, rows[i].from);
        in(fake, MSR);
        out(fake, IER, 0x08);
        out(fake, MCR, rows[i].to);
        cr_expect(eq(int, fake->lines[0], rows[i].changes != 0), "row %u", i);
        cr_expect(eq(u64, in(fake, IIR), rows[i].changes ? IIR_MODEM : IIR_NONE), "row %u", i);
        cr_expect(eq(u64, in(fake, MSR) & 0xf, rows[i].changes), "row %u", i);
        cr_expect(eq(u64, in(fake, MSR) & 0xf, 0), "row %u", i);
        cr_expect(not(fake->lines[0]), "row %u", i);
        teardown(fake);
    }
}

Test(uart, an_overrun_in_the_fifo_loses_the_new_byte)
{
    struct fake_host *fake = setup();
    out(fake, FCR, 0xc1);
    out(fake, IER, 0x04);
    out(fake, MCR, 0x10);
    for (unsigned i = 0; i < 17; i++) {
        cr_expect(not(fake->lines[0]));
        out(fake, THR, 'a' + i);
    }
    cr_expect(eq(u64, in(fake, IIR), IIR_FIFO | IIR_LINE));
    cr_expect(eq(u64, in(fake, LSR), 0x63));
    cr_expect(not(fake->lines[0]), "reading LSR clears it");
    for (unsigned i = 0; i < 16; i++)
        cr_expect(eq(u64, in(fake, RBR), 'a' + i));
    teardown(fake);
}

Test(uart, an_overrun_without_the_fifo_replaces_the_old_byte)
{
    struct fake_host *fake = setup();
    out(fake, MCR, 0x10);
    out(fake, THR, 'a');
    out(fake, THR, 'b');
    cr_expect(eq(u64, in(fake, LSR), 0x63));
    cr_expect(eq(u64, in(fake, RBR), 'b'));
    cr_expect(eq(u64, in(fake, LSR), 0x60));
    teardown(fake);
}

Test(uart, iir_names_the_highest_of_several_conditions)
{
    struct fake_host *fake = setup();
    out(fake, FCR, 0x01);
    out(fake, MCR, 0x10);
    out(fake, IER, 0x0f);
    for (unsigned i = 0; i < 17; i++)
        out(fake, THR, i);
    fake_run_to(fake, 10 * TIMEOUT_CYCLES);
    static const struct {
        uint64_t iir;
        unsigned reg; /* reading it ends the condition */
    } rows[] = {{IIR_LINE, LSR}, {IIR_TIMEOUT, RBR}, {IIR_RECEIVED, RBR}};
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(eq(u64, in(fake, IIR), IIR_FIFO | rows[i].iir), "row %u", i);
        in(fake, rows[i].reg);
    }
    while (in(fake, LSR) & 1)
        in(fake, RBR);
    cr_expect(eq(u64, in(fake, IIR), IIR_FIFO | IIR_THRE));
    cr_expect(eq(u64, in(fake, IIR), IIR_FIFO | IIR_MODEM));
    in(fake, MSR);
    cr_expect(eq(u64, in(fake, IIR), IIR_FIFO | IIR_NONE));
    teardown(fake);
}

Test(uart, a_wide_access_meets_one_register_and_offsets_beyond_fault)
{
    struct fake_host *fake = setup();
    uint64_t value;
    fake_write(fake, 4, 4, 0xffffff03);
    cr_expect(eq(u64, fake_read(fake, 4, 4), 0x03));
    cr_expect(eq(u64, fake_read(fake, 0, 8), 0));
    for (unsigned offset = 8; offset < 0x100; offset += 8) {
        cr_expect(not(fake_try_read(fake, offset, 1, &value)));
        cr_expect(not(fake_try_write(fake, offset, 1, 0)));
    }
    teardown(fake);
}

Test(uart, reset_restores_the_start)
{
    struct fake_host *fake = setup(), *fresh = setup();
    out(fake, FCR, 0xc1);
    receive(fake, 5);
    out(fake, IER, 0x0f);
    out(fake, MCR, 0x1f);
    out(fake, SCR, 3);
    out(fake, LCR, 0x80);
    out(fake, DLL, 77);
    uart_ops.reset(fake->device);
    cr_expect(not(fake->lines[0]));
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    cr_expect(eq(u64, state_check_hash(uart_ops.state, fake->device), state_check_hash(uart_ops.state, fresh->device)));
    teardown(fake);
    teardown(fresh);
}

Test(uart, a_guest_that_polls_in_vain_or_enables_the_interrupt_wants_a_byte)
{
    struct fake_host *fake = setup();
    cr_expect(not(uart_wants(fake->device)));
    for (unsigned byte = 0; byte < 4; byte++) { /* one look at LSR is part of every transmission */
        in(fake, LSR);
        out(fake, THR, 'x');
    }
    in(fake, LSR);
    cr_expect(not(uart_wants(fake->device)));
    in(fake, LSR);
    cr_expect(uart_wants(fake->device));
    receive(fake, 1);
    in(fake, RBR);
    cr_expect(not(uart_wants(fake->device)));
    out(fake, IER, 0x01);
    cr_expect(uart_wants(fake->device));
    teardown(fake);
}

Test(uart, every_field_is_in_the_hash)
{
    struct fake_host *fake = setup();
    cr_expect(eq(u64, state_check_flips(uart_ops.state, fake->device), 13));
    teardown(fake);
}

Test(uart, no_access_crashes)
{
    struct fake_host *fake = setup();
    fake_bombard(fake, 1, 0x10, 20000);
    teardown(fake);
}
