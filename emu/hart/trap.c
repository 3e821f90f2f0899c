/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking traps: which interrupt comes first, who gets it, and what is saved (privileged specification 1.12, sections 3.1.6, 3.1.9,
 * 3.1.15 and 4.1.3). A trap is a step: it costs a cycle, so that a trap loop cannot stop time.
 */
#include <hart/hart.h>

#include <string.h>

#define MSTATUS_SIE (UINT64_C(1) << 1)
#define MSTATUS_MIE (UINT64_C(1) << 3)
#define MSTATUS_SPIE (UINT64_C(1) << 5)
#define MSTATUS_MPIE (UINT64_C(1) << 7)
#define MSTATUS_SPP (UINT64_C(1) << 8)
#define MSTATUS_MPP (UINT64_C(3) << 11)

bool hart_wakes(const struct hart *hart)
{
    return csr_mip(hart) & hart->mie;
}

static int first_of(uint64_t pending)
{
    static const uint8_t order[] = {ISA_INT_MEI, ISA_INT_MSI, ISA_INT_MTI, ISA_INT_SEI, ISA_INT_SSI, ISA_INT_STI};
    for (unsigned i = 0; i < sizeof order; i++)
        if (pending >> order[i] & 1)
            return order[i];
    return -1;
}

int hart_interrupt(const struct hart *hart)
{
    uint64_t pending = csr_mip(hart) & hart->mie;
    if (!pending)
        return -1;
    uint64_t machine = pending & ~hart->mideleg;
    if (machine && (hart->mode < ISA_MODE_M || hart->mstatus & MSTATUS_MIE))
        return first_of(machine);
    uint64_t supervisor = pending & hart->mideleg;
    if (supervisor && (hart->mode < ISA_MODE_S || (hart->mode == ISA_MODE_S && hart->mstatus & MSTATUS_SIE)))
        return first_of(supervisor);
    return -1;
}

static uint64_t vector(uint64_t tvec, uint64_t cause)
{
    uint64_t base = tvec & ~UINT64_C(3);
    return tvec & 1 && cause & ISA_CAUSE_INTERRUPT ? base + 4 * (cause & ~ISA_CAUSE_INTERRUPT) : base;
}

void hart_trap(struct hart *hart, uint64_t cause, uint64_t tval, uint64_t pc)
{
    bool interrupt = cause & ISA_CAUSE_INTERRUPT;
    unsigned number = cause & 63;
    uint64_t deleg = interrupt ? hart->mideleg : hart->medeleg;
    if (hart_event_wanted(hart->shared, EMU_EVENT_TRAP_TAKEN)) {
        hart->pc = pc;
        hart_emit(hart, EMU_EVENT_TRAP_TAKEN, cause, tval, UINT16_MAX);
    }
    hart->traps++;
    hart->interrupts += interrupt;
    if (hart->mode <= ISA_MODE_S && deleg >> number & 1) {
        hart->scause = cause;
        hart->stval = tval;
        hart->sepc = pc;
        hart->mstatus = (hart->mstatus & ~(MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SIE)) |
                        (hart->mstatus & MSTATUS_SIE ? MSTATUS_SPIE : 0) | (hart->mode == ISA_MODE_S ? MSTATUS_SPP : 0);
        hart->mode = ISA_MODE_S;
        hart->pc = vector(hart->stvec, cause);
    } else {
        hart->mcause = cause;
        hart->mtval = tval;
        hart->mepc = pc;
        hart->mstatus = (hart->mstatus & ~(MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MIE)) |
                        (hart->mstatus & MSTATUS_MIE ? MSTATUS_MPIE : 0) | (uint64_t)hart->mode << 11;
        hart->mode = ISA_MODE_M;
        hart->pc = vector(hart->mtvec, cause);
    }
    if (!hart->shared->reservation.keep_on_trap)
        reservation_end(hart->shared->reservations, hart->id, EMU_REASON_TRAP, hart->id);
    mmu_context_changed(hart);
}

void hart_pins_arrive(struct hart *hart, uint64_t level, uint64_t pulses)
{
    hart->mip_pins = (hart->mip_pins & ISA_MIP(STI)) | level;
    hart->mip_soft |= pulses;
}

void hart_timer_update(struct hart *hart)
{
    struct hart_shared *shared = hart->shared;
    uint64_t now = hart->cycle > *shared->now ? hart->cycle : *shared->now; /* a waiting hart's clock stands */
    hart_timer_set(hart, now, now);
    if (queue_when(shared->queue, hart->timer_slot) <= now) {
        hart->mip_pins |= ISA_MIP(STI);
        queue_schedule(shared->queue, hart->timer_slot, QUEUE_NEVER);
    }
    hart->attention = true;
}

void hart_timer_set(struct hart *hart, uint64_t now, uint64_t earliest)
{
    struct hart_shared *shared = hart->shared;
    hart->mip_pins &= ~ISA_MIP(STI);
    uint64_t due = QUEUE_NEVER;
    if (hart->menvcfg >> 63)
        due = shared->cycle_of_mtime(shared->context, now, hart->stimecmp);
    queue_schedule(shared->queue, hart->timer_slot, due < earliest ? earliest : due);
}

void hart_emit(struct hart *hart, enum emu_event_kind kind, uint64_t a, uint64_t b, unsigned other)
{
    struct emu_event event = {.cycle = hart->cycle, .a = a, .b = b, .pc = hart->pc, .kind = (uint16_t)kind, .hart = hart->id,
                              .other = (uint16_t)other};
    hart->shared->emit(hart->shared->context, &event);
}
