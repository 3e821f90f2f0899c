/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine's parts and how they are wired: made, connected, reset, serialised.
 */
#include "machine.h"

#include <assert.h>
#include <emu/platform.h>
#include <hart/code_cache.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ids of (QUEUE_DEVICE, id) slots */
enum { DEVICE_ID_UART, DEVICE_ID_RTC, DEVICE_ID_HTIF, DEVICE_ID_HTIF_STORE, DEVICE_ID_VIRTIO,
       DEVICE_ID_ACLINT = DEVICE_ID_VIRTIO + EMU_VIRTIO_SLOTS };

/* ---- configuration ---- */

static bool copy_image(struct boot_image *image, const void *bytes, size_t size)
{
    if (!bytes)
        return true;
    image->bytes = malloc(size ? size : 1);
    image->size = size;
    if (image->bytes && size)
        memcpy(image->bytes, bytes, size);
    return image->bytes != NULL;
}

/* ---- wiring ---- */

uint64_t machine_line_address(const struct emu_machine *m, uint32_t line)
{
    return memory_paddr(&m->memory, line / LINES_PER_PAGE) + line % LINES_PER_PAGE * LINE_BYTES;
}

bool machine_stops_at(const struct emu_machine *m, const struct emu_event *event)
{
    bool is_filtered = false;
    if (!(m->stop_on & EMU_EVENT_BIT(event->kind)))
        return false;
    for (unsigned i = 0; i < m->filter_count; i++) {
        const struct stop_filter *filter = &m->filters[i];
        if (filter->kind != event->kind)
            continue;
        is_filtered = true;
        if ((filter->hart == EMU_ANY_HART || filter->hart == event->hart) && (filter->any_a || filter->a == event->a))
            return true;
    }
    return !is_filtered;
}

void machine_emit(void *context, const struct emu_event *event)
{
    struct emu_machine *m = context;
    uint64_t bit = EMU_EVENT_BIT(event->kind);
    if (!(m->shared.events_wanted & bit))
        return;
    if (sc_log_wants(&m->sc_log) & bit)
        sc_log_hear(&m->sc_log, event);
    bool is_stop = machine_stops_at(m, event);
    if (!is_stop && !(m->selected & bit))
        return;
    ring_put(&m->ring, event);
    if (is_stop)
        ring_put(&m->stops, event);
    bool is_urgent = !ring_is_empty(&m->stops) || !ring_has_room(&m->ring);
    if (is_urgent && event->hart < m->config.harts)
        m->harts[event->hart].attention = true;
    if (is_urgent && event->other < m->config.harts)
        m->harts[event->other].attention = true;
}

static void emit_lost(void *context, unsigned agent, enum emu_reason reason, uint64_t address, unsigned by)
{
    struct emu_machine *m = context;
    bool device = by >= m->config.harts;
    uint64_t cycle = device || (m->shared.timed && by != agent) ? m->now : m->harts[by].cycle;
    struct emu_event event = {.cycle = cycle, .a = reason, .b = address,
                              .kind = EMU_EVENT_RESERVATION_LOST, .hart = (uint16_t)agent,
                              .pc = device ? 0 : m->harts[by].pc,
                              .other = device ? UINT16_MAX : (uint16_t)by};
    machine_emit(m, &event);
    if (m->shared.timed && hart_reservation_lost(&m->harts[agent], cycle))
        machine_reschedule(m, &m->harts[agent]);
}

void machine_reschedule(struct emu_machine *m, struct hart *hart)
{
    if (hart->run == HART_RUNNING && !hart->frozen)
        schedule_run(&m->schedule, hart->id, hart->cycle);
    else
        schedule_stop(&m->schedule, hart->id);
}

void machine_wake_check(struct emu_machine *m, struct hart *hart, uint64_t cycle)
{
    if (hart->run != HART_WAITING || !hart_wakes(hart))
        return;
    hart->run = HART_RUNNING;
    hart_pass(hart, cycle, STALL_IDLE);
    machine_reschedule(m, hart);
    if (hart_event_wanted(&m->shared, EMU_EVENT_HART_WOKE))
        hart_emit(hart, EMU_EVENT_HART_WOKE, 0, 0, UINT16_MAX);
}

static void timer_due(void *context, unsigned id, uint64_t cycle)
{
    struct emu_machine *m = context;
    m->now = cycle;
    m->harts[id].mip_pins |= ISA_MIP(STI);
    machine_wake_check(m, &m->harts[id], cycle);
}

static const struct region *region_at(const struct emu_machine *m, uint64_t address)
{
    for (unsigned i = 0; i < m->region_count; i++)
        if (address - m->regions[i].base < m->regions[i].size)
            return &m->regions[i];
    return NULL;
}

/* The access of a hart's part-done instruction. */
static bool device_access(void *context, struct hart *hart, uint64_t cycle, uint64_t *value)
{
    struct emu_machine *m = context;
    uint64_t address = hart->part.paddr[0];
    const struct region *region = region_at(m, address);
    m->device_accesses++;
    bool done = false;
    if (region) {
        struct device_access access = {.offset = address - region->base, .cycle = cycle, .size = hart->part.size, .agent = hart->id};
        uint64_t mask = access.size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * access.size) - 1;
        done = hart->part.kind == PART_STORE ? region->ops->write(region->device, &access, *value & mask)
                                             : region->ops->read(region->device, &access, value);
    }
    if (!done && hart_event_wanted(&m->shared, EMU_EVENT_ACCESS_FAULTED))
        hart_emit(hart, EMU_EVENT_ACCESS_FAULTED, address, 0, UINT16_MAX);
    return done;
}

static void access_due(void *context, unsigned id, uint64_t cycle)
{
    struct emu_machine *m = context;
    m->now = cycle;
    hart_pass(&m->harts[id], cycle + ACCESS_REPLY_CYCLES, STALL_DEVICE);
    hart_access_due(&m->harts[id], cycle);
    machine_reschedule(m, &m->harts[id]);
}

/* The first transfer takes effect; the bus has told caches and reservations. */
static void dma_granted(struct emu_machine *m, const struct bus_grant *grant)
{
    struct dma_entry entry = dma_take(&m->dma);
    if (entry.write) {
        memory_write(&m->memory, entry.address, entry.bytes, entry.size);
        store_snoop_range(&m->shared, entry.address, entry.size, UINT_MAX); /* decoded code */
    }
    if (m->dma.count) {
        struct bus_request request = dma_request(&m->dma, grant->done);
        bus_request(m->bus, m->config.harts, &request);
    }
}

static void bus_granted(void *context, unsigned port, const struct bus_grant *grant)
{
    struct emu_machine *m = context;
    m->now = grant->effect;
    if (port >= m->config.harts) {
        if (port == m->config.harts)
            dma_granted(m, grant);
        else
            machine_virtio_granted(m, port, grant);
        return;
    }
    struct hart *hart = &m->harts[port];
    struct bus_grant own;
    if (grant->effect < hart->cycle) { /* a switch drains the bus before the request's own cycle */
        own = *grant;
        own.effect = own.done = hart->cycle;
        grant = &own;
    }
    hart_granted(hart, grant);
    machine_reschedule(m, hart);
}

static void bus_lowered(void *context, uint32_t slot, unsigned by)
{
    struct emu_machine *m = context;
    const struct cache_slot *held = &m->caches.slot[slot];
    unsigned hart = held->cache >> 1;
    hart_line_lowered(&m->harts[hart], slot);
    assert(tables_hold_slot(&m->harts[hart], slot));
    bool is_told = hart_event_wanted(&m->shared, EMU_EVENT_LINE_INVALIDATED) && !m->is_draining;
    if (!is_told || held->state != LINE_I || held->cache & 1 || by == hart)
        return;
    bool device = by >= m->config.harts;
    struct emu_event event = {.cycle = m->now, .a = machine_line_address(m, held->line), .kind = EMU_EVENT_LINE_INVALIDATED,
                              .hart = (uint16_t)hart, .pc = device ? 0 : m->harts[by].pc,
                              .other = device ? UINT16_MAX : (uint16_t)by};
    machine_emit(m, &event);
}

/* For assertions: after a transaction, the harts that have the line now. Those that have lost it have been looked at then. */
static bool line_holds(void *context, uint32_t line)
{
    return tables_hold_line(&((struct emu_machine *)context)->shared, line);
}

bool machine_holds(const struct emu_machine *m)
{
    bool holds = m->is_flipped || !m->shared.timed || bus_copies_hold(m->bus);
    for (unsigned h = 0; h < m->config.harts && holds && !m->is_flipped; h++)
        holds = tables_hold(&m->harts[h]);
    return holds;
}

static void access_begin(void *context, struct hart *hart)
{
    struct emu_machine *m = context;
    queue_schedule(m->queue, hart->access_slot, hart->cycle + ACCESS_REQUEST_CYCLES);
}

static void tohost_written(void *context, struct hart *hart)
{
    struct emu_machine *m = context;
    uint64_t due = hart->cycle + ACCESS_REQUEST_CYCLES;
    if (queue_when(m->queue, m->htif_slot) > due)
        queue_schedule(m->queue, m->htif_slot, due);
    hart->attention = true;
}

static void tohost_due(void *context, unsigned id, uint64_t cycle)
{
    struct emu_machine *m = context;
    uint64_t value = 0;
    m->now = cycle;
    if (memory_read(&m->memory, m->shared.tohost, &value, 8) && value)
        htif_tohost_written(m->htif, value);
}

static uint64_t machine_mtime(void *context, uint64_t cycle)
{
    return aclint_mtime(((struct emu_machine *)context)->aclint, cycle);
}

static uint64_t machine_cycle_of_mtime(void *context, uint64_t now, uint64_t mtime)
{
    return aclint_cycle_of(((struct emu_machine *)context)->aclint, now, mtime);
}

static void mtime_written(void *context)
{
    struct emu_machine *m = context;
    for (unsigned h = 0; h < m->config.harts; h++) {
        struct hart *hart = &m->harts[h];
        if (hart->menvcfg >> 63) {
            hart_timer_set(hart, m->now, m->now + ACCESS_REQUEST_CYCLES);
            hart->attention = true;
        }
    }
}

static void console_out(void *context, unsigned stream, uint8_t byte)
{
    struct emu_machine *m = context;
    struct emu_event event = {
        .cycle = m->now, .a = byte, .b = stream, .kind = EMU_EVENT_CONSOLE_OUT, .hart = UINT16_MAX, .other = UINT16_MAX};
    machine_emit(m, &event);
}

static void finish(void *context, int code)
{
    struct emu_machine *m = context;
    m->finished = true;
    m->exit_code = (uint8_t)code;
}

static void want_reset(void *context)
{
    ((struct emu_machine *)context)->reset_wanted = true;
}

/* Takes the copies of what has just been written out of the caches. */
static void drop_copies(struct emu_machine *m, uint64_t address, uint64_t size)
{
    uint32_t first = (uint32_t)((address - PLATFORM_RAM_BASE) / LINE_BYTES);
    uint32_t last = (uint32_t)((address + size - 1 - PLATFORM_RAM_BASE) / LINE_BYTES);
    for (uint32_t line = first; line <= last; line++) {
        for (uint32_t slot; (slot = cache_first_holder(&m->caches, line)) != CACHE_NONE;) {
            cache_drop(&m->caches, slot);
            hart_line_lowered(&m->harts[m->caches.slot[slot].cache >> 1], slot);
        }
    }
}

bool machine_write(struct emu_machine *m, uint64_t address, const void *from, uint64_t size)
{
    if (!memory_is_ram_range(&m->memory, address, size) || !memory_write(&m->memory, address, from, size))
        return false;
    if (m->shared.timed && size)
        drop_copies(m, address, size);
    store_snoop_range(&m->shared, address, size, UINT_MAX);
    return true;
}

/* Puts a transfer on its way over the bus. False: it must be done at once. */
static bool dma_begin(struct emu_machine *m, uint64_t address, const void *from, uint64_t size)
{
    if (!m->shared.timed || !dma_has_room(&m->dma, address, size))
        return false;
    bool idle = m->dma.count == 0;
    dma_add(&m->dma, address, from, size);
    if (idle && m->dma.count) {
        struct bus_request request = dma_request(&m->dma, m->now);
        bus_request(m->bus, m->config.harts, &request);
    }
    return true;
}

static bool dma_read(void *context, uint64_t address, void *to, uint64_t size)
{
    struct emu_machine *m = context;
    if (!memory_is_ram_range(&m->memory, address, size) || !memory_read(&m->memory, address, to, size))
        return false;
    dma_overlay(&m->dma, address, to, size);
    dma_begin(m, address, NULL, size);
    return true;
}

static bool dma_write(void *context, uint64_t address, const void *from, uint64_t size)
{
    struct emu_machine *m = context;
    if (!memory_is_ram_range(&m->memory, address, size))
        return false;
    return dma_begin(m, address, from, size) || machine_write(m, address, from, size);
}

/* ---- making ---- */

static void add_region(struct emu_machine *m, const struct device_ops *ops, void *device, uint64_t base, uint64_t size)
{
    m->regions[m->region_count++] = (struct region){ops, device, base, size};
}

static bool make_aclint_and_plic(struct emu_machine *m)
{
    unsigned harts = m->config.harts;
    struct irq_line *lines = calloc(5 * (size_t)harts, sizeof *lines);
    if (!lines)
        return false;
    struct irq_line *msip = lines, *mtip = lines + harts, *external = lines + 2 * harts, *ssip = lines + 4 * harts;
    for (unsigned h = 0; h < harts; h++) {
        msip[h] = machine_pin(m, h, ISA_INT_MSI);
        mtip[h] = machine_pin(m, h, ISA_INT_MTI);
        ssip[h] = machine_pin(m, h, ISA_INT_SSI);
        external[2 * h] = machine_pin(m, h, ISA_INT_MEI);
        external[2 * h + 1] = machine_pin(m, h, ISA_INT_SEI);
    }
    struct aclint_config aclint = {.harts = harts, .first_id = DEVICE_ID_ACLINT, .msip = msip, .mtip = mtip,
                                   .mtime_written = mtime_written, .context = m};
    m->aclint = aclint_create(&m->host, &aclint);
    const struct plic_config plic = {.contexts = MACHINE_CONTEXTS * harts, .lines = external}; /* all sources of `virt` are levels */
    m->plic = plic_create(&m->host, &plic);
    if (m->config.aclint)
        m->sswi = sswi_create(harts, ssip);
    free(lines);
    return m->aclint && m->plic && (m->sswi || !m->config.aclint);
}

static bool make_devices(struct emu_machine *m)
{
    m->host = (struct device_host){.queue = m->queue, .cycle = &m->now,
                                   .cycles_per_tick = PLATFORM_BUS_HZ / PLATFORM_TIMEBASE_HZ, .context = m,
                                   .console_out = console_out, .claim_empty = machine_claim_empty,
                                   .notification_stale = machine_notification_stale, .irq_pending = machine_irq_pending,
                                   .finish = finish, .reset = want_reset,
                                   .dma_read = dma_read, .dma_write = dma_write};
    if (!make_aclint_and_plic(m))
        return false;
    struct irq_line uart_line = {.set = plic_set_source, .sink = m->plic, .number = PLATFORM_UART_IRQ};
    struct irq_line rtc_line = {.set = plic_set_source, .sink = m->plic, .number = PLATFORM_RTC_IRQ};
    m->uart = uart_create(&m->host, &uart_line, DEVICE_ID_UART);
    m->rtc = rtc_create(&m->host, &rtc_line, DEVICE_ID_RTC, m->config.rtc_epoch_seconds);
    m->finisher = finisher_create(&m->host);
    if (!m->uart || !m->rtc || !m->finisher)
        return false;
    uint64_t plic_bytes = PLATFORM_PLIC_CONTEXT_BASE + 2 * (uint64_t)m->config.harts * PLATFORM_PLIC_CONTEXT_STRIDE;
    add_region(m, &uart_ops, m->uart, PLATFORM_UART_BASE, PLATFORM_UART_SIZE);
    add_region(m, &plic_ops, m->plic, PLATFORM_PLIC_BASE, plic_bytes);
    add_region(m, &aclint_ops, m->aclint, PLATFORM_CLINT_BASE, PLATFORM_CLINT_SIZE);
    if (m->sswi)
        add_region(m, &sswi_ops, m->sswi, PLATFORM_SSWI_BASE, PLATFORM_SSWI_SIZE);
    add_region(m, &finisher_ops, m->finisher, PLATFORM_FINISHER_BASE, PLATFORM_FINISHER_SIZE);
    add_region(m, &rtc_ops, m->rtc, PLATFORM_RTC_BASE, PLATFORM_RTC_SIZE);
    if (!machine_make_virtio(m, DEVICE_ID_VIRTIO))
        return false;
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
        add_region(m, &virtio_ops, m->virtio[slot], PLATFORM_VIRTIO_BASE + slot * PLATFORM_VIRTIO_STRIDE, VIRTIO_WINDOW_BYTES);
    return true;
}

static bool make_harts(struct emu_machine *m)
{
    unsigned harts = m->config.harts;
    m->harts = calloc(harts, sizeof *m->harts);
    struct code_cache *code = code_cache_create(m->memory.pages);
    m->shared = (struct hart_shared){.memory = &m->memory, .reservations = &m->reservations, .code = code,
                                     .queue = m->queue, .caches = &m->caches, .bus = m->bus, .coherence = &coherence_mesi,
                                     .timed = m->config.fidelity == EMU_TIMED, .checks = m->config.fidelity == EMU_TIMED && harts > 1,
                                     .device_access = device_access,
                                     .harts = m->harts, .count = harts, .cpu = m->config.cpu, .pipeline = m->config.pipeline,
                                     .reservation = m->config.reservation, .context = m, .emit = machine_emit,
                                     .now = &m->now, .mtime = machine_mtime,
                                     .cycle_of_mtime = machine_cycle_of_mtime, .access_begin = access_begin,
                                     .tohost_written = tohost_written, .breaks = m->breaks, .watches = m->watches,
                                     .hints = m->config.hints, .hint = machine_hint};
    if (!m->harts || !code)
        return false;
    for (unsigned h = 0; h < harts; h++) {
        struct hart *hart = &m->harts[h];
        if (!hart_init(hart, h, &m->shared))
            return false;
        hart->access_slot = queue_add(m->queue, QUEUE_ACCESS, h, access_due, m);
        hart->timer_slot = queue_add(m->queue, QUEUE_HART_TIMER, h, timer_due, m);
        if (hart->access_slot < 0 || hart->timer_slot < 0)
            return false;
    }
    code_flush(&m->shared);
    return machine_make_wires(m);
}

#define DMA_PORTS 1 /* HTIF's; virtio devices have their own behind it */
#define DEVICE_FLOOR_CYCLES 12 /* no action of a hart reaches another past the bus in less */

/* In cycles, and rather too many: each kind of delay at once, and walks of five levels for the fetch's and the access's two pieces. */
static unsigned longest_instruction(const struct emu_pipeline_config *pipeline)
{
    return pipeline->load_use_cycles + pipeline->mispredict_cycles + pipeline->multiply_cycles + pipeline->divide_cycles +
           pipeline->fp_cycles + pipeline->fp_divide_cycles + 4 * 5 * pipeline->walk_cycles;
}

static bool make_bus(struct emu_machine *m)
{
    const struct emu_config *config = &m->config;
    const struct bus_client client = {
        .context = m, .granted = bus_granted, .lowered = bus_lowered, .lines = m->memory.bytes, .holds = line_holds};
    if (!caches_init(&m->caches, config->harts, m->memory.pages * LINES_PER_PAGE, &config->l1d, &config->l1i, config->seed))
        return false;
    unsigned ports = config->harts + DMA_PORTS + machine_virtio_ports(m);
    m->bus = bus_create(config, ports, m->queue, &m->caches, &m->reservations, &coherence_mesi, &client);
    if (!m->bus)
        return false;
    m->lookahead_cycles = bus_latency_cycles(m->bus) < DEVICE_FLOOR_CYCLES ? bus_latency_cycles(m->bus) : DEVICE_FLOOR_CYCLES;
    if (config->quantum_cycles)
        m->lookahead_cycles = config->quantum_cycles;
    m->near_cycles = longest_instruction(&config->pipeline) + HART_SLICE_ROOM_CYCLES;
    return true;
}

static bool make_htif(struct emu_machine *m, uint64_t tohost, uint64_t fromhost)
{
    if (!memory_is_ram_range(&m->memory, tohost, 8) || tohost % 8)
        return true;
    m->htif = htif_create(&m->host, tohost, fromhost, DEVICE_ID_HTIF);
    m->htif_slot = queue_add(m->queue, QUEUE_DEVICE, DEVICE_ID_HTIF_STORE, tohost_due, m);
    if (!m->htif || m->htif_slot < 0)
        return false;
    store_watch(&m->shared, tohost);
    return true;
}

uint64_t machine_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static bool copy_loaders(struct emu_machine *m, const struct emu_config *config)
{
    bool all = true;
    for (unsigned i = 0; i < EMU_LOADERS; i++)
        all = all && copy_image(&m->loader[i], config->loader[i], config->loader_bytes[i]);
    return all;
}

static bool make_parts(struct emu_machine *m, const struct emu_config *config)
{
    return copy_image(&m->firmware, config->firmware, config->firmware_bytes) &&
           copy_image(&m->kernel, config->kernel, config->kernel_bytes) &&
           copy_image(&m->initrd, config->initrd, config->initrd_bytes) && copy_image(&m->dtb, config->dtb, config->dtb_bytes) &&
           copy_loaders(m, config) &&
           (!config->bootargs || (m->bootargs = strdup(config->bootargs))) && memory_init(&m->memory, config->ram_bytes) &&
           reservations_init(&m->reservations, config->harts, config->reservation.granule_bytes, emit_lost, m) &&
           (m->queue = queue_create()) && machine_make_switch(m) && schedule_init(&m->schedule, config->harts) &&
           ring_init(&m->ring, config->event_ring_records) && ring_init(&m->stops, RING_RECORDS_LEAST) && make_bus(m) &&
           make_harts(m) && make_devices(m);
}

struct emu_machine *emu_machine_create(const struct emu_config *config, struct emu_error *error)
{
    if (!emu_config_check(config, error) || !machine_check_disks(config, error))
        return NULL;
    struct emu_machine *m = calloc(1, sizeof *m);
    uint64_t tohost, fromhost;
    if (!m || (m->config = *config, m->owner = NO_OWNER, !make_parts(m, config))) {
        emu_error_set(error, "the host has not enough memory for a machine with %" PRIu64 " MiB of RAM", config->ram_bytes >> 20);
        emu_machine_destroy(m);
        return NULL;
    }
    m->config.firmware = m->config.kernel = m->config.initrd = m->config.dtb = NULL;
    m->config.bootargs = NULL;
    memset(m->config.loader, 0, sizeof m->config.loader);
    m->random = machine_mix(config->seed);
    emu_events_select(m, EMU_EVENT_BIT(EMU_EVENT_CONSOLE_OUT));
    if (!boot_load(m, &tohost, &fromhost, error)) {
        emu_machine_destroy(m);
        return NULL;
    }
    if (tohost && !make_htif(m, tohost, fromhost)) {
        emu_error_set(error, "the host is out of memory");
        emu_machine_destroy(m);
        return NULL;
    }
    for (unsigned h = 0; h < config->harts; h++) { /* a seed other than 0 starts the harts a little apart */
        m->harts[h].random = machine_mix(machine_mix(config->seed) + h) | 1;
        hart_pass(&m->harts[h], config->seed ? machine_mix(config->seed ^ (h + 1) << 20) % SLICE_STEPS : 0, STALL_HALTED);
        hart_reset(&m->harts[h], PLATFORM_BOOT_ROM_BASE);
        machine_reschedule(m, &m->harts[h]);
    }
    return m;
}

void emu_machine_destroy(struct emu_machine *m)
{
    if (!m)
        return;
    for (unsigned h = 0; m->harts && h < m->shared.count; h++)
        hart_finish(&m->harts[h]);
    free(m->harts);
    code_cache_destroy(m->shared.code);
    aclint_destroy(m->aclint);
    sswi_destroy(m->sswi);
    plic_destroy(m->plic);
    uart_destroy(m->uart);
    rtc_destroy(m->rtc);
    finisher_destroy(m->finisher);
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
        virtio_destroy(m->virtio[slot]);
    htif_destroy(m->htif);
    wires_finish(&m->wires);
    bus_destroy(m->bus);
    caches_finish(&m->caches);
    ring_finish(&m->ring);
    ring_finish(&m->stops);
    free(m->bus_log.records);
    free(m->sc_log.records);
    free(m->sc_log.lost);
    schedule_finish(&m->schedule);
    reservations_finish(&m->reservations);
    memory_finish(&m->memory);
    queue_destroy(m->queue);
    free(m->firmware.bytes);
    free(m->kernel.bytes);
    free(m->initrd.bytes);
    for (unsigned i = 0; i < EMU_LOADERS; i++)
        free(m->loader[i].bytes);
    free(m->dtb.bytes);
    free(m->bootargs);
    free(m);
}

/* ---- reset and state ---- */

/* Fidelity, devices and harts as at power-on, images loaded again, the rest of RAM and the clock kept. */
void machine_reset(struct emu_machine *m)
{
    uint64_t tohost, fromhost;
    m->reset_wanted = m->finished = false;
    bus_reset(m->bus);
    caches_clear(&m->caches);
    m->dma.count = 0;
    machine_forget_switch(m);
    machine_use_fidelity(m, m->config.fidelity);
    for (unsigned h = 0; h < m->config.harts; h++) {
        struct hart *hart = &m->harts[h];
        hart_pass(hart, m->now, hart_stands_for(hart));
        queue_schedule(m->queue, hart->access_slot, QUEUE_NEVER);
        queue_schedule(m->queue, hart->timer_slot, QUEUE_NEVER);
        hart_reset(hart, PLATFORM_BOOT_ROM_BASE);
    }
    wires_reset(&m->wires);
    for (unsigned i = 0; i < m->region_count; i++)
        m->regions[i].ops->reset(m->regions[i].device);
    if (m->htif) {
        htif_ops.reset(m->htif);
        queue_schedule(m->queue, m->htif_slot, QUEUE_NEVER);
    }
    boot_load(m, &tohost, &fromhost, NULL); /* it has fitted before */
    store_watch_values(&m->shared);
    for (unsigned h = 0; h < m->config.harts; h++)
        machine_reschedule(m, &m->harts[h]);
    struct emu_event event = {.cycle = m->now, .kind = EMU_EVENT_MACHINE_RESET, .hart = UINT16_MAX, .other = UINT16_MAX};
    machine_emit(m, &event);
}

static void config_state(struct state *s, struct emu_machine *m)
{
    state_open(s, "config", 0);
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        uint64_t value = emu_config_value(&m->config, row), before = value;
        state_u64(s, row->key, &value);
        if (value != before)
            memcpy((char *)&m->config + row->offset, &value, row->bytes); /* little-endian, as everywhere */
    }
    state_close(s);
}

void machine_state(struct state *s, struct emu_machine *m)
{
    uint64_t left = (uint64_t)m->slice_left;
    uint16_t owner = m->owner; /* as it is, whatever a flip makes of it */
    if (owner == NO_OWNER)
        left = 0;
    config_state(s, m);
    state_open(s, "machine", 0);
    state_u64(s, "now", &m->now);
    state_u16(s, "owner", &m->owner);
    if (owner != NO_OWNER) {
        state_u64(s, "slice_left", &left);
        m->slice_left = (int64_t)left;
        state_bool(s, "slice_exact", &m->slice_exact);
        state_bool(s, "slice_fresh", &m->slice_fresh);
        state_bool(s, "within", &m->harts[owner % m->shared.count].within); /* a flip may have made it any number */
    }
    state_bool(s, "timed", &m->shared.timed);
    state_u64(s, "random", &m->random);
    state_u64(s, "steps", &m->steps);
    state_bool(s, "finished", &m->finished);
    state_bool(s, "reset_wanted", &m->reset_wanted);
    state_u8(s, "exit_code", &m->exit_code);
    state_u64(s, "hinted_cycle", &m->hinted_cycle);
    state_u16(s, "hinted_by", &m->hinted_by);
    state_u8(s, "hinted_fidelity", &m->hinted_fidelity);
    state_close(s);
    queue_state(s, m->queue);
    for (unsigned h = 0; h < m->shared.count; h++) /* a flip may have changed the configuration's number */
        hart_state(s, &m->harts[h]);
    wires_state(s, &m->wires);
    reservations_state(s, &m->reservations);
    if (m->shared.timed)
        caches_state(s, &m->caches);
    else
        caches_empty_state(s, &m->caches);
    bus_state(s, m->bus);
    dma_state(s, &m->dma);
    for (unsigned i = 0; i < m->region_count; i++) {
        state_open(s, m->regions[i].ops->name, i);
        m->regions[i].ops->state(s, m->regions[i].device);
        state_close(s);
    }
    if (m->htif)
        htif_ops.state(s, m->htif);
    memory_state(s, &m->memory);
}
