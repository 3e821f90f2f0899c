/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first C of a program, and what it needs: the environment, the name for messages, main, exit.
 */
#include "directory.h"
#include "environment.h"
#include "program.h"
#include "stdlib.h"

const char *program_name = "";

int main(int argc, char **argv, char **environment);
_Noreturn void libc_start(int argc, char **argv, char **environment);

_Noreturn void libc_start(int argc, char **argv, char **environment)
{
    static char name[NAME_BYTES_MAX];
    if (argc > 0 && argv[0]) {
        path_last_name(name, sizeof name, argv[0]);
        program_name = name;
    }
    environment_init(environment);
    exit(main(argc, argv, environment));
}
