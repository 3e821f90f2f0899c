/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sort [-n] [-r] [-u] [FILE]...: lines in order of their bytes; -n: of the number they begin with; -r: backwards; -u: equal ones
 * once.
 */
#include "errno.h"
#include "input.h"
#include "program.h"
#include "stdlib.h"
#include "string.h"

static bool by_number, is_reversed, is_unique;
static char **lines;
static size_t count, room;

static void collect(FILE *stream, const char *name)
{
    char *line = NULL;
    size_t line_room = 0;
    for (int64_t length; (length = getline(&line, &line_room, stream)) > 0;) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (count == room) {
            room = room ? room * 2 : 256;
            char **larger = realloc(lines, room * sizeof *lines);
            if (!larger)
                die_error(name, ENOMEM);
            lines = larger;
        }
        lines[count] = strdup(line);
        if (!lines[count++])
            die_error(name, ENOMEM);
    }
    free(line);
}

static int compare(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    int order = 0;
    if (by_number) {
        long x = strtol(left, NULL, 10), y = strtol(right, NULL, 10);
        order = (x > y) - (x < y);
    }
    if (order == 0)
        order = strcmp(left, right);
    return is_reversed ? -order : order;
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "nru", .usage = "[-nru] [FILE]..."};
    for (int letter; (letter = option_next(&options, argv));)
        *(letter == 'n' ? &by_number : letter == 'r' ? &is_reversed : &is_unique) = true;
    input_each(argv + options.next, collect);
    qsort(lines, count, sizeof *lines, compare);
    for (size_t i = 0; i < count; i++)
        if (!is_unique || i == 0 || strcmp(lines[i - 1], lines[i]) != 0)
            puts(lines[i]);
    return program_status;
}
