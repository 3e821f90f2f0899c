/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files to read (input.h).
 */
#include "input.h"

#include "errno.h"
#include "program.h"
#include "string.h"

FILE *input_open(const char *name)
{
    FILE *stream = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    if (!stream)
        complain_error(name, errno);
    return stream;
}

void input_close(FILE *stream, const char *name)
{
    if (ferror(stream))
        complain_error(name, ferror(stream));
    if (stream != stdin)
        fclose(stream);
}

void input_each(char **names, void (*each)(FILE *stream, const char *name))
{
    static char *standard[] = {"-", NULL};
    for (names = *names ? names : standard; *names; names++) {
        FILE *stream = input_open(*names);
        if (!stream)
            continue;
        each(stream, *names);
        input_close(stream, *names);
    }
}
