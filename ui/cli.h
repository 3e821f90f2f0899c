/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From argv to struct options, and the texts that are printed from the option rows.
 */
#ifndef UI_CLI_H
#define UI_CLI_H

#include "option.h"

#include <stdio.h>

void options_init(struct options *options);
/* Applies argv on top of *options; on failure false and one sentence. Options may be spelled -o V, --o V, -o=V or --o=V. */
bool options_parse(struct options *options, int argc, char **argv, struct emu_error *error);

void help_print(FILE *to);
/* Prints a page of docs/reference; false if there is none of that name. */
bool reference_print(FILE *to, const char *page);

#endif
