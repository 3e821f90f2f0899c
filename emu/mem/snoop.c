/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The effect of transactions. Order within one: the holders answer and change (ascending by slot), the victim makes room, the line
 * comes in, others' reservations end. Each slot that loses something is announced when it has lost it.
 */
#include "snoop.h"

#include <assert.h>
#include <emu/platform.h>
#include <limits.h>
#include <mem/memory.h>

uint64_t snoop_line_address(uint32_t line)
{
    return PLATFORM_RAM_BASE + (uint64_t)line * LINE_BYTES;
}

static const struct coherence_row *row_of(const struct snoop *snoop, unsigned state, enum stimulus stimulus)
{
    const struct coherence_row *row = &snoop->coherence->row[state][stimulus];
    assert(row->possible);
    return row;
}

/* May the agent store in this state without the bus? */
static bool may_store(const struct snoop *snoop, unsigned state)
{
    const struct coherence_row *row = &snoop->coherence->row[state][STIMULUS_STORE];
    return row->possible && (row->actions & ACTION_HIT);
}

enum bus_kind snoop_kind(const struct snoop *snoop, const struct bus_request *request, uint32_t *ret_slot)
{
    static const uint8_t fixed[] = {[BUS_WANT_DEVICE_READ] = BUS_DEVICE_READ,
                                    [BUS_WANT_DEVICE_WRITE] = BUS_DEVICE_WRITE,
                                    [BUS_WANT_DMA_READ] = BUS_DMA_READ,
                                    [BUS_WANT_DMA_WRITE] = BUS_DMA_WRITE};
    const struct caches *caches = snoop->caches;
    *ret_slot = CACHE_NONE;
    if (request->want > BUS_WANT_EVICT)
        return fixed[request->want];
    if (request->want == BUS_WANT_EVICT) {
        const struct cache_slot *slot = &caches->slot[request->slot];
        if (slot->state == LINE_I || slot->line != request->line)
            return BUS_NOTHING;
        *ret_slot = request->slot;
        return row_of(snoop, slot->state, STIMULUS_EVICT)->actions & ACTION_WRITE_BACK ? BUS_WRITE_BACK : BUS_NOTHING;
    }
    *ret_slot = cache_find(caches, request->cache, request->line);
    if (request->want == BUS_WANT_READ)
        return *ret_slot == CACHE_NONE ? BUS_READ : BUS_NOTHING;
    if (*ret_slot == CACHE_NONE)
        return BUS_READ_X;
    const struct cache_slot *slot = &caches->slot[*ret_slot];
    return may_store(snoop, slot->state) && !slot->watched ? BUS_NOTHING : BUS_UPGRADE;
}

static void lowered(struct snoop *snoop, uint32_t slot, unsigned by)
{
    snoop->client.lowered(snoop->client.context, slot, by);
}

static struct snoop_answer ask_holders(struct snoop *snoop, uint32_t line, uint32_t except, enum stimulus stimulus, unsigned agent)
{
    struct caches *caches = snoop->caches;
    struct snoop_answer answer = {0};
    uint32_t next;
    for (uint32_t slot = cache_first_holder(caches, line); slot != CACHE_NONE; slot = next) {
        struct cache_slot *it = &caches->slot[slot];
        next = it->next;
        if (slot == except)
            continue;
        const struct coherence_row *row = row_of(snoop, it->state, stimulus);
        assert(shadow_answers(snoop->shadow, slot, row->actions));
        answer.sharers++;
        answer.actions |= row->actions;
        if (row->next == it->state)
            continue;
        if (row->next == LINE_I) {
            answer.invalidations++;
            cache_drop(caches, slot);
        } else {
            it->state = row->next;
            it->watched = it->watched && may_store(snoop, row->next);
        }
        lowered(snoop, slot, agent);
    }
    return answer;
}

static void evict(struct snoop *snoop, uint32_t slot)
{
    const struct cache_slot *it = &snoop->caches->slot[slot];
    unsigned agent = it->cache >> 1;
    assert(shadow_leaves(snoop->shadow, slot, row_of(snoop, it->state, STIMULUS_EVICT)->actions));
    cache_drop(snoop->caches, slot);
    if (!(it->cache & 1) && reservation_touches(snoop->reservations, agent, snoop_line_address(it->line), LINE_BYTES))
        reservation_end(snoop->reservations, agent, EMU_REASON_EVICTION, agent);
    lowered(snoop, slot, agent);
}

/* The slot into which the line is to go, empty. */
static uint32_t room_for(struct snoop *snoop, const struct bus_request *request)
{
    const struct caches *caches = snoop->caches;
    uint32_t room = cache_room(caches, request->cache, request->line);
    if (room != CACHE_NONE)
        return room;
    assert(cache_set_first(caches, request->cache, caches->slot[request->slot].line) == cache_set_first(caches, request->cache, request->line));
    assert(!(row_of(snoop, caches->slot[request->slot].state, STIMULUS_EVICT)->actions & ACTION_WRITE_BACK));
    evict(snoop, request->slot);
    return request->slot;
}

/* Could the agent store to the line unannounced, while another holds a reservation there? */
static void watch(struct snoop *snoop, uint32_t slot, unsigned agent)
{
    struct cache_slot *it = &snoop->caches->slot[slot];
    it->watched = may_store(snoop, it->state) && reservation_on_line(snoop->reservations, snoop_line_address(it->line), agent);
}

static void end_reservations(struct snoop *snoop, const struct bus_request *request, unsigned agent)
{
    uint64_t address = snoop_line_address(request->line) + request->offset;
    if (request->is_load_reserved)
        reservation_claim(snoop->reservations, address, request->size, agent);
    else
        reservation_snoop(snoop->reservations, address, request->size, agent);
}

static struct snoop_answer apply_read(struct snoop *snoop, const struct bus_request *request, unsigned agent, uint32_t *slot)
{
    struct snoop_answer answer = ask_holders(snoop, request->line, CACHE_NONE, STIMULUS_SNOOP_READ, agent);
    assert(shadow_delivers(snoop->shadow, request->line));
    bool shared = (answer.actions & ACTION_SHARED) || (request->cache & 1);
    *slot = room_for(snoop, request);
    cache_fill(snoop->caches, *slot, request->line,
               row_of(snoop, LINE_I, shared ? STIMULUS_FILL_SHARED : STIMULUS_FILL_ALONE)->next);
    watch(snoop, *slot, agent);
    return answer;
}

static struct snoop_answer apply_own(struct snoop *snoop, const struct bus_request *request, enum bus_kind kind, unsigned agent,
                                     uint32_t *slot)
{
    struct snoop_answer answer = {0};
    assert(!(request->cache & 1));
    if (kind == BUS_READ_X) {
        answer = ask_holders(snoop, request->line, CACHE_NONE, STIMULUS_SNOOP_READ_X, agent);
        assert(shadow_delivers(snoop->shadow, request->line));
        *slot = room_for(snoop, request);
        cache_fill(snoop->caches, *slot, request->line, row_of(snoop, LINE_I, STIMULUS_OWN)->next);
    } else {
        struct cache_slot *own = &snoop->caches->slot[*slot];
        if (kind == BUS_UPGRADE)
            answer = ask_holders(snoop, request->line, *slot, STIMULUS_SNOOP_UPGRADE, agent);
        own->state = row_of(snoop, own->state, kind == BUS_UPGRADE ? STIMULUS_OWN : STIMULUS_STORE)->next;
    }
    end_reservations(snoop, request, agent);
    watch(snoop, *slot, agent);
    return answer;
}

static struct snoop_answer apply_dma(struct snoop *snoop, const struct bus_request *request, bool is_write, unsigned agent)
{
    struct snoop_answer answer =
        ask_holders(snoop, request->line, CACHE_NONE, is_write ? STIMULUS_SNOOP_DMA_WRITE : STIMULUS_SNOOP_DMA_READ, agent);
    assert(is_write || shadow_delivers(snoop->shadow, request->line));
    if (is_write)
        end_reservations(snoop, request, UINT_MAX);
    return answer;
}

struct snoop_answer snoop_apply(struct snoop *snoop, const struct bus_request *request, enum bus_kind kind, unsigned agent,
                                uint32_t *slot)
{
    struct snoop_answer answer = {0};
    if (request->want == BUS_WANT_DEVICE_READ || request->want == BUS_WANT_DEVICE_WRITE)
        return answer;
    assert(shadow_begin(snoop->shadow, request->line));
    switch ((enum bus_want)request->want) {
    case BUS_WANT_READ:
        if (kind == BUS_READ)
            answer = apply_read(snoop, request, agent, slot);
        break;
    case BUS_WANT_OWN:
        answer = apply_own(snoop, request, kind, agent, slot);
        break;
    case BUS_WANT_EVICT:
        if (*slot != CACHE_NONE)
            evict(snoop, *slot);
        *slot = CACHE_NONE;
        break;
    case BUS_WANT_DMA_READ:
    case BUS_WANT_DMA_WRITE:
        answer = apply_dma(snoop, request, request->want == BUS_WANT_DMA_WRITE, agent);
        break;
    case BUS_WANT_DEVICE_READ:
    case BUS_WANT_DEVICE_WRITE:
        break;
    }
    assert(shadow_end(snoop->shadow, request->line));
    assert(caches_check_line(snoop->caches, request->line));
    assert(snoop_client_holds(&snoop->client, request->line));
    return answer;
}
