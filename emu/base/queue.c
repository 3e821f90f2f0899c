/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The queue of events as a binary heap of slot numbers; every slot knows its place in the heap, so that moving one costs
 * O(log n). Keys (cycle, kind, id) are all different, hence the firing order is total and the layout of the heap cannot be
 * observed: it is derived, not state.
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
    uint64_t fired;
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
    if (queue)
        queue->view.next = QUEUE_NEVER;
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

void queue_schedule(struct queue *queue, int slot, uint64_t cycle)
{
    assert(slot >= 0 && slot < queue->slot_count);
    struct slot *s = &queue->slots[slot];
    uint64_t before = queue->cycle[slot];
    if (before == cycle)
        return;
    queue->cycle[slot] = cycle;
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
    queue->view.next = queue->heap_count ? queue->cycle[queue->heap[0]] : QUEUE_NEVER;
}

void queue_fire(struct queue *queue)
{
    assert(queue->heap_count > 0);
    int first = queue->heap[0];
    struct slot s = queue->slots[first]; /* a copy: the action may add slots, which moves the array */
    uint64_t cycle = queue->cycle[first];
    queue_schedule(queue, first, QUEUE_NEVER);
    queue->fired++;
    s.action(s.context, (unsigned)s.rank, cycle);
}

void queue_count(struct queue *queue)
{
    queue->fired++;
}

uint64_t queue_fired(const struct queue *queue)
{
    return queue->fired;
}

void queue_state(struct state *s, struct queue *queue)
{
    state_open(s, "queue", 0);
    state_u64(s, "fired", &queue->fired);
    for (int i = 0; i < queue->slot_count; i++) {
        int slot = queue->ranked[i];
        uint64_t cycle = queue->cycle[slot];
        state_u64(s, "cycle", &cycle);
        queue_schedule(queue, slot, cycle); /* changes something only if the visitor did */
    }
    state_close(s);
}
