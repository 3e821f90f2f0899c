/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The two kinds of open files that are inodes. Implemented by inode_file.c.
 */
#ifndef KERNEL_INODE_FILE_H
#define KERNEL_INODE_FILE_H

#include "file.h"

extern const struct file_operations inode_file_operations;
extern const struct file_operations inode_directory_operations;

#endif
