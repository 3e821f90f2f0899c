/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking into the machine's parts: translation, caches and lines, the bus, devices. Const throughout: what these functions say is
 * what the parts say, and nothing of it is kept here.
 */
#include "machine.h"

#include <emu/platform.h>
#include <string.h>

_Static_assert((int)EMU_FETCH == (int)MMU_FETCH && (int)EMU_LOAD == (int)MMU_LOAD && (int)EMU_STORE == (int)MMU_STORE,
               "an access is an access");
_Static_assert(EMU_LEVELS_MAX == MMU_LEVELS_MAX, "a walk is a walk");

const char *emu_refusal_name(unsigned refusal)
{
    static const char *const names[] = {
#define REFUSAL(name, text, meaning) text,
#include <emu/refusal.def>
#undef REFUSAL
    };
    return refusal < EMU_REFUSAL_COUNT ? names[refusal] : "unknown";
}

const char *emu_refusal_meaning(unsigned refusal)
{
    static const char *const meanings[] = {
#define REFUSAL(name, text, meaning) meaning,
#include <emu/refusal.def>
#undef REFUSAL
    };
    return refusal < EMU_REFUSAL_COUNT ? meanings[refusal] : "unknown";
}

/* ---- translation ---- */

static enum emu_place place_of(const struct emu_machine *m, uint64_t paddr)
{
    uint32_t page = memory_page(&m->memory, paddr);
    if (page != NO_PAGE)
        return memory_is_ram(&m->memory, page) ? EMU_PLACE_RAM : EMU_PLACE_ROM;
    for (unsigned i = 0; i < m->region_count; i++)
        if (paddr - m->regions[i].base < m->regions[i].size)
            return EMU_PLACE_DEVICE;
    return EMU_PLACE_NOTHING;
}

static uint64_t page_bytes(unsigned level)
{
    return UINT64_C(1) << (PAGE_SHIFT + 9 * level);
}

/* Code comes from memory only, and the ROM takes no stores. */
static bool takes(enum emu_place place, enum emu_access access)
{
    switch (place) {
    case EMU_PLACE_RAM:
        return true;
    case EMU_PLACE_ROM:
        return access != EMU_STORE;
    case EMU_PLACE_DEVICE:
        return access != EMU_FETCH;
    default:
        return false;
    }
}

void emu_translate(const struct emu_machine *m, unsigned hart, emu_vaddr vaddr, enum emu_access access,
                   struct emu_translation *ret_translation)
{
    static const uint8_t faults[] = {
        [EMU_FETCH] = ISA_TRAP_FETCH_ACCESS, [EMU_LOAD] = ISA_TRAP_LOAD_ACCESS, [EMU_STORE] = ISA_TRAP_STORE_ACCESS};
    struct mmu_look look;
    mmu_look(&m->harts[hart], vaddr, (enum mmu_access)access, &look);
    struct emu_translation *t = ret_translation;
    *t = (struct emu_translation){.mode = look.mode,
                                  .levels = look.levels,
                                  .asid = m->harts[hart].satp >> 44 & 0xffff,
                                  .entries = look.entries,
                                  .has_leaf = look.has_leaf,
                                  .paddr = look.paddr,
                                  .sets_ad = look.sets_ad,
                                  .why = look.why,
                                  .cause = look.fault,
                                  .in_tlb = look.in_tlb,
                                  .tlb_index = look.tlb_index,
                                  .tlb_paddr = look.tlb_paddr,
                                  .tlb_suffices = look.tlb_suffices,
                                  .tlb_stale = look.tlb_stale};
    for (unsigned i = 0; i < look.entries; i++)
        t->entry[i] = (struct emu_pte){look.entry[i].level, look.entry[i].pte_paddr, look.entry[i].pte};
    if (!look.has_leaf)
        return;
    t->page_bytes = look.levels ? page_bytes(look.entry[look.entries - 1].level) : 0;
    t->place = place_of(m, look.paddr);
    if (t->why == EMU_REFUSAL_NONE && !takes(t->place, access)) {
        t->why = EMU_REFUSAL_NOTHING_THERE;
        t->cause = faults[access];
    }
}

bool emu_virtual_read(const struct emu_machine *m, unsigned hart, emu_vaddr vaddr, enum emu_access access, void *to, size_t bytes,
                      struct emu_read *ret_read)
{
    struct emu_read read = {0};
    while (read.bytes < bytes) {
        struct mmu_look look;
        emu_vaddr at = vaddr + read.bytes;
        size_t room = (size_t)(PAGE_BYTES - at % PAGE_BYTES), part = bytes - read.bytes < room ? bytes - read.bytes : room;
        mmu_look(&m->harts[hart], at, (enum mmu_access)access, &look);
        bool by_tlb = look.in_tlb && look.tlb_suffices;
        if (by_tlb && !read.is_elsewhere && (!look.has_leaf || look.paddr != look.tlb_paddr)) {
            read.is_elsewhere = true;
            read.elsewhere = at;
        }
        if (!(by_tlb || look.has_leaf) ||
            !memory_read(&m->memory, by_tlb ? look.tlb_paddr : look.paddr, (char *)to + read.bytes, part))
            break;
        read.bytes += part;
    }
    if (ret_read)
        *ret_read = read;
    return read.bytes == bytes;
}

bool emu_physical_read(const struct emu_machine *m, emu_paddr address, void *to, size_t bytes)
{
    return memory_read(&m->memory, address, to, bytes);
}

bool emu_tlb_view(const struct emu_machine *m, unsigned hart, enum emu_side side, unsigned index, struct emu_tlb_view *ret_view)
{
    const struct tlb *tlb = side == EMU_INSTRUCTION ? &m->harts[hart].itlb : &m->harts[hart].dtlb;
    if (index >= tlb->entries)
        return false;
    const struct tlb_entry *entry = &tlb->of[index];
    uint64_t vaddr = (uint64_t)entry->vpn << PAGE_SHIFT; /* 60 bits; the highest is the sign */
    *ret_view = (struct emu_tlb_view){.valid = entry->flags & 1,
                                      .vaddr = (uint64_t)((int64_t)(vaddr << 4) >> 4),
                                      .paddr = (uint64_t)entry->ppn << PAGE_SHIFT,
                                      .page_bytes = page_bytes(entry->level),
                                      .asid = entry->asid,
                                      .flags = entry->flags,
                                      .next = index == tlb->next};
    return true;
}
