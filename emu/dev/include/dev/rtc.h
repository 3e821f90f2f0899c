/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Goldfish real-time clock, as QEMU's `virt` has it: nanoseconds since 1970 in two 32-bit halves, one alarm.
 *   0x00 TIME_LOW: reading latches the high half; writing sets the low half   0x04 TIME_HIGH: the latched half; writing sets it
 *   0x08 ALARM_LOW: writing arms the alarm   0x0c ALARM_HIGH: written first   0x10 IRQ_ENABLED: bit 0
 *   0x14 CLEAR_ALARM: disarms   0x18 ALARM_STATUS: 1 while armed              0x1c CLEAR_INTERRUPT: takes the line down
 * Time is the epoch given plus machine time, never the host's clock. Every access is 4 bytes; others fault; other offsets
 * read 0 and ignore writes. An alarm not in the future fires at once, also when a write moves the time past it.
 */
#ifndef DEV_RTC_H
#define DEV_RTC_H

#include <dev/device.h>
#include <stdint.h>

#define RTC_EPOCH_DEFAULT 1577836800 /* 2020-01-01T00:00:00Z, in seconds since 1970 */

struct rtc;

/* Time at cycle 0 is `epoch_seconds`; (QUEUE_DEVICE, id) is the alarm. NULL when out of memory. */
struct rtc *rtc_create(const struct device_host *host, const struct irq_line *line, unsigned id, uint64_t epoch_seconds);
void rtc_destroy(struct rtc *rtc); /* NULL is allowed */

extern const struct device_ops rtc_ops;

#endif
