/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A hart: its registers, translation and protection state, and what the engine needs close at hand. Knows memory and interrupt
 * pins; knows no device. What all harts of a machine share is in struct hart_shared.
 * The hot part (all of struct hart) is at most 4 KiB; tables that only speed things up are behind pointers and never state.
 */
#ifndef HART_HART_H
#define HART_HART_H

#include <base/queue.h>
#include <base/state.h>
#include <emu/emu.h>
#include <isa/trap.h>
#include <mem/memory.h>
#include <mem/reservation.h>
#include <stdbool.h>
#include <stdint.h>

struct code_cache;
struct code_page;
struct native_stubs;
struct hart;

#define HART_NO_BREAK UINT64_C(1) /* odd: no pc */
#define HART_X_BUCKET 32 /* where writes to x0 go */
#define PMP_ENTRIES 16
#define TLB_MAX 64

/* ---- translation tables of the engine ("L0"), derived from TLB, PMP and slow lines: a strict subset of what they allow ---- */

#define L0_DATA_ENTRIES 1024u
#define L0_CODE_ENTRIES 64u
#define L0_EMPTY 0xfffu     /* low bits no aligned access can have */
#define L0_SLOW_STORE 0x800u /* in wtag: stores are allowed, but the page has slow lines */
#define L0_CONTEXTS 4u
#define L0_LOG 96u

struct l0_data {
    uint64_t rtag;   /* virtual page if loads may go ahead, else L0_EMPTY */
    uint64_t wtag;   /* virtual page if stores may go ahead, with L0_SLOW_STORE if only past a check of the line, else L0_EMPTY */
    uint64_t addend; /* host address = virtual address + addend (modulo 2^64) */
    uint64_t page;   /* index in struct memory */
};

struct l0_code {
    uint64_t tag; /* virtual page, else L0_EMPTY */
    struct code_page *page;
};

/* One set of tables per context: privilege, ASID and what else decides about a translation, so that a trap flushes nothing. */
struct l0 {
    struct l0_data data[L0_DATA_ENTRIES];
    struct l0_code code[L0_CODE_ENTRIES];
    uint32_t key;
    uint32_t used;            /* entries written since the last clearing; past L0_LOG all must be cleared */
    uint16_t log[L0_LOG];     /* which */
    bool valid;
};

/* ---- state ---- */

struct tlb_entry {
    uint64_t vpn : 48;  /* virtual page number, low bits zero for superpages */
    uint64_t asid : 16;
    uint64_t ppn : 44;
    uint64_t level : 4; /* 0: 4 KiB, 1: 2 MiB, 2: 1 GiB, 3: 512 GiB */
    uint64_t flags : 8; /* PTE bits 7:0; V clear: entry empty */
};

struct tlb {
    uint8_t entries; /* configured */
    uint8_t next;    /* FIFO replacement */
    struct tlb_entry of[TLB_MAX];
};

enum hart_run {
    HART_RUNNING,
    HART_WAITING,   /* in WFI */
    HART_ACCESSING, /* a device access is on its way */
};

/* A device access on its way: the part-done instruction. */
struct hart_access {
    uint64_t address; /* physical */
    uint64_t value;   /* store */
    uint64_t vaddr;   /* for tval */
    uint16_t op;      /* enum isa_op of the load; stores: ISA_OP_illegal */
    uint8_t size;     /* bytes */
    uint8_t rd;
    uint8_t len;      /* of the instruction */
    bool write;
};

/* Why the engine came back. */
enum hart_exit {
    HART_EXIT_BUDGET,  /* the steps granted are done, or the caller should look whether more can be granted */
    HART_EXIT_SLICE,   /* the slice is over */
    HART_EXIT_STOPPED, /* it waits or accesses a device: not running any more */
    HART_EXIT_AGAIN,   /* something the caller looks at may have changed: event scheduled, ring nearly full, stop asked for */
    HART_EXIT_BREAK,   /* at a breakpoint */
};

struct hart {
    /* engine: hottest first */
    uint64_t x[33];
    uint64_t break_passed;   /* the breakpoint here has stopped already; HART_NO_BREAK: none (not state) */
    uint64_t page_va;        /* virtual page the engine runs in (derived) */
    struct code_page *code;  /* and its decoded code (derived) */
    struct l0 *l0;           /* tables of the present context (derived) */
    const struct native_stubs *stubs;  /* for translated code (derived) */
    struct reservations *reservations; /* shared; and this hart's own (derived) */
    struct reservation *reservation;
    const uint64_t *slow;    /* line masks of struct memory (derived) */
    const uint64_t *code_lines;
    int64_t start;           /* budget at engine entry, or since the counts were last brought up to date */
    int64_t bias;            /* steps that may be done at once are budget + bias; below a budget of 0 somebody must look */
    int64_t slack;           /* and less this: steps to the end of the slice */
    int64_t budget;          /* left over when the engine returned */
    uint64_t pc;             /* valid while the engine is not running it */
    uint32_t fflags;
    uint8_t frm;
    uint8_t fs;              /* mstatus.FS */
    uint8_t mode;            /* enum isa_mode */
    uint8_t exit;            /* enum hart_exit */
    bool within;             /* the engine left in the middle of a run; state while the hart's slice is not over */
    bool attention;          /* the engine should come back at the next occasion (derived) */
    uint8_t run;             /* enum hart_run */
    bool frozen;
    uint16_t id;
    uint32_t unretired;      /* steps of this engine run that were traps, not instructions (derived) */
    struct hart_shared *shared;

    uint64_t cycle;          /* own clock, bus cycles */
    uint64_t steps;          /* instructions retired and traps taken */
    uint64_t instret;        /* instructions retired */
    uint64_t f[32];
    struct hart_access access;

    /* CSRs; mstatus without FS and SD, which are made on reading */
    uint64_t mstatus, mtvec, medeleg, mideleg, mie, mscratch, mepc, mcause, mtval, mcounteren, menvcfg, mcountinhibit;
    uint64_t stvec, sscratch, sepc, scause, stval, scounteren, senvcfg, satp, stimecmp;
    uint64_t mip_soft;       /* bits software may set: SSIP, and STIP, SEIP */
    uint64_t mip_pins;       /* what has arrived on the interrupt pins, as mip bits */
    uint64_t cycle_offset, instret_offset; /* mcycle = cycle + offset; while inhibited: the value itself */
    uint64_t pmpaddr[PMP_ENTRIES];
    uint8_t pmpcfg[PMP_ENTRIES];
    bool pmp_active;         /* any entry on (derived) */
    struct tlb itlb, dtlb;

    /* counts for statistics: not state */
    uint64_t waiting_cycles, wait_began, traps, interrupts, sc_done, sc_failed;

    struct l0 *l0_of[L0_CONTEXTS]; /* allocated when first used */
    uint8_t l0_turn;
    int timer_slot;          /* of the queue: stimecmp */
    int access_slot;
    uint64_t pins;           /* present level of the pins, as mip bits; arrives later (state) */
    int irq_slot;
};

_Static_assert(sizeof(struct hart) <= 4096, "hot state of a hart is at most 4 KiB");

/* What the harts of a machine share. */
struct hart_shared {
    struct memory *memory;
    struct reservations *reservations;
    struct code_cache *code;
    const struct native_stubs *stubs; /* of code_cache_stubs */
    struct queue *queue;
    struct hart *harts;
    unsigned count;
    struct emu_cpu_config cpu;
    struct emu_pipeline_config pipeline;
    struct emu_reservation_config reservation;
    uint64_t walks;             /* statistics */
    uint64_t tohost;            /* physical address of the HTIF word; its line is slow; 0: none */

    /* supplied by the machine */
    void *context;
    void (*emit)(void *context, const struct emu_event *event);
    uint64_t events_wanted;     /* EMU_EVENT_BIT of recorded or stopping kinds */
    const uint64_t *now;        /* cycle of the last event or input */
    uint64_t (*mtime)(void *context, uint64_t cycle);
    /* first cycle, `now` or later, at which mtime >= the value */
    uint64_t (*cycle_of_mtime)(void *context, uint64_t now, uint64_t mtime);
    void (*access_begin)(void *context, struct hart *hart);    /* hart->access is filled; schedule its effect */
    void (*tohost_written)(void *context, struct hart *hart);
    const uint64_t *breaks;
    unsigned break_count;
};

bool hart_init(struct hart *hart, unsigned id, struct hart_shared *shared);
void hart_finish(struct hart *hart);
/* Power-on or reset: M-mode, pc at the reset vector; the clock goes on. */
void hart_reset(struct hart *hart, uint64_t pc);
void hart_state(struct state *s, struct hart *hart);

/* Does at most `hard` steps (at least 1), and ends the slice at the first transfer of control, or end of a line, at which `soft`
 * steps are done. `within` says that the hart is not at such a place (hart->within as the last run left it): there the slice does
 * not end. Returns the exit reason; pc, cycle, steps and instret are up to date. */
enum hart_exit hart_engine_run(struct hart *hart, int64_t soft, int64_t hard, bool within);

/* Completes the device access on its way: the value read, or a fault. The instruction retires or traps. */
void hart_access_done(struct hart *hart, bool fault, uint64_t value);

/* The pins' level reaches the hart. */
void hart_pins_arrive(struct hart *hart);

/* An interrupt that would be taken now (mcause number), or -1. */
int hart_interrupt(const struct hart *hart);
bool hart_wakes(const struct hart *hart); /* (mip & mie) != 0: WFI's resume rule */

/* Takes a trap: cause with the interrupt bit, tval, and the pc it belongs to. Sets pc. It is a step: the caller counts it. */
void hart_trap(struct hart *hart, uint64_t cause, uint64_t tval, uint64_t pc);

/* Schedules the stimecmp event, or raises STIP at once. To be called after stimecmp, mtime or STCE changed. */
void hart_timer_update(struct hart *hart);

/* ---- CSRs (csr.c) ---- */

/* Does this hart in its present mode have the CSR and may it be accessed so? */
bool csr_allowed(const struct hart *hart, unsigned number, bool write);
uint64_t csr_read(const struct hart *hart, unsigned number);
void csr_write(struct hart *hart, unsigned number, uint64_t value);
/* By a CSR instruction, which itself is not counted: the next one reads the value written (section 3.1.10). */
void csr_write_by_instruction(struct hart *hart, unsigned number, uint64_t value);
bool csr_exists(const struct hart *hart, unsigned number);
uint64_t csr_mip(const struct hart *hart);
uint64_t csr_mstatus(const struct hart *hart);
/* mret and sret: pc and mode; the caller has checked that they are allowed. */
void csr_mret(struct hart *hart);
void csr_sret(struct hart *hart);

/* ---- translation and protection (mmu.c, pmp.c) ---- */

enum mmu_access { MMU_FETCH, MMU_LOAD, MMU_STORE };

struct mmu_result {
    bool ok;
    uint8_t fault;   /* enum isa_trap */
    uint64_t paddr;
};

/* Translates one access of 1 to 8 bytes that does not cross a page, and checks PMP. May walk, set A and D bits and fill the TLB.
 * `mode` is the effective privilege. */
struct mmu_result mmu_translate(struct hart *hart, uint64_t vaddr, unsigned size, enum mmu_access access);
/* Walk without side effects, for inspection. */
bool mmu_peek(const struct hart *hart, uint64_t vaddr, enum mmu_access access, uint64_t *ret_paddr);
/* sfence.vma; vaddr_all/asid_all when rs1/rs2 is x0. */
void mmu_fence(struct hart *hart, bool all_addresses, uint64_t vaddr, bool all_asids, uint16_t asid);
/* Must follow every change of mode, mstatus, satp: selects the L0 tables. */
void mmu_context_changed(struct hart *hart);
/* Drops everything derived from translation and protection. */
void mmu_l0_flush(struct hart *hart);
void mmu_l0_flush_code(struct hart *hart);
/* Enters the page of an access that just translated into the tables, as far as TLB, PMP and slow lines allow. */
void mmu_l0_fill_data(struct hart *hart, uint64_t vaddr, uint64_t paddr);
void mmu_l0_fill_code(struct hart *hart, uint64_t vaddr, struct code_page *code);
/* All harts: page now has a slow line, so that no table may hold it plainly writable. */
void mmu_l0_demote(struct hart_shared *shared, uint32_t page);
unsigned mmu_data_mode(const struct hart *hart);

bool pmp_allows(const struct hart *hart, uint64_t paddr, unsigned size, enum mmu_access access, unsigned mode);
/* Access rights (bit per mmu_access) that hold for the whole page; false if they differ within it. */
bool pmp_page_rights(const struct hart *hart, uint64_t paddr, unsigned mode, unsigned *ret_rights);
void pmp_changed(struct hart *hart);

/* ---- stores that need care (store.c) ---- */

/* Marks a line slow, once. */
void store_mark_slow(struct hart_shared *shared, uint32_t page, unsigned line);
/* What must happen when `size` bytes at page/offset (within one line) are written by agent `by` (UINT_MAX: device): reservations end,
 * decoded code is discarded. Returns true when decoded code was discarded. */
bool store_snoop(struct hart_shared *shared, uint32_t page, unsigned offset, unsigned size, unsigned by);
/* Makes `tohost` the HTIF's word: no store to its line goes by a short path. */
void store_watch(struct hart_shared *shared, uint64_t tohost);
bool store_is_watched(const struct hart_shared *shared, uint32_t page, unsigned line);
/* The same for any range of RAM. */
void store_snoop_range(struct hart_shared *shared, uint64_t paddr, uint64_t size, unsigned by);

static inline bool hart_event_wanted(const struct hart_shared *shared, enum emu_event_kind kind)
{
    return shared->events_wanted & EMU_EVENT_BIT(kind);
}
void hart_emit(struct hart *hart, enum emu_event_kind kind, uint64_t a, uint64_t b, unsigned other);

#endif
