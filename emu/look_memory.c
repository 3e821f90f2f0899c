/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking into caches, lines, the bus and the interrupt controllers. Const throughout, as look.c.
 */
#include "machine.h"

#include <emu/platform.h>
#include <stdlib.h>
#include <string.h>

/* ---- caches ---- */

unsigned emu_line_states(void)
{
    return LINE_STATE_COUNT;
}

const char *emu_line_state_name(unsigned state)
{
    return line_state_letter(state);
}

const char *emu_line_state_meaning(unsigned state)
{
    return line_state_meaning(state);
}

static unsigned cache_of(unsigned hart, enum emu_side side)
{
    return 2 * hart + (side == EMU_INSTRUCTION);
}

void emu_cache_shape(const struct emu_machine *m, enum emu_side side, struct emu_cache_shape *ret_shape)
{
    const struct cache_shape *shape = &m->caches.shape[side == EMU_INSTRUCTION];
    *ret_shape = (struct emu_cache_shape){shape->sets, shape->ways, shape->random};
}

bool emu_cache_view(const struct emu_machine *m, unsigned hart, enum emu_side side, unsigned set, unsigned way,
                    struct emu_cache_view *ret_view)
{
    const struct cache_shape *shape = &m->caches.shape[side == EMU_INSTRUCTION];
    unsigned cache = cache_of(hart, side);
    if (set >= shape->sets || way >= shape->ways)
        return false;
    const struct cache_slot *slot = &m->caches.slot[cache_set_first(&m->caches, cache, set) + way];
    bool here = slot->state != LINE_I;
    *ret_view = (struct emu_cache_view){.state = slot->state,
                                        .address = here ? machine_line_address(m, slot->line) : 0,
                                        .announces = here && slot->watched,
                                        .next = !shape->random && cache_turn(&m->caches, cache, set) == way};
    return true;
}

/* ---- lines ---- */

static uint32_t line_of(const struct emu_machine *m, uint64_t address)
{
    uint32_t page = memory_page(&m->memory, address);
    return page == NO_PAGE ? CACHE_NONE : page * LINES_PER_PAGE + (uint32_t)(address % PAGE_BYTES / LINE_BYTES);
}

static bool wants_line(const struct bus_request *request, uint32_t line)
{
    return request && request->want != BUS_WANT_DEVICE_READ && request->want != BUS_WANT_DEVICE_WRITE && request->line == line;
}

static bool is_for_writing(enum emu_transaction kind)
{
    return kind == EMU_TRANSACTION_READ_X || kind == EMU_TRANSACTION_UPGRADE || kind == EMU_TRANSACTION_DMA_WRITE;
}

static void find_writer(const struct emu_machine *m, struct emu_line_view *view)
{
    const struct emu_bus_record *record;
    view->writer = EMU_NOBODY;
    for (unsigned back = 0; (record = bus_log_back(&m->bus_log, back)); back++)
        if (record->address == view->address && is_for_writing(record->kind)) {
            view->writer = record->port;
            view->written = record->effect;
            return;
        }
}

bool emu_line_view(const struct emu_machine *m, emu_paddr address, struct emu_line_view *ret_view)
{
    uint32_t line = line_of(m, address), page = line / LINES_PER_PAGE;
    if (line == CACHE_NONE)
        return false;
    *ret_view = (struct emu_line_view){.address = machine_line_address(m, line),
                                       .data_set = line % m->caches.shape[0].sets,
                                       .instruction_set = line % m->caches.shape[1].sets,
                                       .slow = m->memory.slow[page] >> line % LINES_PER_PAGE & 1,
                                       .code = m->memory.code[page] >> line % LINES_PER_PAGE & 1,
                                       .busy_until = bus_busy_until(m->bus, line)};
    for (uint32_t slot = cache_first_holder(&m->caches, line); slot != CACHE_NONE; slot = m->caches.slot[slot].next)
        ret_view->copies++;
    for (unsigned hart = 0; hart < m->config.harts; hart++)
        ret_view->reservations += reservation_touches(&m->reservations, hart, ret_view->address, LINE_BYTES);
    for (unsigned port = 0; port < bus_ports(m->bus); port++)
        ret_view->waiting += wants_line(bus_request_of(m->bus, port), line);
    find_writer(m, ret_view);
    return true;
}

bool emu_line_at_hart(const struct emu_machine *m, emu_paddr address, unsigned hart, struct emu_line_at_hart *ret_at)
{
    uint32_t line = line_of(m, address);
    if (line == CACHE_NONE)
        return false;
    uint32_t data = cache_find(&m->caches, cache_of(hart, EMU_DATA), line);
    uint32_t instruction = cache_find(&m->caches, cache_of(hart, EMU_INSTRUCTION), line);
    const struct reservation *held = &m->reservations.of[hart];
    *ret_at = (struct emu_line_at_hart){.data = data == CACHE_NONE ? LINE_I : m->caches.slot[data].state,
                                        .instruction = instruction == CACHE_NONE ? LINE_I : m->caches.slot[instruction].state,
                                        .announces = data != CACHE_NONE && m->caches.slot[data].watched,
                                        .waiting = wants_line(bus_request_of(m->bus, hart), line)};
    if (reservation_touches(&m->reservations, hart, machine_line_address(m, line), LINE_BYTES)) {
        ret_at->reserved = true;
        ret_at->reservation = held->address;
        ret_at->reservation_bytes = held->size;
    }
    return true;
}

/* ---- ports ---- */

void emu_port_view(const struct emu_machine *m, unsigned port, struct emu_port_view *ret_view)
{
    static const char *const wants[] = {[BUS_WANT_READ] = "read",
                                        [BUS_WANT_OWN] = "own",
                                        [BUS_WANT_EVICT] = "write-back",
                                        [BUS_WANT_DEVICE_READ] = "device-read",
                                        [BUS_WANT_DEVICE_WRITE] = "device-write",
                                        [BUS_WANT_DMA_READ] = "dma-read",
                                        [BUS_WANT_DMA_WRITE] = "dma-write"};
    const unsigned harts = m->config.harts;
    const struct bus_request *request = bus_request_of(m->bus, port);
    *ret_view = (struct emu_port_view){.name = "hart", .number = port, .waiting = request};
    if (port == harts)
        *ret_view = (struct emu_port_view){.name = "htif", .waiting = request};
    else if (port > harts)
        *ret_view = (struct emu_port_view){.name = "virtio", .number = m->port_slot[port - harts - 1], .waiting = request};
    if (!request)
        return;
    bool device = request->want == BUS_WANT_DEVICE_READ || request->want == BUS_WANT_DEVICE_WRITE;
    ret_view->request = wants[request->want];
    ret_view->address = device ? m->harts[port].part.paddr[0] : machine_line_address(m, request->line);
    ret_view->requested = request->cycle;
}

/* ---- devices ---- */

/* Of the machine's regions, RAM and ROM, the index-th by address: -2 RAM, -1 ROM, else the number of a device's. */
static int region_at(const struct emu_machine *m, unsigned index)
{
    for (int i = -2; i < (int)m->region_count; i++) {
        uint64_t base = i == -2 ? PLATFORM_RAM_BASE : i == -1 ? PLATFORM_BOOT_ROM_BASE : m->regions[i].base;
        unsigned before = (base > PLATFORM_RAM_BASE) + (base > PLATFORM_BOOT_ROM_BASE);
        for (unsigned other = 0; other < m->region_count; other++)
            before += m->regions[other].base < base;
        if (before == index)
            return i;
    }
    return -3;
}

bool emu_region(const struct emu_machine *m, unsigned index, struct emu_region *ret_region)
{
    int i = region_at(m, index);
    if (i < -2)
        return false;
    *ret_region = i == -2   ? (struct emu_region){"ram", PLATFORM_RAM_BASE, m->config.ram_bytes}
                  : i == -1 ? (struct emu_region){"rom", PLATFORM_BOOT_ROM_BASE, PLATFORM_BOOT_ROM_SIZE}
                            : (struct emu_region){m->regions[i].ops->name, m->regions[i].base, m->regions[i].size};
    return true;
}

size_t emu_region_fields(const struct emu_machine *m, unsigned index, struct emu_field *ret_fields, size_t max)
{
    int i = region_at(m, index);
    struct state_field *fields = i >= 0 ? malloc((max ? max : 1) * sizeof *fields) : NULL;
    struct state *s = fields ? state_create_look(fields, max) : NULL;
    size_t count = 0;
    if (s) {
        m->regions[i].ops->state(s, m->regions[i].device);
        count = state_finish_look(s);
        for (size_t n = 0; n < count && n < max; n++) {
            ret_fields[n] = (struct emu_field){.value = fields[n].value, .bytes = fields[n].bytes};
            memcpy(ret_fields[n].name, fields[n].name, sizeof fields[n].name);
        }
    }
    free(fields);
    return count;
}

const char *emu_virtio_at(const struct emu_machine *m, emu_paddr base)
{
    static const char *const names[] = {[EMU_VIRTIO_NONE] = "nothing",
                                        [EMU_VIRTIO_BLOCK] = "block",
                                        [EMU_VIRTIO_CONSOLE] = "console",
                                        [EMU_VIRTIO_RNG] = "entropy",
                                        [EMU_VIRTIO_NET] = "net"};
    uint64_t slot = (base - PLATFORM_VIRTIO_BASE) / PLATFORM_VIRTIO_STRIDE;
    bool is_slot = base >= PLATFORM_VIRTIO_BASE && base % PLATFORM_VIRTIO_STRIDE == 0 && slot < EMU_VIRTIO_SLOTS;
    return is_slot ? names[m->config.virtio.slot[slot]] : NULL;
}

unsigned emu_irq_sources(const struct emu_machine *m)
{
    (void)m;
    return PLATFORM_PLIC_SOURCES;
}

unsigned emu_irq_contexts(const struct emu_machine *m)
{
    return MACHINE_CONTEXTS * m->config.harts;
}

bool emu_irq_view(const struct emu_machine *m, unsigned source, struct emu_irq_view *ret_view)
{
    if (source == 0 || source > PLATFORM_PLIC_SOURCES)
        return false;
    const struct plic_source_view view = plic_source_view(m->plic, source);
    bool virtio = source - PLATFORM_VIRTIO_IRQ < EMU_VIRTIO_SLOTS;
    *ret_view = (struct emu_irq_view){.name = virtio                        ? virtio_ops.name
                                              : source == PLATFORM_UART_IRQ ? uart_ops.name
                                              : source == PLATFORM_RTC_IRQ  ? rtc_ops.name
                                                                            : "",
                                      .slot = virtio ? source - PLATFORM_VIRTIO_IRQ : 0,
                                      .high = view.level,
                                      .pending = view.is_pending,
                                      .in_service = view.is_in_service,
                                      .claimed_by = view.claimed_by,
                                      .priority = view.priority};
    return true;
}

bool emu_irq_context_view(const struct emu_machine *m, unsigned context, struct emu_irq_context_view *ret_view)
{
    if (context >= emu_irq_contexts(m))
        return false;
    const struct plic_context_view view = plic_context_view(m->plic, context);
    *ret_view = (struct emu_irq_context_view){.hart = context / MACHINE_CONTEXTS,
                                              .mode = context % MACHINE_CONTEXTS ? ISA_MODE_S : ISA_MODE_M,
                                              .threshold = view.threshold,
                                              .raised = view.is_raised,
                                              .best = view.best};
    return true;
}

bool emu_irq_enabled(const struct emu_machine *m, unsigned source, unsigned context)
{
    return source > 0 && source <= PLATFORM_PLIC_SOURCES && context < emu_irq_contexts(m) &&
           plic_is_enabled(m->plic, source, context);
}

void emu_timer_view(const struct emu_machine *m, unsigned hart, struct emu_timer_view *ret_view)
{
    *ret_view = (struct emu_timer_view){.mtime = aclint_mtime(m->aclint, emu_now(m)),
                                        .mtimecmp = aclint_mtimecmp(m->aclint, hart),
                                        .msip = aclint_msip(m->aclint, hart)};
    ret_view->due = ret_view->mtime >= ret_view->mtimecmp;
}
