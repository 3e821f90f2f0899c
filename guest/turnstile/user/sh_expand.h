/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words become arguments: ~, , quotes, patterns of file names.
 */
#ifndef USER_SH_EXPAND_H
#define USER_SH_EXPAND_H

#include <stdbool.h>

#include "sh_parse.h"

/* What $NAME, $?, $$, $!, $#, $0 to $9 stand for; NULL: nothing. The text is valid until the next call. */
typedef const char *sh_lookup(const char *name);

/* The arguments that words become: a NULL-ended array in the arena; *ret_count without the NULL. Variables that are not in quotes
 * are taken apart at blanks; * ? and [ ] that are not in quotes stand for names of files, if any match. */
char **sh_expand(struct arena *arena, const struct sh_word *words, sh_lookup *lookup, int *ret_count);
/* One word that stays one text, and in which patterns stay what they are: values, targets of redirections. */
char *sh_expand_text(struct arena *arena, const char *word, sh_lookup *lookup);
/* If the word is NAME=value, the length of NAME, else 0. */
size_t sh_assignment(const char *word);

/* sh_glob.c. Whether a name matches a pattern: * any characters, ? one, [...] a class (! or ^ first: all others), \x that x. */
bool sh_glob_matches(const char *pattern, const char *name);
/* Adds the paths that match to a list, in order, and returns how many; names that begin with a dot need one in the pattern. */
struct sh_list {
    struct arena *arena;
    char **items; /* NULL-ended */
    int count, room;
};
void sh_list_add(struct sh_list *list, char *item);
int sh_glob(struct sh_list *list, const char *pattern);

#endif
