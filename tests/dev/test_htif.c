/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HTIF: the end of the program, system calls, console, and bad pointers.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/htif.h>
#include <lib/state_check.h>
#include <string.h>

enum { TOHOST = 0x1000, FROMHOST = 0x1040, CALL = 0x1080, TEXT = 0x1100 };
enum { SYS_WRITE = 64, SYS_EXIT = 93 };

static struct fake_host *setup(void)
{
    struct fake_host *fake = fake_create();
    fake->ops = &htif_ops;
    fake->device = htif_create(&fake->host, TOHOST, FROMHOST, 2);
    cr_assert(ne(ptr, fake->device, NULL));
    return fake;
}

static void teardown(struct fake_host *fake)
{
    htif_destroy(fake->device);
    fake_destroy(fake);
}

static void send(struct fake_host *fake, uint64_t value)
{
    fake_set_ram(fake, TOHOST, value);
    htif_tohost_written(fake->device, value);
}

static void call(struct fake_host *fake, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    fake_set_ram(fake, CALL, number);
    fake_set_ram(fake, CALL + 8, a);
    fake_set_ram(fake, CALL + 16, b);
    fake_set_ram(fake, CALL + 24, c);
    send(fake, CALL);
}

static uint64_t console(unsigned command, unsigned payload)
{
    return UINT64_C(1) << 56 | (uint64_t)command << 48 | payload;
}

Test(htif, an_odd_value_ends_the_program_with_the_rest_as_status)
{
    static const struct {
        uint64_t value;
        int exit_code;
    } rows[] = {{1, 0}, {3, 1}, {2 * 42 + 1, 42}, {2 * 256 + 1, 1}, {2 * 511 + 1, 255}, {UINT64_C(0xffffffffffff), 255}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_host *fake = setup();
        send(fake, rows[i].value);
        cr_expect(eq(int, fake->exit_code, rows[i].exit_code), "row %u", i);
        cr_expect(eq(u64, fake_ram(fake, TOHOST), 0));
        teardown(fake);
    }
}

Test(htif, zero_is_no_command)
{
    struct fake_host *fake = setup();
    fake_set_ram(fake, FROMHOST, 5);
    send(fake, 0);
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), 5));
    teardown(fake);
}

Test(htif, write_sends_bytes_to_the_console_and_answers)
{
    struct fake_host *fake = setup();
    memcpy(fake->ram + (TEXT - FAKE_RAM_BASE), "hello", 5);
    call(fake, SYS_WRITE, 1, TEXT, 5);
    cr_expect(eq(str, fake->console, "hello"));
    cr_expect(eq(u64, fake_ram(fake, CALL), 5));
    cr_expect(eq(u64, fake_ram(fake, TOHOST), 0));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), 1));
    teardown(fake);
}

Test(htif, a_long_write_goes_in_pieces_and_answers_at_its_end)
{
    struct fake_host *fake = setup();
    memset(fake->ram + (TEXT - FAKE_RAM_BASE), 'x', 1000);
    call(fake, SYS_WRITE, 2, TEXT, 1000);
    cr_expect(lt(uint, fake->console_count, 1000));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), 0));
    cr_expect(ne(u64, fake_ram(fake, TOHOST), 0));
    htif_tohost_written(fake->device, console(1, 'z'));
    while (queue_next(fake->host.queue) != QUEUE_NEVER) {
        unsigned before = fake->console_count;
        fake_run_to(fake, queue_next(fake->host.queue));
        cr_expect(le(uint, fake->console_count - before, 64));
    }
    cr_expect(eq(uint, fake->console_count, 1000));
    cr_expect(eq(u64, fake_ram(fake, CALL), 1000));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), 1));
    teardown(fake);
}

Test(htif, the_end_of_the_program_interrupts_a_long_write)
{
    struct fake_host *fake = setup();
    call(fake, SYS_WRITE, 1, TEXT, 500);
    send(fake, 3);
    cr_expect(eq(int, fake->exit_code, 1));
    teardown(fake);
}

Test(htif, a_write_beyond_ram_is_short_and_one_outside_is_an_error)
{
    static const struct {
        uint64_t from, size, result;
        unsigned written;
    } rows[] = {
        {FAKE_RAM_BASE + FAKE_RAM_SIZE - 3, 10, 3, 3},
        {FAKE_RAM_BASE + FAKE_RAM_SIZE - 70, UINT64_MAX, 70, 70},
        {0, 10, (uint64_t)-14, 0},
        {UINT64_MAX, UINT64_MAX, (uint64_t)-14, 0},
        {0, 0, 0, 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_host *fake = setup();
        call(fake, SYS_WRITE, 1, rows[i].from, rows[i].size);
        fake_run_to(fake, 100000);
        cr_expect(eq(u64, fake_ram(fake, CALL), rows[i].result), "row %u", i);
        cr_expect(eq(uint, fake->console_count, rows[i].written), "row %u", i);
        cr_expect(eq(u64, fake_ram(fake, FROMHOST), 1), "row %u", i);
        teardown(fake);
    }
}

Test(htif, exit_ends_the_program_and_other_calls_do_not_exist)
{
    struct fake_host *fake = setup();
    call(fake, 57, 1, 2, 3);
    cr_expect(eq(u64, fake_ram(fake, CALL), (uint64_t)-38));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), 1));
    call(fake, SYS_WRITE, 7, TEXT, 1);
    cr_expect(eq(u64, fake_ram(fake, CALL), (uint64_t)-9));
    call(fake, SYS_EXIT, 9, 0, 0);
    cr_expect(eq(int, fake->exit_code, 9));
    teardown(fake);
}

Test(htif, a_bad_call_pointer_is_ignored)
{
    static const uint64_t pointers[] = {2, 0x800, FAKE_RAM_BASE + FAKE_RAM_SIZE, FAKE_RAM_BASE + FAKE_RAM_SIZE - 8, 0xfffffffffffe};
    for (unsigned i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        struct fake_host *fake = setup();
        send(fake, pointers[i]);
        cr_expect(eq(u64, fake_ram(fake, TOHOST), 0));
        cr_expect(eq(u64, fake_ram(fake, FROMHOST), 0));
        cr_expect(eq(int, fake->exit_code, -1));
        teardown(fake);
    }
}

Test(htif, a_console_write_is_acknowledged_only_when_fromhost_is_free)
{
    struct fake_host *fake = setup();
    send(fake, console(1, 'A'));
    cr_expect(eq(u64, fake_ram(fake, TOHOST), 0));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), console(1, 0x100 | 'A')));
    fake_set_ram(fake, FROMHOST, console(0, 0x100 | 'k'));
    send(fake, console(1, 'B'));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), console(0, 0x100 | 'k')));
    cr_expect(eq(str, fake->console, "AB"));
    teardown(fake);
}

Test(htif, a_byte_answers_a_read_request)
{
    struct fake_host *fake = setup();
    cr_expect(eq(uint, htif_room(fake->device), 0));
    cr_expect(not(htif_receive(fake->device, 'x')));
    send(fake, console(0, 0));
    cr_expect(eq(uint, htif_room(fake->device), 1));
    cr_expect(htif_receive(fake->device, 'y'));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), console(0, 0x100 | 'y')));
    cr_expect(not(htif_receive(fake->device, 'z')), "one request, one byte");
    teardown(fake);
}

Test(htif, a_byte_waits_until_fromhost_is_free)
{
    struct fake_host *fake = setup();
    send(fake, console(0, 0));
    send(fake, console(0, 0));
    cr_expect(htif_receive(fake->device, 'a'));
    cr_expect(eq(uint, htif_room(fake->device), 0));
    fake_set_ram(fake, FROMHOST, 0);
    cr_expect(htif_receive(fake->device, 'b'));
    teardown(fake);
}

Test(htif, a_read_request_withdraws_an_acknowledgement_nobody_fetched)
{
    struct fake_host *fake = setup();
    send(fake, console(1, '>'));
    send(fake, console(0, 0));
    cr_expect(eq(u64, fake_ram(fake, FROMHOST), 0));
    cr_expect(htif_receive(fake->device, 'c'));
    teardown(fake);
}

Test(htif, unknown_devices_and_commands_are_swallowed)
{
    const uint64_t values[] = {UINT64_C(2) << 56, console(2, 7), UINT64_C(1) << 48, UINT64_MAX, UINT64_C(1) << 63};
    struct fake_host *fake = setup();
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        send(fake, values[i]);
        cr_expect(eq(u64, fake_ram(fake, TOHOST), 0));
    }
    cr_expect(eq(int, fake->exit_code, -1));
    cr_expect(eq(uint, fake->console_count, 0));
    teardown(fake);
}

Test(htif, a_program_without_fromhost_gets_no_answers)
{
    struct fake_host *fake = fake_create();
    fake->device = htif_create(&fake->host, TOHOST, 0, 0);
    send(fake, console(1, 'A'));
    send(fake, console(0, 0));
    call(fake, 1000, 0, 0, 0);
    cr_expect(eq(uint, htif_room(fake->device), 0));
    cr_expect(eq(str, fake->console, "A"));
    teardown(fake);
}

Test(htif, reset_forgets_requests_and_writes)
{
    struct fake_host *fake = setup();
    send(fake, console(0, 0));
    call(fake, SYS_WRITE, 1, TEXT, 500);
    htif_ops.reset(fake->device);
    cr_expect(eq(uint, htif_room(fake->device), 0));
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    teardown(fake);
}

Test(htif, every_field_is_in_the_hash)
{
    struct fake_host *fake = setup();
    cr_expect(eq(u64, state_check_flips(htif_ops.state, fake->device), 5));
    teardown(fake);
}

Test(htif, every_mapped_access_faults)
{
    struct fake_host *fake = setup();
    fake_bombard(fake, 1, 0x1000, 1000);
    uint64_t value;
    cr_expect(not(fake_try_read(fake, 0, 8, &value)));
    cr_expect(not(fake_try_write(fake, 0, 8, 1)));
    teardown(fake);
}
