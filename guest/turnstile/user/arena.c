/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory that is given up all at once (arena.h).
 */
#include "arena.h"

#include "errno.h"
#include "program.h"
#include "stdlib.h"
#include "string.h"

enum { PIECE = 2048 };

struct arena_piece {
    struct arena_piece *next;
    size_t used, room;
    _Alignas(16) char bytes[];
};

void *arena_allocate(struct arena *arena, size_t bytes)
{
    struct arena_piece *piece = arena->pieces;
    bytes = (bytes + 15) & ~(size_t)15;
    if (!piece || piece->room - piece->used < bytes) {
        size_t room = bytes > PIECE ? bytes : PIECE;
        piece = calloc(1, sizeof *piece + room);
        if (!piece)
            die_error("the command", ENOMEM);
        piece->room = room;
        piece->next = arena->pieces;
        arena->pieces = piece;
    }
    void *memory = piece->bytes + piece->used;
    piece->used += bytes;
    return memory;
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_allocate(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

void arena_finish(struct arena *arena)
{
    while (arena->pieces) {
        struct arena_piece *piece = arena->pieces;
        arena->pieces = piece->next;
        free(piece);
    }
}
