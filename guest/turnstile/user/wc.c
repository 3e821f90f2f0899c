/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wc [-l] [-w] [-c] [FILE]...: lines, words and bytes, or those of them that are asked for.
 */
#include "ctype.h"
#include "input.h"
#include "program.h"
#include "string.h"

enum { LINES, WORDS, BYTES, COUNTS };

static bool is_wanted[COUNTS];
static uint64_t sums[COUNTS];
static unsigned files;

static void show(const uint64_t *counts, const char *name)
{
    const char *gap = "";
    for (int i = 0; i < COUNTS; i++)
        if (is_wanted[i]) {
            printf("%s%7lu", gap, counts[i]);
            gap = " ";
        }
    printf("%s%s\n", strcmp(name, "-") == 0 ? "" : " ", strcmp(name, "-") == 0 ? "" : name);
}

static void count(FILE *stream, const char *name)
{
    static char buffer[4096];
    uint64_t counts[COUNTS] = {0};
    bool is_in_word = false;
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, stream)) > 0;) {
        counts[BYTES] += got;
        for (size_t i = 0; i < got; i++) {
            bool is_letter = !isspace(buffer[i]);
            counts[LINES] += buffer[i] == '\n';
            counts[WORDS] += is_letter && !is_in_word;
            is_in_word = is_letter;
        }
    }
    for (int i = 0; i < COUNTS; i++)
        sums[i] += counts[i];
    files++;
    show(counts, name);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "lwc", .usage = "[-lwc] [FILE]..."};
    bool is_any = false;
    for (int letter; (letter = option_next(&options, argv)); is_any = true)
        is_wanted[letter == 'l' ? LINES : letter == 'w' ? WORDS : BYTES] = true;
    for (int i = 0; i < COUNTS; i++)
        is_wanted[i] |= !is_any;
    input_each(argv + options.next, count);
    if (files > 1)
        show(sums, "total");
    return program_status;
}
