/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * locks [-a]: the kernel's locks, most often waited for first: how often taken, how often that meant waiting, in parts of a
 * thousand; -a: also those never taken.
 */
#include "errno.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

struct row {
    const char *line;
    uint64_t acquired, contended;
};

static int compare(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    if (left->contended != right->contended)
        return left->contended < right->contended ? 1 : -1;
    return (left->acquired < right->acquired) - (left->acquired > right->acquired);
}

/* The last words are numbers: names may have blanks. */
static void read_row(struct row *row, const char *line)
{
    int words = 0;
    char word[64];
    while (table_word(line, words, word, sizeof word))
        words++;
    *row = (struct row){.line = line, .acquired = table_number(line, words - 2), .contended = table_number(line, words - 1)};
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "a", .usage = "[-a]"};
    bool is_all = false;
    while (option_next(&options, argv))
        is_all = true;
    if (options.next < argc)
        die_usage(options.usage);
    const char *text = file_read_or_die("/proc/locks"), *heading = next_line(text);
    size_t count = 0;
    for (const char *line = heading; line; line = next_line(line))
        count++;
    if (count < 2)
        die("/proc/locks lists none");
    struct row *rows = calloc(count, sizeof *rows);
    if (!rows)
        die_error("the table", ENOMEM);
    count = 0;
    for (const char *line = next_line(heading); line; line = next_line(line))
        read_row(&rows[count++], line);
    qsort(rows, count, sizeof *rows, compare);
    printf("%.*s\n%.*s   of 1000\n", (int)strcspn(text, "\n"), text, (int)strcspn(heading, "\n"), heading);
    for (size_t i = 0; i < count; i++)
        if (rows[i].acquired || is_all)
            printf("%.*s %9lu\n", (int)strcspn(rows[i].line, "\n"), rows[i].line,
                   rows[i].acquired ? rows[i].contended * 1000 / rows[i].acquired : 0);
    return 0;
}
