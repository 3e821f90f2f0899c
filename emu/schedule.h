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
    unsigned leaves; /* a power of two */
    unsigned running;
};

bool schedule_init(struct schedule *schedule, unsigned harts);
void schedule_finish(struct schedule *schedule);

static inline void schedule_put(struct schedule *schedule, unsigned hart, uint64_t key)
{
    uint64_t *keys = schedule->key, least = key;
    unsigned at = schedule->leaves + hart;
    keys[at] = least;
    do { /* there are two leaves at least */
        uint64_t other = keys[at ^ 1];
        least = other < least ? other : least;
        keys[at >>= 1] = least;
    } while (at > 1);
}

/* A running hart's clock has moved. */
static inline void schedule_move(struct schedule *schedule, unsigned hart, uint64_t cycle)
{
    schedule_put(schedule, hart, cycle << 8 | hart);
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

/* The least: meaningful only while running > 0. */
static inline unsigned schedule_hart(const struct schedule *schedule)
{
    return schedule->key[1] & 0xff;
}

static inline uint64_t schedule_cycle(const struct schedule *schedule)
{
    return schedule->key[1] >> 8;
}

/* The least cycle of the hart `first`'s rivals, when it is the least itself or was when it began; far off if it runs alone. */
static inline uint64_t schedule_second(const struct schedule *schedule, unsigned first)
{
    uint64_t least = SCHEDULE_IDLE;
    for (unsigned at = schedule->leaves + first; at > 1; at >>= 1) {
        uint64_t other = schedule->key[at ^ 1];
        least = other < least ? other : least;
    }
    return least >> 8;
}

#endif
