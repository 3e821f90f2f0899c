/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The host's side of the guest's console: bytes on their way out, bytes that wait until the guest's FIFO has room (none is
 * ever lost), and the escape key. It knows descriptors and bytes, not the machine.
 */
#ifndef UI_CONSOLE_H
#define UI_CONSOLE_H

#include <emu/error.h>
#include <stdbool.h>
#include <stddef.h>

enum console_state { CONSOLE_OPEN, CONSOLE_CLOSED, CONSOLE_FAILED };
enum console_command { COMMAND_NONE, COMMAND_QUIT, COMMAND_HELP, COMMAND_MONITOR };

struct console {
    int out; /* -1: output is thrown away */
    bool is_json; /* what goes there is an object a line */
    char out_bytes[4096];
    size_t out_count;
    char last; /* the last byte put; 0: none */
    bool beside_line; /* output may come to where the terminal's line in place stands */
    enum console_state out_state;
    struct emu_error out_error; /* with CONSOLE_FAILED */
    double deadline;            /* host_seconds at which waiting for the reader ends */

    char *queue; /* owned; the waiting bytes are [head, tail) */
    size_t head, tail, capacity;
    bool ended; /* standard input is at its end */
    bool live;  /* a pipe that has kept us waiting */

    int escape; /* -1: none */
    bool escaped;
};

void console_finish(struct console *console);

void console_put(struct console *console, char byte);
/* Where the guest's output goes to a terminal and does not end in a new line, begins one for what we say. As JSON: writes what
 * there is of a line. */
void console_end_line(struct console *console);
/* Writes everything that waits (as JSON all whole lines of it), behind what stdout holds. Stops waiting for the reader when a signal
 * asks the program to end, or at the deadline. */
void console_flush(struct console *console);

static inline bool console_has_byte(const struct console *console)
{
    return console->head != console->tail;
}

/* Takes the oldest waiting byte; there must be one. */
unsigned char console_take(struct console *console);

/* Terminal: reads the keys that are there, without waiting. Bytes for the guest are queued (or dropped when `deaf`). Returns at
 * a command. */
enum console_command console_read_keys(struct console *console, bool deaf);
/* Script: sees to it that a byte waits, if standard input still has one. Waits up to a second, or not at all once it is live. */
bool console_fill(struct console *console);
/* Waits until standard input can be read, a signal comes, or `seconds` have passed. */
void console_wait(const struct console *console, double seconds);

#endif
