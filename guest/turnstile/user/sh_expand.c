/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Expansion (sh_expand.h). A word is taken apart into a pattern in which every character that must not be special has a \ in front;
 * at the end patterns are looked up among the files, or the \ are taken off.
 */
#include "sh_expand.h"

#include "ctype.h"
#include "string.h"

struct expansion {
    struct arena *arena;
    sh_lookup *lookup;
    struct sh_list *list; /* NULL: one text is wanted */
    char *pattern;        /* of the argument in the making */
    size_t length, room;
    bool has_part;   /* even if empty: quotes make an argument */
    bool is_pattern; /* has * ? or [ that count */
};

void sh_list_add(struct sh_list *list, char *item)
{
    if (list->count + 1 >= list->room) {
        int room = list->room ? 2 * list->room : 16;
        char **larger = arena_allocate(list->arena, (size_t)room * sizeof *larger);
        memcpy(larger, list->items ? list->items : larger, (size_t)list->count * sizeof *larger);
        list->items = larger;
        list->room = room;
    }
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

size_t sh_assignment(const char *word)
{
    size_t length = 0;
    if (isdigit(word[0]))
        return 0;
    while (isalnum(word[length]) || word[length] == '_')
        length++;
    return word[length] == '=' ? length : 0;
}

static void put(struct expansion *expansion, char c, bool is_literal)
{
    if (expansion->length + 3 > expansion->room) {
        size_t room = expansion->room ? 2 * expansion->room : 64;
        char *larger = arena_allocate(expansion->arena, room);
        memcpy(larger, expansion->pattern ? expansion->pattern : larger, expansion->length);
        expansion->pattern = larger;
        expansion->room = room;
    }
    bool is_special = strchr("*?[]\\", c) != NULL;
    if (is_special && (is_literal || c == '\\'))
        expansion->pattern[expansion->length++] = '\\';
    else
        expansion->is_pattern |= is_special;
    expansion->pattern[expansion->length++] = c;
    expansion->pattern[expansion->length] = 0;
    expansion->has_part = true;
}

static char *without_escapes(struct arena *arena, const char *pattern)
{
    char *text = arena_allocate(arena, strlen(pattern) + 1), *to = text;
    for (; *pattern; pattern++)
        *to++ = *pattern == '\\' && pattern[1] ? *++pattern : *pattern;
    return text;
}

static void finish_argument(struct expansion *expansion)
{
    if (!expansion->has_part)
        return;
    const char *pattern = expansion->pattern ? expansion->pattern : "";
    if (!expansion->is_pattern || sh_glob(expansion->list, pattern) == 0)
        sh_list_add(expansion->list, without_escapes(expansion->arena, pattern));
    expansion->pattern = NULL;
    expansion->length = expansion->room = 0;
    expansion->has_part = expansion->is_pattern = false;
}

static void put_value(struct expansion *expansion, const char *value, bool is_quoted)
{
    for (; *value; value++)
        if (!is_quoted && expansion->list && isspace(*value))
            finish_argument(expansion);
        else
            put(expansion, *value, is_quoted || !expansion->list);
}

/* At the character behind the $: where the rest begins. */
static const char *put_variable(struct expansion *expansion, const char *at, bool is_quoted)
{
    char name[64];
    bool has_braces = *at == '{';
    size_t length = 0;
    const char *begin = at + has_braces;
    if (*begin && strchr("?$!#", *begin))
        length = 1;
    else if (isdigit(*begin))
        length = 1;
    else
        while (isalnum(begin[length]) || begin[length] == '_')
            length++;
    if (length == 0 || length >= sizeof name || (has_braces && begin[length] != '}')) {
        put(expansion, '$', true);
        return at;
    }
    memcpy(name, begin, length);
    name[length] = 0;
    const char *value = expansion->lookup(name);
    if (value)
        put_value(expansion, value, is_quoted);
    return begin + length + has_braces;
}

static const char *put_quoted(struct expansion *expansion, const char *at)
{
    expansion->has_part = true;
    while (*at && *at != '"')
        if (*at == '\\' && at[1] && strchr("\"\\$", at[1])) {
            put(expansion, at[1], true);
            at += 2;
        } else if (*at == '$') {
            at = put_variable(expansion, at + 1, true);
        } else {
            put(expansion, *at++, true);
        }
    return *at ? at + 1 : at;
}

static void expand_word(struct expansion *expansion, const char *at)
{
    if (at[0] == '~' && (!at[1] || at[1] == '/')) {
        const char *home = expansion->lookup("HOME");
        put_value(expansion, home ? home : "~", true);
        at++;
    }
    while (*at)
        switch (*at) {
        case '\'':
            expansion->has_part = true;
            for (at++; *at && *at != '\''; at++)
                put(expansion, *at, true);
            at += *at != 0;
            break;
        case '"':
            at = put_quoted(expansion, at + 1);
            break;
        case '\\':
            if (at[1] && at[1] != '\n')
                put(expansion, at[1], true);
            at += at[1] ? 2 : 1;
            break;
        case '$':
            at = put_variable(expansion, at + 1, false);
            break;
        default:
            put(expansion, *at++, false);
        }
}

char **sh_expand(struct arena *arena, const struct sh_word *words, sh_lookup *lookup, int *ret_count)
{
    struct sh_list list = {.arena = arena};
    struct expansion expansion = {.arena = arena, .lookup = lookup, .list = &list};
    list.items = arena_allocate(arena, sizeof *list.items);
    for (; words; words = words->next) {
        expand_word(&expansion, words->text);
        finish_argument(&expansion);
    }
    *ret_count = list.count;
    return list.items;
}

char *sh_expand_text(struct arena *arena, const char *word, sh_lookup *lookup)
{
    struct expansion expansion = {.arena = arena, .lookup = lookup};
    expand_word(&expansion, word);
    return without_escapes(arena, expansion.pattern ? expansion.pattern : "");
}
