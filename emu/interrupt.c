/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Interrupts between devices and harts: the pins at both ends of the wires, and the events that tell of claims.
 */
#include "machine.h"

static void pin_set(void *context, unsigned number, bool level)
{
    struct emu_machine *m = context;
    unsigned hart = number >> 4, bit = number & 15;
    if (bit != ISA_INT_SSI)
        wires_set(&m->wires, hart, bit, level, m->now);
    else if (level)
        wires_pulse(&m->wires, hart, bit, m->now);
}

struct irq_line machine_pin(struct emu_machine *m, unsigned hart, unsigned bit)
{
    return (struct irq_line){.set = pin_set, .sink = m, .number = hart << 4 | bit};
}

static void emit_stale(struct emu_machine *m, unsigned hart, const struct wire_change *change, uint64_t level_before)
{
    static const uint64_t external[WIRES_MODES] = {ISA_MIP(MEI), ISA_MIP(SEI)};
    for (unsigned mode = 0; mode < WIRES_MODES; mode++) {
        const struct wire_stale *stale = &change->stale[mode];
        if (stale->source == 0 || !(level_before & ~change->level & external[mode]))
            continue;
        struct emu_event event = {.cycle = m->now, .a = stale->source, .kind = EMU_EVENT_NOTIFICATION_STALE, .hart = (uint16_t)hart,
                                  .b = hart * MACHINE_CONTEXTS + mode + ((uint64_t)stale->first << 16),
                                  .pc = m->harts[hart].pc, .other = stale->first / MACHINE_CONTEXTS};
        machine_emit(m, &event);
    }
}

static void pins_arrived(void *context, unsigned id, uint64_t cycle, const struct wire_change *change, uint64_t level_before)
{
    struct emu_machine *m = context;
    m->now = cycle;
    hart_pins_arrive(&m->harts[id], change->level, change->pulses);
    emit_stale(m, id, change, level_before);
    machine_wake_check(m, &m->harts[id], cycle);
}

void machine_irq_pending(void *context, unsigned source)
{
    struct emu_machine *m = context;
    struct emu_event event = {
        .cycle = m->now, .a = source, .kind = EMU_EVENT_IRQ_RAISED, .hart = UINT16_MAX, .other = UINT16_MAX};
    machine_emit(m, &event);
}

void machine_claim_empty(void *context, const struct device_claim *claim)
{
    struct emu_machine *m = context;
    bool has_first = claim->why == EMU_EMPTY_CLAIM_ANOTHER_FIRST;
    struct emu_event event = {.cycle = m->now, .a = claim->why, .pc = m->harts[claim->agent].pc, .kind = EMU_EVENT_EMPTY_CLAIM,
                              .b = claim->context | (uint64_t)claim->source << 16 | (uint64_t)claim->first << 32,
                              .hart = (uint16_t)claim->agent,
                              .other = has_first ? (uint16_t)(claim->first / MACHINE_CONTEXTS) : UINT16_MAX};
    machine_emit(m, &event);
}

void machine_notification_stale(void *context, const struct device_claim *claim)
{
    struct emu_machine *m = context;
    wires_note_stale(&m->wires, claim->context / MACHINE_CONTEXTS, claim->context % MACHINE_CONTEXTS, claim->source, claim->first);
}

bool machine_make_wires(struct emu_machine *m)
{
    const struct wires_client client = {.context = m, .arrived = pins_arrived};
    return wires_init(&m->wires, m->config.harts, m->queue, &client);
}
