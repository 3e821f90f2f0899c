/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bus: requests, slots, time. One event of the queue is scheduled, for the next slot's effect; when it fires, the arbiter
 * chooses among the requests that are eligible at the slot (pending.h), the effect is applied (snoop.h), data gets its windows
 * (data_bus.h). The horizon of the pending requests is the first cycle at which the address bus is free.
 */
#include <mem/bus.h>

#include "arbiter.h"
#include "data_bus.h"
#include "pending.h"
#include "snoop.h"

#include <assert.h>
#include <limits.h>
#include <mem/memory.h>
#include <stdlib.h>
#include <string.h>

struct port {
    struct bus_request request;
    uint64_t free_at;    /* the next request may be made at; only asserted */
    uint64_t hold_until; /* others' requests for hold_line are refused before this cycle while the reservation lasts */
    uint32_t hold_line;
    struct bus_port_counts counts;
};

/* What a kind of transaction needs of the data bus. */
struct data_need {
    uint32_t wait_cycles[2]; /* behind the effect, when memory and when a cache has the data */
    uint16_t beats;
    bool is_line;            /* a line is delivered */
    bool is_waited_for;      /* the agent goes on behind the data, not at the effect */
};

struct bus {
    struct pending pending;
    struct arbiter arbiter;
    struct data_bus data;
    struct snoop snoop;
    struct port *port;
    uint64_t *cycle; /* of the requests, by port */
    struct queue *queue;
    int event;
    unsigned ports;
    uint64_t hold_end;                /* no hold window reaches beyond; derived */
    bool is_atomic;
    bool is_deciding; /* the next event is not to be scheduled yet */
    bool is_draining;
    unsigned latency, interval, hold_cycles;
    struct data_need need[BUS_KIND_COUNT];
    uint64_t seed;
    struct bus_counts counts;
};

/* A request whose turn has come. */
struct turn {
    const struct bus_request *request; /* good until the port is told */
    unsigned port;
    uint32_t entry; /* of its line among the pending ones; PENDING_NO_LINE: not known */
    enum bus_kind kind;
    uint32_t slot; /* of a cache */
    uint64_t granted, effect, done;
    uint64_t end; /* of its data too */
    unsigned beats;
};

static queue_action fire;

static void make_needs(struct bus *bus, const struct emu_bus_config *config)
{
    const uint16_t beats = (uint16_t)(LINE_BYTES / config->beat_bytes);
    const struct data_need line = {{config->memory_cycles, config->cache_cycles}, beats, true, true};
    const struct data_need device = {{config->device_cycles - 1, config->device_cycles - 1}, 1, false, true};
    bus->need[BUS_READ] = bus->need[BUS_READ_X] = bus->need[BUS_DMA_READ] = line;
    bus->need[BUS_DEVICE_READ] = bus->need[BUS_DEVICE_WRITE] = device;
    bus->need[BUS_UPGRADE] = (struct data_need){.is_waited_for = true};
    bus->need[BUS_WRITE_BACK] = (struct data_need){.beats = beats};
    bus->need[BUS_DMA_WRITE] = (struct data_need){.beats = beats, .is_waited_for = true};
}

struct bus *bus_create(const struct emu_config *config, unsigned ports, struct queue *queue, struct caches *caches,
                       struct reservations *reservations, const struct coherence *coherence, const struct bus_client *client)
{
    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return NULL;
    const struct emu_bus_config *c = &config->bus;
    bus->snoop = (struct snoop){caches, reservations, coherence, *client, NULL};
    assert(shadow_make(&bus->snoop.shadow, caches, coherence, client->lines));
    bus->queue = queue;
    bus->ports = ports;
    bus->is_atomic = c->kind == EMU_BUS_ATOMIC;
    bus->latency = c->arbitration_cycles + c->address_cycles;
    bus->interval = c->interval_cycles;
    make_needs(bus, c);
    bus->hold_cycles = config->reservation.hold_cycles;
    bus->seed = config->seed;
    arbiter_init(&bus->arbiter, c->arbiter, ports, config->seed);
    bus->port = calloc(ports, sizeof *bus->port);
    bus->cycle = calloc(ports, sizeof *bus->cycle);
    bool has_parts = pending_init(&bus->pending, ports) && data_bus_init(&bus->data, ports) && bus->port && bus->cycle;
    bus->event = has_parts ? queue_add(queue, QUEUE_BUS, 0, fire, bus) : -1;
    if (bus->event < 0) {
        bus_destroy(bus);
        return NULL;
    }
    queue_keep_apart(queue, bus->event);
    return bus;
}

void bus_destroy(struct bus *bus)
{
    if (!bus)
        return;
    pending_finish(&bus->pending);
    data_bus_finish(&bus->data);
    shadow_destroy(bus->snoop.shadow);
    free(bus->port);
    free(bus->cycle);
    free(bus);
}

/* ---- requests ---- */

static void reschedule(struct bus *bus)
{
    if (bus->is_deciding)
        return;
    uint64_t slot = pending_next(&bus->pending);
    queue_schedule_apart(bus->queue, bus->event, slot == UINT64_MAX ? QUEUE_NEVER : slot + bus->latency);
}

static uint32_t line_of(const struct bus_request *request)
{
    return request->want == BUS_WANT_DEVICE_READ || request->want == BUS_WANT_DEVICE_WRITE ? PENDING_NO_LINE : request->line;
}

void bus_request(struct bus *bus, unsigned port, const struct bus_request *request)
{
    assert(port < bus->ports && request->cycle >= bus->port[port].free_at);
    assert(request->want != BUS_WANT_OWN && request->want != BUS_WANT_DMA_WRITE
               ? true
               : request->size > 0 && request->offset + request->size <= LINE_BYTES);
    bus->port[port].request = *request;
    bus->cycle[port] = request->cycle;
    pending_add(&bus->pending, port, line_of(request), request->cycle);
    uint64_t due = queue_when(bus->queue, bus->event);
    if (due == QUEUE_NEVER || request->cycle + bus->latency < due) /* else the next slot stays what it is */
        reschedule(bus);
}

void bus_withdraw(struct bus *bus, unsigned port)
{
    if (!pending_has(&bus->pending, port))
        return;
    pending_remove(&bus->pending, port);
    bus->counts.withdrawn += !bus->is_draining;
    reschedule(bus);
}

bool bus_is_pending(const struct bus *bus, unsigned port)
{
    return pending_has(&bus->pending, port);
}

/* ---- hold windows ---- */

/* Does another port's hold window refuse this request? */
static bool is_refused(const struct bus *bus, const struct turn *turn)
{
    const struct caches *caches = bus->snoop.caches;
    if (turn->effect >= bus->hold_end || line_of(turn->request) == PENDING_NO_LINE || turn->kind == BUS_WRITE_BACK)
        return false;
    uint32_t line = turn->request->line;
    for (uint32_t slot = cache_first_holder(caches, line); slot != CACHE_NONE; slot = caches->slot[slot].next) {
        unsigned owner = caches->slot[slot].cache >> 1;
        if ((caches->slot[slot].cache & 1) || owner == turn->port)
            continue;
        const struct port *port = &bus->port[owner];
        if (port->hold_line == line && turn->effect < port->hold_until &&
            reservation_touches(bus->snoop.reservations, owner, snoop_line_address(line), LINE_BYTES))
            return true;
    }
    return false;
}

static void begin_hold(struct bus *bus, const struct turn *turn)
{
    if (turn->request->want != BUS_WANT_OWN || !turn->request->is_load_reserved || bus->hold_cycles == 0)
        return;
    bus->port[turn->port].hold_line = turn->request->line;
    bus->port[turn->port].hold_until = turn->done + bus->hold_cycles;
    if (bus->hold_end < turn->done + bus->hold_cycles)
        bus->hold_end = turn->done + bus->hold_cycles;
}

/* ---- a turn ---- */

static void take_data(struct bus *bus, struct turn *turn, bool from_cache)
{
    const struct data_need *need = &bus->need[turn->kind];
    bus->counts.from_cache += need->is_line & from_cache;
    bus->counts.from_memory += need->is_line & !from_cache;
    turn->beats = need->beats;
    turn->end = need->beats ? data_bus_take(&bus->data, turn->effect + need->wait_cycles[from_cache], need->beats) : turn->effect;
    turn->done = need->is_waited_for ? turn->end : turn->effect;
}

static void count(struct bus *bus, const struct turn *turn, struct snoop_answer answer)
{
    struct bus_port_counts *of_port = &bus->port[turn->port].counts;
    bus->counts.transactions[turn->kind]++;
    bus->counts.invalidations += answer.invalidations;
    bus->counts.address_cycles += bus->is_atomic ? turn->end - turn->granted : bus->interval;
    bus->counts.data_cycles += bus->is_atomic ? turn->end - turn->granted : turn->beats;
    of_port->transactions++;
    of_port->waited_cycles += turn->granted - turn->request->cycle;
    of_port->data_cycles += turn->beats;
}

static void record(struct bus *bus, const struct turn *turn, struct snoop_answer answer)
{
    if (!bus->snoop.client.recorded)
        return;
    struct bus_record record = {.kind = turn->kind,
                                .port = (uint16_t)turn->port,
                                .line = line_of(turn->request),
                                .requested = turn->request->cycle,
                                .granted = turn->granted,
                                .effect = turn->effect,
                                .done = turn->done,
                                .from_cache = answer.actions & ACTION_SUPPLY,
                                .sharers = answer.sharers};
    bus->snoop.client.recorded(bus->snoop.client.context, &record);
}

static void tell(struct bus *bus, const struct turn *turn)
{
    bus->port[turn->port].free_at = turn->done;
    struct bus_grant grant = {turn->kind, turn->slot, turn->effect, turn->done};
    bus->snoop.client.granted(bus->snoop.client.context, turn->port, &grant);
}

/* The first cycle at which the address bus is free again. */
static void pass_slot(struct bus *bus, const struct turn *turn)
{
    uint64_t address_free = turn->granted + bus->interval;
    if (bus->is_atomic)
        address_free = turn->end;
    pending_release(&bus->pending, address_free);
    data_bus_forget(&bus->data, address_free + bus->latency);
}

/* The request takes its slot in vain and will try again. */
static void refuse(struct bus *bus, struct turn *turn)
{
    turn->end = turn->effect;
    bus->counts.refused++;
    bus->counts.address_cycles += bus->is_atomic ? bus->latency : bus->interval;
    bus->counts.data_cycles += bus->is_atomic ? bus->latency : 0;
    pending_add(&bus->pending, turn->port, line_of(turn->request), turn->effect);
    pass_slot(bus, turn);
}

static void transact(struct bus *bus, struct turn *turn)
{
    struct snoop_answer answer = snoop_apply(&bus->snoop, turn->request, turn->kind, turn->port, &turn->slot);
    take_data(bus, turn, answer.actions & ACTION_SUPPLY);
    if (turn->entry != PENDING_NO_LINE)
        pending_busy_entry(&bus->pending, turn->entry, turn->end);
    else if (line_of(turn->request) != PENDING_NO_LINE)
        pending_busy(&bus->pending, turn->request->line, turn->end);
    begin_hold(bus, turn);
    pass_slot(bus, turn);
    count(bus, turn, answer);
    record(bus, turn, answer);
}

static void begin_turn(struct bus *bus, struct turn *turn, uint32_t port, uint32_t entry, uint64_t granted, uint64_t effect)
{
    turn->request = &bus->port[port].request;
    turn->port = port;
    turn->entry = entry;
    turn->granted = granted;
    turn->effect = turn->done = turn->end = effect;
    turn->kind = snoop_kind(&bus->snoop, turn->request, &turn->slot);
}

static bool choose(struct bus *bus, uint64_t granted, uint64_t effect, struct turn *turn)
{
    uint32_t port = arbiter_choose(&bus->arbiter, bus->pending.eligible, bus->cycle);
    if (port == ARBITER_NOBODY)
        return false;
    begin_turn(bus, turn, port, pending_take(&bus->pending, port), granted, effect);
    return true;
}

/* The first choice of a slot. Mostly there is but one. */
static bool choose_first(struct bus *bus, uint64_t granted, uint64_t effect, struct turn *turn)
{
    uint32_t port = pending_take_only(&bus->pending, granted);
    if (port == PENDING_NOBODY) {
        pending_release(&bus->pending, granted);
        return choose(bus, granted, effect, turn);
    }
    arbiter_choose_only(&bus->arbiter, port);
    begin_turn(bus, turn, port, PENDING_NO_LINE, granted, effect);
    return true;
}

/* The effect of a slot is due. Requests that need no transaction are granted on the way and leave the slot to the next. */
static void fire(void *context, unsigned id, uint64_t cycle)
{
    struct bus *bus = context;
    struct turn turn;
    const uint64_t granted = cycle - bus->latency;
    bool is_granted = false;
    bus->is_deciding = true;
    for (bool has = choose_first(bus, granted, cycle, &turn); has; has = choose(bus, granted, cycle, &turn)) {
        if (turn.kind == BUS_NOTHING) {
            snoop_apply(&bus->snoop, turn.request, BUS_NOTHING, turn.port, &turn.slot);
            begin_hold(bus, &turn);
            tell(bus, &turn);
            continue;
        }
        is_granted = cycle >= bus->hold_end || !is_refused(bus, &turn);
        if (is_granted)
            transact(bus, &turn);
        else
            refuse(bus, &turn);
        break;
    }
    if (is_granted)
        tell(bus, &turn);
    bus->is_deciding = false; /* once, with what the client asks for in answer */
    reschedule(bus);
}

bool bus_grant_alone(struct bus *bus, unsigned port, const struct bus_request *request, uint64_t before, uint64_t *now,
                     struct bus_grant *ret_grant)
{
    if (!pending_is_empty(&bus->pending))
        return false;
    uint64_t slot = pending_slot(&bus->pending, line_of(request), request->cycle), effect = slot + bus->latency;
    if (effect >= before)
        return false;
    struct turn turn = {.request = request, .port = port, .entry = PENDING_NO_LINE, .granted = slot, .effect = effect, .done = effect,
                        .end = effect};
    turn.kind = snoop_kind(&bus->snoop, request, &turn.slot);
    if (turn.kind != BUS_NOTHING && is_refused(bus, &turn))
        return false;
    *now = effect;
    arbiter_choose_only(&bus->arbiter, port);
    bus->port[port].request = *request;
    bus->is_deciding = true;
    pending_release(&bus->pending, slot);
    if (turn.kind == BUS_NOTHING) {
        snoop_apply(&bus->snoop, turn.request, BUS_NOTHING, port, &turn.slot);
        begin_hold(bus, &turn);
    } else {
        transact(bus, &turn);
    }
    bus->is_deciding = false;
    bus->port[port].free_at = turn.done;
    *ret_grant = (struct bus_grant){turn.kind, turn.slot, turn.effect, turn.done};
    return true;
}

/* ---- all at once ---- */

static void forget_all(struct bus *bus)
{
    pending_clear(&bus->pending);
    data_bus_clear(&bus->data);
    for (unsigned port = 0; port < bus->ports; port++)
        bus->port[port].hold_until = bus->port[port].free_at = 0;
    bus->hold_end = 0;
    bus->is_deciding = bus->is_draining = false;
    queue_schedule(bus->queue, bus->event, QUEUE_NEVER);
}

void bus_drain(struct bus *bus, uint64_t cycle)
{
    struct turn turn;
    assert(!bus->is_deciding);
    bus->is_deciding = bus->is_draining = true;
    pending_release(&bus->pending, UINT64_MAX);
    while (choose(bus, cycle, cycle, &turn)) {
        snoop_apply(&bus->snoop, turn.request, turn.kind, turn.port, &turn.slot);
        tell(bus, &turn);
    }
    forget_all(bus);
}

void bus_reset(struct bus *bus)
{
    forget_all(bus);
    arbiter_init(&bus->arbiter, bus->arbiter.kind, bus->ports, bus->seed);
}

/* ---- inspection ---- */

unsigned bus_latency_cycles(const struct bus *bus)
{
    return bus->latency;
}

unsigned bus_ports(const struct bus *bus)
{
    return bus->ports;
}

bool bus_copies_hold(const struct bus *bus)
{
    return shadow_holds(bus->snoop.shadow);
}

const struct bus_counts *bus_counts(const struct bus *bus)
{
    return &bus->counts;
}

const struct bus_port_counts *bus_port_counts(const struct bus *bus, unsigned port)
{
    return &bus->port[port].counts;
}

const char *bus_kind_name(unsigned kind)
{
    static const char *const names[] = {
#define BUS_KIND(name, text, meaning) text,
#include <emu/bus_kind.def>
#undef BUS_KIND
    };
    return kind < BUS_KIND_COUNT ? names[kind] : "?";
}

void bus_listen(struct bus *bus, void (*recorded)(void *context, const struct bus_record *record))
{
    bus->snoop.client.recorded = recorded;
}

const struct bus_request *bus_request_of(const struct bus *bus, unsigned port)
{
    return pending_has(&bus->pending, port) ? &bus->port[port].request : NULL;
}

uint64_t bus_busy_until(const struct bus *bus, uint32_t line)
{
    uint64_t slot = pending_slot(&bus->pending, line, 0);
    return slot > bus->pending.horizon ? slot : 0;
}

static void request_state(struct state *s, struct bus_request *request)
{
    bool fills = request->want == BUS_WANT_READ || request->want == BUS_WANT_OWN;
    state_u64(s, "cycle", &request->cycle);
    state_u8(s, "want", &request->want);
    if (line_of(request) != PENDING_NO_LINE)
        state_u32(s, "line", &request->line);
    if (fills || request->want == BUS_WANT_EVICT)
        state_u32(s, "slot", &request->slot);
    if (fills)
        state_u16(s, "cache", &request->cache);
    if (request->want == BUS_WANT_OWN || request->want == BUS_WANT_DMA_WRITE) {
        state_u8(s, "offset", &request->offset);
        state_u8(s, "size", &request->size);
        state_bool(s, "load-reserved", &request->is_load_reserved);
    }
}

void bus_state(struct state *s, struct bus *bus)
{
    state_open(s, "bus", 0);
    arbiter_state(s, &bus->arbiter);
    pending_state(s, &bus->pending);
    data_bus_state(s, &bus->data);
    for (unsigned n = 0; n < bus->ports; n++) {
        struct port *port = &bus->port[n];
        state_open(s, "port", n);
        if (pending_has(&bus->pending, n)) {
            request_state(s, &port->request);
            if (bus->pending.port[n].ready > bus->pending.horizon) /* else it is ready, refused before or not */
                state_u64(s, "ready", &bus->pending.port[n].ready);
        }
        if (port->hold_until > bus->pending.horizon + bus->latency) {
            state_u64(s, "hold-until", &port->hold_until);
            state_u32(s, "hold-line", &port->hold_line);
        }
        state_close(s);
    }
    state_close(s);
}
