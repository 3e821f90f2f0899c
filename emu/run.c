/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one loop that moves time. Actors are the harts and the queue of events; the one with the least (cycle, kind, id) goes next,
 * events before harts. A hart's slice ends where the machine's state says so, never where emu_run happens to return: the slice's
 * owner and what is left of it are state.
 */
#include "machine.h"

#include <hart/code_cache.h>
#include <limits.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SLICE_UNBOUNDED (INT64_MAX / 2)

void emu_until_init(struct emu_until *until)
{
    *until = (struct emu_until){.cycle = UINT64_MAX, .position = {UINT64_MAX, UINT64_MAX}, .steps = UINT64_MAX,
                                .events = UINT64_MAX, .idle_cycle = UINT64_MAX};
}

static struct emu_stop stop_of(enum emu_stop_kind kind)
{
    return (struct emu_stop){.kind = kind};
}

/* xorshift64*: period 2^64 - 1, state never 0. */
static inline uint64_t draw(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

/* What is left of a slice; struct emu_machine has it while the slice is not over. */
struct slice {
    int64_t left;
    bool exact;
};

/* A slice of [Q/2, Q] steps; alone, a hart needs none. Most end at the first transfer of control behind that, which costs least;
 * one in some ends exactly there, so that no place in a program is safe from the others. */
static inline struct slice draw_slice(uint64_t *random, unsigned running)
{
    if (running == 1)
        return (struct slice){SLICE_UNBOUNDED, false};
    uint64_t x = draw(random);
    return (struct slice){SLICE_STEPS / 2 + (int64_t)((x >> 32) * (SLICE_STEPS / 2 + 1) >> 32), x % SLICE_EXACT_ONE_IN == 0};
}

static bool position_reached(const struct emu_machine *m, const struct emu_position *position)
{
    return queue_fired(m->queue) >= position->events && m->steps >= position->steps;
}

/* How many steps all harts may do together before the caller wants to stop. */
static uint64_t steps_allowed(const struct emu_machine *m, const struct emu_until *until)
{
    uint64_t allowed = until->steps - m->steps;
    if (queue_fired(m->queue) >= until->position.events && until->position.steps - m->steps < allowed)
        allowed = until->position.steps - m->steps;
    return allowed < INT64_MAX ? allowed : INT64_MAX;
}

/* Does what is left of a slice, as far as `hard` steps go. Returns the steps done; *slice is what is then left. */
static inline uint64_t run_slice(struct hart *hart, struct slice *slice, uint64_t hard, enum hart_exit *ret_exit)
{
    int64_t soft = slice->left;
    if (slice->exact) {
        hard = (uint64_t)soft < hard ? (uint64_t)soft : hard;
        soft = SLICE_UNBOUNDED;
    }
    if (hard > HART_RUN_CYCLES_MAX)
        hard = HART_RUN_CYCLES_MAX;
    uint64_t before = hart->steps;
    *ret_exit = hart_engine_run(hart, soft, (int64_t)hard, hart->within, false);
    uint64_t done = hart->steps - before;
    slice->left -= (int64_t)done;
    return done;
}

/* A slice ends as soon as it is over, so that one position has one state however it was reached. */
static inline bool is_over(const struct slice *slice, struct hart *hart, enum hart_exit exit, uint64_t next)
{
    bool spent = slice->left <= 0;
    hart->within &= spent && !slice->exact; /* matters only then */
    return exit == HART_EXIT_SLICE || exit == HART_EXIT_STOPPED || hart->cycle >= next || (spent && !hart->within);
}

/* Runs harts, slice after slice, until the next thing to happen is not simply the next slice: a clock reaches `end` (the next
 * event, `next`, or the caller's limit), the allowed steps are done, or the engine wants somebody to look. */
static enum hart_exit run_slices(struct emu_machine *m, uint64_t next, uint64_t end, uint64_t allowed, struct hart **ret_hart)
{
    struct schedule *schedule = &m->schedule;
    struct hart *harts = m->harts;
    struct slice slice = {m->slice_left, m->slice_exact};
    enum hart_exit exit = HART_EXIT_BUDGET;
    uint64_t random = m->random, steps = 0;
    unsigned owner = m->owner;
    while (steps < allowed) {
        uint64_t random_before = random;
        bool fresh = owner == NO_OWNER;
        if (fresh) {
            if (schedule_cycle(schedule) >= end)
                break;
            owner = schedule_hart(schedule);
            slice = draw_slice(&random, schedule->running);
            harts[owner].within = false;
        }
        struct hart *hart = &harts[owner];
        uint64_t cycle = hart->cycle;
        if (cycle >= end)
            break;
        uint64_t done = run_slice(hart, &slice, end - cycle < allowed - steps ? end - cycle : allowed - steps, &exit);
        steps += done;
        if (is_over(&slice, hart, exit, next))
            owner = NO_OWNER;
        *ret_hart = hart;
        if (UNLIKELY(exit > HART_EXIT_SLICE || hart->attention)) {
            if (done == 0 && fresh) { /* a breakpoint at once: the slice has yet to begin */
                random = random_before;
                owner = NO_OWNER;
            }
            if (exit == HART_EXIT_STOPPED)
                schedule_stop(schedule, hart->id);
            else
                schedule_move(schedule, hart->id, hart->cycle);
            break;
        }
        schedule_move(schedule, hart->id, hart->cycle);
    }
    m->steps += steps;
    m->random = random;
    m->owner = (uint16_t)owner;
    m->slice_left = slice.left;
    m->slice_exact = slice.exact;
    return exit;
}

/* timed: the next event that the hart itself must meet on its very cycle: interrupts, and the switch of fidelity. */
static inline uint64_t next_of(const struct emu_machine *m, const struct hart *hart)
{
    uint64_t pins = queue_when(m->queue, m->wires.hart[hart->id].slot), timer = queue_when(m->queue, hart->timer_slot);
    uint64_t to_switch = queue_when(m->queue, m->switch_slot), first = pins < timer ? pins : timer;
    return first < to_switch ? first : to_switch;
}

static void fire(struct emu_machine *m)
{
    m->owner = NO_OWNER;
    m->now = queue_next(m->queue); /* what devices schedule from */
    queue_fire(m->queue);
    if (m->reset_wanted)
        machine_reset(m);
}

/* timed: may the loop go on behind an event by itself? Else is_stopped must be asked first. */
static inline bool is_quiet(const struct emu_machine *m, const struct emu_until *until)
{
    bool asks = m->shared.watch_hits || !ring_is_empty(&m->stops) || m->finished || m->disks || !m->shared.timed;
    return !asks && ring_has_room(&m->ring) && queue_fired(m->queue) < until->events;
}

/* timed: fires what comes before any hart. False: somebody must look first, or the caller's limit comes before. */
static inline bool fire_due(struct emu_machine *m, const struct emu_until *until)
{
    const struct schedule *schedule = &m->schedule;
    uint64_t next = queue_next(m->queue);
    do {
        bool is_idle = schedule->running == 0;
        if (next >= until->cycle || (is_idle && (next == QUEUE_NEVER || next > until->idle_cycle)))
            return false;
        fire(m);
        if (UNLIKELY(!is_quiet(m, until)))
            return false;
        next = queue_next(m->queue);
    } while (schedule->running == 0 || next <= schedule_cycle(schedule));
    return true;
}

/* timed: what slices are cut by, besides the other harts. */
struct horizon {
    uint64_t next;  /* the first event */
    uint64_t quiet; /* no hart has an event of its own, and no limit comes, before this cycle */
    uint64_t end;   /* the caller's limit */
};

static inline struct horizon see_horizon(const struct emu_machine *m, uint64_t end)
{
    uint64_t others = queue_next_of_others(m->queue); /* those of harts are among them */
    return (struct horizon){queue_next(m->queue), others < end ? others : end, end};
}

/* The end of a slice, in cycles; `second`: the least key of the others. */
static inline uint64_t slice_end(const struct emu_machine *m, uint64_t second, uint64_t next)
{
    uint64_t limit = schedule_key_cycle(second) + m->lookahead_cycles;
    return limit < next ? limit : next;
}

/* Is a slice cut by nothing but the other harts and the next event, and nothing near that must be met exactly? */
static inline bool is_plain(const struct emu_machine *m, const struct horizon *horizon, uint64_t cycle, uint64_t limit, uint64_t allowed)
{
    return limit + m->near_cycles < horizon->quiet && limit - cycle + HART_SLICE_ROOM_CYCLES <= allowed;
}

/* timed, several harts running: does the slices that come next, up to the next event, as long as they are plain. Returns the hart whose
 * engine run is to be looked at, with *ret_limit its slice's end; NULL: there is none, and the slice that comes next is not plain.
 * Nearly always it is the second's turn behind a slice. That is a branch here, not a minimum, so that the host need not wait for the
 * slice's end to know where to go on. */
static __attribute__((noinline)) struct hart *run_plain_slices(struct emu_machine *m, const struct horizon *horizon, uint64_t *allowed,
                                                               uint64_t *ret_limit)
{
    struct schedule *schedule = &m->schedule;
    uint64_t least = schedule->key[1], left = *allowed;
    struct hart *hart = NULL;
    while (schedule_key_cycle(least) < horizon->next) {
        unsigned owner = schedule_key_hart(least);
        uint64_t second = schedule_second(schedule, owner), end = slice_end(m, second, horizon->next);
        if (!is_plain(m, horizon, schedule_key_cycle(least), end, left))
            break;
        struct hart *next = &m->harts[owner];
        uint64_t before = next->steps;
        enum hart_exit exit = hart_engine_slice(next, (int64_t)(end - schedule_key_cycle(least)));
        left -= next->steps - before;
        if (UNLIKELY(exit != HART_EXIT_SLICE || next->attention)) {
            *ret_limit = end;
            hart = next;
            break;
        }
        next->within = false;
        uint64_t key = schedule_move(schedule, owner, next->cycle);
        if (UNLIKELY(key < second))
            break;
        least = second;
    }
    *allowed = left;
    return hart;
}

/* How an engine run left a slice that its exit does not say to be over. True: it is, nevertheless. */
static bool is_over_timed(struct hart *hart, uint64_t limit, uint64_t own)
{
    hart->within &= hart->cycle >= limit; /* else it does not matter */
    bool is_fresh = hart->fresh == hart->budget; /* as good as not begun */
    return is_fresh || hart->cycle >= own || (hart->cycle >= limit && !hart->within);
}

/* The same in `timed` fidelity, where events that nobody has to look at are fired on the way. A hart runs ahead of the others by less
 * than what they would need to take notice; where in there its slice ends makes no difference to what happens, only to the order in which
 * it is done here. What others do is noticed at checks only, so that a slice may overrun its end up to the next one; but not the hart's own
 * events. */
static enum hart_exit run_slices_timed(struct emu_machine *m, const struct emu_until *until, uint64_t allowed, struct hart **ret_hart)
{
    struct schedule *schedule = &m->schedule;
    struct hart *hart = m->harts;
    enum hart_exit exit = HART_EXIT_BUDGET;
    const uint64_t all = allowed;
    const bool may_fire = until->position.events == UINT64_MAX; /* else events change what is allowed */
    bool fresh = m->slice_fresh;
    unsigned owner = m->owner;
    struct horizon horizon = see_horizon(m, until->cycle);
    for (;;) {
        struct hart *plain = NULL;
        uint64_t limit = 0, own = QUEUE_NEVER;
        if (LIKELY(owner == NO_OWNER)) {
            if (schedule->running == 0 || schedule_cycle(schedule) >= horizon.next) {
                if (!may_fire || !fire_due(m, until))
                    break;
                horizon = see_horizon(m, until->cycle);
            }
            if (schedule->running > 1)
                plain = run_plain_slices(m, &horizon, &allowed, &limit);
            if (!plain && schedule_cycle(schedule) >= horizon.next)
                continue;
            if (!plain && schedule_cycle(schedule) >= horizon.end)
                break;
        }
        if (LIKELY(plain)) {
            hart = plain;
            exit = (enum hart_exit)hart->exit;
        } else {
            if (owner == NO_OWNER) {
                owner = schedule_hart(schedule);
                m->harts[owner].within = false;
                fresh = true;
            }
            hart = &m->harts[owner];
            uint64_t cycle = hart->cycle;
            limit = slice_end(m, schedule_second(schedule, owner), horizon.next);
            own = next_of(m, hart);
            if (cycle >= horizon.end)
                break;
            if (cycle >= own || (cycle >= limit && !hart->within)) {
                owner = NO_OWNER;
                continue;
            }
            uint64_t exact = own < horizon.end ? own : horizon.end, hard = allowed < HART_RUN_CYCLES_MAX ? allowed : HART_RUN_CYCLES_MAX;
            hard = exact - cycle < hard ? exact - cycle : hard;
            if (schedule->running == 1 && may_fire && m->lookahead_cycles > 1)
                m->shared.alone_until = horizon.next < horizon.end ? horizon.next : horizon.end;
            uint64_t before = hart->steps;
            exit = hart_engine_run(hart, (int64_t)(limit - cycle), (int64_t)hard, hart->within, fresh);
            allowed -= hart->steps - before;
            m->shared.alone_until = 0;
        }
        owner = hart->id;
        fresh = false;
        if (exit == HART_EXIT_SLICE || exit == HART_EXIT_STOPPED || is_over_timed(hart, limit, own)) {
            owner = NO_OWNER;
            hart->within = false;
        }
        if (exit == HART_EXIT_STOPPED) {
            schedule_stop(schedule, hart->id);
            horizon = see_horizon(m, until->cycle); /* there is something new */
        } else {
            schedule_move(schedule, hart->id, hart->cycle);
        }
        if (exit > HART_EXIT_STOPPED || hart->attention || allowed == 0)
            break;
    }
    m->steps += all - allowed;
    m->owner = (uint16_t)owner;
    m->slice_fresh = fresh;
    *ret_hart = hart;
    return exit;
}

/* timed: was a slice left between checks, with an event due that it goes on past to the next check? */
static bool overruns(const struct emu_machine *m)
{
    if (!m->shared.timed || m->owner == NO_OWNER)
        return false;
    const struct hart *hart = &m->harts[m->owner];
    return hart->within && hart->cycle < next_of(m, hart);
}

/* No hart runs. */
static bool idle(struct emu_machine *m, uint64_t next, const struct emu_until *until, struct emu_stop *ret_stop)
{
    if (next == QUEUE_NEVER) {
        *ret_stop = stop_of(EMU_STOP_DEAD);
        return true;
    }
    if (next >= until->cycle) {
        *ret_stop = stop_of(EMU_STOP_LIMIT);
        return true;
    }
    if (next > until->idle_cycle) {
        *ret_stop = (struct emu_stop){.kind = EMU_STOP_IDLE, .next = next};
        return true;
    }
    return false;
}

/* The next event to stop at; those that nobody wants to stop at any more are passed over. */
static bool next_event_stop(struct emu_machine *m, struct emu_stop *ret_stop)
{
    struct emu_event event;
    while (ring_read(&m->stops, &event, 1)) {
        if (!machine_stops_at(m, &event))
            continue;
        *ret_stop = (struct emu_stop){.kind = EMU_STOP_MACHINE_EVENT,
                                      .hart = event.hart,
                                      .event = event.kind,
                                      .pc = event.pc,
                                      .a = event.a,
                                      .b = event.b,
                                      .other = event.other == UINT16_MAX ? EMU_NOBODY : event.other};
        return true;
    }
    return false;
}

/* Reasons to return before anything else is done. */
static bool is_stopped(struct emu_machine *m, const struct emu_until *until, struct emu_stop *ret_stop)
{
    if (m->disks && machine_disk_stop(m, ret_stop)) /* before any other: an event is not over */
        return true;
    if (m->shared.watch_hits && machine_watch_stop(m, ret_stop))
        return true;
    if (next_event_stop(m, ret_stop))
        return true;
    if (m->finished) {
        *ret_stop = (struct emu_stop){.kind = EMU_STOP_FINISHED, .code = m->exit_code};
        return true;
    }
    if (!ring_has_room(&m->ring)) {
        *ret_stop = stop_of(EMU_STOP_EVENTS_FULL);
        return true;
    }
    if (m->steps >= until->steps || queue_fired(m->queue) >= until->events || position_reached(m, &until->position)) {
        *ret_stop = stop_of(EMU_STOP_LIMIT);
        return true;
    }
    return false;
}

struct emu_stop emu_run(struct emu_machine *m, const struct emu_until *until)
{
    struct emu_stop stop;
    while (!is_stopped(m, until, &stop)) {
        uint64_t next = queue_next(m->queue);
        if (m->schedule.running == 0) {
            if (idle(m, next, until, &stop))
                return stop;
            fire(m);
            continue;
        }
        if (next <= schedule_cycle(&m->schedule) && !overruns(m)) {
            if (next >= until->cycle)
                return stop_of(EMU_STOP_LIMIT);
            fire(m);
            continue;
        }
        if ((m->owner == NO_OWNER ? schedule_cycle(&m->schedule) : m->harts[m->owner].cycle) >= until->cycle)
            return stop_of(EMU_STOP_LIMIT);
        if (code_is_full(m->shared.code))
            code_flush(&m->shared);
        uint64_t end = next < until->cycle ? next : until->cycle;
        struct hart *hart;
        uint64_t allowed = steps_allowed(m, until);
        enum hart_exit exit = m->shared.timed ? run_slices_timed(m, until, allowed, &hart)
                                              : run_slices(m, next, end, allowed, &hart);
        if (exit == HART_EXIT_BREAK)
            return (struct emu_stop){.kind = EMU_STOP_BREAKPOINT, .hart = hart->id, .pc = hart->pc};
    }
    return stop;
}
