/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reservations by granule, their holders chained by line.
 */
#include <mem/reservation.h>

#include <assert.h>
#include <limits.h>
#include <mem/memory.h>
#include <stdlib.h>

bool reservations_init(struct reservations *r, unsigned agents, unsigned granule_bytes, reservation_lost *lost, void *context)
{
    *r = (struct reservations){.agents = agents, .granule_mask = ~(uint64_t)(granule_bytes - 1), .lost = lost, .context = context};
    r->of = calloc(agents, sizeof *r->of);
    for (unsigned bucket = 0; bucket < RESERVATION_BUCKETS; bucket++)
        r->head[bucket] = RESERVATION_NOBODY;
    return r->of != NULL;
}

void reservations_finish(struct reservations *r)
{
    free(r->of);
    r->of = NULL;
}

static void unlink_agent(struct reservations *r, unsigned agent)
{
    struct reservation *mine = &r->of[agent];
    if (mine->prev == RESERVATION_NOBODY)
        r->head[reservation_bucket(mine->address)] = mine->next;
    else
        r->of[mine->prev].next = mine->next;
    if (mine->next != RESERVATION_NOBODY)
        r->of[mine->next].prev = mine->prev;
    mine->linked = false;
    mine->key = 0;
}

static void drop(struct reservations *r, struct reservation *mine)
{
    r->live[reservation_bucket(mine->address)]--;
    mine->size = 0;
}

void reservation_take(struct reservations *r, unsigned agent, uint64_t address, unsigned size)
{
    assert(address % size == 0 && agent < r->agents);
    struct reservation *mine = &r->of[agent];
    if (mine->size)
        drop(r, mine);
    if (mine->linked)
        unlink_agent(r, agent);
    unsigned bucket = reservation_bucket(address);
    uint16_t *head = &r->head[bucket];
    *mine = (struct reservation){.address = address, .size = (uint8_t)size, .lost = mine->lost, .linked = true, .live = &r->live[bucket],
                                 .next = *head, .prev = RESERVATION_NOBODY};
    if (*head != RESERVATION_NOBODY)
        r->of[*head].prev = (uint16_t)agent;
    *head = (uint16_t)agent;
    r->live[bucket]++;
}

/* First byte and the byte past the last of the granules that an operand touches. */
static uint64_t granules_begin(const struct reservations *r, uint64_t address)
{
    return address & r->granule_mask;
}

static uint64_t granules_end(const struct reservations *r, uint64_t address, uint64_t size)
{
    return ((address + size - 1) & r->granule_mask) - r->granule_mask; /* + granule size */
}

bool reservation_covers(const struct reservations *r, unsigned agent, uint64_t address, unsigned size)
{
    const struct reservation *mine = &r->of[agent];
    return mine->size && address >= granules_begin(r, mine->address) &&
           address + size <= granules_end(r, mine->address, mine->size);
}

bool reservation_touches(const struct reservations *r, unsigned agent, uint64_t address, unsigned size)
{
    const struct reservation *mine = &r->of[agent];
    return mine->size && address + size > granules_begin(r, mine->address) &&
           address < granules_end(r, mine->address, mine->size);
}

void reservation_end(struct reservations *r, unsigned agent, enum emu_reason reason, unsigned by)
{
    struct reservation *mine = &r->of[agent];
    if (!mine->size)
        return;
    uint64_t address = mine->address;
    drop(r, mine);
    mine->lost = (uint8_t)reason;
    if (reason != EMU_REASON_OWN_SC)
        r->lost(r->context, agent, reason, address, by);
}

/* Ends every reservation but that of `by` on these granules. Reason NONE: what a write's bytes say. */
static void end_others(struct reservations *r, uint64_t address, uint64_t size, unsigned by, enum emu_reason reason)
{
    uint64_t end = address + size;
    for (uint64_t line = address & ~(uint64_t)(LINE_BYTES - 1); line < end; line += LINE_BYTES) {
        for (uint16_t agent = r->head[reservation_bucket(line)]; agent != RESERVATION_NOBODY; agent = r->of[agent].next) {
            const struct reservation *held = &r->of[agent];
            if (!held->size) /* stays linked, so that it can be taken again quickly */
                continue;
            if (agent == by || end <= granules_begin(r, held->address) || address >= granules_end(r, held->address, held->size))
                continue;
            bool overlaps = address < held->address + held->size && held->address < end;
            enum emu_reason by_write = by == UINT_MAX ? EMU_REASON_DMA : overlaps ? EMU_REASON_STORE : EMU_REASON_FALSE_SHARING;
            reservation_end(r, agent, reason == EMU_REASON_NONE ? by_write : reason, by);
        }
    }
}

void reservation_snoop_slow(struct reservations *r, uint64_t address, uint64_t size, unsigned by)
{
    end_others(r, address, size, by, EMU_REASON_NONE);
}

void reservation_claim(struct reservations *r, uint64_t address, uint64_t size, unsigned by)
{
    if (!reservation_is_quiet(r, address, by))
        end_others(r, address, size, by, EMU_REASON_EXCLUSIVE);
}

bool reservation_on_line(const struct reservations *r, uint64_t line_address, unsigned except)
{
    if (reservation_is_quiet(r, line_address, except))
        return false;
    for (uint16_t agent = r->head[reservation_bucket(line_address)]; agent != RESERVATION_NOBODY; agent = r->of[agent].next) {
        const struct reservation *held = &r->of[agent];
        if (agent != except && held->size && held->address >> LINE_SHIFT == line_address >> LINE_SHIFT)
            return true;
    }
    return false;
}

void reservations_state(struct state *s, struct reservations *r)
{
    for (unsigned agent = 0; agent < r->agents; agent++) {
        struct reservation *mine = &r->of[agent];
        state_open(s, "reservation", agent);
        state_u8(s, "size", &mine->size);
        if (mine->size)
            state_u64(s, "address", &mine->address);
        state_u8(s, "lost", &mine->lost);
        state_close(s);
    }
}
