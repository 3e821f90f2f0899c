/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An NS16550A UART: eight registers of one byte at offsets 0 to 7, with 16-byte FIFOs, trigger levels, character timeout,
 * loopback. An access of any width reads or writes the one register at its offset (the low byte; a read's other bytes are 0), as
 * QEMU's does; offsets from 8 on fault. Rules: the PC16550D data sheet.
 * Simplified: transmission takes no time, so THR is always empty and a byte written is out at once; there is no line noise,
 * hence no break, parity or framing error; outside loopback CTS, DSR and DCD are always on (a terminal is there).
 */
#ifndef DEV_UART_H
#define DEV_UART_H

#include <dev/device.h>
#include <stdbool.h>
#include <stdint.h>

struct uart;

/* `line` is the interrupt line, copied; (QUEUE_DEVICE, id) is the character timeout. NULL when out of memory. */
struct uart *uart_create(const struct device_host *host, const struct irq_line *line, unsigned id);
void uart_destroy(struct uart *uart); /* NULL is allowed */

extern const struct device_ops uart_ops;

/* A byte arrives from the terminal, at host->cycle. False, and nothing changed, if there is no room: try again later. */
bool uart_receive(struct uart *uart, uint8_t byte);

/* Does the guest look for a byte? True while its receive interrupt is enabled, or after it has polled an empty receiver twice
 * without sending anything. */
bool uart_wants(const struct uart *uart);

/* How many bytes uart_receive would take now: 16 at most, 1 with the FIFO off, 0 in loopback. */
unsigned uart_room(const struct uart *uart);

#endif
