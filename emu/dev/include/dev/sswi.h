/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Supervisor software interrupts, at offsets as in QEMU's `virt` with aclint=on: SETSSIP, 4 bytes a hart. Writing bit 0 as 1 sends
 * an edge to the hart, which sets its mip.SSIP; software there clears it. Reads give 0. Accesses of 4 bytes only, others fault;
 * registers of harts that do not exist read 0 and ignore writes. Rules: RISC-V ACLINT specification 1.0, section 4 (SSWI).
 */
#ifndef DEV_SSWI_H
#define DEV_SSWI_H

#include <dev/device.h>

struct sswi;

/* `lines` holds one line a hart and is copied; what counts of them is that they rise. NULL when out of memory. */
struct sswi *sswi_create(unsigned harts, const struct irq_line *lines);
void sswi_destroy(struct sswi *sswi); /* NULL is allowed */

extern const struct device_ops sswi_ops;

#endif
