/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The kernel's addresses. Physical address p is at KERNEL_BASE + p in every address space, RAM and devices alike (gigapages, not
 * for user mode); kernel stacks have a part of their own at the top, with gaps between them. User space is the lower half.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#define KERNEL_BASE         0xffffffc000000000
#define KERNEL_PHYSICAL_MAX 0x3fc0000000 /* what is mapped so: 255 GiB */
#define KERNEL_STACK_REGION 0xffffffffc0000000
#define KERNEL_LOAD         0x80200000 /* where the image is, physically, from M-mode and under firmware alike */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

static inline uint64_t physical_of(const void *address)
{
    return (uint64_t)address - KERNEL_BASE;
}
static inline void *kernel_address(uint64_t physical)
{
    return (void *)(physical + KERNEL_BASE);
}

/* What the compiler may call, and a few texts (string.c). */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t bytes);
/* Copies what fits and always ends it with 0 (bytes > 0). */
void text_copy(char *to, const char *from, size_t bytes);
#endif

#endif
