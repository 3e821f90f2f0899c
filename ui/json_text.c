/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jansson refuses strings that are no UTF-8, and with them the object they were meant for. So they are mended before.
 */
#include "json_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes the character at `at` has; 0: there is none. jansson knows what is one. */
static size_t character_bytes(const char *at, size_t most)
{
    unsigned char first = (unsigned char)*at;
    size_t bytes = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (bytes > most)
        return 0;
    json_t *one = json_stringn(at, bytes);
    json_decref(one);
    return one ? bytes : 0;
}

json_t *json_text(const char *bytes, size_t count)
{
    static const char mark[] = "\xef\xbf\xbd";
    json_t *whole = json_stringn(bytes, count);
    char *text = whole ? NULL : malloc(count * (sizeof mark - 1) + 1), *to = text;
    if (!text)
        return whole;
    for (size_t at = 0; at < count;) {
        size_t length = character_bytes(bytes + at, count - at);
        memcpy(to, length ? bytes + at : mark, length ? length : sizeof mark - 1);
        to += length ? length : sizeof mark - 1;
        at += length ? length : 1;
    }
    json_t *mended = json_stringn(text, (size_t)(to - text));
    free(text);
    return mended;
}

char *json_line(json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    size_t length = text ? strlen(text) : 0;
    char *line = text ? realloc(text, length + 2) : NULL;
    if (line)
        memcpy(line + length, "\n", 2);
    else
        free(text);
    json_decref(object);
    return line;
}

void json_print(FILE *to, json_t *object)
{
    char *line = json_line(object);
    fputs(line ? line : "{}\n", to);
    free(line);
}
