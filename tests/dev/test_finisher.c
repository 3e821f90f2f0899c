/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The test finisher's commands.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/finisher.h>

static struct fake_host *setup(void)
{
    struct fake_host *fake = fake_create();
    fake->ops = &finisher_ops;
    fake->device = finisher_create(&fake->host);
    return fake;
}

static void teardown(struct fake_host *fake)
{
    finisher_destroy(fake->device);
    fake_destroy(fake);
}

Test(finisher, a_command_ends_the_run_with_its_code)
{
    static const struct {
        uint64_t offset;
        unsigned size;
        uint64_t value;
        int exit_code;
        unsigned resets;
    } rows[] = {
        {0, 4, 0x5555, 0, 0},     {0, 2, 0x5555, 0, 0},  {0, 4, 0x75555, 0, 0},     {0, 4, 0x3333, 1, 0},
        {0, 2, 0x3333, 1, 0},     {0, 4, 0x53333, 5, 0}, {0, 4, 0xff3333, 255, 0},  {0, 4, 0x1003333, 1, 0},
        {0, 4, 0x01023333, 2, 0}, {0, 4, 0x7777, -1, 1}, {0, 4, 0x1234, -1, 0},     {0, 4, 0, -1, 0},
        {4, 4, 0x5555, -1, 0},    {2, 2, 0x5555, -1, 0}, {0xffc, 4, 0x5555, -1, 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_host *fake = setup();
        fake_write(fake, rows[i].offset, rows[i].size, rows[i].value);
        cr_expect(eq(int, fake->exit_code, rows[i].exit_code), "row %u", i);
        cr_expect(eq(uint, fake->resets, rows[i].resets), "row %u", i);
        teardown(fake);
    }
}

Test(finisher, bytes_and_doublewords_fault)
{
    struct fake_host *fake = setup();
    uint64_t value;
    cr_expect(not(fake_try_write(fake, 0, 1, 0x55)));
    cr_expect(not(fake_try_write(fake, 0, 8, 0x5555)));
    cr_expect(not(fake_try_read(fake, 0, 1, &value)));
    cr_expect(not(fake_try_read(fake, 0, 8, &value)));
    cr_expect(eq(u64, fake_read(fake, 0, 4), 0));
    cr_expect(eq(int, fake->exit_code, -1));
    teardown(fake);
}

Test(finisher, no_access_crashes)
{
    struct fake_host *fake = setup();
    fake_bombard(fake, 1, 0x1000, 5000);
    teardown(fake);
}
