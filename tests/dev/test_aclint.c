/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Timer and software interrupts: the registers, the comparison as a level, time as a function of the cycle; SSWI's edges.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/aclint.h>
#include <dev/sswi.h>
#include <lib/state_check.h>

enum { HARTS = 4, MSIP_LINE = 0, MTIP_LINE = 100, MTIMECMP = 0x4000, MTIME = 0xbff8 };

static void count_call(void *context)
{
    ++*(unsigned *)context;
}

static unsigned mtime_writes; /* a test runs in its own process */

static struct fake_host *setup(unsigned harts)
{
    struct fake_host *fake = fake_create();
    struct aclint_config config = {
        .harts = harts,
        .first_id = 5,
        .msip = &fake->wires[MSIP_LINE],
        .mtip = &fake->wires[MTIP_LINE],
        .mtime_written = count_call,
        .context = &mtime_writes,
    };
    fake->ops = &aclint_ops;
    fake->device = aclint_create(&fake->host, &config);
    cr_assert(ne(ptr, fake->device, NULL));
    return fake;
}

static void teardown(struct fake_host *fake)
{
    aclint_destroy(fake->device);
    fake_destroy(fake);
}

Test(aclint, msip_bit_0_drives_the_line_of_its_hart)
{
    struct fake_host *fake = setup(HARTS);
    fake_write(fake, 4 * 2, 4, 0xffffffff);
    for (unsigned hart = 0; hart < HARTS; hart++) {
        cr_expect(eq(int, fake->lines[MSIP_LINE + hart], hart == 2));
        cr_expect(eq(u64, fake_read(fake, 4 * hart, 4), hart == 2));
    }
    fake_write(fake, 4 * 2, 4, 0xfffffffe);
    cr_expect(not(fake->lines[MSIP_LINE + 2]));
    teardown(fake);
}

Test(aclint, nothing_is_pending_after_reset)
{
    struct fake_host *fake = setup(HARTS);
    fake_run_to(fake, 12345);
    fake_write(fake, 4, 4, 1);
    fake_write(fake, MTIMECMP, 8, 1);
    cr_assert(fake->lines[MTIP_LINE] && fake->lines[MSIP_LINE + 1]);
    aclint_ops.reset(fake->device);
    for (unsigned hart = 0; hart < HARTS; hart++) {
        cr_expect(not(fake->lines[MSIP_LINE + hart]));
        cr_expect(not(fake->lines[MTIP_LINE + hart]));
        cr_expect(eq(u64, fake_read(fake, MTIMECMP + 8 * hart, 8), UINT64_MAX));
    }
    cr_expect(eq(u64, fake_read(fake, MTIME, 8), 0));
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    teardown(fake);
}

Test(aclint, mtime_ticks_once_in_cycles_per_tick)
{
    struct fake_host *fake = setup(1);
    static const uint64_t cycles[] = {0, 9, 10, 19, 20, 12345};
    for (unsigned i = 0; i < sizeof cycles / sizeof cycles[0]; i++) {
        fake_run_to(fake, cycles[i]);
        cr_expect(eq(u64, fake_read(fake, MTIME, 8), cycles[i] / 10));
    }
    teardown(fake);
}

Test(aclint, mtip_rises_in_the_first_cycle_of_the_tick_that_reaches_mtimecmp)
{
    struct fake_host *fake = setup(HARTS);
    fake_run_to(fake, 7);
    fake_write(fake, MTIMECMP + 8, 8, 100);
    fake_run_to(fake, 999);
    cr_expect(not(fake->lines[MTIP_LINE + 1]));
    fake_run_to(fake, 1000);
    cr_expect(fake->lines[MTIP_LINE + 1]);
    cr_expect(not(fake->lines[MTIP_LINE + 0]));
    teardown(fake);
}

Test(aclint, mtip_is_a_level_that_a_later_mtimecmp_takes_down)
{
    struct fake_host *fake = setup(1);
    fake_run_to(fake, 1000);
    fake_write(fake, MTIMECMP, 8, 100);
    cr_expect(fake->lines[MTIP_LINE]);
    fake_write(fake, MTIMECMP, 8, 101);
    cr_expect(not(fake->lines[MTIP_LINE]));
    fake_run_to(fake, 1010);
    cr_expect(fake->lines[MTIP_LINE]);
    teardown(fake);
}

Test(aclint, halves_of_mtimecmp_are_written_and_read_apart)
{
    struct fake_host *fake = setup(1);
    fake_write(fake, MTIMECMP, 4, 0x11223344);
    cr_expect(eq(u64, fake_read(fake, MTIMECMP, 8), UINT64_C(0xffffffff11223344)));
    fake_write(fake, MTIMECMP + 4, 4, UINT64_C(0xdeadbeef55667788));
    cr_expect(eq(u64, fake_read(fake, MTIMECMP, 8), UINT64_C(0x5566778811223344)));
    cr_expect(eq(u64, fake_read(fake, MTIMECMP, 4), 0x11223344));
    cr_expect(eq(u64, fake_read(fake, MTIMECMP + 4, 4), 0x55667788));
    teardown(fake);
}

Test(aclint, an_mtimecmp_that_time_cannot_reach_never_fires)
{
    struct fake_host *fake = setup(1);
    static const uint64_t values[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 10 + 1, UINT64_C(1) << 63};
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        fake_write(fake, MTIMECMP, 8, values[i]);
        cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER), "%lx", (unsigned long)values[i]);
        cr_expect(not(fake->lines[MTIP_LINE]));
    }
    fake_write(fake, MTIMECMP, 8, UINT64_MAX / 10);
    cr_expect(eq(u64, queue_next(fake->host.queue), UINT64_MAX / 10 * 10));
    teardown(fake);
}

Test(aclint, writing_mtime_moves_every_comparison)
{
    struct fake_host *fake = setup(HARTS);
    for (unsigned hart = 0; hart < HARTS; hart++)
        fake_write(fake, MTIMECMP + 8 * hart, 8, 1000 * (hart + 1));
    fake_run_to(fake, 55);
    fake_write(fake, MTIME, 8, 2500);
    cr_expect(eq(uint, mtime_writes, 1));
    cr_expect(eq(u64, fake_read(fake, MTIME, 8), 2500));
    cr_expect(fake->lines[MTIP_LINE] && fake->lines[MTIP_LINE + 1]);
    cr_expect(not(fake->lines[MTIP_LINE + 2]));
    fake_run_to(fake, 50 + 5000);
    cr_expect(fake->lines[MTIP_LINE + 2]);
    fake_write(fake, MTIME, 8, 0);
    for (unsigned hart = 0; hart < HARTS; hart++)
        cr_expect(not(fake->lines[MTIP_LINE + hart]));
    teardown(fake);
}

Test(aclint, halves_of_mtime_are_written_apart)
{
    struct fake_host *fake = setup(1);
    fake_run_to(fake, 500);
    fake_write(fake, MTIME + 4, 4, 7);
    cr_expect(eq(u64, fake_read(fake, MTIME, 8), (UINT64_C(7) << 32) + 50));
    fake_write(fake, MTIME, 4, 3);
    cr_expect(eq(u64, fake_read(fake, MTIME, 8), (UINT64_C(7) << 32) + 3));
    cr_expect(eq(u64, fake_read(fake, MTIME + 4, 4), 7));
    cr_expect(eq(uint, mtime_writes, 2));
    teardown(fake);
}

Test(aclint, mtip_falls_when_mtime_wraps)
{
    struct fake_host *fake = setup(1);
    fake_write(fake, MTIMECMP, 8, 50);
    fake_write(fake, MTIME, 8, UINT64_MAX - 9);
    cr_expect(fake->lines[MTIP_LINE]);
    fake_run_to(fake, 99);
    cr_expect(fake->lines[MTIP_LINE]);
    fake_run_to(fake, 100);
    cr_expect(eq(u64, fake_read(fake, MTIME, 8), 0));
    cr_expect(not(fake->lines[MTIP_LINE]));
    fake_run_to(fake, 600);
    cr_expect(fake->lines[MTIP_LINE]);
    teardown(fake);
}

Test(aclint, cycle_of_is_the_first_cycle_at_which_mtime_reaches_the_value)
{
    struct fake_host *fake = setup(1);
    fake_run_to(fake, 33);
    fake_write(fake, MTIME, 8, 1000);
    for (uint64_t now = 33; now < 60; now++) {
        for (uint64_t value = 990; value < 1010; value++) {
            uint64_t want = now;
            while (aclint_mtime(fake->device, want) < value)
                want++;
            cr_expect(eq(u64, aclint_cycle_of(fake->device, now, value), want));
        }
    }
    cr_expect(eq(u64, aclint_cycle_of(fake->device, 60, UINT64_MAX), QUEUE_NEVER));
    teardown(fake);
}

Test(aclint, wrong_widths_and_offsets_fault_and_absent_harts_read_zero)
{
    struct fake_host *fake = setup(HARTS);
    static const struct {
        uint64_t offset;
        unsigned size;
        bool is_good;
    } rows[] = {
        {0, 1, false},
        {0, 2, false},
        {0, 4, true},
        {0, 8, false},
        {0x3ffc, 4, true},
        {0x4000, 1, false},
        {0x4000, 2, false},
        {0x4004, 4, true},
        {0x4000 + 8 * HARTS, 8, true},
        {0x4004, 8, false},
        {0x4002, 4, false},
        {0xbff8, 2, false},
        {0xbff0, 8, true},
        {0xbffc, 4, true},
        {0xc000, 4, false},
        {0xfff8, 8, false},
        {UINT64_MAX - 7, 8, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 1;
        cr_expect(eq(int, fake_try_read(fake, rows[i].offset, rows[i].size, &value), rows[i].is_good), "read, row %u", i);
        cr_expect(eq(int, fake_try_write(fake, rows[i].offset, rows[i].size, 0), rows[i].is_good), "write, row %u", i);
    }
    fake_write(fake, 4 * HARTS, 4, 1);
    cr_expect(eq(u64, fake_read(fake, 4 * HARTS, 4), 0));
    fake_write(fake, MTIMECMP + 8 * HARTS, 8, 77);
    cr_expect(eq(u64, fake_read(fake, MTIMECMP + 8 * HARTS, 8), 0));
    teardown(fake);
}

Test(aclint, the_most_harts_work)
{
    struct fake_host *fake = setup(256);
    fake_write(fake, MTIMECMP + 8 * 255, 8, 3);
    fake_write(fake, 4 * 255, 4, 1);
    fake_run_to(fake, 30);
    cr_expect(fake->lines[MTIP_LINE + 255] && fake->lines[MSIP_LINE + 255]);
    teardown(fake);
}

Test(aclint, every_field_is_in_the_hash)
{
    struct fake_host *fake = setup(HARTS);
    cr_expect(eq(u64, state_check_flips(aclint_ops.state, fake->device), 1 + 2 * HARTS));
    teardown(fake);
}

Test(aclint, no_access_crashes)
{
    struct fake_host *fake = setup(HARTS);
    fake_bombard(fake, 1, 0x10000, 20000);
    teardown(fake);
}

/* ---- SSWI ---- */

static struct fake_host *setup_sswi(unsigned harts)
{
    struct fake_host *fake = fake_create();
    fake->ops = &sswi_ops;
    fake->device = sswi_create(harts, fake->wires);
    cr_assert(ne(ptr, fake->device, NULL));
    return fake;
}

static void teardown_sswi(struct fake_host *fake)
{
    sswi_destroy(fake->device);
    fake_destroy(fake);
}

Test(sswi, each_write_of_a_1_is_an_edge_to_that_hart)
{
    struct fake_host *fake = setup_sswi(HARTS);
    for (unsigned i = 1; i <= 3; i++) {
        fake_write(fake, 4 * 2, 4, i % 2 ? 1 : 0xffffffff);
        for (unsigned hart = 0; hart < HARTS; hart++) {
            cr_expect(eq(uint, fake->rises[hart], hart == 2 ? i : 0));
            cr_expect(not(fake->lines[hart]));
        }
    }
    teardown_sswi(fake);
}

Test(sswi, writing_bit_0_as_0_does_nothing)
{
    struct fake_host *fake = setup_sswi(HARTS);
    fake_write(fake, 4, 4, 0);
    fake_write(fake, 4, 4, 0xfffffffe);
    cr_expect(eq(uint, fake->rises[1], 0));
    teardown_sswi(fake);
}

Test(sswi, setssip_reads_zero)
{
    struct fake_host *fake = setup_sswi(HARTS);
    for (uint64_t offset = 0; offset < 0x4000; offset += 4) {
        fake_write(fake, offset, 4, 1);
        cr_expect(eq(u64, fake_read(fake, offset, 4), 0));
    }
    for (unsigned line = 0; line < FAKE_LINES; line++)
        cr_expect(eq(uint, fake->rises[line], line < HARTS), "line %u: registers of harts that do not exist do nothing", line);
    teardown_sswi(fake);
}

Test(sswi, it_takes_aligned_words_only)
{
    struct fake_host *fake = setup_sswi(HARTS);
    uint64_t value;
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (uint64_t offset = 0; offset < 8; offset++) {
            bool is_good = size == 4 && offset % 4 == 0;
            cr_expect(eq(int, fake_try_read(fake, offset, size, &value), is_good));
            cr_expect(eq(int, fake_try_write(fake, offset, size, 1), is_good));
        }
    }
    cr_expect(not(fake_try_write(fake, 0x4000, 4, 1)));
    cr_expect(not(fake_try_read(fake, UINT64_MAX - 3, 4, &value)));
    fake_bombard(fake, 1, 0x4000, 5000);
    teardown_sswi(fake);
}

Test(sswi, the_last_of_256_harts_has_its_register)
{
    struct fake_host *fake = setup_sswi(256);
    fake_write(fake, 4 * 255, 4, 1);
    cr_expect(eq(uint, fake->rises[255], 1));
    teardown_sswi(fake);
}
