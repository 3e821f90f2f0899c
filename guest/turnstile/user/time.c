/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * time PROGRAM [ARGUMENT]...: runs it and says how long it took. Its status is time's.
 */
#include "process.h"
#include "program.h"
#include "stdio.h"
#include "system.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        die_usage("PROGRAM [ARGUMENT]...");
    int64_t before = sys_clock(CLOCK_MONOTONIC);
    int pid = process_fork();
    if (pid < 0)
        die_error("no process", pid);
    if (pid == 0)
        die_error(argv[1], process_exec(argv[1], argv + 1));
    int status = process_wait(pid);
    int64_t spent = sys_clock(CLOCK_MONOTONIC) - before;
    fprintf(stderr, "%ld.%06ld s\n", spent / 1000000000, spent / 1000 % 1000000);
    return WAIT_SIGNALLED(status) ? 128 + WAIT_SIGNAL(status) : WAIT_EXIT_STATUS(status);
}
