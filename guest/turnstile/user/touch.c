/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * touch FILE...: makes empty files where there are none.
 */
#include "program.h"
#include "system.h"

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "FILE..."};
    option_next(&options, argv);
    if (options.next >= argc)
        die_usage(options.usage);
    for (int i = options.next; i < argc; i++) {
        int64_t descriptor = sys_open(argv[i], OPEN_WRITE | OPEN_CREATE);
        if (descriptor < 0)
            complain_error(argv[i], descriptor);
        else
            sys_close((int)descriptor);
    }
    return program_status;
}
