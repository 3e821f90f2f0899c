/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What main.c, hart.c and the trap path need of irq.c.
 */
#ifndef KERNEL_IRQ_PARTS_H
#define KERNEL_IRQ_PARTS_H

void irq_init(void);      /* boot hart */
void irq_hart_init(void); /* each hart */
void irq_serve(void);     /* an external interrupt is pending */

#endif
