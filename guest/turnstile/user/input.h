/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What cat, wc, head, ... read: files by name, "-" for standard input.
 */
#ifndef USER_INPUT_H
#define USER_INPUT_H

#include "stdio.h"

/* NULL after a complaint. */
FILE *input_open(const char *name);
/* Complains if reading failed. */
void input_close(FILE *stream, const char *name);
/* Calls each(stream, name) for every file of a NULL-ended list, or for standard input when it is empty. */
void input_each(char **names, void (*each)(FILE *stream, const char *name));

#endif
