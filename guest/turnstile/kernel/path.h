/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From paths to what they name. Paths are in kernel memory, relative to the current process's directory unless they begin with '/'.
 * Called outside operations of the log, with nothing locked. Implemented by path.c.
 */
#ifndef KERNEL_PATH_H
#define KERNEL_PATH_H

#include <stdbool.h>
#include <stdint.h>

struct inode;
struct device_row;
struct directory_entry;
struct proc_row;

/* What a path names: exactly one of the three. */
struct place {
    struct inode *inode; /* held */
    const struct device_row *device;
    const struct proc_row *proc;
    uint64_t row; /* the inode number of a device or proc row */
};

int path_resolve(const char *path, struct place *ret_place);
/* The directory that has, or would have, the path's last name: held. *ret_name points into the path. -EINVAL when that is "." or
 * "..", or the path is all slashes. */
int path_parent(const char *path, struct inode **ret_directory, const char **ret_name, unsigned *ret_length);
/* Is this name, in that directory, one of the kernel's own (/dev, /proc)? */
bool path_is_kernels(const struct inode *directory, const char *name, unsigned length);
/* The path of the current process's directory, in `room` bytes: its length without the final 0, or an error. */
int64_t path_of_directory(char *to, uint64_t room);
/* The next entry of an open directory, `.` and `..` included: 1, 0 at the end, or an error. */
int path_list(struct inode *directory, uint64_t *position, struct directory_entry *ret_entry);

/* Held by who renames, so that the tree stands still for it; see inode.h for the order. */
void tree_acquire(void);
void tree_release(void);

#endif
