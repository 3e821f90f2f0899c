/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mv FILE... TARGET: gives files other names.
 */
#include "program.h"
#include "system.h"
#include "target.h"

static void move(const char *from, const char *to)
{
    int64_t error = sys_rename(from, to);
    if (error < 0)
        complain_error(from, error);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "FILE... TARGET"};
    option_next(&options, argv);
    target_each(argv + options.next, argc - options.next, options.usage, move);
    return program_status;
}
