/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What only main.c calls of the small devices and texts (system_devices.c).
 */
#ifndef KERNEL_DEVICE_INIT_H
#define KERNEL_DEVICE_INIT_H

void device_init(void);

#endif
