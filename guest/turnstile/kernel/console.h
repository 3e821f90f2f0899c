/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The terminal: line discipline over the serial port. Implemented by console.c.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

void console_input(char c); /* uart.c's interrupt routine */

#endif
