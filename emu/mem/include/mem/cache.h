/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The harts' first-level caches: tags and states. Data is in RAM. Line numbers are page index * 64 + line in the page, as struct
 * memory counts pages (RAM, then ROM). A slot is one place of one cache, numbered through all caches. The slots that hold a line
 * are chained, so that a snoop costs what its holders cost.
 * Knows numbered caches: cache 2n is the data cache of hart n, 2n + 1 its instruction cache. Knows no bus and no hart.
 */
#ifndef MEM_CACHE_H
#define MEM_CACHE_H

#include <base/state.h>
#include <emu/emu.h>
#include <mem/coherence.h>
#include <stdbool.h>
#include <stdint.h>

#define CACHE_NONE UINT32_MAX /* no slot, no line */

struct cache_slot {
    uint32_t line;       /* while state is not I */
    uint32_t next, prev; /* other slots that hold the line, ascending; CACHE_NONE: no more. Derived */
    uint16_t cache;      /* constant */
    uint8_t state;       /* enum line_state */
    bool watched;        /* E or M, but another agent held a reservation on a granule of the line when it came to be so: stores must be
                            announced (a BusUpgr), since that agent need not have the line any more */
    uint32_t note;       /* free for whoever looks after the cache (a hart's table entry); cleared by cache_fill. Derived */
};

#define CACHE_WAYS_MAX 16

struct cache_shape {
    uint32_t sets, ways; /* powers of two; ways: CACHE_WAYS_MAX at most */
    bool random;
    uint32_t first;      /* of a hart's slots */
    uint32_t first_set;  /* of a hart's sets */
};

struct caches {
    struct cache_slot *slot;
    uint32_t *tag;               /* by slot: its line, CACHE_NONE: it is empty. Derived */
    uint32_t slots, slots_per_hart, sets_per_hart;
    unsigned harts;
    struct cache_shape shape[2]; /* data, instruction */
    uint8_t *turn;               /* FIFO: the next way to go, by set; of all caches, one byte a set */
    uint32_t *empty;             /* by set: bit n is set while its n-th slot is empty. Derived */
    uint64_t *random;            /* of random replacement, by cache */
    uint32_t *holders;           /* by line: its first slot + 1; 0: none. Lazily backed, derived */
    uint64_t holders_bytes;
};

/* `lines`: of struct memory. False when out of memory. */
bool caches_init(struct caches *caches, unsigned harts, uint32_t lines, const struct emu_cache_config *data,
                 const struct emu_cache_config *instruction, uint64_t seed);
void caches_finish(struct caches *caches);

static inline uint32_t cache_set_first(const struct caches *caches, unsigned cache, uint32_t line)
{
    const struct cache_shape *shape = &caches->shape[cache & 1];
    return (cache >> 1) * caches->slots_per_hart + shape->first + (line & (shape->sets - 1)) * shape->ways;
}

/* The slot in which a cache holds a line, CACHE_NONE if it does not. */
static inline uint32_t cache_find(const struct caches *caches, unsigned cache, uint32_t line)
{
    uint32_t first = cache_set_first(caches, cache, line), ways = caches->shape[cache & 1].ways;
    const uint32_t *tag = &caches->tag[first];
    for (uint32_t way = 0; way < ways; way++)
        if (tag[way] == line)
            return first + way;
    return CACHE_NONE;
}

/* The number of a line's set among those of all caches. */
static inline uint32_t cache_set(const struct caches *caches, unsigned cache, uint32_t line)
{
    const struct cache_shape *shape = &caches->shape[cache & 1];
    return (cache >> 1) * caches->sets_per_hart + shape->first_set + (line & (shape->sets - 1));
}

/* The lowest empty slot of a line's set, CACHE_NONE if there is none. */
static inline uint32_t cache_room(const struct caches *caches, unsigned cache, uint32_t line)
{
    uint32_t empty = caches->empty[cache_set(caches, cache, line)];
    return empty ? cache_set_first(caches, cache, line) + (uint32_t)__builtin_ctz(empty) : CACHE_NONE;
}

/* Where a line that is not here would go: an empty slot (the lowest), else the one whose turn it is, or one drawn from the cache's
 * random state; never the one that holds line `reserved` (CACHE_NONE: none) while the set has another. Moves the random state, not
 * the turn. */
uint32_t cache_victim(struct caches *caches, unsigned cache, uint32_t line, uint32_t reserved);
/* The same where the set has no empty slot. */
uint32_t cache_victim_of_full(struct caches *caches, unsigned cache, uint32_t line, uint32_t reserved);
/* Puts a line into an empty slot of its set. The turn goes on if it was this slot's. */
void cache_fill(struct caches *caches, uint32_t slot, uint32_t line, enum line_state state);
/* Empties a slot. Its line field stays until the next fill. */
void cache_drop(struct caches *caches, uint32_t slot);
/* Empties all; FIFO turns begin anew, random states go on. */
void caches_clear(struct caches *caches);

/* FIFO: the way of a set whose turn it is. */
uint32_t cache_turn(const struct caches *caches, unsigned cache, uint32_t set);

/* For assertions: the line's list is what its slots say, and a holder in E or M is the only one. Costs what the holders cost. */
bool caches_check_line(const struct caches *caches, uint32_t line);

static inline uint32_t cache_first_holder(const struct caches *caches, uint32_t line)
{
    return caches->holders[line] - 1;
}

void caches_state(struct state *s, struct caches *caches);
/* The same for caches that have been cleared, or not used yet: what will matter once they are. */
void caches_empty_state(struct state *s, struct caches *caches);

#endif
