/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The program lockscope: reads the command line, builds the machine, runs a session, reports. All refusals come before the
 * terminal is touched, each as one sentence on standard error and exit code 2.
 */
#define _GNU_SOURCE
#include "cli.h"
#include "config.h"
#include "disk.h"
#include "ending.h"
#include "image.h"
#include "json_text.h"
#include "machine_file.h"
#include "record.h"
#include "replay.h"
#include "session.h"
#include "stats.h"
#include "summary.h"
#include "symbols.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUNDLED_HARTS 4
/* Disks that hold more are hashed, which records need, only for a record that was asked for. */
#define HASHED_BYTES_MOST (UINT64_C(1) << 30)

struct program {
    struct options options;
    struct replay replay;
    struct images images;
    struct disks disks;
    struct symbols *symbols;     /* owned */
    struct emu_machine *machine; /* owned */
    struct record *record;       /* owned; NULL: none */
    int console_fd;
};

static void say(const struct emu_error *error)
{
    if (error->text[0])
        fprintf(stderr, "lockscope: %s\n", error->text);
}

/* Files we open must not become standard input, output or error where the caller closed those. */
static void occupy_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* What is below the command line: the record, then the machine files, later over earlier. */
static bool read_base(struct program *program, struct options *options, const struct options *given, struct emu_error *error)
{
    options_init(options);
    if (given->replay_file) {
        if (!replay_read(&program->replay, given->replay_file, error))
            return false;
        replay_base(&program->replay, options);
    }
    for (unsigned i = 0; i < given->machine_file_count; i++)
        if (!machine_file_read(options, given->machine_files[i], error))
            return false;
    if (given->replay_file && (given->program || given->kernel)) {
        options->kernel = NULL;
        if (given->program)
            options->bios = given->bios ? given->bios : "none";
    }
    return true;
}

/* Twice: what the command line asks to be read comes below it, wherever it stands there. */
static bool read_options(struct program *program, int argc, char **argv, struct emu_error *error)
{
    struct options given, *options = &program->options;
    options_init(&given);
    if (!options_parse(&given, argc, argv, error))
        return false;
    if (given.help || given.version || given.reference) {
        *options = given;
        return true;
    }
    if (!read_base(program, options, &given, error) || !options_parse(options, argc, argv, error))
        return false;
    if (images_are_bundled(options) && !options->harts_given)
        options->machine.harts = BUNDLED_HARTS;
    return devices_finish(options, error) && config_finish(options, error);
}

static bool open_console(struct program *program, struct emu_error *error)
{
    const struct options *options = &program->options;
    program->console_fd = options->serial == SERIAL_NULL ? -1 : STDOUT_FILENO;
    if (options->serial != SERIAL_FILE)
        return true;
    program->console_fd = open(options->serial_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return program->console_fd >= 0 ||
           emu_error_set(error, "cannot write the console to %s: %s", options->serial_file, strerror(errno));
}

static bool is_recorded_by_default(const struct options *options)
{
    return !options->no_record && !options->replay_file && (session_has_input(options) || options->switch_count > 0);
}

/* A record that was asked for must work; the one kept by default may fail with a note. */
static bool open_record(struct program *program, struct emu_error *error)
{
    const struct options *options = &program->options;
    if (!options->record_file && !is_recorded_by_default(options))
        return true;
    if (!options->record_file && disks_data_bytes(options) > HASHED_BYTES_MOST) {
        fputs("lockscope: note: the input is not recorded, since the disks hold so much; --record FILE does it\n", stderr);
        return true;
    }
    program->record = record_create(options, &program->images, &program->disks, error);
    if (program->record || options->record_file)
        return program->record;
    fprintf(stderr, "lockscope: note: the input is not recorded: %s\n", error->text);
    return true;
}

static bool check_stats_file(const struct options *options, struct emu_error *error)
{
    bool is_file = options->stats_file && !stats_is_output(options->stats_file);
    if (options->stats_file && !is_file && options->serial == SERIAL_STDIO)
        return emu_error_set(error, "--stats -: the console goes to standard output, too; send it elsewhere, with -serial null or "
                                    "-serial file:FILE");
    FILE *file = is_file ? fopen(options->stats_file, "ae") : NULL;
    if (is_file && !file)
        return emu_error_set(error, "cannot write the statistics %s: %s", options->stats_file, strerror(errno));
    if (file)
        fclose(file);
    return true;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return a && b && !stat(a, &one) && !stat(b, &other) && S_ISREG(one.st_mode) && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* What the run writes must not be what it reads, nor two things in one file. */
static bool check_files(const struct options *options, struct emu_error *error)
{
    const char *serial = options->serial == SERIAL_FILE ? options->serial_file : NULL;
    const char *stats = options->stats_file && !stats_is_output(options->stats_file) ? options->stats_file : NULL;
    const char *tree = options->dump_dtb[0] ? options->dump_dtb : NULL;
    const char *written[] = {options->record_file, stats, serial, tree};
    const char *read[] = {options->program, options->kernel, options->bios, options->initrd, options->dtb, options->replay_file};
    for (unsigned w = 0; w < sizeof written / sizeof written[0]; w++) {
        for (unsigned r = 0; r < sizeof read / sizeof read[0]; r++)
            if (is_same_file(written[w], read[r]))
                return emu_error_set(error, "%s would be overwritten, but the run reads it", written[w]);
        for (unsigned i = 0; i < EMU_LOADERS; i++)
            if (options->loader[i][0] && is_same_file(written[w], options->loader[i]))
                return emu_error_set(error, "%s would be overwritten, but the run reads it", written[w]);
        for (unsigned i = 0; i < options->symbols_count; i++)
            if (is_same_file(written[w], options->symbols[i].file))
                return emu_error_set(error, "%s would be overwritten, but the run reads it", written[w]);
        for (unsigned m = 0; m < options->machine_file_count; m++)
            if (is_same_file(written[w], options->machine_files[m]))
                return emu_error_set(error, "%s would be overwritten, but the run reads it", written[w]);
        for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
            if (options->disk[slot].file[0] && is_same_file(written[w], options->disk[slot].file))
                return emu_error_set(error, "%s would be overwritten, but it is a disk of the guest's", written[w]);
        for (unsigned other = 0; other < w; other++)
            if (written[w] && written[other] && (!strcmp(written[w], written[other]) || is_same_file(written[w], written[other])))
                return emu_error_set(error, "two things would be written to %s", written[w]);
    }
    return true;
}

/* What --symbols names. They go before the images, so that they win where both know a line. */
static bool read_symbols(struct program *program, struct emu_error *error)
{
    const struct options *options = &program->options;
    program->symbols = symbols_create();
    if (!program->symbols)
        return emu_error_set(error, "the host is out of memory");
    for (unsigned i = 0; i < options->symbols_count; i++) {
        const struct symbol_file *one = &options->symbols[i];
        struct image image = {.path = NULL};
        bool is_read = image_read(&image, one->file, error);
        if (!is_read)
            free(image.data);
        else
            is_read = symbols_take(program->symbols, image.data, image.bytes, one->file, one->offset, error);
        free(image.path);
        if (!is_read)
            return false;
    }
    return true;
}

static bool build_machine(struct program *program, struct emu_error *error)
{
    struct options *options = &program->options;
    bool hash = options->replay_file || options->record_file || options->stats_file ||
                (is_recorded_by_default(options) && disks_data_bytes(options) <= HASHED_BYTES_MOST);
    if (!check_files(options, error) || !read_symbols(program, error) || !images_load(&program->images, options, error) ||
        !disks_open(&program->disks, options, options->replay_file, hash, error))
        return false;
    if (options->replay_file && !replay_matches(&program->replay, options, &program->images, &program->disks, error))
        return false;
    struct emu_config config = options->machine;
    images_configure(&program->images, &config);
    disks_configure(&program->disks, &config);
    program->machine = emu_machine_create(&config, error);
    images_give_symbols(&program->images, program->symbols);
    images_forget_data(&program->images);
    return program->machine;
}

static bool open_files(struct program *program, struct emu_error *error)
{
    return check_stats_file(&program->options, error) && open_console(program, error) && open_record(program, error);
}

/* The device tree as the guest would find it. */
static bool dump_device_tree(const struct program *program, struct emu_error *error)
{
    const char *path = program->options.dump_dtb;
    emu_paddr address;
    size_t bytes;
    emu_device_tree(program->machine, &address, &bytes);
    void *blob = malloc(bytes);
    if (!blob)
        return emu_error_set(error, "the host is out of memory");
    emu_ram_read(program->machine, address, blob, bytes);
    FILE *file = fopen(path, "wbe");
    bool written = file && fwrite(blob, 1, bytes, file) == bytes;
    free(blob);
    if (file && fclose(file))
        written = false;
    return written || emu_error_set(error, "cannot write the device tree %s: %s", path, strerror(errno));
}

static void notes(const struct options *options)
{
    for (unsigned i = 0; i < options->ignored_count; i++)
        fprintf(stderr, "lockscope: note: -%s means nothing here and is ignored\n", options->ignored[i]->name);
    const struct emu_config *config = &options->machine;
    if (config_is_approximate(config))
        fprintf(stderr,
                "lockscope: --quantum %u: an approximation: harts may run further ahead than the %u cycles nobody can notice\n",
                config->quantum_cycles, config_lookahead(config));
}

/* A word for a POSIX shell. */
static void word_print(FILE *to, const char *word)
{
    if (word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-")] == '\0') {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, to);
    fputc('\'', to);
}

/* What stands in the way of a replay. */
static void note_changed_disks(const struct disks *disks)
{
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
        if (disks->slot[slot].is_changed)
            fprintf(stderr, "lockscope: note: the run has written to %s; to be repeated, it needs what was there before\n",
                    disks->slot[slot].path);
}

static int report(struct program *program, struct ending *ending, const char *name)
{
    const struct options *options = &program->options;
    struct emu_error error = {0};
    say(&ending->error);
    if (program->record) {
        char *path = record_close(program->record, program->machine, ending, &error);
        program->record = NULL;
        say(&error);
        if (error.text[0] && options->record_file)
            *ending = ending_make(ENDING_ERROR, 0);
        if (path) {
            fputs("lockscope: the input is recorded; this repeats the run: ", stderr);
            word_print(stderr, name);
            fputs(" --replay-input ", stderr);
            word_print(stderr, path);
            fputc('\n', stderr);
            note_changed_disks(&program->disks);
        }
        free(path);
    }
    if (options->summary)
        summary_print(stderr, program->machine, &options->machine);
    if (options->state_hash)
        fprintf(stderr, "state hash %016" PRIx64 "\n", emu_state_hash(program->machine));
    error.text[0] = '\0';
    if (options->stats_file &&
        !stats_write(options->stats_file, program->machine, &options->machine, &program->images, &program->disks, ending, &error)) {
        say(&error);
        return ending_rows[ENDING_ERROR].code;
    }
    return ending->code;
}

static int run(struct program *program, int argc, char **argv)
{
    struct options *options = &program->options;
    struct emu_error error = {0};
    if (!read_options(program, argc, argv, &error)) {
        say(&error);
        return ending_rows[ENDING_ERROR].code;
    }
    if (options->help || options->version) {
        if (options->help)
            help_print(stdout);
        else
            printf("lockscope %s\n", LOCKSCOPE_VERSION);
        return 0;
    }
    if (options->reference) {
        if (reference_print(stdout, options->reference))
            return 0;
        fprintf(stderr, "lockscope: there is no generated page '%s'\n", options->reference);
        return ending_rows[ENDING_ERROR].code;
    }
    if (options->print_config) {
        config_print(stdout, &options->machine);
        return 0;
    }
    bool built = build_machine(program, &error);
    if (built && options->dump_dtb[0]) {
        if (dump_device_tree(program, &error))
            return 0;
        built = false;
    }
    if (!built || !open_files(program, &error)) {
        say(&error);
        return ending_rows[ENDING_ERROR].code;
    }
    notes(options);
    struct ending ending = session_run(program->machine, options, program->console_fd, &program->disks, program->record,
                                       options->replay_file ? &program->replay : NULL, program->symbols);
    int code = report(program, &ending, argv[0]);
    if (options->json)
        json_print(stdout, json_pack("{s:s, s:i, s:I, s:o}", "ended", ending_rows[ending.kind].name, "code", code, "cycle",
                                     (json_int_t)ending.cycle, "why",
                                     ending.error.text[0] ? json_text(ending.error.text, strlen(ending.error.text)) : json_null()));
    return code;
}

int main(int argc, char **argv)
{
    occupy_standard_files();
    signals_catch();
    struct program program = {.console_fd = -1};
    int code = run(&program, argc, argv);
    if (program.record) /* built in vain */
        free(record_close(program.record, program.machine, &(struct ending){.kind = ENDING_ERROR}, NULL));
    emu_machine_destroy(program.machine);
    symbols_destroy(program.symbols);
    images_finish(&program.images);
    disks_finish(&program.disks);
    replay_finish(&program.replay);
    bool lost = ferror(stdout); /* what did not fit into the buffer has been tried before */
    if ((fflush(stdout) || lost) && code == 0) {
        fprintf(stderr, "lockscope: cannot write to standard output: %s\n", strerror(errno));
        code = ending_rows[ENDING_ERROR].code;
    }
    return code;
}
