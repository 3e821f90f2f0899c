/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where cp, mv and ln put things: the last argument is a name, or a directory in which each keeps its own.
 */
#ifndef USER_TARGET_H
#define USER_TARGET_H

/* Calls each(from, to) for all but the last of arguments[0..count-1]; dies with the usage below two of them. */
void target_each(char **arguments, int count, const char *usage, void (*each)(const char *from, const char *to));

#endif
