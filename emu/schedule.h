/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which hart runs next: the one with the least (cycle, id) among those that run. A tournament over all harts, so that finding the
 * least is one load and moving one hart costs the logarithm of their number. Derived from the harts' clocks; not state.
 */
#ifndef EMU_SCHEDULE_H
#define EMU_SCHEDULE_H

#include <base/queue.h>
#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_IDLE UINT64_MAX

struct schedule {
    uint64_t *key;   /* key[1]: the least; key[leaves + hart]: its own; cycle << 8 | hart */
    unsigned leaves; /* a power of two, 4 at least */
    unsigned running;
};

bool schedule_init(struct schedule *schedule, unsigned harts);
void schedule_finish(struct schedule *schedule);

static inline uint64_t schedule_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline void schedule_put(struct schedule *schedule, unsigned hart, uint64_t key)
{
    uint64_t *keys = schedule->key;
    unsigned at = schedule->leaves + hart;
    keys[at] = key;
    uint64_t least = keys[at >> 1] = schedule_least(key, keys[at ^ 1]);
    at >>= 1;
    do { /* there are four leaves at least */
        least = schedule_least(least, keys[at ^ 1]);
        keys[at >>= 1] = least;
    } while (at > 1);
}

/* A running hart's clock has moved. Returns its key. */
static inline uint64_t schedule_move(struct schedule *schedule, unsigned hart, uint64_t cycle)
{
    uint64_t key = cycle << 8 | hart;
    schedule_put(schedule, hart, key);
    return key;
}

static inline void schedule_run(struct schedule *schedule, unsigned hart, uint64_t cycle)
{
    schedule->running += schedule->key[schedule->leaves + hart] == SCHEDULE_IDLE;
    schedule_move(schedule, hart, cycle);
}

static inline void schedule_stop(struct schedule *schedule, unsigned hart)
{
    if (schedule->key[schedule->leaves + hart] == SCHEDULE_IDLE)
        return;
    schedule->running--;
    schedule_put(schedule, hart, SCHEDULE_IDLE);
}

/* Of a key. */
static inline unsigned schedule_key_hart(uint64_t key)
{
    return key & 0xff;
}

static inline uint64_t schedule_key_cycle(uint64_t key)
{
    return key >> 8;
}

/* The least: meaningful only while running > 0. */
static inline unsigned schedule_hart(const struct schedule *schedule)
{
    return schedule_key_hart(schedule->key[1]);
}

static inline uint64_t schedule_cycle(const struct schedule *schedule)
{
    return schedule_key_cycle(schedule->key[1]);
}

/* The least key of the hart `first`'s rivals, when it is the least itself or was when it began; SCHEDULE_IDLE if it runs alone. */
static inline uint64_t schedule_second(const struct schedule *schedule, unsigned first)
{
    unsigned at = schedule->leaves + first;
    uint64_t least = schedule->key[at ^ 1];
    at >>= 1;
    do {
        least = schedule_least(least, schedule->key[at ^ 1]);
        at >>= 1;
    } while (at > 1);
    return least;
}

#endif
