/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The driver of the serial port, a 16550 (its data sheet names the registers). What is to be sent waits in a ring, which the
 * interrupt routine empties; both share it under the port's own lock. Until there is an address, the ring keeps what was printed.
 */
#include "uart.h"

#include "console.h"
#include "irq.h"
#include "lock.h"
#include "machine_info.h"
#include "memory.h"
#include "wait.h"

enum { DATA = 0, INTERRUPT_ENABLE = 1, FIFO_CONTROL = 2, LINE_CONTROL = 3, MODEM_CONTROL = 4, LINE_STATUS = 5 };
enum { ENABLE_RECEIVE = 1, ENABLE_TRANSMIT = 2 };
enum { STATUS_RECEIVED = 1, STATUS_ROOM = 0x20, STATUS_IDLE = 0x40 };
enum { RING = 4096, FIFO = 16 };

static struct lock lock = LOCK_INITIAL(UART, "uart");
/* lock: bytes number `sent` to `wanted` - 1 wait at those places modulo RING */
static char ring[RING];
static uint64_t wanted, sent;
static uint8_t enabled;
static bool has_interrupts;

static volatile uint8_t *port(void)
{
    return kernel_address(machine.uart.address);
}

static bool has_room(void)
{
    return port()[LINE_STATUS] & STATUS_ROOM;
}

static void enable(uint8_t what)
{
    if (what != enabled)
        port()[INTERRUPT_ENABLE] = enabled = what;
}

/* An empty FIFO takes so many at once. */
static void fill_fifo(void)
{
    for (unsigned i = 0; i < FIFO && sent != wanted; i++)
        port()[DATA] = (uint8_t)ring[sent++ % RING];
}

static void send_some(void)
{
    if (!machine.uart.address)
        return;
    if (has_interrupts) {
        if (sent != wanted && has_room())
            fill_fifo();
        enable(sent == wanted ? ENABLE_RECEIVE : ENABLE_RECEIVE | ENABLE_TRANSMIT);
        return;
    }
    while (sent != wanted)
        if (has_room())
            fill_fifo();
}

static void append(const char *bytes, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        if (wanted - sent == RING) {
            if (!machine.uart.address)
                return;
            while (!has_room())
                ;
            fill_fifo();
        }
        ring[wanted++ % RING] = bytes[i];
    }
}

/* A terminal wants a carriage return with each new line. */
static void append_lines(const char *bytes, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        append(bytes[i] == '\n' ? "\r\n" : bytes + i, bytes[i] == '\n' ? 2 : 1);
}

void uart_print(const char *bytes, uint64_t length)
{
    lock_acquire(&lock);
    append_lines(bytes, length);
    send_some();
    lock_release(&lock);
}

int uart_write(const char *bytes, uint64_t length)
{
    int error = 0;
    lock_acquire(&lock);
    while (RING - (wanted - sent) < length && error == 0)
        error = wait_on_interruptible(&sent, &lock);
    if (error == 0) {
        append(bytes, length);
        send_some();
    }
    lock_release(&lock);
    return error;
}

static void drain(void)
{
    if (!machine.uart.address)
        return;
    while (sent != wanted)
        if (has_room())
            fill_fifo();
    while (!(port()[LINE_STATUS] & STATUS_IDLE))
        ;
}

void uart_drain(void)
{
    lock_acquire(&lock);
    drain();
    lock_release(&lock);
}

void uart_panic(const char *bytes, uint64_t length)
{
    append_lines(bytes, length);
    drain();
}

static void serve(void *argument)
{
    (void)argument;
    char received[FIFO];
    unsigned count = 0;
    lock_acquire(&lock);
    while (count < FIFO && (port()[LINE_STATUS] & STATUS_RECEIVED))
        received[count++] = (char)port()[DATA];
    send_some();
    if (RING - (wanted - sent) >= RING / 2)
        wake_all(&sent);
    lock_release(&lock);
    for (unsigned i = 0; i < count; i++)
        console_input(received[i]);
}

void uart_init(void)
{
    lock_register(&lock);
    if (!machine.uart.address)
        return;
    port()[INTERRUPT_ENABLE] = 0;
    port()[LINE_CONTROL] = 3; /* 8 data bits, 1 stop bit, no parity; the speed is as it was */
    port()[MODEM_CONTROL] = 8 | 3;
    port()[FIFO_CONTROL] = 7; /* on, both emptied */
    send_some();
}

void uart_start_interrupts(void)
{
    if (!machine.uart.address || irq_register(machine.uart.interrupt, "uart", serve, NULL) != 0)
        return;
    lock_acquire(&lock);
    has_interrupts = true;
    enable(ENABLE_RECEIVE);
    send_some();
    lock_release(&lock);
}
