/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options' setters: each turns one value into fields of struct options, or says in one sentence what is wrong with it,
 * naming the option as the user wrote it, the value and what is allowed. They open no file and print nothing.
 */
#define _GNU_SOURCE
#include "option.h"

#include <emu/platform.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTER(id)                                                                                                                 \
    static bool set_##id(struct options *options, const struct option_row *row, const char *spelling, const char *value,           \
                         struct emu_error *error)

#define MIB             (UINT64_C(1) << 20)
#define RAM_BYTES_LEAST MIB
#define RAM_BYTES_MOST  (UINT64_C(8) << 30)

bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value)
{
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = text + (hexadecimal ? 2 : 0);
    const char *allowed = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    size_t length = strspn(digits, allowed);
    if (length == 0 || digits[length] != '\0')
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        char digit[2] = {digits[i], '\0'};
        if (__builtin_mul_overflow(value, hexadecimal ? UINT64_C(16) : UINT64_C(10), &value) ||
            __builtin_add_overflow(value, strtoull(digit, NULL, 16), &value))
            return false;
    }
    if (value < least || value > most)
        return false;
    *ret_value = value;
    return true;
}

/* "word=value,word,...": cuts the first piece off; value is NULL when there is no '='. */
struct piece {
    char text[128];
    char *value;
};

static bool piece_next(const char **cursor, struct piece *ret)
{
    if (!*cursor)
        return false;
    size_t length = strcspn(*cursor, ",");
    bool last = (*cursor)[length] == '\0';
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

static bool switch_parse(const char *text, bool *ret_on)
{
    static const char *const words[][2] = {{"off", "on"}, {"no", "yes"}, {"false", "true"}};
    for (size_t i = 0; text && i < sizeof words / sizeof words[0]; i++)
        for (int on = 0; on < 2; on++)
            if (!strcmp(text, words[i][on])) {
                *ret_on = on;
                return true;
            }
    return false;
}

SETTER(machine)
{
    struct piece piece;
    const char *cursor = value;
    for (bool first = true; piece_next(&cursor, &piece); first = false) {
        const char *type = piece.value && !strcmp(piece.text, "type") ? piece.value : first && !piece.value ? piece.text : NULL;
        bool on;
        if (type) {
            if (strcmp(type, "virt"))
                return emu_error_set(error, "%s %s: there is no machine '%s'; the only one is virt", spelling, value, type);
        } else if (!strcmp(piece.text, "aclint") && switch_parse(piece.value, &on)) {
            if (on)
                return emu_error_set(error, "%s %s: aclint=on is not there yet; use aclint=off", spelling, value);
        } else if (!piece.value || strcmp(piece.text, "accel")) {
            return emu_error_set(error, "%s %s: virt's only property is aclint=off, not '%s'", spelling, value, piece.text);
        }
    }
    return true;
}

static const struct cpu_property *cpu_property_find(const char *name)
{
    for (size_t i = 0; i < cpu_property_count; i++)
        if (!strcmp(cpu_properties[i].name, name))
            return &cpu_properties[i];
    return NULL;
}

static bool set_cpu_property(struct emu_cpu_config *cpu, const struct piece *piece, const char *spelling, const char *value,
                             struct emu_error *error)
{
    const struct cpu_property *property = cpu_property_find(piece->text);
    if (!property)
        return emu_error_set(error, "%s %s: harts have no property '%s'; docs/reference/options.md lists them", spelling, value,
                             piece->text);
    void *field = (char *)cpu + property->offset;
    if (property->bytes == sizeof(bool)) {
        bool on;
        if (!switch_parse(piece->value, &on))
            return emu_error_set(error, "%s %s: %s must be on or off", spelling, value, property->name);
        memcpy(field, &on, sizeof on);
        return true;
    }
    uint64_t number;
    if (!piece->value || !number_parse(piece->value, property->least, property->most, &number))
        return emu_error_set(error, "%s %s: %s must be %u to %u", spelling, value, property->name, property->least, property->most);
    memcpy(field, &(unsigned){number}, sizeof(unsigned));
    return true;
}

SETTER(cpu)
{
    struct piece piece;
    const char *cursor = value;
    piece_next(&cursor, &piece);
    if (piece.value || strcmp(piece.text, "rv64"))
        return emu_error_set(error, "%s %s: there is no hart type '%s'; the only one is rv64", spelling, value, piece.text);
    while (piece_next(&cursor, &piece))
        if (!set_cpu_property(&options->machine.cpu, &piece, spelling, value, error))
            return false;
    return true;
}

SETTER(smp)
{
    uint64_t harts;
    const char *number = strncmp(value, "cpus=", 5) ? value : value + 5;
    if (!number_parse(number, 1, PLATFORM_HARTS_MAX, &harts))
        return emu_error_set(error, "%s %s: the number of harts must be 1 to %d", spelling, value, PLATFORM_HARTS_MAX);
    options->machine.harts = harts;
    options->harts_given = true;
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
    if (end != suffix || bytes > (double)RAM_BYTES_MOST)
        return false;
    *ret_bytes = bytes;
    return true;
}

SETTER(memory)
{
    uint64_t bytes;
    if (!size_parse(strncmp(value, "size=", 5) ? value : value + 5, &bytes) || bytes < RAM_BYTES_LEAST || bytes % 4096)
        return emu_error_set(error, "%s %s: RAM must be 4M to 8G in steps of 4K, as 128M or 1.5G", spelling, value);
    options->machine.ram_bytes = bytes;
    return true;
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
FLAG_SETTER(no_record)
FLAG_SETTER(no_reboot)
FLAG_SETTER(state_hash)
FLAG_SETTER(help)
FLAG_SETTER(version)

/* QEMU's, without a meaning here. */
SETTER(nographic)
{
    return true;
}

SETTER(name)
{
    return true;
}

SETTER(icount)
{
    if (options->ignored_count < sizeof options->ignored / sizeof options->ignored[0])
        options->ignored[options->ignored_count++] = row;
    return true;
}

SETTER(accel)
{
    return set_icount(options, row, spelling, value, error);
}

SETTER(display)
{
    return !strcmp(value, "none") || emu_error_set(error, "%s %s: there is no display yet; use none", spelling, value);
}

SETTER(monitor)
{
    return !strcmp(value, "none") || emu_error_set(error, "%s %s: there is no monitor yet; use none", spelling, value);
}

SETTER(serial)
{
    if (!strcmp(value, "stdio") || !strcmp(value, "mon:stdio")) {
        options->serial = SERIAL_STDIO;
    } else if (!strcmp(value, "null")) {
        options->serial = SERIAL_NULL;
    } else if (!strncmp(value, "file:", 5) && value[5]) {
        options->serial = SERIAL_FILE;
        options->serial_file = value + 5;
    } else {
        return emu_error_set(error, "%s %s: the console can go to stdio, mon:stdio, null or file:FILE", spelling, value);
    }
    return true;
}

SETTER(rtc)
{
    const char *base = strncmp(value, "base=", 5) ? "" : value + 5;
    uint64_t seconds;
    if (base[0] == '@' && number_parse(base + 1, 0, UINT32_MAX, &seconds)) {
        options->machine.rtc_epoch_seconds = seconds;
        return true;
    }
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
                                 "%s %s: the clock's base must be a date from 1970 to 2099 as base=2020-01-01T00:00:00, "
                                 "base=@SECONDS, base=utc or base=localtime",
                                 spelling, value);
    }
    options->machine.rtc_epoch_seconds = timegm(&tm);
    return true;
}

SETTER(max_cycles)
{
    return number_parse(value, 1, INT64_MAX, &options->max_cycles) ||
           emu_error_set(error, "%s %s: the limit must be a number of cycles, 1 to %lld", spelling, value, (long long)INT64_MAX);
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

SETTER(seed)
{
    return number_parse(value, 0, INT64_MAX, &options->machine.seed) ||
           emu_error_set(error, "%s %s: the seed must be a number, 0 to %lld", spelling, value, (long long)INT64_MAX);
}

SETTER(granule)
{
    uint64_t bytes;
    if (!number_parse(value, 4, 64, &bytes) || (bytes & (bytes - 1)))
        return emu_error_set(error, "%s %s: the granule must be 4, 8, 16, 32 or 64 bytes", spelling, value);
    options->machine.reservation.granule_bytes = bytes;
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
#define OPTION(id, name, alias, argument, owner, meaning) {name, alias, argument, OPTION_##owner, meaning, set_##id},
#include "option.def"
#undef OPTION
};
const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];

const struct cpu_property cpu_properties[] = {
#define PROPERTY(name, field, least, most, meaning)                                                                                \
    {name, offsetof(struct emu_cpu_config, field), sizeof(((struct emu_cpu_config *)NULL)->field), least, most, meaning},
#include "cpu.def"
#undef PROPERTY
};
const size_t cpu_property_count = sizeof cpu_properties / sizeof cpu_properties[0];
