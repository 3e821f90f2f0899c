/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Failed store-conditionals, put together of two events: the loss of the reservation says who did it, the failure when it was
 * noticed.
 */
#include "machine.h"

#include <stdlib.h>

uint64_t sc_log_wants(const struct sc_log *log)
{
    return log->records ? EMU_EVENT_BIT(EMU_EVENT_SC_FAILED) | EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST) : 0;
}

void sc_log_hear(struct sc_log *log, const struct emu_event *event)
{
    struct emu_event *lost = &log->lost[event->hart];
    if (event->kind == EMU_EVENT_RESERVATION_LOST) {
        *lost = *event;
        return;
    }
    struct emu_sc_failure *record = &log->records[log->count++ % EMU_SC_LOG_RECORDS];
    *record = (struct emu_sc_failure){.cycle = event->cycle,
                                      .pc = event->pc,
                                      .hart = event->hart,
                                      .address = event->b,
                                      .reason = (enum emu_reason)event->a,
                                      .by = EMU_NOBODY};
    if (lost->kind != EMU_EVENT_RESERVATION_LOST || lost->a != event->a)
        return; /* none was held, or it went before the log began */
    record->address = lost->b;
    record->lost_cycle = lost->cycle;
    record->by = lost->other == UINT16_MAX ? EMU_NOBODY : lost->other;
    record->by_pc = lost->pc;
}

bool emu_sc_log(struct emu_machine *m, bool on)
{
    struct sc_log *log = &m->sc_log;
    if (on && !log->records) {
        log->records = malloc(EMU_SC_LOG_RECORDS * sizeof *log->records);
        log->lost = calloc(m->config.harts, sizeof *log->lost);
    }
    if (!on || !log->records || !log->lost) {
        free(log->records);
        free(log->lost);
        *log = (struct sc_log){0};
    }
    emu_events_select(m, m->selected);
    return !on || log->records;
}

bool emu_sc_log_read(const struct emu_machine *m, unsigned back, struct emu_sc_failure *ret_failure)
{
    const struct sc_log *log = &m->sc_log;
    if (!log->records || back >= log->count || back >= EMU_SC_LOG_RECORDS)
        return false;
    *ret_failure = log->records[(log->count - 1 - back) % EMU_SC_LOG_RECORDS];
    return true;
}
