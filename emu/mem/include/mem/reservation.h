/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Load-reserved reservations: at most one per agent, over the granules that its operand touches, by physical address. A store by
 * anyone else to a granule ends it: never a comparison of values (unprivileged specification, "Zalrsc" extension). Holders are
 * found by line through short lists, so that a store costs what the holders of its line cost, not what all agents cost.
 * Knows numbered agents, not harts.
 */
#ifndef MEM_RESERVATION_H
#define MEM_RESERVATION_H

#include <base/state.h>
#include <emu/emu.h>
#include <stdbool.h>
#include <stdint.h>

#define RESERVATION_BUCKETS 256u
#define RESERVATION_NOBODY UINT16_MAX

struct reservation {
    uint64_t address;      /* physical address of the operand */
    uint8_t size;          /* 4 or 8 bytes; 0: no reservation */
    uint8_t lost;          /* enum emu_reason of the last loss */
    uint16_t next, prev;   /* agents in the same bucket; derived */
};

/* Called for each reservation that ends for a reason other than the agent's own sc or a new lr. */
typedef void reservation_lost(void *context, unsigned agent, enum emu_reason reason, uint64_t address, unsigned by);

struct reservations {
    struct reservation *of; /* by agent */
    unsigned agents;
    uint64_t granule_mask;  /* address & mask = first byte of the granule */
    uint16_t head[RESERVATION_BUCKETS]; /* derived */
    reservation_lost *lost;
    void *context;
};

bool reservations_init(struct reservations *r, unsigned agents, unsigned granule_bytes, reservation_lost *lost, void *context);
void reservations_finish(struct reservations *r);

static inline unsigned reservation_bucket(uint64_t address)
{
    return (unsigned)(address >> 6) % RESERVATION_BUCKETS;
}

/* Takes a reservation for `agent` on size bytes (4 or 8, naturally aligned) at a physical address, replacing one it held. */
void reservation_take(struct reservations *r, unsigned agent, uint64_t address, unsigned size);

/* Does the agent hold a reservation whose granules contain all these bytes? */
bool reservation_covers(const struct reservations *r, unsigned agent, uint64_t address, unsigned size);

/* Does the agent hold a reservation on a granule that any of these bytes lies in? */
bool reservation_touches(const struct reservations *r, unsigned agent, uint64_t address, unsigned size);

/* Ends the agent's reservation, if it holds one; `lost` is called unless the reason is OWN_SC or REPLACED. */
void reservation_end(struct reservations *r, unsigned agent, enum emu_reason reason, unsigned by);

/* A write of `size` bytes at a physical address by agent `by` (UINT_MAX: a device): ends every other agent's reservation on these granules. */
void reservation_snoop_slow(struct reservations *r, uint64_t address, uint64_t size, unsigned by);

/* Can a write by `by` to this line end nobody else's reservation? */
static inline bool reservation_is_quiet(const struct reservations *r, uint64_t address, unsigned by)
{
    uint16_t first = r->head[reservation_bucket(address)];
    return first == RESERVATION_NOBODY || (first == by && r->of[first].next == RESERVATION_NOBODY);
}

/* The same for a write that does not cross a line, with the usual case (nobody there, or only oneself) inline. */
static inline void reservation_snoop(struct reservations *r, uint64_t address, unsigned size, unsigned by)
{
    if (!reservation_is_quiet(r, address, by))
        reservation_snoop_slow(r, address, size, by);
}

void reservations_state(struct state *s, struct reservations *r);

#endif
