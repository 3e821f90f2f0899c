/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bus of the tests.
 */
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <lib/state_check.h>
#include <stdlib.h>

struct emu_config world_config(unsigned harts)
{
    return (struct emu_config){
        .harts = harts,
        .l1d = {512, 2, EMU_FIFO},
        .l1i = {512, 2, EMU_FIFO},
        .bus = {EMU_BUS_SPLIT, EMU_ARBITER_ROUND_ROBIN, 2, 10, 2, 16, 40, 8, 8},
        .reservation = {.granule_bytes = 64, .hold_cycles = 64},
    };
}

static void granted(void *context, unsigned port, const struct bus_grant *grant)
{
    struct world *w = context;
    if (w->grants < WORLD_LOG)
        w->log[w->grants] = (struct world_grant){port, *grant};
    w->grants++;
    if (w->answer)
        w->answer(w, port, grant);
}

static void lowered(void *context, uint32_t slot, unsigned by)
{
    struct world *w = context;
    cr_assert(lt(uint, w->lowerings, WORLD_LOG));
    w->lowered_to[w->lowerings] = w->caches.slot[slot].state;
    w->lowered[w->lowerings++] = slot;
}

static void recorded(void *context, const struct bus_record *record)
{
    struct world *w = context;
    w->record = *record;
}

static void lost(void *context, unsigned agent, enum emu_reason reason, uint64_t address, unsigned by)
{
    struct world *w = context;
    w->losses++;
    if (w->lose)
        w->lose(w, agent);
}

static struct world *create(const struct emu_config *config, unsigned ports, const struct coherence *coherence, bool has_ram)
{
    struct world *w = calloc(1, sizeof *w);
    cr_assert(w != NULL);
    w->config = *config;
    w->ports = ports;
    w->queue = queue_create();
    cr_assert(caches_init(&w->caches, config->harts, WORLD_LINES, &config->l1d, &config->l1i, config->seed));
    cr_assert(reservations_init(&w->reservations, config->harts, config->reservation.granule_bytes, lost, w));
    w->bytes = has_ram ? calloc(WORLD_LINES, sizeof *w->bytes) : NULL;
    cr_assert(w->bytes != NULL || !has_ram);
    struct bus_client client = {.context = w, .granted = granted, .lowered = lowered, .recorded = recorded};
    client.lines = has_ram ? w->bytes[0] : NULL;
    w->bus = bus_create(config, ports, w->queue, &w->caches, &w->reservations, coherence, &client);
    cr_assert(w->bus != NULL);
    return w;
}

struct world *world_create(const struct emu_config *config, unsigned ports)
{
    return create(config, ports, &coherence_mesi, false);
}

struct world *world_create_with_ram(const struct emu_config *config, unsigned ports, const struct coherence *coherence)
{
    return create(config, ports, coherence, true);
}

void world_destroy(struct world *w)
{
    bus_destroy(w->bus);
    queue_destroy(w->queue);
    caches_finish(&w->caches);
    reservations_finish(&w->reservations);
    free(w->bytes);
    free(w);
}

struct bus_request world_ask(const struct world *w, unsigned port, enum bus_want want, uint32_t line, uint64_t cycle)
{
    struct bus_request request = {.cycle = cycle, .line = line, .cache = (uint16_t)(2 * port), .want = (uint8_t)want, .size = 8};
    if (port < w->config.harts && want <= BUS_WANT_EVICT)
        request.slot =
            want == BUS_WANT_EVICT ? cache_find(&w->caches, 2 * port, line) : cache_set_first(&w->caches, 2 * port, line);
    return request;
}

void world_request(struct world *w, unsigned port, enum bus_want want, uint32_t line, uint64_t cycle)
{
    struct bus_request request = world_ask(w, port, want, line, cycle);
    bus_request(w->bus, port, &request);
}

uint32_t world_put(struct world *w, unsigned cache, uint32_t line, enum line_state state)
{
    uint32_t slot = cache_victim(&w->caches, cache, line, CACHE_NONE);
    cr_assert(eq(uint, w->caches.slot[slot].state, LINE_I));
    cache_fill(&w->caches, slot, line, state);
    return slot;
}

enum line_state world_line(const struct world *w, unsigned cache, uint32_t line)
{
    uint32_t slot = cache_find(&w->caches, cache, line);
    return slot == CACHE_NONE ? LINE_I : (enum line_state)w->caches.slot[slot].state;
}

void world_reserve(struct world *w, unsigned agent, uint32_t line, unsigned offset)
{
    reservation_take(&w->reservations, agent, PLATFORM_RAM_BASE + 64 * (uint64_t)line + offset, 8);
}

void world_run(struct world *w, uint64_t until)
{
    while (queue_next(w->queue) != QUEUE_NEVER && queue_next(w->queue) <= until)
        queue_fire(w->queue);
}

static void bus_state_of(struct state *s, void *object)
{
    bus_state(s, object);
}

uint64_t world_hash(struct world *w)
{
    return state_check_hash(bus_state_of, w->bus);
}
