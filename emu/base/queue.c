/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The queue of events as a binary heap of slot numbers; every slot knows its place in the heap, so that moving one costs
 * O(log n). Keys (cycle, kind, id) are all different, hence the firing order is total and the layout of the heap cannot be
 * observed: it is derived, not state. One slot may be kept out of the heap; whether it is the first is decided when it is asked.
 * Slots are never removed; a second index keeps them in (kind, id) order for the state visitor.
 */
#include <base/queue.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_QUEUED = -1 };

struct slot {
    uint64_t rank;  /* kind and id as one number in firing order */
    int place;      /* index in the heap, or NOT_QUEUED */
    queue_action *action;
    void *context;
};

struct queue {
    struct queue_view view;
    uint64_t *cycle; /* of each slot; QUEUE_NEVER: not scheduled */
    struct slot *slots;
    int *heap;   /* scheduled slots, the first event on top */
    int *ranked; /* all slots, ascending by rank */
    int slot_count, heap_count, capacity;
    int apart; /* the slot that is not in the heap, or -1 */
};

static uint64_t rank_of(enum queue_kind kind, unsigned id)
{
    return (uint64_t)kind << 32 | id;
}

static bool is_before(const struct queue *queue, int a, int b)
{
    uint64_t x = queue->cycle[a], y = queue->cycle[b];
    return x != y ? x < y : queue->slots[a].rank < queue->slots[b].rank;
}

static void put_at(struct queue *queue, int place, int slot)
{
    queue->heap[place] = slot;
    queue->slots[slot].place = place;
}

static void sift_up(struct queue *queue, int place)
{
    int slot = queue->heap[place];
    while (place > 0) {
        int parent = (place - 1) / 2;
        if (!is_before(queue, slot, queue->heap[parent]))
            break;
        put_at(queue, place, queue->heap[parent]);
        place = parent;
    }
    put_at(queue, place, slot);
}

static void sift_down(struct queue *queue, int place)
{
    int slot = queue->heap[place];
    for (;;) {
        int child = 2 * place + 1;
        if (child >= queue->heap_count)
            break;
        if (child + 1 < queue->heap_count && is_before(queue, queue->heap[child + 1], queue->heap[child]))
            child++;
        if (!is_before(queue, queue->heap[child], slot))
            break;
        put_at(queue, place, queue->heap[child]);
        place = child;
    }
    put_at(queue, place, slot);
}

static void take_out(struct queue *queue, int slot)
{
    int place = queue->slots[slot].place;
    int last = queue->heap[--queue->heap_count];
    queue->slots[slot].place = NOT_QUEUED;
    if (last == slot)
        return;
    put_at(queue, place, last);
    sift_up(queue, place);
    sift_down(queue, queue->slots[last].place);
}

struct queue *queue_create(void)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue) {
        queue->view.next = queue->view.next_in_heap = QUEUE_NEVER;
        queue->apart = -1;
    }
    return queue;
}

void queue_destroy(struct queue *queue)
{
    if (!queue)
        return;
    free(queue->slots);
    free(queue->cycle);
    free(queue->heap);
    free(queue->ranked);
    free(queue);
}

static bool resize(void **array, int count, size_t size)
{
    void *bigger = realloc(*array, (size_t)count * size);
    if (bigger)
        *array = bigger;
    return bigger;
}

static bool make_room(struct queue *queue)
{
    if (queue->slot_count < queue->capacity)
        return true;
    int capacity = queue->capacity ? 2 * queue->capacity : 64;
    if (!resize((void **)&queue->slots, capacity, sizeof *queue->slots) ||
        !resize((void **)&queue->cycle, capacity, sizeof *queue->cycle) ||
        !resize((void **)&queue->heap, capacity, sizeof *queue->heap) ||
        !resize((void **)&queue->ranked, capacity, sizeof *queue->ranked))
        return false;
    queue->capacity = capacity;
    queue->view.cycle = queue->cycle;
    return true;
}

int queue_add(struct queue *queue, enum queue_kind kind, unsigned id, queue_action *action, void *context)
{
    assert(action);
    if (!make_room(queue))
        return -1;
    int slot = queue->slot_count;
    queue->slots[slot] = (struct slot){rank_of(kind, id), NOT_QUEUED, action, context};
    queue->cycle[slot] = QUEUE_NEVER;
    int at = slot;
    while (at > 0 && queue->slots[queue->ranked[at - 1]].rank > queue->slots[slot].rank)
        at--;
    assert(at == 0 || queue->slots[queue->ranked[at - 1]].rank != queue->slots[slot].rank);
    memmove(&queue->ranked[at + 1], &queue->ranked[at], (size_t)(slot - at) * sizeof *queue->ranked);
    queue->ranked[at] = slot;
    queue->slot_count++;
    return slot;
}

void queue_keep_apart(struct queue *queue, int slot)
{
    assert(queue->apart < 0 && queue->cycle[slot] == QUEUE_NEVER);
    queue->apart = slot;
}

static void move_in_heap(struct queue *queue, int slot, uint64_t before, uint64_t cycle)
{
    struct slot *s = &queue->slots[slot];
    if (cycle == QUEUE_NEVER) {
        take_out(queue, slot);
    } else {
        if (s->place == NOT_QUEUED)
            put_at(queue, queue->heap_count++, slot);
        if (cycle < before)
            sift_up(queue, s->place);
        else
            sift_down(queue, s->place);
    }
    queue->view.next_in_heap = queue->heap_count ? queue->cycle[queue->heap[0]] : QUEUE_NEVER;
}

void queue_schedule(struct queue *queue, int slot, uint64_t cycle)
{
    assert(slot >= 0 && slot < queue->slot_count);
    uint64_t before = queue->cycle[slot];
    queue->cycle[slot] = cycle;
    if (slot == queue->apart) {
        queue_schedule_apart(queue, slot, cycle);
    } else if (before != cycle) {
        move_in_heap(queue, slot, before, cycle);
        uint64_t heap = queue->view.next_in_heap, apart = queue->apart < 0 ? QUEUE_NEVER : queue->cycle[queue->apart];
        queue->view.next = apart < heap ? apart : heap;
    }
}

static int first_slot(const struct queue *queue)
{
    int apart = queue->apart;
    if (queue->heap_count == 0 || (apart >= 0 && is_before(queue, apart, queue->heap[0])))
        return apart;
    return queue->heap[0];
}

void queue_fire(struct queue *queue)
{
    assert(queue->view.next != QUEUE_NEVER);
    int first = first_slot(queue);
    const struct slot *s = &queue->slots[first];
    uint64_t cycle = queue->cycle[first];
    if (first == queue->apart)
        queue_schedule_apart(queue, first, QUEUE_NEVER);
    else
        queue_schedule(queue, first, QUEUE_NEVER);
    queue_count(queue);
    s->action(s->context, (unsigned)s->rank, cycle);
}

void queue_state(struct state *s, struct queue *queue)
{
    state_open(s, "queue", 0);
    state_u64(s, "fired", &queue->view.fired);
    for (int i = 0; i < queue->slot_count; i++) {
        int slot = queue->ranked[i];
        uint64_t cycle = queue->cycle[slot];
        state_u64(s, "cycle", &cycle);
        queue_schedule(queue, slot, cycle); /* changes something only if the visitor did */
    }
    state_close(s);
}
