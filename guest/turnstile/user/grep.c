/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * grep [-v] [-n] [-i] [-c] PATTERN [FILE]...: the lines that match (pattern.h); -v: the others; -n: with numbers; -i: upper and
 * lower case are one; -c: how many. Status 0: there was one, 1: none, 2: something was wrong.
 */
#include "input.h"
#include "pattern.h"
#include "program.h"
#include "stdlib.h"

static bool is_inverted, with_numbers, ignores_case, only_counts, with_names, has_found;
static const char *pattern;

static void search(FILE *stream, const char *name)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t number = 0, found = 0;
    for (int64_t length; (length = getline(&line, &room, stream)) > 0;) {
        bool has_newline = line[length - 1] == '\n';
        line[length - has_newline] = 0;
        number++;
        if (pattern_matches(pattern, line, ignores_case) == is_inverted)
            continue;
        found++;
        if (only_counts)
            continue;
        if (with_names)
            printf("%s:", name);
        if (with_numbers)
            printf("%lu:", number);
        puts(line);
    }
    if (only_counts)
        printf("%s%s%lu\n", with_names ? name : "", with_names ? ":" : "", found);
    has_found |= found > 0;
    free(line);
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "vnic", .usage = "[-vnic] PATTERN [FILE]..."};
    for (int letter; (letter = option_next(&options, argv));)
        *(letter == 'v' ? &is_inverted : letter == 'n' ? &with_numbers : letter == 'i' ? &ignores_case : &only_counts) = true;
    if (options.next >= argc)
        die_usage(options.usage);
    pattern = argv[options.next++];
    const char *wrong = pattern_check(pattern);
    if (wrong) {
        complain("the pattern %s is wrong: %s", pattern, wrong);
        return 2;
    }
    with_names = argc - options.next > 1;
    input_each(argv + options.next, search);
    return program_status ? 2 : !has_found;
}
