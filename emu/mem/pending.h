/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bus's pending requests by when they may take part in a slot. A port is *eligible* if its request is ready at the horizon (the
 * cycle before which there is no slot any more) and its line is not busy then. The others cost nothing until they become so: requests
 * for later are in a list by their cycle; those for a busy line stay with the line, which is in a list in their stead.
 * Knows ports, lines and cycles; not what is asked for.
 */
#ifndef MEM_PENDING_H
#define MEM_PENDING_H

#include <base/state.h>
#include <stdbool.h>
#include <stdint.h>

#define PENDING_NO_LINE UINT32_MAX

struct pending_port {
    uint64_t ready;  /* the request's own, whatever its line does */
    uint32_t line;   /* PENDING_NO_LINE: a device's */
    uint32_t entry;  /* where == PENDING_ARRIVED, with a line */
    uint8_t where;   /* enum pending_where */
};

enum pending_where { PENDING_NOT, PENDING_LATER, PENDING_ARRIVED };

/* A line that is busy or has requests that have arrived. */
struct pending_line {
    uint64_t until;  /* busy at slots before this cycle */
    uint32_t line;
    uint32_t next;   /* in its chain, or in the list of free entries; entry + 1, 0: none */
    bool is_awaited; /* in the list: requests wait for the end of its being busy */
};

struct pending_ready {
    uint64_t cycle;
    uint32_t id;     /* a port, or an entry */
};

/* Ascending by cycle, in a ring. What is put in nearly always goes to the end: clocks differ by little. */
struct pending_list {
    uint64_t next; /* the first one's cycle, UINT64_MAX: the list is empty */
    struct pending_ready *at;
    uint32_t first, count, mask;
};

struct pending {
    unsigned ports, words;      /* of a set of ports: bit n of word n / 64 */
    unsigned count;             /* ports that have a request */
    uint64_t horizon;           /* state */
    uint64_t *eligible;
    struct pending_port *port;
    struct pending_list later;  /* ports whose requests are for later */
    struct pending_list busy;   /* entries of busy lines that requests wait for */
    struct pending_line *line;  /* `entries` of them */
    uint64_t *arrived;          /* by entry: which ports' requests have arrived; `words` each */
    uint64_t *sorted;           /* for pending_state */
    uint32_t *chain;            /* 2 * entries, by hash: entry + 1 */
    uint32_t entries, free;     /* free: entry + 1 */
};

bool pending_init(struct pending *p, unsigned ports);
void pending_finish(struct pending *p);
/* No requests, no busy lines, horizon 0. */
void pending_clear(struct pending *p);

/* The port must not be pending. */
void pending_add(struct pending *p, unsigned port, uint32_t line, uint64_t ready);
/* The port must be pending. */
void pending_remove(struct pending *p, unsigned port);
/* The same for a port that is eligible. Returns its line's entry, good until the next pending_add; PENDING_NO_LINE: it has no line. */
uint32_t pending_take(struct pending *p, unsigned port);
/* What has become ready at the horizon, or at cycles that the horizon has passed, may be eligible. */
void pending_release_ready(struct pending *p);
/* The line is busy at slots before `until`; the same for the entry that pending_take has returned. */
void pending_busy(struct pending *p, uint32_t line, uint64_t until);
void pending_busy_entry(struct pending *p, uint32_t entry, uint64_t until);
/* The next slot at which any request is eligible, UINT64_MAX if there is none. */
uint64_t pending_next(struct pending *p);

/* Moves the horizon on to a cycle; back is ignored. */
static inline void pending_release(struct pending *p, uint64_t cycle)
{
    if (cycle > p->horizon)
        p->horizon = cycle;
    if (p->later.next <= p->horizon || p->busy.next <= p->horizon)
        pending_release_ready(p);
}

/* Moves the horizon on likewise, to a slot that pending_next has returned. Where that makes just one request eligible, by its own cycle,
 * and nobody else is, it is taken, and its port returned; else nothing is done but to move the horizon: PENDING_NOBODY. */
#define PENDING_NOBODY UINT32_MAX
uint32_t pending_take_only(struct pending *p, uint64_t cycle);

/* Has no port a request? */
static inline bool pending_is_empty(const struct pending *p)
{
    return p->count == 0;
}

/* The slot in which a request made at `cycle` would take part first, there being no other. */
uint64_t pending_slot(const struct pending *p, uint32_t line, uint64_t cycle);

static inline bool pending_has(const struct pending *p, unsigned port)
{
    return p->port[port].where != PENDING_NOT;
}

/* The horizon and the lines that are busy at it, by line. */
void pending_state(struct state *s, struct pending *p);

#endif
