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
    return store_snoop_code(shared, page, offset, size, by);
}

bool store_snoop_code(struct hart_shared *shared, uint32_t page, unsigned offset, unsigned size, unsigned by)
{
    if (shared->watch_count)
        store_note_write(shared, memory_paddr(shared->memory, page) + offset, size, by);
    return code_discard_line(shared, page, offset / LINE_BYTES);
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

bool store_is_watched(const struct hart_shared *shared, uint32_t page, unsigned line)
{
    uint64_t address = memory_paddr(shared->memory, page) + line * LINE_BYTES;
    bool is_watched = shared->tohost && overlap(shared->tohost, 8, address, LINE_BYTES);
    for (unsigned i = 0; i < shared->watch_count; i++)
        is_watched |= overlap(shared->watches[i].paddr, shared->watches[i].size, address, LINE_BYTES);
    return is_watched;
}

/* No store to the line goes by a short path from now on. */
static void close_line(struct hart_shared *shared, uint64_t paddr)
{
    uint32_t page = memory_page(shared->memory, paddr);
    unsigned line = (unsigned)(paddr % PAGE_BYTES / LINE_BYTES);
    store_mark_slow(shared, page, line);
    shared->memory->code[page] |= UINT64_C(1) << line;
}

void store_watch(struct hart_shared *shared, uint64_t tohost)
{
    shared->tohost = tohost;
    close_line(shared, tohost);
}

/* ---- watches ---- */

static uint64_t watched_value(const struct hart_shared *shared, const struct hart_watch *watch)
{
    uint64_t value = 0;
    memory_read(shared->memory, watch->paddr, &value, watch->size);
    return value;
}

static void close_watch(struct hart_shared *shared, const struct hart_watch *watch)
{
    close_line(shared, watch->paddr);
    close_line(shared, watch->paddr + watch->size - 1);
}

/* Reservations known by their host address would let an sc go by a short path, and tables loads. */
void store_watch_bytes(struct hart_shared *shared, struct hart_watch *watch)
{
    close_watch(shared, watch);
    watch->value = watched_value(shared, watch);
    for (unsigned h = 0; h < shared->count; h++) {
        shared->harts[h].reservation->key = 0;
        mmu_l0_flush(&shared->harts[h]);
    }
}

void store_watch_again(struct hart_shared *shared)
{
    if (shared->tohost)
        close_line(shared, shared->tohost);
    for (unsigned i = 0; i < shared->watch_count; i++)
        close_watch(shared, &shared->watches[i]);
}

void store_watch_values(struct hart_shared *shared)
{
    for (unsigned i = 0; i < shared->watch_count; i++)
        shared->watches[i].value = watched_value(shared, &shared->watches[i]);
}

bool store_reads_watched(const struct hart_shared *shared, uint32_t page)
{
    uint64_t address = memory_paddr(shared->memory, page);
    for (unsigned i = 0; i < shared->watch_count; i++)
        if (shared->watches[i].kinds & EMU_WATCH_READ && overlap(shared->watches[i].paddr, shared->watches[i].size, address, PAGE_BYTES))
            return true;
    return false;
}

/* The first access is kept until somebody asks; whoever made it is not to go on. */
static void hit(struct hart_shared *shared, unsigned number, unsigned by, enum emu_watch_kind what, uint64_t before, uint64_t after)
{
    struct hart_watch *watch = &shared->watches[number];
    bool device = by >= shared->count;
    if (shared->watch_hits >> number & 1)
        return;
    shared->watch_hits |= UINT64_C(1) << number;
    watch->pc = device ? 0 : shared->harts[by].pc;
    watch->before = before;
    watch->after = after;
    watch->by = by;
    watch->what = (uint8_t)what;
    if (!device)
        shared->harts[by].attention = true;
}

void store_note_write(struct hart_shared *shared, uint64_t paddr, unsigned size, unsigned by)
{
    for (unsigned i = 0; i < shared->watch_count; i++) {
        struct hart_watch *watch = &shared->watches[i];
        if (!overlap(watch->paddr, watch->size, paddr, size))
            continue;
        uint64_t before = watch->value, after = watched_value(shared, watch);
        watch->value = after;
        bool is_told = watch->kinds & EMU_WATCH_WRITE || (watch->kinds & EMU_WATCH_CHANGE && before != after);
        if (is_told && !shared->watch_silent)
            hit(shared, i, by, EMU_WATCH_WRITE, before, after);
    }
}

void store_note_read(struct hart_shared *shared, uint64_t paddr, unsigned size, unsigned by)
{
    for (unsigned i = 0; i < shared->watch_count; i++) {
        const struct hart_watch *watch = &shared->watches[i];
        if (watch->kinds & EMU_WATCH_READ && overlap(watch->paddr, watch->size, paddr, size))
            hit(shared, i, by, EMU_WATCH_READ, watch->value, watch->value);
    }
}

/* ---- ranges ---- */

void store_snoop_range(struct hart_shared *shared, uint64_t paddr, uint64_t size, unsigned by)
{
    uint64_t end = paddr + size;
    for (uint64_t at = paddr; at < end; at = (at & ~(uint64_t)(LINE_BYTES - 1)) + LINE_BYTES) {
        uint64_t line_end = (at & ~(uint64_t)(LINE_BYTES - 1)) + LINE_BYTES;
        uint32_t page = memory_page(shared->memory, at);
        store_snoop(shared, page, (unsigned)(at % PAGE_BYTES), (unsigned)((line_end < end ? line_end : end) - at), by);
    }
}
