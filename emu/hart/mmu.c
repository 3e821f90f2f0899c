/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Virtual memory: Sv39 and Sv48 walks, the modelled ITLB and DTLB (fully associative, FIFO), and the engine's L0 tables derived
 * from them. The TLBs are machine state: a translation the guest failed to fence stays stale for exactly as long as its entry
 * lives. No L0 table holds what TLB, PMP and slow lines would not allow (privileged specification 1.12, sections 4.3 to 4.5).
 */
#include "code.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_G = 32, PTE_A = 64, PTE_D = 128 };
#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK ((UINT64_C(1) << 44) - 1)
#define PTE_RESERVED (UINT64_C(0x3ff) << 54) /* N, PBMT and reserved: none of their extensions is here */
#define MSTATUS_MPRV (UINT64_C(1) << 17)
#define MSTATUS_SUM (UINT64_C(1) << 18)
#define MSTATUS_MXR (UINT64_C(1) << 19)
#define SATP_MODE_SHIFT 60
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK 0xffffu
enum { SATP_BARE = 0, SATP_SV39 = 8, SATP_SV48 = 9 };
#define VPN_BITS 9

unsigned mmu_data_mode(const struct hart *hart)
{
    if (hart->mstatus & MSTATUS_MPRV)
        return hart->mstatus >> 11 & 3;
    return hart->mode;
}

static unsigned levels_of(const struct hart *hart, unsigned mode)
{
    unsigned scheme = (unsigned)(hart->satp >> SATP_MODE_SHIFT);
    if (mode == ISA_MODE_M || scheme == SATP_BARE)
        return 0;
    return scheme == SATP_SV39 ? 3 : 4;
}

static uint16_t asid_of(const struct hart *hart)
{
    return (uint16_t)(hart->satp >> SATP_ASID_SHIFT & SATP_ASID_MASK);
}

static bool is_canonical(uint64_t vaddr, unsigned levels)
{
    unsigned unused = 64 - (PAGE_SHIFT + VPN_BITS * levels);
    return (uint64_t)((int64_t)(vaddr << unused) >> unused) == vaddr;
}

static uint8_t page_fault(enum mmu_access access)
{
    return access == MMU_FETCH ? ISA_TRAP_FETCH_PAGE : access == MMU_LOAD ? ISA_TRAP_LOAD_PAGE : ISA_TRAP_STORE_PAGE;
}

static uint8_t access_fault(enum mmu_access access)
{
    return access == MMU_FETCH ? ISA_TRAP_FETCH_ACCESS : access == MMU_LOAD ? ISA_TRAP_LOAD_ACCESS : ISA_TRAP_STORE_ACCESS;
}

/* Why a leaf with these flags does not permit the access; NONE: it does. (A and D apart.) */
static enum emu_refusal leaf_refusal(const struct hart *hart, unsigned flags, enum mmu_access access, unsigned mode)
{
    if (mode == ISA_MODE_U && !(flags & PTE_U))
        return EMU_REFUSAL_SUPERVISOR;
    if (mode == ISA_MODE_S && flags & PTE_U && (access == MMU_FETCH || !(hart->mstatus & MSTATUS_SUM)))
        return EMU_REFUSAL_USER;
    switch (access) {
    case MMU_FETCH:
        return flags & PTE_X ? EMU_REFUSAL_NONE : EMU_REFUSAL_EXECUTABLE;
    case MMU_LOAD:
        return flags & PTE_R || (hart->mstatus & MSTATUS_MXR && flags & PTE_X) ? EMU_REFUSAL_NONE : EMU_REFUSAL_READABLE;
    default:
        return flags & PTE_W ? EMU_REFUSAL_NONE : EMU_REFUSAL_WRITABLE;
    }
}

static bool leaf_permits(const struct hart *hart, unsigned flags, enum mmu_access access, unsigned mode)
{
    return leaf_refusal(hart, flags, access, mode) == EMU_REFUSAL_NONE;
}

static unsigned needed_ad(enum mmu_access access)
{
    return access == MMU_STORE ? PTE_A | PTE_D : PTE_A;
}

static struct tlb_entry *tlb_find(struct tlb *tlb, uint64_t vpn, uint16_t asid)
{
    for (unsigned i = 0; i < tlb->entries; i++) {
        struct tlb_entry *entry = &tlb->of[i];
        if (entry->flags & PTE_V && (entry->vpn ^ (vpn & ((UINT64_C(1) << 48) - 1))) >> VPN_BITS * entry->level == 0 &&
            (entry->flags & PTE_G || entry->asid == asid))
            return entry;
    }
    return NULL;
}

/* ---- L0 ---- */

static void l0_clear(struct l0 *l0)
{
    if (l0->used <= L0_LOG) {
        for (unsigned i = 0; i < l0->used; i++) {
            unsigned slot = l0->log[i];
            if (slot < L0_DATA_ENTRIES)
                l0->data[slot].rtag = l0->data[slot].wtag = L0_EMPTY;
            else if (slot < L0_DATA_ENTRIES + L0_CODE_ENTRIES)
                l0->code[slot - L0_DATA_ENTRIES].tag = L0_EMPTY;
            else
                l0->lines[slot - L0_DATA_ENTRIES - L0_CODE_ENTRIES].rtag = l0->lines[slot - L0_DATA_ENTRIES - L0_CODE_ENTRIES].wtag = L0_EMPTY;
        }
    } else {
        for (unsigned i = 0; i < L0_DATA_ENTRIES; i++)
            l0->data[i].rtag = l0->data[i].wtag = L0_EMPTY;
        for (unsigned i = 0; i < L0_LINES; i++)
            l0->lines[i].rtag = l0->lines[i].wtag = L0_EMPTY;
        for (unsigned i = 0; i < L0_CODE_ENTRIES; i++)
            l0->code[i].tag = L0_EMPTY;
    }
    l0->used = 0;
}

static void l0_note(struct l0 *l0, unsigned slot)
{
    if (l0->used < L0_LOG)
        l0->log[l0->used] = (uint16_t)slot;
    if (l0->used <= L0_LOG)
        l0->used++;
}

void mmu_l0_flush(struct hart *hart)
{
    for (unsigned i = 0; i < L0_CONTEXTS; i++)
        if (hart->l0_of[i])
            l0_clear(hart->l0_of[i]);
}

void mmu_l0_flush_code(struct hart *hart)
{
    for (unsigned i = 0; i < L0_CONTEXTS; i++)
        for (unsigned j = 0; hart->l0_of[i] && j < L0_CODE_ENTRIES; j++) {
            hart->l0_of[i]->code[j].tag = L0_EMPTY;
            hart->l0_of[i]->code[j].page = NULL; /* cache slots may still have a note of this entry */
        }
}

/* All that decides whether and how an access translates, except the TLB's contents: two situations with one key share tables. */
static uint32_t context_key(const struct hart *hart)
{
    unsigned data_mode = mmu_data_mode(hart);
    uint32_t key = hart->mode | data_mode << 2;
    unsigned levels = levels_of(hart, data_mode) | levels_of(hart, hart->mode) << 3;
    if (levels)
        key |= levels << 4 | (uint32_t)(hart->mstatus >> 18 & 3) << 10 | (uint32_t)asid_of(hart) << 12;
    return key;
}

static void use_tables(struct hart *hart, struct l0 *l0)
{
    hart->l0 = l0;
    hart->table = hart->shared->timed ? l0->lines : l0->data;
}

void mmu_context_changed(struct hart *hart)
{
    uint32_t key = context_key(hart);
    if (hart->l0 && hart->l0->valid && hart->l0->key == key)
        return;
    for (unsigned i = 0; i < L0_CONTEXTS; i++) {
        struct l0 *l0 = hart->l0_of[i];
        if (l0 && l0->valid && l0->key == key) {
            use_tables(hart, l0);
            return;
        }
    }
    unsigned turn = hart->l0_turn++ % L0_CONTEXTS;
    if (!hart->l0_of[turn]) {
        struct l0 *fresh = malloc(sizeof *fresh);
        if (fresh) {
            fresh->used = L0_LOG + 1;
            hart->l0_of[turn] = fresh;
        } else {
            turn = 0; /* made when the hart was: there is always one */
        }
    }
    use_tables(hart, hart->l0_of[turn]);
    l0_clear(hart->l0);
    hart->l0->key = key;
    hart->l0->valid = true;
}

void mmu_fidelity_changed(struct hart *hart)
{
    mmu_l0_flush(hart);
    use_tables(hart, hart->l0);
}

void mmu_l0_demote(struct hart_shared *shared, uint32_t page)
{
    for (unsigned h = 0; h < shared->count; h++) {
        for (unsigned i = 0; i < L0_CONTEXTS; i++) {
            struct l0 *l0 = shared->harts[h].l0_of[i];
            for (unsigned j = 0; l0 && j < L0_DATA_ENTRIES; j++)
                if (l0->data[j].wtag != L0_EMPTY && l0->data[j].page == page)
                    l0->data[j].wtag |= L0_SLOW_STORE;
        }
    }
}

/* A TLB entry goes: no table may hold what was derived from it. */
static void l0_drop(struct hart *hart, const struct tlb_entry *entry)
{
    if (entry->level > 0) {
        mmu_l0_flush(hart);
        return;
    }
    for (unsigned i = 0; i < L0_CONTEXTS; i++) {
        struct l0 *l0 = hart->l0_of[i];
        if (!l0)
            continue;
        struct l0_data *data = &l0->data[entry->vpn % L0_DATA_ENTRIES];
        data->rtag = data->wtag = L0_EMPTY;
        l0->code[entry->vpn % L0_CODE_ENTRIES].tag = L0_EMPTY;
        struct l0_data *lines = &l0->lines[entry->vpn * LINES_PER_PAGE % L0_LINES];
        for (unsigned j = 0; hart->shared->timed && j < LINES_PER_PAGE; j++)
            lines[j].rtag = lines[j].wtag = L0_EMPTY;
    }
}

void mmu_l0_fill_data(struct hart *hart, uint64_t vaddr, uint64_t paddr)
{
    struct memory *memory = hart->shared->memory;
    uint32_t page = memory_page(memory, paddr);
    unsigned mode = mmu_data_mode(hart), rights;
    if (page == NO_PAGE || !pmp_page_rights(hart, paddr, mode, &rights))
        return;
    if (levels_of(hart, mode)) {
        const struct tlb_entry *entry = tlb_find(&hart->dtlb, vaddr >> PAGE_SHIFT, asid_of(hart));
        if (!entry)
            return;
        if (!leaf_permits(hart, entry->flags, MMU_LOAD, mode))
            rights &= ~(1u << MMU_LOAD);
        if (!leaf_permits(hart, entry->flags, MMU_STORE, mode) || !(entry->flags & PTE_D))
            rights &= ~(1u << MMU_STORE);
    }
    bool store = rights >> MMU_STORE & 1 && memory_is_ram(memory, page);
    uint64_t tag = vaddr & PAGE_MASK;
    unsigned slot = (unsigned)(vaddr >> PAGE_SHIFT) % L0_DATA_ENTRIES;
    struct l0_data *data = &hart->l0->data[slot];
    bool load = rights >> MMU_LOAD & 1 && !(hart->shared->watch_readers && store_reads_watched(hart->shared, page));
    data->rtag = load ? tag : L0_EMPTY;
    data->wtag = store ? tag | (memory->slow[page] ? L0_SLOW_STORE : 0) : L0_EMPTY;
    data->addend = (uint64_t)(uintptr_t)memory_host(memory, page) - tag;
    data->page = page;
    if (store)
        memory_touch(memory, page);
    l0_note(hart->l0, slot);
    assert(tables_hold_page(hart, vaddr));
}

void mmu_l0_fill_code(struct hart *hart, uint64_t vaddr, struct code_page *code)
{
    unsigned slot = (unsigned)(vaddr >> PAGE_SHIFT) % L0_CODE_ENTRIES;
    hart->l0->code[slot] = (struct l0_code){.tag = vaddr & PAGE_MASK, .page = code};
    l0_note(hart->l0, L0_DATA_ENTRIES + slot);
}

/* ---- lines (timed) ---- */

/* A cache slot's note says which table entry holds its line: context, then place, plus 1. One at most, so that it can be taken
 * back at once; an entry that has been overwritten since is recognised by its page. */

static unsigned context_of(const struct hart *hart)
{
    unsigned i = 0;
    while (hart->l0_of[i] != hart->l0)
        i++;
    return i;
}

static struct l0_data *line_entry(struct hart *hart, const struct cache_slot *slot)
{
    if (!slot->note)
        return NULL;
    unsigned place = (slot->note - 1) % L0_NOTE_PLACES;
    struct l0_data *entry = &hart->l0_of[(slot->note - 1) / L0_NOTE_PLACES]->lines[place];
    bool same = entry->page == slot->line / LINES_PER_PAGE && place % LINES_PER_PAGE == slot->line % LINES_PER_PAGE;
    return same ? entry : NULL;
}

static uint8_t *present_entry(struct hart *hart, const struct cache_slot *slot)
{
    if (!slot->note)
        return NULL;
    struct l0_code *entry = &hart->l0_of[(slot->note - 1) / L0_NOTE_PLACES]->code[(slot->note - 1) % L0_NOTE_PLACES];
    bool same = entry->page && entry->page->page == slot->line / LINES_PER_PAGE;
    return same ? &entry->present[slot->line % LINES_PER_PAGE] : NULL;
}

void mmu_l0_fill_line(struct hart *hart, uint64_t vaddr, uint64_t paddr, uint32_t slot)
{
    const struct l0_data *page = &hart->l0->data[(vaddr >> PAGE_SHIFT) % L0_DATA_ENTRIES];
    uint64_t page_tag = vaddr & PAGE_MASK, tag = vaddr & ~(uint64_t)(LINE_BYTES - 1);
    bool load = page->rtag == page_tag, store = (page->wtag & ~(uint64_t)L0_SLOW_STORE) == page_tag;
    if (!load && !store)
        return;
    struct cache_slot *held = &hart->shared->caches->slot[slot];
    unsigned place = (unsigned)(vaddr >> LINE_SHIFT) % L0_LINES;
    struct l0_data *entry = &hart->l0->lines[place], *before = line_entry(hart, held);
    if (before && before != entry)
        before->rtag = before->wtag = L0_EMPTY;
    bool is_slow = hart->slow[page->page] >> (paddr >> LINE_SHIFT & (LINES_PER_PAGE - 1)) & 1;
    *entry = (struct l0_data){.rtag = load ? tag : L0_EMPTY, .wtag = L0_EMPTY, .addend = page->addend, .page = page->page};
    if (store && held->state == LINE_M && !held->watched)
        entry->wtag = tag | (is_slow ? L0_SLOW_STORE : 0);
    held->note = context_of(hart) * L0_NOTE_PLACES + place + 1;
    l0_note(hart->l0, L0_DATA_ENTRIES + L0_CODE_ENTRIES + place);
    assert(tables_hold_note(hart, slot));
}

void mmu_l0_fill_present(struct hart *hart, uint64_t vaddr, uint32_t slot)
{
    struct cache_slot *held = &hart->shared->caches->slot[slot];
    unsigned place = (unsigned)(vaddr >> PAGE_SHIFT) % L0_CODE_ENTRIES;
    uint8_t *before = present_entry(hart, held);
    if (before)
        *before = 0;
    hart->l0->code[place].present[(vaddr >> LINE_SHIFT) % LINES_PER_PAGE] = 1;
    held->note = context_of(hart) * L0_NOTE_PLACES + place + 1;
    assert(tables_hold_note(hart, slot));
}

void hart_line_lowered(struct hart *hart, uint32_t slot)
{
    struct cache_slot *held = &hart->shared->caches->slot[slot];
    if (held->cache & 1) {
        uint8_t *present = held->state == LINE_I ? present_entry(hart, held) : NULL;
        if (present)
            *present = 0;
        return;
    }
    struct l0_data *entry = line_entry(hart, held);
    if (!entry)
        return;
    entry->wtag = L0_EMPTY;
    if (held->state == LINE_I)
        entry->rtag = L0_EMPTY;
}

void mmu_l0_demote_line(struct hart_shared *shared, uint32_t line)
{
    const struct caches *caches = shared->caches;
    for (uint32_t slot = cache_first_holder(caches, line); slot != CACHE_NONE; slot = caches->slot[slot].next) {
        const struct cache_slot *held = &caches->slot[slot];
        struct l0_data *entry = held->cache & 1 ? NULL : line_entry(&shared->harts[held->cache >> 1], held);
        if (entry && entry->wtag != L0_EMPTY)
            entry->wtag |= L0_SLOW_STORE;
    }
}

/* ---- walks ---- */

static struct mmu_step fault_step(uint8_t fault, enum emu_refusal why)
{
    return (struct mmu_step){.next = MMU_STEP_FAULT, .fault = fault, .why = (uint8_t)why};
}

static struct mmu_step read_step(const struct hart *hart, uint64_t vaddr, enum mmu_access access, uint64_t table, unsigned level)
{
    uint64_t at = table + ((vaddr >> (PAGE_SHIFT + VPN_BITS * level)) & 511) * 8;
    if (!memory_is_ram_range(hart->shared->memory, at, 8))
        return fault_step(access_fault(access), EMU_REFUSAL_TABLE_OUTSIDE);
    if (!pmp_allows(hart, at, 8, MMU_LOAD, ISA_MODE_S))
        return fault_step(access_fault(access), EMU_REFUSAL_TABLE_PMP);
    return (struct mmu_step){.next = MMU_STEP_READ, .level = level, .pte_paddr = at};
}

static unsigned mode_of_access(const struct hart *hart, enum mmu_access access)
{
    return access == MMU_FETCH ? hart->mode : mmu_data_mode(hart);
}

struct mmu_step mmu_walk_begin(const struct hart *hart, uint64_t vaddr, enum mmu_access access)
{
    unsigned levels = levels_of(hart, mode_of_access(hart, access));
    if (!is_canonical(vaddr, levels))
        return fault_step(page_fault(access), EMU_REFUSAL_NOT_CANONICAL);
    return read_step(hart, vaddr, access, (hart->satp & PTE_PPN_MASK) << PAGE_SHIFT, levels - 1);
}

/* What is wrong with an entry of this level, whoever uses it; NONE: it is a leaf or points to a table. */
static enum emu_refusal entry_refusal(unsigned level, uint64_t pte)
{
    if (!(pte & PTE_V))
        return EMU_REFUSAL_INVALID;
    if ((!(pte & PTE_R) && pte & PTE_W) || pte & PTE_RESERVED)
        return EMU_REFUSAL_RESERVED;
    if (pte & (PTE_R | PTE_X)) {
        uint64_t low = (UINT64_C(1) << VPN_BITS * level) - 1;
        return pte >> PTE_PPN_SHIFT & low ? EMU_REFUSAL_MISALIGNED : EMU_REFUSAL_NONE;
    }
    if (pte & (PTE_D | PTE_A | PTE_U))
        return EMU_REFUSAL_POINTER;
    return level == 0 ? EMU_REFUSAL_NO_LEAF : EMU_REFUSAL_NONE;
}

/* Like mmu_walk_next, A and D apart: DONE whatever they are. */
static struct mmu_step next_step(const struct hart *hart, uint64_t vaddr, enum mmu_access access, unsigned level, uint64_t pte_paddr,
                                 uint64_t pte)
{
    enum emu_refusal why = entry_refusal(level, pte);
    bool is_leaf = pte & (PTE_R | PTE_X);
    if (why == EMU_REFUSAL_NONE && is_leaf)
        why = leaf_refusal(hart, (unsigned)pte, access, mode_of_access(hart, access));
    if (why != EMU_REFUSAL_NONE)
        return fault_step(page_fault(access), why);
    if (is_leaf)
        return (struct mmu_step){.next = MMU_STEP_DONE, .level = level, .pte_paddr = pte_paddr, .pte = pte};
    return read_step(hart, vaddr, access, (pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << PAGE_SHIFT, level - 1);
}

struct mmu_step mmu_walk_next(const struct hart *hart, uint64_t vaddr, enum mmu_access access, unsigned level, uint64_t pte_paddr,
                              uint64_t pte)
{
    struct mmu_step step = next_step(hart, vaddr, access, level, pte_paddr, pte);
    uint64_t updated = pte | needed_ad(access);
    if (step.next != MMU_STEP_DONE || updated == pte)
        return step;
    if (!hart->shared->cpu.svadu)
        return fault_step(page_fault(access), EMU_REFUSAL_NOT_ACCESSED);
    if (!pmp_allows(hart, pte_paddr, 8, MMU_STORE, ISA_MODE_S))
        return fault_step(access_fault(access), EMU_REFUSAL_TABLE_PMP_WRITE);
    step.next = MMU_STEP_UPDATE;
    step.pte = updated;
    return step;
}

/* A walk at once: DONE, UPDATE or FAULT. What it reads is noted in *look, which may be NULL. */
static struct mmu_step walk_tables(const struct hart *hart, uint64_t vaddr, enum mmu_access access, bool with_ad,
                                   struct mmu_look *look)
{
    struct mmu_step step = mmu_walk_begin(hart, vaddr, access);
    while (step.next == MMU_STEP_READ) {
        uint64_t pte = 0;
        memory_read(hart->shared->memory, step.pte_paddr, &pte, 8);
        if (look)
            look->entry[look->entries++] = (struct mmu_look_entry){step.level, step.pte_paddr, pte};
        step = (with_ad ? mmu_walk_next : next_step)(hart, vaddr, access, step.level, step.pte_paddr, pte);
    }
    return step;
}

static uint64_t leaf_paddr(uint64_t ppn, unsigned level, uint64_t vaddr)
{
    uint64_t offset_mask = (UINT64_C(1) << (PAGE_SHIFT + VPN_BITS * level)) - 1;
    return ((ppn << PAGE_SHIFT) & ~offset_mask) | (vaddr & offset_mask);
}

/* Writes A, and D for stores, to the PTE: a store of this hart like any other. */
static void update_ad(struct hart *hart, const struct mmu_step *step)
{
    struct memory *memory = hart->shared->memory;
    uint32_t page = memory_page(memory, step->pte_paddr);
    store_mark_slow(hart->shared, page, (unsigned)(step->pte_paddr % PAGE_BYTES / LINE_BYTES));
    memory_write(memory, step->pte_paddr, &step->pte, 8);
    if (store_snoop(hart->shared, page, (unsigned)(step->pte_paddr % PAGE_BYTES), 8, hart->id))
        hart->attention = true;
}

/* No two entries match one address, so that what matches never depends on the order of looking: a new one puts out those it
 * overlaps. */
static void tlb_forget_overlaps(struct hart *hart, struct tlb *tlb, const struct tlb_entry *fresh, uint64_t vaddr,
                                unsigned level_of_fresh, uint64_t pte)
{
    uint64_t vpn = vaddr >> PAGE_SHIFT & ((UINT64_C(1) << 48) - 1);
    for (unsigned i = 0; i < tlb->entries; i++) {
        struct tlb_entry *other = &tlb->of[i];
        unsigned level = other->level > level_of_fresh ? other->level : level_of_fresh;
        bool same_space = (other->flags | pte) & PTE_G || other->asid == asid_of(hart);
        if (other == fresh || !(other->flags & PTE_V) || (other->vpn ^ vpn) >> VPN_BITS * level || !same_space)
            continue;
        l0_drop(hart, other);
        *other = (struct tlb_entry){0};
    }
}

static struct tlb_entry *tlb_refill(struct hart *hart, struct tlb *tlb, uint64_t vaddr, unsigned level, uint64_t pte)
{
    struct tlb_entry *entry = tlb_find(tlb, vaddr >> PAGE_SHIFT, asid_of(hart));
    if (!entry) {
        entry = &tlb->of[tlb->next];
        tlb->next = (uint8_t)((tlb->next + 1u) % tlb->entries);
    }
    if (entry->flags & PTE_V)
        l0_drop(hart, entry);
    tlb_forget_overlaps(hart, tlb, entry, vaddr, level, pte);
    uint64_t low = (UINT64_C(1) << VPN_BITS * level) - 1;
    entry->vpn = (vaddr >> PAGE_SHIFT & ((UINT64_C(1) << 48) - 1)) & ~low;
    entry->ppn = pte >> PTE_PPN_SHIFT & PTE_PPN_MASK;
    entry->asid = asid_of(hart);
    entry->level = level & 15;
    entry->flags = pte & 0xff;
    return entry;
}

void mmu_walk_finish(struct hart *hart, uint64_t vaddr, enum mmu_access access, unsigned level, uint64_t pte)
{
    tlb_refill(hart, access == MMU_FETCH ? &hart->itlb : &hart->dtlb, vaddr, level, pte);
}

struct mmu_result mmu_translate_cached(struct hart *hart, uint64_t vaddr, unsigned size, enum mmu_access access)
{
    unsigned mode = mode_of_access(hart, access), levels = levels_of(hart, mode);
    struct mmu_result result = {.paddr = vaddr, .fault = access_fault(access)};
    if (levels == 0) {
        if (vaddr >> 56)
            return result;
    } else {
        struct tlb *tlb = access == MMU_FETCH ? &hart->itlb : &hart->dtlb;
        struct tlb_entry *entry = is_canonical(vaddr, levels) ? tlb_find(tlb, vaddr >> PAGE_SHIFT, asid_of(hart)) : NULL;
        result.needs_walk = !entry || !leaf_permits(hart, entry->flags, access, mode) ||
                            (entry->flags & needed_ad(access)) != needed_ad(access);
        if (result.needs_walk)
            return result;
        result.paddr = leaf_paddr(entry->ppn, entry->level, vaddr);
    }
    result.ok = pmp_allows(hart, result.paddr, size, access, mode);
    return result;
}

struct mmu_result mmu_translate(struct hart *hart, uint64_t vaddr, unsigned size, enum mmu_access access)
{
    struct mmu_result result = mmu_translate_cached(hart, vaddr, size, access);
    if (!result.needs_walk)
        return result;
    struct mmu_step step = walk_tables(hart, vaddr, access, true, NULL);
    hart->shared->walks++;
    if (step.next == MMU_STEP_FAULT) {
        result.fault = step.fault;
        return result;
    }
    if (step.next == MMU_STEP_UPDATE)
        update_ad(hart, &step);
    mmu_walk_finish(hart, vaddr, access, step.level, step.pte);
    return mmu_translate_cached(hart, vaddr, size, access);
}

bool mmu_peek(const struct hart *hart, uint64_t vaddr, enum mmu_access access, uint64_t *ret_paddr)
{
    *ret_paddr = vaddr;
    if (levels_of(hart, mode_of_access(hart, access)) == 0)
        return true;
    struct mmu_step step = walk_tables(hart, vaddr, access, false, NULL);
    if (step.next == MMU_STEP_FAULT)
        return false;
    *ret_paddr = leaf_paddr(step.pte >> PTE_PPN_SHIFT & PTE_PPN_MASK, step.level, vaddr);
    return true;
}

static void refuse(struct mmu_look *look, uint8_t fault, enum emu_refusal why)
{
    look->fault = fault;
    look->why = why;
}

/* The TLB's entry for the address, and whether it says something else than the tables: an older A or D is no difference. */
static void look_into_tlb(const struct hart *hart, uint64_t vaddr, enum mmu_access access, struct mmu_look *look)
{
    const struct tlb *tlb = access == MMU_FETCH ? &hart->itlb : &hart->dtlb;
    const struct tlb_entry *entry = tlb_find((struct tlb *)tlb, vaddr >> PAGE_SHIFT, asid_of(hart));
    if (!entry)
        return;
    const struct mmu_look_entry *leaf = &look->entry[look->entries ? look->entries - 1 : 0];
    const unsigned ad = PTE_A | PTE_D;
    look->in_tlb = true;
    look->tlb_index = (unsigned)(entry - tlb->of);
    look->tlb_paddr = leaf_paddr(entry->ppn, entry->level, vaddr);
    look->tlb_suffices = leaf_permits(hart, entry->flags, access, look->mode) && (entry->flags & needed_ad(access)) == needed_ad(access);
    look->tlb_stale = !look->has_leaf || entry->level != leaf->level || entry->ppn != (leaf->pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) ||
                      (entry->flags ^ leaf->pte) & 0xff & ~ad || entry->flags & ad & ~leaf->pte;
}

void mmu_look(const struct hart *hart, uint64_t vaddr, enum mmu_access access, struct mmu_look *ret_look)
{
    struct mmu_look *look = ret_look;
    *look = (struct mmu_look){.mode = mode_of_access(hart, access), .paddr = vaddr};
    look->levels = levels_of(hart, look->mode);
    if (look->levels == 0) {
        look->has_leaf = !(vaddr >> 56);
        if (!look->has_leaf)
            refuse(look, access_fault(access), EMU_REFUSAL_TOO_LONG);
    } else {
        struct mmu_step step = walk_tables(hart, vaddr, access, true, look);
        const struct mmu_look_entry *last = look->entries ? &look->entry[look->entries - 1] : NULL;
        look->has_leaf = last && last->pte & (PTE_R | PTE_X) && entry_refusal(last->level, last->pte) == EMU_REFUSAL_NONE;
        look->sets_ad = step.next == MMU_STEP_UPDATE;
        if (step.next == MMU_STEP_FAULT)
            refuse(look, step.fault, (enum emu_refusal)step.why);
        if (look->has_leaf)
            look->paddr = leaf_paddr(last->pte >> PTE_PPN_SHIFT & PTE_PPN_MASK, last->level, vaddr);
        if (is_canonical(vaddr, look->levels))
            look_into_tlb(hart, vaddr, access, look);
    }
    if (look->why == EMU_REFUSAL_NONE && !pmp_allows(hart, look->paddr, 1, access, look->mode))
        refuse(look, access_fault(access), EMU_REFUSAL_PMP);
}

void mmu_fence(struct hart *hart, bool all_addresses, uint64_t vaddr, bool all_asids, uint16_t asid)
{
    struct tlb *tlbs[] = {&hart->itlb, &hart->dtlb};
    for (unsigned t = 0; t < 2; t++) {
        for (unsigned i = 0; i < tlbs[t]->entries; i++) {
            struct tlb_entry *entry = &tlbs[t]->of[i];
            uint64_t differs = (entry->vpn ^ (vaddr >> PAGE_SHIFT & ((UINT64_C(1) << 48) - 1))) >> VPN_BITS * entry->level;
            if (!(entry->flags & PTE_V) || (!all_addresses && differs) ||
                (!all_asids && (entry->flags & PTE_G || entry->asid != asid)))
                continue;
            if (!all_addresses)
                l0_drop(hart, entry);
            *entry = (struct tlb_entry){0};
        }
    }
    if (all_addresses)
        mmu_l0_flush(hart);
}
