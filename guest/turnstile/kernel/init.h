/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What main.c, the start of a hart and the trap path call of parts that have no other business with them.
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

struct trap_frame;

void page_init(void);     /* page.c: boot hart, when the device tree has been read */
void device_init(void);   /* system_devices.c: boot hart */
void console_init(void);  /* console.c: boot hart */
void irq_init(void);      /* irq.c: boot hart */
void irq_hart_init(void); /* irq.c: each hart */
void irq_serve(void);     /* irq.c: an external interrupt is pending */

/* Serves the call in the frame: its registers are the arguments, a0 the result. system_call.c */
void system_call(struct trap_frame *frame);

#endif
