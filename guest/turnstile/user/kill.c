/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kill [-SIGNAL] PROCESS...: sends a signal (TERM); -l: lists them. A process -N is the group N.
 */
#include "ctype.h"
#include "program.h"
#include "signal.h"
#include "signal_list.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

static const char usage[] = "[-SIGNAL | -l] PROCESS...";

static void send(const char *word, int signal)
{
    const char *digits = word + (*word == '-');
    char *end;
    long number = strtol(word, &end, 10);
    if (!isdigit(*digits) || *end || number > INT32_MAX || number < -INT32_MAX) {
        complain("%s is no process", word);
        return;
    }
    int64_t error = sys_kill((int)number, signal);
    if (error < 0)
        complain_error(word, error);
}

int main(int argc, char **argv)
{
    int signal = SIGTERM, at = 1;
    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        signal_list();
        return 0;
    }
    if (argc > 2 && argv[1][0] == '-') {
        signal = signal_number(argv[at++] + 1);
        if (signal < 0)
            die("%s is no signal", argv[1] + 1);
    }
    if (at >= argc)
        die_usage(usage);
    for (; at < argc; at++)
        send(argv[at], signal);
    return program_status;
}
