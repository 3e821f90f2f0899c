/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The naive model: MESI as a textbook tells it, one request after the other.
 */
#include "model.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <string.h>

/* The arbiter's generator is part of what is specified (arbiter.h): xorshift64*, upper half scaled to the range. */
static unsigned draw(struct model *m, unsigned limit)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return (unsigned)((m->random * UINT64_C(2685821657736338717) >> 32) * limit >> 32);
}

void model_init(struct model *m, const struct emu_config *config, unsigned ports, unsigned lines)
{
    memset(m, 0, sizeof *m);
    m->config = *config;
    m->ports = ports;
    m->lines = lines;
    m->latency = config->bus.arbitration_cycles + config->bus.address_cycles;
    m->random = (config->seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    m->random ^= m->random >> 32;
    m->last = config->seed ? draw(m, ports) : ports - 1;
}

static bool has_line(const struct bus_request *what)
{
    return what->want != BUS_WANT_DEVICE_READ && what->want != BUS_WANT_DEVICE_WRITE;
}

void model_request(struct model *m, unsigned port, const struct bus_request *what, enum model_purpose purpose)
{
    cr_assert(not(m->request[port].is_pending));
    m->request[port] = (struct model_request){true, purpose, what->cycle, *what};
}

void model_withdraw(struct model *m, unsigned port)
{
    if (m->request[port].is_pending && !m->is_draining)
        m->counts.withdrawn++;
    m->request[port].is_pending = false;
}

static uint64_t ready_at(const struct model *m, unsigned port)
{
    const struct model_request *r = &m->request[port];
    uint64_t free = has_line(&r->what) ? m->busy_until[r->what.line] : 0;
    return free > r->ready ? free : r->ready;
}

static uint64_t next_slot(const struct model *m)
{
    uint64_t first = UINT64_MAX;
    for (unsigned port = 0; port < m->ports; port++)
        if (m->request[port].is_pending && ready_at(m, port) < first)
            first = ready_at(m, port);
    return first != UINT64_MAX && first < m->address_free ? m->address_free : first;
}

uint64_t model_next(const struct model *m)
{
    uint64_t slot = next_slot(m);
    return slot == UINT64_MAX ? slot : slot + m->latency;
}

/* ---- arbitration ---- */

static int choose(struct model *m, uint64_t slot)
{
    unsigned candidate[MODEL_PORTS], count = 0;
    for (unsigned i = 1; i <= m->ports; i++) { /* in cyclic order behind the last */
        unsigned port = (m->last + i) % m->ports;
        if (m->request[port].is_pending && (m->is_draining || ready_at(m, port) <= slot))
            candidate[count++] = port;
    }
    if (count == 0)
        return -1;
    unsigned best = candidate[0], smaller = 0, nth = 0;
    switch (m->config.bus.arbiter) {
    case EMU_ARBITER_FIXED:
        for (unsigned i = 0; i < count; i++)
            best = candidate[i] < best ? candidate[i] : best;
        return (int)best;
    case EMU_ARBITER_RANDOM:
        nth = count > 1 ? draw(m, count) : 0;
        for (unsigned i = 0; i < count; i++) { /* the one with nth smaller ones */
            smaller = 0;
            for (unsigned j = 0; j < count; j++)
                smaller += candidate[j] < candidate[i];
            if (smaller == nth)
                return (int)candidate[i];
        }
        return -1;
    case EMU_ARBITER_OLDEST:
        for (unsigned i = 1; i < count; i++)
            if (m->request[candidate[i]].what.cycle < m->request[best].what.cycle)
                best = candidate[i];
        break;
    default:
        break;
    }
    m->last = best;
    return (int)best;
}

/* ---- reservations ---- */

static void end_reservation(struct model *m, unsigned agent, unsigned reason)
{
    m->reservation[agent].is_held = false;
    m->reservation[agent].lost = reason;
    m->lost[reason] += reason != EMU_REASON_OWN_SC;
    if (reason != EMU_REASON_OWN_SC && m->request[agent].is_pending && m->request[agent].purpose == MODEL_SC)
        model_withdraw(m, agent);
}

static void write_bytes(struct model *m, uint32_t line, unsigned offset, unsigned size, unsigned by, bool is_lr)
{
    for (unsigned agent = 0; agent < m->config.harts; agent++) {
        struct model_reservation *r = &m->reservation[agent];
        bool meets = false, overlaps = false;
        if (agent == by || !r->is_held || r->line != line)
            continue;
        for (unsigned a = offset; a < offset + size; a++)
            for (unsigned b = r->offset; b < r->offset + r->size; b++) {
                meets |= a / m->config.reservation.granule_bytes == b / m->config.reservation.granule_bytes;
                overlaps |= a == b;
            }
        if (meets)
            end_reservation(m, agent,
                            is_lr            ? EMU_REASON_EXCLUSIVE
                            : by == UINT_MAX ? EMU_REASON_DMA
                            : overlaps       ? EMU_REASON_STORE
                                             : EMU_REASON_FALSE_SHARING);
    }
}

static bool others_reserve(const struct model *m, uint32_t line, unsigned agent)
{
    for (unsigned other = 0; other < m->config.harts; other++)
        if (other != agent && m->reservation[other].is_held && m->reservation[other].line == line)
            return true;
    return false;
}

static bool is_refused(const struct model *m, unsigned port, uint32_t line, uint64_t effect)
{
    for (unsigned owner = 0; owner < m->config.harts; owner++)
        if (owner != port && m->copy[2 * owner][line].state != LINE_I && m->hold[owner].line == line &&
            effect < m->hold[owner].until && m->reservation[owner].is_held && m->reservation[owner].line == line)
            return true;
    return false;
}

/* ---- caches ---- */

static void lower(struct model *m, unsigned cache, uint32_t line, unsigned state, bool updates_memory)
{
    struct model_copy *copy = &m->copy[cache][line];
    if (copy->state == LINE_M && updates_memory)
        m->memory[line] = copy->version;
    copy->state = state;
    copy->watched &= state == LINE_E;
    m->lowered++;
}

static void drop(struct model *m, unsigned cache, uint32_t line)
{
    struct model_copy *copy = &m->copy[cache][line];
    copy->state = LINE_I; /* memory learns nothing here */
    copy->watched = false;
    m->lowered++;
    struct model_reservation *r = &m->reservation[cache / 2];
    if (cache % 2 == 0 && r->is_held && r->line == line)
        end_reservation(m, cache / 2, EMU_REASON_EVICTION);
}

static bool is_used(const struct model *m, unsigned cache, uint32_t slot, uint32_t *ret_line)
{
    for (uint32_t line = 0; line < m->lines; line++)
        if (m->copy[cache][line].state != LINE_I && m->copy[cache][line].slot == slot) {
            *ret_line = line;
            return true;
        }
    return false;
}

static void fill(struct model *m, const struct bus_request *what, unsigned state, uint64_t version)
{
    const struct emu_cache_config *data = &m->config.l1d, *code = &m->config.l1i, *mine = what->cache % 2 ? code : data;
    uint32_t slot = what->cache / 2 * (data->bytes + code->bytes) / 64 + (what->cache % 2 ? data->bytes / 64 : 0), other;
    slot += what->line % (mine->bytes / 64 / mine->ways) * mine->ways;
    uint32_t end = slot + mine->ways;
    while (slot < end && is_used(m, what->cache, slot, &other))
        slot++;
    if (slot == end) {
        slot = what->slot;
        cr_assert(is_used(m, what->cache, slot, &other));
        drop(m, what->cache, other);
    }
    m->copy[what->cache][what->line] = (struct model_copy){state, false, slot, version};
}

/* All other copies answer. Returns whether one of them gave the data, in *ret_version, and how many there were. */
static bool snoop(struct model *m, const struct bus_request *what, unsigned own, unsigned *ret_sharers, uint64_t *ret_version)
{
    bool from_cache = false;
    *ret_version = m->memory[what->line];
    *ret_sharers = 0;
    for (unsigned cache = 0; cache < 2 * m->config.harts; cache++) {
        struct model_copy *copy = &m->copy[cache][what->line];
        if (copy->state == LINE_I || cache == own)
            continue;
        bool owns = copy->state == LINE_M || copy->state == LINE_E;
        ++*ret_sharers;
        switch (what->want) {
        case BUS_WANT_DMA_READ:
            from_cache |= copy->state == LINE_M;
            if (from_cache)
                *ret_version = copy->version;
            if (copy->state == LINE_M)
                lower(m, cache, what->line, LINE_E, true);
            continue;
        case BUS_WANT_READ:
            if (owns)
                lower(m, cache, what->line, LINE_S, true);
            break;
        default:
            lower(m, cache, what->line, LINE_I, what->want == BUS_WANT_DMA_WRITE); /* the next owner has the data */
            m->counts.invalidations += !m->is_draining;
        }
        if (owns && what->want != BUS_WANT_DMA_WRITE) {
            from_cache = true;
            *ret_version = copy->version;
        }
    }
    return from_cache;
}

void model_access(struct model *m, unsigned cache, uint32_t line, enum model_purpose purpose, unsigned offset, unsigned size)
{
    struct model_copy *copy = &m->copy[cache][line];
    cr_assert(ne(uint, copy->state, LINE_I));
    cr_assert(eq(u64, copy->version, m->newest[line]), "a stale copy of line %u is read", line);
    if (purpose == MODEL_LR) {
        struct model_reservation *r = &m->reservation[cache / 2];
        *r = (struct model_reservation){true, line, offset, size, r->lost};
    }
    if (purpose == MODEL_SC)
        end_reservation(m, cache / 2, EMU_REASON_OWN_SC);
    if (purpose != MODEL_SC && purpose != MODEL_STORE)
        return;
    cr_assert(copy->state == LINE_M || copy->state == LINE_E);
    copy->state = LINE_M;
    copy->version = ++m->newest[line];
    for (unsigned other = 0; other < m->config.harts; other++) {
        const struct model_reservation *r = &m->reservation[other];
        cr_assert(other == cache / 2 || !r->is_held || r->line != line || offset >= r->offset + r->size ||
                      r->offset >= offset + size,
                  "a store to line %u by agent %u leaves the reservation of %u", line, cache / 2, other);
    }
}

/* ---- transactions ---- */

static uint64_t take_data(struct model *m, uint64_t from, unsigned cycles)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < m->windows; i++)
        if (m->window[i].end > m->address_free)
            m->window[kept++] = m->window[i];
    m->windows = kept;
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < m->windows; i++)
            if (m->window[i].begin < from + cycles && from < m->window[i].end) {
                from = m->window[i].end;
                again = true;
            }
    }
    cr_assert(m->windows < MODEL_WINDOWS);
    m->window[m->windows].begin = from;
    m->window[m->windows++].end = from + cycles;
    return from + cycles;
}

static enum bus_kind kind_of(const struct model *m, const struct bus_request *what)
{
    const struct model_copy *copy = has_line(what) ? &m->copy[what->cache][what->line] : NULL;
    switch ((enum bus_want)what->want) {
    case BUS_WANT_READ:
        return copy->state == LINE_I ? BUS_READ : BUS_NOTHING;
    case BUS_WANT_OWN:
        if (copy->state == LINE_I)
            return BUS_READ_X;
        return copy->state == LINE_S || copy->watched ? BUS_UPGRADE : BUS_NOTHING;
    case BUS_WANT_EVICT:
        return copy->state == LINE_M && copy->slot == what->slot ? BUS_WRITE_BACK : BUS_NOTHING;
    case BUS_WANT_DEVICE_READ:
        return BUS_DEVICE_READ;
    case BUS_WANT_DEVICE_WRITE:
        return BUS_DEVICE_WRITE;
    case BUS_WANT_DMA_READ:
        return BUS_DMA_READ;
    case BUS_WANT_DMA_WRITE:
        return BUS_DMA_WRITE;
    }
    return BUS_NOTHING;
}

static void evict(struct model *m, const struct bus_request *what, enum bus_kind kind)
{
    struct model_copy *copy = &m->copy[what->cache][what->line];
    if (kind == BUS_WRITE_BACK)
        m->memory[what->line] = copy->version;
    if (copy->state != LINE_I && copy->slot == what->slot)
        drop(m, what->cache, what->line);
}

static void own(struct model *m, unsigned port, const struct bus_request *what, struct model_grant *g)
{
    uint64_t version;
    struct model_copy *copy = &m->copy[what->cache][what->line];
    if (g->grant.kind != BUS_NOTHING)
        g->from_cache = snoop(m, what, what->cache, &g->sharers, &version);
    if (g->grant.kind == BUS_READ_X)
        fill(m, what, LINE_M, version);
    copy->state = LINE_M;
    write_bytes(m, what->line, what->offset, what->size, port, what->is_load_reserved);
    copy->watched = others_reserve(m, what->line, port);
}

/* The effect on caches, versions and reservations. */
static void apply(struct model *m, unsigned port, const struct bus_request *what, struct model_grant *g)
{
    uint64_t version;
    switch ((enum bus_want)what->want) {
    case BUS_WANT_READ:
        if (g->grant.kind == BUS_NOTHING)
            break;
        g->from_cache = snoop(m, what, UINT_MAX, &g->sharers, &version);
        fill(m, what, g->sharers || what->cache % 2 ? LINE_S : LINE_E, version);
        if (m->copy[what->cache][what->line].state == LINE_E)
            m->copy[what->cache][what->line].watched = others_reserve(m, what->line, port);
        break;
    case BUS_WANT_OWN:
        own(m, port, what, g);
        break;
    case BUS_WANT_EVICT:
        evict(m, what, g->grant.kind);
        break;
    case BUS_WANT_DMA_READ:
        g->from_cache = snoop(m, what, UINT_MAX, &g->sharers, &version);
        cr_assert(eq(u64, version, m->newest[what->line]), "a device reads a stale line");
        break;
    case BUS_WANT_DMA_WRITE:
        snoop(m, what, UINT_MAX, &g->sharers, &version);
        cr_assert(eq(u64, m->memory[what->line], m->newest[what->line]), "a device writes to a stale line");
        m->memory[what->line] = ++m->newest[what->line];
        write_bytes(m, what->line, what->offset, what->size, UINT_MAX, false);
        break;
    default:
        break;
    }
}

/* When the data comes, and what that means for line, slot and counts. */
static void pass(struct model *m, unsigned port, const struct bus_request *what, struct model_grant *g, uint64_t slot)
{
    const struct emu_bus_config *bus = &m->config.bus;
    uint64_t effect = slot + m->latency, end = effect, from = effect;
    enum bus_kind kind = g->grant.kind;
    unsigned beats = kind == BUS_UPGRADE ? 0 : has_line(what) ? 64 / bus->beat_bytes : 1;
    if (kind == BUS_READ || kind == BUS_READ_X || kind == BUS_DMA_READ) {
        from += g->from_cache ? bus->cache_cycles : bus->memory_cycles;
        m->counts.from_cache += g->from_cache;
        m->counts.from_memory += !g->from_cache;
    }
    if (!has_line(what))
        from += bus->device_cycles - 1;
    if (beats)
        end = take_data(m, from, beats);
    g->grant.effect = effect;
    g->grant.done = kind == BUS_WRITE_BACK ? effect : end;
    if (has_line(what))
        m->busy_until[what->line] = end;
    bool is_atomic = bus->kind == EMU_BUS_ATOMIC;
    m->address_free = is_atomic ? end : slot + bus->interval_cycles;
    m->counts.transactions[kind]++;
    m->counts.address_cycles += is_atomic ? end - slot : bus->interval_cycles;
    m->counts.data_cycles += is_atomic ? end - slot : beats;
    m->port_counts[port].transactions++;
    m->port_counts[port].waited_cycles += slot - what->cycle;
    m->port_counts[port].data_cycles += beats;
}

static void refuse(struct model *m, unsigned port, uint64_t slot)
{
    bool is_atomic = m->config.bus.kind == EMU_BUS_ATOMIC;
    m->request[port].ready = slot + m->latency;
    m->address_free = slot + (is_atomic ? m->latency : m->config.bus.interval_cycles);
    m->counts.refused++;
    m->counts.address_cycles += is_atomic ? m->latency : m->config.bus.interval_cycles;
    m->counts.data_cycles += is_atomic ? m->latency : 0;
}

static void finish(struct model *m, unsigned port, const struct bus_request *what, struct model_grant *g)
{
    bool fills = what->want == BUS_WANT_READ || what->want == BUS_WANT_OWN;
    g->grant.slot = fills ? m->copy[what->cache][what->line].slot : CACHE_NONE;
    if (what->want == BUS_WANT_OWN && what->is_load_reserved && !m->is_draining) {
        m->hold[port].line = what->line;
        m->hold[port].until = g->grant.done + m->config.reservation.hold_cycles;
    }
    if (fills)
        model_access(m, what->cache, what->line, m->request[port].purpose, what->offset, what->size);
    m->granted[m->grants++] = *g;
}

void model_step(struct model *m)
{
    uint64_t slot = next_slot(m);
    m->grants = 0;
    for (;;) {
        int chosen = choose(m, slot);
        if (chosen < 0)
            return;
        unsigned port = (unsigned)chosen;
        const struct bus_request what = m->request[port].what;
        struct model_grant g = {.port = port, .grant = {kind_of(m, &what), CACHE_NONE, slot + m->latency, slot + m->latency}};
        bool may_be_refused = g.grant.kind != BUS_NOTHING && has_line(&what) && what.want != BUS_WANT_EVICT;
        if (may_be_refused && is_refused(m, port, what.line, slot + m->latency)) {
            refuse(m, port, slot);
            return;
        }
        m->request[port].is_pending = false;
        apply(m, port, &what, &g);
        if (g.grant.kind != BUS_NOTHING)
            pass(m, port, &what, &g, slot);
        finish(m, port, &what, &g);
        if (g.grant.kind != BUS_NOTHING)
            return;
    }
}

void model_drain(struct model *m, uint64_t cycle)
{
    m->is_draining = true;
    m->grants = 0;
    for (int chosen; (chosen = choose(m, cycle)) >= 0;) {
        unsigned port = (unsigned)chosen;
        const struct bus_request what = m->request[port].what;
        struct model_grant g = {.port = port, .grant = {kind_of(m, &what), CACHE_NONE, cycle, cycle}};
        m->request[port].is_pending = false;
        apply(m, port, &what, &g);
        finish(m, port, &what, &g);
    }
    m->is_draining = false;
    m->address_free = 0;
    m->windows = 0;
    memset(m->busy_until, 0, sizeof m->busy_until);
    memset(m->hold, 0, sizeof m->hold);
}
