/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading directories, and paths as texts.
 */
#ifndef LIBC_DIRECTORY_H
#define LIBC_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "turnstile/abi.h"

struct directory {
    int descriptor;
    int error; /* negative errno of a read, 0: none */
    unsigned next, count;
    struct directory_entry entries[16];
};

/* 0 or a negative errno. The caller's memory; closed by directory_close. */
int directory_open(struct directory *directory, const char *path);
/* NULL after the last, or when there was an error. It is valid until the next call. */
const struct directory_entry *directory_next(struct directory *directory);
void directory_close(struct directory *directory);

/* All names in a directory but . and .., in order: a NULL-ended array on malloc, freed by directory_names_free. NULL and
 * *ret_error. */
char **directory_names(const char *path, bool with_hidden, int *ret_error);
void directory_names_free(char **names);

/* "a/b" of "a" and "b", without doubling a slash. False when it does not fit. */
bool path_join(char *to, size_t room, const char *directory, const char *name);
/* What is behind the last slash, slashes at the end left out; copied to `to`. "/" for the root. */
void path_last_name(char *to, size_t room, const char *path);

#endif
