/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Part-done instructions. A step that the hart's cache allows is done at once; for another the bus is asked, and what the step does
 * is done when the request takes effect, inside the bus's event: so that an access happens once, at its place in the order.
 */
#include "part.h"

#include "engine.h"
#include "miss.h"

enum step { STEP_DONE, STEP_GRANTED, STEP_AGAIN, STEP_WAIT, STEP_FAULT };

static unsigned instruction_cache(const struct hart *h)
{
    return 2u * h->id + 1;
}

static enum mmu_access access_of(const struct hart_part *part)
{
    switch (part->kind) {
    case PART_FETCH:
        return MMU_FETCH;
    case PART_LOAD:
    case PART_LR:
        return MMU_LOAD;
    default:
        return MMU_STORE;
    }
}

static unsigned first_bytes(const struct hart_part *part)
{
    unsigned room = (unsigned)(LINE_BYTES - part->vaddr % LINE_BYTES);
    if (part->kind == PART_FETCH)
        return 2; /* whether there is more is known once it is read */
    return part->size < room ? part->size : room;
}

static unsigned piece_bytes(const struct hart_part *part, unsigned piece)
{
    return piece ? part->size - first_bytes(part) : first_bytes(part);
}

bool part_is_split(const struct hart *h)
{
    const struct hart_part *part = &h->part;
    if (part->kind == PART_FETCH)
        return isa_length((uint16_t)part->result) == 4 && part->vaddr % LINE_BYTES == LINE_BYTES - 2;
    return first_bytes(part) < part->size;
}

static enum step fault(struct hart *h, uint8_t cause, uint64_t tval)
{
    h->part_fault = cause;
    h->part_tval = tval;
    h->part.kind = PART_NONE;
    return STEP_FAULT;
}

static void spend(struct hart *h, unsigned cycles)
{
    h->cycle += cycles;
    h->spent += cycles;
    h->stall_cycles[STALL_WALK] += cycles;
}

/* ---- rights ---- */

static uint32_t allowed_slot(const struct hart *h, unsigned cache, uint32_t line, enum stimulus stimulus)
{
    const struct caches *caches = h->shared->caches;
    if (!h->shared->timed)
        return 0; /* no caches: everything is allowed */
    uint32_t slot = cache_find(caches, cache, line);
    if (slot == CACHE_NONE)
        return CACHE_NONE;
    const struct cache_slot *held = &caches->slot[slot];
    bool hit = h->shared->coherence->row[held->state][stimulus].actions & ACTION_HIT;
    return hit && !(stimulus == STIMULUS_STORE && held->watched) ? slot : CACHE_NONE;
}

uint32_t part_readable(const struct hart *h, unsigned cache, uint32_t line)
{
    return allowed_slot(h, cache, line, STIMULUS_LOAD);
}

uint32_t part_writable(const struct hart *h, uint32_t line)
{
    return allowed_slot(h, part_data_cache(h), line, STIMULUS_STORE);
}

/* ---- requests ---- */

static enum step take_grant(struct hart *h, const struct bus_grant *grant);

static enum step ask(struct hart *h, struct bus_request *request)
{
    struct bus_grant grant;
    request->cycle = h->request_began = h->cycle;
    bool device = request->want == BUS_WANT_DEVICE_READ || request->want == BUS_WANT_DEVICE_WRITE; /* may bring new events */
    bool may_pass = h->shared->alone_until && !device && h->waits + 2 <= h->patience; /* this wait is a step, and what follows another */
    if (may_pass && bus_grant_alone(h->shared->bus, h->id, request, h->shared->alone_until, h->shared->now, &grant)) {
        queue_count(h->shared->queue);
        return take_grant(h, &grant);
    }
    h->run = HART_ACCESSING;
    bus_request(h->shared->bus, h->id, request);
    return STEP_WAIT;
}

static enum step ask_line(struct hart *h, unsigned cache, uint32_t line, enum bus_want want, unsigned offset, unsigned size, bool is_lr)
{
    miss_prefetch(h, line);
    struct bus_request request = {.offset = (uint8_t)offset, .size = (uint8_t)size};
    miss_request(h, &request, cache, line, want);
    request.is_load_reserved = is_lr;
    h->part.evicting = request.want == BUS_WANT_EVICT;
    return ask(h, &request);
}

static enum step ask_device(struct hart *h)
{
    bool write = h->part.kind == PART_STORE;
    if (h->shared->timed) {
        struct bus_request request = {.slot = CACHE_NONE, .want = write ? BUS_WANT_DEVICE_WRITE : BUS_WANT_DEVICE_READ};
        return ask(h, &request);
    }
    h->run = HART_ACCESSING;
    h->shared->access_begin(h->shared->context, h);
    return STEP_WAIT;
}

/* ---- memory ---- */

/* Of RAM or ROM, within a line. */
static uint64_t read_ram(const struct hart *h, uint64_t paddr, unsigned size)
{
    const struct memory *memory = h->shared->memory;
    const uint8_t *from = memory_host(memory, memory_page(memory, paddr)) + paddr % PAGE_BYTES;
    uint64_t value = 0;
    for (unsigned i = 0; i < size && (size & (size - 1)); i++)
        value |= (uint64_t)from[i] << 8 * i;
    return size & (size - 1) ? value : host_load((uint64_t)(uintptr_t)from, size);
}

void part_write(struct hart *h, uint32_t slot, uint64_t paddr, unsigned size, uint64_t value)
{
    struct hart_shared *shared = h->shared;
    uint32_t page = memory_page(shared->memory, paddr);
    unsigned offset = (unsigned)(paddr % PAGE_BYTES);
    if (shared->timed)
        shared->caches->slot[slot].state = shared->coherence->row[shared->caches->slot[slot].state][STIMULUS_STORE].next;
    memory_touch(shared->memory, page);
    memcpy(memory_host(shared->memory, page) + offset, &value, size);
    bool discarded = false;
    if (!shared->timed) /* else the bus has told everybody */
        discarded = store_snoop(shared, page, offset, size, h->id);
    else if (is_code_line(h, page, paddr))
        discarded = store_snoop_code(shared, page, offset, size, h->id);
    if (discarded && hart_event_wanted(shared, EMU_EVENT_CODE_DISCARDED))
        hart_emit(h, EMU_EVENT_CODE_DISCARDED, 0, paddr & ~(uint64_t)(LINE_BYTES - 1), UINT16_MAX);
    if (shared->tohost && paddr < shared->tohost + 8 && paddr + size > shared->tohost)
        shared->tohost_written(shared->context, h);
}

static uint32_t line_of(const struct hart *h, uint64_t paddr)
{
    return part_line(memory_page(h->shared->memory, paddr), paddr);
}

/* ---- translation ---- */

/* Sets A and D if the entry still is what was read. */
static void set_ad(struct hart *h, uint32_t slot, uint64_t updated)
{
    struct hart_part *part = &h->part;
    part->has_pte = read_ram(h, part->pte_paddr, 8) == part->pte;
    if (!part->has_pte)
        return;
    part_write(h, slot, part->pte_paddr, 8, updated);
    part->pte = updated;
}

static void take_step(struct hart_part *part, const struct mmu_step *step)
{
    part->level = (uint8_t)step->level;
    part->pte_paddr = step->pte_paddr;
    part->has_pte = false;
}

/* One entry of the walk. */
static enum step walk_on(struct hart *h, uint64_t vaddr)
{
    struct hart_part *part = &h->part;
    enum mmu_access access = access_of(part);
    uint32_t line = line_of(h, part->pte_paddr);
    if (!part->has_pte) {
        if (part_readable(h, part_data_cache(h), line) == CACHE_NONE)
            return ask_line(h, part_data_cache(h), line, BUS_WANT_READ, 0, 0, false);
        part->pte = read_ram(h, part->pte_paddr, 8);
        part->has_pte = true;
        spend(h, h->shared->timed ? h->shared->pipeline.walk_cycles : 0);
    }
    struct mmu_step step = mmu_walk_next(h, vaddr, access, part->level, part->pte_paddr, part->pte);
    uint32_t slot;
    switch (step.next) {
    case MMU_STEP_FAULT:
        return fault(h, step.fault, vaddr);
    case MMU_STEP_READ:
        take_step(part, &step);
        return STEP_DONE;
    case MMU_STEP_UPDATE:
        store_mark_slow(h->shared, memory_page(h->shared->memory, part->pte_paddr), (unsigned)(part->pte_paddr % PAGE_BYTES / LINE_BYTES));
        slot = part_writable(h, line);
        if (slot == CACHE_NONE)
            return ask_line(h, part_data_cache(h), line, BUS_WANT_OWN, (unsigned)(part->pte_paddr % LINE_BYTES), 8, false);
        set_ad(h, slot, step.pte);
        return STEP_DONE;
    default:
        mmu_walk_finish(h, vaddr, access, part->level, part->pte);
        part->walking = false;
        return STEP_DONE;
    }
}

/* Is the piece's place one where this access can be? */
static enum step check_place(struct hart *h, unsigned piece, uint64_t vaddr)
{
    const struct hart_part *part = &h->part;
    static const uint8_t faults[] = {[MMU_FETCH] = ISA_TRAP_FETCH_ACCESS, [MMU_LOAD] = ISA_TRAP_LOAD_ACCESS,
                                     [MMU_STORE] = ISA_TRAP_STORE_ACCESS};
    uint32_t page = memory_page(h->shared->memory, part->paddr[piece]);
    bool is_plain = part->kind == PART_LOAD || part->kind == PART_STORE;
    bool needs_ram = part->kind != PART_LOAD && part->kind != PART_FETCH;
    bool is_memory = page != NO_PAGE && (!needs_ram || memory_is_ram(h->shared->memory, page));
    if (is_memory || (is_plain && part->vaddr % part->size == 0))
        return STEP_DONE;
    return fault(h, faults[access_of(part)], vaddr);
}

static enum step translate(struct hart *h, unsigned piece)
{
    struct hart_part *part = &h->part;
    uint64_t vaddr = part->vaddr + (piece ? first_bytes(part) : 0);
    unsigned bytes = part->kind == PART_FETCH ? 2 : piece_bytes(part, piece);
    for (;;) {
        if (part->walking) {
            enum step step = walk_on(h, vaddr);
            if (step != STEP_DONE)
                return step;
            continue;
        }
        struct mmu_result where = mmu_translate_cached(h, vaddr, bytes, access_of(part));
        if (where.ok) {
            part->paddr[piece] = where.paddr;
            return check_place(h, piece, vaddr);
        }
        if (!where.needs_walk)
            return fault(h, where.fault, vaddr);
        struct mmu_step step = mmu_walk_begin(h, vaddr, access_of(part));
        h->shared->walks++;
        if (step.next == MMU_STEP_FAULT)
            return fault(h, step.fault, vaddr);
        part->walking = true;
        take_step(part, &step);
    }
}

/* ---- the access itself ---- */

static void perform_fetch(struct hart *h, unsigned piece)
{
    struct hart_part *part = &h->part;
    uint64_t paddr = part->paddr[piece];
    if (piece) {
        part->result |= read_ram(h, paddr, 2) << 16;
        return;
    }
    part->result = read_ram(h, paddr, 2);
    if (isa_length((uint16_t)part->result) == 4 && !part_is_split(h))
        part->result |= read_ram(h, paddr + 2, 2) << 16;
}

static void perform_lr(struct hart *h)
{
    struct hart_part *part = &h->part;
    uint32_t page = memory_page(h->shared->memory, part->paddr[0]);
    part->result = read_ram(h, part->paddr[0], part->size);
    miss_note_read(h, part->paddr[0], part->size);
    reservation_take(h->reservations, h->id, part->paddr[0], part->size);
    const struct emu_reservation_config *config = &h->shared->reservation;
    bool is_short = !config->strict && config->fill == EMU_FILL_SHARED && config->failures_per_million == 0;
    if (is_short && !is_code_line(h, page, part->paddr[0]))
        h->reservation->key = (uint64_t)(uintptr_t)memory_host(h->shared->memory, page) + part->paddr[0] % PAGE_BYTES;
}

static uint64_t draw(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

static void fail_sc(struct hart *h, unsigned reason)
{
    reservation_end(h->reservations, h->id, EMU_REASON_OWN_SC, h->id);
    h->sc_failed[reason]++;
    h->part.result = 1;
    if (hart_event_wanted(h->shared, EMU_EVENT_SC_FAILED))
        hart_emit(h, EMU_EVENT_SC_FAILED, reason, h->part.paddr[0], UINT16_MAX);
}

static void perform_sc(struct hart *h, uint32_t slot)
{
    struct hart_part *part = &h->part;
    unsigned failures = h->shared->reservation.failures_per_million;
    if (failures && (draw(&h->random) >> 32) % 1000000 < failures) {
        fail_sc(h, EMU_REASON_INJECTED);
        return;
    }
    part_write(h, slot, part->paddr[0], part->size, part->value);
    reservation_end(h->reservations, h->id, EMU_REASON_OWN_SC, h->id);
    h->sc_done++;
    part->result = 0;
}

static void perform(struct hart *h, unsigned piece, uint32_t slot)
{
    struct hart_part *part = &h->part;
    uint64_t paddr = part->paddr[piece];
    unsigned bytes = piece_bytes(part, piece), shift = piece ? 8 * first_bytes(part) : 0;
    switch (part->kind) {
    case PART_FETCH:
        perform_fetch(h, piece);
        return;
    case PART_LOAD:
        part->result |= read_ram(h, paddr, bytes) << shift;
        miss_note_read(h, paddr, bytes);
        break;
    case PART_STORE:
        part_write(h, slot, paddr, bytes, part->value >> shift);
        if (h->shared->reservation.own_store_clears && reservation_touches(h->reservations, h->id, paddr, bytes))
            reservation_end(h->reservations, h->id, EMU_REASON_OWN_STORE, h->id);
        break;
    case PART_LR:
        perform_lr(h);
        break;
    case PART_SC:
        perform_sc(h, slot);
        break;
    default: /* PART_AMO */
        part->result = read_ram(h, paddr, bytes);
        miss_note_read(h, paddr, bytes);
        part_write(h, slot, paddr, bytes, engine_amo_result(part->op, part->result, part->value));
    }
    miss_fill_tables(h, part->vaddr + (piece ? first_bytes(part) : 0), paddr, slot);
}

static bool is_at_device(const struct hart *h, uint32_t page)
{
    return page == NO_PAGE || (h->part.kind == PART_STORE && !memory_is_ram(h->shared->memory, page));
}

static bool owns_line(const struct hart *h)
{
    if (h->part.kind == PART_LR)
        return h->shared->reservation.fill == EMU_FILL_EXCLUSIVE;
    return h->part.kind != PART_LOAD && h->part.kind != PART_FETCH;
}

/* The access of one piece: at once, or by a request. */
static enum step access(struct hart *h, unsigned piece)
{
    struct hart_part *part = &h->part;
    uint64_t paddr = part->paddr[piece];
    uint32_t page = memory_page(h->shared->memory, paddr);
    if (part->kind == PART_FETCH) {
        uint32_t line = part_line(page, paddr), slot = part_readable(h, instruction_cache(h), line);
        if (slot == CACHE_NONE)
            return ask_line(h, instruction_cache(h), line, BUS_WANT_READ, 0, 0, false);
        perform(h, piece, slot);
        return STEP_DONE;
    }
    if (is_at_device(h, page))
        return ask_device(h);
    uint32_t line = part_line(page, paddr);
    bool is_lr = part->kind == PART_LR;
    if (is_lr || part->kind == PART_SC || part->kind == PART_AMO)
        store_mark_slow(h->shared, page, (unsigned)(paddr % PAGE_BYTES / LINE_BYTES));
    if (part->kind == PART_SC && !reservation_covers(h->reservations, h->id, paddr, part->size)) {
        fail_sc(h, h->reservation->size ? EMU_REASON_NONE : h->reservation->lost);
        return STEP_DONE;
    }
    bool owns = owns_line(h);
    uint32_t slot = owns ? part_writable(h, line) : part_readable(h, part_data_cache(h), line);
    if (slot == CACHE_NONE)
        return ask_line(h, part_data_cache(h), line, owns ? BUS_WANT_OWN : BUS_WANT_READ, (unsigned)(paddr % LINE_BYTES),
                        piece_bytes(part, piece), is_lr);
    perform(h, piece, slot);
    return STEP_DONE;
}

/* ---- the order of the steps ---- */

/* The stage that just ended is behind. False: it was the last. */
static bool advance(struct hart *h)
{
    struct hart_part *part = &h->part;
    bool fetch = part->kind == PART_FETCH, split = part_is_split(h);
    switch (part->stage) {
    case PART_TRANSLATE_FIRST:
        part->stage = split && !fetch ? PART_TRANSLATE_SECOND : PART_ACCESS_FIRST;
        return true;
    case PART_TRANSLATE_SECOND:
        part->stage = fetch ? PART_ACCESS_SECOND : PART_ACCESS_FIRST;
        return true;
    case PART_ACCESS_FIRST:
        part->stage = fetch ? PART_TRANSLATE_SECOND : PART_ACCESS_SECOND;
        return split;
    default:
        return false;
    }
}

enum part_result part_go(struct hart *h)
{
    bool granted, more;
    do {
        enum step step = STEP_DONE;
        switch (h->part.stage) {
        case PART_TRANSLATE_FIRST:
            step = translate(h, 0);
            break;
        case PART_TRANSLATE_SECOND:
            step = translate(h, 1);
            break;
        case PART_ACCESS_FIRST:
            step = access(h, 0);
            break;
        case PART_ACCESS_SECOND:
            step = access(h, 1);
            break;
        }
        if (step == STEP_WAIT)
            return PART_WAIT;
        if (step == STEP_FAULT)
            return PART_FAULT;
        granted = step == STEP_GRANTED;
        more = step == STEP_AGAIN || advance(h);
        if (more && h->waits && h->cycle >= h->shared->alone_until)
            return PART_LATER;
    } while (more);
    return granted ? PART_GRANTED : PART_DONE;
}

void part_apply(struct hart *h)
{
    const struct hart_part *part = &h->part;
    enum part_kind kind = part->kind;
    h->part.kind = PART_NONE;
    switch (kind) {
    case PART_LOAD:
        engine_load_result(h, part->op, part->rd, part->result);
        return;
    case PART_LR:
    case PART_AMO:
        h->x[part->rd] = sign_extend(part->result, part->size);
        return;
    case PART_SC:
        h->x[part->rd] = part->result;
        return;
    default:
        return;
    }
}

/* ---- what comes from outside ---- */

/* Behind the last step, inside an event: the instruction retires; a fetch leaves its bits, if they are needed. */
static void finish(struct hart *h)
{
    if (h->part.kind == PART_FETCH) {
        bool split = part_is_split(h);
        h->part.kind = split ? PART_FETCHED : PART_NONE;
        return;
    }
    h->pc += h->part.len;
    h->cycle += h->part.bubble ? h->shared->pipeline.load_use_cycles : 0;
    h->instret++;
    part_apply(h);
}

static void trap(struct hart *h)
{
    hart_trap(h, h->part_fault, h->part_tval, h->pc);
}

static enum hart_stall stall_of(const struct hart_part *part, enum bus_kind kind)
{
    if (part->kind == PART_FETCH && !part->walking)
        return STALL_FETCH;
    if (part->walking)
        return STALL_WALK;
    if (kind == BUS_DEVICE_READ || kind == BUS_DEVICE_WRITE)
        return STALL_DEVICE;
    if (part->kind == PART_LR || part->kind == PART_SC)
        return STALL_RESERVATION;
    if (part->kind == PART_LOAD)
        return STALL_LOAD;
    return kind == BUS_UPGRADE ? STALL_UPGRADE : STALL_STORE;
}

enum hart_stall hart_stands_for(const struct hart *h)
{
    if (h->run != HART_ACCESSING)
        return h->run == HART_WAITING ? STALL_IDLE : STALL_HALTED;
    bool at_device = h->part.kind != PART_FETCH && h->part.stage == PART_ACCESS_FIRST && !h->part.walking &&
                     is_at_device(h, memory_page(h->shared->memory, h->part.paddr[0]));
    return stall_of(&h->part, at_device ? BUS_DEVICE_READ : BUS_READ);
}

static enum emu_miss miss_of(const struct hart_part *part)
{
    static const uint8_t kinds[] = {[PART_LOAD] = EMU_MISS_LOAD, [PART_STORE] = EMU_MISS_STORE, [PART_LR] = EMU_MISS_ATOMIC,
                                    [PART_SC] = EMU_MISS_ATOMIC, [PART_AMO] = EMU_MISS_ATOMIC, [PART_FETCH] = EMU_MISS_FETCH};
    return part->walking ? EMU_MISS_WALK : kinds[part->kind];
}

static enum step finish_device(struct hart *h, uint64_t cycle)
{
    uint64_t value = h->part.value;
    h->device_accesses++;
    if (!h->shared->device_access(h->shared->context, h, cycle, &value))
        return fault(h, h->part.kind == PART_STORE ? ISA_TRAP_STORE_ACCESS : ISA_TRAP_LOAD_ACCESS, h->part.vaddr);
    h->part.result = value;
    return STEP_GRANTED;
}

void hart_access_due(struct hart *h, uint64_t cycle)
{
    h->run = HART_RUNNING;
    if (finish_device(h, cycle) == STEP_FAULT)
        trap(h);
    else
        finish(h);
}

/* The step that waited is done now. */
static enum step grant_step(struct hart *h, const struct bus_grant *grant)
{
    struct hart_part *part = &h->part;
    unsigned piece = part->stage == PART_ACCESS_SECOND;
    if (part->walking) {
        if (!part->has_pte) {
            part->pte = read_ram(h, part->pte_paddr, 8);
            part->has_pte = true;
        } else {
            uint64_t vaddr = part->vaddr + (part->stage == PART_TRANSLATE_SECOND ? first_bytes(part) : 0);
            struct mmu_step step = mmu_walk_next(h, vaddr, access_of(part), part->level, part->pte_paddr, part->pte);
            if (step.next == MMU_STEP_UPDATE)
                set_ad(h, grant->slot, step.pte);
        }
        return STEP_AGAIN;
    }
    if (grant->kind == BUS_DEVICE_READ || grant->kind == BUS_DEVICE_WRITE)
        return finish_device(h, grant->effect);
    perform(h, piece, grant->slot);
    return STEP_GRANTED;
}

/* Clock, counts and the step itself. STEP_AGAIN: the stage is not done yet. */
static enum step be_granted(struct hart *h, const struct bus_grant *grant)
{
    enum hart_stall stall = stall_of(&h->part, grant->kind);
    h->stall_cycles[stall] += grant->done - h->request_began;
    miss_count(h, grant->kind, miss_of(&h->part));
    h->cycle = grant->effect;
    if (h->part.evicting) { /* there is room now: on to what it was made for, in this same cycle */
        h->part.evicting = false;
        return STEP_AGAIN;
    }
    enum step step = grant_step(h, grant);
    h->cycle = grant->done;
    return step;
}

/* A grant that did not have to be waited for. */
static enum step take_grant(struct hart *h, const struct bus_grant *grant)
{
    uint64_t began = h->cycle;
    h->waits += !h->part.evicting; /* the write-back and what it is for are one wait */
    enum step step = be_granted(h, grant);
    h->spent += (uint32_t)(h->cycle - began);
    return step;
}

void hart_granted(struct hart *h, const struct bus_grant *grant)
{
    if (LIKELY(miss_is_plain(h, grant))) {
        miss_granted(h, grant);
        return;
    }
    bool evicted = h->part.evicting;
    h->run = HART_RUNNING;
    enum step step = be_granted(h, grant);
    if (evicted)
        part_go(h); /* nothing but the request that had to wait */
    else if (step == STEP_FAULT)
        trap(h);
    else if (step == STEP_GRANTED && !advance(h))
        finish(h);
}

bool hart_reservation_lost(struct hart *h, uint64_t cycle)
{
    bool waits = h->run == HART_ACCESSING && h->part.kind == PART_SC && h->part.stage == PART_ACCESS_FIRST;
    if (!waits || !bus_is_pending(h->shared->bus, h->id))
        return false;
    bus_withdraw(h->shared->bus, h->id);
    h->run = HART_RUNNING;
    hart_pass(h, cycle, STALL_RESERVATION);
    h->part.evicting = false;
    fail_sc(h, h->reservation->lost);
    finish(h);
    return true;
}
