/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The SiFive test device: one word with which a guest ends the run or resets the machine. The low 16 bits are the command
 * (emu/platform.h), the next 16 a status: PASS exits with 0, FAIL with the status' low eight bits, or 1 if those are 0, so
 * that a failure is never reported as success (QEMU leaves that to the host). Other commands are ignored. Reads give 0.
 * As QEMU does, it takes accesses of 2 and 4 bytes and faults on others.
 */
#ifndef DEV_FINISHER_H
#define DEV_FINISHER_H

#include <dev/device.h>

struct finisher;

struct finisher *finisher_create(const struct device_host *host); /* NULL when out of memory */
void finisher_destroy(struct finisher *finisher);                 /* NULL is allowed */

extern const struct device_ops finisher_ops;

#endif
