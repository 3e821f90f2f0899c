/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The configuration as its users write and read it: every way to say something about the machine (options, machine files) ends in
 * config_set, every list of it (--print-config, the reference page) comes from the rows of <emu/config.def>.
 */
#ifndef UI_CONFIG_H
#define UI_CONFIG_H

#include "option.h"

#include <stdio.h>

/* How many rows there are. */
enum {
    CONFIG_ROWS = 0
#define CONFIG_NUMBER(section, key, field, least, most, initial, unit, meaning) +1
#define CONFIG_WIDE(section, key, field, least, most, initial, unit, meaning)   +1
#define CONFIG_SWITCH(section, key, field, initial, meaning)                    +1
#define CONFIG_CHOICE(section, key, field, initial, words, meaning)             +1
#include <emu/config.def>
#undef CONFIG_NUMBER
#undef CONFIG_WIDE
#undef CONFIG_SWITCH
#undef CONFIG_CHOICE
};

/* Whether there is such a section; if not, a sentence with the nearest. */
bool config_section_check(const char *section, struct emu_error *error);
/* The row; NULL and a sentence with the nearest if there is none. */
const struct emu_config_row *config_find(const char *section, const char *key, struct emu_error *error);

/* Sets a row from text, as emu_config_set does; a number may also be hexadecimal, a switch also yes, no, true or false. `where` is
 * what the user wrote and where ("machine.ini, line 3"): the sentence begins with it. */
bool config_set(struct options *options, const struct emu_config_row *row, const char *text, const char *where,
                struct emu_error *error);
/* After the last config_set: whether the machine is possible as a whole. The sentence begins with where it became impossible. */
bool config_finish(const struct options *options, struct emu_error *error);

/* How many cycles harts may run ahead of each other without anybody noticing. */
unsigned config_lookahead(const struct emu_config *config);
/* Whether the quantum goes beyond that. */
bool config_is_approximate(const struct emu_config *config);

/* "4M to 8G bytes", "off|on"; the default as config_set reads it. */
void config_values_text(const struct emu_config_row *row, char ret_text[static 64]);
void config_default_text(const struct emu_config_row *row, char ret_text[static 32]);
/* Prints a machine file of all rows. */
void config_print(FILE *to, const struct emu_config *config);

#endif
