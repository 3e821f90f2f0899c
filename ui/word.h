/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a word that a user wrote means: a number, a switch, or a name with a slip of the pen.
 */
#ifndef UI_WORD_H
#define UI_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal or 0x-hexadecimal, without sign or junk, within [least, most]. */
bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value);

/* on, yes, true; off, no, false. NULL is none of them. */
bool switch_parse(const char *text, bool *ret_on);

/* The search for the name that a word was probably meant to be: initialised with the word, offered all the names. */
struct nearest {
    const char *word;
    const char *name; /* the nearest of those offered; NULL: none is near */
    size_t bound;
};

struct nearest nearest_to(const char *word);
/* Whether `name` is nearer than all before. It is borrowed. */
bool nearest_offer(struct nearest *nearest, const char *name);

#endif
