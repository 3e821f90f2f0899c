/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rm [-r] [-f] FILE...: removes names; -r: directories with all that they hold; -f: says nothing of what is not there.
 */
#include "program.h"
#include "system.h"
#include "tree.h"

int main(int argc, char **argv)
{
    struct options options = {.letters = "rf", .usage = "[-rf] FILE..."};
    bool is_recursive = false, is_forced = false;
    for (int letter; (letter = option_next(&options, argv));)
        *(letter == 'r' ? &is_recursive : &is_forced) = true;
    if (options.next >= argc && !is_forced)
        die_usage(options.usage);
    for (int i = options.next; i < argc; i++) {
        struct stat stat;
        int64_t error = sys_stat(argv[i], &stat);
        if (error == -ENOENT && is_forced)
            continue;
        if (error < 0)
            complain_error(argv[i], error);
        else if (is_recursive)
            tree_remove(argv[i]);
        else if (stat.kind == FILE_DIRECTORY)
            complain("%s is a directory; -r removes those", argv[i]);
        else if ((error = sys_unlink(argv[i])) < 0)
            complain_error(argv[i], error);
    }
    return program_status;
}
