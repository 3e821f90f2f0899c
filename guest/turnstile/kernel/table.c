/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Page tables of three levels. The upper half of each root is the kernel's and never changes.
 */
#include "table.h"

#include "memory.h"
#include "page.h"

enum { ENTRIES = 512, HALF = 256 };

uint64_t table_pte(const void *page, uint64_t flags)
{
    return physical_of(page) >> PAGE_SHIFT << 10 | flags | PTE_VALID;
}

void *table_page(uint64_t pte)
{
    return kernel_address(pte >> 10 << PAGE_SHIFT);
}

uint64_t *table_entry(uint64_t *root, uint64_t address, bool makes_tables)
{
    uint64_t *table = root;
    for (unsigned level = 2; level > 0; level--) {
        uint64_t *pte = &table[address >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1)];
        if (!(*pte & PTE_VALID)) {
            void *page = makes_tables ? page_allocate() : NULL;
            if (!page)
                return NULL;
            *pte = table_pte(page, 0);
        }
        table = table_page(*pte);
    }
    return &table[address >> PAGE_SHIFT & (ENTRIES - 1)];
}

int table_walk(uint64_t *root, int (*each)(uint64_t *pte, uint64_t address, void *argument), void *argument)
{
    for (uint64_t i = 0; i < HALF; i++) {
        if (!(root[i] & PTE_VALID))
            continue;
        uint64_t *middle = table_page(root[i]);
        for (uint64_t j = 0; j < ENTRIES; j++) {
            if (!(middle[j] & PTE_VALID))
                continue;
            uint64_t *last = table_page(middle[j]);
            for (uint64_t k = 0; k < ENTRIES; k++) {
                int result = last[k] & PTE_VALID ? each(&last[k], i << 30 | j << 21 | k << PAGE_SHIFT, argument) : 0;
                if (result)
                    return result;
            }
        }
    }
    return 0;
}

void table_destroy(uint64_t *root)
{
    for (unsigned i = 0; i < HALF; i++) {
        if (!(root[i] & PTE_VALID))
            continue;
        uint64_t *middle = table_page(root[i]);
        for (unsigned j = 0; j < ENTRIES; j++)
            if (middle[j] & PTE_VALID)
                page_free(table_page(middle[j]));
        page_free(middle);
    }
    page_free(root);
}
