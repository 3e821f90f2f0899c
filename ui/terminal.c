/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Raw mode and signal handlers. The handlers do only what POSIX allows in them: set flags, write to a pipe, tcsetattr, raise.
 * A second request to end, while the first one waits, ends the program at once: nothing may make it unstoppable.
 */
#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static volatile sig_atomic_t is_raw;
static volatile sig_atomic_t ending_signal, suspend_asked, was_continued;
static int wake[2] = {-1, -1};

void terminal_restore(void)
{
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
