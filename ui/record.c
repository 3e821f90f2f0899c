/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The writer of records. Lines are flushed one by one, so that a record is whole up to the last input whatever happens to us; a
 * failing disk never disturbs the run, it is reported at the end.
 */
#define _GNU_SOURCE
#include "record.h"
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEPT_MOST 20
#define SUFFIX    ".inputs"

struct record {
    FILE *file;
    char *path; /* absolute */
    bool named; /* by the user: stays in any case */
    bool failed;
    int failure; /* errno */
    uint64_t inputs;
};

static int is_record(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = strlen(SUFFIX);
    return !strncmp(entry->d_name, "run-", 4) && length > suffix && !strcmp(entry->d_name + length - suffix, SUFFIX);
}

/* Names begin with the date: alphabetical order is age. */
static void prune(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_record, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        if (i < count - (KEPT_MOST - 1) && snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path)
            unlink(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static char *default_path(struct emu_error *error)
{
    char folder[3072], date[32], *path;
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length = state && state[0] == '/' ? snprintf(folder, sizeof folder, "%s/lockscope", state)
                                          : snprintf(folder, sizeof folder, "%s/.local/state/lockscope", home ? home : "");
    if (length >= (int)sizeof folder || !folder_make(folder)) {
        emu_error_set(error, "cannot make the folder for records %s: %s", folder, strerror(errno));
        return NULL;
    }
    prune(folder);
    time_t now = time(NULL);
    struct tm tm;
    strftime(date, sizeof date, "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
    if (asprintf(&path, "%s/run-%s-%d" SUFFIX, folder, date, (int)getpid()) < 0)
        path = NULL;
    return path;
}

/* The rest of a line: only what would end it is escaped. */
static void text_write(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", file);
        else if (*text == '\\')
            fputs("\\\\", file);
        else
            fputc(*text, file);
    }
    fputc('\n', file);
}

static void disks_write(FILE *file, const struct disks *disks)
{
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct disk_file *disk = &disks->slot[slot];
        if (!disk->path)
            continue;
        fprintf(file, "disk %u %s %" PRIu64 " %016" PRIx64 " ", slot, disk->read_only ? "ro" : "rw", disk->bytes, disk->hash);
        text_write(file, disk->path);
        if (disk->serial[0]) {
            fprintf(file, "serial %u ", slot);
            text_write(file, disk->serial);
        }
    }
}

static void head_write(FILE *file, const struct options *options, const struct images *images, const struct disks *disks)
{
    fprintf(file, "lockscope-record %d\nprogram %s\n", RECORD_FORMAT_VERSION, LOCKSCOPE_VERSION);
    for (size_t i = 0; i < emu_config_row_count; i++) {
        char value[32];
        emu_config_text(&options->machine, &emu_config_rows[i], value);
        fprintf(file, "setting %s.%s %s\n", emu_config_rows[i].section, emu_config_rows[i].key, value);
    }
    if (options->machine.bootargs) {
        fputs("bootargs ", file);
        text_write(file, options->machine.bootargs);
    }
    for (size_t i = 0; i < IMAGE_ROLE_COUNT; i++) {
        const struct image *image = &images->role[i];
        if (!image->path)
            continue;
        fprintf(file, "image %s %zu %016" PRIx64 " ", image_role_names[i], image->bytes, image->hash);
        text_write(file, image->path);
    }
    disks_write(file, disks);
    if (options->stream)
        fprintf(file, "terminal %u\n", options->stream);
    fputs("inputs\n", file);
}

static void note_failure(struct record *record)
{
    if (!record->failed && (fflush(record->file) || ferror(record->file))) {
        record->failed = true;
        record->failure = errno;
    }
}

struct record *record_create(const struct options *options, const struct images *images, const struct disks *disks,
                             struct emu_error *error)
{
    char *path = options->record_file ? strdup(options->record_file) : default_path(error);
    if (!path)
        return NULL;
    struct record *record = calloc(1, sizeof *record);
    FILE *file = record ? fopen(path, "we") : NULL;
    if (!file) {
        emu_error_set(error, "cannot write the record %s: %s", path, strerror(errno));
        free(path);
        free(record);
        return NULL;
    }
    *record = (struct record){.file = file, .path = path, .named = options->record_file};
    head_write(file, options, images, disks);
    note_failure(record);
    return record;
}

void record_input(struct record *record, struct emu_position position, emu_cycle cycle, const struct emu_input *input)
{
    record->inputs++;
    fprintf(record->file, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %s %u 0x%" PRIx64 " 0x%" PRIx64 "\n", position.events,
            position.steps, cycle, emu_input_name(input->kind), input->hart, input->a, input->b);
    note_failure(record);
}

char *record_close(struct record *record, const struct emu_machine *machine, const struct ending *ending, struct emu_error *error)
{
    bool keep = record->named || record->inputs;
    if (keep) {
        struct emu_position position = emu_position(machine);
        fprintf(record->file, "end %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %d %016" PRIx64 "\n", position.events, position.steps,
                ending->cycle, ending_rows[ending->kind].name, ending->code, emu_state_hash(machine));
        note_failure(record);
    }
    if (fclose(record->file) && !record->failed) {
        record->failed = true;
        record->failure = errno;
    }
    char *path = record->path;
    if (keep && record->failed)
        emu_error_set(error, "the record %s is not complete: %s", path, strerror(record->failure));
    if (!keep)
        unlink(path);
    if (!keep || record->failed) {
        free(path);
        path = NULL;
    }
    free(record);
    return path;
}
