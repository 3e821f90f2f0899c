/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * uptime: how long the machine has been on.
 */
#include "program.h"
#include "stdio.h"
#include "string.h"
#include "system.h"

int main(void)
{
    char harts[16] = "?", *text = file_read_or_die("/proc/uptime");
    int64_t ns = sys_clock(CLOCK_MONOTONIC), seconds = ns / 1000000000;
    for (int column = 0; table_word(text, column, harts, sizeof harts); column++)
        if (strcmp(harts, "harts") == 0) {
            table_word(text, column + 1, harts, sizeof harts);
            break;
        }
    printf("up %ld:%02ld:%02ld.%03ld, %s harts\n", seconds / 3600, seconds / 60 % 60, seconds % 60, ns / 1000000 % 1000, harts);
    return 0;
}
