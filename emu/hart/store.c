/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a store owes the rest of the machine: other agents' reservations end, decoded code of the line is discarded. Only slow
 * lines come here. The first slow line of a page takes the plain right to store to that page out of every hart's tables.
 */
#include "code.h"

#include <assert.h>

void store_mark_slow(struct hart_shared *shared, uint32_t page, unsigned line)
{
    uint64_t *slow = &shared->memory->slow[page];
    bool first = *slow == 0, fresh = !(*slow >> line & 1);
    *slow |= UINT64_C(1) << line;
    if (first)
        mmu_l0_demote(shared, page);
    if (fresh && shared->timed)
        mmu_l0_demote_line(shared, page * LINES_PER_PAGE + line);
    assert(!fresh || !shared->timed || tables_hold_line(shared, page * LINES_PER_PAGE + line));
}

bool store_snoop(struct hart_shared *shared, uint32_t page, unsigned offset, unsigned size, unsigned by)
{
    unsigned line = offset / LINE_BYTES;
    reservation_snoop(shared->reservations, memory_paddr(shared->memory, page) + offset, size, by);
    if (!(shared->memory->code[page] >> line & 1))
        return false;
    return code_discard_line(shared, page, line);
}

bool store_is_watched(const struct hart_shared *shared, uint32_t page, unsigned line)
{
    return shared->tohost && page == memory_page(shared->memory, shared->tohost) && line == shared->tohost % PAGE_BYTES / LINE_BYTES;
}

void store_watch(struct hart_shared *shared, uint64_t tohost)
{
    uint32_t page = memory_page(shared->memory, tohost);
    unsigned line = (unsigned)(tohost % PAGE_BYTES / LINE_BYTES);
    shared->tohost = tohost;
    store_mark_slow(shared, page, line);
    shared->memory->code[page] |= UINT64_C(1) << line;
}

void store_snoop_range(struct hart_shared *shared, uint64_t paddr, uint64_t size, unsigned by)
{
    uint64_t end = paddr + size;
    for (uint64_t at = paddr; at < end; at = (at & ~(uint64_t)(LINE_BYTES - 1)) + LINE_BYTES) {
        uint64_t line_end = (at & ~(uint64_t)(LINE_BYTES - 1)) + LINE_BYTES;
        uint32_t page = memory_page(shared->memory, at);
        store_snoop(shared, page, (unsigned)(at % PAGE_BYTES), (unsigned)((line_end < end ? line_end : end) - at), by);
    }
}
