/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines that a hart's cache does not have: how they are asked for, and a short way for the accesses that nearly all of them are for,
 * plain loads and stores within one line whose translation is known: what part.c would come to by steps is done at once, with the same
 * part left in between.
 */
#ifndef HART_MISS_H
#define HART_MISS_H

#include <hart/hart.h>

/* Makes a request for a line; first, if it has no place, for the write-back of the one that must go. Cycle, offset and size are the
 * caller's. */
void miss_request(struct hart *hart, struct bus_request *request, unsigned cache, uint32_t line, enum bus_want want);

/* What a request was granted. `miss`: what the line is for, if one comes. */
static inline void miss_count(struct hart *hart, enum bus_kind kind, enum emu_miss miss)
{
    hart->misses[miss] += kind == BUS_READ || kind == BUS_READ_X;
    hart->upgrades += kind == BUS_UPGRADE;
    hart->write_backs += kind == BUS_WRITE_BACK;
}

/* What a grant will look at is there by then. */
static inline void miss_prefetch(const struct hart *hart, uint32_t line)
{
    __builtin_prefetch(&hart->shared->caches->holders[line]);
    __builtin_prefetch(memory_host(hart->shared->memory, 0) + (uint64_t)line * LINE_BYTES);
}

/* Gets a line for a plain load or store at once where nobody else acts; its slot is then hart->slot. The clock is moved on and
 * hart->spent says by how much, also when it comes back false: then only room has been made, or nothing has been done. */
bool miss_get_alone(struct hart *hart, uint32_t line, enum bus_want want, unsigned offset, unsigned size);

/* Where others act: asks for the line of the part begun, a plain load or store of bytes within a line at this place of RAM, which it
 * is not allowed yet; the hart waits then. */
void miss_wait(struct hart *hart, uint64_t paddr);

/* Is what is granted for such an access, or for room for its line? Then it is carried out, and the instruction retires or waits on. */
static inline bool miss_is_plain(const struct hart *hart, const struct bus_grant *grant)
{
    const struct hart_part *part = &hart->part;
    bool is_one = part->stage == PART_ACCESS_FIRST && part->vaddr % LINE_BYTES + part->size <= LINE_BYTES;
    return (part->kind == PART_LOAD || part->kind == PART_STORE) && is_one && !part->walking && grant->kind != BUS_DEVICE_READ &&
           grant->kind != BUS_DEVICE_WRITE;
}

void miss_granted(struct hart *hart, const struct bus_grant *grant);

/* Behind an access to RAM that the cache allows, in this slot: the tables learn of it. */
void miss_fill_tables(struct hart *hart, uint64_t vaddr, uint64_t paddr, uint32_t slot);

/* For those who watch reads. */
void miss_note_read(struct hart *hart, uint64_t paddr, unsigned size);

#endif
