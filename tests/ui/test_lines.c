/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source lines and inlined calls, against addr2line, and source files.
 */
#define _GNU_SOURCE
#include "ui_guest.h"

#include <source.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_MOST 1024

/* The guests with DWARF. */
static const char *const guests[] = {"debug", "dwarf4"};

struct answers {
    struct symbols *symbols;
    size_t count; /* of two bytes each, from the start of RAM */
    unsigned lines[CODE_MOST];
    char files[CODE_MOST][256];
    char functions[CODE_MOST][256]; /* "inner <- outer <- function" */
    size_t at;
    bool is_place; /* the line to come is "file:line" */
};

/* addr2line -a -f -i: "0xADDRESS", then pairs of lines: function, place. */
static void read_answer(char *text, size_t n, void *context)
{
    struct answers *answers = context;
    if (!strncmp(text, "0x", 2)) {
        answers->at = (strtoull(text, NULL, 16) - GUEST_RAM) / 2;
        answers->is_place = false;
        return;
    }
    char *functions = answers->functions[answers->at], *file = answers->files[answers->at];
    if (!answers->is_place) {
        size_t length = strlen(functions);
        snprintf(functions + length, 256 - length, "%s%s", length ? " <- " : "", text);
    } else if (!file[0]) { /* the innermost */
        answers->lines[answers->at] = (unsigned)atoi(strrchr(text, ':') + 1);
        *strrchr(text, ':') = '\0';
        snprintf(file, 256, "%s", strrchr(text, '/') ? strrchr(text, '/') + 1 : text);
    }
    answers->is_place = !answers->is_place;
}

static struct answers *ask(const char *guest)
{
    struct answers *answers = calloc(1, sizeof *answers);
    answers->symbols = guest_symbols(guest);
    answers->count = (guest_address(answers->symbols, "two") + symbols_find(answers->symbols, "two")->bytes - GUEST_RAM) / 2;
    cr_assert(answers->count > 100 && answers->count <= CODE_MOST);
    char arguments[64 + 12 * CODE_MOST] = "-a -f -i";
    size_t length;
    for (size_t i = 0; i < answers->count; i++) {
        length = strlen(arguments);
        snprintf(arguments + length, sizeof arguments - length, " 0x%" PRIx64, GUEST_RAM + 2 * i);
    }
    strcat(arguments, " -e");
    guest_ask("addr2line", guest, arguments, read_answer, answers);
    return answers;
}

static void finish(struct answers *answers)
{
    symbols_destroy(answers->symbols);
    free(answers);
}

Test(lines, each_address_of_the_code_has_the_line_that_addr2line_prints)
{
    for (size_t g = 0; g < 2; g++) {
        struct answers *answers = ask(guests[g]);
        for (size_t i = 0; i < answers->count; i++) {
            struct symbols_line line;
            uint64_t address = GUEST_RAM + 2 * i;
            bool is_there = symbols_line(answers->symbols, address, &line);
            cr_expect(eq(int, is_there, answers->lines[i] != 0), "%s 0x%" PRIx64, guests[g], address);
            if (!is_there)
                continue;
            const char *slash = strrchr(line.file, '/');
            cr_expect(eq(uint, line.line, answers->lines[i]), "%s 0x%" PRIx64, guests[g], address);
            cr_expect(eq(str, (char *)(slash ? slash + 1 : line.file), answers->files[i]), "%s 0x%" PRIx64, guests[g], address);
            cr_expect(line.directory && line.directory[0] == '/');
            cr_expect(le(u64, line.address, address));
        }
        finish(answers);
    }
}

Test(lines, inlined_calls_are_those_that_addr2line_prints)
{
    for (size_t g = 0; g < 2; g++) {
        struct answers *answers = ask(guests[g]);
        unsigned deepest = 0;
        for (size_t i = 0; i < answers->count; i++) {
            struct symbols_inline inlined[8];
            char functions[256] = "";
            uint64_t address = GUEST_RAM + 2 * i;
            size_t count = symbols_inlined(answers->symbols, address, inlined, 8);
            for (size_t n = 0; n < count; n++) {
                strcat(strcat(functions, inlined[n].name), " <- ");
                cr_expect(inlined[n].file && inlined[n].line > 0);
            }
            deepest = count > deepest ? (unsigned)count : deepest;
            const struct symbol *symbol = symbols_lookup(answers->symbols, address, NULL);
            cr_assert(symbol != NULL);
            if (symbol->kind == SYMBOL_FUNCTION)
                cr_expect(eq(str, strcat(functions, symbol->name), answers->functions[i]), "%s 0x%" PRIx64, guests[g], address);
            else
                cr_expect(eq(sz, count, 0));
        }
        cr_expect(eq(uint, deepest, 2));
        finish(answers);
    }
}

Test(lines, inlined_calls_say_where_they_are)
{
    struct symbols *symbols = guest_symbols("debug");
    struct symbols_inline inlined[4];
    uint64_t helper = guest_address(symbols, "one.c:helper");
    unsigned found = 0;
    for (uint64_t at = helper; at < helper + symbols_find(symbols, "one.c:helper")->bytes && !found; at += 2)
        if (symbols_inlined(symbols, at, inlined, 4) == 2)
            found = 1;
    cr_assert(eq(uint, found, 1));
    cr_expect(eq(str, (char *)inlined[0].name, "count"));
    cr_expect(eq(str, (char *)inlined[1].name, "count_twice"));
    struct source source;
    struct emu_error error = {""};
    static const char *const calls[] = {"count(by)", "count_twice(value)"};
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(source_read(&source, inlined[i].file, inlined[i].directory, NULL, 0, &error), "%s", error.text);
        cr_expect(strstr(source.lines[inlined[i].line - 1], calls[i]) != NULL, "%s", source.lines[inlined[i].line - 1]);
        source_finish(&source);
    }
    symbols_destroy(symbols);
}

Test(lines, a_line_leads_to_its_code_and_every_line_with_code_is_found)
{
    static const char *const forms[] = {"%s:%u", "guest/%s:%u", UI_SOURCES "/%s:%u"};
    for (size_t g = 0; g < 2; g++) {
        struct answers *answers = ask(guests[g]);
        for (size_t i = 0; i < answers->count; i++) {
            uint64_t found[16];
            unsigned next;
            char text[4096];
            snprintf(text, sizeof text, forms[i % 3], answers->files[i], answers->lines[i]);
            size_t count = answers->lines[i] ? symbols_line_addresses(answers->symbols, text, found, 16, &next) : 0;
            cr_expect(eq(int, count > 0, answers->lines[i] > 0), "%s", text);
            cr_assert(le(sz, count, 16));
            bool is_before = count == 0;
            for (size_t n = 0; n < count; n++) {
                cr_expect(n == 0 || found[n - 1] < found[n]);
                is_before = is_before || found[n] <= GUEST_RAM + 2 * i;
            }
            cr_expect(is_before, "%s", text);
        }
        finish(answers);
    }
}

Test(lines, a_line_without_code_says_which_one_has_some)
{
    struct symbols *symbols = guest_symbols("debug");
    unsigned next;
    uint64_t found[4];
    cr_expect(eq(sz, symbols_line_addresses(symbols, "two.c:1", found, 4, &next), 0));
    char text[64];
    snprintf(text, sizeof text, "two.c:%u", next);
    cr_assert(eq(sz, symbols_line_addresses(symbols, text, found, 4, &next), 1));
    cr_expect(eq(u64, found[0], guest_address(symbols, "leaf")));
    static const char *const none[] = {"two.c:100000",
                                       "three.c:1",
                                       "wo.c:12",
                                       "two.c:",
                                       ":12",
                                       "two.c",
                                       "",
                                       "two.c:1x",
                                       "two.c:0",
                                       "two.c:-1",
                                       "two.c:99999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        cr_expect(eq(sz, symbols_line_addresses(symbols, none[i], found, 4, &next), 0), "%s", none[i]);
        cr_expect(eq(uint, next, 0), "%s", none[i]);
    }
    symbols_destroy(symbols);
    symbols = guest_symbols("eh"); /* no DWARF */
    struct symbols_line line;
    struct symbols_inline inlined;
    cr_expect(eq(sz, symbols_line_addresses(symbols, "two.c:16", found, 4, &next), 0));
    cr_expect(not(symbols_line(symbols, guest_address(symbols, "leaf"), &line)));
    cr_expect(eq(sz, symbols_inlined(symbols, guest_address(symbols, "leaf"), &inlined, 1), 0));
    symbols_destroy(symbols);
}

Test(lines, a_header_s_line_has_code_wherever_it_was_inlined)
{
    struct symbols *symbols = guest_symbols("debug");
    struct source source;
    struct emu_error error = {""};
    cr_assert(source_read(&source, UI_SOURCES "/guest.h", NULL, NULL, 0, &error), "%s", error.text);
    unsigned line = 0, next;
    while (line < source.count && !strstr(source.lines[line], "counter += by"))
        line++;
    cr_assert(line < source.count);
    source_finish(&source);
    char text[64];
    uint64_t found[8];
    snprintf(text, sizeof text, "guest.h:%u", line + 1);
    size_t count = symbols_line_addresses(symbols, text, found, 8, &next);
    cr_expect(ge(sz, count, 3)); /* twice in one.c, once in two.c */
    unsigned in_one = 0, in_two = 0;
    for (size_t i = 0; i < count && i < 8; i++) {
        const struct symbol *symbol = symbols_lookup(symbols, found[i], NULL);
        in_one += symbol == symbols_find(symbols, "one.c:helper");
        in_two += symbol == symbols_find(symbols, "two.c:helper");
    }
    cr_expect(ge(uint, in_one, 2));
    cr_expect(ge(uint, in_two, 1));
    symbols_destroy(symbols);
}

/* ---- source files ---- */

Test(source, it_is_found_as_named_where_it_was_compiled_and_below_the_paths_given)
{
    static const char *const paths[] = {"/nonexistent", UI_SOURCES};
    static const struct {
        const char *file, *directory;
        size_t paths;
    } rows[] = {{UI_SOURCES "/two.c", NULL, 0},  {"two.c", UI_SOURCES, 0}, {"guest/two.c", UI_SOURCES "/..", 0}, {"two.c", NULL, 2},
                {"/gone/a/two.c", "/gone/a", 2}, {"b//a/two.c", NULL, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct source source;
        struct emu_error error = {""};
        cr_assert(source_read(&source, rows[i].file, rows[i].directory, paths, rows[i].paths, &error), "%s", error.text);
        cr_expect(gt(sz, source.count, 20));
        cr_expect(eq(str, source.lines[0], "/* SPDX-License-Identifier: GPL-3.0-or-later"));
        cr_expect(eq(str, source.lines[source.count - 1], "}"));
        source_finish(&source);
    }
}

Test(source, a_file_that_is_not_there_is_one_sentence)
{
    static const char *const paths[] = {"/nonexistent", "/dev"};
    static const char *const files[] = {"gone.c", "/nonexistent/gone.c", "", "/", "/dev/zero", "a/zero"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct source source;
        struct emu_error error = {""};
        cr_expect(not(source_read(&source, files[i], "/nonexistent", paths, 2, &error)), "%s", files[i]);
        cr_expect(strstr(error.text, "is not there; --source-path DIR says where to look") != NULL, "%s", error.text);
        source_finish(&source);
    }
}

Test(source, lines_end_in_any_way_and_hold_nothing_that_harms_a_terminal)
{
    char path[] = "/tmp/lockscope-source-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("one\r\n\ttwo\033[2J\n\nfour", file);
    fclose(file);
    struct source source;
    struct emu_error error = {""};
    cr_assert(source_read(&source, path, NULL, NULL, 0, &error), "%s", error.text);
    remove(path);
    cr_assert(eq(sz, source.count, 4));
    static const char *const want[] = {"one", "\ttwo?[2J", "", "four"};
    for (size_t i = 0; i < 4; i++)
        cr_expect(eq(str, source.lines[i], (char *)want[i]));
    source_finish(&source);
}
