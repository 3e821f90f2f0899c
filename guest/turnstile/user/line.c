/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Editing (line.h). Bytes of UTF-8 behind the first take no place on the terminal and are never cut off from it.
 */
#include "line.h"

#include "ctype.h"
#include "line_parts.h"
#include "stdlib.h"
#include "string.h"

enum {
    CTRL_A = 1,
    CTRL_B = 2,
    CTRL_C = 3,
    CTRL_D = 4,
    CTRL_E = 5,
    CTRL_F = 6,
    BACKSPACE = 8,
    TAB = 9,
    CTRL_K = 11,
    CTRL_L = 12,
    CTRL_N = 14,
    CTRL_P = 16,
    CTRL_U = 21,
    CTRL_W = 23,
    ESCAPE = 27,
    DELETE = 127
};

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += !is_continuation(text[i]);
    return columns;
}

static void show(struct line *line, const char *text)
{
    line->show(text, strlen(text));
}

/* ---- the terminal ---- */

/* Columns that text may take: the last one stays empty, so that the terminal never begins a new line by itself. */
static size_t room_of(const struct line *line)
{
    size_t prompt = columns_of(line->prompt, strlen(line->prompt));
    return prompt + 20 < LINE_COLUMNS ? LINE_COLUMNS - 1 - prompt : 20;
}

static void choose_first(struct line *line)
{
    size_t room = room_of(line);
    if (line->cursor < line->first_shown)
        line->first_shown = line->cursor;
    while (columns_of(line->text + line->first_shown, line->cursor - line->first_shown) > room)
        line->first_shown += room / 2;
    if (line->first_shown > line->cursor)
        line->first_shown = line->cursor;
    if (columns_of(line->text, line->length) <= room)
        line->first_shown = 0;
    while (line->first_shown > 0 && is_continuation(line->text[line->first_shown]))
        line->first_shown--;
}

void line_show(struct line *line)
{
    choose_first(line);
    size_t room = room_of(line), end = line->first_shown;
    while (end < line->length && columns_of(line->text + line->first_shown, end + 1 - line->first_shown) <= room)
        end++;
    show(line, "\r");
    show(line, line->prompt);
    line->show(line->text + line->first_shown, end - line->first_shown);
    show(line, "\033[K");
    if (line->cursor == end)
        return;
    show(line, "\r");
    show(line, line->prompt);
    line->show(line->text + line->first_shown, line->cursor - line->first_shown);
}

void line_begin(struct line *line)
{
    line->length = line->cursor = line->first_shown = line->escape_length = 0;
    line->text[0] = 0;
    line->was_tab = false;
    line->history_at = line->history_count;
    show(line, "\r\033[K");
    show(line, line->prompt);
}

/* ---- changes ---- */

void line_insert(struct line *line, const char *text, size_t count)
{
    if (line->length + count >= LINE_BYTES) {
        show(line, "\a");
        return;
    }
    memmove(line->text + line->cursor + count, line->text + line->cursor, line->length - line->cursor + 1);
    memcpy(line->text + line->cursor, text, count);
    line->length += count;
    line->cursor += count;
    bool is_simple =
        line->cursor == line->length && line->first_shown == 0 && columns_of(line->text, line->length) <= room_of(line);
    if (is_simple)
        line->show(text, count);
    else
        line_show(line);
}

void line_delete(struct line *line, size_t begin, size_t end)
{
    if (begin == end)
        return;
    memmove(line->text + begin, line->text + end, line->length - end + 1);
    line->length -= end - begin;
    line->cursor = begin;
    line_show(line);
}

static size_t left_of(const struct line *line, size_t at)
{
    while (at > 0 && is_continuation(line->text[--at]))
        continue;
    return at;
}

static size_t right_of(const struct line *line, size_t at)
{
    if (at < line->length)
        at++;
    while (at < line->length && is_continuation(line->text[at]))
        at++;
    return at;
}

static size_t word_left_of(const struct line *line)
{
    size_t at = line->cursor;
    while (at > 0 && isspace(line->text[at - 1]))
        at--;
    while (at > 0 && !isspace(line->text[at - 1]))
        at--;
    return at;
}

static void move(struct line *line, size_t cursor)
{
    if (cursor == line->cursor)
        return;
    line->cursor = cursor;
    line_show(line);
}

/* ---- history ---- */

void line_remember(struct line *line, const char *text)
{
    if (!*text || (line->history_count && strcmp(line->history[line->history_count - 1], text) == 0))
        return;
    char *copy = strdup(text);
    if (!copy)
        return;
    if (line->history_count == LINE_HISTORY) {
        free(line->history[0]);
        memmove(line->history, line->history + 1, (LINE_HISTORY - 1) * sizeof line->history[0]);
        line->history_count--;
    }
    line->history[line->history_count++] = copy;
}

static void go_to_history(struct line *line, unsigned at)
{
    if (at > line->history_count || at == line->history_at)
        return;
    if (line->history_at == line->history_count)
        memcpy(line->kept, line->text, sizeof line->kept);
    line->history_at = at;
    line->length = text_copy(line->text, at == line->history_count ? line->kept : line->history[at], LINE_BYTES);
    if (line->length >= LINE_BYTES)
        line->length = LINE_BYTES - 1;
    line->cursor = line->length;
    line->first_shown = 0;
    line_show(line);
}

/* ---- keys ---- */

static void finish_escape(struct line *line)
{
    char last = line->escape[line->escape_length - 1], number = line->escape_length == 3 ? line->escape[1] : 0;
    line->escape_length = 0;
    if (last == 'A') {
        if (line->history_at > 0)
            go_to_history(line, line->history_at - 1);
    } else if (last == 'B') {
        go_to_history(line, line->history_at + 1);
    } else if (last == 'C') {
        move(line, right_of(line, line->cursor));
    } else if (last == 'D') {
        move(line, left_of(line, line->cursor));
    } else if (last == 'H' || (last == '~' && (number == '1' || number == '7'))) {
        move(line, 0);
    } else if (last == 'F' || (last == '~' && (number == '4' || number == '8'))) {
        move(line, line->length);
    } else if (last == '~' && number == '3') {
        line_delete(line, line->cursor, right_of(line, line->cursor));
    }
}

/* Keys of several characters: ESC [ digits letter, ESC O letter. Those that are not known do nothing. */
static void escape_key(struct line *line, char key)
{
    if (line->escape_length == 1 && line->escape[0] == ESCAPE) { /* only ESC so far */
        if (key == '[' || key == 'O')
            line->escape[0] = key;
        else
            line->escape_length = 0;
        return;
    }
    if (line->escape_length < sizeof line->escape)
        line->escape[line->escape_length++] = key;
    if (line->escape[0] == 'O' || isalpha(key) || key == '~')
        finish_escape(line);
}

static enum line_result control_key(struct line *line, char key)
{
    switch (key) {
    case '\r':
    case '\n':
        show(line, "\n");
        return LINE_DONE;
    case CTRL_C:
        show(line, "^C\n");
        return LINE_ABANDONED;
    case CTRL_D:
        if (line->length == 0)
            return LINE_END;
        line_delete(line, line->cursor, right_of(line, line->cursor));
        break;
    case BACKSPACE:
    case DELETE:
        line_delete(line, left_of(line, line->cursor), line->cursor);
        break;
    case CTRL_U:
        line_delete(line, 0, line->cursor);
        break;
    case CTRL_K:
        line_delete(line, line->cursor, line->length);
        break;
    case CTRL_W:
        line_delete(line, word_left_of(line), line->cursor);
        break;
    case CTRL_A:
        move(line, 0);
        break;
    case CTRL_E:
        move(line, line->length);
        break;
    case CTRL_B:
        move(line, left_of(line, line->cursor));
        break;
    case CTRL_F:
        move(line, right_of(line, line->cursor));
        break;
    case CTRL_P:
        if (line->history_at > 0)
            go_to_history(line, line->history_at - 1);
        break;
    case CTRL_N:
        go_to_history(line, line->history_at + 1);
        break;
    case CTRL_L:
        show(line, "\033[H\033[2J");
        line_show(line);
        break;
    case ESCAPE:
        line->escape[0] = ESCAPE;
        line->escape_length = 1;
        break;
    default:
        break;
    }
    return LINE_MORE;
}

enum line_result line_key(struct line *line, char key)
{
    bool was_tab = line->was_tab;
    line->was_tab = false;
    if (line->escape_length > 0) {
        escape_key(line, key);
        return LINE_MORE;
    }
    if (key == TAB) {
        line->was_tab = true;
        line_complete(line, was_tab);
        return LINE_MORE;
    }
    if ((unsigned char)key < ' ' || key == DELETE)
        return control_key(line, key);
    line_insert(line, &key, 1);
    return LINE_MORE;
}
