/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random traffic of harts and devices over the bus, caches and reservations, each grant, state, version and count against the model
 * (model.h). Caches are tiny and lines few, so that evictions, refusals and lost reservations are common.
 */
#include "model.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <inttypes.h>
#include <lib/random.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct agent {
    enum { LOAD, FETCH, STORE, LR_SHARED, LR_EXCLUSIVE, SC, DEVICE, DMA } op;
    uint32_t line;
    unsigned offset, size;
    uint64_t wakes; /* UINT64_MAX: waits for the bus */
};

struct world {
    struct queue *queue;
    struct caches caches;
    struct reservations reservations;
    struct bus *bus;
    struct model model;
    struct emu_config config;
    struct agent agent[MODEL_PORTS];
    struct random random;
    unsigned ports;
    uint64_t now, lowered, steps, lost[EMU_REASON_COUNT];
    unsigned grants; /* seen of the model's last step */
    bool is_firing, may_answer, has_record;
    struct bus_record record;
};

static unsigned below(struct world *w, unsigned limit)
{
    return random_below(&w->random, limit);
}

static bool is_hart(const struct world *w, unsigned port)
{
    return port < w->config.harts;
}

static void new_op(struct world *w, unsigned port, uint64_t from)
{
    struct agent *a = &w->agent[port];
    static const uint8_t mix[16] = {LOAD,      LOAD,         LOAD, FETCH, STORE, STORE, STORE,  LR_SHARED,
                                    LR_SHARED, LR_EXCLUSIVE, SC,   SC,    SC,    SC,    DEVICE, LOAD};
    bool sc_follows = a->op == LR_SHARED || a->op == LR_EXCLUSIVE;
    a->wakes = from + (below(w, 8) ? below(w, 12) : below(w, 300));
    if (sc_follows && below(w, 4)) {
        a->op = SC;
        return;
    }
    a->op = is_hart(w, port) ? mix[below(w, 16)] : DMA;
    a->line = below(w, 2) ? below(w, 2) : below(w, w->model.lines);
    a->size = a->op == DMA ? 1 + below(w, 64) : 4u << below(w, 2);
    a->offset = a->op == DMA ? below(w, 65 - a->size) : below(w, 64 / a->size) * a->size;
}

static enum model_purpose purpose_of(const struct agent *a)
{
    switch (a->op) {
    case STORE:
        return MODEL_STORE;
    case LR_SHARED:
    case LR_EXCLUSIVE:
        return MODEL_LR;
    case SC:
        return MODEL_SC;
    default:
        return MODEL_LOAD;
    }
}

static uint64_t address_of(const struct agent *a)
{
    return PLATFORM_RAM_BASE + 64 * (uint64_t)a->line + a->offset;
}

static void send(struct world *w, unsigned port, struct bus_request *request, enum model_purpose purpose)
{
    if (!below(w, 8))
        request->cycle += below(w, 30); /* for later */
    bus_request(w->bus, port, request);
    model_request(&w->model, port, request, purpose);
    w->agent[port].wakes = UINT64_MAX;
}

/* The agent's access goes ahead, by itself or at its grant; the model's has. */
static void access_now(struct world *w, unsigned port, uint32_t slot)
{
    struct agent *a = &w->agent[port];
    if (a->op == LR_SHARED || a->op == LR_EXCLUSIVE)
        reservation_take(&w->reservations, port, address_of(a), a->size);
    if (a->op == SC)
        reservation_end(&w->reservations, port, EMU_REASON_OWN_SC, port);
    if (a->op == STORE || a->op == SC)
        w->caches.slot[slot].state = coherence_mesi.row[w->caches.slot[slot].state][STIMULUS_STORE].next;
}

static void ask_device(struct world *w, unsigned port, uint64_t now)
{
    struct agent *a = &w->agent[port];
    struct bus_request request = {.cycle = now, .line = a->line, .offset = (uint8_t)a->offset, .size = (uint8_t)a->size};
    if (a->op == DEVICE)
        request.want = below(w, 2) ? BUS_WANT_DEVICE_READ : BUS_WANT_DEVICE_WRITE;
    else
        request.want = below(w, 2) ? BUS_WANT_DMA_READ : BUS_WANT_DMA_WRITE;
    send(w, port, &request, MODEL_OTHER);
}

static void ask_line(struct world *w, unsigned port, unsigned cache, bool owns, bool is_here, uint64_t now)
{
    struct agent *a = &w->agent[port];
    struct bus_request request = {.cycle = now,
                                  .line = a->line,
                                  .cache = (uint16_t)cache,
                                  .want = owns ? BUS_WANT_OWN : BUS_WANT_READ,
                                  .offset = (uint8_t)a->offset,
                                  .size = (uint8_t)a->size,
                                  .is_load_reserved = a->op == LR_EXCLUSIVE};
    const struct reservation *held = &w->reservations.of[port];
    uint32_t reserved = held->size && cache % 2 == 0 ? (uint32_t)((held->address - PLATFORM_RAM_BASE) / 64) : CACHE_NONE;
    request.slot = is_here ? CACHE_NONE : cache_victim(&w->caches, cache, a->line, reserved);
    /* Now and then a clean line is put out as a dirty one is, or the request is one that will need no transaction. */
    if (!is_here &&
        (w->caches.slot[request.slot].state == LINE_M || (w->caches.slot[request.slot].state != LINE_I && !below(w, 8)))) {
        request = (struct bus_request){.cycle = now,
                                       .line = w->caches.slot[request.slot].line,
                                       .slot = request.slot,
                                       .cache = (uint16_t)cache,
                                       .want = BUS_WANT_EVICT};
        send(w, port, &request, MODEL_OTHER);
        return;
    }
    send(w, port, &request, purpose_of(a));
}

static void act(struct world *w, unsigned port, uint64_t now)
{
    struct agent *a = &w->agent[port];
    if (a->op == DEVICE || a->op == DMA) {
        ask_device(w, port, now);
        return;
    }
    if (a->op == SC && !reservation_covers(&w->reservations, port, address_of(a), a->size)) {
        reservation_end(&w->reservations, port, EMU_REASON_OWN_SC, port);
        if (w->model.reservation[port].is_held) {
            w->model.reservation[port].is_held = false;
            w->model.reservation[port].lost = EMU_REASON_OWN_SC;
        }
        new_op(w, port, now);
        return;
    }
    unsigned cache = 2 * port + (a->op == FETCH);
    uint32_t slot = cache_find(&w->caches, cache, a->line);
    bool owns = a->op == STORE || a->op == SC || a->op == LR_EXCLUSIVE;
    const struct cache_slot *s = &w->caches.slot[slot == CACHE_NONE ? 0 : slot];
    bool hits = slot != CACHE_NONE && (!owns || ((s->state == LINE_M || s->state == LINE_E) && !s->watched));
    if (!hits || (!below(w, 16) && !w->is_firing)) {
        ask_line(w, port, cache, owns, slot != CACHE_NONE, now);
        return;
    }
    model_access(&w->model, cache, a->line, purpose_of(a), a->offset, a->size);
    access_now(w, port, slot);
    new_op(w, port, now);
}

/* ---- the bus's client ---- */

static void granted(void *context, unsigned port, const struct bus_grant *grant)
{
    struct world *w = context;
    cr_assert(lt(uint, w->grants, w->model.grants), "port %u is granted, the model has nobody", port);
    const struct model_grant *want = &w->model.granted[w->grants++];
    cr_assert(eq(uint, port, want->port));
    cr_assert(eq(uint, grant->kind, want->grant.kind), "port %u: %s", port, bus_kind_name(grant->kind));
    cr_assert(eq(u64, grant->effect, want->grant.effect));
    cr_assert(eq(u64, grant->done, want->grant.done), "port %u: %s", port, bus_kind_name(grant->kind));
    cr_assert(eq(u32, grant->slot, want->grant.slot));
    cr_assert(not(bus_is_pending(w->bus, port)));
    if (w->may_answer && grant->kind != BUS_NOTHING) {
        cr_assert(w->has_record);
        cr_assert(eq(int, w->record.from_cache, want->from_cache));
        cr_assert(eq(uint, w->record.sharers, want->sharers));
        cr_assert(eq(uint, w->record.kind, grant->kind));
        cr_assert(eq(uint, w->record.port, port));
    }
    w->has_record = false;
    struct agent *a = &w->agent[port];
    if (grant->slot == CACHE_NONE && a->op != DEVICE && a->op != DMA) { /* room was made: on with the access */
        a->wakes = grant->done;
        if (w->may_answer && grant->kind != BUS_NOTHING && below(w, 2))
            act(w, port, grant->done);
        return;
    }
    if (grant->slot != CACHE_NONE)
        access_now(w, port, grant->slot);
    new_op(w, port, grant->done);
}

static void lowered(void *context, uint32_t slot, unsigned by)
{
    struct world *w = context;
    w->lowered++;
    cr_assert(lt(u32, w->caches.slot[slot].line, w->model.lines));
}

static void recorded(void *context, const struct bus_record *record)
{
    struct world *w = context;
    w->record = *record;
    w->has_record = true;
}

static void lost(void *context, unsigned agent, enum emu_reason reason, uint64_t address, unsigned by)
{
    struct world *w = context;
    w->lost[reason]++;
    if (w->agent[agent].op == SC && bus_is_pending(w->bus, agent) && w->agent[agent].wakes == UINT64_MAX &&
        w->model.request[agent].purpose == MODEL_SC) {
        bus_withdraw(w->bus, agent);
        w->agent[agent].wakes = w->now;
    }
}

/* ---- comparison ---- */

static void check_line(struct world *w, uint32_t line)
{
    cr_assert(caches_check_line(&w->caches, line), "line %u", line);
    uint32_t holder = cache_first_holder(&w->caches, line);
    for (unsigned cache = 0; cache < 2 * w->config.harts; cache++) {
        const struct model_copy *copy = &w->model.copy[cache][line];
        uint32_t slot = cache_find(&w->caches, cache, line);
        if (copy->state == LINE_I) {
            cr_assert(slot == CACHE_NONE, "line %u is in cache %u", line, cache);
            continue;
        }
        cr_assert(slot == copy->slot && slot == holder, "line %u is not in cache %u", line, cache);
        const struct cache_slot *s = &w->caches.slot[slot];
        cr_assert(s->state == copy->state && s->watched == copy->watched, "line %u in cache %u: %s, not %s", line, cache,
                  line_state_letter(s->state), line_state_letter(copy->state));
        holder = s->next;
    }
    cr_assert(holder == CACHE_NONE);
}

static void check_all(struct world *w)
{
    const struct bus_counts *got = bus_counts(w->bus), *want = &w->model.counts;
    for (uint32_t line = 0; line < w->model.lines; line++)
        check_line(w, line);
    for (unsigned port = 0; port < w->ports; port++) {
        cr_assert(eq(int, bus_is_pending(w->bus, port), w->model.request[port].is_pending), "port %u", port);
        const struct bus_port_counts *of_port = bus_port_counts(w->bus, port), *wanted = &w->model.port_counts[port];
        cr_assert(eq(u64, of_port->transactions, wanted->transactions));
        cr_assert(eq(u64, of_port->waited_cycles, wanted->waited_cycles));
        cr_assert(eq(u64, of_port->data_cycles, wanted->data_cycles));
        if (!is_hart(w, port))
            continue;
        cr_assert(eq(int, w->reservations.of[port].size != 0, w->model.reservation[port].is_held), "agent %u", port);
        cr_assert(eq(uint, w->reservations.of[port].lost, w->model.reservation[port].lost), "agent %u", port);
    }
    for (unsigned kind = 0; kind < BUS_KIND_COUNT; kind++)
        cr_assert(eq(u64, got->transactions[kind], want->transactions[kind]), "%s", bus_kind_name(kind));
    cr_assert(eq(u64, got->from_cache, want->from_cache));
    cr_assert(eq(u64, got->from_memory, want->from_memory));
    cr_assert(eq(u64, got->invalidations, want->invalidations));
    cr_assert(eq(u64, got->refused, want->refused));
    cr_assert(eq(u64, got->withdrawn, want->withdrawn));
    cr_assert(eq(u64, got->address_cycles, want->address_cycles));
    cr_assert(eq(u64, got->data_cycles, want->data_cycles));
    cr_assert(eq(u64, w->lowered, w->model.lowered));
    for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
        cr_assert(eq(u64, w->lost[reason], w->model.lost[reason]), "reason %u", reason);
}

/* ---- the run ---- */

static void fire(struct world *w)
{
    w->now = queue_next(w->queue);
    model_step(&w->model);
    w->grants = 0;
    w->is_firing = w->may_answer = true;
    queue_fire(w->queue);
    w->is_firing = w->may_answer = false;
    cr_assert(eq(uint, w->grants, w->model.grants), "the model grants more");
    w->steps++;
    if (w->model.grants && w->model.granted[w->grants - 1].grant.slot != CACHE_NONE)
        check_line(w, w->caches.slot[w->model.granted[w->grants - 1].grant.slot].line);
}

static void withdraw_one(struct world *w)
{
    unsigned port = below(w, w->ports);
    if (!bus_is_pending(w->bus, port))
        return;
    bus_withdraw(w->bus, port);
    model_withdraw(&w->model, port);
    w->agent[port].wakes = w->now + below(w, 5);
}

static void drain(struct world *w)
{
    model_drain(&w->model, w->now);
    w->grants = 0;
    bus_drain(w->bus, w->now);
    cr_assert(eq(uint, w->grants, w->model.grants));
    cr_assert(eq(u64, queue_next(w->queue), QUEUE_NEVER));
}

static unsigned first_awake(const struct world *w)
{
    unsigned first = 0;
    for (unsigned port = 1; port < w->ports; port++)
        if (w->agent[port].wakes < w->agent[first].wakes)
            first = port;
    return first;
}

static void step(struct world *w)
{
    unsigned port = first_awake(w);
    uint64_t event = queue_next(w->queue);
    cr_assert(eq(u64, event, model_next(&w->model)));
    cr_assert(w->agent[port].wakes != UINT64_MAX || event != QUEUE_NEVER, "everyone waits for nothing");
    if (event <= w->agent[port].wakes) {
        fire(w);
    } else {
        w->now = w->agent[port].wakes;
        act(w, port, w->now);
    }
    if (!below(w, 100))
        withdraw_one(w);
    if (!below(w, 20000))
        drain(w);
}

static struct emu_config draw_config(struct random *random, unsigned harts, unsigned arbiter, bool is_atomic)
{
#define EITHER(a, b) (random_below(random, 2) ? (a) : (b))
    struct emu_config config = {.harts = harts, .seed = EITHER(0, random_next(random))};
    config.l1d = (struct emu_cache_config){EITHER(128, 256), EITHER(1, 2), EITHER(EMU_FIFO, EMU_RANDOM)};
    config.l1i = (struct emu_cache_config){64, 1, EMU_FIFO};
    config.bus = (struct emu_bus_config){.kind = is_atomic ? EMU_BUS_ATOMIC : EMU_BUS_SPLIT, .arbiter = arbiter};
    config.bus.arbitration_cycles = 1 + random_below(random, 3);
    config.bus.address_cycles = EITHER(10, random_below(random, 12));
    config.bus.interval_cycles = EITHER(2, 1 + random_below(random, 20));
    config.bus.beat_bytes = 1u << random_below(random, 7);
    config.bus.memory_cycles = EITHER(40, random_below(random, 60));
    config.bus.cache_cycles = EITHER(8, random_below(random, 20));
    config.bus.device_cycles = EITHER(8, 1 + random_below(random, 20));
    config.reservation.granule_bytes = 4u << random_below(random, 5);
    config.reservation.hold_cycles = EITHER(64, random_below(random, 200));
    return config;
#undef EITHER
}

static void run(unsigned harts, unsigned devices, unsigned arbiter, bool is_atomic, uint64_t seed, uint64_t steps,
                uint64_t *happened)
{
    struct world *w = calloc(1, sizeof *w);
    cr_assert(w != NULL);
    w->random.state = seed;
    w->ports = harts + devices;
    w->config = draw_config(&w->random, harts, arbiter, is_atomic);
    model_init(&w->model, &w->config, w->ports, below(w, 4) ? 4 + below(w, 12) : MODEL_LINES);
    w->queue = queue_create();
    cr_assert(caches_init(&w->caches, harts, MODEL_LINES, &w->config.l1d, &w->config.l1i, w->config.seed));
    cr_assert(reservations_init(&w->reservations, harts, w->config.reservation.granule_bytes, lost, w));
    struct bus_client client = {.context = w, .granted = granted, .lowered = lowered, .recorded = recorded};
    w->bus = bus_create(&w->config, w->ports, w->queue, &w->caches, &w->reservations, &coherence_mesi, &client);
    cr_assert(w->bus != NULL);
    for (unsigned port = 0; port < w->ports; port++)
        new_op(w, port, 0);
    while (w->steps < steps) {
        step(w);
        if (!below(w, 256))
            check_all(w);
    }
    check_all(w);
    for (unsigned kind = 0; kind < BUS_KIND_COUNT; kind++)
        happened[kind] += w->model.counts.transactions[kind];
    happened[BUS_KIND_COUNT] += w->model.counts.refused;
    happened[BUS_KIND_COUNT + 1] += w->model.counts.withdrawn;
    for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
        happened[BUS_KIND_COUNT + 2 + reason] += w->lost[reason];
    bus_destroy(w->bus);
    queue_destroy(w->queue);
    caches_finish(&w->caches);
    reservations_finish(&w->reservations);
    free(w);
}

static uint64_t first_seed(void)
{
    const char *text = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t value = text ? strtoull(text, NULL, 0) : 20260102;
    fprintf(stderr, "# LOCKSCOPE_TEST_SEED=%" PRIu64 "\n", value);
    return value;
}

#ifdef NDEBUG
enum { EVENTS = 6000000 };
#else
enum { EVENTS = 300000 };
#endif

static void run_shapes(const unsigned (*shape)[2], unsigned shapes, unsigned rounds, uint64_t events)
{
    uint64_t happened[BUS_KIND_COUNT + 2 + EMU_REASON_COUNT] = {0}; /* kinds, refusals, withdrawals, losses by reason */
    uint64_t seed = first_seed(), runs = (uint64_t)rounds * shapes * 8;
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned i = 0; i < shapes; i++)
            for (unsigned arbiter = 0; arbiter < 4; arbiter++)
                for (unsigned atomic = 0; atomic < 2; atomic++)
                    run(shape[i][0], shape[i][1], arbiter, atomic, seed++, events / runs, happened);
    static const unsigned reasons[] = {EMU_REASON_STORE, EMU_REASON_FALSE_SHARING, EMU_REASON_DMA, EMU_REASON_EXCLUSIVE,
                                       EMU_REASON_EVICTION};
    for (unsigned i = 0; i < BUS_KIND_COUNT + 2; i++)
        cr_expect(gt(u64, happened[i], events / 1000), "what %u is hardly ever tried", i);
    for (unsigned i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        cr_expect(gt(u64, happened[BUS_KIND_COUNT + 2 + reasons[i]], events / 1000), "reason %u is hardly ever the reason",
                  reasons[i]);
}

Test(bus_model, two_to_eight_harts_and_devices_do_what_the_model_does)
{
    static const unsigned shapes[][2] = {{2, 0}, {2, 1}, {3, 1}, {4, 0}, {5, 2}, {6, 0}, {7, 1}, {8, 0}};
    run_shapes(shapes, 8, 8, EVENTS);
}

Test(bus_model, more_ports_than_a_word_has_bits_do_what_the_model_does)
{
    static const unsigned shapes[][2] = {{33, 0}, {64, 0}, {64, 1}, {70, 2}, {128, 0}, {256, 3}};
    run_shapes(shapes, 6, 2, EVENTS / 20);
}
