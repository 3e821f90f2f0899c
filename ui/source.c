/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finding and reading of source files. What names them comes from an image, which may be anybody's: only regular files are opened.
 */
#include "source.h"
#include "file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCE_BYTES_MOST (INT64_C(64) << 20)
#define PATH_BYTES        4096

/* Splits the text into lines. */
static bool split(struct source *source, size_t bytes)
{
    size_t room = 1;
    for (size_t i = 0; i < bytes; i++)
        room += source->text[i] == '\n';
    source->lines = malloc(room * sizeof *source->lines);
    if (!source->lines)
        return false;
    source->text[bytes] = '\0';
    for (size_t at = 0; at < bytes;) {
        char *line = source->text + at, *end = memchr(line, '\n', bytes - at);
        if (!end)
            end = source->text + bytes;
        at = (size_t)(end - source->text) + 1;
        *end = '\0';
        if (end > line && end[-1] == '\r')
            *--end = '\0';
        for (char *c = line; c < end; c++)
            if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
                *c = '?';
        source->lines[source->count++] = line;
    }
    return true;
}

static bool read_opened(struct source *source, int fd, const char *path, int64_t bytes, struct emu_error *error)
{
    if (bytes > SOURCE_BYTES_MOST)
        return emu_error_set(error, "cannot show %s: the file is larger than 64 MiB", path);
    source->path = strdup(path);
    source->text = malloc((size_t)bytes + 1);
    if (!source->path || !source->text)
        return emu_error_set(error, "the host is out of memory");
    if (!file_read(fd, source->text, bytes))
        return emu_error_set(error, "cannot read %s", path);
    return split(source, (size_t)bytes) || emu_error_set(error, "the host is out of memory");
}

/* Opens `folder`/`file`; -1: there is no such file. */
static int try_open(char path[static PATH_BYTES], const char *folder, const char *file, int64_t *ret_bytes)
{
    int length = snprintf(path, PATH_BYTES, "%s%s%s", folder, folder[0] ? "/" : "", file);
    return length > 0 && length < PATH_BYTES ? file_open(path, ret_bytes, NULL) : -1;
}

/* Below a folder that the user named: the compiler's folders may be others than those here. */
static int try_below(char path[static PATH_BYTES], const char *folder, const char *file, int64_t *ret_bytes)
{
    int fd = -1;
    for (const char *rest = file; fd < 0 && rest && *rest;) {
        rest += strspn(rest, "/");
        fd = try_open(path, folder, rest, ret_bytes);
        rest = strchr(rest, '/');
    }
    return fd;
}

bool source_read(struct source *source, const char *file, const char *directory, const char *const *paths, size_t path_count,
                 struct emu_error *error)
{
    char path[PATH_BYTES];
    int64_t bytes;
    *source = (struct source){.count = 0};
    int fd = try_open(path, "", file, &bytes);
    if (fd < 0 && directory && file[0] != '/')
        fd = try_open(path, directory, file, &bytes);
    for (size_t i = 0; fd < 0 && i < path_count; i++)
        fd = try_below(path, paths[i], file, &bytes);
    if (fd < 0)
        return emu_error_set(error, "the source file %.300s is not there; --source-path DIR says where to look", file);
    bool is_good = read_opened(source, fd, path, bytes, error);
    close(fd);
    if (!is_good)
        source_finish(source);
    return is_good;
}

void source_finish(struct source *source)
{
    free(source->path);
    free(source->text);
    free(source->lines);
    *source = (struct source){.count = 0};
}
