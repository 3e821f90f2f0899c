/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop: decide how far to run, run, write what the guest said, look at the host, feed inputs. How long a slice is follows the
 * host's clock, but never influences the machine; what does is only emu_input, and each use of it is recorded.
 *
 * Inputs come from one source: a terminal (applied when keys come; idle time passes at the wall clock's pace), a script (standard
 * input that is no terminal; bytes are applied at cycles that depend on the machine only), a replay, or nowhere.
 */
#define _GNU_SOURCE
#include "session.h"
#include "console.h"
#include "pace.h"
#include "terminal.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLICE_CYCLES_FIRST 20000
#define SLICE_CYCLES_LEAST 1000
#define SLICE_CYCLES_MOST (UINT64_C(1) << 32)
#define SLICE_SECONDS_SHORT 0.004
#define SLICE_SECONDS_LONG 0.010
#define FEED_CYCLES 10000             /* a script is fed at the multiples of this; docs/reference/options.md tells */
#define REPLAY_OVERRUN (UINT64_C(1) << 20) /* instructions after which a replay has missed the guest's end */

enum source { SOURCE_NONE, SOURCE_TERMINAL, SOURCE_SCRIPT, SOURCE_REPLAY };

struct session {
    struct emu_machine *machine;
    const struct options *options;
    struct record *record; /* NULL: none */
    struct replay *replay; /* SOURCE_REPLAY */
    enum source source;
    bool keys; /* standard input is a terminal and raw */
    struct console console;
    struct pace pace;
    double started, deadline; /* host_seconds */
    uint64_t slice_cycles;
    emu_cycle feed_cycle; /* SCRIPT: when bytes are fed next */

    bool idle;             /* TERMINAL: no hart runs */
    emu_cycle idle_next;   /* the next event's cycle; UINT64_MAX: there is none */
    emu_cycle reached;     /* the cycle up to which time has passed */

    bool ended;
    struct ending ending;
};

bool session_has_input(const struct options *options)
{
    return options->serial == SERIAL_STDIO && !(options->headless && isatty(STDIN_FILENO));
}

static struct ending *end(struct session *session, enum ending_kind kind, int code)
{
    session->ended = true;
    session->ending = ending_make(kind, code);
    return &session->ending;
}

/* The cycle up to which time has passed: while no hart runs emu_now is that of the next event, which has not come yet. */
static emu_cycle cycle_reached(const struct emu_machine *machine)
{
    emu_cycle latest = 0;
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_view view;
        emu_hart_view(machine, hart, &view);
        if (view.state == EMU_HART_RUNNING || view.state == EMU_HART_ACCESSING)
            return emu_now(machine);
        latest = view.cycle > latest ? view.cycle : latest;
    }
    return latest;
}

/* ---- inputs ---- */

static bool apply(struct session *session, const struct emu_input *input, emu_cycle cycle, struct emu_error *error)
{
    struct emu_position position = emu_position(session->machine);
    emu_cycle applied;
    if (!emu_input(session->machine, input, cycle, &applied, error))
        return false;
    if (session->record)
        record_input(session->record, position, applied, input);
    return true;
}

/* Gives the guest as many bytes as its FIFO takes. `cycle`: see emu_input. Returns how many. */
static unsigned feed(struct session *session, emu_cycle cycle)
{
    unsigned fed = 0;
    bool script = session->source == SOURCE_SCRIPT;
    while (emu_console_room(session->machine) > 0 &&
           (script ? console_fill(&session->console) : console_has_byte(&session->console))) {
        struct emu_input input = {.kind = EMU_INPUT_CONSOLE_BYTE, .a = console_take(&session->console)};
        struct emu_error error;
        if (!apply(session, &input, fed ? 0 : cycle, &error)) {
            end(session, ENDING_ERROR, 0)->error = error;
            break;
        }
        fed++;
    }
    return fed;
}

/* ---- the terminal's keys ---- */

static void keys_help(const struct session *session)
{
    unsigned running = 0, harts = emu_harts(session->machine);
    for (unsigned hart = 0; hart < harts; hart++) {
        struct emu_hart_view view;
        emu_hart_view(session->machine, hart, &view);
        running += view.state == EMU_HART_RUNNING || view.state == EMU_HART_ACCESSING;
    }
    int key = session->options->escape + '@';
    fprintf(stderr,
            "\r\nCtrl-%c x quits; Ctrl-%c h helps; Ctrl-%c c: monitor (not yet); Ctrl-%c Ctrl-%c sends Ctrl-%c to the guest.\r\n"
            "Cycle %" PRIu64 ", %" PRIu64 " instructions, %u of %u harts running.\r\n",
            key, key, key, key, key, key, emu_now(session->machine), emu_position(session->machine).instructions, running, harts);
}

static void keys_read(struct session *session)
{
    switch (console_read_keys(&session->console, session->source != SOURCE_TERMINAL)) {
    case COMMAND_QUIT:
        end(session, ENDING_QUIT, 0);
        break;
    case COMMAND_HELP:
        keys_help(session);
        break;
    case COMMAND_MONITOR:
        fputs("\r\nThere is no monitor yet.\r\n", stderr);
        break;
    case COMMAND_NONE:
        break;
    }
    if (session->console.ended && !session->ended)
        end(session, ENDING_SIGNAL, 128 + SIGHUP); /* the terminal is gone */
}

/* ---- the four sources: how far to run, and what to do when emu_run has come back with nothing to say ---- */

static void terminal_plan(struct session *session, struct emu_until *until)
{
    if (console_has_byte(&session->console)) {
        emu_cycle cycle = 0;
        if (session->idle) {
            cycle = pace_cycle(&session->pace);
            cycle = cycle > session->idle_next ? session->idle_next : cycle;
            cycle = cycle < session->reached ? session->reached : cycle;
        }
        feed(session, cycle);
    }
    until->idle_cycle = pace_cycle(&session->pace);
}

static void terminal_react(struct session *session, const struct emu_stop *stop, const struct emu_until *until)
{
    emu_cycle reached = cycle_reached(session->machine);
    if (reached != session->reached)
        pace_adjust(&session->pace, reached);
    session->reached = reached;
    session->idle = stop->kind == EMU_STOP_IDLE || stop->kind == EMU_STOP_DEAD;
    session->idle_next = stop->kind == EMU_STOP_IDLE ? stop->next : UINT64_MAX;
    if (!session->idle)
        return;
    emu_cycle due = session->idle_next;
    if (due >= session->options->max_cycles) {
        due = session->options->max_cycles;
        if (pace_cycle(&session->pace) >= due) {
            end(session, ENDING_MAX_CYCLES, 0);
            return;
        }
    }
    double seconds = fmin(pace_seconds_until(&session->pace, due), session->deadline - host_seconds());
    console_wait(&session->console, seconds);
}

static void script_plan(struct session *session, struct emu_until *until)
{
    if (until->cycle > session->feed_cycle)
        until->cycle = session->feed_cycle;
    until->idle_cycle = until->cycle;
}

static void script_react(struct session *session, const struct emu_stop *stop, const struct emu_until *until)
{
    struct console *console = &session->console;
    emu_cycle now = emu_now(session->machine);
    bool waiting = stop->kind == EMU_STOP_IDLE || stop->kind == EMU_STOP_DEAD;
    if (until->cycle != session->feed_cycle && stop->kind != EMU_STOP_DEAD)
        return;
    unsigned fed = feed(session, waiting ? session->feed_cycle : 0);
    if (!console_has_byte(console) && console->ended) {
        session->source = SOURCE_NONE;
    } else if (stop->kind == EMU_STOP_DEAD && fed == 0) {
        if (console_has_byte(console) && !session->ended)
            end(session, ENDING_DEAD, 0);
        else
            console_wait(console, session->deadline - host_seconds());
        return;
    }
    emu_cycle from = waiting || now < session->feed_cycle ? session->feed_cycle : now;
    session->feed_cycle = (from / FEED_CYCLES + 1) * FEED_CYCLES;
}

static void diverged(struct session *session, const char *what)
{
    emu_error_set(&end(session, ENDING_DIVERGED, 0)->error, "the replay of %s diverged from its record: %s", session->replay->file,
                  what);
}

static struct emu_position replay_target(const struct replay *replay)
{
    return replay->next < replay->count ? replay->inputs[replay->next].position : replay->end_position;
}

static bool replay_reached(const struct session *session)
{
    struct emu_position now = emu_position(session->machine), target = replay_target(session->replay);
    return now.events >= target.events && now.instructions >= target.instructions;
}

/* The guest's own end comes by itself; any other is a place. */
static bool replay_ends_itself(const struct replay *replay)
{
    return replay->next == replay->count && replay->end_kind == ENDING_FINISHED;
}

static void replay_check_end(struct session *session)
{
    const struct replay *replay = session->replay;
    struct emu_position now = emu_position(session->machine);
    if (now.events != replay->end_position.events || now.instructions != replay->end_position.instructions)
        diverged(session, "it ended at another place");
    else if (emu_state_hash(session->machine) != replay->end_hash)
        diverged(session, "the machine's state at the end is another");
}

static void replay_apply_due(struct session *session)
{
    struct replay *replay = session->replay;
    while (!session->ended && replay->next < replay->count && replay_reached(session)) {
        const struct replay_input *due = &replay->inputs[replay->next];
        struct emu_error error;
        if (!apply(session, &due->input, due->cycle, &error))
            diverged(session, error.text);
        replay->next++;
    }
}

static void replay_plan(struct session *session, struct emu_until *until)
{
    const struct replay *replay = session->replay;
    replay_apply_due(session);
    if (replay_ends_itself(replay))
        until->instructions = replay->end_position.instructions + REPLAY_OVERRUN;
    else
        until->position = replay_target(replay);
}

static void replay_react(struct session *session, const struct emu_stop *stop, const struct emu_until *until)
{
    const struct replay *replay = session->replay;
    if (replay_ends_itself(replay)) {
        if (stop->kind == EMU_STOP_DEAD || emu_position(session->machine).instructions >= until->instructions)
            diverged(session, "the guest did not end where it should");
    } else if (replay->next == replay->count && replay_reached(session)) {
        end(session, ENDING_RECORD_END, 0);
        replay_check_end(session);
    } else if (stop->kind == EMU_STOP_DEAD && !replay_reached(session)) {
        diverged(session, "the machine came to rest before the recorded end");
    }
}

static void none_react(struct session *session, const struct emu_stop *stop, const struct emu_until *until)
{
    if (stop->kind == EMU_STOP_DEAD)
        emu_error_set(&end(session, ENDING_DEAD, 0)->error,
                      "every hart waits and nothing is left that could wake one, at cycle %" PRIu64, emu_now(session->machine));
}

/* ---- the loop ---- */

static void look_at_host(struct session *session)
{
    signals_clear();
    signals_suspend(); /* the time that has passed meanwhile counts as lag: see pace_adjust */
    int number = signals_pending();
    if (number)
        emu_error_set(&end(session, ENDING_SIGNAL, 128 + number)->error, "ended by signal %d (%s)", number, strsignal(number));
    else if (host_seconds() >= session->deadline)
        emu_error_set(&end(session, ENDING_TIMEOUT, 0)->error, "stopped after %g seconds (--timeout), at cycle %" PRIu64,
                      session->options->timeout_seconds, emu_now(session->machine));
    else if (session->keys)
        keys_read(session);
}

static void write_output(struct session *session)
{
    struct emu_event events[128];
    size_t count;
    while ((count = emu_events_read(session->machine, events, sizeof events / sizeof events[0])))
        for (size_t i = 0; i < count; i++)
            if (events[i].kind == EMU_EVENT_CONSOLE_OUT)
                console_put(&session->console, (char)events[i].a);
    console_flush(&session->console);
    if (session->ended || session->console.out_state == CONSOLE_OPEN)
        return;
    if (session->console.out_state == CONSOLE_CLOSED)
        end(session, ENDING_CLOSED, 0);
    else
        end(session, ENDING_ERROR, 0)->error = session->console.out_error;
}

/* Slices that take some milliseconds: short enough for keys, long enough to be cheap. */
static void adapt_slice(struct session *session, double seconds)
{
    if (seconds < SLICE_SECONDS_SHORT && session->slice_cycles < SLICE_CYCLES_MOST)
        session->slice_cycles *= 2;
    else if (seconds > SLICE_SECONDS_LONG && session->slice_cycles > SLICE_CYCLES_LEAST)
        session->slice_cycles /= 2;
}

static void plan(struct session *session, struct emu_until *until)
{
    emu_until_init(until);
    emu_cycle now = emu_now(session->machine);
    bool far = __builtin_add_overflow(now, session->slice_cycles, &until->cycle);
    if (far || until->cycle > session->options->max_cycles)
        until->cycle = session->options->max_cycles;
    if (session->source == SOURCE_TERMINAL)
        terminal_plan(session, until);
    else if (session->source == SOURCE_SCRIPT)
        script_plan(session, until);
    else if (session->source == SOURCE_REPLAY)
        replay_plan(session, until);
}

static void react(struct session *session, const struct emu_stop *stop, const struct emu_until *until)
{
    typedef void reaction(struct session *, const struct emu_stop *, const struct emu_until *);
    static reaction *const reactions[] = {
        [SOURCE_NONE] = none_react,
        [SOURCE_TERMINAL] = terminal_react,
        [SOURCE_SCRIPT] = script_react,
        [SOURCE_REPLAY] = replay_react,
    };
    bool limit = stop->kind == EMU_STOP_LIMIT || (stop->kind == EMU_STOP_IDLE && session->source == SOURCE_SCRIPT);
    bool at_max = until->cycle == session->options->max_cycles && emu_now(session->machine) >= until->cycle;
    if (stop->kind == EMU_STOP_FINISHED) {
        end(session, ENDING_FINISHED, stop->code);
        if (session->source == SOURCE_REPLAY)
            replay_check_end(session);
    } else if (stop->kind == EMU_STOP_MACHINE_EVENT) {
        end(session, ENDING_RESET, 0);
    } else if (limit && at_max && !(session->source == SOURCE_REPLAY && replay_reached(session))) {
        end(session, ENDING_MAX_CYCLES, 0);
    } else if (stop->kind != EMU_STOP_EVENTS_FULL) {
        reactions[session->source](session, stop, until);
    }
    if (session->ended && session->ending.kind == ENDING_MAX_CYCLES)
        emu_error_set(&session->ending.error, "stopped before cycle %" PRIu64 " (--max-cycles)", session->options->max_cycles);
}

static void step(struct session *session)
{
    struct emu_until until;
    plan(session, &until);
    if (session->ended)
        return;
    double before = host_seconds();
    struct emu_stop stop = emu_run(session->machine, &until);
    if (stop.kind == EMU_STOP_LIMIT)
        adapt_slice(session, host_seconds() - before);
    write_output(session);
    if (!session->ended)
        react(session, &stop, &until);
    if (!session->ended)
        look_at_host(session);
}

static void welcome(const struct session *session)
{
    int key = session->options->escape + '@';
    if (session->source == SOURCE_REPLAY)
        fprintf(stderr, "Replaying %s.\r\n", session->replay->file);
    if (session->options->escape >= 0)
        fprintf(stderr, "Ctrl-%c x quits, Ctrl-%c h helps; all other keys are the guest's.\r\n", key, key);
}

static void open_source(struct session *session)
{
    bool terminal = session->options->serial == SERIAL_STDIO && !session->options->headless && isatty(STDIN_FILENO);
    session->source = session->replay                         ? SOURCE_REPLAY
                      : terminal                              ? SOURCE_TERMINAL
                      : session_has_input(session->options) ? SOURCE_SCRIPT
                                                              : SOURCE_NONE;
    session->keys = terminal && terminal_raw();
    if (session->keys)
        welcome(session);
}

struct ending session_run(struct emu_machine *machine, const struct options *options, int console_fd, struct record *record,
                          struct replay *replay)
{
    double now = host_seconds();
    struct session session = {
        .machine = machine,
        .options = options,
        .record = record,
        .replay = replay,
        .started = now,
        .deadline = options->timeout_seconds > 0 ? now + options->timeout_seconds : INFINITY,
        .slice_cycles = SLICE_CYCLES_FIRST,
        .feed_cycle = FEED_CYCLES,
        .console = {.out = console_fd, .escape = options->escape},
    };
    session.console.deadline = session.deadline;
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_CONSOLE_OUT));
    if (options->no_reboot)
        emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_MACHINE_RESET));
    pace_set(&session.pace, 0);
    open_source(&session);
    while (!session.ended)
        step(&session);
    terminal_restore();
    console_finish(&session.console);
    session.ending.host_seconds = host_seconds() - session.started;
    return session.ending;
}
