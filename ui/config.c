/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows by name with sentences about slips, setting them, and the configuration as a machine file. What a row means, and what may
 * be set, is libemu's business.
 */
#include "config.h"
#include "word.h"

#include <inttypes.h>
#include <string.h>

#define LOOKAHEAD_CYCLES_MOST 12

_Static_assert(CONFIG_ROWS > 0, "the rows are counted");

bool config_section_check(const char *section, struct emu_error *error)
{
    struct nearest nearest = nearest_to(section);
    for (size_t i = 0; i < emu_config_row_count; i++) {
        if (!strcmp(emu_config_rows[i].section, section))
            return true;
        nearest_offer(&nearest, emu_config_rows[i].section);
    }
    if (nearest.name)
        return emu_error_set(error, "there is no section '%.64s'; did you mean %s?", section, nearest.name);
    return emu_error_set(error, "there is no section '%.64s'; lockscope --print-config shows all", section);
}

const struct emu_config_row *config_find(const char *section, const char *key, struct emu_error *error)
{
    const struct emu_config_row *row = emu_config_find(section, key);
    if (row || !config_section_check(section, error))
        return row;
    struct nearest nearest = nearest_to(key);
    for (size_t i = 0; i < emu_config_row_count; i++)
        if (!strcmp(emu_config_rows[i].section, section))
            nearest_offer(&nearest, emu_config_rows[i].key);
    if (nearest.name)
        emu_error_set(error, "section %s has no key '%.64s'; did you mean %s?", section, key, nearest.name);
    else
        emu_error_set(error, "section %s has no key '%.64s'; lockscope --print-config shows all", section, key);
    return NULL;
}

/* The blame is the first of the settings that have left the machine impossible since. */
static void blame(struct options *options, const char *where)
{
    if (emu_config_check(&options->machine, NULL))
        options->blame[0] = '\0';
    else if (!options->blame[0])
        snprintf(options->blame, sizeof options->blame, "%s", where);
}

bool config_set(struct options *options, const struct emu_config_row *row, const char *text, const char *where,
                struct emu_error *error)
{
    struct emu_error why = {0};
    char decimal[24];
    uint64_t number;
    bool on;
    const char *plain = text;
    if (row->kind == EMU_CONFIG_NUMBER && text[0] == '0' && number_parse(text, 0, UINT64_MAX, &number)) {
        snprintf(decimal, sizeof decimal, "%" PRIu64, number);
        plain = decimal;
    } else if (row->kind == EMU_CONFIG_SWITCH && switch_parse(text, &on)) {
        plain = on ? "on" : "off";
    }
    if (!emu_config_set(&options->machine, row, plain, &why))
        return emu_error_set(error, "%.256s: %s", where, why.text);
    if (row == emu_config_find("machine", "harts"))
        options->harts_given = true;
    blame(options, where);
    return true;
}

bool config_finish(const struct options *options, struct emu_error *error)
{
    struct emu_error why;
    if (emu_config_check(&options->machine, &why))
        return true;
    return emu_error_set(error, "%s%s%s", options->blame, options->blame[0] ? ": " : "", why.text);
}

unsigned config_lookahead(const struct emu_config *config)
{
    unsigned cycles = config->bus.arbitration_cycles + config->bus.address_cycles;
    return cycles < LOOKAHEAD_CYCLES_MOST ? cycles : LOOKAHEAD_CYCLES_MOST;
}

bool config_is_approximate(const struct emu_config *config)
{
    return config->quantum_cycles > config_lookahead(config);
}

/* Sizes are round in units that emu_config_set reads. */
static void number_text(const struct emu_config_row *row, uint64_t value, char ret_text[static 32])
{
    static const char *const suffixes[] = {"", "K", "M", "G"};
    unsigned suffix = 0;
    while (!strcmp(row->unit, "bytes") && value && value % 1024 == 0 && suffix < 3) {
        value /= 1024;
        suffix++;
    }
    snprintf(ret_text, 32, "%" PRIu64 "%s", value, suffixes[suffix]);
}

void config_values_text(const struct emu_config_row *row, char ret_text[static 64])
{
    char least[32], most[32];
    if (row->kind != EMU_CONFIG_NUMBER) {
        snprintf(ret_text, 64, "%s", row->words);
        return;
    }
    number_text(row, row->least, least);
    number_text(row, row->most, most);
    snprintf(ret_text, 64, "%.20s to %.20s%s%.16s", least, most, *row->unit ? " " : "", row->unit);
}

void config_default_text(const struct emu_config_row *row, char ret_text[static 32])
{
    struct emu_config config;
    emu_config_init(&config);
    if (row->kind == EMU_CONFIG_NUMBER)
        number_text(row, row->initial, ret_text);
    else
        emu_config_text(&config, row, ret_text);
}

void config_print(FILE *to, const struct emu_config *config)
{
    const char *section = "";
    fputs("; Made by lockscope --print-config. A row that is left out keeps its default.\n", to);
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        char values[64], initial[32], text[32];
        if (strcmp(section, row->section))
            fprintf(to, "\n[%s]\n", section = row->section);
        config_values_text(row, values);
        config_default_text(row, initial);
        emu_config_text(config, row, text);
        fprintf(to, "; %s (%s, default %s)\n%s = %s\n", row->meaning, values, initial, row->key, text);
    }
}
