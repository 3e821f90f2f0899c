/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a session's inputs come from: a terminal, a script, a replay or nowhere; and switches of fidelity, whatever the source.
 */
#include "session_private.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>

#define ACCESS_CYCLES     10000    /* unpaced time after a stop in the middle of a device access, which is no idleness */
#define FEED_QUIET_CYCLES 10000000 /* without output before a script is fed */

/* ---- inputs from the console ---- */

/* Gives the guest as many bytes as its FIFO takes; `idle_cycle`: when, if no hart runs. Returns how many. */
static unsigned feed(struct session *session, emu_cycle idle_cycle)
{
    unsigned fed = 0;
    unsigned stream = session->options->stream;
    if (emu_stream_room(session->machine, stream) == 0)
        return 0;
    emu_cycle now = emu_now(session->machine);
    emu_cycle cycle = session_is_moving(session->machine) ? 0 : idle_cycle > now ? idle_cycle : now;
    bool script = session->source == SOURCE_SCRIPT;
    while (emu_stream_room(session->machine, stream) > 0 &&
           (script ? console_fill(&session->console) : console_has_byte(&session->console))) {
        struct emu_input input = {.kind = EMU_INPUT_CONSOLE_BYTE, .hart = stream, .a = console_take(&session->console)};
        struct emu_error error;
        if (!session_apply(session, &input, fed ? 0 : cycle, &error)) {
            session_end(session, ENDING_ERROR, 0)->error = error;
            break;
        }
        fed++;
    }
    return fed;
}

/* ---- the four sources: how far to run, and what to do when emu_run has come back with nothing to say ---- */

static void terminal_plan(struct session *session, struct emu_until *until)
{
    if (console_has_byte(&session->console)) {
        emu_cycle wall = pace_cycle(&session->pace);
        feed(session, wall > session->idle_next ? session->idle_next : wall);
    }
    until->idle_cycle = session->accessing ? session->reached + ACCESS_CYCLES : pace_cycle(&session->pace);
}

static void terminal_react(struct session *session, const struct emu_stop *stop)
{
    emu_cycle reached = emu_now(session->machine);
    if (reached != session->reached)
        pace_adjust(&session->pace, reached);
    session->reached = reached;
    bool none_runs = stop->kind == EMU_STOP_IDLE || stop->kind == EMU_STOP_DEAD;
    session->accessing = none_runs && session_is_moving(session->machine);
    session->idle = none_runs && !session->accessing;
    session->idle_next = stop->kind == EMU_STOP_IDLE ? stop->next : UINT64_MAX;
    if (session->idle)
        console_wait(&session->console,
                     fmin(pace_seconds_until(&session->pace, session->idle_next), session->deadline - host_seconds()));
}

static void script_plan(struct session *session, struct emu_until *until)
{
    if (until->cycle > session->feed_cycle)
        until->cycle = session->feed_cycle;
}

static emu_cycle feed_cycle_after(emu_cycle cycle)
{
    return (cycle / FEED_CYCLES + 1) * FEED_CYCLES;
}

/* Everything here depends on the machine and the bytes only, so that a script gives the same run every time. */
static void script_react(struct session *session, const struct emu_stop *stop)
{
    struct console *console = &session->console;
    bool is_dead = stop->kind == EMU_STOP_DEAD;
    if (!session->feeding && !is_dead && session->feed_cycle - session->output_cycle < FEED_QUIET_CYCLES) {
        session->feed_cycle = feed_cycle_after(session->output_cycle + FEED_QUIET_CYCLES - 1);
        return;
    }
    if (!session->feeding && !is_dead && !emu_stream_wanted(session->machine, session->options->stream)) {
        session->feed_cycle = feed_cycle_after(session->feed_cycle);
        return;
    }
    session->feeding = true;
    emu_cycle now = emu_now(session->machine);
    emu_cycle at = now > session->feed_cycle ? now : session->feed_cycle;
    unsigned fed = feed(session, at);
    session->feed_cycle = feed_cycle_after(at);
    if (!console_has_byte(console) && console->ended)
        session->source = SOURCE_NONE;
    else if (is_dead && fed == 0 && console_has_byte(console))
        session->source = SOURCE_NONE; /* a guest that takes nothing any more */
    else if (is_dead && fed == 0)
        console_wait(console, session->deadline - host_seconds());
}

static void diverged(struct session *session, const char *what)
{
    emu_error_set(&session_end(session, ENDING_DIVERGED, 0)->error, "the replay of %s diverged from its record: %s",
                  session->replay->file, what);
}

bool session_replay_is_due(const struct session *session)
{
    const struct replay *replay = session->replay;
    if (replay->next == replay->count)
        return false;
    struct emu_position now = emu_position(session->machine), target = replay->inputs[replay->next].position;
    return now.events >= target.events && now.steps >= target.steps;
}

void session_check_replay(struct session *session)
{
    const struct replay *replay = session->replay;
    struct emu_position now = emu_position(session->machine);
    if (now.events != replay->end_position.events || now.steps != replay->end_position.steps)
        diverged(session, "it ended at another place");
    else if (emu_state_hash(session->machine) != replay->end_hash)
        diverged(session, "the machine's state at the end is another");
}

static void replay_apply_due(struct session *session)
{
    struct replay *replay = session->replay;
    while (!session->ended && session_replay_is_due(session)) {
        const struct replay_input *due = &replay->inputs[replay->next];
        struct emu_error error;
        if (!session_apply(session, &due->input, due->cycle, &error))
            diverged(session, error.text);
        replay->next++;
    }
}

static void replay_plan(struct session *session, struct emu_until *until)
{
    const struct replay *replay = session->replay;
    replay_apply_due(session);
    if (replay->next < replay->count)
        until->position = replay->inputs[replay->next].position;
    if (until->cycle > replay->end_cycle)
        until->cycle = replay->end_cycle;
}

/* The slice's steps are not the reason for the stop. */
static void replay_react(struct session *session, const struct emu_stop *stop)
{
    const struct replay *replay = session->replay;
    if (replay->next < replay->count) {
        if (stop->kind == EMU_STOP_DEAD && !session_replay_is_due(session))
            diverged(session, "the machine came to rest before the next input");
        else if (stop->kind == EMU_STOP_LIMIT && !session_replay_is_due(session)) /* the recorded end */
            diverged(session, "the place of the next input was never reached");
    } else if (replay->end_kind == ENDING_FINISHED) {
        diverged(session, "the guest did not end where it should");
    } else {
        session_end(session, ENDING_RECORD_END, 0);
        session_check_replay(session);
    }
}

static void none_react(struct session *session, const struct emu_stop *stop)
{
    if (stop->kind == EMU_STOP_DEAD)
        emu_error_set(&session_end(session, ENDING_DEAD, 0)->error,
                      "every hart waits and nothing is left that could wake one, at cycle %" PRIu64, emu_now(session->machine));
}

/* A script, a person or a record decide how far to run; with none of them nobody does. */
static void none_plan(struct session *session, struct emu_until *until) {}

static const struct {
    void (*plan)(struct session *, struct emu_until *);
    void (*react)(struct session *, const struct emu_stop *);
} sources[] = {[SOURCE_NONE] = {none_plan, none_react},
               [SOURCE_TERMINAL] = {terminal_plan, terminal_react},
               [SOURCE_SCRIPT] = {script_plan, script_react},
               [SOURCE_REPLAY] = {replay_plan, replay_react}};

void session_plan_source(struct session *session, struct emu_until *until)
{
    sources[session->source].plan(session, until);
}

void session_react_source(struct session *session, const struct emu_stop *stop)
{
    sources[session->source].react(session, stop);
}

/* ---- switches of fidelity: at the first place where nothing comes before their cycle any more, whatever the source ---- */

const struct fidelity_switch *session_next_switch(const struct session *session)
{
    const struct options *options = session->options;
    return session->switched < options->switch_count ? &options->switches[session->switched] : NULL;
}

void session_plan_switch(struct session *session, struct emu_until *until)
{
    const struct fidelity_switch *next = session_next_switch(session);
    if (next && until->cycle > next->cycle)
        until->cycle = next->cycle;
}

void session_switch(struct session *session)
{
    const struct fidelity_switch *next = session_next_switch(session);
    bool moving = session_is_moving(session->machine);
    if (session->source == SOURCE_TERMINAL && !moving && pace_cycle(&session->pace) < next->cycle) {
        session->idle = true; /* idle time passes at the wall clock's pace up to a switch, too */
        session->idle_next = next->cycle;
        console_wait(&session->console, fmin(pace_seconds_until(&session->pace, next->cycle), session->deadline - host_seconds()));
        return;
    }
    emu_cycle now = emu_now(session->machine);
    struct emu_input input = {.kind = EMU_INPUT_FIDELITY, .a = next->fidelity};
    struct emu_error error;
    if (!session_apply(session, &input, moving ? 0 : now > next->cycle ? now : next->cycle, &error))
        session_end(session, ENDING_ERROR, 0)->error = error;
    session->switched++;
}
