/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rmdir DIRECTORY...: removes empty directories.
 */
#include "program.h"
#include "system.h"

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "DIRECTORY..."};
    option_next(&options, argv);
    if (options.next >= argc)
        die_usage(options.usage);
    for (int i = options.next; i < argc; i++) {
        int64_t error = sys_rmdir(argv[i]);
        if (error < 0)
            complain_error(argv[i], error);
    }
    return program_status;
}
