/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * grep's patterns and the shell's: by examples, and against the host's where both know them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fnmatch.h>
#include <regex.h>
#include <string.h>

#include "lib/random.h"
#include "pattern.h"
#include "sh_expand.h"

Test(user_grep, patterns_match_as_they_should)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "abc", true},
        {"b", "abc", true},
        {"^b", "abc", false},
        {"^a", "abc", true},
        {"c$", "abc", true},
        {"b$", "abc", false},
        {"^$", "", true},
        {"^$", "a", false},
        {"a.c", "abc", true},
        {"a.c", "ac", false},
        {"ab*c", "ac", true},
        {"ab*c", "abbbc", true},
        {"ab*c", "adc", false},
        {".*", "", true},
        {"^.*x.*x$", "axbx", true},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[^abc]", "d", true},
        {"[^abc]", "a", false},
        {"[a-c]x", "bx", true},
        {"[a-]", "-", true},
        {"[]]", "]", true},
        {"[^]]", "]", false},
        {"\\.", ".", true},
        {"\\.", "a", false},
        {"a\\*", "a*", true},
        {"[0-9][0-9]*$", "a12", true},
        {"a$b", "a$b", true},
        {"[a-c]*d", "abcabcd", true},
        {"^[a-z]*$", "abc1", false},
        {"x*", "abc", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(eq(ptr, (void *)(uintptr_t)pattern_check(rows[i].pattern), NULL), "%s", rows[i].pattern);
        cr_expect(eq(int, pattern_matches(rows[i].pattern, rows[i].text, false), rows[i].matches), "%s in %s", rows[i].pattern,
                  rows[i].text);
    }
    cr_expect(pattern_matches("AbC", "xaBcx", true));
    cr_expect(not(pattern_matches("AbC", "xaBcx", false)));
    cr_expect(pattern_matches("[a-c]x", "BX", true));
}

Test(user_grep, malformed_patterns_are_told)
{
    cr_expect(ne(ptr, (void *)(uintptr_t)pattern_check("[abc"), NULL));
    cr_expect(ne(ptr, (void *)(uintptr_t)pattern_check("[^"), NULL));
    cr_expect(ne(ptr, (void *)(uintptr_t)pattern_check("["), NULL));
    cr_expect(ne(ptr, (void *)(uintptr_t)pattern_check("abc\\"), NULL));
}

Test(user_grep, random_patterns_match_as_on_the_host)
{
    struct random random = {11};
    static const char letters[] = "aab.*[]^$\\";
    for (int round = 0; round < 20000; round++) {
        char pattern[10], text[10];
        unsigned length = random_below(&random, 7);
        for (unsigned i = 0; i < length; i++)
            pattern[i] = letters[random_below(&random, sizeof letters - 1)];
        pattern[length] = 0;
        /* What the two mean differently: a star without an element, anchors within, escaped letters, classes. */
        bool is_common = !strchr(pattern, '[') && !strchr(pattern, ']') && pattern[0] != '*' && !strstr(pattern, "**") &&
                         !strchr(pattern, '\\') && !strstr(pattern, "^*") && (!pattern[0] || !strchr(pattern + 1, '^'));
        for (char *dollar = strchr(pattern, '$'); dollar; dollar = strchr(dollar + 1, '$'))
            is_common &= !dollar[1];
        unsigned count = random_below(&random, 8);
        for (unsigned i = 0; i < count; i++)
            text[i] = "ab"[random_below(&random, 2)];
        text[count] = 0;
        if (pattern_check(pattern))
            continue;
        bool got = pattern_matches(pattern, text, false); /* whatever it is, it ends */
        regex_t regex;
        if (!is_common || regcomp(&regex, pattern, REG_NOSUB))
            continue;
        cr_assert(eq(int, got, regexec(&regex, text, 0, NULL, 0) == 0), "%s in %s", pattern, text);
        regfree(&regex);
    }
}

Test(user_glob, names_match_as_on_the_host)
{
    struct random random = {5};
    static const char letters[] = "ab*?[!-]";
    unsigned compared = 0;
    for (int round = 0; round < 40000; round++) {
        char pattern[10], name[10];
        unsigned length = random_below(&random, 8), count = random_below(&random, 6);
        for (unsigned i = 0; i < length; i++)
            pattern[i] = letters[random_below(&random, sizeof letters - 1)];
        for (unsigned i = 0; i < count; i++)
            name[i] = "ab-"[random_below(&random, 3)];
        pattern[length] = name[count] = 0;
        bool got = sh_glob_matches(pattern, name);
        /* Ranges and classes without an end are not the same everywhere. */
        if (strchr(pattern, '[') && (strchr(pattern, '-') || !strchr(strchr(pattern, '[') + 2 - !strchr(pattern, '[')[1], ']')))
            continue;
        cr_assert(eq(int, got, fnmatch(pattern, name, 0) == 0), "%s, %s", pattern, name);
        compared++;
    }
    cr_expect(gt(uint, compared, 20000));
    cr_expect(sh_glob_matches("[a-c]*.c", "boot.c"));
    cr_expect(not(sh_glob_matches("[a-c]*.c", "doot.c")));
    cr_expect(sh_glob_matches("\\*", "*"));
    cr_expect(not(sh_glob_matches("\\*", "x")));
    cr_expect(sh_glob_matches("[x", "[x"));
}
