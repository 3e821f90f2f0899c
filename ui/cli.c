/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parser of the command line. It knows the rows' shape, not what any option means.
 */
#include "cli.h"
#include "word.h"

#include <string.h>

void options_init(struct options *options)
{
    *options = (struct options){.max_cycles = UINT64_MAX, .escape = 'A' - '@'};
    emu_config_init(&options->machine);
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
    const struct option_row *row = NULL;
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].owner != OPTION_HIDDEN && nearest_offer(&nearest, option_rows[i].name))
            row = &option_rows[i];
    return row;
}

static bool unknown_option(const char *spelling, const char *name, struct emu_error *error)
{
    const struct option_row *nearest = option_nearest(name);
    if (nearest)
        return emu_error_set(error, "unknown option %s; did you mean %s%s?", spelling, nearest->owner == OPTION_OURS ? "--" : "-",
                             nearest->name);
    return emu_error_set(error, "unknown option %s; lockscope --help lists the options", spelling);
}

/* Parses the option at argv[*index] and moves *index to its last word. */
static bool option_parse(struct options *options, int argc, char **argv, int *index, struct emu_error *error)
{
    const char *word = argv[*index];
    char spelling[64];
    size_t length = strcspn(word, "=");
    if (length >= sizeof spelling)
        length = sizeof spelling - 1;
    memcpy(spelling, word, length);
    spelling[length] = '\0';
    const char *value = strchr(word, '=');
    const char *name = spelling + 1 + (spelling[1] == '-');
    const struct option_row *row = option_find(name);
    if (!row)
        return unknown_option(spelling, name, error);
    if (value)
        value++;
    const char *argument = option_argument(row);
    if (value && !argument)
        return emu_error_set(error, "%s takes no value, but was given '%s'", spelling, value);
    if (argument && !value) {
        if (*index + 1 >= argc)
            return emu_error_set(error, "%s needs a value: %s", spelling, argument);
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
    if (options->progress == SAID_ON && !options->headless)
        return emu_error_set(error, "--progress on needs --headless: otherwise the terminal is the guest's");
    if (options->switch_count && options->replay_file)
        return emu_error_set(error, "--switch and --replay-input exclude each other: the record has its run's switches");
    return true;
}
