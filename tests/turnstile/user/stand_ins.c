/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What Turnstile's libc and shell use of the kernel and of parts that are not tested on the host: a heap that is an array, a lock
 * that is always free, a tree of files that is a list of paths. Compiled with rename.h, as they are.
 */
#include <stdbool.h>
#include <stdint.h>

#include "directory.h"
#include "errno.h"
#include "lock.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "stream.h"
#include "string.h"
#include "system.h"

enum { HEAP_BYTES = 8 << 20 };

int user_errno;
size_t user_heap_limit = HEAP_BYTES;
bool user_heap_is_disturbed;
const char *const *user_files;

FILE stream_standard[3];

int *errno_place(void)
{
    return &user_errno;
}

int64_t sys_sbrk(int64_t bytes)
{
    static _Alignas(16) char heap[HEAP_BYTES];
    static size_t used;
    if (user_heap_is_disturbed)
        used += 24;
    if (bytes < 0 || used + (size_t)bytes > user_heap_limit)
        return -ENOMEM;
    used += (size_t)bytes;
    return (int64_t)(uintptr_t)(heap + used - (size_t)bytes);
}

void mutex_acquire(struct mutex *mutex) {}

void mutex_release(struct mutex *mutex) {}

int64_t sys_sleep(uint64_t nanoseconds)
{
    return 0;
}

void stream_put(FILE *stream, const char *bytes, size_t count) {}

void stream_put_end(FILE *stream) {}

_Noreturn void abort(void);

_Noreturn void die_error(const char *what, int64_t error)
{
    abort();
}

/* ---- files ---- */

/* The path without "./" in front; "." is "". */
static const char *plain(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return strcmp(path, ".") == 0 ? "" : path;
}

int64_t sys_stat(const char *path, struct stat *stat)
{
    size_t length = strlen(path = plain(path));
    bool wants_directory = length > 0 && path[length - 1] == '/';
    length -= wants_directory;
    *stat = (struct stat){.kind = FILE_DIRECTORY};
    if (length == 0)
        return 0;
    for (const char *const *file = user_files; file && *file; file++)
        if (strncmp(*file, path, length) == 0 && ((*file)[length] == '/' || (!(*file)[length] && !wants_directory))) {
            stat->kind = (*file)[length] ? FILE_DIRECTORY : FILE_REGULAR;
            return 0;
        }
    return -ENOENT;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **directory_names(const char *path, bool with_hidden, int *ret_error)
{
    char **names = calloc(64, sizeof *names);
    size_t count = 0, length = strlen(path = plain(path));
    length -= length > 0 && path[length - 1] == '/';
    for (const char *const *file = user_files; file && *file; file++) {
        const char *name = *file + length + (length > 0);
        if (strncmp(*file, path, length) != 0 || (length && (*file)[length] != '/') || !*name || (*name == '.' && !with_hidden))
            continue;
        char *copy = strndup(name, strcspn(name, "/"));
        bool is_new = true;
        for (size_t i = 0; i < count; i++)
            is_new &= strcmp(names[i], copy) != 0;
        if (is_new)
            names[count++] = copy;
        else
            free(copy);
    }
    *ret_error = 0;
    qsort(names, count, sizeof *names, compare);
    return names;
}

void directory_names_free(char **names)
{
    for (size_t i = 0; names[i]; i++)
        free(names[i]);
    free(names);
}
