/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checking a Turnstile file system that lies in memory (fsck, tests). Nothing that the bytes say is believed before it has been
 * checked; no image makes this crash, hang, or take more memory than some words a block and inode.
 */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum check_log {
    CHECK_LOG_EMPTY,     /* no whole transaction in it, or one without blocks */
    CHECK_LOG_INSTALLED, /* its last transaction is where it belongs */
    CHECK_LOG_PENDING,   /* it was not, before the check */
};

struct check_result {
    unsigned long fault_count;
    enum check_log log;
    uint32_t files, directories;
    uint32_t blocks_used, blocks; /* of the data's part */
    uint32_t cleanups;            /* inodes that mounting will cut or free */
    bool is_out_of_memory;        /* the check is not complete */
};

/* Replays the log into `bytes` (aligned to 8), then checks everything. Each fault is a line in `out`, up to a hundred; NULL: none.
 */
struct check_result check_image(uint8_t *bytes, uint64_t size, FILE *out);

/* Only the first half of it: installs the log's transaction if it is whole. False: there is no sound superblock. */
bool check_replay(uint8_t *bytes, uint64_t size, enum check_log *ret_log);

#endif
