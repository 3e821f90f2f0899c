/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The M-mode part: what it shares between C and assembly.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#define MACHINE_STACK_SHIFT 10
#define MACHINE_BYTES       0x200000 /* kept from S-mode; the kernel is behind it */
#define MACHINE_MPP         0x1800
#define MACHINE_MPP_S       0x0800

#endif
