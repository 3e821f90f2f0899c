/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shell's line editor, with a terminal of one line that is looked at: what it shows must be the prompt and the text, with the
 * cursor in its place.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/random.h"
#include "line.h"
#include "user_libc.h"

static struct line line;

/* ---- the terminal ---- */

enum { COLUMNS = LINE_COLUMNS };
static char screen[COLUMNS + 1];
static unsigned column;
static char sequence[16];
static unsigned sequence_length;

static void finish_sequence(void)
{
    char last = sequence[sequence_length - 1];
    sequence_length = 0;
    if (last == 'K')
        memset(screen + column, ' ', COLUMNS - column);
    else if (last == 'J')
        memset(screen, ' ', COLUMNS);
    else if (last == 'H')
        column = 0;
    else
        cr_fatal("the terminal does not know this sequence: %c", last);
}

static void show(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        if (sequence_length || c == '\033') {
            sequence[sequence_length++] = c;
            cr_assert(lt(uint, sequence_length, 10));
            if (sequence_length > 2 && isalpha((unsigned char)c))
                finish_sequence();
        } else if (c == '\r') {
            column = 0;
        } else if (c == '\n') {
            memset(screen, ' ', COLUMNS);
            column = 0;
        } else if (c != '\a') {
            cr_assert(lt(uint, column, COLUMNS - 1), "the last column stays empty");
            screen[column++] = c;
        }
    }
}

static char **no_names(const char *text, size_t cursor, size_t *ret_begin)
{
    (void)text, (void)cursor, (void)ret_begin;
    return NULL;
}

static void begin(void)
{
    line = (struct line){.prompt = "$ ", .show = show, .complete = no_names};
    memset(screen, ' ', COLUMNS);
    column = 0;
    line_begin(&line);
}

static enum line_result type(const char *keys)
{
    enum line_result result = LINE_MORE;
    for (; *keys; keys++)
        result = line_key(&line, *keys);
    return result;
}

static void check_screen(void)
{
    cr_assert(eq(int, strncmp(screen, "$ ", 2), 0));
    size_t shown = line.length - line.first_shown;
    if (shown > COLUMNS - 3)
        shown = COLUMNS - 3;
    cr_assert(eq(int, strncmp(screen + 2, line.text + line.first_shown, shown), 0), "shows %.80s for %s", screen, line.text);
    for (size_t i = 2 + shown; i < COLUMNS; i++)
        cr_assert(eq(chr, screen[i], ' '));
    cr_assert(eq(uint, column, (unsigned)(2 + line.cursor - line.first_shown)));
}

#define LEFT  "\033[D"
#define RIGHT "\033[C"
#define UP    "\033[A"
#define DOWN  "\033[B"

Test(user_line, keys_edit_the_line)
{
    static const struct {
        const char *keys, *want;
        size_t cursor;
    } rows[] = {
        {"abc", "abc", 3},
        {"abc" LEFT LEFT "x", "axbc", 2},
        {"abc\x01x\x05y", "xabcy", 5},
        {"abc\033[Hx\033[Fy", "xabcy", 5},
        {"abc\033[1~x\033[4~y", "xabcy", 5},
        {"abc\033OHx\033OFy", "xabcy", 5},
        {"abc\x7f\x08", "a", 1},
        {"abc" LEFT "\033[3~", "ab", 2},
        {"abc" LEFT "\x04", "ab", 2},
        {"abc def\x17", "abc ", 4},
        {"abc def  \x17\x17", "", 0},
        {"abc def" LEFT LEFT "\x15", "ef", 0},
        {"abc def" LEFT LEFT "\x0b", "abc d", 5},
        {"abc\x02\x02\x06x", "abxc", 3},
        {LEFT RIGHT "\x7f\033[3~", "", 0},
        {"a\033[99~\033[Zb\033x", "ab", 2},
        {"\xc3\xa4\xc3\xb6" LEFT "x\x7f\x7f", "\xc3\xb6", 0},
        {"a\x0c"
         "b",
         "ab", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        cr_expect(eq(int, type(rows[i].keys), LINE_MORE));
        cr_expect(eq(str, line.text, (char *)(uintptr_t)rows[i].want), "row %zu", i);
        cr_expect(eq(sz, line.cursor, rows[i].cursor), "row %zu", i);
    }
}

Test(user_line, a_line_ends_in_one_of_three_ways)
{
    begin();
    cr_expect(eq(int, type("ls\r"), LINE_DONE));
    cr_expect(eq(str, line.text, "ls"));
    begin();
    cr_expect(eq(int, type("\x04"), LINE_END));
    begin();
    cr_expect(eq(int, type("ls\x03"), LINE_ABANDONED));
}

Test(user_line, what_was_typed_comes_back)
{
    begin();
    line_remember(&line, "first");
    line_remember(&line, "second");
    line_remember(&line, "second");
    line_remember(&line, "");
    line_begin(&line);
    type("new" UP);
    cr_expect(eq(str, line.text, "second"));
    type(UP UP UP);
    cr_expect(eq(str, line.text, "first"));
    type("!" DOWN);
    cr_expect(eq(str, line.text, "second"));
    type(DOWN DOWN);
    cr_expect(eq(str, line.text, "new"));
    check_screen();
    for (int i = 0; i < 3 * LINE_HISTORY; i++) {
        char text[16];
        snprintf(text, sizeof text, "line %d", i);
        line_remember(&line, text);
    }
    cr_expect(eq(uint, line.history_count, LINE_HISTORY));
    line_begin(&line);
    type(UP);
    cr_expect(eq(str, line.text, "line 299"));
    for (unsigned i = 0; i < line.history_count; i++)
        ts_free(line.history[i]);
}

Test(user_line, the_screen_shows_the_line_whatever_is_typed)
{
    static const char *const keys[] = {
        "a", "b c", "word ", LEFT, RIGHT, "\x01", "\x05", "\x7f", "\033[3~", "\x17", "\x0c", "a long text that goes on ", UP, DOWN};
    struct random random = {9};
    for (int round = 0; round < 60; round++) {
        begin();
        line_remember(&line, "one that was typed before and is long enough to need more than what is left of the terminal's line");
        line_remember(&line, "short");
        line_begin(&line);
        for (int i = 0; i < 150; i++) {
            type(keys[random_below(&random, sizeof keys / sizeof keys[0])]);
            cr_assert(le(sz, line.cursor, line.length));
            cr_assert(eq(sz, strlen(line.text), line.length));
            check_screen();
        }
        for (unsigned i = 0; i < line.history_count; i++)
            ts_free(line.history[i]);
    }
}

Test(user_line, a_line_that_is_too_long_takes_no_more)
{
    begin();
    for (int i = 0; i < 3000; i++)
        type("x");
    cr_expect(eq(sz, line.length, LINE_BYTES - 1));
    type("\x15y");
    cr_expect(eq(str, line.text, "y"));
    check_screen();
}

Test(user_line, any_keys_are_survived)
{
    struct random random = {21};
    begin();
    for (int i = 0; i < 20000; i++) {
        char key = (char)random_next(&random);
        if ((unsigned char)key >= 0x80 || key == '\n' || key == '\r' || key == 3) /* Ctrl-C shows itself behind the text */
            key = 'z';
        if (line_key(&line, key) != LINE_MORE)
            line_begin(&line);
        cr_assert(le(sz, line.cursor, line.length));
    }
}

/* ---- completion ---- */

static const char *const *offered;

static char **offer(const char *text, size_t cursor, size_t *ret_begin)
{
    char **names = (char **)ts_calloc(10, sizeof *names);
    size_t count = 0, begin = cursor;
    while (begin > 0 && text[begin - 1] != ' ')
        begin--;
    *ret_begin = begin;
    for (const char *const *name = offered; *name; name++)
        if (strncmp(*name, text + begin, cursor - begin) == 0)
            strcpy(names[count++] = (char *)ts_malloc(strlen(*name) + 1), *name);
    return names;
}

Test(user_line, tab_completes_as_far_as_it_is_certain)
{
    static const char *const names[] = {"harts", "head", "hexdump", "bin/", NULL};
    static const struct {
        const char *keys, *want;
    } rows[] = {
        {"ha\t", "harts "},
        {"h\t", "h"},
        {"x he\t", "x he"},
        {"hea\t\t", "head "},
        {"b\t", "bin/"},
        {"z\t\t", "z"},
        {"\t", ""},
        {"hexdump\t", "hexdump "},
        {"ha x\x01\x06\x06\t", "harts  x"},
        {"h\t\t\t", "h"},
    };
    offered = names;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        line.complete = offer;
        type(rows[i].keys);
        cr_expect(eq(str, line.text, (char *)(uintptr_t)rows[i].want), "row %zu", i);
        check_screen();
    }
}
