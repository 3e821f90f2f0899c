/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ln FILE... TARGET: gives files further names.
 */
#include "program.h"
#include "system.h"
#include "target.h"

static void name(const char *from, const char *to)
{
    int64_t error = sys_link(from, to);
    if (error < 0)
        complain_error(error == -EEXIST ? to : from, error);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "FILE... TARGET"};
    option_next(&options, argv);
    target_each(argv + options.next, argc - options.next, options.usage, name);
    return program_status;
}
