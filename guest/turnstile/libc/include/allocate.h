/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What allocate.c shows besides malloc: holding it still while the process forks, and a check for tests.
 */
#ifndef LIBC_ALLOCATE_H
#define LIBC_ALLOCATE_H

#include <stdbool.h>
#include <stddef.h>

void allocate_fork_begin(void);
void allocate_fork_end(void);
/* Whether all blocks and lists fit together; how many bytes are free in them. */
bool allocate_is_sound(size_t *ret_free);

#endif
