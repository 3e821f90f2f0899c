/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only functions that touch user memory: the current process's. An address that the process may not read or write is -EFAULT,
 * never a fault of the kernel's; pages that are made when they are touched are made. They may sleep: no spin lock may be held.
 * Implemented by user_copy.c and user_access.S.
 */
#ifndef KERNEL_USER_COPY_H
#define KERNEL_USER_COPY_H

#include <stdbool.h>
#include <stdint.h>

/* Return 0 or -EFAULT; then a part may have been copied. */
int copy_from_user(void *to, uint64_t from, uint64_t bytes);
int copy_to_user(uint64_t to, const void *from, uint64_t bytes);
int zero_user(uint64_t to, uint64_t bytes);
/* A text with its final 0 into `to` of `bytes` bytes: its length, -EFAULT, or -ENAMETOOLONG when the 0 does not fit. */
int64_t copy_text_from_user(char *to, uint64_t from, uint64_t bytes);

/* Where data comes from or goes to: user memory in system calls, the kernel's own when the kernel reads a file (exec). */
struct span {
    uint64_t address;
    bool is_user;
};
/* `offset` bytes into the span. Return 0 or -EFAULT. With is_user the rules above hold. */
int span_put(struct span to, uint64_t offset, const void *from, uint64_t bytes);
int span_take(void *to, struct span from, uint64_t offset, uint64_t bytes);

#endif
