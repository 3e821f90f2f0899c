/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bus: the single point of order. Agents' ports make requests; an arbiter grants them one after the other; a grant takes effect
 * on all caches, reservations and memory at one cycle, the *effect*. Everything about coherence and reservations is decided there.
 *
 * Time of a transaction. Grants happen at grant slots; between two slots lie at least `interval` cycles (split), or the whole
 * transaction before (atomic). A request made at cycle t takes part in slot g if t <= g and its line is not busy at g. The slot's
 * effect is at g + arbitration + address. Data comes `memory`, `cache-to-cache` or (devices: `device` - 1) cycles behind the effect and
 * takes the data bus for 64 / width cycles (devices: 1) from the first gap that is long enough; gaps are given away in the order of
 * effects. The transaction is done at the cycle behind its last beat; an upgrade is done at its effect. A WriteBack's or DmaWr's data
 * may go from the effect on. The line is busy from the grant on and no longer at the cycle at which the transaction is done (a
 * WriteBack's: with its last beat, though the agent goes on at the effect): no other request for it takes part in a slot till then.
 *
 * Who is granted a slot: round-robin, the next port behind the last one chosen, cyclic; fixed, the lowest port; oldest, the request of
 * the least cycle, equal ones as in round-robin; random, each with equal chance. Seed 0 begins with port 0, another seed anywhere.
 * A chosen request may need no transaction any more: it is granted with BUS_NOTHING at the slot's effect, and the slot goes to the
 * next choice. One that a hold window refuses uses the slot up (atomic: until its effect) and takes part again from the effect on. Both
 * count as chosen.
 *
 * Hold window: from the grant of an OWN by a load-reserved until `hold` cycles behind its done, READ, OWN and DMA by other ports with
 * an effect before that are refused while the port's data cache holds the line and its reservation lies in it.
 *
 * The decision of slot g is made when its effect is due: until then no request that could take part can appear any more, and
 * nobody can tell the difference. So a transaction is one event of the queue.
 *
 * A port has one request at a time. Knows numbered ports: port n is hart n's; the DMA ports follow. Knows neither harts nor devices.
 */
#ifndef MEM_BUS_H
#define MEM_BUS_H

#include <base/queue.h>
#include <mem/cache.h>
#include <mem/reservation.h>

enum bus_kind {
#define BUS_KIND(name, text, meaning) BUS_##name,
#include <emu/bus_kind.def>
#undef BUS_KIND
    BUS_KIND_COUNT,
    BUS_NOTHING = BUS_KIND_COUNT /* no transaction was needed when the request's turn came */
};

/* What a request asks for. The kind of transaction is decided when it takes effect: READ is BusRd; OWN is BusUpgr while the line is
 * in the cache, else BusRdX; EVICT is a WriteBack if the slot still holds the line in a state whose EVICT row says so. Where the state
 * makes a transaction unnecessary there is none, and the slot goes to the next requester. */
enum bus_want { BUS_WANT_READ, BUS_WANT_OWN, BUS_WANT_EVICT, BUS_WANT_DEVICE_READ, BUS_WANT_DEVICE_WRITE, BUS_WANT_DMA_READ, BUS_WANT_DMA_WRITE };

struct bus_request {
    uint64_t cycle;       /* made at */
    uint32_t line;        /* not for devices */
    uint32_t slot;        /* READ, OWN: cache_victim's choice if the line is not there, clean by now (its own WriteBack done); the fill
                             takes an empty slot of the set instead if there is one at the effect. EVICT: the slot */
    uint16_t cache;       /* READ, OWN: whose; port n has caches 2n and 2n + 1 */
    uint8_t want;         /* enum bus_want */
    uint8_t offset, size; /* OWN, DMA_WRITE: the bytes of the line that are to be written, 1 to 64; DMA_READ: to be read */
    bool is_load_reserved; /* OWN by a load-reserved: nothing is written, but others' reservations on these bytes' granules end all the
                             same (reason EXCLUSIVE), and a hold window begins */
};

struct bus_grant {
    enum bus_kind kind; /* or BUS_NOTHING */
    uint32_t slot;      /* READ, READ_X, UPGRADE, NOTHING: where the line is now */
    uint64_t effect;    /* cycle */
    uint64_t done;      /* cycle of the last beat; BUS_NOTHING, UPGRADE, WRITE_BACK: the effect, when the agent may go on */
};

/* For events and traces. */
struct bus_record {
    enum bus_kind kind;
    uint16_t port;
    uint32_t line;
    uint64_t requested, granted, effect, done;
    bool from_cache;   /* another cache gave the data */
    unsigned sharers;  /* other caches that held the line */
};

struct bus_client {
    void *context;
    /* The access takes effect now: caches and reservations are as it leaves them. The port is free for its next request (to be made at
     * `done` or later, from here or later on). The queue learns of the next event when this returns. */
    void (*granted)(void *context, unsigned port, const struct bus_grant *grant);
    /* A slot has lost the line (its state is I now, its line number still there) or the right to write to it (S or E now), by a
     * transaction of port `by`: its own hart's where it had to make room. Called before granted. */
    void (*lowered)(void *context, uint32_t slot, unsigned by);
    /* NULL: nobody listens. */
    void (*recorded)(void *context, const struct bus_record *record);
    /* For assertions; NULL: there is nothing to check. */
    const uint8_t *lines;                         /* the bytes of all lines of the caches, one line behind the other */
    bool (*holds)(void *context, uint32_t line);  /* is all that the client derives from what caches say of the line still true? Called
                                                     when it has been told of all that a transaction took away, before granted */
};

struct bus_counts { /* statistics, not state */
    uint64_t transactions[BUS_KIND_COUNT];
    uint64_t from_cache, from_memory; /* lines delivered */
    uint64_t invalidations;           /* copies that a snoop took away */
    uint64_t refused;                 /* by hold windows */
    uint64_t withdrawn;
    uint64_t address_cycles, data_cycles; /* each resource busy, refusals included; atomic: both from grant to the last beat */
};

struct bus_port_counts { /* statistics, not state */
    uint64_t transactions, waited_cycles /* request to grant slot */, data_cycles /* its beats */;
};

struct bus;

/* `ports`: harts + DMA ports. The bus adds its slot to the queue (QUEUE_BUS, 0). All but `config` must outlive it. NULL when out of memory. */
struct bus *bus_create(const struct emu_config *config, unsigned ports, struct queue *queue, struct caches *caches,
                       struct reservations *reservations, const struct coherence *coherence, const struct bus_client *client);
void bus_destroy(struct bus *bus); /* NULL is allowed */

/* Makes a port's request. The port must be free; request->cycle must not lie before an event that has fired. */
void bus_request(struct bus *bus, unsigned port, const struct bus_request *request);
/* Takes a port's request back, as if it had never been made; allowed in `granted` and `lowered` of another port's grant and in the
 * reservations' `lost`. Nothing happens if there is none, as for the port whose request takes effect. */
void bus_withdraw(struct bus *bus, unsigned port);
bool bus_is_pending(const struct bus *bus, unsigned port);
/* Makes a request and grants it at once, as the queue's event would, if no other is pending and the effect comes before cycle `before`;
 * the caller knows that nobody else acts until then, counts the event, and need not be told by `granted`. *now becomes the effect's cycle
 * before anybody is told anything. False: nothing is done. */
bool bus_grant_alone(struct bus *bus, unsigned port, const struct bus_request *request, uint64_t before, uint64_t *now,
                     struct bus_grant *ret_grant);
/* All requests take effect now, at `cycle`, in the arbiter's order and without waiting for busy lines, data or hold windows (done =
 * cycle), and so do those that `granted` makes in answer; then the bus is idle, and forgets busy lines, data in flight and hold windows.
 * Nothing is counted or recorded. Not to be called from the client's functions. */
void bus_drain(struct bus *bus, uint64_t cycle);
/* Power-on: requests are forgotten, the bus is idle, the arbiter begins anew. Counts stay. */
void bus_reset(struct bus *bus);

/* Cycles from a request to its first effect on another agent, at least: arbitration + address. */
unsigned bus_latency_cycles(const struct bus *bus);
unsigned bus_ports(const struct bus *bus);
/* For assertions: is each copy in a cache what an agent would find in RAM, as far as it must be? */
bool bus_copies_hold(const struct bus *bus);
const struct bus_counts *bus_counts(const struct bus *bus);
const struct bus_port_counts *bus_port_counts(const struct bus *bus, unsigned port);
const char *bus_kind_name(unsigned kind);
/* The client's `recorded` from now on. */
void bus_listen(struct bus *bus, void (*recorded)(void *context, const struct bus_record *record));
/* The request that a port waits with, NULL if it has none. */
const struct bus_request *bus_request_of(const struct bus *bus, unsigned port);
/* Until when a line is busy: the first cycle at which a request for it may take part in a slot. 0: it is not busy. */
uint64_t bus_busy_until(const struct bus *bus, uint32_t line);

void bus_state(struct state *s, struct bus *bus);

#endif
