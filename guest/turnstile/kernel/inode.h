/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inodes in memory: files and directories of the disk, and the two directories /dev and /proc, which are not on it. Who has a
 * reference may lock an inode; who has locked it may use its fields.
 *
 * Order: inode->change, log_begin, the tree's mutex (path_call.c), inode->mutex of directories from the root downwards,
 * inode->mutex of one file, a buffer. An inode is released only outside operations and with no inode locked, since that may free
 * it.
 */
#ifndef KERNEL_INODE_H
#define KERNEL_INODE_H

#include <stdbool.h>
#include <stdint.h>

#include "mutex.h"
#include "user_copy.h"
#include "turnstile/disk.h"

struct stat;

/* Numbers of the directories that are not on the disk. */
enum { INODE_DEV = 0x7ffffff0, INODE_PROC = 0x7ffffff1 };

struct inode {
    /* the table's lock */
    uint32_t number; /* 0: none */
    unsigned references;
    bool is_removed; /* it has no name any more: the last reference frees it on the disk */
    struct inode *next_in_chain;
    struct inode *newer, *older; /* among those without references */
    /* mutex */
    struct mutex mutex;
    bool is_loaded;
    struct disk_inode disk;
    uint64_t transaction;  /* the last that changed it or its contents */
    uint32_t first_unfull; /* directory: all blocks before this one were full when last looked at */
    /* held by who changes contents or size, over as many operations as that takes */
    struct mutex change;
};

/* Makes room for so many: 0 or -ENOMEM. */
int inode_init(unsigned count);

/* References. inode_find: 0, or -ENFILE when all are in use. */
int inode_find(uint32_t number, struct inode **ret_inode);
void inode_hold(struct inode *inode);
void inode_release(struct inode *inode);

/* 0, or -EIO, -EUCLEAN, and then it is not locked. */
int inode_lock(struct inode *inode);
void inode_unlock(struct inode *inode);
bool inode_is_on_disk(const struct inode *inode);

/* Is that inode of this type and, if a directory, that directory's child? -EUCLEAN if not. Checked for every entry that is followed
 * while its directory is locked: so the directories that can be reached form a tree, whatever the disk holds. */
int inode_verify(uint32_t number, uint32_t type, uint32_t parent);

/* The directory that names a directory, without locking either. */
int inode_parent(uint32_t number, uint32_t *ret_parent);

/* Inside an operation. A new inode, held and locked, without a name: 0 or an error. */
int inode_create(uint32_t type, uint32_t parent, struct inode **ret_inode);
/* Inside an operation, with the inode locked: its fields to the disk. */
int inode_update(struct inode *inode);
/* Inside an operation, with the inode locked: it is free on the disk, and has to be loaded again if it is ever used. */
int inode_erase(struct inode *inode);
/* Inside an operation, with the inode locked: one name less. With the last one it gets into the cleanup table. */
int inode_drop_name(struct inode *inode);

/* Contents (inode_data.c). None of these is called inside an operation or with the inode locked. How many bytes, or an error. */
int64_t inode_read(struct inode *inode, struct span to, uint64_t bytes, uint64_t position);
/* With append at the end, wherever that is by then. *position is set behind what was written. */
int64_t inode_write(struct inode *inode, struct span from, uint64_t bytes, uint64_t *position, bool append);
int inode_truncate(struct inode *inode, uint64_t bytes);
int inode_stat(struct inode *inode, struct stat *stat);

/* With the inode locked: the block number `index` of its contents, *ret_block 0 for a hole. With `make`, inside an operation, a
 * hole gets a block, and *ret_is_new says so; inode_update is the caller's, after errors, too. */
int inode_map(struct inode *inode, uint32_t index, bool make, uint32_t *ret_block, bool *ret_is_new);

/* With `change` held, outside operations, for an inode of the cleanup table: frees what lies beyond the end, in as many operations
 * as it takes. With is_last, everything and the inode itself: nobody else can find it, and no reference but the caller's is left.
 */
int inode_clean(struct inode *inode, bool is_last);

/* What log_begin is told: blocks of known kinds, and so many allocations, each of which may touch another block of the bitmap. */
unsigned inode_log_blocks(unsigned plain, unsigned allocations);

#endif
