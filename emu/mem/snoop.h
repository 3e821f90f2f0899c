/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a transaction does to the caches and reservations at its effect: the coherence table applied to all holders of a line. Knows no
 * time and no order; the bus says when and for whom.
 */
#ifndef MEM_SNOOP_H
#define MEM_SNOOP_H

#include "shadow.h"

#include <mem/bus.h>

struct snoop {
    struct caches *caches;
    struct reservations *reservations;
    const struct coherence *coherence;
    struct bus_client client;
    struct shadow *shadow; /* NULL without assertions */
};

struct snoop_answer {
    unsigned sharers;        /* other caches that held the line */
    unsigned invalidations;  /* of them, that have lost it */
    unsigned actions;        /* enum action of all their rows, ORed */
};

uint64_t snoop_line_address(uint32_t line); /* of a line of RAM */

static inline bool snoop_client_holds(const struct bus_client *client, uint32_t line)
{
    return !client->holds || client->holds(client->context, line);
}

/* What a request asks of the bus now: a kind, or BUS_NOTHING. *ret_slot: where the line is, CACHE_NONE if it is not in the cache. */
enum bus_kind snoop_kind(const struct snoop *snoop, const struct bus_request *request, uint32_t *ret_slot);

/* Applies a transaction of this kind, or what BUS_NOTHING leaves to do, for the agent. *slot: as snoop_kind left it; where the line
 * is afterwards, CACHE_NONE for kinds that fill nothing. */
struct snoop_answer snoop_apply(struct snoop *snoop, const struct bus_request *request, enum bus_kind kind, unsigned agent, uint32_t *slot);

#endif
