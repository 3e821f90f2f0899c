/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making a Turnstile file system in memory (mkfs, tests). What is made depends on the calls and on nothing else: blocks and inodes
 * are given out in order, all times are the one given.
 */
#ifndef TOOLS_IMAGE_H
#define TOOLS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <turnstile/disk.h>

struct image {
    uint8_t *bytes;                /* the caller's */
    struct disk_superblock *super; /* in bytes */
    uint64_t time_ns;
    uint32_t next_block, next_inode; /* the first never given out; blocks from next_block on are as the caller gave them */
    char error[256];                 /* why the last call failed: a sentence without its point */
};

struct image_options {
    uint32_t inodes;     /* 0: one for 4 blocks */
    uint32_t log_blocks; /* 0: a sixteenth of the image, at most 257 */
    const char *label;   /* NULL: none */
    uint64_t time_ns;    /* since 1970 */
};

/* An empty file system in `size` zero bytes, which stay the caller's and must be aligned to 8. Bytes beyond the last whole block
 * are not used. */
bool image_init(struct image *image, uint8_t *bytes, uint64_t size, const struct image_options *options);

/* Makes a directory, and those that lead to it; one that is there is no error. `path` may begin with '/'. */
bool image_add_directory(struct image *image, const char *path);

/* Makes a file with these contents, and the directories that lead to it. Blocks of zeros become holes. */
bool image_add_file(struct image *image, const char *path, const void *data, uint64_t size);

#endif
