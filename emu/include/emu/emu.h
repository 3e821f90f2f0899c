/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libemu's public interface: an opaque machine that is a function of its configuration and its inputs.
 *
 * Three channels, never mixed: inputs (emu_input) are all that can influence the machine; events (emu_events_read) are what
 * happened; stops are the reasons for which emu_run, the only call that moves time, returns. Everything else is const inspection.
 * Several machines may exist in a process; each may be used by one thread at a time. No call blocks, prints, or reads a host clock.
 */
#ifndef EMU_EMU_H
#define EMU_EMU_H

#include <emu/error.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t emu_paddr; /* physical address */
typedef uint64_t emu_vaddr; /* virtual address */
typedef uint64_t emu_cycle; /* bus cycles since power-on */

struct emu_machine;

/* ---- configuration: everything below is part of the run, and of the state hash where it can influence it ---- */

/* Meaning, default, unit and limits of every number, switch and choice here are rows of <emu/config.def> (docs/reference/config.md). */
enum emu_fidelity { EMU_TIMED, EMU_FAST };
enum emu_replacement { EMU_FIFO, EMU_RANDOM };
enum emu_bus_kind { EMU_BUS_SPLIT, EMU_BUS_ATOMIC };
enum emu_arbiter { EMU_ARBITER_ROUND_ROBIN, EMU_ARBITER_FIXED, EMU_ARBITER_OLDEST, EMU_ARBITER_RANDOM };
enum emu_fill { EMU_FILL_SHARED, EMU_FILL_EXCLUSIVE };

struct emu_cpu_config {
    bool svadu, sstc, misaligned, zba, zbb, zbs;
    unsigned itlb_entries, dtlb_entries;
};

struct emu_pipeline_config {
    unsigned load_use_cycles, mispredict_cycles, multiply_cycles, divide_cycles, fp_cycles, fp_divide_cycles, walk_cycles;
};

struct emu_cache_config {
    unsigned bytes, ways, replacement;
};

struct emu_bus_config {
    unsigned kind, arbiter;
    unsigned arbitration_cycles, address_cycles, interval_cycles, beat_bytes, memory_cycles, cache_cycles, device_cycles;
};

struct emu_reservation_config {
    unsigned granule_bytes, fill, hold_cycles, failures_per_million;
    bool keep_on_trap, own_store_clears, strict;
};

/* What is in a virtio-mmio slot (docs/reference/config.md). */
enum emu_virtio { EMU_VIRTIO_NONE, EMU_VIRTIO_BLOCK, EMU_VIRTIO_CONSOLE, EMU_VIRTIO_RNG, EMU_VIRTIO_NET };

#define EMU_VIRTIO_SLOTS 8
#define EMU_SECTOR_BYTES 512
#define EMU_DISK_SECTORS_MAX (UINT64_C(1) << 32)
#define EMU_DISK_SERIAL_BYTES 20

struct emu_virtio_config {
    bool legacy;
    unsigned notify_cycles, disk_access_cycles, disk_sector_cycles;
    unsigned slot[EMU_VIRTIO_SLOTS]; /* enum emu_virtio */
};

/* The disk of a slot with a block device. What it holds is part of the configuration too: the machine asks for it, piece by piece
 * (EMU_STOP_NEED_BLOCK), and must always be given the same. */
struct emu_disk_config {
    bool present;
    bool read_only;
    uint64_t sectors;
    const char *serial; /* at most EMU_DISK_SERIAL_BYTES of it are used; copied; NULL: none */
};

#define EMU_LOADERS 4

struct emu_config {
    unsigned harts;
    uint64_t ram_bytes;
    unsigned fidelity;
    uint64_t seed;
    unsigned quantum_cycles;
    bool aclint;
    bool hints;
    uint64_t rtc_epoch_seconds;
    struct emu_cpu_config cpu;
    struct emu_pipeline_config pipeline;
    struct emu_cache_config l1i, l1d;
    struct emu_bus_config bus;
    struct emu_reservation_config reservation;
    struct emu_virtio_config virtio;
    uint64_t loader_address[EMU_LOADERS];

    struct emu_disk_config disk[EMU_VIRTIO_SLOTS];

    /* Boot images; the bytes are copied at creation. An image may be ELF or raw (firmware at the start of RAM, kernel 2 MiB-aligned
     * behind the firmware or, without firmware, at the start of RAM). With firmware and a kernel the reset vector passes OpenSBI's
     * dynamic information. NULL: absent. */
    const void *firmware;
    size_t firmware_bytes;
    const void *kernel;
    size_t kernel_bytes;
    const void *initrd;
    size_t initrd_bytes;
    const void *dtb;         /* NULL: the machine describes itself */
    size_t dtb_bytes;
    /* Further images, written behind the others, in order: raw at loader_address, or ELF (its address 0) where it says. */
    const void *loader[EMU_LOADERS];
    size_t loader_bytes[EMU_LOADERS];
    const char *bootargs;    /* /chosen/bootargs; NULL: none */

    size_t event_ring_records; /* default 4096, a power of two, 1024 (which makes it 2048) to 2^24; not part of the state */
};

/* Fills *config with the defaults of the rows, no images. */
void emu_config_init(struct emu_config *config);

enum emu_config_kind { EMU_CONFIG_NUMBER, EMU_CONFIG_SWITCH, EMU_CONFIG_CHOICE };

/* A row of <emu/config.def>. */
struct emu_config_row {
    const char *section, *key;
    enum emu_config_kind kind;
    uint64_t least, most, initial; /* switches and choices: 0 to the number of words less one */
    const char *words;             /* CHOICE: "word|word"; SWITCH: "off|on"; else NULL */
    const char *unit;              /* "cycles"; "": none */
    const char *meaning;
    size_t offset, bytes;          /* of the field in struct emu_config */
};

extern const struct emu_config_row emu_config_rows[];
extern const size_t emu_config_row_count;

/* The row of a section and key; NULL if there is none. */
const struct emu_config_row *emu_config_find(const char *section, const char *key);
uint64_t emu_config_value(const struct emu_config *config, const struct emu_config_row *row);
/* Sets a field by its number; the limits of one row are checked here, those between rows by emu_config_check. */
bool emu_config_assign(struct emu_config *config, const struct emu_config_row *row, uint64_t value, struct emu_error *error);
/* The same from text: a decimal number (sizes also with K, M or G behind it), on or off, or a word. */
bool emu_config_set(struct emu_config *config, const struct emu_config_row *row, const char *text, struct emu_error *error);
/* A field as text that emu_config_set reads. */
void emu_config_text(const struct emu_config *config, const struct emu_config_row *row, char ret_text[static 32]);
/* Is the configuration possible as a whole? (Images are checked by emu_machine_create.) */
bool emu_config_check(const struct emu_config *config, struct emu_error *error);

/* Builds a machine at power-on, images loaded. NULL and a sentence in *error when the configuration is impossible, an image is
 * malformed or does not fit, or memory is short. */
struct emu_machine *emu_machine_create(const struct emu_config *config, struct emu_error *error);
void emu_machine_destroy(struct emu_machine *machine); /* NULL is allowed */

/* ---- stops and running ---- */

enum emu_stop_kind {
#define STOP(name, text, meaning) EMU_STOP_##name,
#include <emu/stop.def>
#undef STOP
    EMU_STOP_COUNT
};

struct emu_stop {
    enum emu_stop_kind kind;
    unsigned hart;     /* BREAKPOINT, MACHINE_EVENT; WATCHPOINT: whose access it was, EMU_NOBODY: a device's */
    emu_vaddr pc;      /* BREAKPOINT, MACHINE_EVENT; WATCHPOINT: of the instruction that made the access, 0: a device did */
    int code;          /* FINISHED: exit code 0 to 255 */
    unsigned event;    /* MACHINE_EVENT: enum emu_event_kind; */
    unsigned other;    /* another agent that it names, EMU_NOBODY: none */
    uint64_t a, b;     /* MACHINE_EVENT: the event's; WATCHPOINT: the watched bytes before the access, and behind it */
    emu_paddr address; /* WATCHPOINT: as it was set, */
    unsigned bytes;    /* both */
    unsigned access;   /* WATCHPOINT: EMU_WATCH_READ or EMU_WATCH_WRITE */
    emu_cycle next;    /* IDLE: cycle of the next event */
    unsigned slot;     /* NEED_BLOCK, NEED_FLUSH: of the disk */
    uint64_t sector;   /* NEED_BLOCK: the first that is missing, */
    uint64_t sectors;  /* and how many the request goes on to read, that one included */
};

/* A place in the run's total order: queue events done, and steps of all harts. A step is an instruction retired or a trap taken
 * (docs/decisions/0002-positions-count-steps.md). */
struct emu_position {
    uint64_t events;
    uint64_t steps;
};

/* emu_run returns with LIMIT at the first of these; UINT64_MAX: no limit. */
struct emu_until {
    emu_cycle cycle;              /* no event or instruction at or after this cycle is begun */
    struct emu_position position; /* stops as soon as both counts are reached */
    uint64_t steps;               /* stops as soon as all harts together have done this many steps since power-on */
    uint64_t events;              /* the same for queue events, roughly: devices can be busy for long while no hart takes a step */
    emu_cycle idle_cycle;         /* when no hart runs, time jumps to the next event only if that is at or before this cycle */
};

/* Fills *until with no limits. */
void emu_until_init(struct emu_until *until);

/* Moves time until a stop. Where it stops never changes what happens afterwards. After FINISHED it returns FINISHED again at once. */
struct emu_stop emu_run(struct emu_machine *machine, const struct emu_until *until);

#define EMU_ANY_HART UINT_MAX
#define EMU_NOBODY UINT_MAX /* no hart, no port */

/* Breakpoints on virtual pcs, on all harts. The stop comes before the instruction; the next emu_run passes it. Not state.
 * False when the table (64 entries) is full, or (clear) there is none. */
bool emu_break_set(struct emu_machine *machine, emu_vaddr pc);
bool emu_break_clear(struct emu_machine *machine, emu_vaddr pc);
/* The same for one hart (EMU_ANY_HART: all). Breakpoints of one pc for several harts, and for all, are entries of their own. */
bool emu_break_set_on(struct emu_machine *machine, emu_vaddr pc, unsigned hart);
bool emu_break_clear_on(struct emu_machine *machine, emu_vaddr pc, unsigned hart);

enum emu_watch_kind {
    EMU_WATCH_READ = 1,   /* loads, lr and AMOs; not fetches, page-table walks and devices */
    EMU_WATCH_WRITE = 2,  /* stores, successful sc, AMOs, A and D set by page-table walks, devices; not inputs, nor images at a reset */
    EMU_WATCH_CHANGE = 4, /* the same, if the bytes are not what they were */
};

/* Watchpoints on 1 to 8 bytes of RAM, by physical address; kinds are ORed. Setting one that there is already gives it other kinds. The stop
 * comes when the access has taken effect, before the hart's next instruction; of an access in two lines, or with a page-table walk, it
 * may come between its parts, at the instruction itself, while the hart waits for the bus. Other watchpoints that the same step met stop
 * the machine right after, one a call; of several accesses by one step to one of them the first is told. Not state: what a watchpoint
 * costs is the host's time (reads: on all accesses to the page). False when the bytes are not RAM or the table (64 entries) is
 * full; (clear) if there is none. */
bool emu_watch_set(struct emu_machine *machine, emu_paddr address, unsigned bytes, unsigned kinds);
bool emu_watch_clear(struct emu_machine *machine, emu_paddr address, unsigned bytes);

/* ---- disks: what a client does at NEED_BLOCK and NEED_FLUSH. At these stops the machine is in the middle of an event: until its client
 * has done its part, emu_run returns the same stop again, no input is taken, and the state's hash means nothing ---- */

/* Supplies what a disk held at power-on; more than what was asked for, or before it is, is allowed. Sectors that the guest has
 * written keep what it wrote. False with a sentence if there is no such disk, it has not so many sectors, or memory is short. */
bool emu_disk_supply(struct emu_machine *machine, unsigned slot, uint64_t sector, uint64_t sectors, const void *bytes,
                     struct emu_error *error);
/* What the guest has written since emu_disk_flushed: the first run of sectors at *sector or behind it, `max` at most, which are copied.
 * Returns how many; 0: there are none. *sector is the first. */
uint64_t emu_disk_dirty(const struct emu_machine *machine, unsigned slot, uint64_t *sector, uint64_t max, void *to);
/* Everything that emu_disk_dirty shows is where a power cut cannot harm it (or the client does not care): a flush goes on. */
bool emu_disk_flushed(struct emu_machine *machine, unsigned slot, struct emu_error *error);

/* ---- events ---- */

enum emu_event_kind {
#define EVENT(name, text, meaning) EMU_EVENT_##name,
#include <emu/event.def>
#undef EVENT
    EMU_EVENT_COUNT
};

enum emu_reason {
#define REASON(name, text, meaning) EMU_REASON_##name,
#include <emu/reason.def>
#undef REASON
    EMU_REASON_COUNT
};

enum emu_empty_claim {
#define EMPTY_CLAIM(name, text, meaning) EMU_EMPTY_CLAIM_##name,
#include <emu/empty_claim.def>
#undef EMPTY_CLAIM
    EMU_EMPTY_CLAIM_COUNT
};

struct emu_event {
    emu_cycle cycle;
    uint64_t a, b;
    emu_vaddr pc;
    uint16_t kind;  /* enum emu_event_kind */
    uint16_t hart;  /* UINT16_MAX: none */
    uint16_t other; /* another agent, UINT16_MAX: none */
    uint16_t unused;
};

#define EMU_EVENT_BIT(kind) (UINT64_C(1) << (kind))

/* Which kinds are recorded (default: CONSOLE_OUT only) and which make emu_run return with MACHINE_EVENT. Never changes the run. */
void emu_events_select(struct emu_machine *machine, uint64_t kinds);
void emu_stop_on(struct emu_machine *machine, uint64_t kinds);
/* Narrows emu_stop_on: of a kind that has filters, only an event that passes one of them stops the machine; others are recorded only if
 * they are selected. `hart`: that of the event (EMU_ANY_HART: any); `a`: its a (NULL: any). False when the table (64) is full. */
bool emu_stop_filter(struct emu_machine *machine, unsigned kind, unsigned hart, const uint64_t *a);
/* Takes the filters of a kind away. */
void emu_stop_unfilter(struct emu_machine *machine, unsigned kind);
/* Takes up to `max` of the oldest records out of the ring; returns how many. */
size_t emu_events_read(struct emu_machine *machine, struct emu_event *ret_events, size_t max);
const char *emu_event_name(unsigned kind);  /* "trap" */
const char *emu_stop_name(unsigned kind);
const char *emu_reason_name(unsigned reason);
const char *emu_empty_claim_name(unsigned why);

/* ---- inputs ---- */

enum emu_input_kind {
#define INPUT(name, text, meaning) EMU_INPUT_##name,
#include <emu/input.def>
#undef INPUT
    EMU_INPUT_COUNT
};

struct emu_input {
    unsigned kind; /* enum emu_input_kind */
    unsigned hart;
    uint64_t a, b;
};

/* Applies an input at the machine's present position, before anything else happens. `cycle` is the cycle it is seen at: 0 for the
 * present one, or, while no hart runs, any cycle up to that of the next event: time jumps there. To replay, a log keeps
 * (emu_position before the call, *ret_cycle, input). False with a sentence when the input makes no sense (no such hart or
 * register, outside RAM, FIFO full) or the event ring has to be read first; the machine is then unchanged. ret_cycle may be NULL. */
bool emu_input(struct emu_machine *machine, const struct emu_input *input, emu_cycle cycle, emu_cycle *ret_cycle,
               struct emu_error *error);
const char *emu_input_name(unsigned kind);
/* How many console bytes the guest's receive FIFO takes now. Bytes beyond it must wait outside: nothing is lost. */
unsigned emu_console_room(const struct emu_machine *machine);
/* Does the guest look for a byte: has it its receive interrupt enabled, or polled in vain? For feeding it a script at the right time. */
bool emu_console_wanted(const struct emu_machine *machine);

/* The same for any console's stream: 0 is the one above, 1 + n that of virtio slot n. */
unsigned emu_stream_room(const struct emu_machine *machine, unsigned stream);
bool emu_stream_wanted(const struct emu_machine *machine, unsigned stream);

/* ---- inspection: const, at any stop ---- */

struct emu_position emu_position(const struct emu_machine *machine);
emu_cycle emu_now(const struct emu_machine *machine); /* the cycle reached: that of the next thing to happen */
uint64_t emu_state_hash(const struct emu_machine *machine);
/* Inverts one bit of the n-th field of the serialised state (for the test that the hash covers it); false past the last field. The
 * machine may only be hashed and destroyed afterwards. */
bool emu_state_flip(struct emu_machine *machine, uint64_t n, char ret_name[static 128]);

unsigned emu_harts(const struct emu_machine *machine);
/* The present fidelity (enum emu_fidelity): that of the configuration until an input or a hint switches it. */
unsigned emu_fidelity_now(const struct emu_machine *machine);
uint64_t emu_ram_bytes(const struct emu_machine *machine);

enum emu_hart_state { EMU_HART_RUNNING, EMU_HART_WAITING, EMU_HART_ACCESSING, EMU_HART_FROZEN };

struct emu_hart_view {
    emu_vaddr pc;
    uint64_t x[32];
    uint64_t f[32];
    emu_cycle cycle;        /* the hart's own clock */
    uint64_t instructions;  /* retired */
    uint64_t traps;         /* taken; interrupts too */
    unsigned mode;          /* 0 U, 1 S, 3 M */
    enum emu_hart_state state;
    bool reserved;          /* holds a reservation */
    emu_paddr reservation;  /* its operand's address */
    unsigned reservation_bytes;
};

void emu_hart_view(const struct emu_machine *machine, unsigned hart, struct emu_hart_view *ret_view);
/* Reads a CSR as M-mode would, without side effects; false if it does not exist. */
bool emu_csr_read(const struct emu_machine *machine, unsigned hart, unsigned number, uint64_t *ret_value);
/* RAM only; false (nothing copied) when any byte lies outside. */
bool emu_ram_read(const struct emu_machine *machine, emu_paddr address, void *to, size_t bytes);

/* ---- translation ---- */

enum emu_access { EMU_FETCH, EMU_LOAD, EMU_STORE };

/* Why an address does not translate. */
enum emu_refusal {
#define REFUSAL(name, text, meaning) EMU_REFUSAL_##name,
#include <emu/refusal.def>
#undef REFUSAL
    EMU_REFUSAL_COUNT
};

const char *emu_refusal_name(unsigned refusal);    /* "not-writable" */
const char *emu_refusal_meaning(unsigned refusal); /* "W is clear" */

enum emu_place { EMU_PLACE_NOTHING, EMU_PLACE_RAM, EMU_PLACE_ROM, EMU_PLACE_DEVICE };

#define EMU_LEVELS_MAX 4

/* How a hart would translate an address now, for an access of one byte (privileged specification 1.12, section 4.3.2). */
struct emu_translation {
    unsigned mode;        /* 0 U, 1 S, 3 M: the access's; MPRV is heeded */
    unsigned levels;      /* 0: the address is physical (M-mode, or satp.MODE bare); 3: Sv39; 4: Sv48 */
    unsigned asid;
    unsigned entries;     /* page-table entries that the walk reads, from the root on */
    struct emu_pte {
        unsigned level;   /* as the specification counts: the root has the highest, 4 KiB pages are at level 0 */
        emu_paddr address;
        uint64_t value;
    } entry[EMU_LEVELS_MAX];
    bool has_leaf;        /* there is a translation, whether this access may use it or not: */
    emu_paddr paddr;      /* where it leads, */
    uint64_t page_bytes;  /* and the size of its page; 0 where addresses are physical */
    enum emu_place place; /* what is there */
    bool sets_ad;         /* the walk would set A, or D, in the last entry */
    enum emu_refusal why; /* NONE: the access is allowed; */
    uint64_t cause;       /* else the trap's cause (enum isa_trap) */
    /* The modelled TLB (the fetches' or the data's): a hart uses an entry that suffices as it is, whatever the tables say. */
    bool in_tlb;          /* it has an entry for the address: */
    unsigned tlb_index;   /* which (emu_tlb_view), */
    emu_paddr tlb_paddr;  /* where that leads, */
    bool tlb_suffices;    /* it allows the access, and has A (for stores also D) set: no walk is made */
    bool tlb_stale;       /* it differs from the tables, other than by A and D that have been set since */
};

/* A and D are not set, nothing is entered into the TLB. */
void emu_translate(const struct emu_machine *machine, unsigned hart, emu_vaddr vaddr, enum emu_access access,
                   struct emu_translation *ret_translation);

struct emu_read {
    size_t bytes;        /* copied */
    bool is_elsewhere;   /* a TLB entry leads to where the tables do not: */
    emu_vaddr elsewhere; /* the first such address */
};

/* Reads what the hart's load (or fetch) would find now: where a TLB entry that suffices for it leads, else where the tables do,
 * whatever rights they give. RAM and boot ROM only, never a device. False at the first byte that has no translation or is not
 * there; those before it are copied. ret_read may be NULL. */
bool emu_virtual_read(const struct emu_machine *machine, unsigned hart, emu_vaddr vaddr, enum emu_access access, void *to,
                      size_t bytes, struct emu_read *ret_read);
/* RAM and boot ROM; false (nothing copied) when any byte lies outside. */
bool emu_physical_read(const struct emu_machine *machine, emu_paddr address, void *to, size_t bytes);

enum emu_side { EMU_DATA, EMU_INSTRUCTION }; /* of what a hart has two of */

struct emu_tlb_view {
    bool valid;           /* else the rest but `next` means nothing */
    emu_vaddr vaddr;      /* of the page, sign-extended */
    emu_paddr paddr;
    uint64_t page_bytes;
    unsigned asid;
    unsigned flags;       /* bits 7:0 of the page-table entry: D A G U X W R V */
    bool next;            /* the one that is replaced next */
};

/* False past the last entry. */
bool emu_tlb_view(const struct emu_machine *machine, unsigned hart, enum emu_side side, unsigned index, struct emu_tlb_view *ret_view);

/* The device tree blob as the machine has it at power-on: where in RAM, and how long. */
void emu_device_tree(const struct emu_machine *machine, emu_paddr *ret_address, size_t *ret_bytes);

/* ---- statistics: counts since power-on, kept over resets; no state. What `fast` does not model is 0 there (docs/statistics.md) ---- */

/* Transactions on the bus. */
enum emu_transaction {
#define BUS_KIND(name, text, meaning) EMU_TRANSACTION_##name,
#include <emu/bus_kind.def>
#undef BUS_KIND
    EMU_TRANSACTION_COUNT
};

/* Accesses that miss the caches. */
enum emu_miss {
#define MISS(name, text, meaning) EMU_MISS_##name,
#include <emu/miss.def>
#undef MISS
    EMU_MISS_COUNT
};

/* What the cycles of a hart went to. */
enum emu_cycles {
#define CYCLES(name, text, heading, meaning) EMU_CYCLES_##name,
#include <emu/cycles.def>
#undef CYCLES
    EMU_CYCLES_COUNT
};

const char *emu_transaction_name(unsigned transaction); /* "BusRd" */
const char *emu_miss_name(unsigned miss);
const char *emu_cycles_name(unsigned cycles);

struct emu_stats {
    emu_cycle cycles;
    uint64_t instructions, events, device_accesses, blocks_decoded, code_discarded, walks;
    uint64_t ram_bytes_touched;
    uint64_t host_bytes; /* host memory beyond guest RAM touched: tables, decoded code */
};

/* Cycles that the address or the data bus was busy, and all there were. */
struct emu_bus_use {
    emu_cycle busy, total;
};

/* A transaction counts from its effect on, with the cycles of the data bus that it has been promised by then. */
struct emu_bus_stats {
    uint64_t transactions[EMU_TRANSACTION_COUNT];
    uint64_t lines_from_caches, lines_from_memory; /* of BusRd, BusRdX and DmaRd */
    uint64_t invalidations; /* copies taken away from caches */
    uint64_t refused;       /* requests, by another port's hold window, which asked again */
    uint64_t withdrawn;     /* requests of an sc whose reservation was lost meanwhile, or of a device that was reset */
    struct emu_bus_use address, data; /* busy is at most total; with an atomic bus both are busy all through a transaction */
};

/* A port of the bus: port n is hart n's, the devices' follow. */
struct emu_port_stats {
    uint64_t transactions;
    emu_cycle waited_cycles; /* from requests to their grants */
    emu_cycle data_cycles;   /* of the data bus */
};

struct emu_hart_stats {
    uint64_t instructions, traps, interrupts;
    /* the hart's transactions: BusRd and BusRdX, BusUpgr, WriteBack; and its loads and stores outside RAM, which `fast` counts too */
    uint64_t misses[EMU_MISS_COUNT], upgrades, write_backs, device_accesses;
    uint64_t sc_succeeded, sc_failed;
    uint64_t sc_failed_by[EMU_REASON_COUNT]; /* the same, by why the reservation was lost */
    /* The hart's own clock; of one that waits in wfi or is frozen, the present cycle, which its clock is set to when it goes on. What a
     * request under way has cost so far is in no clock yet. */
    emu_cycle cycles;
    emu_cycle cycles_by[EMU_CYCLES_COUNT]; /* adds up to `cycles` */
};

/* A disk, since power-on; what was zeroed or discarded counts as written. */
struct emu_disk_stats {
    uint64_t requests, sectors_read, sectors_written, flushes;
};

void emu_stats(const struct emu_machine *machine, struct emu_stats *ret_stats);
/* False if there is no disk in this slot. */
bool emu_disk_stats(const struct emu_machine *machine, unsigned slot, struct emu_disk_stats *ret_stats);
void emu_bus_stats(const struct emu_machine *machine, struct emu_bus_stats *ret_stats);
/* Is the bus what limits the machine: the address or the data bus busy for more than 90 % of the cycles? */
bool emu_bus_is_bound(const struct emu_bus_stats *stats);
unsigned emu_ports(const struct emu_machine *machine);
void emu_port_stats(const struct emu_machine *machine, unsigned port, struct emu_port_stats *ret_stats);
void emu_hart_stats(const struct emu_machine *machine, unsigned hart, struct emu_hart_stats *ret_stats);

/* ---- caches, lines, the bus: in `fast` fidelity caches are empty and the bus is idle ---- */

#define EMU_LINE_BYTES 64

/* States of a cached line are numbers from 0, "not here", on (emu/mem/include/mem/line_state.def). */
unsigned emu_line_states(void);
const char *emu_line_state_name(unsigned state);    /* "M" */
const char *emu_line_state_meaning(unsigned state); /* "written to; no other cache has it, memory is stale" */

struct emu_cache_shape {
    unsigned sets, ways;
    bool random; /* replacement; else FIFO */
};

struct emu_cache_view {
    unsigned state;    /* 0: the way is empty, the rest but `next` means nothing */
    emu_paddr address; /* of the line's first byte */
    bool announces;    /* E or M, but stores go over the bus all the same: another hart's reservation must hear of them */
    bool next;         /* FIFO: the way that is replaced next, once the set is full */
};

void emu_cache_shape(const struct emu_machine *machine, enum emu_side side, struct emu_cache_shape *ret_shape);
/* False if there is no such set or way. */
bool emu_cache_view(const struct emu_machine *machine, unsigned hart, enum emu_side side, unsigned set, unsigned way,
                    struct emu_cache_view *ret_view);

struct emu_line_view {
    emu_paddr address;     /* of its first byte */
    unsigned data_set, instruction_set; /* where in the caches it goes */
    bool slow;             /* an atomic, decoded code, a page-table walk or a watchpoint has marked it: stores to it take the long way; which
                              costs the host, not the guest */
    bool code;             /* decoded code comes from it, or it holds the HTIF's word or watched bytes */
    unsigned copies;       /* caches that hold it */
    unsigned reservations; /* harts that hold one on a granule of it */
    unsigned waiting;      /* ports whose request for it waits for the bus */
    emu_cycle busy_until;  /* the bus takes up no request for it before this cycle; 0: it does */
    /* Who took it for writing last, by a BusRdX, BusUpgr or DmaWr that took effect at cycle `written`, as far back as the log goes
     * (emu_bus_log); EMU_NOBODY: not known. Stores to a line that is E or M already are not in the log. */
    unsigned writer;       /* a port */
    emu_cycle written;
};

struct emu_line_at_hart {
    unsigned data, instruction;      /* its state in the hart's caches */
    bool announces;                  /* as in struct emu_cache_view */
    bool reserved;                   /* the hart's reservation lies on a granule of it: */
    emu_paddr reservation;           /* the operand, */
    unsigned reservation_bytes;
    bool waiting;                    /* the hart's request for it waits for the bus */
};

/* The line that an address lies in; false unless that is RAM or boot ROM. */
bool emu_line_view(const struct emu_machine *machine, emu_paddr address, struct emu_line_view *ret_view);
bool emu_line_at_hart(const struct emu_machine *machine, emu_paddr address, unsigned hart, struct emu_line_at_hart *ret_at);

struct emu_port_view {
    const char *name;    /* "hart", "htif", "virtio" */
    unsigned number;     /* of the hart or slot */
    bool waiting;        /* a request waits for the bus: */
    const char *request; /* "read", "own", "write-back", "device-read", "device-write", "dma-read", "dma-write" */
    emu_paddr address;   /* of the line, or of the device's register */
    emu_cycle requested; /* since when */
};

void emu_port_view(const struct emu_machine *machine, unsigned port, struct emu_port_view *ret_view);

#define EMU_BUS_LOG_RECORDS 1024

/* A transaction and its phases. */
struct emu_bus_record {
    enum emu_transaction kind;
    unsigned port;
    emu_paddr address;   /* of the line, or of the device's register */
    emu_vaddr pc;        /* of the hart's instruction; 0: a device's */
    emu_cycle requested, granted, effect, done; /* done: of the last beat of data */
    bool from_cache;     /* another cache gave the data */
    unsigned sharers;    /* other caches that held the line */
};

/* Keeps the last EMU_BUS_LOG_RECORDS transactions from here on, or forgets them. Not state; costs nothing while it is off. What a switch
 * of fidelity drains is not recorded. False when the host is out of memory. */
bool emu_bus_log(struct emu_machine *machine, bool on);
/* The transaction that took effect `back` before the last one (0: the last). False if the log does not go back so far. */
bool emu_bus_log_read(const struct emu_machine *machine, unsigned back, struct emu_bus_record *ret_record);

#define EMU_SC_LOG_RECORDS 1024

/* A store-conditional that failed. */
struct emu_sc_failure {
    emu_cycle cycle;        /* when it failed */
    emu_vaddr pc;
    unsigned hart;
    emu_paddr address;      /* of the operand that had been reserved; of none: the sc's own, 0 if nobody looked for it */
    enum emu_reason reason; /* NONE: none was held, or it did not cover the sc's bytes */
    emu_cycle lost_cycle;   /* when the reservation was lost, 0: not known; */
    unsigned by;            /* to this hart, EMU_NOBODY: a device, or not known; */
    emu_vaddr by_pc;        /* which was at this instruction */
};

/* Keeps the last EMU_SC_LOG_RECORDS failures from here on, or forgets them. Not state; costs nothing while it is off. False when the host
 * is out of memory. */
bool emu_sc_log(struct emu_machine *machine, bool on);
/* The failure `back` before the last one (0: the last). False if the log does not go back so far. */
bool emu_sc_log_read(const struct emu_machine *machine, unsigned back, struct emu_sc_failure *ret_failure);

/* ---- devices ---- */

struct emu_region {
    const char *name; /* "ram", "rom", or the device's: "plic", "clint", "sswi", "serial", "rtc", "test", "virtio_mmio" */
    emu_paddr base;
    uint64_t bytes;
};

/* What is mapped, by address; false past the last. */
bool emu_region(const struct emu_machine *machine, unsigned index, struct emu_region *ret_region);

/* A field of a device's state: its registers and what else can influence the run, by the names that the state hash knows. */
struct emu_field {
    char name[48];  /* "ier", "queue 1.size" */
    uint64_t value; /* of octets (a FIFO): the first 8 of them, the first lowest */
    size_t bytes;
};

/* The first `max` fields of what is in a region (RAM and ROM have none); returns how many there are, 0 too when the host is out of memory. */
size_t emu_region_fields(const struct emu_machine *machine, unsigned index, struct emu_field *ret_fields, size_t max);
/* What is in the virtio-mmio slot whose registers begin at an address: "block", "console", "entropy", "net", "nothing"; NULL: there is no
 * slot. */
const char *emu_virtio_at(const struct emu_machine *machine, emu_paddr base);

/* Interrupt sources are 1 to emu_irq_sources(), contexts 0 to emu_irq_contexts() - 1 (PLIC specification 1.0.0). */
unsigned emu_irq_sources(const struct emu_machine *machine);
unsigned emu_irq_contexts(const struct emu_machine *machine);

struct emu_irq_view {
    const char *name;  /* of the device that drives it; "": none does */
    unsigned slot;     /* of a virtio device, else 0 */
    bool high;         /* the device's line */
    bool pending;
    bool in_service;   /* claimed and not completed yet, */
    unsigned claimed_by; /* by this context */
    unsigned priority; /* 0: never interrupts */
};

struct emu_irq_context_view {
    unsigned hart, mode; /* 1 S, 3 M */
    unsigned threshold;
    bool raised;         /* its line to the hart; what has arrived there is in mip */
    unsigned best;       /* the source that a claim would get now; 0: none */
};

/* False if there is no such source, or context. */
bool emu_irq_view(const struct emu_machine *machine, unsigned source, struct emu_irq_view *ret_view);
bool emu_irq_context_view(const struct emu_machine *machine, unsigned context, struct emu_irq_context_view *ret_view);
bool emu_irq_enabled(const struct emu_machine *machine, unsigned source, unsigned context);

/* ACLINT specification 1.0, sections 2 and 3. */
struct emu_timer_view {
    uint64_t mtime;    /* at emu_now() */
    uint64_t mtimecmp;
    bool due;          /* mtime >= mtimecmp: the timer's line is high */
    bool msip;
};

void emu_timer_view(const struct emu_machine *machine, unsigned hart, struct emu_timer_view *ret_view);

#endif
