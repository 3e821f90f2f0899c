/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail [-n N] [FILE]...: the last N lines (10). They are kept in a ring while the file goes by.
 */
#include "errno.h"
#include "input.h"
#include "program.h"
#include "stdlib.h"

static uint64_t wanted = 10;

struct line {
    char *text;
    size_t room;
    int64_t length;
};

static void show(FILE *stream, const char *name)
{
    struct line *ring = calloc(wanted + 1, sizeof *ring); /* one more, for the line being read */
    if (!ring)
        die_error(name, ENOMEM);
    uint64_t count = 0;
    for (struct line *line; line = &ring[count % (wanted + 1)], (line->length = getline(&line->text, &line->room, stream)) > 0;)
        count++;
    for (uint64_t at = count > wanted ? count - wanted : 0; at < count; at++)
        fwrite(ring[at % (wanted + 1)].text, 1, (size_t)ring[at % (wanted + 1)].length, stdout);
    for (uint64_t i = 0; i <= wanted; i++)
        free(ring[i].text);
    free(ring);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "n:", .usage = "[-n N] [FILE]..."};
    while (option_next(&options, argv))
        wanted = number_argument("-n", options.value, 1000000);
    input_each(argv + options.next, show);
    return program_status;
}
