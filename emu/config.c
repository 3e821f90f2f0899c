/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The configuration as rows: defaults, limits, text. What must hold between rows is checked here too.
 */
#include <emu/emu.h>

#include "ring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(field) offsetof(struct emu_config, field), sizeof(((struct emu_config *)NULL)->field)

const struct emu_config_row emu_config_rows[] = {
#define CONFIG_NUMBER(section, key, field, least, most, initial, unit, meaning)                                                    \
    {section, key, EMU_CONFIG_NUMBER, least, most, initial, NULL, unit, meaning, FIELD(field)},
#define CONFIG_WIDE CONFIG_NUMBER
#define CONFIG_SWITCH(section, key, field, initial, meaning)                                                                       \
    {section, key, EMU_CONFIG_SWITCH, 0, 1, initial, "off|on", "", meaning, FIELD(field)},
#define CONFIG_CHOICE(section, key, field, initial, words, meaning)                                                                \
    {section, key, EMU_CONFIG_CHOICE, 0, 0, initial, words, "", meaning, FIELD(field)},
#include <emu/config.def>
#undef CONFIG_NUMBER
#undef CONFIG_WIDE
#undef CONFIG_SWITCH
#undef CONFIG_CHOICE
};
const size_t emu_config_row_count = sizeof emu_config_rows / sizeof emu_config_rows[0];

/* The n-th word of "word|word": its length, 0 past the last. */
static size_t word_at(const char *words, uint64_t n, const char **ret_word)
{
    for (; n > 0; n--) {
        words = strchr(words, '|');
        if (!words)
            return 0;
        words++;
    }
    *ret_word = words;
    return strcspn(words, "|");
}

static void write_field(struct emu_config *config, const struct emu_config_row *row, uint64_t value)
{
    char *field = (char *)config + row->offset;
    if (row->bytes == sizeof(bool))
        memcpy(field, &(bool){value != 0}, sizeof(bool));
    else if (row->bytes == sizeof(unsigned))
        memcpy(field, &(unsigned){(unsigned)value}, sizeof(unsigned));
    else
        memcpy(field, &value, sizeof value);
}

uint64_t emu_config_value(const struct emu_config *config, const struct emu_config_row *row)
{
    const char *field = (const char *)config + row->offset;
    if (row->bytes == sizeof(bool))
        return *(const bool *)field;
    return row->bytes == sizeof(unsigned) ? *(const unsigned *)field : *(const uint64_t *)field;
}

void emu_config_init(struct emu_config *config)
{
    *config = (struct emu_config){.event_ring_records = 4096};
    for (size_t i = 0; i < emu_config_row_count; i++)
        write_field(config, &emu_config_rows[i], emu_config_rows[i].initial);
}

const struct emu_config_row *emu_config_find(const char *section, const char *key)
{
    for (size_t i = 0; i < emu_config_row_count; i++)
        if (!strcmp(emu_config_rows[i].section, section) && !strcmp(emu_config_rows[i].key, key))
            return &emu_config_rows[i];
    return NULL;
}

static bool is_within(const struct emu_config_row *row, uint64_t value)
{
    const char *word;
    if (row->kind == EMU_CONFIG_CHOICE)
        return word_at(row->words, value, &word) > 0;
    return value >= row->least && value <= row->most;
}

static bool refuse(const struct emu_config_row *row, const char *text, struct emu_error *error)
{
    if (row->kind != EMU_CONFIG_NUMBER)
        return emu_error_set(error, "%s.%s is one of %s, not '%.64s'", row->section, row->key, row->words, text);
    return emu_error_set(error, "%s.%s is a number from %" PRIu64 " to %" PRIu64 "%s%s, not '%.64s'", row->section, row->key, row->least,
                         row->most, *row->unit ? " " : "", row->unit, text);
}

bool emu_config_assign(struct emu_config *config, const struct emu_config_row *row, uint64_t value, struct emu_error *error)
{
    if (!is_within(row, value)) {
        char text[24];
        snprintf(text, sizeof text, "%" PRIu64, value);
        return refuse(row, text, error);
    }
    write_field(config, row, value);
    return true;
}

/* Decimal digits, for numbers of bytes with K, M or G behind them. */
static bool parse_number(const char *text, bool is_size, uint64_t *ret_value)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 19)
        return false;
    uint64_t value = strtoull(text, NULL, 10);
    static const char suffixes[] = "KMG";
    const char *suffix = text[digits] && is_size ? strchr(suffixes, text[digits] & ~0x20) : NULL;
    unsigned shift = suffix && *suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
    if (text[digits + (shift > 0)] != '\0' || value > UINT64_MAX >> shift)
        return false;
    *ret_value = value << shift;
    return true;
}

bool emu_config_set(struct emu_config *config, const struct emu_config_row *row, const char *text, struct emu_error *error)
{
    uint64_t value = 0;
    bool known = false;
    if (row->kind == EMU_CONFIG_NUMBER) {
        known = parse_number(text, !strcmp(row->unit, "bytes"), &value);
    } else {
        const char *word = NULL;
        size_t length;
        while (!known && (length = word_at(row->words, value, &word)) > 0) {
            known = strlen(text) == length && !memcmp(text, word, length);
            value += !known;
        }
    }
    if (!known || !is_within(row, value))
        return refuse(row, text, error);
    write_field(config, row, value);
    return true;
}

void emu_config_text(const struct emu_config *config, const struct emu_config_row *row, char ret_text[static 32])
{
    uint64_t value = emu_config_value(config, row);
    const char *word = "";
    if (row->kind == EMU_CONFIG_NUMBER) {
        snprintf(ret_text, 32, "%" PRIu64, value);
    } else {
        size_t length = word_at(row->words, value, &word);
        snprintf(ret_text, 32, "%.*s", (int)length, word);
    }
}

/* ---- what must hold between fields ---- */

static bool is_power_of_two(uint64_t value)
{
    return value && (value & (value - 1)) == 0;
}

static bool check_cache(const char *name, const struct emu_cache_config *cache, struct emu_error *error)
{
    if (!is_power_of_two(cache->bytes) || !is_power_of_two(cache->ways))
        return emu_error_set(error, "%s.size and %s.ways must be powers of two, not %u and %u", name, name, cache->bytes, cache->ways);
    if (cache->bytes < 64 * cache->ways)
        return emu_error_set(error, "%s: %u bytes are too few for %u ways of 64-byte lines", name, cache->bytes, cache->ways);
    return true;
}

bool emu_config_check(const struct emu_config *config, struct emu_error *error)
{
    if (config->ram_bytes < UINT64_C(4) << 20 || config->ram_bytes > UINT64_C(8) << 30 || config->ram_bytes % 4096)
        return emu_error_set(error, "RAM is 4 MiB to 8 GiB in whole pages of 4096 bytes, not %" PRIu64 " bytes", config->ram_bytes);
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        char text[24];
        snprintf(text, sizeof text, "%" PRIu64, emu_config_value(config, row));
        if (!is_within(row, emu_config_value(config, row)))
            return refuse(row, text, error);
    }
    if (!is_power_of_two(config->reservation.granule_bytes))
        return emu_error_set(error, "a reservation granule is 4, 8, 16, 32 or 64 bytes, not %u", config->reservation.granule_bytes);
    if (!is_power_of_two(config->bus.beat_bytes))
        return emu_error_set(error, "bus.width is a power of two, not %u bytes", config->bus.beat_bytes);
    size_t ring = config->event_ring_records;
    if (ring < 1024 || ring > RING_RECORDS_MAX || ring & (ring - 1))
        return emu_error_set(error, "the event ring holds a power of two of records, 1024 to %u, not %zu", RING_RECORDS_MAX, ring);
    return check_cache("l1i", &config->l1i, error) && check_cache("l1d", &config->l1d, error);
}
