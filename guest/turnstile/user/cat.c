/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cat [FILE]...: files one after the other.
 */
#include "program.h"
#include "string.h"
#include "system.h"

static void copy(const char *name)
{
    static char buffer[4096];
    bool is_standard = strcmp(name, "-") == 0;
    struct stat stat;
    int64_t in = is_standard ? 0 : sys_open(name, OPEN_READ), count = in;
    if (in >= 0 && sys_fstat((int)in, &stat) == 0 && stat.kind == FILE_DIRECTORY) {
        complain_error(name, EISDIR);
        sys_close((int)in);
        return;
    }
    while (in >= 0 && (count = sys_read((int)in, buffer, sizeof buffer)) != 0) {
        if (count == -EINTR)
            continue;
        if (count < 0)
            break;
        int error = write_all(1, buffer, (size_t)count);
        if (error)
            die_error("cannot write", error);
    }
    if (count < 0)
        complain_error(name, count);
    if (in > 0)
        sys_close((int)in);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "[FILE]..."};
    option_next(&options, argv);
    if (options.next >= argc)
        copy("-");
    for (int i = options.next; i < argc; i++)
        copy(argv[i]);
    return program_status;
}
