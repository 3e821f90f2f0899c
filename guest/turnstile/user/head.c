/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * head [-n N] [FILE]...: the first N lines (10).
 */
#include "input.h"
#include "program.h"
#include "stdlib.h"

static uint64_t wanted = 10;

static void show(FILE *stream, const char *name)
{
    char *line = NULL;
    size_t room = 0;
    for (uint64_t i = 0; i < wanted; i++) {
        int64_t length = getline(&line, &room, stream);
        if (length < 0)
            break;
        fwrite(line, 1, (size_t)length, stdout);
    }
    free(line);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "n:", .usage = "[-n N] [FILE]..."};
    while (option_next(&options, argv))
        wanted = number_argument("-n", options.value, UINT32_MAX);
    input_each(argv + options.next, show);
    return program_status;
}
