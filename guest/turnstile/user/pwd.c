/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pwd: the working directory.
 */
#include "program.h"
#include "stdio.h"
#include "system.h"

int main(void)
{
    char path[PATH_BYTES_MAX];
    int64_t length = sys_getcwd(path, sizeof path);
    if (length < 0)
        die_error("the working directory", length);
    puts(path);
    return 0;
}
