/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The NS16550A UART. IIR and the interrupt line are computed from the conditions each time, never stored. The receiver
 * holds 16 bytes in FIFO mode and one otherwise; overruns happen only in loopback, since the terminal waits for room.
 */
#include <dev/uart.h>

#include <emu/platform.h>
#include <stdlib.h>

enum reg {
    RBR_THR_DLL,
    IER_DLM,
    IIR_FCR,
    LCR,
    MCR,
    LSR,
    MSR,
    SCR,
    REG_COUNT,
};

enum { IER_RECEIVED = 0x01, IER_THR_EMPTY = 0x02, IER_LINE_STATUS = 0x04, IER_MODEM_STATUS = 0x08, IER_MASK = 0x0f };
enum {
    IIR_MODEM_STATUS = 0x00,
    IIR_NONE = 0x01,
    IIR_THR_EMPTY = 0x02,
    IIR_RECEIVED = 0x04,
    IIR_LINE_STATUS = 0x06,
    IIR_TIMEOUT = 0x0c,
    IIR_FIFO_ON = 0xc0,
};
enum { FCR_ENABLE = 0x01, FCR_CLEAR_RECEIVER = 0x02, FCR_DMA_MODE = 0x08, FCR_TRIGGER = 0xc0, FCR_TRIGGER_SHIFT = 6 };
enum { LCR_WORD_LENGTH = 0x03, LCR_STOP_BITS = 0x04, LCR_PARITY = 0x08, LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08, MCR_LOOP = 0x10, MCR_MASK = 0x1f };
enum { LSR_READY = 0x01, LSR_OVERRUN = 0x02, LSR_THR_EMPTY = 0x20, LSR_IDLE = 0x40 };
enum { MSR_RING_ENDED = 0x04, MSR_CHANGES = 0x0f, MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RING = 0x40, MSR_DCD = 0x80 };

enum {
    FIFO_SIZE = 16,
    INPUT_CLOCK_HZ = 3686400, /* `clock-frequency` in the device tree */
    CLOCKS_PER_BIT = 16,
    DIVISOR_RESET = 2, /* 115200 baud; the data sheet leaves it open. Also the pace when the guest programs 0 */
    TIMEOUT_CHARACTERS = 4,
    POLLS_WANTED = 2, /* one is what every transmission does first */
};

static const uint8_t trigger_levels[4] = {1, 4, 8, 14};

struct uart {
    const struct device_host *host;
    struct irq_line line;
    int timeout_slot;

    uint8_t ier, fcr, lcr, mcr, scr;
    uint8_t msr_changes; /* the delta bits of MSR */
    uint16_t divisor;
    uint8_t received[FIFO_SIZE]; /* the oldest first */
    uint8_t received_count;
    uint8_t empty_polls; /* reads of LSR with nothing received, since the last byte either way; up to POLLS_WANTED */
    bool has_overrun;
    bool is_thr_empty_pending; /* THRE is to be reported: THR became empty and IIR has not said so yet */
    bool is_timeout_pending;
};

static bool is_fifo_on(const struct uart *uart)
{
    return uart->fcr & FCR_ENABLE;
}

static bool is_loopback(const struct uart *uart)
{
    return uart->mcr & MCR_LOOP;
}

static unsigned capacity(const struct uart *uart)
{
    return is_fifo_on(uart) ? FIFO_SIZE : 1;
}

static unsigned trigger_level(const struct uart *uart)
{
    return is_fifo_on(uart) ? trigger_levels[(uart->fcr & FCR_TRIGGER) >> FCR_TRIGGER_SHIFT] : 1;
}

/* The highest condition that is enabled and pending, as IIR's low four bits name it (data sheet, table "Interrupt control
 * functions"). Timeout and received data have one priority there; like QEMU, the timeout is named first. */
static unsigned condition(const struct uart *uart)
{
    if (uart->ier & IER_LINE_STATUS && uart->has_overrun)
        return IIR_LINE_STATUS;
    if (uart->ier & IER_RECEIVED && uart->is_timeout_pending)
        return IIR_TIMEOUT;
    if (uart->ier & IER_RECEIVED && uart->received_count >= trigger_level(uart))
        return IIR_RECEIVED;
    if (uart->ier & IER_THR_EMPTY && uart->is_thr_empty_pending)
        return IIR_THR_EMPTY;
    if (uart->ier & IER_MODEM_STATUS && uart->msr_changes)
        return IIR_MODEM_STATUS;
    return IIR_NONE;
}

static void update_line(struct uart *uart)
{
    irq_line_set(&uart->line, condition(uart) != IIR_NONE);
}

/* Bus cycles that four characters take on the line: start, data, parity and stop bits, counted in half bits since five data
 * bits go with one and a half stop bits. */
static uint64_t timeout_cycles(const struct uart *uart)
{
    unsigned data_bits = 5 + (uart->lcr & LCR_WORD_LENGTH);
    unsigned stop_half_bits = !(uart->lcr & LCR_STOP_BITS) ? 2 : data_bits == 5 ? 3 : 4;
    unsigned half_bits = 2 * (1 + data_bits + !!(uart->lcr & LCR_PARITY)) + stop_half_bits;
    uint64_t bus_hz = (uint64_t)uart->host->cycles_per_tick * PLATFORM_TIMEBASE_HZ;
    uint64_t clocks =
        (uint64_t)TIMEOUT_CHARACTERS * half_bits * CLOCKS_PER_BIT / 2 * (uart->divisor ? uart->divisor : DIVISOR_RESET);
    return clocks * bus_hz / INPUT_CLOCK_HZ + 1;
}

/* The timeout runs while bytes wait in the FIFO; each byte that comes or goes starts it anew. */
static void restart_timeout(struct uart *uart)
{
    bool is_running = is_fifo_on(uart) && uart->received_count;
    uart->is_timeout_pending = false;
    queue_schedule(uart->host->queue, uart->timeout_slot, is_running ? *uart->host->cycle + timeout_cycles(uart) : QUEUE_NEVER);
}

static void on_timeout(void *context, unsigned id, uint64_t cycle)
{
    struct uart *uart = context;
    uart->is_timeout_pending = true;
    update_line(uart);
}

/* A byte leaves the receiver's shift register. In FIFO mode an overrun loses it; otherwise it replaces the byte in RBR. */
static void take_in(struct uart *uart, uint8_t byte)
{
    if (uart->received_count < capacity(uart)) {
        uart->received[uart->received_count++] = byte;
        /* A byte does not take back a timeout that already stands: only reading does. */
        bool was_pending = uart->is_timeout_pending;
        restart_timeout(uart);
        uart->is_timeout_pending = was_pending;
    } else {
        uart->has_overrun = true;
        if (!is_fifo_on(uart))
            uart->received[0] = byte;
    }
    update_line(uart);
}

static uint8_t read_received(struct uart *uart)
{
    if (uart->received_count == 0)
        return 0;
    uart->empty_polls = 0;
    uint8_t byte = uart->received[0];
    uart->received_count--;
    for (unsigned i = 0; i < uart->received_count; i++)
        uart->received[i] = uart->received[i + 1];
    uart->received[uart->received_count] = 0;
    restart_timeout(uart);
    update_line(uart);
    return byte;
}

static void clear_receiver(struct uart *uart)
{
    for (unsigned i = 0; i < FIFO_SIZE; i++)
        uart->received[i] = 0;
    uart->received_count = 0;
    restart_timeout(uart);
}

static void transmit(struct uart *uart, uint8_t byte)
{
    if (is_loopback(uart))
        take_in(uart, byte);
    else
        uart->host->console_out(uart->host->context, 0, byte);
    uart->is_thr_empty_pending = true; /* full and empty again in one moment */
    update_line(uart);
}

/* The modem inputs: the terminal's, or in loopback our own outputs (data sheet, "Modem control register", bit 4). */
static unsigned modem_inputs(unsigned mcr)
{
    if (!(mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD;
    return (mcr & MCR_RTS ? MSR_CTS : 0) | (mcr & MCR_DTR ? MSR_DSR : 0) | (mcr & MCR_OUT1 ? MSR_RING : 0) |
           (mcr & MCR_OUT2 ? MSR_DCD : 0);
}

static void write_mcr(struct uart *uart, uint8_t value)
{
    unsigned before = modem_inputs(uart->mcr), after = modem_inputs(value);
    unsigned changes = (before ^ after) >> 4;
    if (after & MSR_RING)
        changes &= ~(unsigned)MSR_RING_ENDED; /* RI counts only when it ends */
    uart->mcr = value & MCR_MASK;
    uart->msr_changes |= changes;
    update_line(uart);
}

static void write_fcr(struct uart *uart, uint8_t value)
{
    bool is_switched = (value ^ uart->fcr) & FCR_ENABLE;
    /* The other bits are programmed only together with the enable bit. */
    uart->fcr = value & FCR_ENABLE ? value & (FCR_ENABLE | FCR_DMA_MODE | FCR_TRIGGER) : 0;
    if (is_switched || (value & FCR_ENABLE && value & FCR_CLEAR_RECEIVER))
        clear_receiver(uart);
    update_line(uart);
}

/* Enabling the THRE interrupt while THR is empty (which it always is) raises it. */
static void write_ier(struct uart *uart, uint8_t value)
{
    if (value & ~uart->ier & IER_THR_EMPTY)
        uart->is_thr_empty_pending = true;
    uart->ier = value & IER_MASK;
    update_line(uart);
}

static uint8_t read_iir(struct uart *uart)
{
    unsigned now = condition(uart);
    if (now == IIR_THR_EMPTY) {
        uart->is_thr_empty_pending = false;
        update_line(uart);
    }
    return (uint8_t)(now | (is_fifo_on(uart) ? IIR_FIFO_ON : 0));
}

static uint8_t read_lsr(struct uart *uart)
{
    unsigned lsr = LSR_THR_EMPTY | LSR_IDLE | (uart->received_count ? LSR_READY : 0) | (uart->has_overrun ? LSR_OVERRUN : 0);
    uart->has_overrun = false;
    if (uart->received_count == 0 && uart->empty_polls < POLLS_WANTED)
        uart->empty_polls++;
    update_line(uart);
    return (uint8_t)lsr;
}

static uint8_t read_msr(struct uart *uart)
{
    unsigned msr = modem_inputs(uart->mcr) | uart->msr_changes;
    uart->msr_changes = 0;
    update_line(uart);
    return (uint8_t)msr;
}

static bool uart_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    struct uart *uart = device;
    bool is_divisor = uart->lcr & LCR_DLAB;
    if (access->offset >= REG_COUNT)
        return false;
    switch ((enum reg)access->offset) {
    case RBR_THR_DLL:
        *ret_value = is_divisor ? uart->divisor & 0xff : read_received(uart);
        break;
    case IER_DLM:
        *ret_value = is_divisor ? uart->divisor >> 8 : uart->ier;
        break;
    case IIR_FCR:
        *ret_value = read_iir(uart);
        break;
    case LCR:
        *ret_value = uart->lcr;
        break;
    case MCR:
        *ret_value = uart->mcr;
        break;
    case LSR:
        *ret_value = read_lsr(uart);
        break;
    case MSR:
        *ret_value = read_msr(uart);
        break;
    case SCR:
        *ret_value = uart->scr;
        break;
    case REG_COUNT:
        break;
    }
    return true;
}

static bool uart_write(void *device, const struct device_access *access, uint64_t value)
{
    struct uart *uart = device;
    uint8_t byte = (uint8_t)value;
    bool is_divisor = uart->lcr & LCR_DLAB;
    if (access->offset >= REG_COUNT)
        return false;
    switch ((enum reg)access->offset) {
    case RBR_THR_DLL:
        if (is_divisor)
            uart->divisor = (uint16_t)((uart->divisor & 0xff00) | byte);
        else {
            uart->empty_polls = 0;
            transmit(uart, byte);
        }
        break;
    case IER_DLM:
        if (is_divisor)
            uart->divisor = (uint16_t)((uart->divisor & 0x00ff) | byte << 8);
        else
            write_ier(uart, byte);
        break;
    case IIR_FCR:
        write_fcr(uart, byte);
        break;
    case LCR:
        uart->lcr = byte;
        break;
    case MCR:
        write_mcr(uart, byte);
        break;
    case LSR: /* for factory tests only */
    case MSR: /* read-only */
        break;
    case SCR:
        uart->scr = byte;
        break;
    case REG_COUNT:
        break;
    }
    return true;
}

bool uart_receive(struct uart *uart, uint8_t byte)
{
    if (uart_room(uart) == 0)
        return false;
    take_in(uart, byte);
    return true;
}

unsigned uart_room(const struct uart *uart)
{
    return is_loopback(uart) ? 0 : capacity(uart) - uart->received_count;
}

bool uart_wants(const struct uart *uart)
{
    return uart->ier & IER_RECEIVED || uart->empty_polls == POLLS_WANTED;
}

static void uart_reset(void *device)
{
    struct uart *uart = device;
    uart->ier = uart->fcr = uart->lcr = uart->mcr = uart->scr = uart->msr_changes = 0;
    uart->divisor = DIVISOR_RESET;
    uart->empty_polls = 0;
    uart->has_overrun = uart->is_thr_empty_pending = false;
    clear_receiver(uart);
    update_line(uart);
}

static void uart_state(struct state *s, void *device)
{
    struct uart *uart = device;
    state_open(s, "serial", 0);
    state_u8(s, "ier", &uart->ier);
    state_u8(s, "fcr", &uart->fcr);
    state_u8(s, "lcr", &uart->lcr);
    state_u8(s, "mcr", &uart->mcr);
    state_u8(s, "scr", &uart->scr);
    state_u8(s, "msr_changes", &uart->msr_changes);
    state_u16(s, "divisor", &uart->divisor);
    state_bytes(s, "received", uart->received, sizeof uart->received);
    state_u8(s, "received_count", &uart->received_count);
    state_u8(s, "empty_polls", &uart->empty_polls);
    state_bool(s, "has_overrun", &uart->has_overrun);
    state_bool(s, "is_thr_empty_pending", &uart->is_thr_empty_pending);
    state_bool(s, "is_timeout_pending", &uart->is_timeout_pending);
    state_close(s);
}

struct uart *uart_create(const struct device_host *host, const struct irq_line *line, unsigned id)
{
    struct uart *uart = calloc(1, sizeof *uart);
    if (!uart)
        return NULL;
    uart->host = host;
    uart->line = *line;
    uart->divisor = DIVISOR_RESET;
    uart->timeout_slot = queue_add(host->queue, QUEUE_DEVICE, id, on_timeout, uart);
    if (uart->timeout_slot < 0) {
        free(uart);
        return NULL;
    }
    return uart;
}

void uart_destroy(struct uart *uart)
{
    free(uart);
}

const struct device_ops uart_ops = {
    .name = "serial",
    .read = uart_read,
    .write = uart_write,
    .reset = uart_reset,
    .state = uart_state,
};
