/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Device interrupts. A driver names its source (the device tree's number) and a routine, which runs with interrupts disabled on
 * whichever hart claimed it, and shares its data with the driver's user side under the driver's own lock. A routine that finds
 * nothing to do returns quietly. Implemented by irq.c over the PLIC.
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

typedef void irq_routine(void *argument);

/* 0, or -EINVAL (no such source), -EBUSY (taken). name lives for ever. Enabled on return; boot hart only. */
int irq_register(unsigned source, const char *name, irq_routine *routine, void *argument);

#endif
