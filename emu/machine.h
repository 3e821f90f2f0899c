/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine's own structure, shared by the files that build it (machine.c, boot.c), run it (run.c), change it (input.c) and show
 * it (inspect.c). The only place that names every concrete part.
 */
#ifndef EMU_MACHINE_H
#define EMU_MACHINE_H

#include "bus_log.h"
#include "dma.h"
#include "ring.h"
#include "sc_log.h"
#include "schedule.h"
#include "wires.h"

#include <dev/aclint.h>
#include <dev/finisher.h>
#include <dev/htif.h>
#include <dev/plic.h>
#include <dev/rtc.h>
#include <dev/sswi.h>
#include <dev/uart.h>
#include <dev/virtio.h>
#include <emu/emu.h>
#include <hart/hart.h>

#define NO_OWNER UINT16_MAX
#define BREAKS_MAX 64
#define STOP_FILTERS_MAX 64
#define WATCHES_MAX 64
#define REGIONS_MAX 16

/* Fixed costs, in cycles (docs/timing.md). */
#define ACCESS_REQUEST_CYCLES 12 /* fast: from a device request to its effect */
#define ACCESS_REPLY_CYCLES 8    /* from the effect to the hart going on */
#define SLICE_STEPS 64           /* Q: slices are drawn from [Q/2, Q] */
#define SLICE_EXACT_ONE_IN 8     /* how many of them may end anywhere; the others end at a transfer of control */

struct region {
    const struct device_ops *ops;
    void *device;
    uint64_t base, size;
};

struct boot_image {
    void *bytes;
    size_t size;
};

struct stop_filter {
    uint8_t kind;  /* of event */
    bool any_a;
    unsigned hart; /* EMU_ANY_HART: any */
    uint64_t a;
};

struct emu_machine {
    struct emu_config config; /* without the images */
    struct boot_image firmware, kernel, initrd, dtb, loader[EMU_LOADERS];
    char *bootargs;

    struct memory memory;
    struct reservations reservations;
    struct caches caches;
    struct bus *bus;
    struct dma dma;
    struct hart *harts;
    struct wires wires;
    struct hart_shared shared;
    struct queue *queue;
    struct schedule schedule;
    struct ring ring;

    struct device_host host;
    struct region regions[REGIONS_MAX];
    unsigned region_count;
    struct aclint *aclint;
    struct sswi *sswi; /* NULL: none */
    struct plic *plic;
    struct uart *uart;
    struct finisher *finisher;
    struct rtc *rtc;
    struct htif *htif; /* NULL unless the program has tohost */
    struct virtio *virtio[EMU_VIRTIO_SLOTS];
    unsigned virtio_port[EMU_VIRTIO_SLOTS]; /* of the bus; only of slots with a device */
    uint8_t port_slot[EMU_VIRTIO_SLOTS];    /* the other way round, from the first such port on */
    unsigned disks;                         /* bit n: slot n has one */

    /* the run: state */
    uint64_t now;         /* cycle of the event or access last served */
    uint16_t owner;       /* hart whose slice is not over, NO_OWNER */
    int64_t slice_left;   /* steps; 0 or less: it ends at the next transfer of control */
    bool slice_exact;     /* it ends when it is done, wherever that is */
    bool slice_fresh;     /* timed: nothing has been executed in it yet */
    uint64_t random;      /* of slice lengths */
    uint64_t steps;       /* of all harts */
    bool finished, reset_wanted;
    uint8_t exit_code;
    uint64_t hinted_cycle;    /* of the latest hint since the last switch by hints, while a switch is due; */
    uint16_t hinted_by;       /* its hart, */
    uint8_t hinted_fidelity;  /* and what it asks for */

    /* not state */
    uint64_t fdt_address, fdt_bytes; /* of the device tree, as loaded */
    bool is_flipped; /* a field has been changed by emu_state_flip: nothing needs to hold any more */
    int htif_slot, switch_slot;
    struct hart_break breaks[BREAKS_MAX];
    uint64_t selected, stop_on; /* kinds of events */
    struct hart_watch watches[WATCHES_MAX];
    struct stop_filter filters[STOP_FILTERS_MAX];
    unsigned filter_count;
    bool is_draining; /* the bus, for a switch of fidelity */
    struct bus_log bus_log;
    struct sc_log sc_log;
    struct ring stops; /* events to stop at that emu_run has not returned yet, in order; one step may make many */
    uint64_t device_accesses;
    unsigned lookahead_cycles; /* timed: how far a hart may run ahead of the others; from the configuration */
    unsigned near_cycles;      /* timed: more than an instruction takes that does not wait; from the configuration */
};

/* boot.c: loads the images, device tree and reset vector into memory; ret_tohost, ret_fromhost: HTIF's words or 0. */
bool boot_load(struct emu_machine *machine, uint64_t *ret_tohost, uint64_t *ret_fromhost, struct emu_error *error);

/* machine.c */
uint64_t machine_mix(uint64_t x); /* a number in which every bit depends on all of x's */
void machine_state(struct state *s, struct emu_machine *machine);
void machine_reset(struct emu_machine *machine);
/* Writes to RAM from outside the harts, as a device does: reservations on it end, copies leave the caches. False unless all is RAM. */
bool machine_write(struct emu_machine *machine, uint64_t address, const void *from, uint64_t size);
/* For assertions: is what is kept twice the same, and what is derived no more than it may be? */
bool machine_holds(const struct emu_machine *machine);
void machine_emit(void *machine, const struct emu_event *event);
/* Is this event one that emu_run is to stop at, as things stand? */
bool machine_stops_at(const struct emu_machine *machine, const struct emu_event *event);
uint64_t machine_line_address(const struct emu_machine *machine, uint32_t line); /* of its first byte */
uint64_t machine_mix(uint64_t seed);
/* Who hears of the bus's transactions: whoever wants to, and nobody if nobody does. */
void machine_listen(struct emu_machine *machine);
/* watch.c. Has a watch something to tell? Once each. */
bool machine_watch_stop(struct emu_machine *machine, struct emu_stop *ret_stop);
/* virtio.c. Numbers the ports of slots with devices; how many there are. */
unsigned machine_virtio_ports(struct emu_machine *machine);
/* Makes the slots, with queue ids from first_id on. */
bool machine_make_virtio(struct emu_machine *machine, unsigned first_id);
/* A line that a device asked for takes effect. */
void machine_virtio_granted(struct emu_machine *machine, unsigned port, const struct bus_grant *grant);
bool machine_check_disks(const struct emu_config *config, struct emu_error *error);
/* Does a device stand still for its disk? */
bool machine_disk_stop(const struct emu_machine *machine, struct emu_stop *ret_stop);
/* interrupt.c. The device's end of a hart's pin (a bit of mip). */
#define MACHINE_CONTEXTS WIRES_MODES /* of the PLIC, a hart: M-mode's, S-mode's */
struct irq_line machine_pin(struct emu_machine *machine, unsigned hart, unsigned bit);
void machine_irq_pending(void *machine, unsigned source);
void machine_claim_empty(void *machine, const struct device_claim *claim);
void machine_notification_stale(void *machine, const struct device_claim *claim);
bool machine_make_wires(struct emu_machine *machine); /* false when out of memory */

/* fidelity.c. Brings the machine into this fidelity at the cycle `now`; nothing if it is in it already. */
void machine_switch(struct emu_machine *machine, unsigned fidelity);
/* The same for a machine on whose bus nothing is and whose caches are empty; renews all that is derived, even if it is in it. */
void machine_use_fidelity(struct emu_machine *machine, unsigned fidelity);
/* The event of the queue for hints. False when out of memory. */
bool machine_make_switch(struct emu_machine *machine);
/* No hint is pending any more. */
void machine_forget_switch(struct emu_machine *machine);
/* A hart executes a hint of group 1 at its clock. */
void machine_hint(void *machine, struct hart *hart, unsigned number);

/* Puts a hart where it belongs in the schedule after its run state, freeze or clock changed. */
void machine_reschedule(struct emu_machine *machine, struct hart *hart);
/* A hart in WFI goes on if an interrupt is pending and enabled. */
void machine_wake_check(struct emu_machine *machine, struct hart *hart, uint64_t cycle);

#endif
