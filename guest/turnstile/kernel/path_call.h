/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is done to paths, in kernel memory: 0 or a negative errno. Called outside operations of the log, with nothing locked.
 * Implemented by path_call.c; file_call.c has the system calls.
 */
#ifndef KERNEL_PATH_CALL_H
#define KERNEL_PATH_CALL_H

#include <stdint.h>

struct file;
struct inode;

/* flags: OPEN_* of abi.h. */
int path_open(const char *path, unsigned flags, struct file **ret_file);
/* A new file or directory (enum disk_type), held. -EEXIST when the name is there. */
int path_create(const char *path, uint32_t type, struct inode **ret_inode);
/* A name of a file, or an empty directory. */
int path_remove(const char *path, uint32_t type);
int path_link(const char *path, const char *as);
int path_rename(const char *path, const char *as);

#endif
