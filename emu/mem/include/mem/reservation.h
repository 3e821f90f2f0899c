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
    uint64_t address;      /* physical address of the operand; kept after the end, for taking it again quickly */
    uint8_t size;          /* 4 or 8 bytes; 0: no reservation */
    bool linked;           /* in the list of its address's bucket; derived, true while size is not 0 */
    uint16_t *live;        /* count of its bucket; derived */
    uint64_t key;          /* what its agent may know the operand by while it stays linked (a host address); 0: nothing. Derived */
    uint16_t next, prev;   /* agents in the same bucket; derived */
    uint8_t lost;          /* enum emu_reason of the last loss */
};

/* Called for each reservation that ends for a reason other than the agent's own sc. */
typedef void reservation_lost(void *context, unsigned agent, enum emu_reason reason, uint64_t address, unsigned by);

struct reservations {
    struct reservation *of; /* by agent */
    unsigned agents;
    uint64_t granule_mask;  /* address & mask = first byte of the granule */
    uint16_t head[RESERVATION_BUCKETS]; /* agents linked; derived */
    uint16_t live[RESERVATION_BUCKETS]; /* how many of them hold a reservation; derived */
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

/* Ends the agent's reservation, if it holds one; `lost` is called unless the reason is OWN_SC. */
void reservation_end(struct reservations *r, unsigned agent, enum emu_reason reason, unsigned by);

/* A write of `size` bytes at a physical address by agent `by` (UINT_MAX: a device): ends every other agent's reservation on these granules. */
void reservation_snoop_slow(struct reservations *r, uint64_t address, uint64_t size, unsigned by);

/* A load-reserved of these bytes by agent `by` that takes their line exclusively: ends the same reservations as a write would, with
 * the reason EXCLUSIVE. */
void reservation_claim(struct reservations *r, uint64_t address, uint64_t size, unsigned by);

/* Does any agent but `except` (UINT_MAX: nobody is excepted) hold a reservation on a granule of the 64-byte line at this address? */
bool reservation_on_line(const struct reservations *r, uint64_t line_address, unsigned except);

/* Can a write by `by` to this line end nobody else's reservation? */
static inline bool reservation_is_quiet(const struct reservations *r, uint64_t address, unsigned by)
{
    unsigned bucket = reservation_bucket(address), live = r->live[bucket];
    if (live == 0)
        return true;
    return live == 1 && by < r->agents && r->of[by].size && reservation_bucket(r->of[by].address) == bucket;
}

/* The same for a write that does not cross a line, with the usual case inline. */
static inline void reservation_snoop(struct reservations *r, uint64_t address, unsigned size, unsigned by)
{
    if (!reservation_is_quiet(r, address, by))
        reservation_snoop_slow(r, address, size, by);
}

/* Takes the reservation again that the agent took last, known by its key; false if that was another. */
static inline bool reservation_retake(struct reservation *mine, uint64_t key, unsigned size)
{
    if (mine->key != key)
        return false;
    *mine->live = (uint16_t)(*mine->live + (mine->size == 0));
    mine->size = (uint8_t)size;
    return true;
}

/* Ends the reservation of an sc that succeeds on the operand of its lr, nobody else holding one in the bucket; false if that is not
 * the situation. */
static inline bool reservation_use(struct reservation *mine, uint64_t key, unsigned size)
{
    if (mine->key != key || mine->size != size || *mine->live != 1)
        return false;
    *mine->live = 0;
    mine->size = 0;
    mine->lost = EMU_REASON_OWN_SC;
    return true;
}

void reservations_state(struct state *s, struct reservations *r);

#endif
