/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Machine files: [section] and `key = value` as in the rows of the configuration (docs/reference/config.md).
 */
#ifndef UI_MACHINE_FILE_H
#define UI_MACHINE_FILE_H

#include "option.h"

/* Sets in *options what the file says, and only that. False with a sentence that names the file and, where there is one, the line.
 */
bool machine_file_read(struct options *options, const char *file, struct emu_error *error);
/* The same from memory; `file` is what sentences call it. */
bool machine_file_parse(struct options *options, const char *file, const char *data, size_t bytes, struct emu_error *error);

#endif
