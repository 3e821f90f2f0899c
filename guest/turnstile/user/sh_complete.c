/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What Tab offers (line.h): commands where a command stands, files anywhere.
 */
#include "directory.h"
#include "sh.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

static const char special[] = " \t\\'\"$*?[]&|;<>()#";

struct candidates {
    char **texts; /* NULL-ended, on malloc */
    size_t count;
};

/* A candidate is prefix as it was typed, then the name with a \ before special characters, then what ends it. */
static void add(struct candidates *candidates, const char *prefix, size_t prefix_length, const char *name, const char *end)
{
    char *text = malloc(prefix_length + 2 * strlen(name) + strlen(end) + 1), *to = text;
    char **larger = realloc(candidates->texts, (candidates->count + 2) * sizeof *larger);
    if (larger)
        candidates->texts = larger;
    if (!text || !larger) {
        free(text);
        return;
    }
    memcpy(to, prefix, prefix_length);
    to += prefix_length;
    for (; *name; name++) {
        if (strchr(special, *name))
            *to++ = '\\';
        *to++ = *name;
    }
    memcpy(to, end, strlen(end) + 1);
    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->texts[i], text) == 0) {
            free(text);
            return;
        }
    candidates->texts[candidates->count++] = text;
    candidates->texts[candidates->count] = NULL;
}

/* Where the word before the cursor begins; its text without quotes in `word`. False: it is too long. */
static bool find_word(const char *text, size_t cursor, size_t *ret_begin, char *word, size_t room)
{
    size_t begin = 0, length = 0;
    char quote = 0;
    for (size_t i = 0; i < cursor; i++) {
        char c = text[i];
        if (!quote && strchr(" \t|;&<>", c)) {
            begin = i + 1;
            length = 0;
            continue;
        }
        if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
            continue;
        }
        if (c == '\\' && quote != '\'' && i + 1 < cursor)
            c = text[++i];
        if (length + 1 >= room)
            return false;
        word[length++] = c;
    }
    word[length] = 0;
    *ret_begin = begin;
    return true;
}

static bool is_command_place(const char *text, size_t begin)
{
    while (begin > 0 && strchr(" \t", text[begin - 1]))
        begin--;
    return begin == 0 || strchr("|;&", text[begin - 1]);
}

static void add_names(struct candidates *candidates, const char *directory, const char *prefix, size_t prefix_length,
                      const char *part, bool is_command)
{
    int error;
    char **names = directory_names(directory, part[0] == '.', &error);
    for (char **name = names; name && *name; name++) {
        char path[PATH_BYTES_MAX];
        struct stat stat;
        if (strncmp(*name, part, strlen(part)) != 0 || !path_join(path, sizeof path, directory, *name))
            continue;
        bool is_directory = sys_stat(path, &stat) == 0 && stat.kind == FILE_DIRECTORY;
        if (!is_command || !is_directory)
            add(candidates, prefix, prefix_length, *name, is_directory ? "/" : "");
    }
    directory_names_free(names);
}

static void add_commands(struct candidates *candidates, const char *part)
{
    for (unsigned i = 0; sh_builtin_name(i); i++)
        if (strncmp(sh_builtin_name(i), part, strlen(part)) == 0)
            add(candidates, "", 0, sh_builtin_name(i), "");
    const char *path = sh_variable("PATH");
    for (path = path ? path : "/bin"; *path;) {
        char directory[PATH_BYTES_MAX];
        size_t length = strcspn(path, ":");
        if ((size_t)snprintf(directory, sizeof directory, "%.*s", (int)length, path) < sizeof directory)
            add_names(candidates, directory, "", 0, part, true);
        path += length + (path[length] == ':');
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **sh_complete(const char *text, size_t cursor, size_t *ret_begin)
{
    struct candidates candidates = {0};
    char word[PATH_BYTES_MAX];
    if (!find_word(text, cursor, ret_begin, word, sizeof word))
        return NULL;
    char *slash = strrchr(word, '/');
    if (!slash && is_command_place(text, *ret_begin)) {
        add_commands(&candidates, word);
    } else {
        char directory[PATH_BYTES_MAX] = ".";
        size_t typed = 0; /* of the text, up to its last slash */
        for (size_t i = *ret_begin; slash && i < cursor; i++)
            if (text[i] == '/')
                typed = i + 1 - *ret_begin;
        if (slash)
            snprintf(directory, sizeof directory, "%.*s", (int)(slash - word + 1), word);
        add_names(&candidates, directory, text + *ret_begin, typed, slash ? slash + 1 : word, false);
    }
    if (candidates.count)
        qsort(candidates.texts, candidates.count, sizeof *candidates.texts, compare);
    return candidates.texts;
}
