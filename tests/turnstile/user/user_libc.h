/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Turnstile's libc as tests on the host see it: rename.h's names, with the host's headers; and what stand_ins.c lets them set.
 */
#ifndef USER_LIBC_H
#define USER_LIBC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int ts_atoi(const char *text);
void *ts_bsearch(const void *key, const void *base, size_t count, size_t bytes, int (*compare)(const void *, const void *));
void *ts_calloc(size_t count, size_t bytes);
void ts_free(void *block);
char *ts_getenv(const char *name);
void *ts_malloc(size_t bytes);
int ts_memcmp(const void *a, const void *b, size_t bytes);
void *ts_memcpy(void *to, const void *from, size_t bytes);
void *ts_memmove(void *to, const void *from, size_t bytes);
void *ts_memset(void *to, int value, size_t bytes);
void ts_qsort(void *base, size_t count, size_t bytes, int (*compare)(const void *, const void *));
void *ts_realloc(void *block, size_t bytes);
int ts_setenv(const char *name, const char *value, int replaces);
int ts_snprintf(char *to, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));
char *ts_strchr(const char *text, int c);
int ts_strcmp(const char *a, const char *b);
size_t ts_strcspn(const char *text, const char *set);
size_t ts_strlen(const char *text);
int ts_strncmp(const char *a, const char *b, size_t bytes);
char *ts_strrchr(const char *text, int c);
size_t ts_strspn(const char *text, const char *set);
char *ts_strstr(const char *text, const char *part);
long ts_strtol(const char *text, char **end, int base);
unsigned long ts_strtoul(const char *text, char **end, int base);
int ts_unsetenv(const char *name);

/* The declarations of libc that the host has not. */
size_t text_copy(char *to, const char *from, size_t room);
bool allocate_is_sound(size_t *ret_free);
void environment_init(char **environment);
bool proc_value(const char *text, const char *key, uint64_t *ret_value);
int table_column(const char *heading, const char *name);
bool table_word(const char *line, int column, char *word, size_t room);
uint64_t table_number(const char *line, int column);
const char *next_line(const char *text);
void path_last_name(char *to, size_t room, const char *path);
bool path_join(char *to, size_t room, const char *directory, const char *name);
struct date {
    int64_t year;
    unsigned month, day, hour, minute, second, weekday;
    uint32_t nanosecond;
};
struct date date_of(int64_t nanoseconds);

/* stand_ins.c */
extern int user_errno;              /* what errno of ours is */
extern size_t user_heap_limit;      /* sbrk gives no more than that; at most USER_HEAP_BYTES */
extern bool user_heap_is_disturbed; /* each sbrk leaves a gap, as if somebody else had moved the end */
#define USER_HEAP_BYTES (8u << 20)
/* The files there are, for sh_glob: a NULL-ended list of paths; directories end in a slash. */
extern const char *const *user_files;

#endif
