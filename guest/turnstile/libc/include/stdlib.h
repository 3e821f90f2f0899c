/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory, numbers, sorting, the environment, the end of a program.
 */
#ifndef LIBC_STDLIB_H
#define LIBC_STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/* allocate.c. Aligned to 16. NULL with errno ENOMEM. Any thread may call them. */
void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *block, size_t bytes);
void free(void *block);

/* number.c: errno ERANGE when the number does not fit. */
long strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);
int atoi(const char *text);
static inline int abs(int value)
{
    return value < 0 ? -value : value;
}

/* sort.c. qsort keeps the order of equal elements if there is memory for a copy of the array, and does without if not. */
void qsort(void *base, size_t count, size_t bytes, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t count, size_t bytes, int (*compare)(const void *, const void *));

/* environment.c */
extern char **environ;
char *getenv(const char *name);
int setenv(const char *name, const char *value, int replaces);
int unsetenv(const char *name);

/* exit.c */
int atexit(void (*function)(void));
_Noreturn void exit(int status);
_Noreturn void _Exit(int status);
_Noreturn void abort(void);

#endif
