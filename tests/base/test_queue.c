/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The queue of events: its order, and the same as a naive list under random traffic.
 */
#include <base/queue.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/random.h>
#include <lib/state_check.h>

struct fired {
    unsigned id;
    uint64_t cycle;
};

struct log {
    struct queue *queue;
    struct fired fired[64];
    unsigned count;
    int again_slot; /* what an action schedules when it fires, or -1 */
};

static void record(void *context, unsigned id, uint64_t cycle)
{
    struct log *log = context;
    log->fired[log->count++ % 64] = (struct fired){id, cycle};
    if (log->again_slot >= 0 && log->count < 5)
        queue_schedule(log->queue, log->again_slot, cycle + 10);
}

Test(queue, an_empty_queue_has_no_next_event)
{
    struct queue *queue = queue_create();
    cr_expect(eq(u64, queue_next(queue), QUEUE_NEVER));
    cr_expect(eq(u64, queue_fired(queue), 0));
    queue_destroy(queue);
    queue_destroy(NULL);
}

Test(queue, events_of_one_cycle_fire_by_kind_then_id_whatever_the_order_of_scheduling)
{
    struct log log = {.queue = queue_create(), .again_slot = -1};
    int slots[4] = {
        queue_add(log.queue, QUEUE_WAKE, 1, record, &log),
        queue_add(log.queue, QUEUE_DEVICE, 7, record, &log),
        queue_add(log.queue, QUEUE_DEVICE, 2, record, &log),
        queue_add(log.queue, QUEUE_INPUT, 9, record, &log),
    };
    static const unsigned want[4] = {9, 2, 7, 1};
    for (unsigned turn = 0; turn < 4; turn++) {
        log.count = 0;
        for (unsigned i = 0; i < 4; i++)
            queue_schedule(log.queue, slots[(turn + i) % 4], 100);
        for (unsigned i = 0; i < 4; i++)
            queue_fire(log.queue);
        for (unsigned i = 0; i < 4; i++)
            cr_expect(eq(uint, log.fired[i].id, want[i]), "turn %u, event %u", turn, i);
        cr_expect(eq(u64, queue_next(log.queue), QUEUE_NEVER));
    }
    cr_expect(eq(u64, queue_fired(log.queue), 16));
    queue_destroy(log.queue);
}

Test(queue, a_moved_event_fires_once_at_its_last_cycle)
{
    struct log log = {.queue = queue_create(), .again_slot = -1};
    int slot = queue_add(log.queue, QUEUE_DEVICE, 0, record, &log);
    queue_schedule(log.queue, slot, 50);
    queue_schedule(log.queue, slot, 20);
    queue_schedule(log.queue, slot, 30);
    cr_expect(eq(u64, queue_when(log.queue, slot), 30));
    queue_fire(log.queue);
    cr_expect(eq(u64, log.fired[0].cycle, 30));
    cr_expect(eq(u64, queue_when(log.queue, slot), QUEUE_NEVER));
    cr_expect(eq(u64, queue_next(log.queue), QUEUE_NEVER));
    queue_destroy(log.queue);
}

Test(queue, scheduling_at_never_takes_the_event_out)
{
    struct log log = {.queue = queue_create(), .again_slot = -1};
    int a = queue_add(log.queue, QUEUE_DEVICE, 0, record, &log);
    int b = queue_add(log.queue, QUEUE_DEVICE, 1, record, &log);
    queue_schedule(log.queue, a, 5);
    queue_schedule(log.queue, b, 6);
    queue_schedule(log.queue, a, QUEUE_NEVER);
    queue_schedule(log.queue, a, QUEUE_NEVER);
    cr_expect(eq(u64, queue_next(log.queue), 6));
    queue_destroy(log.queue);
}

Test(queue, an_action_may_schedule_its_own_event_again)
{
    struct log log = {.queue = queue_create()};
    log.again_slot = queue_add(log.queue, QUEUE_DEVICE, 0, record, &log);
    queue_schedule(log.queue, log.again_slot, 1);
    while (queue_next(log.queue) != QUEUE_NEVER)
        queue_fire(log.queue);
    cr_expect(eq(uint, log.count, 5));
    cr_expect(eq(u64, log.fired[4].cycle, 41));
    queue_destroy(log.queue);
}

static void queue_state_of(struct state *s, void *object)
{
    queue_state(s, object);
}

Test(queue, every_field_is_in_the_hash)
{
    struct log log = {.queue = queue_create(), .again_slot = -1};
    for (unsigned id = 0; id < 20; id++) {
        int slot = queue_add(log.queue, id % 2 ? QUEUE_DEVICE : QUEUE_WAKE, id, record, &log);
        if (id % 3)
            queue_schedule(log.queue, slot, 1000 - 7 * id);
    }
    cr_expect(eq(u64, state_check_flips(queue_state_of, log.queue), 21));
    queue_destroy(log.queue);
}

Test(queue, the_layout_of_the_heap_is_not_state)
{
    struct log log = {.again_slot = -1};
    struct queue *queues[2] = {queue_create(), queue_create()};
    for (unsigned q = 0; q < 2; q++) {
        int slots[32];
        for (unsigned i = 0; i < 32; i++) {
            unsigned id = q ? 31 - i : i; /* made in another order, too */
            slots[id] = queue_add(queues[q], QUEUE_DEVICE, id, record, &log);
        }
        for (unsigned i = 0; i < 32; i++) {
            unsigned id = q ? (i * 7) % 32 : i;
            if (q)
                queue_schedule(queues[q], slots[id], 1);
            queue_schedule(queues[q], slots[id], 100 + id * 13 % 11);
        }
    }
    cr_expect(eq(u64, state_check_hash(queue_state_of, queues[0]), state_check_hash(queue_state_of, queues[1])));
    queue_destroy(queues[0]);
    queue_destroy(queues[1]);
}

enum { MODEL_SLOTS = 300, MODEL_STEPS = 60000 };

struct model {
    uint64_t cycle[MODEL_SLOTS];
    uint64_t rank[MODEL_SLOTS];
};

static int model_first(const struct model *model)
{
    int first = -1;
    for (int i = 0; i < MODEL_SLOTS; i++)
        if (model->cycle[i] != QUEUE_NEVER && (first < 0 || model->cycle[i] < model->cycle[first] ||
                                               (model->cycle[i] == model->cycle[first] && model->rank[i] < model->rank[first])))
            first = i;
    return first;
}

/* `apart`: of the slots, -1 for none; it is drawn as often as all others together. */
static void compare_with_model(int apart)
{
    enum queue_kind kinds[3] = {QUEUE_INPUT, QUEUE_DEVICE, QUEUE_WAKE};
    struct random random = {20240607};
    struct model model;
    struct log log = {.queue = queue_create(), .again_slot = -1};
    uint64_t now = 0;
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        enum queue_kind kind = kinds[i % 3];
        unsigned id = i * 101 % MODEL_SLOTS;
        model.rank[i] = (uint64_t)kind << 32 | id;
        model.cycle[i] = QUEUE_NEVER;
        cr_assert(eq(int, queue_add(log.queue, kind, id, record, &log), (int)i));
    }
    if (apart >= 0)
        queue_keep_apart(log.queue, apart);
    for (unsigned step = 0; step < MODEL_STEPS; step++) {
        int first = model_first(&model);
        cr_assert(eq(u64, queue_next(log.queue), first < 0 ? QUEUE_NEVER : model.cycle[first]), "step %u", step);
        uint64_t kept = apart < 0 ? QUEUE_NEVER : model.cycle[apart];
        if (apart >= 0)
            model.cycle[apart] = QUEUE_NEVER;
        int other = model_first(&model);
        cr_assert(eq(u64, queue_next_of_others(log.queue), other < 0 ? QUEUE_NEVER : model.cycle[other]), "step %u", step);
        if (apart >= 0)
            model.cycle[apart] = kept;
        if (first >= 0 && random_below(&random, 3) == 0) {
            now = model.cycle[first];
            model.cycle[first] = QUEUE_NEVER;
            log.count = 0;
            queue_fire(log.queue);
            cr_assert(eq(uint, log.fired[0].id, (uint32_t)model.rank[first]), "step %u", step);
            cr_assert(eq(u64, log.fired[0].cycle, now), "step %u", step);
        } else {
            unsigned i = apart >= 0 && random_below(&random, 2) ? (unsigned)apart : random_below(&random, MODEL_SLOTS);
            model.cycle[i] = random_below(&random, 8) ? now + random_below(&random, 40) : QUEUE_NEVER;
            queue_schedule(log.queue, (int)i, model.cycle[i]);
        }
    }
    queue_destroy(log.queue);
}

Test(queue, under_random_traffic_it_equals_a_naive_list)
{
    compare_with_model(-1);
}

Test(queue, a_slot_that_is_kept_apart_changes_no_order)
{
    for (int apart = 0; apart < 6; apart++)
        compare_with_model(apart);
}
