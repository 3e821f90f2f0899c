/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parser of the command line. It knows the rows' shape, not what any option means.
 */
#include "cli.h"

#include <string.h>

void options_init(struct options *options)
{
    *options = (struct options){.max_cycles = UINT64_MAX, .escape = 'A' - '@'};
    emu_config_init(&options->machine);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    size_t rows[LONGEST + 1][LONGEST + 1];
    size_t m = least(strlen(a), LONGEST), n = least(strlen(b), LONGEST);
    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            size_t best = least(rows[i - 1][j], rows[i][j - 1]) + 1;
            best = least(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    return rows[m][n];
}

static const struct option_row *option_find(const char *name)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (!strcmp(row->name, name) || (row->alias && !strcmp(row->alias, name)))
            return row;
    }
    return NULL;
}

/* The known option that `name` was probably meant to be; NULL if none is near. */
static const struct option_row *option_nearest(const char *name)
{
    const struct option_row *nearest = NULL;
    size_t bound = least(strlen(name) / 3 + 1, 3) + 1;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        size_t d = distance(name, row->name);
        if (row->owner != OPTION_HIDDEN && d < bound && d < strlen(row->name)) {
            bound = d;
            nearest = row;
        }
    }
    return nearest;
}

static bool unknown_option(const char *spelling, const char *name, struct emu_error *error)
{
    const struct option_row *nearest = option_nearest(name);
    if (nearest)
        return emu_error_set(error, "unknown option %s; did you mean %s%s?", spelling, nearest->owner == OPTION_QEMU ? "-" : "--",
                             nearest->name);
    return emu_error_set(error, "unknown option %s; lockscope --help lists the options", spelling);
}

/* Parses the option at argv[*index] and moves *index to its last word. */
static bool option_parse(struct options *options, int argc, char **argv, int *index, struct emu_error *error)
{
    const char *word = argv[*index];
    char spelling[64];
    size_t length = least(strcspn(word, "="), sizeof spelling - 1);
    memcpy(spelling, word, length);
    spelling[length] = '\0';
    const char *value = strchr(word, '=');
    const char *name = spelling + 1 + (spelling[1] == '-');
    const struct option_row *row = option_find(name);
    if (!row)
        return unknown_option(spelling, name, error);
    if (value)
        value++;
    if (value && !row->argument)
        return emu_error_set(error, "%s takes no value, but was given '%s'", spelling, value);
    if (row->argument && !value) {
        if (*index + 1 >= argc)
            return emu_error_set(error, "%s needs a value: %s", spelling, row->argument);
        value = argv[++*index];
    }
    return row->set(options, row, spelling, value, error);
}

bool options_parse(struct options *options, int argc, char **argv, struct emu_error *error)
{
    bool only_names = false;
    for (int i = 1; i < argc; i++) {
        if (!only_names && !strcmp(argv[i], "--")) {
            only_names = true;
        } else if (!only_names && argv[i][0] == '-' && argv[i][1]) {
            if (!option_parse(options, argc, argv, &i, error))
                return false;
        } else if (options->program) {
            return emu_error_set(error, "only one program can be run, but '%s' and '%s' were given", options->program, argv[i]);
        } else {
            options->program = argv[i];
        }
    }
    if (options->program && options->kernel)
        return emu_error_set(error, "give either the program '%s' or -kernel '%s', not both", options->program, options->kernel);
    if (options->record_file && options->no_record)
        return emu_error_set(error, "--record and --no-record exclude each other");
    return true;
}
