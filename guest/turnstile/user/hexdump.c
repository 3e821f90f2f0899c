/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hexdump [FILE]...: bytes as numbers and as characters, 16 a line.
 */
#include "ctype.h"
#include "input.h"
#include "program.h"

static void dump(FILE *stream, const char *name)
{
    unsigned char bytes[16];
    uint64_t offset = 0;
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, stream)) > 0; offset += count) {
        printf("%08lx ", offset);
        for (size_t i = 0; i < sizeof bytes; i++)
            if (i < count)
                printf("%s%02x", i == 8 ? "  " : " ", bytes[i]);
            else
                printf("%s  ", i == 8 ? "  " : " ");
        printf("  |");
        for (size_t i = 0; i < count; i++)
            putchar(isprint(bytes[i]) ? bytes[i] : '.');
        printf("|\n");
    }
    printf("%08lx\n", offset);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "[FILE]..."};
    option_next(&options, argv);
    input_each(argv + options.next, dump);
    return program_status;
}
