/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ps: the processes, as the kernel lists them.
 */
#include "program.h"
#include "stdio.h"

int main(void)
{
    fputs(file_read_or_die("/proc/processes"), stdout);
    return 0;
}
