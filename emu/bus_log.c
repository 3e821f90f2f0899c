/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Listening to the bus: the log of its last transactions, and the event of an upgrade. While nobody wants either the bus calls
 * nobody.
 */
#include "machine.h"

#include <stdlib.h>

/* A hart's access to a device says where in its part-done instruction. */
static uint64_t address_of(const struct emu_machine *m, const struct bus_record *record)
{
    if (record->kind == BUS_DEVICE_READ || record->kind == BUS_DEVICE_WRITE)
        return m->harts[record->port].part.paddr[0];
    return machine_line_address(m, record->line);
}

static void emit_upgraded(struct emu_machine *m, const struct bus_record *record)
{
    struct emu_event event = {.cycle = record->effect,
                              .a = machine_line_address(m, record->line),
                              .b = record->sharers,
                              .pc = m->harts[record->port].pc,
                              .kind = EMU_EVENT_LINE_UPGRADED,
                              .hart = record->port,
                              .other = UINT16_MAX};
    machine_emit(m, &event);
}

static void recorded(void *context, const struct bus_record *record)
{
    struct emu_machine *m = context;
    if (record->kind == BUS_UPGRADE && hart_event_wanted(&m->shared, EMU_EVENT_LINE_UPGRADED))
        emit_upgraded(m, record);
    if (!m->bus_log.records)
        return;
    m->bus_log.records[m->bus_log.count++ % EMU_BUS_LOG_RECORDS] =
        (struct emu_bus_record){.kind = (enum emu_transaction)record->kind,
                                .port = record->port,
                                .address = address_of(m, record),
                                .pc = record->port < m->config.harts ? m->harts[record->port].pc : 0,
                                .requested = record->requested,
                                .granted = record->granted,
                                .effect = record->effect,
                                .done = record->done,
                                .from_cache = record->from_cache,
                                .sharers = record->sharers};
}

void machine_listen(struct emu_machine *m)
{
    bool is_wanted = m->bus_log.records || hart_event_wanted(&m->shared, EMU_EVENT_LINE_UPGRADED);
    bus_listen(m->bus, is_wanted ? recorded : NULL);
}

bool emu_bus_log(struct emu_machine *m, bool on)
{
    if (on && !m->bus_log.records)
        m->bus_log.records = malloc(EMU_BUS_LOG_RECORDS * sizeof *m->bus_log.records);
    if (!on) {
        free(m->bus_log.records);
        m->bus_log = (struct bus_log){0};
    }
    machine_listen(m);
    return !on || m->bus_log.records;
}

bool emu_bus_log_read(const struct emu_machine *m, unsigned back, struct emu_bus_record *ret_record)
{
    const struct emu_bus_record *record = bus_log_back(&m->bus_log, back);
    if (record)
        *ret_record = *record;
    return record;
}
