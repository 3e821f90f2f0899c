/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests for lines, and the short way of plain loads and stores.
 */
#include "miss.h"

#include "engine.h"
#include "part.h"

/* ---- requests ---- */

static uint32_t reserved_line(const struct hart *h)
{
    const struct reservation *mine = h->reservation;
    uint32_t page = mine->size ? memory_page(h->shared->memory, mine->address) : NO_PAGE;
    return page == NO_PAGE ? CACHE_NONE : part_line(page, mine->address);
}

/* Inline, for those below. */
static inline void make_request(struct hart *h, struct bus_request *request, uint32_t line, enum bus_want want, unsigned cache)
{
    struct caches *caches = h->shared->caches;
    request->line = line;
    request->want = (uint8_t)want;
    request->cache = (uint16_t)cache;
    request->is_load_reserved = false;
    request->slot = CACHE_NONE;
    if (cache_find(caches, cache, line) != CACHE_NONE)
        return;
    request->slot = cache_room(caches, cache, line);
    if (request->slot != CACHE_NONE)
        return;
    request->slot = cache_victim_of_full(caches, cache, line, cache & 1 ? CACHE_NONE : reserved_line(h));
    const struct cache_slot *victim = &caches->slot[request->slot];
    if (h->shared->coherence->row[victim->state][STIMULUS_EVICT].actions & ACTION_WRITE_BACK) {
        request->want = BUS_WANT_EVICT;
        request->line = victim->line;
    }
}

void miss_request(struct hart *h, struct bus_request *request, unsigned cache, uint32_t line, enum bus_want want)
{
    make_request(h, request, line, want, cache);
}

/* ---- where nobody else acts ---- */

static bool grant_alone(struct hart *h, struct bus_request *request, struct bus_grant *grant)
{
    request->cycle = h->cycle;
    if (!bus_grant_alone(h->shared->bus, h->id, request, h->shared->alone_until, h->shared->now, grant))
        return false;
    queue_count(h->shared->queue);
    miss_count(h, grant->kind, request->want == BUS_WANT_READ ? EMU_MISS_LOAD : EMU_MISS_STORE);
    h->spent += (uint32_t)(grant->done - h->cycle);
    h->cycle = grant->done;
    return true;
}

bool miss_get_alone(struct hart *h, uint32_t line, enum bus_want want, unsigned offset, unsigned size)
{
    struct bus_grant grant;
    h->spent = 0;
    if (h->shared->alone_until == 0)
        return false;
    __builtin_prefetch(&h->shared->caches->holders[line]);
    bool got = false, room;
    uint64_t *random = &h->shared->caches->random[part_data_cache(h)], before;
    do {
        before = *random;
        struct bus_request request = {.offset = (uint8_t)offset, .size = (uint8_t)size};
        make_request(h, &request, line, want, part_data_cache(h));
        room = request.want == BUS_WANT_EVICT;
        got = grant_alone(h, &request, &grant);
    } while (room && got);
    if (!got) /* whoever asks again draws again */
        *random = before;
    enum hart_stall stall = want == BUS_WANT_READ ? STALL_LOAD : grant.kind == BUS_UPGRADE && got ? STALL_UPGRADE : STALL_STORE;
    h->stall_cycles[stall] += h->spent;
    h->slot = grant.slot;
    return got && !room;
}

/* ---- plain loads and stores where others act ---- */

static void ask(struct hart *h)
{
    struct hart_part *part = &h->part;
    uint64_t paddr = part->paddr[0];
    uint32_t line = part_line(memory_page(h->shared->memory, paddr), paddr);
    miss_prefetch(h, line);
    enum bus_want want = part->kind == PART_LOAD ? BUS_WANT_READ : BUS_WANT_OWN;
    struct bus_request request;
    request.cycle = h->request_began = h->cycle;
    request.offset = (uint8_t)(paddr % LINE_BYTES);
    request.size = part->size;
    make_request(h, &request, line, want, part_data_cache(h));
    part->evicting = request.want == BUS_WANT_EVICT;
    h->run = HART_ACCESSING;
    bus_request(h->shared->bus, h->id, &request);
}

void miss_wait(struct hart *h, uint64_t paddr)
{
    h->part.stage = PART_ACCESS_FIRST;
    h->part.paddr[0] = paddr;
    ask(h);
}

void miss_granted(struct hart *h, const struct bus_grant *grant)
{
    struct hart_part *part = &h->part;
    bool is_load = part->kind == PART_LOAD;
    uint64_t paddr = part->paddr[0];
    enum hart_stall stall = is_load ? STALL_LOAD : grant->kind == BUS_UPGRADE ? STALL_UPGRADE : STALL_STORE;
    h->stall_cycles[stall] += grant->done - h->request_began;
    miss_count(h, grant->kind, is_load ? EMU_MISS_LOAD : EMU_MISS_STORE);
    h->cycle = grant->effect;
    if (part->evicting) { /* there is room now: on to what it was made for, in this same cycle */
        ask(h);
        return;
    }
    h->run = HART_RUNNING;
    if (is_load) {
        const struct memory *memory = h->shared->memory;
        part->result = host_load((uint64_t)(uintptr_t)memory_host(memory, memory_page(memory, paddr)) + paddr % PAGE_BYTES, part->size);
        miss_note_read(h, paddr, part->size);
    } else {
        part_write(h, grant->slot, paddr, part->size, part->value);
        if (h->shared->reservation.own_store_clears && reservation_touches(h->reservations, h->id, paddr, part->size))
            reservation_end(h->reservations, h->id, EMU_REASON_OWN_STORE, h->id);
    }
    miss_fill_tables(h, part->vaddr, paddr, grant->slot);
    h->pc += part->len;
    h->cycle = grant->done + (part->bubble ? h->shared->pipeline.load_use_cycles : 0);
    h->instret++;
    part->kind = PART_NONE;
    if (is_load)
        engine_load_result(h, part->op, part->rd, part->result);
}

/* ---- what accesses leave behind ---- */

void miss_fill_tables(struct hart *h, uint64_t vaddr, uint64_t paddr, uint32_t slot)
{
    const struct l0_data *page = l0_page_way(h->l0->data, vaddr);
    if (page->rtag != (vaddr & PAGE_MASK) || (page->wtag & ~(uint64_t)L0_SLOW_STORE) != (vaddr & PAGE_MASK))
        mmu_l0_fill_data(h, vaddr, paddr);
    if (h->shared->timed)
        mmu_l0_fill_line(h, vaddr, paddr, slot);
}

void miss_note_read(struct hart *h, uint64_t paddr, unsigned size)
{
    if (UNLIKELY(h->shared->watch_readers))
        store_note_read(h->shared, paddr, size, h->id);
}
