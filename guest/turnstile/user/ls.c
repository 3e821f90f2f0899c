/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ls [-l] [-a] [-1] [FILE]...: what directories hold, in columns on a terminal; -l: kind, names, bytes, date; -a: hidden ones as
 * well.
 */
#include "clock.h"
#include "directory.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

enum { LINE_COLUMNS = 80 };

static bool is_long, with_hidden, is_single;

static char kind_letter(uint32_t kind)
{
    return kind <= FILE_SEMAPHORE ? "?-dcps"[kind] : '?';
}

static void show_long(const char *path, const char *name)
{
    struct stat stat;
    int64_t error = sys_stat(path, &stat);
    if (error < 0) {
        complain_error(path, error);
        return;
    }
    struct date date = date_of(stat.modified);
    printf("%c %6lu %3u %10lu %04ld-%02u-%02u %02u:%02u %s\n", kind_letter(stat.kind), stat.inode, stat.links, stat.bytes,
           date.year, date.month, date.day, date.hour, date.minute, name);
}

static void show_columns(char **names)
{
    size_t count = 0, widest = 0;
    for (; names[count]; count++)
        if (strlen(names[count]) > widest)
            widest = strlen(names[count]);
    size_t columns = LINE_COLUMNS / (widest + 2), rows;
    columns = columns ? columns : 1;
    rows = (count + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++)
        for (size_t at = row; at < count; at += rows)
            if (at + rows < count)
                printf("%-*s", (int)widest + 2, names[at]);
            else
                puts(names[at]);
}

static void show_directory(const char *path)
{
    int error;
    char **names = directory_names(path, with_hidden, &error), below[PATH_BYTES_MAX];
    if (!names) {
        complain_error(path, error);
        return;
    }
    if (!is_long && !is_single)
        show_columns(names);
    for (char **name = names; (is_long || is_single) && *name; name++)
        if (is_single && !is_long)
            puts(*name);
        else if (path_join(below, sizeof below, path, *name))
            show_long(below, *name);
    directory_names_free(names);
}

static void show(const char *path, bool has_heading)
{
    struct stat stat;
    int64_t error = sys_stat(path, &stat);
    if (error < 0) {
        complain_error(path, error);
    } else if (stat.kind != FILE_DIRECTORY) {
        if (is_long)
            show_long(path, path);
        else
            puts(path);
    } else {
        if (has_heading)
            printf("%s:\n", path);
        show_directory(path);
    }
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "la1", .usage = "[-la1] [FILE]..."};
    is_single = sys_tty_control(1, TTY_MODE_GET, 0) < 0;
    for (int letter; (letter = option_next(&options, argv));)
        if (letter == 'l')
            is_long = true;
        else if (letter == 'a')
            with_hidden = true;
        else
            is_single = true;
    if (options.next >= argc)
        show(".", false);
    for (int i = options.next; i < argc; i++)
        show(argv[i], argc - options.next > 1);
    return program_status;
}
