/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names in directories of the disk. All of these want the directory locked; what changes it is called inside an operation.
 * Implemented by directory.c.
 */
#ifndef KERNEL_DIRECTORY_H
#define KERNEL_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

struct inode;
struct directory_entry;

struct found {
    uint32_t inode;
    uint32_t type;  /* enum disk_type */
    uint32_t place; /* number of the entry in its directory */
};

/* 0, -ENOENT, or -EIO, -EUCLEAN. What is found has been checked by inode_verify. */
int directory_find(struct inode *directory, const char *name, unsigned length, struct found *ret_found);
/* The name must not be there. -ENOSPC, -EFBIG: nothing has changed but perhaps the directory's size. */
int directory_add(struct inode *directory, const char *name, unsigned length, uint32_t number, uint32_t type);
/* The entry names another inode, or, with 0, nothing any more. */
int directory_set(struct inode *directory, uint32_t place, uint32_t number, uint32_t type);
/* 1 or 0, or an error. */
int directory_is_empty(struct inode *directory);
/* The first entry from *place on, which is moved behind it: 1, 0 when there is none, or an error. */
int directory_next(struct inode *directory, uint32_t *place, struct directory_entry *ret_entry);
/* The name under which the directory has that inode, 0 behind it: its length, -ENOENT, or an error. */
int directory_name_of(struct inode *directory, uint32_t number, char name[60]);

/* The most blocks that directory_add changes: entries, three blocks of pointers and data, the inode; and allocations. */
enum { DIRECTORY_ADD_BLOCKS = 4, DIRECTORY_ADD_ALLOCATIONS = 2 };

#endif
