/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table on the disk of inodes that are still to be cut or freed (disk.h). Implemented by cleanup.c.
 */
#ifndef KERNEL_CLEANUP_H
#define KERNEL_CLEANUP_H

#include <stdint.h>

/* Inside an operation, no buffer taken. To add what is there already changes nothing. -ENOSPC: the table is full. */
int cleanup_add(uint32_t number);
int cleanup_remove(uint32_t number);
/* Outside operations, when mounting: finishes everything in the table. */
int cleanup_finish_all(void);

#endif
