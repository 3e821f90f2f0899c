/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening of what a user named: regular files only, without waiting for anybody.
 */
#ifndef UI_FILE_H
#define UI_FILE_H

#include <emu/error.h>
#include <stdbool.h>
#include <stdint.h>

/* Opens a regular file for reading. The descriptor, to be closed, and its size; -1 with a sentence that names the file. */
int file_open(const char *path, int64_t *ret_bytes, struct emu_error *error);
/* Reads exactly so many bytes; false with errno (EIO: the file has shrunk meanwhile). */
bool file_read(int fd, void *to, int64_t bytes);
/* mkdir -p, for the user alone; `path` is written to meanwhile. False with errno. */
bool folder_make(char *path);

#endif
