/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The platform-level interrupt controller, at QEMU `virt`'s offsets: priorities at 0, pending bits at 0x1000, enable bits at
 * 0x2000 (0x80 a context), threshold and claim/complete at 0x200000 (0x1000 a context). Every access is 4 bytes, aligned;
 * others fault; registers of sources and contexts that do not exist read 0 and ignore writes.
 * Rules: RISC-V PLIC specification 1.0.0. Where QEMU 7.2 is looser we follow the specification: a source that falls while
 * pending stays pending; a claim ignores the threshold; a completion counts only from a context that has the source enabled;
 * a source waits in its gateway from the moment it is pending until it is completed.
 */
#ifndef DEV_PLIC_H
#define DEV_PLIC_H

#include <dev/device.h>

#define PLIC_CONTEXTS_MAX 15872

struct plic;

/* `lines` holds one line a context (hart 0 M, hart 0 S, hart 1 M, ...) and is copied. NULL when out of memory. */
struct plic *plic_create(const struct device_host *host, unsigned contexts, const struct irq_line *lines);
void plic_destroy(struct plic *plic); /* NULL is allowed */

extern const struct device_ops plic_ops;

/* The sink of the devices' irq lines: `plic` is a struct plic, `source` 1 to PLATFORM_PLIC_SOURCES; others are ignored.
 * Setting the level that a source already has does nothing. */
void plic_set_source(void *plic, unsigned source, bool level);

#endif
