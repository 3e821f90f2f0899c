/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * grep's patterns (pattern.h). A star takes as much as it can and gives back one by one; each step back is a loop, and the depth of
 * recursion is that of the stars in the pattern.
 */
#include "pattern.h"

#include <stddef.h>

#include "ctype.h"

/* Behind the closing bracket of a class that begins at '[', or NULL. A ']' that comes first belongs to the class. */
static const char *class_end(const char *at)
{
    at++;
    if (*at == '^')
        at++;
    if (*at == ']')
        at++;
    while (*at && *at != ']')
        at++;
    return *at ? at + 1 : NULL;
}

/* Behind the element at `at`, a star not counted. */
static const char *element_end(const char *at)
{
    if (*at == '[')
        return class_end(at);
    if (*at == '\\')
        return at[1] ? at + 2 : NULL;
    return at + 1;
}

const char *pattern_check(const char *pattern)
{
    for (const char *end; *pattern; pattern = end) {
        end = element_end(pattern);
        if (!end)
            return *pattern == '[' ? "a [ has no ]" : "it ends in a \\";
    }
    return NULL;
}

static bool is_in_class(const char *at, unsigned char c)
{
    const char *end = class_end(at) - 1;
    bool is_negated = *++at == '^', is_found = false;
    for (at += is_negated; at < end; at++) {
        unsigned char first = (unsigned char)*at, last = first;
        if (at[1] == '-' && at + 2 < end) {
            last = (unsigned char)at[2];
            at += 2;
        }
        is_found |= c >= first && c <= last;
    }
    return is_found != is_negated;
}

static bool element_is(const char *at, char c)
{
    switch (*at) {
    case '.':
        return true;
    case '[':
        return is_in_class(at, (unsigned char)c);
    case '\\':
        return at[1] == c;
    default:
        return *at == c;
    }
}

static bool element_matches(const char *at, char c, bool ignores_case)
{
    return c && (element_is(at, c) || (ignores_case && (element_is(at, (char)tolower(c)) || element_is(at, (char)toupper(c)))));
}

static bool matches_here(const char *pattern, const char *text, bool ignores_case)
{
    for (;;) {
        if (!*pattern)
            return true;
        if (pattern[0] == '$' && !pattern[1])
            return !*text;
        const char *end = element_end(pattern);
        if (*end == '*') {
            size_t most = 0;
            while (element_matches(pattern, text[most], ignores_case))
                most++;
            for (size_t taken = most + 1; taken-- > 0;)
                if (matches_here(end + 1, text + taken, ignores_case))
                    return true;
            return false;
        }
        if (!element_matches(pattern, *text, ignores_case))
            return false;
        pattern = end;
        text++;
    }
}

bool pattern_matches(const char *pattern, const char *text, bool ignores_case)
{
    if (*pattern == '^')
        return matches_here(pattern + 1, text, ignores_case);
    do
        if (matches_here(pattern, text, ignores_case))
            return true;
    while (*text++);
    return false;
}
