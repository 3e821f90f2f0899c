/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * uniq [-c]: lines of standard input, neighbours that are equal once; -c: with how many there were.
 */
#include "input.h"
#include "program.h"
#include "stdlib.h"
#include "string.h"

int main(int argc, char **argv)
{
    struct options options = {.letters = "c", .usage = "[-c]"};
    bool with_counts = false;
    while (option_next(&options, argv))
        with_counts = true;
    if (options.next < argc)
        die_usage(options.usage);
    char *lines[2] = {NULL, NULL};
    size_t rooms[2] = {0, 0};
    uint64_t count = 0;
    for (unsigned at = 0;; at ^= 1) {
        int64_t length = getline(&lines[at], &rooms[at], stdin);
        if (length > 0 && lines[at][length - 1] == '\n')
            lines[at][length - 1] = 0;
        if (length > 0 && count && strcmp(lines[at], lines[at ^ 1]) == 0) {
            count++;
            continue;
        }
        if (count && with_counts)
            printf("%7lu ", count);
        if (count)
            puts(lines[at ^ 1]);
        if (length < 0)
            return program_status;
        count = 1;
    }
}
