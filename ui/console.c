/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading, queueing and writing of console bytes. Descriptors stay blocking, since a terminal shares its flags with other
 * programs; poll says beforehand what will not block.
 */
#define _GNU_SOURCE
#include "console.h"
#include "host.h"
#include "json_text.h"
#include "terminal.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES          4096
#define QUEUE_BYTES_MOST    (1 << 20) /* what a terminal has beyond this waits in the kernel */
#define LIVE_AFTER_SECONDS  1.0
#define READER_POLL_SECONDS 0.1

void console_finish(struct console *console)
{
    free(console->queue);
    console->queue = NULL;
}

static int wait_for(struct pollfd *fds, unsigned count, double seconds)
{
    seconds = fmin(fmax(seconds, 0), 1e6);
    double whole = floor(seconds);
    struct timespec most = {.tv_sec = (time_t)whole, .tv_nsec = (long)((seconds - whole) * 1e9)};
    return ppoll(fds, count, &most, NULL);
}

void console_put(struct console *console, char byte)
{
    console->last = byte;
    if (console->out_count == sizeof console->out_bytes)
        console_flush(console);
    if (console->out >= 0 && console->out_state == CONSOLE_OPEN && console->out_count < sizeof console->out_bytes)
        console->out_bytes[console->out_count++] = byte;
}

/* True when the reader takes bytes; false when there is no hope any more. */
static bool reader_ready(const struct console *console)
{
    for (;;) {
        struct pollfd fds[] = {{console->out, POLLOUT, 0}, {signals_fd(), POLLIN, 0}};
        bool hurry = signals_pending() || host_seconds() >= console->deadline;
        if (wait_for(fds, 2, hurry ? 0 : READER_POLL_SECONDS) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents)
            return true;
        if (hurry)
            return false;
        if (fds[1].revents) {
            signals_clear();
            signals_suspend();
        }
    }
}

static void write_out(struct console *console, const char *bytes, size_t count)
{
    size_t done = 0;
    if (console->out == STDOUT_FILENO)
        fflush(stdout); /* what was said before; whether it could be written is asked elsewhere */
    while (done < count && console->out_state == CONSOLE_OPEN && reader_ready(console)) {
        if (console->beside_line)
            terminal_line_erase();
        ssize_t n = write(console->out, bytes + done, count - done);
        if (n >= 0) {
            done += n;
        } else if (errno == EPIPE) {
            console->out_state = CONSOLE_CLOSED;
        } else if (errno != EINTR && errno != EAGAIN) {
            console->out_state = CONSOLE_FAILED;
            emu_error_set(&console->out_error, "cannot write the console's output: %s", strerror(errno));
        }
    }
}

/* {"console": text}; bytes that are no text are there in hexadecimal, too. */
static void write_record(struct console *console, const char *bytes, size_t count)
{
    json_t *object = json_object(), *exact = json_stringn(bytes, count);
    json_object_set_new(object, "console", exact ? exact : json_text(bytes, count));
    if (!exact) {
        char hex[2 * sizeof console->out_bytes + 1];
        for (size_t i = 0; i < count; i++)
            snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
        json_object_set_new(object, "bytes", json_string(hex));
    }
    char *line = json_line(object);
    if (line)
        write_out(console, line, strlen(line));
    free(line);
}

/* Each line is a record; of what is no whole line only `all`. */
static void write_records(struct console *console, bool all)
{
    size_t done = 0;
    while (done < console->out_count) {
        const char *from = console->out_bytes + done, *end = memchr(from, '\n', console->out_count - done);
        if (!end && !all)
            break;
        size_t count = end ? (size_t)(end + 1 - from) : console->out_count - done;
        write_record(console, from, count);
        done += count;
    }
    console->out_count -= done;
    memmove(console->out_bytes, console->out_bytes + done, console->out_count);
}

void console_flush(struct console *console)
{
    if (console->out_count == 0)
        return;
    if (console->is_json) {
        write_records(console, console->out_count == sizeof console->out_bytes);
        return;
    }
    write_out(console, console->out_bytes, console->out_count);
    console->out_count = 0;
}

void console_end_line(struct console *console)
{
    if (console->is_json)
        write_records(console, true);
    else if (console->last && console->last != '\n' && console->out >= 0 && isatty(console->out))
        fputc('\n', stderr);
}

static bool queue_reserve(struct console *console, size_t bytes)
{
    if (console->head == console->tail)
        console->head = console->tail = 0;
    if (console->capacity - console->tail >= bytes)
        return true;
    size_t capacity = console->capacity * 2 + bytes;
    char *queue = realloc(console->queue, capacity);
    if (!queue)
        return false;
    console->queue = queue;
    console->capacity = capacity;
    return true;
}

unsigned char console_take(struct console *console)
{
    assert(console_has_byte(console));
    return console->queue[console->head++];
}

static bool input_ready(double seconds)
{
    struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {signals_fd(), POLLIN, 0}};
    return wait_for(fds, 2, seconds) > 0 && fds[0].revents;
}

void console_wait(const struct console *console, double seconds)
{
    struct pollfd fds[] = {{console->ended ? -1 : STDIN_FILENO, POLLIN, 0}, {signals_fd(), POLLIN, 0}};
    wait_for(fds, 2, seconds);
}

/* Appends what one read brings, to be called when it will not block. */
static void queue_read(struct console *console)
{
    if (!queue_reserve(console, READ_BYTES))
        return;
    ssize_t n = read(STDIN_FILENO, console->queue + console->tail, READ_BYTES);
    if (n > 0)
        console->tail += n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        console->ended = true;
}

/* Sorts one key: true when it is the guest's. */
static bool key_is_guests(struct console *console, char key, enum console_command *ret_command)
{
    if (!console->escaped) {
        console->escaped = console->escape >= 0 && key == console->escape;
        return !console->escaped;
    }
    console->escaped = false;
    if (key == console->escape)
        return true;
    *ret_command = key == 'x' ? COMMAND_QUIT : key == 'c' ? COMMAND_MONITOR : COMMAND_HELP;
    return false;
}

enum console_command console_read_keys(struct console *console, bool deaf)
{
    enum console_command command = COMMAND_NONE;
    if (console->ended || console->tail - console->head >= QUEUE_BYTES_MOST || !input_ready(0))
        return command;
    size_t unsorted = console->tail - console->head;
    queue_read(console);
    size_t kept = console->head + unsorted;
    for (size_t i = kept; i < console->tail && command != COMMAND_QUIT; i++) {
        char key = console->queue[i];
        if (key_is_guests(console, key, &command) && !deaf)
            console->queue[kept++] = key;
    }
    console->tail = kept;
    return command;
}

bool console_fill(struct console *console)
{
    double started = host_seconds();
    while (!console_has_byte(console) && !console->ended && !signals_pending()) {
        double left = console->live ? 0 : started + LIVE_AFTER_SECONDS - host_seconds();
        if (input_ready(left)) {
            queue_read(console);
        } else if (left <= 0 || host_seconds() - started >= LIVE_AFTER_SECONDS) {
            console->live = true;
            return false;
        }
    }
    return console_has_byte(console);
}
