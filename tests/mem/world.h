/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A bus with caches and reservations for tests that are written by hand: default costs, small caches, a log of what the bus says.
 */
#ifndef MEM_WORLD_H
#define MEM_WORLD_H

#include <mem/bus.h>

enum { WORLD_LINES = 8192, WORLD_LOG = 1024 };

struct world_grant {
    unsigned port;
    struct bus_grant is;
};

struct world {
    struct emu_config config;
    unsigned ports;
    struct queue *queue;
    struct caches caches;
    struct reservations reservations;
    struct bus *bus;
    struct world_grant log[WORLD_LOG]; /* the first ones */
    unsigned grants;
    uint32_t lowered[WORLD_LOG];       /* slots */
    uint8_t lowered_to[WORLD_LOG];     /* states */
    unsigned lowerings;
    unsigned losses;
    struct bus_record record;          /* the last */
    uint8_t (*bytes)[64];              /* RAM by line; NULL: there is none */
    void (*answer)(struct world *w, unsigned port, const struct bus_grant *grant); /* NULL: none; called in `granted` */
    void (*lose)(struct world *w, unsigned agent);                                 /* NULL: none; called in `lost` */
};

struct emu_config world_config(unsigned harts); /* default costs */
struct world *world_create(const struct emu_config *config, unsigned ports);
/* One with RAM, whose caches do as this table says. */
struct world *world_create_with_ram(const struct emu_config *config, unsigned ports, const struct coherence *coherence);
void world_destroy(struct world *w);
/* A request by a port for a line, of 8 bytes at offset 0; slot and cache are filled in. */
struct bus_request world_ask(const struct world *w, unsigned port, enum bus_want want, uint32_t line, uint64_t cycle);
void world_request(struct world *w, unsigned port, enum bus_want want, uint32_t line, uint64_t cycle);
/* Puts a line into a cache. */
uint32_t world_put(struct world *w, unsigned cache, uint32_t line, enum line_state state);
enum line_state world_line(const struct world *w, unsigned cache, uint32_t line);
void world_reserve(struct world *w, unsigned agent, uint32_t line, unsigned offset);
/* Fires all events up to a cycle, or all. */
void world_run(struct world *w, uint64_t until);
uint64_t world_hash(struct world *w); /* of the bus */

#endif
