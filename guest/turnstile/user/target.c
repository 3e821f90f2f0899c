/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where cp, mv and ln put things (target.h).
 */
#include "target.h"

#include "directory.h"
#include "program.h"
#include "system.h"

void target_each(char **arguments, int count, const char *usage, void (*each)(const char *from, const char *to))
{
    if (count < 2)
        die_usage(usage);
    const char *target = arguments[count - 1];
    struct stat stat;
    bool is_directory = sys_stat(target, &stat) == 0 && stat.kind == FILE_DIRECTORY;
    if (count > 2 && !is_directory)
        die("%s is not a directory, and there are several files", target);
    for (int i = 0; i < count - 1; i++) {
        char name[PATH_BYTES_MAX], path[PATH_BYTES_MAX];
        path_last_name(name, sizeof name, arguments[i]);
        if (!is_directory)
            each(arguments[i], target);
        else if (path_join(path, sizeof path, target, name))
            each(arguments[i], path);
        else
            complain_error(arguments[i], -ENAMETOOLONG);
    }
}
