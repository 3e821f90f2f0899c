/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Raw mode, the line in place and signal handlers. The handlers do only what POSIX allows in them: set flags, poll, write,
 * tcsetattr, raise.
 * A second request to end, while the first one waits, ends the program at once: nothing may make it unstoppable.
 */
#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define COLUMNS_UNKNOWN 80
#define COLUMNS_LEAST   4
#define LINE_BYTES_MOST 1024

static struct termios saved;
static volatile sig_atomic_t is_raw;
static volatile sig_atomic_t drawn_columns; /* of the line in place; 0: there is none */
static volatile sig_atomic_t ending_signal, suspend_asked, was_continued;
static int wake[2] = {-1, -1};

/* ---- the line in place ---- */

/* A terminal may be stopped (Ctrl-S), or its other end not read. */
static bool takes_line(void)
{
    struct pollfd fd = {STDERR_FILENO, POLLOUT, 0};
    return poll(&fd, 1, 0) == 1 && fd.revents == POLLOUT;
}

static unsigned terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0 ? COLUMNS_UNKNOWN : size.ws_col;
}

bool terminal_has_line(void)
{
    const char *type = getenv("TERM");
    return type && type[0] && strcmp(type, "dumb") && isatty(STDERR_FILENO);
}

/* In the last column some terminals would begin the next line. */
unsigned terminal_line_columns(void)
{
    unsigned columns = terminal_columns() - 1;
    return columns < COLUMNS_LEAST ? 0 : columns;
}

static bool is_in_background(void)
{
    pid_t foreground = tcgetpgrp(STDERR_FILENO);
    return foreground >= 0 && foreground != getpgrp();
}

/* One write, so that nobody else's bytes come in between. The cursor goes back to the beginning of the line: there the echo of a
 * key (^C) does not make it longer, and a terminal that wraps the line when it becomes narrower leaves the cursor in its first row.
 */
void terminal_line_draw(const char *text, size_t bytes, unsigned columns)
{
    static const char before[] = "\r", behind[] = "\033[K\r";
    char all[LINE_BYTES_MOST + sizeof before + sizeof behind];
    if (columns == 0 || columns > LINE_BYTES_MOST || bytes > LINE_BYTES_MOST || is_in_background())
        return;
    if (terminal_columns() < (unsigned)drawn_columns)
        terminal_line_erase();
    if (!takes_line())
        return;
    size_t count = strlen(before);
    memcpy(all, before, count);
    memcpy(all + count, text, bytes);
    count += bytes;
    memcpy(all + count, behind, strlen(behind));
    count += strlen(behind);
    drawn_columns = (int)columns; /* before: a signal in between must undo it */
    (void)!write(STDERR_FILENO, all, count);
}

/* For signal handlers, too. */
static void line_erase_with(const char *sequence, size_t bytes)
{
    if (!drawn_columns || !takes_line())
        return;
    (void)!write(STDERR_FILENO, sequence, bytes);
    drawn_columns = 0;
}

#define ERASE_LINE  "\r\033[K"
#define ERASE_BELOW "\r\033[J"

void terminal_line_erase(void)
{
    if (drawn_columns && terminal_columns() < (unsigned)drawn_columns)
        line_erase_with(ERASE_BELOW, strlen(ERASE_BELOW)); /* it may have been wrapped */
    else
        line_erase_with(ERASE_LINE, strlen(ERASE_LINE));
}

/* ---- raw mode ---- */

void terminal_restore(void)
{
    line_erase_with(ERASE_LINE, strlen(ERASE_LINE));
    if (!is_raw)
        return;
    is_raw = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
}

bool terminal_raw(void)
{
    static bool have_saved; /* what the terminal was when we came, not after a suspension */
    if (is_raw)
        return true;
    if (!have_saved && tcgetattr(STDIN_FILENO, &saved))
        return false;
    have_saved = true;
    struct termios raw = saved;
    raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    raw.c_cflag = (raw.c_cflag & ~(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    is_raw = 1; /* before the change: a signal in between must undo it */
    if (!tcsetattr(STDIN_FILENO, TCSADRAIN, &raw))
        return true;
    is_raw = 0;
    return false;
}

/* ---- signals ---- */

static void wake_up(void)
{
    int saved_errno = errno;
    (void)!write(wake[1], "", 1);
    errno = saved_errno;
}

static void on_ending(int number)
{
    if (ending_signal) {
        terminal_restore();
        _exit(128 + number);
    }
    ending_signal = number;
    wake_up();
}

static void on_suspend(int number)
{
    suspend_asked = 1;
    wake_up();
}

static void on_continue(int number)
{
    was_continued = 1;
    wake_up();
}

/* A bug of ours: leave the terminal usable, then die as if nobody had caught it (SA_RESETHAND). */
static void on_crash(int number)
{
    terminal_restore();
    raise(number);
}

static void catch_signal(int number, void (*handler)(int), int flags)
{
    struct sigaction old, action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(number, NULL, &old);
    /* Keep what the caller ignores (nohup) and what a sanitizer has taken. */
    if (!(old.sa_flags & SA_SIGINFO) && old.sa_handler == SIG_DFL)
        sigaction(number, &action, NULL);
}

void signals_catch(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK))
        abort();
    for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++)
        catch_signal(ends[i], on_ending, 0);
    for (unsigned i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        catch_signal(crashes[i], on_crash, SA_RESETHAND);
    catch_signal(SIGTSTP, on_suspend, 0);
    catch_signal(SIGCONT, on_continue, 0);
    signal(SIGPIPE, SIG_IGN); /* write says EPIPE instead */
    atexit(terminal_restore);
}

int signals_pending(void)
{
    return ending_signal;
}

void signals_forget_interrupt(void)
{
    if (ending_signal == SIGINT)
        ending_signal = 0;
}

int signals_fd(void)
{
    return wake[0];
}

void signals_clear(void)
{
    char bytes[16];
    while (read(wake[0], bytes, sizeof bytes) > 0)
        ;
}

bool signals_suspend_asked(void)
{
    return suspend_asked || was_continued;
}

bool signals_suspend(void)
{
    bool was_raw = is_raw;
    bool passed = was_continued;
    if (suspend_asked) {
        suspend_asked = 0;
        terminal_restore();
        raise(SIGSTOP); /* returns on SIGCONT */
        passed = true;
    }
    was_continued = 0;
    if (passed && was_raw) {
        is_raw = 0; /* the shell may have changed the terminal meanwhile */
        terminal_raw();
    }
    return passed;
}
