/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The wires from the interrupt controllers to the harts' pins. What changes at one end arrives at the other WIRES_CYCLES later,
 * each change for itself: a pulse that is shorter stays as short as it was. Knows pins and harts by number, no device and no CSR.
 */
#ifndef EMU_WIRES_H
#define EMU_WIRES_H

#include <base/queue.h>
#include <base/state.h>

#define WIRES_CYCLES 12
#define WIRES_MODES  2 /* external interrupts: of M-mode, of S-mode */

/* Why an external pin fell: another context claimed the source. */
struct wire_stale {
    uint8_t source; /* 0: for another reason */
    uint16_t first; /* the context that claimed */
};

/* What arrives at a hart at one cycle. */
struct wire_change {
    uint64_t due;
    uint64_t level;  /* of all pins from then on, as mip bits */
    uint64_t pulses; /* mip bits that are set once, and that software clears */
    struct wire_stale stale[WIRES_MODES];
};

struct wires_hart {
    uint64_t level; /* what has arrived */
    unsigned count; /* changes under way, the oldest first; at most one a cycle */
    struct wire_change changes[WIRES_CYCLES + 1];
    int slot;
};

struct wires_client {
    void *context;
    void (*arrived)(void *context, unsigned hart, uint64_t cycle, const struct wire_change *change, uint64_t level_before);
};

struct wires {
    unsigned harts;
    struct queue *queue;
    struct wires_client client;
    struct wires_hart *hart;
};

/* Uses the slots (QUEUE_IRQ, 0) to (QUEUE_IRQ, harts - 1). False when out of memory. */
bool wires_init(struct wires *wires, unsigned harts, struct queue *queue, const struct wires_client *client);
void wires_finish(struct wires *wires);
/* All pins low, nothing under way. */
void wires_reset(struct wires *wires);
void wires_state(struct state *s, struct wires *wires);

/* The device's end of a pin (a bit of mip) changes at `now`. */
void wires_set(struct wires *wires, unsigned hart, unsigned bit, bool level, uint64_t now);
/* An edge that sets a bit of mip. */
void wires_pulse(struct wires *wires, unsigned hart, unsigned bit, uint64_t now);
/* The external pin of this mode (0: M, 1: S) has just fallen because the context `first` claimed the source. */
void wires_note_stale(struct wires *wires, unsigned hart, unsigned mode, unsigned source, unsigned first);

#endif
