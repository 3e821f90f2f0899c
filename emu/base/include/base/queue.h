/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The queue of events: the one place that says what happens next besides the harts running. Each possible event is a slot,
 * made once when the machine is built, with a fixed (kind, id); a slot is scheduled at one cycle or not at all. Events fire
 * in the order (cycle, kind, id), so that the order never depends on when or in which order they were scheduled.
 * The queue does not know what its events mean.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <base/state.h>
#include <stdbool.h>
#include <stdint.h>

#define QUEUE_NEVER UINT64_MAX

/* Kinds in firing order within a cycle. */
enum queue_kind {
    QUEUE_INPUT,       /* inputs from outside, due at a cycle */
    QUEUE_DEVICE,      /* a device's own action: timer compare, transmit done, reset */
    QUEUE_SWITCH,      /* the machine changes its fidelity; id: 0 */
    QUEUE_BUS,         /* a bus transaction takes effect; id: 0 */
    QUEUE_ACCESS,      /* a hart's device access takes effect; id: hart */
    QUEUE_IRQ,         /* interrupt lines reach a hart; id: hart */
    QUEUE_HART_TIMER,  /* stimecmp of a hart; id: hart */
    QUEUE_WAKE,        /* a hart leaves a wait with a time limit; id: hart */
};

typedef void queue_action(void *context, unsigned id, uint64_t cycle);

struct queue;

/* What a queue begins with; to be read by the functions below only. */
struct queue_view {
    uint64_t next;         /* the first event's cycle */
    uint64_t next_in_heap; /* the first's among those not kept apart */
    uint64_t fired;
    uint64_t *cycle; /* by slot */
};

struct queue *queue_create(void);
void queue_destroy(struct queue *queue); /* NULL is allowed */

/* Makes a slot and returns its number, or -1 when out of memory. (kind, id) must be new. `action` is called with `context`, `id`
 * and the slot's cycle when it fires; the slot is unscheduled before that, and the action may schedule it again. */
int queue_add(struct queue *queue, enum queue_kind kind, unsigned id, queue_action *action, void *context);

/* From now on this slot, one a queue, is kept by itself, because it is moved much more often than any other. Changes no order. */
void queue_keep_apart(struct queue *queue, int slot);

/* Schedules or moves the slot. `cycle` is in bus cycles; QUEUE_NEVER unschedules. A cycle in the past is the caller's error. */
void queue_schedule(struct queue *queue, int slot, uint64_t cycle);

/* The same for the slot that is kept apart. */
static inline void queue_schedule_apart(struct queue *queue, int slot, uint64_t cycle)
{
    struct queue_view *view = (struct queue_view *)queue;
    view->cycle[slot] = cycle;
    view->next = cycle < view->next_in_heap ? cycle : view->next_in_heap;
}

/* When the slot's event is due; QUEUE_NEVER if unscheduled. */
static inline uint64_t queue_when(const struct queue *queue, int slot)
{
    return ((const struct queue_view *)queue)->cycle[slot];
}

/* Cycle of the first event, QUEUE_NEVER if there is none. Constant time. */
static inline uint64_t queue_next(const struct queue *queue)
{
    return ((const struct queue_view *)queue)->next;
}

/* The same without the slot that is kept apart. */
static inline uint64_t queue_next_of_others(const struct queue *queue)
{
    return ((const struct queue_view *)queue)->next_in_heap;
}

/* Fires the first event. There must be one. */
void queue_fire(struct queue *queue);

/* Counts an event that its owner carried out by itself, knowing that it would have been the next to fire. */
static inline void queue_count(struct queue *queue)
{
    ((struct queue_view *)queue)->fired++;
}

/* Number of events fired since creation: the first half of a position. */
static inline uint64_t queue_fired(const struct queue *queue)
{
    return ((const struct queue_view *)queue)->fired;
}

void queue_state(struct state *s, struct queue *queue);

#endif
