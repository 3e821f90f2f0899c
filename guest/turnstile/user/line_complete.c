/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Completion (line.h): what all candidates have in common is inserted; a single one is finished with a space, unless it goes on.
 */
#include "line.h"
#include "line_parts.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

/* The part that all begin with. */
static size_t common_length(char **candidates)
{
    size_t length = strlen(candidates[0]);
    for (char **other = candidates + 1; *other; other++) {
        size_t same = 0;
        while (same < length && (*other)[same] == candidates[0][same])
            same++;
        length = same;
    }
    return length;
}

/* Of a path, what is behind the last slash but one that ends it. */
static const char *last_part(const char *text)
{
    const char *part = text;
    for (; *text; text++)
        if (*text == '/' && text[1])
            part = text + 1;
    return part;
}

static void list(struct line *line, char **candidates)
{
    size_t widest = 0, count = 0;
    for (char **each = candidates; *each; each++, count++)
        if (strlen(last_part(*each)) > widest)
            widest = strlen(last_part(*each));
    size_t columns = LINE_COLUMNS / (widest + 2), rows;
    columns = columns ? columns : 1;
    rows = (count + columns - 1) / columns;
    line->show("\n", 1);
    for (size_t row = 0; row < rows; row++) {
        for (size_t at = row; at < count; at += rows) {
            char text[LINE_BYTES];
            int length = snprintf(text, sizeof text, "%-*s", at + rows < count ? (int)widest + 2 : 0, last_part(candidates[at]));
            line->show(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
        }
        line->show("\n", 1);
    }
    line_show(line);
}

void line_complete(struct line *line, bool is_second)
{
    size_t begin;
    char **candidates = line->complete ? line->complete(line->text, line->cursor, &begin) : NULL;
    if (!candidates || !candidates[0]) {
        line->show("\a", 1);
        free(candidates);
        return;
    }
    size_t common = common_length(candidates), typed = line->cursor - begin;
    if (common > typed)
        line_insert(line, candidates[0] + typed, common - typed);
    else if (candidates[1] && is_second)
        list(line, candidates);
    else if (candidates[1])
        line->show("\a", 1);
    if (!candidates[1] && candidates[0][common - 1] != '/' && line->cursor == begin + common)
        line_insert(line, " ", 1);
    for (char **each = candidates; *each; each++)
        free(*each);
    free(candidates);
}
