/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source files of what runs in the machine, on the host: where they are, and their lines.
 */
#ifndef UI_SOURCE_H
#define UI_SOURCE_H

#include <emu/error.h>
#include <stdbool.h>
#include <stddef.h>

struct source {
    char *path;   /* where it was found; owned */
    char *text;   /* owned */
    char **lines; /* each without its end; owned, its strings are in text; control characters but tabs are '?' */
    size_t count;
};

/* Finds and reads a file of symbols_line or symbols_inlined: as it is named, then below `directory` (where it was compiled; NULL:
 * not known), then below each of `paths`, with all of its folders, with all but the first, and so on. False with a sentence. */
bool source_read(struct source *source, const char *file, const char *directory, const char *const *paths, size_t path_count,
                 struct emu_error *error);
void source_finish(struct source *source);

#endif
