/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trees of files: what cp -r and rm -r walk.
 */
#ifndef USER_TREE_H
#define USER_TREE_H

#include <stdbool.h>

/* Both complain, go on with the rest, and return whether all went well. */
bool tree_copy(const char *from, const char *to, bool with_directories);
bool tree_remove(const char *path);

#endif
