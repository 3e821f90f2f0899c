/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Patterns of file names (sh_expand.h).
 */
#include "directory.h"
#include "sh_expand.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

/* Whether c is in the class at '['; *ret_end behind its ']'. A class without end is a plain '['. */
static bool class_matches(const char *at, unsigned char c, const char **ret_end)
{
    const char *begin = at++;
    bool is_negated = *at == '!' || *at == '^', is_found = false, is_first = true;
    for (at += is_negated; *at && (*at != ']' || is_first); at++, is_first = false) {
        unsigned char first = (unsigned char)*at, last = first;
        if (at[1] == '-' && at[2] && at[2] != ']') {
            last = (unsigned char)at[2];
            at += 2;
        }
        is_found |= c >= first && c <= last;
    }
    *ret_end = *at ? at + 1 : begin + 1;
    return *at ? is_found != is_negated : c == '[';
}

bool sh_glob_matches(const char *pattern, const char *name)
{
    /* A mismatch goes back to the last star only: what earlier ones took need not change. */
    const char *star = NULL, *star_name = NULL;
    for (;;) {
        const char *end = pattern + 1;
        bool matches = false;
        if (*pattern == '*') {
            star = pattern++;
            star_name = name;
            continue;
        }
        if (!*name && !*pattern)
            return true;
        if (*name && *pattern == '?') {
            matches = true;
        } else if (*name && *pattern == '[') {
            matches = class_matches(pattern, (unsigned char)*name, &end);
        } else if (*name && *pattern == '\\' && pattern[1]) {
            matches = pattern[1] == *name;
            end = pattern + 2;
        } else if (*name) {
            matches = *pattern == *name;
        }
        if (matches) {
            pattern = end;
            name++;
        } else if (star && *star_name) {
            pattern = star + 1;
            name = ++star_name;
        } else {
            return false;
        }
    }
}

static bool has_special(const char *part, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (part[i] == '\\')
            i++;
        else if (strchr("*?[", part[i]))
            return true;
    return false;
}

/* A part of a path without patterns, its \ taken off, behind what there is already. False: too long. */
static bool append_plain(char *path, const char *part, size_t length)
{
    size_t at = strlen(path);
    for (size_t i = 0; i < length; i++) {
        if (part[i] == '\\' && i + 1 < length)
            i++;
        if (at + 1 >= PATH_BYTES_MAX)
            return false;
        path[at++] = part[i];
    }
    path[at] = 0;
    return true;
}

static void walk(struct sh_list *list, const char *path, const char *pattern);

/* The pattern's next part has special characters: all names that match it. */
static void walk_names(struct sh_list *list, const char *path, const char *pattern, size_t length)
{
    char part[PATH_BYTES_MAX], below[PATH_BYTES_MAX];
    int error;
    if (length >= sizeof part)
        return;
    memcpy(part, pattern, length);
    part[length] = 0;
    char **names = directory_names(*path ? path : ".", part[0] == '.', &error);
    for (char **name = names; name && *name; name++)
        if (sh_glob_matches(part, *name)) {
            text_copy(below, path, sizeof below);
            size_t used = strlen(below);
            if (text_copy(below + used, *name, sizeof below - used) < sizeof below - used)
                walk(list, below, pattern + length);
        }
    directory_names_free(names);
}

/* path matches so far; pattern is the rest of it. */
static void walk(struct sh_list *list, const char *path, const char *pattern)
{
    char below[PATH_BYTES_MAX];
    struct stat stat;
    text_copy(below, path, sizeof below);
    for (;;) {
        size_t length = strspn(pattern, "/");
        if (!append_plain(below, pattern, length))
            return;
        pattern += length;
        length = strcspn(pattern, "/");
        if (length == 0) {
            if (sys_stat(below, &stat) == 0)
                sh_list_add(list, arena_text(list->arena, below, strlen(below)));
            return;
        }
        if (has_special(pattern, length)) {
            walk_names(list, below, pattern, length);
            return;
        }
        if (!append_plain(below, pattern, length))
            return;
        pattern += length;
    }
}

int sh_glob(struct sh_list *list, const char *pattern)
{
    int before = list->count;
    walk(list, "", pattern);
    return list->count - before;
}
