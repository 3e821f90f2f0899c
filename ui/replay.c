/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader of records. It trusts nothing: every word of every line is checked, and the first wrong one is named.
 */
#define _GNU_SOURCE
#include "replay.h"
#include "record.h"
#include "setting.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct reader {
    struct replay *replay;
    FILE *file;
    char *line; /* owned by getline */
    size_t capacity;
    char *rest; /* what of the line is not yet read */
    unsigned number;
    struct emu_error *error;
};

static bool wrong(struct reader *reader, const char *what)
{
    return emu_error_set(reader->error, "%s, line %u: %s", reader->replay->file, reader->number, what);
}

static bool line_next(struct reader *reader)
{
    ssize_t length = getline(&reader->line, &reader->capacity, reader->file);
    reader->number++;
    if (length < 0)
        return wrong(reader, ferror(reader->file) ? strerror(errno) : "the record is cut off: its end line is missing");
    if (reader->line[length - 1] != '\n')
        return wrong(reader, reader->number == 1 ? "this is not a record of lockscope" : "the record is cut off within this line");
    if (strlen(reader->line) != (size_t)length)
        return wrong(reader, reader->number == 1 ? "this is not a record of lockscope" : "not a line of text");
    reader->line[length - 1] = '\0';
    reader->rest = reader->line;
    return true;
}

static const char *word_next(struct reader *reader)
{
    char *word = strsep(&reader->rest, " ");
    return word ? word : "";
}

static bool number_next(struct reader *reader, uint64_t *ret)
{
    return number_parse(word_next(reader), 0, UINT64_MAX, ret);
}

static bool hash_next(struct reader *reader, uint64_t *ret)
{
    char text[20];
    const char *word = word_next(reader);
    return strlen(word) == 16 && snprintf(text, sizeof text, "0x%s", word) == 18 && number_parse(text, 0, UINT64_MAX, ret);
}

/* The rest of the line, unescaped in place; NULL if malformed. */
static char *text_next(struct reader *reader)
{
    char *from = reader->rest, *to = from;
    if (!from)
        return NULL;
    for (; *from; from++) {
        char c = *from;
        if (c == '\\') {
            c = *++from == 'n' ? '\n' : *from;
            if (c != '\n' && c != '\\')
                return NULL;
        }
        *to++ = c;
    }
    *to = '\0';
    return strdup(reader->rest);
}

static bool setting_read(struct reader *reader)
{
    const char *name = word_next(reader);
    for (size_t i = 0; i < setting_count; i++) {
        uint64_t value;
        if (strcmp(settings[i].name, name))
            continue;
        if (!number_next(reader, &value) || reader->rest)
            return wrong(reader, "a setting must be one number");
        setting_assign(&settings[i], &reader->replay->machine, value);
        if (setting_value(&settings[i], &reader->replay->machine) != value)
            return wrong(reader, "the setting's value is out of range");
        reader->replay->settings_seen |= UINT64_C(1) << i;
        return true;
    }
    return wrong(reader, "unknown setting");
}

static bool image_line_read(struct reader *reader)
{
    const char *name = word_next(reader);
    for (size_t i = 0; i < IMAGE_ROLE_COUNT; i++) {
        struct image *image = &reader->replay->images.role[i];
        if (strcmp(image_role_names[i], name))
            continue;
        uint64_t bytes;
        if (image->path || !number_next(reader, &bytes) || !hash_next(reader, &image->hash) || !(image->path = text_next(reader)))
            return wrong(reader, "an image must be: role, size, hash, name; each role once");
        image->bytes = bytes;
        return true;
    }
    return wrong(reader, "unknown role of an image");
}

static bool head_read(struct reader *reader)
{
    struct replay *replay = reader->replay;
    uint64_t version;
    if (!line_next(reader))
        return false;
    if (strcmp(word_next(reader), "lockscope-record") || !number_next(reader, &version) || reader->rest)
        return wrong(reader, "this is not a record of lockscope");
    if (version != RECORD_FORMAT_VERSION)
        return wrong(reader, "the record has a format that this version of lockscope does not know");
    for (;;) {
        if (!line_next(reader))
            return false;
        const char *what = word_next(reader);
        if (!strcmp(what, "inputs") && !reader->rest)
            break;
        if (!strcmp(what, "setting") ? !setting_read(reader) : !strcmp(what, "image") ? !image_line_read(reader) : false)
            return false;
        if (!strcmp(what, "bootargs") && (replay->bootargs || !(replay->bootargs = text_next(reader))))
            return wrong(reader, "malformed bootargs");
        if (strcmp(what, "setting") && strcmp(what, "image") && strcmp(what, "bootargs") && strcmp(what, "program"))
            return wrong(reader, "unknown kind of line");
    }
    if (replay->settings_seen != (UINT64_C(1) << setting_count) - 1)
        return wrong(reader, "the record's head lacks a setting");
    return true;
}

static bool kind_parse(const char *name, unsigned *ret_kind)
{
    for (unsigned kind = 0; kind < EMU_INPUT_COUNT; kind++)
        if (!strcmp(emu_input_name(kind), name)) {
            *ret_kind = kind;
            return true;
        }
    return false;
}

/* `first` is the line's first word, already read. */
static bool input_read(struct reader *reader, const char *first)
{
    struct replay *replay = reader->replay;
    struct replay_input one = {0};
    uint64_t hart;
    if (!number_parse(first, 0, UINT64_MAX, &one.position.events) || !number_next(reader, &one.position.steps) ||
        !number_next(reader, &one.cycle) || !kind_parse(word_next(reader), &one.input.kind) || !number_next(reader, &hart) ||
        hart > UINT32_MAX || !number_next(reader, &one.input.a) || !number_next(reader, &one.input.b) || reader->rest)
        return wrong(reader, "an input must be: events, steps, cycle, kind, hart, a, b");
    one.input.hart = hart;
    const struct replay_input *last = replay->count ? &replay->inputs[replay->count - 1] : &(struct replay_input){0};
    if (one.position.events < last->position.events || one.position.steps < last->position.steps || one.cycle < last->cycle)
        return wrong(reader, "the input comes before the one in the line above");
    if (replay->count == replay->capacity) {
        size_t capacity = replay->capacity * 2 + 64;
        struct replay_input *inputs = realloc(replay->inputs, capacity * sizeof *inputs);
        if (!inputs)
            return wrong(reader, strerror(errno));
        replay->inputs = inputs;
        replay->capacity = capacity;
    }
    replay->inputs[replay->count++] = one;
    return true;
}

static bool end_read(struct reader *reader)
{
    struct replay *replay = reader->replay;
    uint64_t code;
    if (!number_next(reader, &replay->end_position.events) || !number_next(reader, &replay->end_position.steps) ||
        !number_next(reader, &replay->end_cycle) || (replay->end_kind = ending_find(word_next(reader))) == ENDING_COUNT ||
        !number_next(reader, &code) || code > 255 || !hash_next(reader, &replay->end_hash) || reader->rest)
        return wrong(reader, "the end must be: events, steps, cycle, stop, exit code, hash");
    replay->end_code = code;
    if (getc(reader->file) != EOF)
        return reader->number++, wrong(reader, "the record goes on after its end line");
    return true;
}

static bool record_read(struct reader *reader)
{
    if (!head_read(reader))
        return false;
    for (;;) {
        if (!line_next(reader))
            return false;
        const char *first = word_next(reader);
        if (!strcmp(first, "end"))
            return end_read(reader);
        if (!input_read(reader, first))
            return false;
    }
}

/* A FIFO without a writer must not hang us. */
static FILE *open_without_waiting(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? NULL : fdopen(fd, "r");
}

bool replay_read(struct replay *replay, const char *file, struct emu_error *error)
{
    *replay = (struct replay){.file = strdup(file)};
    emu_config_init(&replay->machine);
    struct reader reader = {.replay = replay, .file = open_without_waiting(file), .error = error};
    if (!reader.file)
        return emu_error_set(error, "cannot read %s: %s", file, strerror(errno));
    struct stat status;
    bool ok = false;
    if (fstat(fileno(reader.file), &status))
        emu_error_set(error, "cannot read %s: %s", file, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        emu_error_set(error, "cannot read %s: %s", file, S_ISDIR(status.st_mode) ? strerror(EISDIR) : "Not a regular file");
    else
        ok = record_read(&reader);
    free(reader.line);
    fclose(reader.file);
    return ok;
}

void replay_base(const struct replay *replay, struct options *options)
{
    const struct image *role = replay->images.role;
    options->machine = replay->machine;
    options->machine.bootargs = replay->bootargs;
    options->harts_given = true;
    options->bios = role[IMAGE_FIRMWARE].path ? role[IMAGE_FIRMWARE].path : "none";
    options->kernel = role[IMAGE_KERNEL].path;
    options->initrd = role[IMAGE_INITRD].path;
    options->dtb = role[IMAGE_DTB].path;
}

bool replay_matches(const struct replay *replay, const struct options *options, const struct images *images,
                    struct emu_error *error)
{
    for (size_t i = 0; i < setting_count; i++) {
        uint64_t recorded = setting_value(&settings[i], &replay->machine), given = setting_value(&settings[i], &options->machine);
        if (recorded != given)
            return emu_error_set(error, "%s was recorded with %s %" PRIu64 ", not %" PRIu64, replay->file, settings[i].name,
                                 recorded, given);
    }
    const char *recorded_args = replay->bootargs ? replay->bootargs : "";
    const char *given_args = options->machine.bootargs ? options->machine.bootargs : "";
    if (strcmp(recorded_args, given_args))
        return emu_error_set(error, "%s was recorded with -append '%s', not '%s'", replay->file, recorded_args, given_args);
    for (size_t i = 0; i < IMAGE_ROLE_COUNT; i++) {
        const struct image *recorded = &replay->images.role[i], *given = &images->role[i];
        if (!recorded->path != !given->path)
            return emu_error_set(error, "%s was recorded with%s a %s", replay->file, recorded->path ? "" : "out",
                                 image_role_names[i]);
        if (given->path && (recorded->bytes != given->bytes || recorded->hash != given->hash))
            return emu_error_set(
                error,
                "%s was recorded with another %s than %s (%zu bytes, hash %016" PRIx64 "; now %zu bytes, hash %016" PRIx64 ")",
                replay->file, image_role_names[i], given->path, recorded->bytes, recorded->hash, given->bytes, given->hash);
    }
    return true;
}

void replay_finish(struct replay *replay)
{
    images_finish(&replay->images);
    free(replay->file);
    free(replay->bootargs);
    free(replay->inputs);
    *replay = (struct replay){0};
}
