/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mkdir [-p] DIRECTORY...: makes directories; -p: those above as well, and none that there are.
 */
#include "program.h"
#include "string.h"
#include "system.h"

/* Also makes what is above; what there is already is right if it is a directory. */
static int64_t make_all(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int64_t error = sys_mkdir(path);
        *slash = '/';
        if (error < 0 && error != -EEXIST)
            return error;
    }
    int64_t error = sys_mkdir(path);
    struct stat stat;
    if (error == -EEXIST && sys_stat(path, &stat) == 0 && stat.kind == FILE_DIRECTORY)
        return 0;
    return error;
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "p", .usage = "[-p] DIRECTORY..."};
    bool with_parents = false;
    while (option_next(&options, argv))
        with_parents = true;
    if (options.next >= argc)
        die_usage(options.usage);
    for (int i = options.next; i < argc; i++) {
        int64_t error = with_parents && argv[i][0] ? make_all(argv[i]) : sys_mkdir(argv[i]);
        if (error < 0)
            complain_error(argv[i], error);
    }
    return program_status;
}
