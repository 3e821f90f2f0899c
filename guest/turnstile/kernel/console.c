/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The terminal: what comes from the serial port is edited into lines (canonical mode) or passed on (raw mode, abi.h), and echoed.
 * One lock guards the line, what waits to be read, and the mode; the serial port's interrupt routine calls in.
 */
#include "console.h"

#include "device.h"
#include "init.h"
#include "memory.h"
#include "process_parts.h"
#include "turnstile/abi.h"
#include "uart.h"
#include "wait.h"

enum { LINE = 512, READY = 2048, END_OF_FILE = 0x100, END_OF_PIECE = 0x101 };
enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, CTRL_W = 23, CTRL_BACKSLASH = 28, DELETE = 127 };

static struct lock lock = LOCK_INITIAL(CONSOLE, "console");
/* lock */
static char line[LINE];
static unsigned line_length;
static uint16_t ready[READY]; /* characters, and ends (Ctrl-D) of pieces and files, number `taken` to `put` - 1 modulo READY */
static uint64_t put, taken;
static uint64_t mode;
static int foreground = 1;

/* ---- input ---- */

static void echo(const char *bytes, unsigned length)
{
    if (!(mode & TTY_NO_ECHO))
        uart_print(bytes, length);
}

static void make_ready(uint16_t c)
{
    if (put - taken < READY)
        ready[put++ % READY] = c;
}

/* What was typed can be read, and then `end`, if it is not 0. */
static void finish_line(uint16_t end)
{
    for (unsigned i = 0; i < line_length; i++)
        make_ready((uint8_t)line[i]);
    if (end)
        make_ready(end);
    line_length = 0;
    wake_all(&put);
}

static void erase(unsigned count)
{
    for (; count && line_length; count--, line_length--)
        echo("\b \b", 3);
}

static unsigned last_word(void)
{
    unsigned at = line_length;
    while (at && line[at - 1] == ' ')
        at--;
    while (at && line[at - 1] != ' ')
        at--;
    return line_length - at;
}

static void edit(char c)
{
    switch (c) {
    case BACKSPACE:
    case DELETE:
        erase(1);
        return;
    case CTRL_U:
        erase(line_length);
        return;
    case CTRL_W:
        erase(last_word());
        return;
    case CTRL_D:
        finish_line(line_length ? END_OF_PIECE : END_OF_FILE);
        return;
    case '\r':
        c = '\n';
        break;
    default:
        break;
    }
    if (c != '\n' && line_length == LINE - 1)
        return; /* a line ends somewhere */
    line[line_length++] = c;
    if (c == '\n' || (uint8_t)c >= ' ')
        echo(&c, 1);
    if (c == '\n')
        finish_line(0);
}

void console_input(char c)
{
    int signal = 0, group;
    lock_acquire(&lock);
    group = foreground;
    if (!(mode & TTY_NO_SIGNALS) && (c == CTRL_C || c == CTRL_BACKSLASH)) {
        signal = c == CTRL_C ? SIGINT : SIGQUIT;
        echo(c == CTRL_C ? "^C\n" : "^\\\n", 3);
        line_length = 0;
    } else if (mode & TTY_RAW) {
        make_ready((uint8_t)c);
        echo(&c, 1);
        wake_all(&put);
    } else {
        edit(c);
    }
    lock_release(&lock);
    if (signal)
        signal_send_group(group, signal);
}

/* ---- files ---- */

/* What one read gives: in canonical mode at most to the end of a line or piece. An end of file is for a read of its own. */
static unsigned take_ready(char *to, unsigned bytes, bool *is_end)
{
    unsigned count = 0;
    while (put != taken && !*is_end) {
        uint16_t c = ready[taken % READY];
        if (c < END_OF_FILE ? count == bytes : c == END_OF_FILE && count)
            break;
        taken++;
        if (c < END_OF_FILE)
            to[count++] = (char)c;
        *is_end = c == END_OF_FILE || (c == END_OF_PIECE && count) || (c == '\n' && !(mode & TTY_RAW));
    }
    return count;
}

static int64_t console_read(struct file *file, struct span to, uint64_t bytes, uint64_t *position)
{
    (void)position;
    char piece[128];
    uint64_t done = 0;
    bool is_end = false;
    while (done < bytes && !is_end) {
        int error = 0;
        unsigned want = bytes - done < sizeof piece ? (unsigned)(bytes - done) : sizeof piece;
        lock_acquire(&lock);
        while (put == taken && !error && done == 0)
            error = file->flags & OPEN_NONBLOCK ? -EAGAIN : wait_on_interruptible(&put, &lock);
        bool was_empty = put == taken;
        unsigned count = error ? 0 : take_ready(piece, want, &is_end);
        lock_release(&lock);
        if (error)
            return error;
        if (was_empty)
            break;
        if (span_put(to, done, piece, count) != 0)
            return -EFAULT;
        done += count;
    }
    return (int64_t)done;
}

static int64_t console_write(struct file *file, struct span from, uint64_t bytes, uint64_t *position)
{
    (void)file, (void)position;
    char piece[UART_PIECE / 2], lines[UART_PIECE];
    uint64_t done = 0;
    while (done < bytes) {
        uint64_t size = bytes - done < sizeof piece ? bytes - done : sizeof piece, length = 0;
        int error = span_take(piece, from, done, size);
        for (uint64_t i = 0; i < size && !error; i++) {
            if (piece[i] == '\n')
                lines[length++] = '\r';
            lines[length++] = piece[i];
        }
        if (!error)
            error = uart_write(lines, length);
        if (error)
            return done ? (int64_t)done : error;
        done += size;
    }
    return (int64_t)done;
}

static int64_t control(unsigned operation, uint64_t value)
{
    switch (operation) {
    case TTY_MODE_GET:
        return (int64_t)mode;
    case TTY_MODE_SET:
        if (value & ~(uint64_t)(TTY_RAW | TTY_NO_ECHO | TTY_NO_SIGNALS))
            return -EINVAL;
        mode = value;
        if (mode & TTY_RAW)
            finish_line(0); /* what was typed so far is there to be read */
        return 0;
    case TTY_FOREGROUND_GET:
        return foreground;
    case TTY_FOREGROUND_SET:
        if (value == 0 || value > INT32_MAX)
            return -EINVAL;
        foreground = (int)value;
        return 0;
    case TTY_INPUT_PENDING:
        return (int64_t)(put - taken);
    case TTY_FLUSH:
        line_length = 0;
        taken = put;
        return 0;
    default:
        return -EINVAL;
    }
}

static int64_t console_control(struct file *file, unsigned operation, uint64_t value)
{
    (void)file;
    lock_acquire(&lock);
    int64_t result = control(operation, value);
    lock_release(&lock);
    return result;
}

static const struct file_operations operations = {
    .name = "console", .read = console_read, .write = console_write, .kind = FILE_DEVICE, .device = 2, .control = console_control};

void console_init(void)
{
    static struct device_row row = {.name = "console", .operations = &operations};
    device_register(&row);
    lock_register(&lock);
}
