/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Do the L0 tables hold a subset of what TLB, PMP, caches and slow lines allow? For assertions: looks only, and knows nothing of
 * how the tables came to be. A table belongs to a context; a hart in that context, made up from the table's key, says what is
 * allowed there.
 */
#include "code.h"

#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_MPRV      (UINT64_C(1) << 17)
#define MSTATUS_SUM_SHIFT 18 /* SUM, MXR */
#define LEVEL_BITS        7u
enum { SATP_BARE = 0, SATP_SV39 = 8, SATP_SV48 = 9 };

/* The hart as it is when it uses this table: the key of context_key (mmu.c), undone. */
static struct hart in_context(const struct hart *hart, const struct l0 *l0)
{
    struct hart probe = *hart;
    unsigned data_levels = l0->key >> 4 & LEVEL_BITS, code_levels = l0->key >> 7 & LEVEL_BITS;
    unsigned levels = data_levels > code_levels ? data_levels : code_levels;
    uint64_t scheme = levels == 4 ? SATP_SV48 : levels == 3 ? SATP_SV39 : SATP_BARE;
    probe.mode = l0->key & 3;
    probe.mstatus =
        MSTATUS_MPRV | (uint64_t)(l0->key >> 2 & 3) << MSTATUS_MPP_SHIFT | (uint64_t)(l0->key >> 10 & 3) << MSTATUS_SUM_SHIFT;
    probe.satp = scheme << 60 | (uint64_t)(l0->key >> 12 & 0xffff) << 44;
    return probe;
}

static bool is_translated(struct hart *probe, uint64_t vaddr, unsigned size, enum mmu_access access, uint64_t page)
{
    struct mmu_result where = mmu_translate_cached(probe, vaddr, size, access);
    return where.ok && memory_page(probe->shared->memory, where.paddr) == page;
}

static bool is_empty(const struct l0_data *entry)
{
    return entry->rtag == L0_EMPTY && entry->wtag == L0_EMPTY;
}

/* A page's or a line's entry that is not empty, apart from caches. */
static bool is_allowed(struct hart *probe, const struct l0_data *entry, unsigned size)
{
    const struct memory *memory = probe->shared->memory;
    bool loads = entry->rtag != L0_EMPTY, stores = entry->wtag != L0_EMPTY;
    uint64_t vaddr = loads ? entry->rtag : entry->wtag & ~(uint64_t)L0_SLOW_STORE;
    if (entry->page >= memory->pages || vaddr % size ||
        vaddr + entry->addend != (uint64_t)(uintptr_t)memory_host(memory, (uint32_t)entry->page) + vaddr % PAGE_BYTES)
        return false;
    if (loads && !is_translated(probe, vaddr, size, MMU_LOAD, entry->page))
        return false;
    if (!stores)
        return true;
    bool touched = memory_is_ram(memory, (uint32_t)entry->page) && memory->touched[entry->page >> 6] >> (entry->page & 63) & 1;
    return touched && (entry->wtag & ~(uint64_t)L0_SLOW_STORE) == vaddr &&
           is_translated(probe, vaddr, size, MMU_STORE, entry->page);
}

static bool is_plain(uint64_t wtag)
{
    return wtag != L0_EMPTY && !(wtag & L0_SLOW_STORE);
}

/* The entry at this place of the lines, which is not empty: does the cache have the line, in a state that allows as much, and can
 * it take the entry back? */
static bool is_cached(const struct hart *hart, unsigned context, unsigned place)
{
    const struct hart_shared *shared = hart->shared;
    const struct l0_data *entry = &hart->l0_of[context]->lines[place];
    unsigned in_page = place % LINES_PER_PAGE;
    uint32_t slot = cache_find(shared->caches, 2u * hart->id, (uint32_t)entry->page * LINES_PER_PAGE + in_page);
    if (slot == CACHE_NONE)
        return false;
    const struct cache_slot *held = &shared->caches->slot[slot];
    const struct coherence_row *load = &shared->coherence->row[held->state][STIMULUS_LOAD];
    const struct coherence_row *store = &shared->coherence->row[held->state][STIMULUS_STORE];
    if (held->note != context * L0_NOTE_PLACES + place + 1 || (entry->rtag != L0_EMPTY && !(load->actions & ACTION_HIT)))
        return false;
    bool is_slow = shared->memory->slow[entry->page] >> in_page & 1;
    return entry->wtag == L0_EMPTY ||
           (store->actions & ACTION_HIT && store->next == held->state && !held->watched && !(is_slow && is_plain(entry->wtag)));
}

/* An instruction line that is known to be in the cache. */
static bool is_present(const struct hart *hart, unsigned context, unsigned place, unsigned line)
{
    const struct caches *caches = hart->shared->caches;
    const struct l0_code *entry = &hart->l0_of[context]->code[place];
    uint32_t slot = cache_find(caches, 2u * hart->id + 1, entry->page->page * LINES_PER_PAGE + line);
    return slot != CACHE_NONE && caches->slot[slot].note == context * L0_NOTE_PLACES + place + 1;
}

/* An lr makes its line slow, and nothing makes it quick again. */
static bool is_reservation_slow(const struct hart *hart)
{
    const struct memory *memory = hart->shared->memory;
    const struct reservation *mine = hart->reservation;
    uint32_t page = mine->size ? memory_page(memory, mine->address) : NO_PAGE;
    return mine->size == 0 || (page != NO_PAGE && memory->slow[page] >> mine->address % PAGE_BYTES / LINE_BYTES & 1);
}

static bool page_holds(struct hart *probe, const struct l0_data *entry)
{
    return is_empty(entry) || (is_allowed(probe, entry, PAGE_BYTES) && !(is_plain(entry->wtag) && probe->slow[entry->page]));
}

bool tables_hold_page(const struct hart *hart, uint64_t vaddr)
{
    struct hart probe = in_context(hart, hart->l0);
    return page_holds(&probe, &hart->l0->data[(vaddr >> PAGE_SHIFT) % L0_DATA_ENTRIES]);
}

static bool data_line_holds(const struct hart *hart, unsigned context, uint32_t line)
{
    const struct l0_data *lines = hart->l0_of[context]->lines;
    for (unsigned place = line % LINES_PER_PAGE; place < L0_LINES; place += LINES_PER_PAGE)
        if (lines[place].page == line / LINES_PER_PAGE && !is_empty(&lines[place]) && !is_cached(hart, context, place))
            return false;
    return true;
}

static bool code_line_holds(const struct hart *hart, unsigned context, uint32_t line)
{
    const struct l0_code *code = hart->l0_of[context]->code;
    unsigned in_page = line % LINES_PER_PAGE;
    for (unsigned place = 0; place < L0_CODE_ENTRIES; place++)
        if (code[place].present[in_page] && code[place].tag != L0_EMPTY && code[place].page->page == line / LINES_PER_PAGE &&
            !is_present(hart, context, place, in_page))
            return false;
    return true;
}

bool tables_hold_slot(const struct hart *hart, uint32_t slot)
{
    const struct cache_slot *held = &hart->shared->caches->slot[slot];
    for (unsigned context = 0; context < L0_CONTEXTS; context++) {
        if (!hart->l0_of[context] || !hart->l0_of[context]->valid)
            continue;
        if (!(held->cache & 1 ? code_line_holds : data_line_holds)(hart, context, held->line))
            return false;
    }
    return is_reservation_slow(hart);
}

bool tables_hold_line(const struct hart_shared *shared, uint32_t line)
{
    const struct caches *caches = shared->caches;
    for (uint32_t slot = cache_first_holder(caches, line); slot != CACHE_NONE; slot = caches->slot[slot].next)
        if (!tables_hold_slot(&shared->harts[caches->slot[slot].cache >> 1], slot))
            return false;
    return true;
}

bool tables_hold_note(const struct hart *hart, uint32_t slot)
{
    const struct cache_slot *held = &hart->shared->caches->slot[slot];
    unsigned context = (held->note - 1) / L0_NOTE_PLACES, place = (held->note - 1) % L0_NOTE_PLACES;
    if (held->note == 0)
        return false;
    return held->cache & 1 ? is_present(hart, context, place, held->line % LINES_PER_PAGE) : is_cached(hart, context, place);
}

static bool code_holds(struct hart *probe, unsigned context, unsigned place)
{
    const struct l0_code *entry = &probe->l0_of[context]->code[place];
    if (entry->tag == L0_EMPTY)
        return true;
    for (unsigned line = 0; line < LINES_PER_PAGE && probe->shared->timed; line++)
        if (entry->present[line] && !is_present(probe, context, place, line))
            return false;
    return is_translated(probe, entry->tag, PAGE_BYTES, MMU_FETCH, entry->page->page);
}

static bool context_holds(const struct hart *hart, unsigned context)
{
    const struct l0 *l0 = hart->l0_of[context];
    struct hart probe = in_context(hart, l0);
    for (unsigned i = 0; i < L0_DATA_ENTRIES; i++)
        if (!page_holds(&probe, &l0->data[i]))
            return false;
    for (unsigned i = 0; i < L0_LINES && hart->shared->timed; i++)
        if (!is_empty(&l0->lines[i]) && !(is_allowed(&probe, &l0->lines[i], LINE_BYTES) && is_cached(hart, context, i)))
            return false;
    for (unsigned i = 0; i < L0_CODE_ENTRIES; i++)
        if (!code_holds(&probe, context, i))
            return false;
    return true;
}

bool tables_hold(const struct hart *hart)
{
    for (unsigned context = 0; context < L0_CONTEXTS; context++)
        if (hart->l0_of[context] && hart->l0_of[context]->valid && !context_holds(hart, context))
            return false;
    return is_reservation_slow(hart);
}
