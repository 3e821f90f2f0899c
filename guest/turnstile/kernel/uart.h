/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The serial port (16550). Implemented by uart.c; what comes in goes to console_input (console.h).
 */
#ifndef KERNEL_UART_H
#define KERNEL_UART_H

#include <stdint.h>

void uart_init(void);             /* boot hart: what is sent is polled for */
void uart_start_interrupts(void); /* boot hart, when harts can take them */
/* All of it, in one piece; never sleeps. With any lock above UART held. */
void uart_print(const char *bytes, uint64_t length);
/* The same for programs (length at most UART_PIECE): sleeps while much is to be sent, -EINTR when a signal comes. */
#define UART_PIECE 256
int uart_write(const char *bytes, uint64_t length);
void uart_drain(void); /* until everything is out, by polling */
/* Without any lock, for panics. */
void uart_panic(const char *bytes, uint64_t length);

#endif
