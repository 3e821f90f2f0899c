/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pages of RAM, 4 KiB each, by their address in the kernel (memory.h). Implemented by page.c: per-hart caches over a shared free
 * list. May be called with any lock held that is above PAGE_CACHE in lock_class.def.
 */
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES 4096ul
#define PAGE_SHIFT 12

/* A page of zeros with one reference, or NULL when there is none. */
void *page_allocate(void);
/* One reference more; how many there are. */
void page_hold(void *page);
unsigned page_references(const void *page);
/* One reference less; without any the page is free. NULL does nothing. */
void page_free(void *page);

/* How many pages there are to give, and how many are free now. */
uint64_t page_total(void);
uint64_t page_free_count(void);

#endif
