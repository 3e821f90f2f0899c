/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stat FILE...: what the kernel knows of files.
 */
#include "clock.h"
#include "program.h"
#include "stdio.h"
#include "system.h"

static void show_time(const char *what, int64_t nanoseconds)
{
    struct date date = date_of(nanoseconds);
    printf("  %s %04ld-%02u-%02u %02u:%02u:%02u.%09u\n", what, date.year, date.month, date.day, date.hour, date.minute, date.second,
           date.nanosecond);
}

static void show(const char *path)
{
    static const char *const kinds[] = {"nothing", "file", "directory", "device", "pipe", "semaphore"};
    struct stat stat;
    int64_t error = sys_stat(path, &stat);
    if (error < 0) {
        complain_error(path, error);
        return;
    }
    printf("%s: %s\n  device %u inode %lu names %u\n  bytes %lu blocks %lu\n", path,
           stat.kind < sizeof kinds / sizeof kinds[0] ? kinds[stat.kind] : "?", stat.device, stat.inode, stat.links, stat.bytes,
           stat.blocks);
    show_time("modified", stat.modified);
    show_time("created ", stat.created);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "FILE..."};
    option_next(&options, argv);
    if (options.next >= argc)
        die_usage(options.usage);
    for (int i = options.next; i < argc; i++)
        show(argv[i]);
    return program_status;
}
