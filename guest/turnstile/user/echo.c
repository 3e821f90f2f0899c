/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * echo [-n] [TEXT]...: the texts, spaces between them; -n: no newline.
 */
#include "stdio.h"
#include "string.h"

int main(int argc, char **argv)
{
    int begin = argc > 1 && strcmp(argv[1], "-n") == 0 ? 2 : 1;
    for (int i = begin; i < argc; i++)
        printf("%s%s", i > begin ? " " : "", argv[i]);
    if (begin == 1)
        putchar('\n');
    return 0;
}
