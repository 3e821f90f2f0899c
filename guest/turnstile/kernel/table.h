/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Page tables (privileged specification, "Sv39"): entries and how to find them. Implemented by table.c.
 */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define PTE_VALID    0x01ull
#define PTE_READ     0x02ull
#define PTE_WRITE    0x04ull
#define PTE_EXECUTE  0x08ull
#define PTE_USER     0x10ull
#define PTE_ACCESSED 0x40ull
#define PTE_DIRTY    0x80ull
#define PTE_COPY     0x100ull /* software's: shared until written */

/* The entry of level 0 for a user address; NULL: there is none, or, with makes_tables, no memory. */
uint64_t *table_entry(uint64_t *root, uint64_t address, bool makes_tables);
uint64_t table_pte(const void *page, uint64_t flags);
void *table_page(uint64_t pte);
/* Calls each for all valid entries of level 0 in the lower half, in order, until it returns other than 0, and returns that. */
int table_walk(uint64_t *root, int (*each)(uint64_t *pte, uint64_t address, void *argument), void *argument);
/* Frees the tables of the lower half and the root, not what they map. */
void table_destroy(uint64_t *root);

#endif
