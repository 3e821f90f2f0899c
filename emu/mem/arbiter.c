/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arbiters: find-first-set in the set of eligible ports. Oldest first alone looks at each of them.
 */
#include "arbiter.h"

#include <emu/emu.h>

static uint64_t next_random(struct arbiter *arbiter)
{
    uint64_t x = arbiter->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    arbiter->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

static uint32_t draw_below(struct arbiter *arbiter, uint32_t limit)
{
    return (uint32_t)((next_random(arbiter) >> 32) * limit >> 32);
}

void arbiter_init(struct arbiter *arbiter, unsigned kind, unsigned ports, uint64_t seed)
{
    uint64_t mixed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mixed ^= mixed >> 32;
    *arbiter = (struct arbiter){.kind = kind, .ports = ports, .last = ports - 1, .random = mixed ? mixed : 1};
    if (seed)
        arbiter->last = draw_below(arbiter, ports);
}

/* The first port of the set from `from` on, cyclic. */
static uint32_t first_from(const struct arbiter *arbiter, const uint64_t *set, uint32_t from)
{
    unsigned words = (arbiter->ports + 63) / 64, word = from / 64;
    uint64_t bits = set[word] & ~UINT64_C(0) << (from & 63);
    if (words == 1) {
        bits = bits ? bits : set[0];
        return bits ? (uint32_t)__builtin_ctzll(bits) : ARBITER_NOBODY;
    }
    for (unsigned seen = 0; seen <= words; seen++) {
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
        word = word + 1 < words ? word + 1 : 0;
        bits = set[word];
    }
    return ARBITER_NOBODY;
}

static uint32_t oldest(const struct arbiter *arbiter, const uint64_t *set, const uint64_t *cycle)
{
    uint32_t best = ARBITER_NOBODY, best_distance = 0;
    for (unsigned word = 0; word < (arbiter->ports + 63) / 64; word++) {
        for (uint64_t bits = set[word]; bits; bits &= bits - 1) {
            uint32_t port = word * 64 + (uint32_t)__builtin_ctzll(bits);
            uint32_t distance = port > arbiter->last ? port - arbiter->last : port + arbiter->ports - arbiter->last;
            if (best != ARBITER_NOBODY && (cycle[port] > cycle[best] || (cycle[port] == cycle[best] && distance > best_distance)))
                continue;
            best = port;
            best_distance = distance;
        }
    }
    return best;
}

static uint32_t drawn(struct arbiter *arbiter, const uint64_t *set)
{
    uint32_t count = 0;
    unsigned words = (arbiter->ports + 63) / 64;
    for (unsigned word = 0; word < words; word++)
        count += (uint32_t)__builtin_popcountll(set[word]);
    uint32_t nth = count > 1 ? draw_below(arbiter, count) : 0;
    for (unsigned word = 0; word < words; word++) {
        uint32_t here = (uint32_t)__builtin_popcountll(set[word]);
        if (nth >= here) {
            nth -= here;
            continue;
        }
        uint64_t bits = set[word];
        while (nth-- > 0)
            bits &= bits - 1;
        return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return ARBITER_NOBODY;
}

uint32_t arbiter_choose(struct arbiter *arbiter, const uint64_t *eligible, const uint64_t *cycle)
{
    uint32_t port;
    switch (arbiter->kind) {
    case EMU_ARBITER_FIXED:
        return first_from(arbiter, eligible, 0);
    case EMU_ARBITER_OLDEST:
        port = oldest(arbiter, eligible, cycle);
        break;
    case EMU_ARBITER_RANDOM:
        return drawn(arbiter, eligible);
    default:
        port = first_from(arbiter, eligible, arbiter->last + 1 < arbiter->ports ? arbiter->last + 1 : 0);
    }
    if (port != ARBITER_NOBODY)
        arbiter->last = port;
    return port;
}

void arbiter_choose_only(struct arbiter *arbiter, uint32_t port)
{
    if (arbiter->kind == EMU_ARBITER_ROUND_ROBIN || arbiter->kind == EMU_ARBITER_OLDEST)
        arbiter->last = port; /* and nothing is drawn for one candidate */
}

void arbiter_state(struct state *s, struct arbiter *arbiter)
{
    state_open(s, "arbiter", 0);
    if (arbiter->kind == EMU_ARBITER_RANDOM)
        state_u64(s, "random", &arbiter->random);
    else if (arbiter->kind != EMU_ARBITER_FIXED)
        state_u32(s, "last", &arbiter->last);
    state_close(s);
}
