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
#include <mem/bus.h>
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
#define L0_SLOW_STORE 0x20u /* in wtag: stores are allowed, but the page (timed: the line) is slow */
#define L0_LINES 1024u
#define L0_CONTEXTS 4u
#define L0_LOG 96u
#define L0_NOTE_PLACES (L0_LINES > L0_CODE_ENTRIES ? L0_LINES : L0_CODE_ENTRIES) /* of a context, in a cache slot's note (mmu.c) */

/* A page in `fast`, a line in `timed` fidelity. */
struct l0_data {
    uint64_t rtag;   /* virtual page or line if loads may go ahead, else L0_EMPTY */
    uint64_t wtag;   /* the same if stores may go ahead, with L0_SLOW_STORE if only past a check of the line, else L0_EMPTY */
    uint64_t addend; /* host address = virtual address + addend (modulo 2^64) */
    uint64_t page;   /* index in struct memory */
};

struct l0_code {
    uint64_t tag; /* virtual page, else L0_EMPTY */
    struct code_page *page;
    uint8_t present[LINES_PER_PAGE]; /* timed: the line is in the instruction cache, and known to be */
};

/* One set of tables per context: privilege, ASID and what else decides about a translation, so that a trap flushes nothing. */
struct l0 {
    struct l0_data data[L0_DATA_ENTRIES]; /* pages */
    struct l0_data lines[L0_LINES];       /* timed */
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
    HART_ACCESSING, /* a device access or a bus request is on its way */
};

enum part_kind {
    PART_NONE,
    PART_LOAD,
    PART_STORE,
    PART_LR,
    PART_SC,
    PART_AMO,
    PART_FETCH,
    PART_FETCHED, /* an instruction in two lines: both are read */
};

enum part_stage { PART_TRANSLATE_FIRST, PART_TRANSLATE_SECOND, PART_ACCESS_FIRST, PART_ACCESS_SECOND };

/* An instruction that is part-done because it waits for the bus or a device: resumed, never restarted. An access that crosses a
 * line has two pieces. */
struct hart_part {
    uint8_t kind;      /* enum part_kind */
    uint8_t stage;     /* enum part_stage */
    uint16_t op;       /* enum isa_op */
    uint8_t size;      /* bytes */
    uint8_t rd;
    uint8_t len;       /* of the instruction */
    bool bubble;       /* a load whose result the next instruction uses: the bubble follows */
    bool evicting;     /* the line that must make room is being written back */
    bool walking;      /* the stage is in the middle of a page-table walk: */
    bool has_pte;      /* its entry is read; what is missing is the right to write A and D to it */
    uint8_t level;
    uint64_t vaddr;    /* fetch: pc */
    uint64_t value;    /* store, sc, amo: rs2 */
    uint64_t result;   /* bytes read so far; sc: 0 or 1 */
    uint64_t paddr[2]; /* of the pieces */
    uint64_t pte_paddr, pte;
};

/* Strict mode: what has been executed since the last lr. Means something while the reservation lives. */
struct hart_sequence {
    uint64_t address; /* of the lr's operand, virtual */
    uint64_t next_pc; /* behind the instruction executed last */
    uint8_t size;     /* of the operand */
    uint8_t count;    /* of instructions, from the lr on, those that were jumped over included */
};

/* What a hart's cycles went to, in the order of enum emu_cycles; EXECUTE is never counted: it is the rest. */
enum hart_stall {
#define CYCLES(name, text, heading, meaning) STALL_##name,
#include <emu/cycles.def>
#undef CYCLES
    STALL_COUNT
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
    struct l0_data *table;   /* what loads and stores look up: l0->data or l0->lines (derived) */
    const uint8_t *present;  /* timed: lines of the page the engine runs in that are in the instruction cache (derived) */
    int64_t start;           /* budget at engine entry, or since the counts were last brought up to date */
    int64_t bias;            /* cycles that may be done at once are the budget's + bias; below a budget of 0 somebody must look */
    int64_t slack;           /* and less this: cycles to the end of the slice */
    int64_t budget;          /* left over when the engine returned */
    int64_t fresh;           /* the budget while the slice has not begun (derived) */
    uint64_t pc;             /* valid while the engine is not running it */
    uint32_t fflags;
    uint8_t frm;
    uint8_t fs;              /* mstatus.FS */
    uint8_t mode;            /* enum isa_mode */
    uint8_t exit;            /* enum hart_exit */
    bool within;             /* the engine left where the slice cannot end; state while the hart's slice is not over */
    bool checks;             /* first copies of runs look for the slice's end on the way (derived) */
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
    struct hart_part part;
    uint64_t random;         /* timed: of injected failures */
    struct hart_sequence sequence;

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
    uint64_t traps, interrupts, sc_done, request_began;
    uint64_t sc_failed[EMU_REASON_COUNT];
    uint64_t stall_cycles[STALL_COUNT]; /* with the rest, EXECUTE, they add up to `cycle`: whoever moves the clock on counts */
    uint64_t misses[EMU_MISS_COUNT], upgrades, write_backs, device_accesses;
    uint32_t spent;          /* what steps of the part took since the engine last asked, in cycles (derived) */
    uint32_t waits;          /* of these the waits that are over already (derived) */
    int64_t patience;        /* steps that the part may take at least before somebody wants to look (derived) */
    uint32_t slot;           /* of miss_get_alone (derived) */
    uint8_t part_fault;      /* PART_FAULT: enum isa_trap, and its tval (derived) */
    uint64_t part_tval;

    struct l0 *l0_of[L0_CONTEXTS]; /* allocated when first used */
    uint8_t l0_turn;
    int timer_slot;          /* of the queue: stimecmp */
    int access_slot;
};

_Static_assert(sizeof(struct hart) <= 4096, "hot state of a hart is at most 4 KiB");

/* A breakpoint. */
struct hart_break {
    uint64_t pc;
    unsigned hart; /* EMU_ANY_HART: any */
};

#define HART_WATCH_BYTES 8

/* Bytes of RAM whose accesses stop the machine (emu_watch_set). */
struct hart_watch {
    uint64_t paddr;
    uint8_t size;   /* 1 to HART_WATCH_BYTES */
    uint8_t kinds;  /* enum emu_watch_kind, ORed */
    uint64_t value; /* of the bytes, as it was when they were looked at last: before the write that is now to be looked at */
    /* the first access since somebody asked, while the watch's bit of watch_hits is set */
    uint64_t pc, before, after;
    unsigned by;    /* hart; UINT_MAX: a device */
    uint8_t what;   /* EMU_WATCH_READ or EMU_WATCH_WRITE */
};

/* What the harts of a machine share. */
struct hart_shared {
    struct memory *memory;
    struct reservations *reservations;
    struct code_cache *code;
    struct queue *queue;
    struct hart *harts;
    unsigned count;
    bool timed;                 /* the present fidelity: state of the machine */
    bool checks;                /* timed, and several harts: code is decoded with checks for a slice's end (derived) */
    struct caches *caches;      /* timed */
    struct bus *bus;
    const struct coherence *coherence;
    struct emu_cpu_config cpu;
    struct emu_pipeline_config pipeline;
    struct emu_reservation_config reservation;
    uint64_t walks;             /* statistics */
    uint64_t tohost;            /* physical address of the HTIF word; its line is slow; 0: none */

    /* supplied by the machine */
    void *context;
    void (*emit)(void *context, const struct emu_event *event);
    uint64_t events_wanted;     /* EMU_EVENT_BIT of recorded or stopping kinds */
    uint64_t *now;              /* cycle of the last event or input */
    uint64_t alone_until;       /* timed: nobody but the hart that runs acts before this cycle; 0: others do */
    uint64_t (*mtime)(void *context, uint64_t cycle);
    /* first cycle, `now` or later, at which mtime >= the value */
    uint64_t (*cycle_of_mtime)(void *context, uint64_t now, uint64_t mtime);
    void (*access_begin)(void *context, struct hart *hart);    /* fast: hart->part is filled; schedule its effect */
    /* A device access takes effect now; false: access fault. */
    bool (*device_access)(void *context, struct hart *hart, uint64_t cycle, uint64_t *value);
    void (*tohost_written)(void *context, struct hart *hart);
    bool hints;                 /* hints do something */
    void (*hint)(void *context, struct hart *hart, unsigned number);
    const struct hart_break *breaks;
    unsigned break_count;
    struct hart_watch *watches;
    unsigned watch_count, watch_readers; /* of them, that look at reads */
    uint64_t watch_hits;                 /* bit n: watch n has something to tell */
    bool watch_silent;                   /* what is written now is no access */
};

bool hart_init(struct hart *hart, unsigned id, struct hart_shared *shared);
void hart_finish(struct hart *hart);
/* Power-on or reset: M-mode, pc at the reset vector; the clock goes on. */
void hart_reset(struct hart *hart, uint64_t pc);
void hart_state(struct state *s, struct hart *hart);

#define HART_RUN_CYCLES_MAX 60000
/* How far behind a slice's end an instruction that nobody else can notice may begin. Not more than interrupts take to arrive. */
#define HART_OVERRUN_CYCLES 12

/* Executes instructions that begin within the next `hard` cycles (1 to HART_RUN_CYCLES_MAX).
 * fast: ends the slice at the first transfer of control, or end of a line, at which `soft` cycles are done. `within` says that the
 * hart is not at such a place (hart->within as the last run left it): there the slice does not end.
 * timed: ends the slice at the first check (code.c) that begins `soft` cycles from now or later; `within` says that the hart is between
 * checks, `fresh` that nothing has been executed in the slice yet. May return sooner, with something done.
 * Returns the exit reason; pc, cycle, steps and instret are up to date. */
enum hart_exit hart_engine_run(struct hart *hart, int64_t soft, int64_t hard, bool within, bool fresh);
/* timed, several harts: the same for a whole slice, where nothing is to be met exactly within the next `soft` + HART_SLICE_ROOM_CYCLES. */
#define HART_SLICE_ROOM_CYCLES 64 /* more than a slice overruns its end by */
enum hart_exit hart_engine_slice(struct hart *hart, int64_t soft);

/* fast: the device access on its way takes effect at `cycle`; the instruction retires or traps. */
void hart_access_due(struct hart *hart, uint64_t cycle);

/* timed: the bus has granted this hart's request. The clock is set, the instruction retires, traps, or is to be resumed. */
void hart_granted(struct hart *hart, const struct bus_grant *grant);
/* timed: the hart's reservation is lost. If its sc waits for the bus it fails at once, without a transaction. True if so. */
bool hart_reservation_lost(struct hart *hart, uint64_t cycle);
/* What a hart that does not run stands still for; until a request is granted it is not always known what kind it will turn out to be. */
enum hart_stall hart_stands_for(const struct hart *hart);
/* timed: a cache of this hart has lost a line or the right to write to it. */
void hart_line_lowered(struct hart *hart, uint32_t slot);

/* The clock goes on to a cycle, not back, without anything being executed meanwhile. */
static inline void hart_pass(struct hart *hart, uint64_t cycle, enum hart_stall stall)
{
    if (cycle <= hart->cycle)
        return;
    hart->stall_cycles[stall] += cycle - hart->cycle;
    hart->cycle = cycle;
}

/* What the pins are from now on, and bits of mip that an edge sets. */
void hart_pins_arrive(struct hart *hart, uint64_t level, uint64_t pulses);

/* An interrupt that would be taken now (mcause number), or -1. */
int hart_interrupt(const struct hart *hart);
bool hart_wakes(const struct hart *hart); /* (mip & mie) != 0: WFI's resume rule */

/* Takes a trap: cause with the interrupt bit, tval, and the pc it belongs to. Sets pc. It is a step: the caller counts it. */
void hart_trap(struct hart *hart, uint64_t cause, uint64_t tval, uint64_t pc);

/* Schedules the stimecmp event, or raises STIP at once. To be called after the hart changed stimecmp or STCE. */
void hart_timer_update(struct hart *hart);
/* Clears STIP and schedules the stimecmp event as mtime is at cycle `now`, at `earliest` or later: after mtime changed. */
void hart_timer_set(struct hart *hart, uint64_t now, uint64_t earliest);

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
    bool needs_walk;
    uint8_t fault;   /* enum isa_trap */
    uint64_t paddr;
};

/* Translates one access of 1 to 8 bytes that does not cross a page, and checks PMP. May walk, set A and D bits and fill the TLB.
 * `mode` is the effective privilege. */
struct mmu_result mmu_translate(struct hart *hart, uint64_t vaddr, unsigned size, enum mmu_access access);
/* The same without a walk: `needs_walk` when the TLB does not have it; nothing is changed. */
struct mmu_result mmu_translate_cached(struct hart *hart, uint64_t vaddr, unsigned size, enum mmu_access access);

/* A walk in steps, for those who must wait for memory in between. */
struct mmu_step {
    enum { MMU_STEP_READ, MMU_STEP_UPDATE, MMU_STEP_DONE, MMU_STEP_FAULT } next;
    uint8_t fault;      /* enum isa_trap */
    uint8_t why;        /* FAULT: enum emu_refusal */
    unsigned level;     /* READ: of the entry to read */
    uint64_t pte_paddr; /* READ: the entry to read; UPDATE: the entry in which A and D must be set, */
    uint64_t pte;       /* to this value */
};
/* The first entry to read. */
struct mmu_step mmu_walk_begin(const struct hart *hart, uint64_t vaddr, enum mmu_access access);
/* What follows once the entry at pte_paddr, of this level, is known to be `pte`. DONE: mmu_walk_finish it. */
struct mmu_step mmu_walk_next(const struct hart *hart, uint64_t vaddr, enum mmu_access access, unsigned level, uint64_t pte_paddr,
                              uint64_t pte);
/* Enters the leaf into the TLB. */
void mmu_walk_finish(struct hart *hart, uint64_t vaddr, enum mmu_access access, unsigned level, uint64_t pte);
/* Walk without side effects. */
bool mmu_peek(const struct hart *hart, uint64_t vaddr, enum mmu_access access, uint64_t *ret_paddr);

#define MMU_LEVELS_MAX 4

struct mmu_look_entry {
    unsigned level;
    uint64_t pte_paddr, pte;
};

/* For inspection: what the walk of an access of one byte would read now, and where it would lead. */
struct mmu_look {
    unsigned mode;            /* enum isa_mode: of the access */
    unsigned levels;          /* of the tables; 0: addresses are physical */
    struct mmu_look_entry entry[MMU_LEVELS_MAX];
    unsigned entries;         /* read */
    bool has_leaf;            /* the last of them is one, or there are no tables: */
    uint64_t paddr;           /* then; whatever the rights are */
    bool sets_ad;             /* the walk would write A or D */
    enum emu_refusal why;
    uint8_t fault;            /* enum isa_trap, unless why is NONE */
    bool in_tlb;              /* the TLB has an entry for the address: */
    bool tlb_suffices;        /* no walk is needed */
    bool tlb_stale;           /* it says something else than the tables */
    unsigned tlb_index;
    uint64_t tlb_paddr;
};
/* Changes nothing. Knows nothing of devices: a physical address without anything there is none of its refusals. */
void mmu_look(const struct hart *hart, uint64_t vaddr, enum mmu_access access, struct mmu_look *ret_look);
/* sfence.vma; vaddr_all/asid_all when rs1/rs2 is x0. */
void mmu_fence(struct hart *hart, bool all_addresses, uint64_t vaddr, bool all_asids, uint16_t asid);
/* Must follow every change of mode, mstatus, satp: selects the L0 tables. */
void mmu_context_changed(struct hart *hart);
/* Must follow every change of fidelity: no table holds anything, and the tables used are the new one's. */
void mmu_fidelity_changed(struct hart *hart);
/* Drops everything derived from translation and protection. */
void mmu_l0_flush(struct hart *hart);
void mmu_l0_flush_code(struct hart *hart);
/* Enters the page of an access that just translated into the tables, as far as TLB, PMP and slow lines allow. */
void mmu_l0_fill_data(struct hart *hart, uint64_t vaddr, uint64_t paddr);
/* timed: the line of an access, as far as its page's entry and the data cache allow. */
void mmu_l0_fill_line(struct hart *hart, uint64_t vaddr, uint64_t paddr, uint32_t slot);
/* timed: the instruction line at vaddr, whose page has an entry, is in `slot` of the instruction cache. */
void mmu_l0_fill_present(struct hart *hart, uint64_t vaddr, uint32_t slot);
/* timed: a line has become slow. */
void mmu_l0_demote_line(struct hart_shared *shared, uint32_t line);
void mmu_l0_fill_code(struct hart *hart, uint64_t vaddr, struct code_page *code);
/* All harts: page now has a slow line, so that no table may hold it plainly writable. */
void mmu_l0_demote(struct hart_shared *shared, uint32_t page);
unsigned mmu_data_mode(const struct hart *hart);

/* For assertions (tables.c): do the hart's tables hold a subset of what TLB, PMP, caches and slow lines allow, and is the line of its
 * reservation slow? All of them; the entry of one page in the present context; (timed) all entries of the line that a slot of its
 * caches holds or has just lost, only the one that the slot has a note of, and those of all harts that have the line, as far as caches
 * and slow lines are concerned. */
bool tables_hold(const struct hart *hart);
bool tables_hold_page(const struct hart *hart, uint64_t vaddr);
bool tables_hold_slot(const struct hart *hart, uint32_t slot);
bool tables_hold_note(const struct hart *hart, uint32_t slot);
bool tables_hold_line(const struct hart_shared *shared, uint32_t line);

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
/* The same for a line with decoded code or a watch, reservations apart. */
bool store_snoop_code(struct hart_shared *shared, uint32_t page, unsigned offset, unsigned size, unsigned by);
/* Makes `tohost` the HTIF's word: no store to its line goes by a short path. */
void store_watch(struct hart_shared *shared, uint64_t tohost);
/* Is the line the HTIF's word's or a watch's? Then its bit of memory->code stays set, so that all writes to it come to store_snoop. */
bool store_is_watched(const struct hart_shared *shared, uint32_t page, unsigned line);
/* Keeps stores, and loads where that is asked for, to the bytes of a watch from short paths: to be called when one is new or changed. */
void store_watch_bytes(struct hart_shared *shared, struct hart_watch *watch);
/* The same again for all, after what is known of lines was thrown away. */
void store_watch_again(struct hart_shared *shared);
/* The watched bytes are what they are now: memory has been written to behind the watches' back. */
void store_watch_values(struct hart_shared *shared);
/* `size` bytes of a watched line have been written by an agent (UINT_MAX: a device), or (a hart) read. */
void store_note_write(struct hart_shared *shared, uint64_t paddr, unsigned size, unsigned by);
void store_note_read(struct hart_shared *shared, uint64_t paddr, unsigned size, unsigned by);
/* Is there a watch on the page that looks at reads? */
bool store_reads_watched(const struct hart_shared *shared, uint32_t page);
/* The same for any range of RAM. */
void store_snoop_range(struct hart_shared *shared, uint64_t paddr, uint64_t size, unsigned by);

static inline bool hart_event_wanted(const struct hart_shared *shared, enum emu_event_kind kind)
{
    return shared->events_wanted & EMU_EVENT_BIT(kind);
}
void hart_emit(struct hart *hart, enum emu_event_kind kind, uint64_t a, uint64_t b, unsigned other);

#endif
