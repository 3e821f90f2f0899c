/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directories and paths.
 */
#include "directory.h"

#include "stdlib.h"
#include "string.h"
#include "system.h"

int directory_open(struct directory *directory, const char *path)
{
    int64_t descriptor = sys_open(path, OPEN_READ | OPEN_DIRECTORY | OPEN_CLOSE_ON_EXEC);
    *directory = (struct directory){.descriptor = (int)descriptor};
    return descriptor < 0 ? (int)descriptor : 0;
}

const struct directory_entry *directory_next(struct directory *directory)
{
    if (directory->next == directory->count) {
        int64_t count =
            sys_read_directory(directory->descriptor, directory->entries, sizeof directory->entries / sizeof directory->entries[0]);
        directory->next = 0;
        directory->count = count > 0 ? (unsigned)count : 0;
        if (count < 0)
            directory->error = (int)count;
        if (count <= 0)
            return NULL;
    }
    return &directory->entries[directory->next++];
}

void directory_close(struct directory *directory)
{
    sys_close(directory->descriptor);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void directory_names_free(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

/* Adds a copy of the name to a NULL-ended array: the array, or NULL without memory, and then the old one is freed. */
static char **add_name(char **names, size_t count, const char *name)
{
    char **larger = count % 32 == 0 ? realloc(names, (count + 33) * sizeof *names) : names;
    char *copy = larger ? strdup(name) : NULL;
    if (!copy) {
        directory_names_free(larger ? larger : names);
        return NULL;
    }
    larger[count] = copy;
    larger[count + 1] = NULL;
    return larger;
}

char **directory_names(const char *path, bool with_hidden, int *ret_error)
{
    struct directory directory;
    size_t count = 0;
    *ret_error = directory_open(&directory, path);
    if (*ret_error)
        return NULL;
    char **names = calloc(33, sizeof *names);
    for (const struct directory_entry *entry; names && (entry = directory_next(&directory));) {
        const char *name = entry->name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (name[0] == '.' && !with_hidden))
            continue;
        names = add_name(names, count, name);
        count++;
    }
    directory_close(&directory);
    *ret_error = names ? directory.error : -ENOMEM;
    if (names && *ret_error) {
        directory_names_free(names);
        return NULL;
    }
    if (names)
        qsort(names, count, sizeof *names, compare_names);
    return names;
}

bool path_join(char *to, size_t room, const char *directory, const char *name)
{
    size_t length = text_copy(to, directory, room);
    if (length + 1 >= room)
        return false;
    if (length == 0 || to[length - 1] != '/')
        to[length++] = '/';
    return text_copy(to + length, name, room - length) < room - length;
}

void path_last_name(char *to, size_t room, const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    if (begin == end && end > 0)
        begin--; /* the root */
    size_t length = end - begin < room ? end - begin : room - 1;
    memcpy(to, path + begin, length);
    to[length] = 0;
}
