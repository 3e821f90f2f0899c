/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first process. It opens the terminal, runs /etc/rc if there is one, then the shell, waits for every process whose parent has
 * ended, and at the shell's end powers the machine off with its exit status. Words of the kernel's command line change that:
 *
 *     restart      the shell begins anew whenever it ends
 *     run=TEXT     instead of the shell on the terminal, sh -c TEXT, where TEXT is the rest of the command line
 *
 * init TEXT does the same as run=TEXT.
 */
#include "clock.h"
#include "process.h"
#include "program.h"
#include "signal.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

static void open_terminal(void)
{
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        int64_t opened = sys_open("/dev/console", OPEN_READ | OPEN_WRITE);
        if (opened < 0)
            sys_power_off(1); /* there is nobody to tell */
    }
}

/* The kernel's command line, on malloc; "" if it cannot be read. */
static char *read_command_line(void)
{
    static const char key[] = "command_line ";
    size_t bytes;
    int error;
    char *text = file_read("/proc/system", &bytes, &error);
    for (const char *line = text; line; line = next_line(line))
        if (strncmp(line, key, strlen(key)) == 0)
            return strndup(line + strlen(key), strcspn(line + strlen(key), "\n"));
    return text ? strdup("") : NULL;
}

/* What is behind the word run= of a command line; *ret_restarts if the word restart stands before it. */
static const char *find_words(const char *line, bool *ret_restarts)
{
    while (*line) {
        size_t length = strcspn(line, " ");
        if (strncmp(line, "run=", 4) == 0)
            return line + 4;
        if (length == strlen("restart") && strncmp(line, "restart", length) == 0)
            *ret_restarts = true;
        line += length;
        line += strspn(line, " ");
    }
    return NULL;
}

/* Waits until this child has ended, and for whoever else ends meanwhile: its wait status. */
static int wait_for(int pid)
{
    for (;;) {
        int status;
        int64_t ended = sys_wait(-1, &status, 0);
        if (ended == pid)
            return status;
        if (ended < 0 && ended != -EINTR)
            die_error("wait", ended);
    }
}

static int run(char **arguments)
{
    int pid = process_fork();
    if (pid < 0) {
        complain_error("no process", pid);
        return 1;
    }
    if (pid == 0) {
        sys_setpgid(0, 0);
        sys_tty_control(0, TTY_FOREGROUND_SET, (uint64_t)sys_getpid());
        complain_error(arguments[0], process_exec(arguments[0], arguments));
        _Exit(127);
    }
    int status = wait_for(pid);
    sys_tty_control(0, TTY_MODE_SET, 0);
    if (WAIT_SIGNALLED(status))
        complain("%s was ended by signal %d", arguments[0], WAIT_SIGNAL(status));
    return WAIT_SIGNALLED(status) ? 128 + WAIT_SIGNAL(status) : WAIT_EXIT_STATUS(status);
}

int main(int argc, char **argv)
{
    struct stat stat;
    bool restarts = false;
    if (sys_getpid() != 1)
        die("only the kernel's first process can be that");
    open_terminal();
    setenv("PATH", "/bin", 1);
    setenv("HOME", "/", 1);
    char *line = read_command_line();
    const char *text = argc > 1 ? argv[1] : line ? find_words(line, &restarts) : NULL;
    if (sys_stat("/etc/rc", &stat) == 0)
        run((char *[]){"/bin/sh", "/etc/rc", NULL});
    if (!text)
        printf("help lists what the shell knows, cat /README what is on the disk; poweroff ends the machine.\n");
    int status;
    do {
        int64_t began = sys_clock(CLOCK_MONOTONIC);
        status = text ? run((char *[]){"/bin/sh", "-c", (char *)(uintptr_t)text, NULL}) : run((char *[]){"/bin/sh", NULL});
        if (restarts && sys_clock(CLOCK_MONOTONIC) - began < 100000000)
            sleep_ms(1000); /* a shell that cannot run is tried again in peace */
    } while (restarts);
    die_error("the machine stays on", sys_power_off(status));
}
