/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The end of the machine. Implemented by power.c.
 */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

/* Ends the machine at once, with an exit status (0 to 255) where it has a finisher. What was printed is out before. */
_Noreturn void power_off(int status);
/* The same without the lock of the serial port, for panics. */
_Noreturn void power_end(int status);
/* Says why this machine or command line cannot be, in a sentence, and ends with status 2. While it starts. */
_Noreturn void power_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
