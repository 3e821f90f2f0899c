/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON for programs that read what lockscope says (--json): an object a line, and strings from bytes that may be anything.
 */
#ifndef UI_JSON_TEXT_H
#define UI_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* The bytes as a string; what is no UTF-8 in them is U+FFFD, a byte each. NULL without memory. */
json_t *json_text(const char *bytes, size_t count);
/* The object on a line of its own, as ASCII, to be freed; it is given back. NULL without memory. */
char *json_line(json_t *object);
/* The same written to a stream; what cannot be made is {}. */
void json_print(FILE *to, json_t *object);

#endif
