/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * env [NAME=VALUE]... [PROGRAM [ARGUMENT]...]: the environment, or a program with these texts in it.
 */
#include "errno.h"
#include "process.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

int main(int argc, char **argv)
{
    int at = 1;
    for (char *equals; at < argc && (equals = strchr(argv[at], '=')); at++) {
        *equals = 0;
        if (setenv(argv[at], equals + 1, 1))
            die_error(argv[at], errno);
    }
    if (at < argc)
        die_error(argv[at], process_exec(argv[at], argv + at));
    for (char **text = environ; *text; text++)
        puts(*text);
    return 0;
}
