/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffered files. One buffer serves reading or writing; what changes the direction empties it. Streams to be flushed at the end are
 * in a list, whose lock is taken before a stream's.
 */
#include "stdio.h"

#include <stdbool.h>

#include "allocate.h"
#include "errno.h"
#include "stdlib.h"
#include "stream.h"
#include "string.h"
#include "system.h"

enum {
    STREAM_READS = 1,
    STREAM_WRITES = 2,
    STREAM_WRITING = 4, /* the buffer holds what is to be written */
    STREAM_END = 8,     /* a read returned 0 */
    STREAM_IS_MADE = 16 /* on malloc */
};

static char buffers[3][BUFSIZ];
FILE stream_standard[3] = {
    {.descriptor = 0, .buffer = buffers[0], .mode = STREAM_FULL, .flags = STREAM_READS, .next = &stream_standard[1]},
    {.descriptor = 1, .buffer = buffers[1], .mode = STREAM_UNKNOWN, .flags = STREAM_WRITES, .next = &stream_standard[2]},
    {.descriptor = 2, .buffer = buffers[2], .mode = STREAM_LINE, .flags = STREAM_WRITES},
};
static FILE *streams = &stream_standard[0];
static struct mutex streams_mutex;

/* ---- with the stream's mutex held ---- */

static void fail(FILE *stream, int64_t error)
{
    if (!stream->error)
        stream->error = (int)-error;
    errno = (int)-error;
}

static void write_out(FILE *stream)
{
    size_t done = 0;
    while (done < stream->end) {
        int64_t count = sys_write(stream->descriptor, stream->buffer + done, stream->end - done);
        if (count == -EINTR)
            continue;
        if (count <= 0) {
            fail(stream, count ? count : -EIO);
            break;
        }
        done += (size_t)count;
    }
    stream->end = 0;
    stream->flags &= ~(unsigned)STREAM_WRITING;
}

/* What was read and not taken is still to be read by whoever comes next. */
static void forget_input(FILE *stream)
{
    if (stream->begin < stream->end)
        sys_seek(stream->descriptor, (int64_t)stream->begin - (int64_t)stream->end, SEEK_CUR);
    stream->begin = stream->end = 0;
}

static bool fill(FILE *stream)
{
    if (stream->flags & STREAM_WRITING)
        write_out(stream);
    if (!(stream->flags & STREAM_READS)) {
        fail(stream, -EBADF);
        return false;
    }
    int64_t count;
    do
        count = sys_read(stream->descriptor, stream->buffer, (size_t)BUFSIZ);
    while (count == -EINTR);
    stream->begin = 0;
    stream->end = count > 0 ? (size_t)count : 0;
    if (count < 0)
        fail(stream, count);
    if (count == 0)
        stream->flags |= STREAM_END;
    return count > 0;
}

static int take(FILE *stream)
{
    bool has_input = !(stream->flags & STREAM_WRITING) && stream->begin < stream->end;
    return has_input || fill(stream) ? (uint8_t)stream->buffer[stream->begin++] : EOF;
}

void stream_put(FILE *stream, const char *bytes, size_t count)
{
    if (!(stream->flags & STREAM_WRITES)) {
        fail(stream, -EBADF);
        return;
    }
    if (!(stream->flags & STREAM_WRITING)) {
        forget_input(stream);
        stream->flags |= STREAM_WRITING;
        if (stream->mode == STREAM_UNKNOWN)
            stream->mode = sys_tty_control(stream->descriptor, TTY_MODE_GET, 0) >= 0 ? STREAM_LINE : STREAM_FULL;
    }
    while (count) {
        size_t room = (size_t)BUFSIZ - stream->end, part = count < room ? count : room;
        memcpy(stream->buffer + stream->end, bytes, part);
        stream->end += part;
        bytes += part;
        count -= part;
        if (stream->end == (size_t)BUFSIZ) {
            write_out(stream);
            stream->flags |= STREAM_WRITING;
        }
    }
}

void stream_put_end(FILE *stream)
{
    if (stream->mode != STREAM_LINE || !(stream->flags & STREAM_WRITING))
        return;
    if (stream == stderr || memchr(stream->buffer, '\n', stream->end))
        write_out(stream);
}

/* ---- making and closing ---- */

static int mode_flags(const char *mode, unsigned *ret_open, unsigned *ret_flags)
{
    bool has_plus = strchr(mode, '+') != NULL;
    switch (*mode) {
    case 'r':
        *ret_open = OPEN_READ;
        break;
    case 'w':
        *ret_open = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;
        break;
    case 'a':
        *ret_open = OPEN_WRITE | OPEN_CREATE | OPEN_APPEND;
        break;
    default:
        errno = EINVAL;
        return EOF;
    }
    if (has_plus)
        *ret_open |= OPEN_READ | OPEN_WRITE;
    *ret_flags = STREAM_IS_MADE | (*ret_open & OPEN_READ ? STREAM_READS : 0) | (*ret_open & OPEN_WRITE ? STREAM_WRITES : 0);
    return 0;
}

FILE *fdopen(int descriptor, const char *mode)
{
    unsigned open, flags;
    if (mode_flags(mode, &open, &flags))
        return NULL;
    FILE *stream = malloc(sizeof *stream + BUFSIZ);
    if (!stream)
        return NULL;
    *stream = (FILE){.buffer = (char *)(stream + 1)};
    stream->descriptor = descriptor;
    stream->mode = STREAM_UNKNOWN;
    stream->flags = flags;
    mutex_acquire(&streams_mutex);
    stream->next = streams;
    streams = stream;
    mutex_release(&streams_mutex);
    return stream;
}

FILE *fopen(const char *path, const char *mode)
{
    unsigned open, flags;
    if (mode_flags(mode, &open, &flags))
        return NULL;
    int64_t descriptor = sys_open(path, open);
    struct stat stat;
    if (descriptor >= 0 && sys_fstat((int)descriptor, &stat) == 0 && stat.kind == FILE_DIRECTORY) {
        sys_close((int)descriptor);
        descriptor = -EISDIR; /* there is directory_open */
    }
    if (descriptor < 0) {
        errno = (int)-descriptor;
        return NULL;
    }
    FILE *stream = fdopen((int)descriptor, mode);
    if (!stream)
        sys_close((int)descriptor);
    return stream;
}

static int flush(FILE *stream)
{
    mutex_acquire(&stream->mutex);
    if (stream->flags & STREAM_WRITING)
        write_out(stream);
    int error = stream->error;
    mutex_release(&stream->mutex);
    return error && stream->flags & STREAM_WRITES ? EOF : 0;
}

/* Streams that are only read may be held for as long as somebody waits for a key, so nobody else waits for their mutex. */
static bool is_written(const FILE *stream)
{
    return (stream->flags & STREAM_WRITES) != 0;
}

int fflush(FILE *stream)
{
    if (stream)
        return flush(stream);
    int result = 0;
    mutex_acquire(&streams_mutex);
    for (FILE *each = streams; each; each = each->next)
        if (is_written(each) && flush(each))
            result = EOF;
    mutex_release(&streams_mutex);
    return result;
}

int fclose(FILE *stream)
{
    int result = flush(stream);
    mutex_acquire(&streams_mutex);
    FILE **link = &streams;
    while (*link && *link != stream)
        link = &(*link)->next;
    if (*link)
        *link = stream->next;
    mutex_release(&streams_mutex);
    int64_t error = sys_close(stream->descriptor);
    if (error < 0) {
        errno = (int)-error;
        result = EOF;
    }
    if (stream->flags & STREAM_IS_MADE)
        free(stream);
    return result;
}

void stream_fork_begin(void)
{
    fflush(NULL);
    mutex_acquire(&streams_mutex);
    for (FILE *each = streams; each; each = each->next)
        if (is_written(each))
            mutex_acquire(&each->mutex);
    allocate_fork_begin();
}

void stream_fork_end(void)
{
    allocate_fork_end();
    for (FILE *each = streams; each; each = each->next)
        if (is_written(each))
            mutex_release(&each->mutex);
    mutex_release(&streams_mutex);
}

/* ---- reading and writing ---- */

int feof(FILE *stream)
{
    return (stream->flags & STREAM_END) != 0;
}

int ferror(FILE *stream)
{
    return stream->error;
}

int fileno(FILE *stream)
{
    return stream->descriptor;
}

size_t fread(void *to, size_t bytes, size_t count, FILE *stream)
{
    size_t wanted = bytes * count, done = 0;
    mutex_acquire(&stream->mutex);
    while (done < wanted) {
        int c = take(stream);
        if (c == EOF)
            break;
        size_t more = stream->end - stream->begin, part = wanted - done - 1;
        if (part > more)
            part = more;
        ((char *)to)[done++] = (char)c;
        memcpy((char *)to + done, stream->buffer + stream->begin, part);
        stream->begin += part;
        done += part;
    }
    mutex_release(&stream->mutex);
    return bytes ? done / bytes : 0;
}

size_t fwrite(const void *from, size_t bytes, size_t count, FILE *stream)
{
    mutex_acquire(&stream->mutex);
    stream_put(stream, from, bytes * count);
    stream_put_end(stream);
    int error = stream->error;
    mutex_release(&stream->mutex);
    return error ? 0 : count;
}

int fgetc(FILE *stream)
{
    mutex_acquire(&stream->mutex);
    int c = take(stream);
    mutex_release(&stream->mutex);
    return c;
}

int fputc(int c, FILE *stream)
{
    char byte = (char)c;
    return fwrite(&byte, 1, 1, stream) == 1 ? (uint8_t)byte : EOF;
}

int fputs(const char *text, FILE *stream)
{
    return fwrite(text, 1, strlen(text), stream) == strlen(text) ? 0 : EOF;
}

int puts(const char *text)
{
    return printf("%s\n", text) < 0 ? EOF : 0;
}

static bool grow_line(char **line, size_t *room, size_t wanted)
{
    if (wanted <= *room)
        return true;
    size_t bytes = wanted < 128 ? 128 : wanted * 2;
    char *larger = realloc(*line, bytes);
    if (larger) {
        *line = larger;
        *room = bytes;
    }
    return larger != NULL;
}

int64_t getline(char **line, size_t *room, FILE *stream)
{
    size_t length = 0;
    int c = 0;
    mutex_acquire(&stream->mutex);
    while (c != '\n' && (c = take(stream)) != EOF) {
        if (!grow_line(line, room, length + 2)) {
            fail(stream, -ENOMEM);
            length = 0;
            break;
        }
        (*line)[length++] = (char)c;
    }
    mutex_release(&stream->mutex);
    if (length)
        (*line)[length] = 0;
    return length ? (int64_t)length : -1;
}

/* ---- names ---- */

static int result_of(int64_t error)
{
    if (error < 0)
        errno = (int)-error;
    return error < 0 ? -1 : 0;
}

int remove(const char *path)
{
    int64_t error = sys_unlink(path);
    return result_of(error == -EISDIR ? sys_rmdir(path) : error);
}

int rename(const char *path, const char *as)
{
    return result_of(sys_rename(path, as));
}
