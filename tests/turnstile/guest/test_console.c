/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the first process is with `test=console` or `test=crash-WHAT` on the kernel's command line: a reader of the terminal that
 * says what each read gave, for a test that types; or one that asks the kernel to be wrong (crash.c), which must end in a panic.
 */
#include "guest.h"

static void say_bytes(const char *bytes, long length)
{
    say("read %d [", length);
    for (long i = 0; i < length; i++)
        if (bytes[i] >= ' ' && bytes[i] < 127)
            sys_write(1, bytes + i, 1);
        else
            say("<%d>", (long)bytes[i]);
    say("]\n");
}

static void say_interrupt(int signal, struct signal_frame *frame)
{
    (void)frame;
    say("signal %d\n", (long)signal);
}

void read_terminal(void)
{
    char bytes[64];
    long got;
    struct signal_action action = {.handler = (uint64_t)say_interrupt, .restorer = (uint64_t)restorer};
    sys_sigaction(SIGINT, &action, NULL);
    sys_sigaction(SIGQUIT, &action, NULL);
    say("reading\n");
    while ((got = sys_read(0, bytes, sizeof bytes)) != 0) {
        if (got == -EINTR)
            continue;
        CHECK(got > 0);
        say_bytes(bytes, got);
        if (bytes[0] == 'r' && bytes[1] == 'a' && bytes[2] == 'w')
            EQUAL(sys_tty_control(0, TTY_MODE_SET, TTY_RAW | TTY_NO_ECHO | TTY_NO_SIGNALS), 0);
        if (bytes[0] == 'q' && got == 1)
            EQUAL(sys_tty_control(0, TTY_MODE_SET, 0), 0);
    }
    say("end of file\n");
    sys_exit(5);
}

void crash(const char *what, unsigned length)
{
    int file = (int)sys_open("/proc/crash", OPEN_WRITE);
    CHECK(file >= 0);
    say("write gives %d\n", sys_write(file, what, length));
    sys_exit(6);
}
