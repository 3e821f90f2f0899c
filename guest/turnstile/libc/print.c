/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * printf and its like: format.c into streams and texts.
 */
#include "format.h"
#include "stdio.h"
#include "stream.h"
#include "string.h"

struct text_sink {
    struct format_sink sink;
    char *to;
    size_t room;
};

static void put_text(struct format_sink *sink, const char *bytes, size_t count)
{
    struct text_sink *text = (struct text_sink *)sink;
    if (sink->length + 1 >= text->room)
        return;
    size_t fits = text->room - 1 - sink->length;
    memcpy(text->to + sink->length, bytes, count < fits ? count : fits);
}

int vsnprintf(char *to, size_t room, const char *format, va_list list)
{
    struct text_sink text = {.sink = {.put = put_text}, .to = to, .room = room};
    format_list(&text.sink, format, list);
    if (room)
        to[text.sink.length < room ? text.sink.length : room - 1] = 0;
    return (int)text.sink.length;
}

int snprintf(char *to, size_t room, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(to, room, format, list);
    va_end(list);
    return length;
}

struct stream_sink {
    struct format_sink sink;
    FILE *stream;
};

static void put_stream(struct format_sink *sink, const char *bytes, size_t count)
{
    stream_put(((struct stream_sink *)sink)->stream, bytes, count);
}

int vfprintf(FILE *stream, const char *format, va_list list)
{
    struct stream_sink out = {.sink = {.put = put_stream}, .stream = stream};
    mutex_acquire(&stream->mutex);
    format_list(&out.sink, format, list);
    stream_put_end(stream);
    int error = stream->error;
    mutex_release(&stream->mutex);
    return error ? EOF : (int)out.sink.length;
}

int fprintf(FILE *stream, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vfprintf(stream, format, list);
    va_end(list);
    return length;
}

int printf(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vfprintf(stdout, format, list);
    va_end(list);
    return length;
}
