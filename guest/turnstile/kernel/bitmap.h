/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which blocks and which inodes of the disk are in use. All but bitmap_mount and the counts: inside an operation of the log, with
 * no buffer taken.
 */
#ifndef KERNEL_BITMAP_H
#define KERNEL_BITMAP_H

#include <stdint.h>

struct disk_superblock;

/* Counts what is free: 0 or an error. */
int bitmap_mount(const struct disk_superblock *super);

/* A block of the data, at `near` or soon behind it if there is one: 0, -ENOSPC, or -EIO. Its contents are whatever they were. */
int block_allocate(uint32_t near, uint32_t *ret_block);
/* Gives up to 64 blocks back. -EUCLEAN when one of them is no block of the data, or free already. */
int block_free(const uint32_t *blocks, unsigned count);

int inode_number_allocate(uint32_t *ret_number);
int inode_number_free(uint32_t number);

uint32_t block_free_count(void);
uint32_t inode_free_count(void);

#endif
