/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A line being typed: keys go in, what the terminal has to show comes out. Left and Right, Home and End, Ctrl-A E B F, Backspace,
 * Delete, Ctrl-U K W, Ctrl-L, Up and Down (Ctrl-P N) through what was typed before, Tab. Pure: the terminal and the names to
 * complete belong to the caller. Lines longer than the terminal are shown in part.
 */
#ifndef USER_LINE_H
#define USER_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_BYTES = 1024, LINE_HISTORY = 100, LINE_COLUMNS = 80 };

enum line_result { LINE_MORE, LINE_DONE, LINE_END, LINE_ABANDONED };

struct line {
    /* the caller's */
    const char *prompt;
    void (*show)(const char *bytes, size_t count);
    /* What the word that ends at `cursor` may become: a NULL-ended array on malloc of texts on malloc, which line.c frees, and
     * where the word begins. NULL: nothing. Each text is the whole word; one that ends in a slash goes on. */
    char **(*complete)(const char *text, size_t cursor, size_t *ret_begin);
    /* line.c's */
    char text[LINE_BYTES];
    size_t length, cursor;
    size_t first_shown; /* the leftmost character on the terminal */
    char escape[8];     /* of a key that sends several characters */
    size_t escape_length;
    bool was_tab;
    char *history[LINE_HISTORY]; /* on malloc; number 0 is the oldest */
    unsigned history_count, history_at;
    char kept[LINE_BYTES]; /* the new line, while an old one is shown */
};

/* Shows the prompt and begins with an empty line. */
void line_begin(struct line *line);
/* One character from the terminal. LINE_DONE: text is the line. LINE_END: Ctrl-D on an empty one. LINE_ABANDONED: Ctrl-C. */
enum line_result line_key(struct line *line, char key);
/* Remembers a line, unless it is empty or the one before. */
void line_remember(struct line *line, const char *text);

#endif
