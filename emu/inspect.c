/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at a machine, choosing events and breakpoints: nothing here changes the run.
 */
#include "machine.h"

#include <assert.h>
#include <hart/code_cache.h>
#include <string.h>

const char *emu_event_name(unsigned kind)
{
    static const char *const names[] = {
#define EVENT(name, text, meaning) text,
#include <emu/event.def>
#undef EVENT
    };
    return kind < EMU_EVENT_COUNT ? names[kind] : "unknown";
}

const char *emu_stop_name(unsigned kind)
{
    static const char *const names[] = {
#define STOP(name, text, meaning) text,
#include <emu/stop.def>
#undef STOP
    };
    return kind < EMU_STOP_COUNT ? names[kind] : "unknown";
}

const char *emu_reason_name(unsigned reason)
{
    static const char *const names[] = {
#define REASON(name, text, meaning) text,
#include <emu/reason.def>
#undef REASON
    };
    return reason < EMU_REASON_COUNT ? names[reason] : "unknown";
}

const char *emu_empty_claim_name(unsigned why)
{
    static const char *const names[] = {
#define EMPTY_CLAIM(name, text, meaning) text,
#include <emu/empty_claim.def>
#undef EMPTY_CLAIM
    };
    return why < EMU_EMPTY_CLAIM_COUNT ? names[why] : "unknown";
}

const char *emu_input_name(unsigned kind)
{
    static const char *const names[] = {
#define INPUT(name, text, meaning) text,
#include <emu/input.def>
#undef INPUT
    };
    return kind < EMU_INPUT_COUNT ? names[kind] : "unknown";
}

/* ---- events ---- */

void emu_events_select(struct emu_machine *m, uint64_t kinds)
{
    m->selected = kinds;
    m->shared.events_wanted = kinds | m->stop_on | sc_log_wants(&m->sc_log);
    machine_listen(m);
}

void emu_stop_on(struct emu_machine *m, uint64_t kinds)
{
    m->stop_on = kinds;
    m->shared.events_wanted = m->selected | kinds | sc_log_wants(&m->sc_log);
    machine_listen(m);
}

bool emu_stop_filter(struct emu_machine *m, unsigned kind, unsigned hart, const uint64_t *a)
{
    if (m->filter_count == STOP_FILTERS_MAX)
        return false;
    m->filters[m->filter_count++] = (struct stop_filter){.kind = (uint8_t)kind, .any_a = !a, .hart = hart, .a = a ? *a : 0};
    return true;
}

void emu_stop_unfilter(struct emu_machine *m, unsigned kind)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < m->filter_count; i++)
        if (m->filters[i].kind != kind)
            m->filters[kept++] = m->filters[i];
    m->filter_count = kept;
}

size_t emu_events_read(struct emu_machine *m, struct emu_event *ret_events, size_t max)
{
    return ring_read(&m->ring, ret_events, max);
}

/* ---- breakpoints ---- */

static unsigned find_break(const struct emu_machine *m, uint64_t pc, unsigned hart)
{
    unsigned i = 0;
    while (i < m->shared.break_count && (m->breaks[i].pc != pc || m->breaks[i].hart != hart))
        i++;
    return i;
}

bool emu_break_set_on(struct emu_machine *m, emu_vaddr pc, unsigned hart)
{
    if (find_break(m, pc, hart) < m->shared.break_count)
        return true;
    if (m->shared.break_count == BREAKS_MAX)
        return false;
    m->breaks[m->shared.break_count++] = (struct hart_break){pc, hart};
    code_flush(&m->shared);
    return true;
}

bool emu_break_set(struct emu_machine *m, emu_vaddr pc)
{
    return emu_break_set_on(m, pc, EMU_ANY_HART);
}

/* A hart that stands at another breakpoint of the same pc has stopped there already. */
static void forget_passed(struct emu_machine *m, uint64_t pc, unsigned hart)
{
    bool has_other = find_break(m, pc, hart) < m->shared.break_count || find_break(m, pc, EMU_ANY_HART) < m->shared.break_count;
    if (m->harts[hart].break_passed == pc && !has_other)
        m->harts[hart].break_passed = HART_NO_BREAK;
}

bool emu_break_clear_on(struct emu_machine *m, emu_vaddr pc, unsigned hart)
{
    unsigned at = find_break(m, pc, hart);
    if (at == m->shared.break_count)
        return false;
    m->breaks[at] = m->breaks[--m->shared.break_count];
    for (unsigned h = 0; h < m->shared.count; h++)
        forget_passed(m, pc, h);
    code_flush(&m->shared);
    return true;
}

bool emu_break_clear(struct emu_machine *m, emu_vaddr pc)
{
    return emu_break_clear_on(m, pc, EMU_ANY_HART);
}

/* ---- state ---- */

struct emu_position emu_position(const struct emu_machine *m)
{
    return (struct emu_position){queue_fired(m->queue), m->steps};
}

/* A visitor that hashes writes to no field, which is what makes this const. */
uint64_t emu_state_hash(const struct emu_machine *m)
{
    assert(machine_holds(m));
    struct state *s = state_create_hash();
    machine_state(s, (struct emu_machine *)m);
    return state_finish_hash(s);
}

bool emu_state_flip(struct emu_machine *m, uint64_t n, char ret_name[static 128])
{
    struct state *s = state_create_flip(n);
    m->is_flipped = true;
    machine_state(s, m);
    return state_finish_flip(s, ret_name) > n;
}

unsigned emu_fidelity_now(const struct emu_machine *m)
{
    return m->shared.timed ? EMU_TIMED : EMU_FAST;
}

unsigned emu_harts(const struct emu_machine *m)
{
    return m->config.harts;
}

void emu_device_tree(const struct emu_machine *m, emu_paddr *ret_address, size_t *ret_bytes)
{
    *ret_address = m->fdt_address;
    *ret_bytes = m->fdt_bytes;
}

uint64_t emu_ram_bytes(const struct emu_machine *m)
{
    return m->config.ram_bytes;
}

static enum emu_hart_state state_of(const struct hart *hart)
{
    if (hart->frozen)
        return EMU_HART_FROZEN;
    switch (hart->run) {
    case HART_WAITING:
        return EMU_HART_WAITING;
    case HART_ACCESSING:
        return EMU_HART_ACCESSING;
    default:
        return EMU_HART_RUNNING;
    }
}

void emu_hart_view(const struct emu_machine *m, unsigned number, struct emu_hart_view *ret_view)
{
    const struct hart *hart = &m->harts[number];
    const struct reservation *held = &m->reservations.of[number];
    *ret_view = (struct emu_hart_view){.pc = hart->pc, .cycle = hart->cycle, .instructions = hart->instret, .traps = hart->traps, .mode = hart->mode,
                                       .state = state_of(hart), .reserved = held->size != 0,
                                       .reservation = held->size ? held->address : 0, .reservation_bytes = held->size};
    memcpy(ret_view->x, hart->x, sizeof ret_view->x);
    memcpy(ret_view->f, hart->f, sizeof ret_view->f);
}

bool emu_csr_read(const struct emu_machine *m, unsigned hart, unsigned number, uint64_t *ret_value)
{
    if (!csr_exists(&m->harts[hart], number))
        return false;
    *ret_value = csr_read(&m->harts[hart], number);
    return true;
}

bool emu_ram_read(const struct emu_machine *m, emu_paddr address, void *to, size_t bytes)
{
    return memory_is_ram_range(&m->memory, address, bytes) && memory_read(&m->memory, address, to, bytes);
}
