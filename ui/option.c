/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options' setters: each turns one value into fields of struct options, or says in one sentence what is wrong with it,
 * naming the option as the user wrote it, the value and what is allowed. They open no file and print nothing.
 */
#define _GNU_SOURCE
#include "option.h"
#include "config.h"
#include "word.h"

#include <emu/platform.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTER(id)                                                                                                                 \
    static bool set_##id(struct options *options, const struct option_row *row, const char *spelling, const char *value,           \
                         struct emu_error *error)

/* "word=value,word,...": cuts the first piece off; value is NULL when there is no '='. */
struct piece {
    char text[PATH_BYTES];
    char *value;
    size_t length; /* of the piece; text has less of it when that is not below its size */
};

static bool piece_next(const char **cursor, struct piece *ret)
{
    if (!*cursor)
        return false;
    size_t length = strcspn(*cursor, ",");
    bool last = (*cursor)[length] == '\0';
    ret->length = length;
    if (length >= sizeof ret->text)
        length = sizeof ret->text - 1;
    memcpy(ret->text, *cursor, length);
    ret->text[length] = '\0';
    *cursor = last ? NULL : strchr(*cursor, ',') + 1;
    ret->value = strchr(ret->text, '=');
    if (ret->value)
        *ret->value++ = '\0';
    return true;
}

/* What the user wrote, for config_set. */
static void where_write(char where[static 128], const char *spelling, const char *value)
{
    snprintf(where, 128, "%.40s %.80s", spelling, value);
}

/* QEMU's properties of virt that say what is so anyhow, and accel. */
static bool is_default_of_virt(const struct piece *piece)
{
    static const char *const defaults[][2] = {{"aia", "none"}, {"usb", "off"}, {"acpi", "off"}, {"graphics", "off"}};
    for (size_t i = 0; piece->value && i < sizeof defaults / sizeof defaults[0]; i++)
        if (!strcmp(piece->text, defaults[i][0]) && !strcmp(piece->value, defaults[i][1]))
            return true;
    return piece->value && !strcmp(piece->text, "accel");
}

SETTER(machine)
{
    char where[128];
    struct piece piece;
    const char *cursor = value;
    where_write(where, spelling, value);
    for (bool first = true; piece_next(&cursor, &piece); first = false) {
        const char *type = piece.value && !strcmp(piece.text, "type") ? piece.value : first && !piece.value ? piece.text : NULL;
        bool on;
        if (type) {
            if (strcmp(type, "virt"))
                return emu_error_set(error, "%s: there is no machine '%.64s'; the only one is virt", where, type);
        } else if (!strcmp(piece.text, "aclint") && switch_parse(piece.value, &on)) {
            if (!config_set(options, emu_config_find("machine", "aclint"), on ? "on" : "off", where, error))
                return false;
        } else if (!strcmp(piece.text, "dumpdtb") && piece.value && piece.value[0]) {
            if (piece.length >= sizeof piece.text)
                return emu_error_set(error, "%s: the name of dumpdtb's file is too long", where);
            snprintf(options->dump_dtb, sizeof options->dump_dtb, "%s", piece.value);
        } else if (!is_default_of_virt(&piece)) {
            return emu_error_set(error, "%s: virt's properties are aclint=on, aclint=off and dumpdtb=FILE, not '%.64s'", where,
                                 piece.text);
        }
    }
    return true;
}

/* Options whose value is that of one row. */
SETTER(row)
{
    char where[128];
    where_write(where, spelling, value);
    return config_set(options, option_config_row(row), value, where, error);
}

SETTER(set)
{
    char where[128], section[64], key[64];
    struct emu_error why;
    where_write(where, spelling, value);
    size_t section_length = strcspn(value, ".="), key_length = strcspn(value + section_length, "=");
    const char *text = strchr(value, '=');
    if (value[section_length] != '.' || !text || section_length >= sizeof section || key_length > sizeof key)
        return emu_error_set(error, "%s: write SECTION.KEY=VALUE, as bus.memory=60", where);
    snprintf(section, sizeof section, "%.*s", (int)section_length, value);
    snprintf(key, sizeof key, "%.*s", (int)key_length - 1, value + section_length + 1);
    const struct emu_config_row *found = config_find(section, key, &why);
    if (!found)
        return emu_error_set(error, "%s: %s", where, why.text);
    return config_set(options, found, text + 1, where, error);
}

/* SIZE and other keys of the cache's section. */
static bool set_cache(struct options *options, const char *section, const char *spelling, const char *value,
                      struct emu_error *error)
{
    struct piece piece;
    struct emu_error why;
    char where[128];
    const char *cursor = value;
    where_write(where, spelling, value);
    for (bool first = true; piece_next(&cursor, &piece); first = false) {
        if (!piece.value && !first)
            return emu_error_set(error, "%s: write SIZE[,KEY=VALUE]..., as 16K,ways=2", where);
        const struct emu_config_row *found = config_find(section, piece.value ? piece.text : "size", &why);
        if (!found)
            return emu_error_set(error, "%s: %s", where, why.text);
        if (!config_set(options, found, piece.value ? piece.value : piece.text, where, error))
            return false;
    }
    return true;
}

SETTER(l1i)
{
    return set_cache(options, "l1i", spelling, value, error);
}

SETTER(l1d)
{
    return set_cache(options, "l1d", spelling, value, error);
}

static const struct cpu_property *cpu_property_find(const char *name)
{
    for (size_t i = 0; i < cpu_property_count; i++)
        if (!strcmp(cpu_properties[i].name, name))
            return &cpu_properties[i];
    return NULL;
}

SETTER(cpu)
{
    struct piece piece;
    char where[128];
    const char *cursor = value;
    where_write(where, spelling, value);
    piece_next(&cursor, &piece);
    if (piece.value || strcmp(piece.text, "rv64"))
        return emu_error_set(error, "%s: there is no hart type '%s'; the only one is rv64", where, piece.text);
    while (piece_next(&cursor, &piece)) {
        const struct cpu_property *property = cpu_property_find(piece.text);
        if (property && !property->key) {
            bool on;
            if (!switch_parse(piece.value ? piece.value : "", &on))
                return emu_error_set(error, "%s: %s is on or off", where, piece.text);
            if (on != property->is_there)
                return emu_error_set(error, "%s: harts %s %s (%s)", where, property->is_there ? "always have" : "do not have", piece.text,
                                     property->section);
            continue;
        }
        if (!property)
            return emu_error_set(error, "%s: harts have no property '%s'; docs/reference/options.md lists them", where, piece.text);
        const struct emu_config_row *found = emu_config_find(property->section, property->key);
        if (!config_set(options, found, piece.value ? piece.value : "", where, error))
            return false;
    }
    return true;
}

/* The harts' topology, which guests do not see, must at least make sense. */
struct topology {
    uint64_t product;    /* of sockets, cores and so on, as far as given */
    uint64_t most;       /* maxcpus; 0: not given */
    bool given;
};

static bool topology_take(struct topology *topology, const struct piece *piece)
{
    static const char *const factors[] = {"sockets", "dies", "clusters", "cores", "threads"};
    uint64_t number;
    if (!piece->value || !number_parse(piece->value, 1, PLATFORM_HARTS_MAX, &number))
        return false;
    if (!strcmp(piece->text, "maxcpus")) {
        topology->most = number;
        return true;
    }
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        if (strcmp(piece->text, factors[i]))
            continue;
        topology->product *= number; /* both at most 256 */
        topology->given = true;
        return topology->product <= PLATFORM_HARTS_MAX;
    }
    return false;
}

SETTER(smp)
{
    char where[128], harts[32] = "";
    struct topology topology = {.product = 1};
    struct piece piece;
    const char *cursor = value;
    where_write(where, spelling, value);
    for (bool first = true; piece_next(&cursor, &piece); first = false) {
        bool is_count = piece.value ? !strcmp(piece.text, "cpus") : first;
        if (is_count)
            snprintf(harts, sizeof harts, "%.30s", piece.value ? piece.value : piece.text);
        else if (!topology_take(&topology, &piece))
            return emu_error_set(error, "%s: write [cpus=]N[,sockets=N][,cores=N][,threads=N][,maxcpus=N], 1 to %d harts in all", where,
                                 PLATFORM_HARTS_MAX);
    }
    bool is_counted = harts[0] != '\0' || !topology.given;
    if (!is_counted)
        snprintf(harts, sizeof harts, "%u", (unsigned)topology.product);
    if (!config_set(options, emu_config_find("machine", "harts"), harts, where, error))
        return false;
    if (topology.given && topology.product != options->machine.harts)
        return emu_error_set(error, "%s: that is %u harts and a topology of %u; they must be as many", where, options->machine.harts,
                             (unsigned)topology.product);
    if (topology.most && topology.most != options->machine.harts)
        return emu_error_set(error, "%s: harts cannot be added later; leave maxcpus out", where);
    return true;
}

/* QEMU's sizes: digits, a fraction, one of the suffixes B K M G T; without a suffix MiB. */
static bool size_parse(const char *text, uint64_t *ret_bytes)
{
    static const char suffixes[] = "bkmgt";
    size_t length = strspn(text, "0123456789.");
    const char *suffix = text + length;
    unsigned shift = 20;
    if (*suffix) {
        const char *found = strchr(suffixes, *suffix | 0x20);
        if (!found || suffix[1])
            return false;
        shift = 10 * (found - suffixes);
    }
    char *end;
    if (length == 0 || length > 15 || text[0] == '.')
        return false;
    double bytes = strtod(text, &end) * (double)(UINT64_C(1) << shift);
    if (end != suffix || bytes > 1e18)
        return false;
    *ret_bytes = bytes;
    return true;
}

/* A number with a sign or none, decimal or as 0x...; modulo 2^64, so that the upper half of the addresses can be named as such. */
static bool offset_parse(const char *text, int64_t *ret_offset)
{
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    char *end;
    errno = 0;
    uint64_t value = digits[0] >= '0' && digits[0] <= '9' ? strtoull(digits, &end, strncasecmp(digits, "0x", 2) ? 10 : 16) : 0;
    if (digits[0] < '0' || digits[0] > '9' || errno || *end || end[-1] == 'x' || end[-1] == 'X')
        return false;
    *ret_offset = (int64_t)(text[0] == '-' ? -value : value);
    return true;
}

/* For values that are not spelled as config_set reads them. */
static bool number_set(struct options *options, const struct emu_config_row *row, uint64_t value, const char *where,
                       struct emu_error *error)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return config_set(options, row, text, where, error);
}

SETTER(memory)
{
    const struct emu_config_row *ram = emu_config_find("machine", "ram");
    char where[128];
    uint64_t bytes;
    where_write(where, spelling, value);
    if (!size_parse(strncmp(value, "size=", 5) ? value : value + 5, &bytes) || bytes < ram->least || bytes > ram->most ||
        bytes % 4096)
        return emu_error_set(error, "%s: RAM must be %" PRIu64 "M to %" PRIu64 "G in steps of 4K, as 128M or 1.5G", where,
                             ram->least >> 20, ram->most >> 30);
    return number_set(options, ram, bytes, where, error);
}

/* Options that only name something. */
#define TEXT_SETTER(id, field)                                                                                                     \
    SETTER(id)                                                                                                                     \
    {                                                                                                                              \
        if (value[0] == '\0')                                                                                                      \
            return emu_error_set(error, "%s '': the name of a file must not be empty", spelling);                                  \
        options->field = value;                                                                                                    \
        return true;                                                                                                               \
    }

TEXT_SETTER(bios, bios)
TEXT_SETTER(kernel, kernel)
TEXT_SETTER(initrd, initrd)
TEXT_SETTER(dtb, dtb)
TEXT_SETTER(stats, stats_file)
TEXT_SETTER(record, record_file)
TEXT_SETTER(replay_input, replay_file)

/* Read by the caller, who opens files, before the other options are applied on top. */
SETTER(S)
{
    options->monitor = true;
    return true;
}

SETTER(commands)
{
    if (value[0] == '\0')
        return emu_error_set(error, "%s '': the name of a file must not be empty", spelling);
    if (options->command_file_count == COMMAND_FILES_MOST)
        return emu_error_set(error, "%s %s: there can be %d files of commands", spelling, value, COMMAND_FILES_MOST);
    options->command_files[options->command_file_count++] = value;
    return true;
}

SETTER(machine_file)
{
    if (value[0] == '\0')
        return emu_error_set(error, "%s '': the name of a file must not be empty", spelling);
    if (options->machine_file_count == MACHINE_FILES_MOST)
        return emu_error_set(error, "%s %s: there can be %d machine files", spelling, value, MACHINE_FILES_MOST);
    options->machine_files[options->machine_file_count++] = value;
    return true;
}

SETTER(symbols)
{
    static const char key[] = ",offset=";
    const char *offset = NULL;
    for (const char *at = value; (at = strstr(at, key)); at++)
        offset = at; /* the last: a name may look like it */
    size_t bytes = offset ? (size_t)(offset - value) : strlen(value);
    if (bytes == 0)
        return emu_error_set(error, "%s '%.64s': the name of a file must not be empty", spelling, value);
    if (options->symbols_count == SYMBOL_FILES_MOST)
        return emu_error_set(error, "%s %.64s: there can be %d files with symbols", spelling, value, SYMBOL_FILES_MOST);
    struct symbol_file *one = &options->symbols[options->symbols_count];
    if (bytes >= sizeof one->file)
        return emu_error_set(error, "%s %.64s: the name of the file is too long", spelling, value);
    if (!offset_parse(offset ? offset + strlen(key) : "0", &one->offset))
        return emu_error_set(error, "%s %.64s: the offset must be a number of bytes, as 0x40000000 or -0x1000", spelling, value);
    memcpy(one->file, value, bytes);
    one->file[bytes] = '\0';
    options->symbols_count++;
    return true;
}

SETTER(source_path)
{
    if (value[0] == '\0')
        return emu_error_set(error, "%s '': the name of a folder must not be empty", spelling);
    if (options->source_path_count == SOURCE_PATHS_MOST)
        return emu_error_set(error, "%s %.64s: there can be %d folders with sources", spelling, value, SOURCE_PATHS_MOST);
    options->source_paths[options->source_path_count++] = value;
    return true;
}

SETTER(append)
{
    options->machine.bootargs = value;
    return true;
}

SETTER(reference)
{
    options->reference = value;
    return true;
}

#define FLAG_SETTER(id)                                                                                                            \
    SETTER(id)                                                                                                                     \
    {                                                                                                                              \
        options->id = true;                                                                                                        \
        return true;                                                                                                               \
    }

FLAG_SETTER(headless)
FLAG_SETTER(json)
FLAG_SETTER(no_record)
FLAG_SETTER(no_reboot)
FLAG_SETTER(state_hash)
FLAG_SETTER(summary)
FLAG_SETTER(help)
FLAG_SETTER(version)
FLAG_SETTER(print_config)

/* QEMU's, without a meaning here. */
SETTER(nographic)
{
    return true;
}

SETTER(name)
{
    return true;
}

SETTER(ignored)
{
    for (unsigned i = 0; i < options->ignored_count; i++)
        if (options->ignored[i] == row)
            return true;
    if (options->ignored_count < sizeof options->ignored / sizeof options->ignored[0])
        options->ignored[options->ignored_count++] = row;
    return true;
}

SETTER(refused)
{
    return emu_error_set(error, "%s is refused: %s", spelling, row->meaning);
}

SETTER(display)
{
    return !strcmp(value, "none") || emu_error_set(error, "%s %s: there is no display yet; use none", spelling, value);
}

SETTER(monitor)
{
    return !strcmp(value, "none") || !strcmp(value, "null") ||
           emu_error_set(error, "%s %s: the monitor is on the terminal, with -S or Ctrl-A c; use none", spelling, value);
}

SETTER(mon)
{
    if (strstr(value, "control"))
        return emu_error_set(error, "%s %s: the monitor answers programs with -S --json", spelling, value);
    return set_ignored(options, row, spelling, value, error);
}

SETTER(drive)
{
    char where[128];
    where_write(where, spelling, value);
    return device_parse_drive(&options->devices, value, where, error);
}

SETTER(device)
{
    char where[128];
    where_write(where, spelling, value);
    return device_parse_device(&options->devices, value, where, error);
}

SETTER(chardev)
{
    char where[128];
    where_write(where, spelling, value);
    return device_parse_chardev(&options->devices, value, where, error);
}

SETTER(netdev)
{
    char where[128];
    where_write(where, spelling, value);
    if (!device_parse_netdev(&options->devices, value, where, error))
        return false;
    return set_ignored(options, row, spelling, value, error);
}

/* A file's name as -drive reads it: a comma in it is written twice. */
SETTER(hda)
{
    char where[128], drive[2 * DEVICE_FILE_BYTES] = "if=virtio,file=";
    size_t at = strlen(drive);
    where_write(where, spelling, value);
    for (const char *c = value; *c && at + 3 < sizeof drive; c++) {
        if (*c == ',')
            drive[at++] = ',';
        drive[at++] = *c;
    }
    return device_parse_drive(&options->devices, drive, where, error);
}

SETTER(object)
{
    if (strncmp(value, "rng-", 4))
        return emu_error_set(error, "%s %s: the only objects are sources of entropy, as rng-random,id=ID", spelling, value);
    return set_ignored(options, row, spelling, value, error);
}

SETTER(nic)
{
    return !strcmp(value, "none") || emu_error_set(error, "%s %s: there is no network; use none", spelling, value);
}

SETTER(net)
{
    return set_nic(options, row, spelling, value, error);
}

SETTER(snapshot)
{
    options->devices.snapshot = true;
    return true;
}

SETTER(global)
{
    static const char legacy[] = "virtio-mmio.force-legacy=";
    char where[128];
    where_write(where, spelling, value);
    if (strncmp(value, legacy, strlen(legacy)))
        return emu_error_set(error, "%s: the only property is virtio-mmio.force-legacy", where);
    return config_set(options, emu_config_find("virtio", "legacy"), value + strlen(legacy), where, error);
}

/* virt has one UART: as in QEMU, what is said of a second one is no matter. */
SETTER(serial)
{
    if (options->serials++)
        return set_ignored(options, row, spelling, value, error);
    options->serial_given = strcmp(value, "null") && strcmp(value, "none");
    if (!strcmp(value, "stdio") || !strcmp(value, "mon:stdio")) {
        options->serial = SERIAL_STDIO;
    } else if (!strcmp(value, "null") || !strcmp(value, "none")) {
        options->serial = SERIAL_NULL;
    } else if (!strncmp(value, "file:", 5) && value[5]) {
        options->serial = SERIAL_FILE;
        options->serial_file = value + 5;
    } else if (!strncmp(value, "chardev:", 8) && value[8]) {
        options->serial_chardev = value + 8; /* devices_finish looks it up */
    } else {
        return emu_error_set(error, "%s %s: the console can go to stdio, mon:stdio, null, none, file:FILE or chardev:ID", spelling,
                             value);
    }
    return true;
}

SETTER(rtc)
{
    if (!strncmp(value, "clock=", 6) && !strchr(value, ',')) /* machine time is all there is */
        return set_ignored(options, row, spelling, value, error);
    const char *base = strncmp(value, "base=", 5) ? "" : value + 5;
    uint64_t seconds;
    const struct emu_config_row *clock = emu_config_find("machine", "rtc");
    char where[128];
    where_write(where, spelling, value);
    if (base[0] == '@' && number_parse(base + 1, clock->least, clock->most, &seconds))
        return number_set(options, clock, seconds, where, error);
    struct tm tm = {0};
    time_t now = time(NULL);
    if (!strcmp(base, "utc")) {
        gmtime_r(&now, &tm);
    } else if (!strcmp(base, "localtime")) {
        localtime_r(&now, &tm);
    } else {
        const char *end = strptime(base, strchr(base, 'T') ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d", &tm);
        struct tm real = tm; /* timegm makes the 1st of March of a 30th of February */
        timegm(&real);
        if (!end || *end || tm.tm_year < 70 || tm.tm_year >= 200 || real.tm_mday != tm.tm_mday)
            return emu_error_set(error,
                                 "%s: the clock's base must be a date from 1970 to 2099 as base=2020-01-01T00:00:00, "
                                 "base=@SECONDS, base=utc or base=localtime",
                                 where);
    }
    return number_set(options, clock, timegm(&tm), where, error);
}

SETTER(progress)
{
    static const char *const words[] = {[SAID_AUTO] = "auto", [SAID_ON] = "on", [SAID_OFF] = "off"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(value, words[i])) {
            options->progress = i;
            return true;
        }
    return emu_error_set(error, "%s %s: progress is auto, on or off", spelling, value);
}

SETTER(max_cycles)
{
    return number_parse(value, 1, INT64_MAX, &options->max_cycles) ||
           emu_error_set(error, "%s %s: the limit must be a number of cycles, 1 to %lld", spelling, value, (long long)INT64_MAX);
}

SETTER(switch)
{
    char cycle[24];
    size_t digits = strcspn(value, ":");
    struct fidelity_switch one = {.cycle = 0};
    bool known = digits < sizeof cycle && value[digits] == ':';
    if (known) {
        snprintf(cycle, sizeof cycle, "%.*s", (int)digits, value);
        const char *word = value + digits + 1;
        one.fidelity = strcmp(word, "fast") ? EMU_TIMED : EMU_FAST;
        known = number_parse(cycle, 0, INT64_MAX, &one.cycle) && (one.fidelity == EMU_FAST || !strcmp(word, "timed"));
    }
    if (!known)
        return emu_error_set(error, "%s %s: write CYCLE:timed or CYCLE:fast, as 1000000:timed", spelling, value);
    if (options->switch_count == SWITCHES_MOST)
        return emu_error_set(error, "%s %s: there can be %d switches", spelling, value, SWITCHES_MOST);
    unsigned at = options->switch_count++;
    for (; at > 0 && options->switches[at - 1].cycle > one.cycle; at--)
        options->switches[at] = options->switches[at - 1];
    options->switches[at] = one;
    return true;
}

SETTER(timeout)
{
    char *end;
    double seconds = strspn(value, "0123456789.") == strlen(value) && value[0] ? strtod(value, &end) : 0;
    if (seconds < 0.001 || seconds > 1e9 || *end)
        return emu_error_set(error, "%s %s: the limit must be 0.001 to 1000000000 seconds", spelling, value);
    options->timeout_seconds = seconds;
    return true;
}

SETTER(escape)
{
    if (!strcmp(value, "none")) {
        options->escape = -1;
        return true;
    }
    char key = value[0] == '^' && value[1] && !value[2] ? value[1] : '\0';
    if (key >= 'a' && key <= 'z')
        key -= 'a' - 'A';
    if (key < 'A' || key > '_')
        return emu_error_set(error, "%s %s: the escape key must be ^A to ^Z, ^[, ^\\, ^], ^^, ^_ or none", spelling, value);
    options->escape = key - '@';
    return true;
}

const struct option_row option_rows[] = {
#define OPTION(id, name, alias, argument, owner, meaning) {name, alias, argument, OPTION_##owner, meaning, NULL, NULL, set_##id},
#define ROW_OPTION(name, argument, section, key)          {name, NULL, argument, OPTION_OURS, NULL, section, key, set_row},
#define IGNORED(name, argument)                           {name, NULL, argument, OPTION_IGNORED, "means nothing here", NULL, NULL, set_ignored},
#define REFUSED(name, argument, why)                      {name, NULL, argument, OPTION_REFUSED, why, NULL, NULL, set_refused},
#include "option.def"
#undef OPTION
#undef ROW_OPTION
#undef IGNORED
#undef REFUSED
};
const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];

const struct cpu_property cpu_properties[] = {
#define PROPERTY(name, section, key) {name, section, key, true},
#define ALWAYS(name, meaning)        {name, meaning, NULL, true},
#define NEVER(name, meaning)         {name, meaning, NULL, false},
#include "cpu.def"
#undef PROPERTY
#undef ALWAYS
#undef NEVER
};
const size_t cpu_property_count = sizeof cpu_properties / sizeof cpu_properties[0];

const struct emu_config_row *option_config_row(const struct option_row *row)
{
    return row->key ? emu_config_find(row->section, row->key) : NULL;
}

const char *option_argument(const struct option_row *row)
{
    const struct emu_config_row *config_row = option_config_row(row);
    return row->argument || !config_row ? row->argument : config_row->words;
}

const char *option_meaning(const struct option_row *row)
{
    return row->meaning ? row->meaning : option_config_row(row)->meaning;
}
