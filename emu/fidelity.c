/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Switching between the fidelities while the machine runs. At a switch all that is on the bus takes effect at once, the caches are
 * emptied and all reservations end; registers, TLBs, devices and clocks stay as they are. An instruction that is part-done goes on
 * in the new fidelity with the steps it has left. A device access of `fast` that is on its way arrives when it would have.
 *
 * A guest asks by a hint. A switch is due SWITCH_CYCLES behind the hint: no hart is that far ahead of another in `timed`, so that
 * all are told before they get there. Of several hints the one at the latest (cycle, hart) says to what, the earliest says when:
 * neither depends on the order in which harts are simulated.
 */
#include "machine.h"

#include <emu/hint.h>
#include <hart/code_cache.h>
#include <limits.h>

#define SWITCH_CYCLES (2 * ACCESS_REQUEST_CYCLES)

/* All that is derived from the fidelity, and the machine's word for it. */
void machine_use_fidelity(struct emu_machine *m, unsigned fidelity)
{
    bool changed = m->shared.timed != (fidelity == EMU_TIMED);
    m->shared.timed = fidelity == EMU_TIMED;
    m->shared.checks = m->shared.timed && m->shared.count > 1;
    m->owner = NO_OWNER;
    m->slice_left = 0;
    m->slice_exact = m->slice_fresh = false;
    code_flush(&m->shared);
    for (unsigned h = 0; h < m->config.harts; h++) {
        struct hart *hart = &m->harts[h];
        hart->part.bubble = false;
        hart->within = false;
        hart->reservation->key = 0; /* each fidelity has its own rule for giving one */
        mmu_fidelity_changed(hart);
    }
    if (!changed)
        return;
    struct emu_event event = {
        .cycle = m->now, .a = fidelity, .kind = EMU_EVENT_FIDELITY_SWITCHED, .hart = UINT16_MAX, .other = UINT16_MAX};
    machine_emit(m, &event);
}

void machine_switch(struct emu_machine *m, unsigned fidelity)
{
    if (m->shared.timed == (fidelity == EMU_TIMED))
        return;
    m->shared.alone_until = 0; /* all requests go through the bus, also those that grants lead to */
    if (m->shared.timed) {
        m->is_draining = true;
        bus_drain(m->bus, m->now);
        m->is_draining = false;
        caches_clear(&m->caches);
    }
    for (unsigned h = 0; h < m->config.harts; h++)
        reservation_end(&m->reservations, h, EMU_REASON_SWITCH, UINT_MAX);
    machine_use_fidelity(m, fidelity);
    if (m->reset_wanted) /* by an access that was on the bus */
        machine_reset(m);
}

/* ---- hints ---- */

static void forget_hints(struct emu_machine *m)
{
    m->hinted_cycle = 0;
    m->hinted_by = 0;
    m->hinted_fidelity = 0;
}

static void switch_due(void *context, unsigned id, uint64_t cycle)
{
    struct emu_machine *m = context;
    unsigned fidelity = m->hinted_fidelity;
    m->now = cycle;
    forget_hints(m);
    machine_switch(m, fidelity);
}

bool machine_make_switch(struct emu_machine *m)
{
    m->switch_slot = queue_add(m->queue, QUEUE_SWITCH, 0, switch_due, m);
    return m->switch_slot >= 0;
}

void machine_forget_switch(struct emu_machine *m)
{
    queue_schedule(m->queue, m->switch_slot, QUEUE_NEVER);
    forget_hints(m);
}

void machine_hint(void *context, struct hart *hart, unsigned number)
{
    struct emu_machine *m = context;
    if (hart_event_wanted(&m->shared, EMU_EVENT_HINT_GIVEN))
        hart_emit(hart, EMU_EVENT_HINT_GIVEN, number, hart->x[10], UINT16_MAX);
    if (number == EMU_HINT_STOP)
        return;
    uint64_t due = hart->cycle + SWITCH_CYCLES, before = queue_when(m->queue, m->switch_slot);
    bool is_latest =
        before == QUEUE_NEVER || hart->cycle > m->hinted_cycle || (hart->cycle == m->hinted_cycle && hart->id >= m->hinted_by);
    if (is_latest) {
        m->hinted_cycle = hart->cycle;
        m->hinted_by = hart->id;
        m->hinted_fidelity = number == EMU_HINT_TIMED ? EMU_TIMED : EMU_FAST;
    }
    if (due < before)
        queue_schedule(m->queue, m->switch_slot, due);
    hart->attention = true;
}
