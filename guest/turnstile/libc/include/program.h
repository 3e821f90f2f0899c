/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every program does in the same way: options, numbers, one sentence about what is wrong, the texts of /proc.
 */
#ifndef LIBC_PROGRAM_H
#define LIBC_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const char *program_name; /* the last name of argv[0] */
extern int program_status;       /* 1 once complain was called */

/* "name: sentence." to standard error. complain goes on, die exits with status 1. */
void complain(const char *format, ...) __attribute__((format(__printf__, 1, 2)));
_Noreturn void die(const char *format, ...) __attribute__((format(__printf__, 1, 2)));
/* "name: what: there is no such file or directory." error: an errno of either sign. */
void complain_error(const char *what, int64_t error);
_Noreturn void die_error(const char *what, int64_t error);
/* "usage: name rest", status 1. */
_Noreturn void die_usage(const char *rest);

/* Options before the other arguments: single letters, also joined, "n:" takes a value; "--" ends them. option_next returns a
 * letter, 0 after the last, and dies with the usage for what is none. */
struct options {
    const char *letters;
    const char *usage;
    int next; /* the index in argv of the first argument that is no option, after the last */
    int place;
    const char *value;
};
int option_next(struct options *options, char **arguments);

/* A decimal number, at most `most`; dies with a sentence. */
uint64_t number_argument(const char *what, const char *text, uint64_t most);

/* A whole file on malloc, ended by 0: NULL and *ret_error (negative errno). */
char *file_read(const char *path, size_t *ret_bytes, int *ret_error);
/* The same for what must be there. */
char *file_read_or_die(const char *path);
/* Writes all of it: 0 or a negative errno. */
int write_all(int descriptor, const void *bytes, size_t count);

/* The number behind "key " at the beginning of a line. */
bool proc_value(const char *text, const char *key, uint64_t *ret_value);

/* A table of /proc: its column of that name in the heading line, counted in words; -1: none. */
int table_column(const char *heading, const char *name);
/* Word  of a line, copied. False when there is none. */
bool table_word(const char *line, int column, char *word, size_t room);
uint64_t table_number(const char *line, int column);
/* Behind the newline; NULL after the last line. */
const char *next_line(const char *text);

/* A random number from a seed, the same each run (a linear congruential generator's upper half). */
static inline uint32_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

#endif
