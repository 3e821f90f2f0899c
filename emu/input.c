/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inputs: checked first, then applied whole, at the machine's present position.
 */
#include "machine.h"

#include <inttypes.h>
#include <isa/insn.h>
#include <limits.h>
#include <string.h>

/* While harts run: the least of their clocks. Else: as far as any of them or any event has got. Never past the next event, which
 * may lie before the clock of a hart that has just had a device's reply. */
emu_cycle emu_now(const struct emu_machine *m)
{
    uint64_t now = m->now, next = queue_next(m->queue);
    if (m->schedule.running && schedule_cycle(&m->schedule) > now)
        now = schedule_cycle(&m->schedule);
    for (unsigned h = 0; !m->schedule.running && h < m->config.harts; h++)
        if (m->harts[h].cycle > now)
            now = m->harts[h].cycle;
    return now < next ? now : next;
}

unsigned emu_console_room(const struct emu_machine *m)
{
    if (m->htif && htif_room(m->htif))
        return htif_room(m->htif);
    return uart_room(m->uart);
}

bool emu_console_wanted(const struct emu_machine *m)
{
    return (m->htif && htif_room(m->htif)) || uart_wants(m->uart);
}

static bool check_poke(const struct emu_machine *m, const struct emu_input *input, struct emu_error *error)
{
    unsigned size = input->hart;
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return emu_error_set(error, "a poke writes 1, 2, 4 or 8 bytes, not %u", size);
    if (!memory_is_ram_range(&m->memory, input->a, size))
        return emu_error_set(error, "0x%" PRIx64 " is not in RAM", input->a);
    return true;
}

static bool is_part_done(const struct hart *hart)
{
    return hart->part.kind != PART_NONE && hart->part.kind != PART_FETCH && hart->part.kind != PART_FETCHED;
}

static bool check(const struct emu_machine *m, const struct emu_input *input, struct emu_error *error)
{
    bool needs_hart = input->kind != EMU_INPUT_CONSOLE_BYTE && input->kind != EMU_INPUT_POKE && input->kind != EMU_INPUT_RESET &&
                      input->kind != EMU_INPUT_FIDELITY;
    if (needs_hart && input->hart >= m->config.harts)
        return emu_error_set(error, "there is no hart %u: the machine has %u", input->hart, m->config.harts);
    switch (input->kind) {
    case EMU_INPUT_CONSOLE_BYTE:
        if (input->a > 0xff)
            return emu_error_set(error, "a console byte is 0 to 255, not %" PRIu64, input->a);
        if (emu_stream_room(m, input->hart) == 0)
            return emu_error_set(error, "the guest's console takes no byte now");
        return true;
    case EMU_INPUT_POKE:
        return check_poke(m, input, error);
    case EMU_INPUT_SET_XREG:
        if (input->a < 1 || input->a > 31)
            return emu_error_set(error, "integer registers that can be set are x1 to x31, not x%" PRIu64, input->a);
        return true;
    case EMU_INPUT_SET_FREG:
        if (input->a > 31)
            return emu_error_set(error, "floating-point registers are f0 to f31, not f%" PRIu64, input->a);
        return true;
    case EMU_INPUT_SET_CSR:
        if (input->a > 0xfff || !csr_exists(&m->harts[input->hart], (unsigned)input->a))
            return emu_error_set(error, "there is no CSR 0x%" PRIx64, input->a);
        return true;
    case EMU_INPUT_SET_PC:
        if (input->b & 1)
            return emu_error_set(error, "a pc is even");
        if (m->harts[input->hart].run == HART_ACCESSING || is_part_done(&m->harts[input->hart]))
            return emu_error_set(error, "hart %u is in the middle of an access; its pc cannot be set now", input->hart);
        return true;
    case EMU_INPUT_FIDELITY:
        if (input->a != EMU_TIMED && input->a != EMU_FAST)
            return emu_error_set(error, "a fidelity is %d (timed) or %d (fast), not %" PRIu64, EMU_TIMED, EMU_FAST, input->a);
        return true;
    case EMU_INPUT_RESET:
    case EMU_INPUT_FREEZE:
    case EMU_INPUT_THAW:
        return true;
    default:
        return emu_error_set(error, "there is no input of kind %u", input->kind);
    }
}

static void apply(struct emu_machine *m, const struct emu_input *input)
{
    bool has_hart = input->kind != EMU_INPUT_POKE && input->hart < m->config.harts;
    struct hart *hart = &m->harts[has_hart ? input->hart : 0];
    switch (input->kind) {
    case EMU_INPUT_CONSOLE_BYTE:
        if (input->hart)
            virtio_receive(m->virtio[input->hart - 1], (uint8_t)input->a);
        else if (!(m->htif && htif_receive(m->htif, (uint8_t)input->a)))
            uart_receive(m->uart, (uint8_t)input->a);
        return;
    case EMU_INPUT_POKE:
        m->shared.watch_silent = true; /* nobody's access */
        machine_write(m, input->a, &input->b, input->hart);
        m->shared.watch_silent = false;
        return;
    case EMU_INPUT_SET_XREG:
        hart->x[input->a] = input->b;
        return;
    case EMU_INPUT_SET_FREG:
        hart->f[input->a] = input->b;
        return;
    case EMU_INPUT_SET_CSR:
        csr_write(hart, (unsigned)input->a, input->b);
        break;
    case EMU_INPUT_SET_PC:
        hart->pc = input->b;
        hart->part = (struct hart_part){0};
        hart->break_passed = HART_NO_BREAK;
        break;
    case EMU_INPUT_RESET:
        machine_reset(m);
        return;
    case EMU_INPUT_FIDELITY:
        machine_switch(m, (unsigned)input->a);
        return;
    case EMU_INPUT_FREEZE:
        hart->frozen = true;
        break;
    case EMU_INPUT_THAW:
        hart->frozen = false;
        if (hart->run == HART_RUNNING)
            hart_pass(hart, m->now, STALL_HALTED);
        break;
    default:
        return;
    }
    m->owner = NO_OWNER;
    machine_wake_check(m, hart, m->now);
    machine_reschedule(m, hart);
}

bool emu_input(struct emu_machine *m, const struct emu_input *input, emu_cycle cycle, emu_cycle *ret_cycle,
               struct emu_error *error)
{
    struct emu_stop stop;
    if (!check(m, input, error))
        return false;
    if (machine_disk_stop(m, &stop))
        return emu_error_set(error, "the machine waits for its disk: supply or flush it before the next input");
    if (!ring_has_room(&m->stops))
        return emu_error_set(error, "there are too many events to stop at: run before the next input");
    if (!ring_has_room(&m->ring))
        return emu_error_set(error, "the event ring is full: read events before the next input");
    uint64_t now = emu_now(m);
    if (cycle == 0)
        cycle = now;
    if (cycle < now || (m->schedule.running && cycle > now) || cycle > queue_next(m->queue))
        return emu_error_set(error, "an input at cycle %" PRIu64 " is not possible at cycle %" PRIu64, cycle, now);
    m->now = cycle;
    apply(m, input);
    if (m->owner != NO_OWNER && m->harts[m->owner].cycle >= queue_next(m->queue))
        m->owner = NO_OWNER; /* its slice has reached an event that is new */
    struct emu_event event = {.cycle = cycle, .a = input->kind, .kind = EMU_EVENT_INPUT_APPLIED, .hart = UINT16_MAX,
                              .other = UINT16_MAX};
    machine_emit(m, &event);
    if (ret_cycle)
        *ret_cycle = cycle;
    return true;
}
