/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory that is given up all at once: what a shell makes of one command line.
 */
#ifndef USER_ARENA_H
#define USER_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_piece *pieces;
};

/* Zeros, aligned to 16. Ends the program with a sentence when there is no memory. */
void *arena_allocate(struct arena *arena, size_t bytes);
char *arena_text(struct arena *arena, const char *text, size_t length);
void arena_finish(struct arena *arena);

#endif
