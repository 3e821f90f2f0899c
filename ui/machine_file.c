/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader of machine files. inih takes lines apart; they are prepared here, so that whatever it would pass over in silence
 * (long lines, sections without keys, text behind a section, continued lines) is either meant or refused.
 */
#include "machine_file.h"
#include "config.h"
#include "file.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MOST 65536
#define LINE_BYTES_MOST 160 /* without comment; below what inih takes */

struct reader {
    struct options *options;
    const char *file;
    const char *next, *end; /* what is not yet read */
    unsigned line;
    unsigned wrong_line;       /* of the sentence in *error; 0: none yet */
    unsigned set[CONFIG_ROWS]; /* by which line; 0: not yet */
    struct emu_error *error;
};

static bool wrong(struct reader *reader, unsigned line, const char *what)
{
    reader->wrong_line = line;
    return emu_error_set(reader->error, "%.200s, line %u: %s", reader->file, line, what);
}

/* Anything but text, tabs and line ends. */
static bool text_check(struct reader *reader)
{
    unsigned line = 1;
    for (const char *c = reader->next; c < reader->end; c++) {
        bool ends_line = *c == '\n' || (*c == '\r' && c + 1 < reader->end && c[1] == '\n');
        if (((unsigned char)*c < ' ' || *c == 0x7f) && *c != '\t' && !ends_line)
            return wrong(reader, line, "not a line of text");
        line += *c == '\n';
    }
    return true;
}

/* Without blanks around it and without its comment, which begins with the line or behind a blank. */
static const char *strip(const char *line, size_t *length)
{
    size_t end = 0;
    while (end < *length && !((line[end] == ';' || line[end] == '#') && (end == 0 || isspace((unsigned char)line[end - 1]))))
        end++;
    while (end > 0 && isspace((unsigned char)line[end - 1]))
        end--;
    size_t start = 0;
    while (start < end && isspace((unsigned char)line[start]))
        start++;
    *length = end - start;
    return line + start;
}

static bool section_line_check(struct reader *reader, const char *line)
{
    char section[LINE_BYTES_MOST + 1];
    struct emu_error why;
    size_t length = strcspn(line, "]");
    if (line[length] == '\0' || line[length + 1] != '\0')
        return wrong(reader, reader->line, "a section is written as [section], and nothing else on its line");
    memcpy(section, line + 1, length - 1);
    section[length - 1] = '\0';
    return config_section_check(section, &why) || wrong(reader, reader->line, why.text);
}

/* ini_parse_stream's fgets. */
static char *line_next(char *to, int size, void *stream)
{
    struct reader *reader = stream;
    if (reader->wrong_line || reader->next == reader->end)
        return NULL;
    reader->line++;
    const char *stop = memchr(reader->next, '\n', reader->end - reader->next);
    size_t length = (stop ? stop : reader->end) - reader->next;
    const char *line = strip(reader->next, &length);
    reader->next = stop ? stop + 1 : reader->end;
    if (length > LINE_BYTES_MOST || length >= (size_t)size) {
        wrong(reader, reader->line, "the line is too long");
        return NULL;
    }
    memcpy(to, line, length);
    to[length] = '\0';
    return to[0] == '[' && !section_line_check(reader, to) ? NULL : to;
}

/* ini_parse_stream's handler. */
static int key_set(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;
    struct emu_error why;
    char where[256];
    if (reader->wrong_line)
        return 0;
    if (!section[0]) {
        snprintf(why.text, sizeof why.text, "the key '%.64s' stands outside a section", key);
        return wrong(reader, reader->line, why.text);
    }
    const struct emu_config_row *row = config_find(section, key, &why);
    if (!row)
        return wrong(reader, reader->line, why.text);
    unsigned *set = &reader->set[row - emu_config_rows];
    if (*set) {
        snprintf(why.text, sizeof why.text, "%s.%s is already set in line %u", section, key, *set);
        return wrong(reader, reader->line, why.text);
    }
    *set = reader->line;
    snprintf(where, sizeof where, "%.200s, line %u", reader->file, reader->line);
    if (config_set(reader->options, row, value, where, reader->error))
        return 1;
    reader->wrong_line = reader->line;
    return 0;
}

bool machine_file_parse(struct options *options, const char *file, const char *data, size_t bytes, struct emu_error *error)
{
    struct reader reader = {.options = options, .file = file, .next = data, .end = data + bytes, .error = error};
    if (bytes > FILE_BYTES_MOST)
        return emu_error_set(error, "%.200s is no machine file: it is larger than %d KiB", file, FILE_BYTES_MOST / 1024);
    if (!text_check(&reader))
        return false;
    if (bytes >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)) /* a byte order mark */
        reader.next += 3;
    int first = ini_parse_stream(line_next, &reader, key_set, &reader);
    if (first < 0)
        return emu_error_set(error, "cannot read %.200s: %s", file, strerror(ENOMEM));
    /* The first wrong line, as inih counts; ours comes later or is the same. */
    if (first > 0 && (!reader.wrong_line || (unsigned)first < reader.wrong_line))
        return wrong(&reader, first, "neither [section] nor key = value");
    return !reader.wrong_line;
}

bool machine_file_read(struct options *options, const char *file, struct emu_error *error)
{
    int64_t bytes;
    int fd = file_open(file, &bytes, error);
    if (fd < 0)
        return false;
    char data[FILE_BYTES_MOST];
    bool ok = bytes > FILE_BYTES_MOST || file_read(fd, data, bytes);
    if (!ok)
        emu_error_set(error, "cannot read %s: %s", file, strerror(errno));
    close(fd);
    return ok && machine_file_parse(options, file, data, bytes, error);
}
