/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Goldfish real-time clock: time in halves, the alarm, its line.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dev/rtc.h>
#include <lib/state_check.h>

enum {
    TIME_LOW = 0x00,
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c,
};

#define EPOCH_NS (UINT64_C(1000000000) * RTC_EPOCH_DEFAULT)

static struct fake_host *setup(unsigned cycles_per_tick)
{
    struct fake_host *fake = fake_create();
    fake->host.cycles_per_tick = cycles_per_tick;
    fake->ops = &rtc_ops;
    fake->device = rtc_create(&fake->host, &fake->wires[0], 3, RTC_EPOCH_DEFAULT);
    cr_assert(ne(ptr, fake->device, NULL));
    return fake;
}

static void teardown(struct fake_host *fake)
{
    rtc_destroy(fake->device);
    fake_destroy(fake);
}

static uint64_t now(struct fake_host *fake)
{
    uint64_t low = fake_read(fake, TIME_LOW, 4);
    return fake_read(fake, TIME_HIGH, 4) << 32 | low;
}

static void set_time(struct fake_host *fake, uint64_t ns)
{
    fake_write(fake, TIME_HIGH, 4, ns >> 32);
    fake_write(fake, TIME_LOW, 4, (uint32_t)ns);
}

static void set_alarm(struct fake_host *fake, uint64_t ns)
{
    fake_write(fake, ALARM_HIGH, 4, ns >> 32);
    fake_write(fake, ALARM_LOW, 4, (uint32_t)ns);
}

Test(rtc, time_is_the_epoch_plus_machine_time)
{
    struct fake_host *fake = setup(10);
    cr_expect(eq(u64, now(fake), EPOCH_NS));
    fake_run_to(fake, 12345);
    cr_expect(eq(u64, now(fake), EPOCH_NS + 123450));
    teardown(fake);
}

Test(rtc, time_follows_the_bus_clock)
{
    struct fake_host *fake = setup(7); /* 70 MHz: 100 ns are 7 cycles */
    static const struct {
        uint64_t cycle, ns;
    } rows[] = {{1, 14}, {6, 85}, {7, 100}, {70000000, 1000000000}};
    for (unsigned i = 0; i < 4; i++) {
        fake_run_to(fake, rows[i].cycle);
        cr_expect(eq(u64, now(fake), EPOCH_NS + rows[i].ns));
    }
    teardown(fake);
}

Test(rtc, reading_the_low_half_latches_the_high_half)
{
    struct fake_host *fake = setup(10);
    set_time(fake, UINT64_C(0x5ffffffff));
    cr_expect(eq(u64, fake_read(fake, TIME_LOW, 4), 0xffffffff));
    fake_run_to(fake, 100);
    cr_expect(eq(u64, fake_read(fake, TIME_HIGH, 4), 5));
    fake_read(fake, TIME_LOW, 4);
    cr_expect(eq(u64, fake_read(fake, TIME_HIGH, 4), 6));
    teardown(fake);
}

Test(rtc, time_can_be_set_and_runs_on)
{
    struct fake_host *fake = setup(10);
    fake_run_to(fake, 500);
    set_time(fake, UINT64_C(0x123456789abcdef0));
    cr_expect(eq(u64, now(fake), UINT64_C(0x123456789abcdef0)));
    fake_run_to(fake, 600);
    cr_expect(eq(u64, now(fake), UINT64_C(0x123456789abcdef0) + 1000));
    teardown(fake);
}

Test(rtc, the_alarm_fires_in_the_first_cycle_that_reaches_it)
{
    static const unsigned rates[] = {1, 3, 7, 10, 100, 1000};
    for (unsigned r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        for (uint64_t ns = 1; ns < 400; ns += 13) {
            struct fake_host *fake = setup(rates[r]);
            fake_write(fake, IRQ_ENABLED, 4, 1);
            set_alarm(fake, EPOCH_NS + ns);
            uint64_t cycle = queue_next(fake->host.queue);
            fake_run_to(fake, cycle - 1);
            cr_expect(lt(u64, now(fake), EPOCH_NS + ns), "rate %u", rates[r]);
            cr_expect(not(fake->lines[0]));
            fake_run_to(fake, cycle);
            cr_expect(ge(u64, now(fake), EPOCH_NS + ns), "rate %u", rates[r]);
            cr_expect(fake->lines[0]);
            teardown(fake);
        }
    }
}

Test(rtc, the_alarm_fires_once_and_its_line_stays_until_cleared)
{
    struct fake_host *fake = setup(10);
    fake_write(fake, IRQ_ENABLED, 4, 1);
    set_alarm(fake, EPOCH_NS + 1000);
    cr_expect(eq(u64, fake_read(fake, ALARM_STATUS, 4), 1));
    fake_run_to(fake, 1000);
    cr_expect(fake->lines[0]);
    cr_expect(eq(u64, fake_read(fake, ALARM_STATUS, 4), 0));
    fake_write(fake, CLEAR_INTERRUPT, 4, 1);
    cr_expect(not(fake->lines[0]));
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    teardown(fake);
}

Test(rtc, an_alarm_that_is_not_enabled_shows_when_it_is)
{
    struct fake_host *fake = setup(10);
    set_alarm(fake, EPOCH_NS + 10);
    fake_run_to(fake, 10);
    cr_expect(not(fake->lines[0]));
    fake_write(fake, IRQ_ENABLED, 4, 1);
    cr_expect(fake->lines[0]);
    fake_write(fake, IRQ_ENABLED, 4, 0);
    cr_expect(not(fake->lines[0]));
    teardown(fake);
}

Test(rtc, an_alarm_in_the_past_fires_at_once)
{
    struct fake_host *fake = setup(10);
    fake_write(fake, IRQ_ENABLED, 4, 1);
    fake_run_to(fake, 100);
    set_alarm(fake, EPOCH_NS + 1000);
    cr_expect(fake->lines[0]);
    teardown(fake);
}

Test(rtc, a_cleared_alarm_does_not_fire)
{
    struct fake_host *fake = setup(10);
    fake_write(fake, IRQ_ENABLED, 4, 1);
    set_alarm(fake, EPOCH_NS + 1000);
    fake_write(fake, CLEAR_ALARM, 4, 1);
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    fake_run_to(fake, 1000);
    cr_expect(not(fake->lines[0]));
    teardown(fake);
}

Test(rtc, setting_the_time_past_the_alarm_fires_it)
{
    struct fake_host *fake = setup(10);
    fake_write(fake, IRQ_ENABLED, 4, 1);
    set_alarm(fake, EPOCH_NS + 1000);
    set_time(fake, EPOCH_NS + 2000);
    cr_expect(fake->lines[0]);
    teardown(fake);
}

Test(rtc, an_alarm_beyond_the_last_cycle_never_fires)
{
    struct fake_host *fake = setup(1000);
    set_alarm(fake, UINT64_MAX);
    cr_expect(eq(u64, queue_next(fake->host.queue), QUEUE_NEVER));
    cr_expect(eq(u64, fake_read(fake, ALARM_LOW, 4), UINT32_MAX));
    cr_expect(eq(u64, fake_read(fake, ALARM_HIGH, 4), UINT32_MAX));
    teardown(fake);
}

Test(rtc, reset_restores_the_epoch_and_takes_the_line_down)
{
    struct fake_host *fake = setup(10);
    fake_write(fake, IRQ_ENABLED, 4, 1);
    set_time(fake, 5);
    set_alarm(fake, 1);
    cr_assert(fake->lines[0]);
    rtc_ops.reset(fake->device);
    cr_expect(not(fake->lines[0]));
    cr_expect(eq(u64, now(fake), EPOCH_NS));
    teardown(fake);
}

Test(rtc, only_words_are_accepted)
{
    struct fake_host *fake = setup(10);
    uint64_t value;
    static const unsigned sizes[] = {1, 2, 8};
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(not(fake_try_read(fake, TIME_LOW, sizes[i], &value)));
        cr_expect(not(fake_try_write(fake, TIME_LOW, sizes[i], 0)));
    }
    cr_expect(eq(u64, fake_read(fake, 0x20, 4), 0));
    fake_write(fake, 0x20, 4, 1);
    teardown(fake);
}

Test(rtc, every_field_is_in_the_hash)
{
    struct fake_host *fake = setup(10);
    cr_expect(eq(u64, state_check_flips(rtc_ops.state, fake->device), 6));
    teardown(fake);
}

Test(rtc, no_access_crashes)
{
    struct fake_host *fake = setup(10);
    fake_bombard(fake, 1, 0x40, 20000);
    teardown(fake);
}
