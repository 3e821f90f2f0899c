/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader of records. It trusts nothing: every word of every line is checked, and the first wrong one is named.
 */
#define _GNU_SOURCE
#include "replay.h"
#include "file.h"
#include "record.h"
#include "word.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* section.key and the value as text. */
static bool setting_read(struct reader *reader)
{
    struct replay *replay = reader->replay;
    struct emu_error why;
    const char *section = strsep(&reader->rest, "."), *key = word_next(reader), *value = word_next(reader);
    if (!section || !value[0] || reader->rest)
        return wrong(reader, "a setting must be: section.key, value");
    const struct emu_config_row *row = config_find(section, key, &why);
    if (!row)
        return wrong(reader, why.text);
    if (replay->settings_seen[row - emu_config_rows])
        return wrong(reader, "the setting is there twice");
    replay->settings_seen[row - emu_config_rows] = true;
    return emu_config_set(&replay->machine, row, value, &why) || wrong(reader, why.text);
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

static struct disk_file *disk_next(struct reader *reader)
{
    uint64_t slot;
    return number_next(reader, &slot) && slot < EMU_VIRTIO_SLOTS ? &reader->replay->disks.slot[slot] : NULL;
}

static bool disk_line_read(struct reader *reader)
{
    struct disk_file *disk = disk_next(reader);
    const char *mode = word_next(reader);
    bool known = disk && !disk->path && (!strcmp(mode, "ro") || !strcmp(mode, "rw"));
    if (known)
        disk->fd = -1;
    if (!known || !number_next(reader, &disk->bytes) || !hash_next(reader, &disk->hash) || !(disk->path = text_next(reader)) ||
        strlen(disk->path) >= DEVICE_FILE_BYTES)
        return wrong(reader, "a disk must be: slot, ro or rw, size, hash, name; each slot once");
    disk->read_only = mode[1] == 'o';
    return true;
}

static bool serial_line_read(struct reader *reader)
{
    struct disk_file *disk = disk_next(reader);
    char *serial = disk && disk->path && !disk->serial[0] ? text_next(reader) : NULL;
    bool fits = serial && strlen(serial) < sizeof disk->serial;
    if (fits)
        memcpy(disk->serial, serial, strlen(serial) + 1);
    free(serial);
    return fits || wrong(reader, "a serial number must be: slot of a disk, at most 20 characters");
}

static bool terminal_line_read(struct reader *reader)
{
    uint64_t stream;
    if (!number_parse(word_next(reader), 1, EMU_VIRTIO_SLOTS, &stream) || reader->rest)
        return wrong(reader, "a terminal must be: the number of a console's stream");
    reader->replay->stream = (unsigned)stream;
    return true;
}

static bool bootargs_line_read(struct reader *reader)
{
    struct replay *replay = reader->replay;
    return (!replay->bootargs && (replay->bootargs = text_next(reader))) || wrong(reader, "malformed bootargs");
}

static bool program_line_read(struct reader *reader)
{
    return true;
}

/* The lines of the head, after the first. */
static const struct {
    const char *name;
    bool (*read)(struct reader *reader);
} head_lines[] = {{"setting", setting_read},     {"image", image_line_read},       {"disk", disk_line_read},
                  {"serial", serial_line_read},  {"terminal", terminal_line_read}, {"bootargs", bootargs_line_read},
                  {"program", program_line_read}};

/* At the head's end: every row was there, and the machine is possible. */
static bool settings_check(struct reader *reader)
{
    struct emu_error why;
    char text[128];
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        snprintf(text, sizeof text, "the record's head lacks the setting %.32s.%.32s", row->section, row->key);
        if (!reader->replay->settings_seen[i])
            return wrong(reader, text);
    }
    return emu_config_check(&reader->replay->machine, &why) || wrong(reader, why.text);
}

static bool head_read(struct reader *reader)
{
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
        size_t line = 0;
        while (line < sizeof head_lines / sizeof head_lines[0] && strcmp(what, head_lines[line].name))
            line++;
        if (line == sizeof head_lines / sizeof head_lines[0])
            return wrong(reader, "unknown kind of line");
        if (!head_lines[line].read(reader))
            return false;
    }
    return settings_check(reader);
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

bool replay_read(struct replay *replay, const char *file, struct emu_error *error)
{
    *replay = (struct replay){.file = strdup(file)};
    emu_config_init(&replay->machine);
    int64_t bytes;
    int fd = file_open(file, &bytes, error);
    if (fd < 0)
        return false;
    struct reader reader = {.replay = replay, .file = fdopen(fd, "r"), .error = error};
    if (!reader.file) {
        close(fd);
        return emu_error_set(error, "cannot read %s: %s", file, strerror(errno));
    }
    bool ok = record_read(&reader);
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
    for (unsigned i = 0; i < EMU_LOADERS; i++)
        snprintf(options->loader[i], sizeof options->loader[i], "%s", role[IMAGE_LOADER + i].path ? role[IMAGE_LOADER + i].path : "");
    options->stream = replay->stream;
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct disk_file *disk = &replay->disks.slot[slot];
        struct disk_option *option = &options->disk[slot];
        option->read_only = disk->read_only;
        snprintf(option->file, sizeof option->file, "%s", disk->path ? disk->path : "");
        memcpy(option->serial, disk->serial, sizeof option->serial);
    }
}

static bool disks_match(const struct replay *replay, const struct disks *disks, struct emu_error *error)
{
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct disk_file *recorded = &replay->disks.slot[slot], *given = &disks->slot[slot];
        if (!recorded->path != !given->path)
            return emu_error_set(error, "%s was recorded with%s a disk in slot %u", replay->file, recorded->path ? "" : "out",
                                 slot);
        if (!given->path)
            continue;
        if (recorded->bytes != given->bytes || recorded->hash != given->hash)
            return emu_error_set(error,
                                 "%s was recorded when the disk %s held something else (%" PRIu64 " bytes, hash %016" PRIx64
                                 "; now %" PRIu64 " bytes, hash %016" PRIx64
                                 "): if that run itself has written to it, a copy from before is needed",
                                 replay->file, given->path, recorded->bytes, recorded->hash, given->bytes, given->hash);
        if (recorded->read_only != given->read_only || strcmp(recorded->serial, given->serial))
            return emu_error_set(error, "%s was recorded with a disk in slot %u that was %s and had the serial number '%s'",
                                 replay->file, slot, recorded->read_only ? "read-only" : "writable", recorded->serial);
    }
    return true;
}

bool replay_matches(const struct replay *replay, const struct options *options, const struct images *images,
                    const struct disks *disks, struct emu_error *error)
{
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        char recorded[32], given[32];
        emu_config_text(&replay->machine, row, recorded);
        emu_config_text(&options->machine, row, given);
        if (strcmp(recorded, given))
            return emu_error_set(error, "%s was recorded with %s.%s %s, not %s", replay->file, row->section, row->key, recorded,
                                 given);
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
    return disks_match(replay, disks, error);
}

void replay_finish(struct replay *replay)
{
    images_finish(&replay->images);
    disks_finish(&replay->disks);
    free(replay->file);
    free(replay->bootargs);
    free(replay->inputs);
    *replay = (struct replay){0};
}
