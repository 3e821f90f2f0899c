/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The patterns of grep: characters, . any, [...] a class (^ first: all others; a-z), * any number of the one before, ^ and $ the
 * line's ends, \ takes what follows as it is. Pure.
 */
#ifndef USER_PATTERN_H
#define USER_PATTERN_H

#include <stdbool.h>

/* NULL if the pattern is well formed, else the end of a sentence about it. */
const char *pattern_check(const char *pattern);
/* Whether a part of the text is as the pattern says. ignores_case: letters match their other case. */
bool pattern_matches(const char *pattern, const char *text, bool ignores_case);

#endif
