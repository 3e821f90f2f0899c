/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What programs have in common (program.h).
 */
#include "program.h"

#include "ctype.h"
#include "errno.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

int program_status;

static void say(const char *format, va_list list)
{
    char text[256];
    vsnprintf(text, sizeof text, format, list);
    fflush(stdout); /* what was right comes first */
    fprintf(stderr, "%s: %s.\n", program_name, text);
    program_status = 1;
}

void complain(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(format, list);
    va_end(list);
}

_Noreturn void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(format, list);
    va_end(list);
    exit(1);
}

void complain_error(const char *what, int64_t error)
{
    complain("%s: %s", what, strerror((int)error));
}

_Noreturn void die_error(const char *what, int64_t error)
{
    die("%s: %s", what, strerror((int)error));
}

_Noreturn void die_usage(const char *rest)
{
    fprintf(stderr, "usage: %s%s%s\n", program_name, *rest ? " " : "", rest);
    exit(1);
}

int option_next(struct options *options, char **arguments)
{
    if (options->next == 0)
        options->next = options->place = 1;
    char *word = arguments[options->next];
    if (options->place == 1) {
        if (!word || word[0] != '-' || !word[1])
            return 0;
        if (strcmp(word, "--") == 0) {
            options->next++;
            return 0;
        }
    }
    char letter = word[options->place++];
    const char *row = letter == ':' ? NULL : strchr(options->letters, letter);
    if (!row)
        die_usage(options->usage);
    bool has_value = row[1] == ':';
    options->value = has_value ? word + options->place : NULL;
    if (has_value || !word[options->place]) {
        options->place = 1;
        options->next++;
    }
    if (has_value && !*options->value && !(options->value = arguments[options->next++]))
        die_usage(options->usage);
    return letter;
}

uint64_t number_argument(const char *what, const char *text, uint64_t most)
{
    char *end;
    errno = 0;
    uint64_t value = strtoul(text, &end, 10);
    if (!isdigit(*text) || *end)
        die("%s: %s is no number", what, text);
    if (errno || value > most)
        die("%s: %s is more than %lu", what, text, most);
    return value;
}

char *file_read(const char *path, size_t *ret_bytes, int *ret_error)
{
    int64_t descriptor = sys_open(path, OPEN_READ), count = 0;
    size_t room = 4096, done = 0;
    *ret_error = (int)descriptor;
    if (descriptor < 0)
        return NULL;
    char *text = malloc(room);
    while (text && (count = sys_read((int)descriptor, text + done, room - 1 - done)) != 0) {
        if (count == -EINTR)
            continue;
        if (count < 0)
            break;
        done += (size_t)count;
        if (done + 1 < room)
            continue;
        char *larger = realloc(text, room *= 2);
        if (!larger)
            free(text);
        text = larger;
    }
    sys_close((int)descriptor);
    *ret_error = text ? (int)count : -ENOMEM;
    if (text && count < 0) {
        free(text);
        text = NULL;
    }
    if (text) {
        text[done] = 0;
        *ret_bytes = done;
    }
    return text;
}

char *file_read_or_die(const char *path)
{
    size_t bytes;
    int error;
    char *text = file_read(path, &bytes, &error);
    if (!text)
        die_error(path, error);
    return text;
}

int write_all(int descriptor, const void *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        int64_t part = sys_write(descriptor, (const char *)bytes + done, count - done);
        if (part == -EINTR)
            continue;
        if (part <= 0)
            return part ? (int)part : -EIO;
        done += (size_t)part;
    }
    return 0;
}
