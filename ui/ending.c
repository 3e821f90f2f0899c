/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of endings.
 */
#include "ending.h"

#include <string.h>

const struct ending_row ending_rows[ENDING_COUNT] = {
#define ENDING(name, text, code, code_text, meaning) {text, code, code_text, meaning},
#include "ending.def"
#undef ENDING
};

struct ending ending_make(enum ending_kind kind, int code)
{
    int fixed = ending_rows[kind].code;
    return (struct ending){.kind = kind, .code = fixed < 0 ? code : fixed};
}

enum ending_kind ending_find(const char *name)
{
    enum ending_kind kind = 0;
    while (kind < ENDING_COUNT && strcmp(ending_rows[kind].name, name))
        kind++;
    return kind;
}
