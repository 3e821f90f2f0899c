/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the texts of /proc: lines "key value", and tables whose first line names the columns.
 */
#include "ctype.h"
#include "program.h"
#include "stdlib.h"
#include "string.h"

const char *next_line(const char *text)
{
    const char *newline = strchr(text, '\n');
    return newline && newline[1] ? newline + 1 : NULL;
}

bool proc_value(const char *text, const char *key, uint64_t *ret_value)
{
    size_t length = strlen(key);
    for (; text; text = next_line(text)) {
        char *end;
        if (strncmp(text, key, length) != 0 || text[length] != ' ')
            continue;
        *ret_value = strtoul(text + length, &end, 10);
        return end != text + length;
    }
    return false;
}

bool table_word(const char *line, int column, char *word, size_t room)
{
    for (; column >= 0; column--) {
        line += strspn(line, " \t");
        size_t length = strcspn(line, " \t\n");
        if (length == 0)
            return false;
        if (column == 0) {
            size_t fits = length < room ? length : room - 1;
            memcpy(word, line, fits);
            word[fits] = 0;
        }
        line += length;
    }
    return true;
}

int table_column(const char *heading, const char *name)
{
    char word[32];
    for (int column = 0; table_word(heading, column, word, sizeof word); column++)
        if (strcmp(word, name) == 0)
            return column;
    return -1;
}

uint64_t table_number(const char *line, int column)
{
    char word[32];
    return column >= 0 && table_word(line, column, word, sizeof word) ? strtoul(word, NULL, 10) : 0;
}
