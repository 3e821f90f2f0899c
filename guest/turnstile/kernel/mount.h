/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is mounted. Written once by mount.c, before anything else of the file system runs.
 */
#ifndef KERNEL_MOUNT_H
#define KERNEL_MOUNT_H

#include <stdbool.h>

#include "turnstile/disk.h"

extern struct disk_superblock mounted;

/* May a pointer of an inode hold this? 0, a hole, is not asked about. */
static inline bool is_data_block(uint32_t block)
{
    return block >= mounted.data_start && block < mounted.block_count;
}

#endif
