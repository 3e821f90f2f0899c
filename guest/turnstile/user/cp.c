/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cp [-r] FILE... TARGET: copies files; -r: directories as well.
 */
#include "program.h"
#include "target.h"
#include "tree.h"

static bool is_recursive;

static void copy(const char *from, const char *to)
{
    tree_copy(from, to, is_recursive);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "r", .usage = "[-r] FILE... TARGET"};
    while (option_next(&options, argv))
        is_recursive = true;
    target_each(argv + options.next, argc - options.next, options.usage, copy);
    return program_status;
}
