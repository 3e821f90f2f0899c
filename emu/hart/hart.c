/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A hart's life: made, reset, serialised.
 */
#include <hart/hart.h>

#include <stdlib.h>
#include <string.h>

static const uint8_t no_lines[LINES_PER_PAGE];

bool hart_init(struct hart *hart, unsigned id, struct hart_shared *shared)
{
    *hart = (struct hart){.id = (uint16_t)id, .shared = shared, .reservations = shared->reservations,
                          .reservation = &shared->reservations->of[id], .slow = shared->memory->slow,
                          .code_lines = shared->memory->code, .present = no_lines};
    hart->itlb.entries = (uint8_t)shared->cpu.itlb_entries;
    hart->dtlb.entries = (uint8_t)shared->cpu.dtlb_entries;
    hart->l0_of[0] = calloc(1, sizeof *hart->l0_of[0]);
    if (!hart->l0_of[0])
        return false;
    hart->l0_of[0]->used = L0_LOG + 1;
    hart->l0_of[0]->valid = false;
    return true;
}

void hart_finish(struct hart *hart)
{
    for (unsigned i = 0; i < L0_CONTEXTS; i++)
        free(hart->l0_of[i]);
}

void hart_reset(struct hart *hart, uint64_t pc)
{
    struct tlb itlb = {.entries = hart->itlb.entries}, dtlb = {.entries = hart->dtlb.entries};
    hart->itlb = itlb;
    hart->dtlb = dtlb;
    memset(hart->x, 0, sizeof hart->x);
    memset(hart->f, 0, sizeof hart->f);
    memset(hart->pmpaddr, 0, sizeof hart->pmpaddr);
    memset(hart->pmpcfg, 0, sizeof hart->pmpcfg);
    hart->pc = pc;
    hart->mode = ISA_MODE_M;
    hart->run = HART_RUNNING;
    hart->part = (struct hart_part){0};
    hart->sequence = (struct hart_sequence){0};
    hart->fflags = 0;
    hart->frm = hart->fs = 0;
    hart->mstatus = hart->mtvec = hart->medeleg = hart->mideleg = hart->mie = hart->mscratch = hart->mepc = 0;
    hart->mcause = hart->mtval = hart->mcounteren = hart->menvcfg = hart->mcountinhibit = 0;
    hart->stvec = hart->sscratch = hart->sepc = hart->scause = hart->stval = hart->scounteren = hart->senvcfg = 0;
    hart->satp = hart->stimecmp = hart->mip_soft = hart->mip_pins = 0;
    hart->cycle_offset = hart->instret_offset = 0;
    hart->break_passed = HART_NO_BREAK;
    reservation_end(hart->shared->reservations, hart->id, EMU_REASON_RESET, hart->id);
    pmp_changed(hart);
    mmu_context_changed(hart);
}

static void tlb_state(struct state *s, const char *name, struct tlb *tlb)
{
    state_open(s, name, 0);
    state_u8(s, "next", &tlb->next);
    for (unsigned i = 0; i < tlb->entries; i++) {
        struct tlb_entry *entry = &tlb->of[i];
        uint64_t vpn = entry->vpn, ppn = entry->ppn;
        uint16_t asid = entry->asid;
        uint8_t level = entry->level, flags = entry->flags;
        state_u64(s, "vpn", &vpn);
        state_u64(s, "ppn", &ppn);
        state_u16(s, "asid", &asid);
        state_u8(s, "level", &level);
        state_u8(s, "flags", &flags);
        if (vpn != entry->vpn || ppn != entry->ppn || asid != entry->asid || level != entry->level || flags != entry->flags) {
            entry->vpn = vpn & ((UINT64_C(1) << 48) - 1);
            entry->ppn = ppn & ((UINT64_C(1) << 44) - 1);
            entry->asid = asid;
            entry->level = level & 15;
            entry->flags = flags;
        }
    }
    state_close(s);
}

static void part_state(struct state *s, struct hart_part *part)
{
    state_open(s, "part", 0);
    state_u8(s, "kind", &part->kind);
    if (part->kind != PART_NONE) {
        state_u8(s, "stage", &part->stage);
        state_u16(s, "op", &part->op);
        state_u8(s, "size", &part->size);
        state_u8(s, "rd", &part->rd);
        state_u8(s, "len", &part->len);
        state_bool(s, "bubble", &part->bubble);
        state_bool(s, "evicting", &part->evicting);
        state_bool(s, "walking", &part->walking);
        state_bool(s, "has_pte", &part->has_pte);
        state_u8(s, "level", &part->level);
        state_u64(s, "vaddr", &part->vaddr);
        state_u64(s, "value", &part->value);
        state_u64(s, "result", &part->result);
        state_u64(s, "paddr", &part->paddr[0]);
        state_u64(s, "paddr", &part->paddr[1]);
        state_u64(s, "pte_paddr", &part->pte_paddr);
        state_u64(s, "pte", &part->pte);
    }
    state_close(s);
}

static void sequence_state(struct state *s, struct hart_sequence *sequence)
{
    state_u64(s, "sequence_address", &sequence->address);
    state_u64(s, "sequence_next_pc", &sequence->next_pc);
    state_u8(s, "sequence_size", &sequence->size);
    state_u8(s, "sequence_count", &sequence->count);
}

/* The CSRs that are plain 64-bit words, as rows. */
#define HART_WORDS(WORD)                                                                                                           \
    WORD(pc)                                                                                                                       \
    WORD(cycle)                                                                                                                    \
    WORD(steps)                                                                                                                    \
    WORD(instret)                                                                                                                  \
    WORD(mstatus)                                                                                                                  \
    WORD(mtvec)                                                                                                                    \
    WORD(medeleg)                                                                                                                  \
    WORD(mideleg)                                                                                                                  \
    WORD(mie)                                                                                                                      \
    WORD(mscratch)                                                                                                                 \
    WORD(mepc)                                                                                                                     \
    WORD(mcause)                                                                                                                   \
    WORD(mtval)                                                                                                                    \
    WORD(mcounteren)                                                                                                               \
    WORD(menvcfg)                                                                                                                  \
    WORD(mcountinhibit)                                                                                                            \
    WORD(stvec)                                                                                                                    \
    WORD(sscratch)                                                                                                                 \
    WORD(sepc)                                                                                                                     \
    WORD(scause)                                                                                                                   \
    WORD(stval)                                                                                                                    \
    WORD(scounteren)                                                                                                               \
    WORD(senvcfg)                                                                                                                  \
    WORD(satp)                                                                                                                     \
    WORD(stimecmp)                                                                                                                 \
    WORD(mip_soft)                                                                                                                 \
    WORD(mip_pins)                                                                                                                 \
    WORD(cycle_offset)                                                                                                             \
    WORD(instret_offset)

void hart_state(struct state *s, struct hart *hart)
{
    state_open(s, "hart", hart->id);
    for (unsigned i = 1; i < 32; i++)
        state_u64(s, "x", &hart->x[i]);
    for (unsigned i = 0; i < 32; i++)
        state_u64(s, "f", &hart->f[i]);
#define WORD(name) state_u64(s, #name, &hart->name);
    HART_WORDS(WORD)
#undef WORD
    for (unsigned i = 0; i < PMP_ENTRIES; i++) {
        state_u64(s, "pmpaddr", &hart->pmpaddr[i]);
        state_u8(s, "pmpcfg", &hart->pmpcfg[i]);
    }
    state_u32(s, "fflags", &hart->fflags);
    state_u8(s, "frm", &hart->frm);
    state_u8(s, "fs", &hart->fs);
    state_u8(s, "mode", &hart->mode);
    state_u8(s, "run", &hart->run);
    state_bool(s, "frozen", &hart->frozen);
    part_state(s, &hart->part);
    state_u64(s, "random", &hart->random);
    if (hart->shared->reservation.strict)
        sequence_state(s, &hart->sequence);
    tlb_state(s, "itlb", &hart->itlb);
    tlb_state(s, "dtlb", &hart->dtlb);
    state_close(s);
}
