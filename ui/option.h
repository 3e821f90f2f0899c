/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the command line asks for, and the rows (option.def, cpu.def) that say how it is spelled.
 * Strings are borrowed: from argv, or from the record that is replayed.
 */
#ifndef UI_OPTION_H
#define UI_OPTION_H

#include "device.h"

#include <emu/emu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_FILES_MOST 16
#define SWITCHES_MOST 64
#define COMMAND_FILES_MOST 8
#define SYMBOL_FILES_MOST 16
#define SOURCE_PATHS_MOST 16
#define PATH_BYTES 4096

enum serial_kind { SERIAL_STDIO, SERIAL_NULL, SERIAL_FILE };
enum progress_said { SAID_AUTO, SAID_ON, SAID_OFF };
enum option_owner { OPTION_QEMU, OPTION_IGNORED, OPTION_REFUSED, OPTION_OURS, OPTION_HIDDEN };

struct option_row;

struct fidelity_switch {
    uint64_t cycle;
    unsigned fidelity;
};

/* An ELF file with symbols, besides the images. */
struct symbol_file {
    char file[PATH_BYTES];
    int64_t offset; /* of the guest's addresses to the file's */
};

struct options {
    struct emu_config machine; /* without images; set by config_set */
    bool harts_given;
    char blame[256]; /* what has left the machine impossible (config.h); empty: nothing */
    const char *machine_files[MACHINE_FILES_MOST];
    unsigned machine_file_count;
    bool print_config;
    const char *bios;    /* "none", "default", a file; NULL: not given */
    const char *kernel;  /* NULL: none */
    const char *program; /* the positional argument; NULL: none */
    const char *initrd;
    const char *dtb;
    char dump_dtb[PATH_BYTES]; /* where the device tree goes, instead of a run; empty: nowhere */

    enum serial_kind serial;
    const char *serial_file;
    const char *serial_chardev; /* the id of the -chardev that says it; NULL: none */
    unsigned serials;  /* how many were given; the first counts */
    bool serial_given; /* and it is not null */
    unsigned stream;   /* which of the guest's consoles the terminal is: 0 the UART's, 1 + n virtio slot n's */

    struct device_options devices;             /* as written */
    struct disk_option disk[EMU_VIRTIO_SLOTS]; /* what it comes to: devices_finish */
    char loader[EMU_LOADERS][DEVICE_FILE_BYTES]; /* files of -device loader, in order; "": none */
    int escape; /* the control character, -1: none */
    bool headless;
    enum progress_said progress;
    bool no_reboot;

    bool monitor; /* begin at its prompt; standard input that is no terminal is its script */
    bool json;
    const char *command_files[COMMAND_FILES_MOST]; /* of the monitor's */
    unsigned command_file_count;

    struct fidelity_switch switches[SWITCHES_MOST]; /* by cycle; at one cycle, in the order given */
    unsigned switch_count;

    uint64_t max_cycles;    /* UINT64_MAX: no limit */
    double timeout_seconds; /* 0: no limit */

    const char *stats_file;
    const char *record_file; /* NULL: a new file under the user's state directory */
    bool no_record;
    const char *replay_file;
    bool state_hash;
    bool summary;

    struct symbol_file symbols[SYMBOL_FILES_MOST]; /* in the order given */
    unsigned symbols_count;
    const char *source_paths[SOURCE_PATHS_MOST];
    unsigned source_path_count;

    bool help, version;
    const char *reference;

    const struct option_row *ignored[32]; /* options given that mean nothing here */
    unsigned ignored_count;
};

struct option_row {
    const char *name;
    const char *alias;    /* NULL: none */
    const char *argument; /* NULL: takes none, or the words of its row */
    enum option_owner owner;
    const char *meaning;       /* NULL: its row's */
    const char *section, *key; /* the row of the configuration that it sets; NULL: none */
    /* `spelling` is how the user wrote the option; value is NULL when it takes none. */
    bool (*set)(struct options *options, const struct option_row *row, const char *spelling, const char *value,
                struct emu_error *error);
};

/* A property of -cpu rv64, as QEMU calls it, and its row of the configuration. */
struct cpu_property {
    const char *name;
    const char *section, *key; /* no key: what it means, and that it cannot be changed: */
    bool is_there;
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;
extern const struct cpu_property cpu_properties[];
extern const size_t cpu_property_count;

/* The row that the option sets; NULL if it sets none. */
const struct emu_config_row *option_config_row(const struct option_row *row);
/* What follows the option; NULL: nothing. */
const char *option_argument(const struct option_row *row);
const char *option_meaning(const struct option_row *row);

#endif
