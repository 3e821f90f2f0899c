/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the first process is with `test=console`, `test=console-raw`, `test=console-quiet` or `test=crash-WHAT` on the kernel's
 * command line: a reader of the terminal that says what each read gave, for a test that types; or one that asks the kernel to be
 * wrong (crash.c), which must end in a panic.
 */
#include "guest.h"

/* In one write, so that what handlers say does not come in between. */
static void say_bytes(const char *bytes, long length)
{
    char line[120], *at = line;
    for (long i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (at > line + sizeof line - 8)
            break;
        if (c >= ' ' && c < 127) {
            *at++ = (char)c;
            continue;
        }
        *at++ = '<';
        if (c >= 100)
            *at++ = (char)('0' + c / 100);
        if (c >= 10)
            *at++ = (char)('0' + c / 10 % 10);
        *at++ = (char)('0' + c % 10);
        *at++ = '>';
    }
    *at = 0;
    say("read %d [%s]\n", length, line);
}

static void say_interrupt(int signal, struct signal_frame *frame)
{
    (void)frame;
    say("signal %d\n", (long)signal);
}

void read_terminal(bool is_raw, bool is_quiet)
{
    char bytes[64];
    long got;
    struct signal_action action = {.handler = (uint64_t)say_interrupt, .restorer = (uint64_t)restorer};
    sys_sigaction(SIGINT, &action, NULL);
    sys_sigaction(SIGQUIT, &action, NULL);
    if (is_raw)
        EQUAL(sys_tty_control(0, TTY_MODE_SET, TTY_RAW | TTY_NO_ECHO | TTY_NO_SIGNALS), 0);
    if (is_quiet)
        EQUAL(sys_tty_control(0, TTY_MODE_SET, TTY_NO_ECHO), 0);
    say("reading\n");
    while ((got = sys_read(0, bytes, sizeof bytes)) != 0) {
        if (got == -EINTR)
            continue;
        CHECK(got > 0);
        say_bytes(bytes, got);
        if (is_raw && bytes[got - 1] == 'q')
            break;
    }
    say("end of file\n");
    sys_exit(5);
}

void crash(const char *what, unsigned length)
{
    int file = (int)sys_open("/proc/crash", OPEN_WRITE);
    EQUAL(file < 0 ? file : 0, 0);
    say("write gives %d\n", sys_write(file, what, length));
    sys_exit(6);
}
