/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * seq [FIRST] LAST: the numbers, one a line.
 */
#include "program.h"
#include "stdio.h"

int main(int argc, char **argv)
{
    struct options options = {.letters = "", .usage = "[FIRST] LAST"};
    option_next(&options, argv);
    int count = argc - options.next;
    if (count < 1 || count > 2)
        die_usage(options.usage);
    uint64_t first = count == 2 ? number_argument("FIRST", argv[options.next], INT64_MAX) : 1;
    uint64_t last = number_argument("LAST", argv[argc - 1], INT64_MAX);
    for (uint64_t number = first; number <= last; number++)
        printf("%lu\n", number);
    return 0;
}
