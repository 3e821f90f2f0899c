/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffered files and formatted output. Any thread may use any stream: each has its mutex.
 */
#ifndef LIBC_STDIO_H
#define LIBC_STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "lock.h"

#define EOF    (-1)
#define BUFSIZ 4096

enum stream_mode { STREAM_FULL, STREAM_LINE, STREAM_UNKNOWN }; /* unknown: LINE if it turns out to be a terminal */

typedef struct stream {
    struct mutex mutex; /* guards the rest */
    int descriptor;
    enum stream_mode mode;
    unsigned flags;    /* STREAM_* of stream.c */
    size_t begin, end; /* what is in the buffer: read but not taken, or [0, end) not yet written */
    int error;         /* errno of the first failure, 0: none */
    struct stream *next;
    char *buffer; /* BUFSIZ bytes */
} FILE;

extern FILE stream_standard[3];
#define stdin  (&stream_standard[0])
#define stdout (&stream_standard[1])
#define stderr (&stream_standard[2])

/* stream.c. mode: r, w, a, each with + or not. NULL with errno. */
FILE *fopen(const char *path, const char *mode);
FILE *fdopen(int descriptor, const char *mode);
int fclose(FILE *stream);
/* NULL: all that are written to. EOF with errno. */
int fflush(FILE *stream);
int feof(FILE *stream);
int ferror(FILE *stream); /* the errno of the first failure */
int fileno(FILE *stream);
size_t fread(void *to, size_t bytes, size_t count, FILE *stream);
size_t fwrite(const void *from, size_t bytes, size_t count, FILE *stream);
int fgetc(FILE *stream);
int fputc(int c, FILE *stream);
int fputs(const char *text, FILE *stream);
int puts(const char *text);
#define getchar()  fgetc(stdin)
#define putchar(c) fputc(c, stdout)
/* A line with its newline into *line of *room bytes, which malloc made and which grows: its length, or -1 at the end. */
int64_t getline(char **line, size_t *room, FILE *stream);
/* No thread but the caller's is within a stream or malloc from begin to end: for fork. */
void stream_fork_begin(void);
void stream_fork_end(void);

/* print.c: formats are those of format.h. */
int printf(const char *format, ...) __attribute__((format(__printf__, 1, 2)));
int fprintf(FILE *stream, const char *format, ...) __attribute__((format(__printf__, 2, 3)));
int vfprintf(FILE *stream, const char *format, va_list list);
int snprintf(char *to, size_t room, const char *format, ...) __attribute__((format(__printf__, 3, 4)));
int vsnprintf(char *to, size_t room, const char *format, va_list list);

/* remove and rename of C, with errno. */
int remove(const char *path);
int rename(const char *path, const char *as);

#endif
