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
#include "monitor.h"
#include "pace.h"
#include "progress.h"
#include "terminal.h"

#include <emu/hint.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLICE_STEPS_FIRST   20000
#define SLICE_STEPS_LEAST   1000
#define SLICE_STEPS_MOST    (UINT64_C(1) << 26)
#define SLICE_EVENTS        20000 /* at most: some microseconds each */
#define SLICE_SECONDS_SHORT 0.004
#define SLICE_SECONDS_LONG  0.010
#define SLICE_GOAL_STEPS    4096  /* single steps at most, where a hart's instructions are counted */
#define ACCESS_CYCLES       10000 /* unpaced time after a stop in the middle of a device access, which is no idleness */

/* When a script is fed; docs/reference/options.md tells. It waits until the guest has been quiet and looks for input, because
 * guests empty the receiver while they start: what comes too early is lost to them, as on a real machine. */
#define HALT_REASON_BYTES 600
#define FEED_CYCLES       10000
#define FEED_QUIET_CYCLES 10000000

enum source { SOURCE_NONE, SOURCE_TERMINAL, SOURCE_SCRIPT, SOURCE_REPLAY };

struct session {
    struct emu_machine *machine;
    const struct options *options;
    struct disks *disks;
    struct record *record; /* NULL: none */
    struct replay *replay; /* SOURCE_REPLAY */
    enum source source;
    bool keys; /* standard input is a terminal and raw */
    struct console console;
    struct progress progress;
    struct pace pace;
    double started, deadline; /* host_seconds */
    uint64_t slice_steps;

    emu_cycle feed_cycle;   /* SCRIPT: when bytes are fed next, a multiple of FEED_CYCLES */
    bool feeding;           /* the guest has once been quiet */
    unsigned switched;      /* how many of the options' switches are behind */
    emu_cycle output_cycle; /* when the guest wrote last */

    bool idle;           /* TERMINAL: every hart waits */
    bool accessing;      /* no hart runs, but one waits for a device only */
    emu_cycle idle_next; /* the next event's cycle; UINT64_MAX: there is none; 0: nobody has looked since the last run */
    emu_cycle reached;   /* emu_now after the last slice */

    struct symbols *symbols; /* for the monitor */
    struct monitor *monitor; /* NULL: there has been no use for it */
    bool halted;             /* it is to be asked how to go on */
    char halt_reason[HALT_REASON_BYTES];
    struct monitor_goal goal; /* how far it said */
    bool finish_said;         /* that the guest has ended the run */

    bool disk_failed; /* the machine stands in the middle of an event, for good */
    bool ended;
    struct ending ending;
};

bool session_has_input(const struct options *options)
{
    bool is_terminal = isatty(STDIN_FILENO);
    return options->serial == SERIAL_STDIO && !(options->headless && is_terminal) && !(options->monitor && !is_terminal);
}

static struct ending *end(struct session *session, enum ending_kind kind, int code)
{
    session->ended = true;
    session->ending = ending_make(kind, code);
    return &session->ending;
}

/* How many harts run or wait for a device only: with none, nothing happens before the next event. */
static unsigned moving_harts(const struct emu_machine *machine)
{
    unsigned moving = 0;
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_view view;
        emu_hart_view(machine, hart, &view);
        moving += view.state == EMU_HART_RUNNING || view.state == EMU_HART_ACCESSING;
    }
    return moving;
}

static bool is_moving(const struct emu_machine *machine)
{
    return moving_harts(machine) > 0;
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

/* emu_run, with what disks need meanwhile. What their files do not give ends the session. */
static struct emu_stop run(struct session *session, const struct emu_until *until)
{
    for (;;) {
        struct emu_stop stop = emu_run(session->machine, until);
        struct emu_error error;
        if (stop.kind != EMU_STOP_NEED_BLOCK && stop.kind != EMU_STOP_NEED_FLUSH)
            return stop;
        if (!disks_serve(session->disks, session->machine, &stop, &error)) {
            end(session, ENDING_ERROR, 0)->error = error;
            session->disk_failed = true;
            return stop;
        }
    }
}

/* ---- the monitor ---- */

static bool apply_for_monitor(void *context, const struct emu_input *input, struct emu_error *error)
{
    return apply(context, input, 0, error);
}

/* Makes it if it is not there. */
static bool has_monitor(struct session *session)
{
    const struct options *options = session->options;
    const struct monitor_host host = {.machine = session->machine,
                                      .context = session,
                                      .symbols = session->symbols,
                                      .apply = apply_for_monitor,
                                      .is_replay = session->replay,
                                      .is_terminal = isatty(STDIN_FILENO) && !options->headless};
    struct emu_error error;
    session->goal = (struct monitor_goal){.steps = UINT64_MAX, .cycle = UINT64_MAX, .hart = -1};
    if (!session->monitor && !(session->monitor = monitor_create(options, &host, &error)))
        end(session, ENDING_ERROR, 0)->error = error;
    return session->monitor;
}

/* The machine stands still from here on. False: there is nobody who could say how to go on. */
static bool halt(struct session *session, const char *reason)
{
    if (!session->monitor || (monitor_is_over(session->monitor) && !monitor_is_due(session->monitor)))
        return false;
    snprintf(session->halt_reason, sizeof session->halt_reason, "%s", reason);
    session->halted = true;
    return true;
}

/* A guest's hint stops the machine where there is somebody who may want to look. */
static bool is_hint_wanted(const struct session *session)
{
    return session->keys || (session->monitor && !monitor_is_over(session->monitor));
}

static void select_events(struct session *session)
{
    uint64_t records = EMU_EVENT_BIT(EMU_EVENT_CONSOLE_OUT);
    uint64_t stops = session->options->no_reboot ? EMU_EVENT_BIT(EMU_EVENT_MACHINE_RESET) : 0;
    if (is_hint_wanted(session))
        stops |= EMU_EVENT_BIT(EMU_EVENT_HINT_GIVEN);
    if (session->monitor) {
        monitor_select(session->monitor, stops, records);
        return;
    }
    emu_events_select(session->machine, records);
    emu_stop_on(session->machine, stops);
}

/* Those who may come to look find what happened before. They cost a few instructions a transaction; without memory they stay empty.
 */
static void keep_logs(struct session *session)
{
    if (session->keys || session->halted)
        emu_bus_log(session->machine, true);
    if (session->keys || session->halted)
        emu_sc_log(session->machine, true);
}

static void look_at_host(struct session *session);

/* What is said besides the guest's output cannot be written. */
static void output_is_gone(struct session *session, int number)
{
    if (number == EPIPE)
        end(session, ENDING_CLOSED, 0);
    else
        emu_error_set(&end(session, ENDING_ERROR, 0)->error, "cannot write the monitor's output: %s", strerror(number));
}

static void talk(struct session *session)
{
    terminal_line_erase();
    if (session->keys)
        terminal_restore();
    console_end_line(&session->console);
    enum monitor_wish wish = monitor_talk(session->monitor, session->halt_reason, &session->goal);
    int number = errno;
    session->halted = false;
    signals_forget_interrupt(); /* at the prompt Ctrl-C only ends a line */
    look_at_host(session);
    if (session->ended)
        return;
    if (wish == MONITOR_NO_OUTPUT) {
        output_is_gone(session, number);
        return;
    }
    if (wish == MONITOR_QUIT) {
        end(session, session->finish_said ? ENDING_FINISHED : ENDING_QUIT, session->ending.code);
        return;
    }
    select_events(session);
    if (session->keys)
        session->keys = terminal_raw();
    pace_set(&session->pace, emu_now(session->machine));
}

static uint64_t retired(const struct session *session, int hart)
{
    struct emu_hart_view view;
    emu_hart_view(session->machine, (unsigned)hart, &view);
    return view.instructions;
}

static bool goal_is_reached(const struct session *session)
{
    const struct monitor_goal *goal = &session->goal;
    return emu_position(session->machine).steps >= goal->steps ||
           (goal->hart >= 0 && retired(session, goal->hart) >= goal->retired);
}

static void goal_plan(const struct session *session, struct emu_until *until)
{
    if (until->steps > session->goal.steps)
        until->steps = session->goal.steps;
    if (until->cycle > session->goal.cycle)
        until->cycle = session->goal.cycle;
}

/* emu_run; where a hart's instructions are counted, step by step. */
static struct emu_stop run_to_goal(struct session *session, struct emu_until *until)
{
    struct emu_stop stop;
    if (session->goal.hart < 0)
        return run(session, until);
    for (unsigned i = 0; i < SLICE_GOAL_STEPS; i++) {
        struct emu_position before = emu_position(session->machine), after;
        until->steps = before.steps + 1;
        until->events = before.events + 1; /* an instruction may retire in one */
        stop = run(session, until);
        after = emu_position(session->machine);
        bool has_moved = after.steps > before.steps || after.events > before.events;
        if (stop.kind != EMU_STOP_LIMIT || !has_moved || goal_is_reached(session))
            break;
    }
    return stop;
}

/* ---- inputs from the console ---- */

/* Gives the guest as many bytes as its FIFO takes; `idle_cycle`: when, if no hart runs. Returns how many. */
static unsigned feed(struct session *session, emu_cycle idle_cycle)
{
    unsigned fed = 0;
    unsigned stream = session->options->stream;
    if (emu_stream_room(session->machine, stream) == 0)
        return 0;
    emu_cycle now = emu_now(session->machine);
    emu_cycle cycle = is_moving(session->machine) ? 0 : idle_cycle > now ? idle_cycle : now;
    bool script = session->source == SOURCE_SCRIPT;
    while (emu_stream_room(session->machine, stream) > 0 &&
           (script ? console_fill(&session->console) : console_has_byte(&session->console))) {
        struct emu_input input = {.kind = EMU_INPUT_CONSOLE_BYTE, .hart = stream, .a = console_take(&session->console)};
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
    int key = session->options->escape + '@';
    struct emu_stats stats;
    emu_stats(session->machine, &stats);
    fprintf(stderr,
            "\r\nCtrl-%c x quits; Ctrl-%c h helps; Ctrl-%c c stops for the monitor; Ctrl-%c Ctrl-%c sends Ctrl-%c to the guest.\r\n"
            "Cycle %" PRIu64 ", %" PRIu64 " instructions, %u of %u harts running.\r\n",
            key, key, key, key, key, key, stats.cycles, stats.instructions, moving_harts(session->machine),
            emu_harts(session->machine));
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
        if (has_monitor(session) && !halt(session, "stopped"))
            fputs("\r\nThere are no more commands.\r\n", stderr);
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
    session->accessing = none_runs && is_moving(session->machine);
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
    emu_error_set(&end(session, ENDING_DIVERGED, 0)->error, "the replay of %s diverged from its record: %s", session->replay->file,
                  what);
}

/* Whether the next input's position is reached. */
static bool replay_is_due(const struct session *session)
{
    const struct replay *replay = session->replay;
    if (replay->next == replay->count)
        return false;
    struct emu_position now = emu_position(session->machine), target = replay->inputs[replay->next].position;
    return now.events >= target.events && now.steps >= target.steps;
}

static void replay_check_end(struct session *session)
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
    while (!session->ended && replay_is_due(session)) {
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
        if (stop->kind == EMU_STOP_DEAD && !replay_is_due(session))
            diverged(session, "the machine came to rest before the next input");
        else if (stop->kind == EMU_STOP_LIMIT && !replay_is_due(session)) /* the recorded end */
            diverged(session, "the place of the next input was never reached");
    } else if (replay->end_kind == ENDING_FINISHED) {
        diverged(session, "the guest did not end where it should");
    } else {
        end(session, ENDING_RECORD_END, 0);
        replay_check_end(session);
    }
}

static void none_react(struct session *session, const struct emu_stop *stop)
{
    if (stop->kind == EMU_STOP_DEAD)
        emu_error_set(&end(session, ENDING_DEAD, 0)->error,
                      "every hart waits and nothing is left that could wake one, at cycle %" PRIu64, emu_now(session->machine));
}

/* ---- switches of fidelity: at the first place where nothing comes before their cycle any more, whatever the source ---- */

/* NULL: none is to come. */
static const struct fidelity_switch *switch_next(const struct session *session)
{
    const struct options *options = session->options;
    return session->switched < options->switch_count ? &options->switches[session->switched] : NULL;
}

static void switch_plan(struct session *session, struct emu_until *until)
{
    const struct fidelity_switch *next = switch_next(session);
    if (next && until->cycle > next->cycle)
        until->cycle = next->cycle;
}

static void switch_react(struct session *session)
{
    const struct fidelity_switch *next = switch_next(session);
    bool moving = is_moving(session->machine);
    if (session->source == SOURCE_TERMINAL && !moving && pace_cycle(&session->pace) < next->cycle) {
        session->idle = true; /* idle time passes at the wall clock's pace up to a switch, too */
        session->idle_next = next->cycle;
        console_wait(&session->console, fmin(pace_seconds_until(&session->pace, next->cycle), session->deadline - host_seconds()));
        return;
    }
    emu_cycle now = emu_now(session->machine);
    struct emu_input input = {.kind = EMU_INPUT_FIDELITY, .a = next->fidelity};
    struct emu_error error;
    if (!apply(session, &input, moving ? 0 : now > next->cycle ? now : next->cycle, &error))
        end(session, ENDING_ERROR, 0)->error = error;
    session->switched++;
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

/* Lines of traces come between what the guest had written before and what it writes after, and begin where a line begins. */
static void trace_event(struct session *session, const struct emu_event *event)
{
    if (monitor_hears(session->monitor, event)) {
        console_flush(&session->console);
        terminal_line_erase();
        if (session->console.last && session->console.last != '\n' && session->console.out >= 0) {
            fputc('\n', stdout);
            session->console.last = '\n';
        }
    }
    monitor_hear(session->monitor, event);
}

static void write_output(struct session *session)
{
    struct emu_event events[128];
    size_t count;
    while ((count = emu_events_read(session->machine, events, sizeof events / sizeof events[0])))
        for (size_t i = 0; i < count; i++) {
            if (session->monitor)
                trace_event(session, &events[i]);
            if (events[i].kind != EMU_EVENT_CONSOLE_OUT || events[i].b != session->options->stream)
                continue;
            console_put(&session->console, (char)events[i].a);
            progress_hear(&session->progress, (char)events[i].a);
            session->output_cycle = events[i].cycle;
        }
    if (session->monitor && (fflush(stdout) != 0 || ferror(stdout)) && !session->ended) /* traces */
        output_is_gone(session, errno);
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
    if (seconds < SLICE_SECONDS_SHORT && session->slice_steps < SLICE_STEPS_MOST)
        session->slice_steps *= 2;
    else if (seconds > SLICE_SECONDS_LONG && session->slice_steps > SLICE_STEPS_LEAST)
        session->slice_steps /= 2;
}

static void plan(struct session *session, struct emu_until *until)
{
    emu_until_init(until);
    until->cycle = session->options->max_cycles;
    until->steps = emu_position(session->machine).steps + session->slice_steps;
    until->events = emu_position(session->machine).events + SLICE_EVENTS;
    if (session->source == SOURCE_TERMINAL)
        terminal_plan(session, until);
    else if (session->source == SOURCE_SCRIPT)
        script_plan(session, until);
    else if (session->source == SOURCE_REPLAY)
        replay_plan(session, until);
    switch_plan(session, until);
    if (session->monitor)
        goal_plan(session, until);
}

static void react_by_source(struct session *session, const struct emu_stop *stop)
{
    switch (session->source) {
    case SOURCE_NONE:
        none_react(session, stop);
        break;
    case SOURCE_TERMINAL:
        terminal_react(session, stop);
        break;
    case SOURCE_SCRIPT:
        script_react(session, stop);
        break;
    case SOURCE_REPLAY:
        replay_react(session, stop);
        break;
    }
}

static void halt_at_hint(struct session *session, const struct emu_stop *stop)
{
    char reason[80];
    snprintf(reason, sizeof reason, "hart %u asks for a look, with a0 0x%" PRIx64, stop->hart, stop->b);
    monitor_choose(session->monitor, stop->hart);
    halt(session, reason);
}

/* `slice_over`: the slice's steps or events are done, which means nothing to anybody. */
static void react(struct session *session, const struct emu_stop *stop, const struct emu_until *until, bool slice_over)
{
    char reason[HALT_REASON_BYTES];
    bool at_max = until->cycle == session->options->max_cycles;
    if (session->source == SOURCE_REPLAY)
        at_max = at_max && !replay_is_due(session) && until->cycle != session->replay->end_cycle;
    switch (stop->kind) {
    case EMU_STOP_FINISHED:
        snprintf(reason, sizeof reason, "the guest has ended the run, with exit code %d", stop->code);
        if (session->options->monitor && !session->finish_said && session->source != SOURCE_REPLAY && halt(session, reason)) {
            session->ending.code = stop->code;
            session->finish_said = true;
            break;
        }
        end(session, ENDING_FINISHED, stop->code);
        if (session->source == SOURCE_REPLAY)
            replay_check_end(session);
        break;
    case EMU_STOP_BREAKPOINT:
    case EMU_STOP_WATCHPOINT:
        if (session->monitor && monitor_stops(session->monitor, stop, reason, sizeof reason))
            halt(session, reason);
        break;
    case EMU_STOP_MACHINE_EVENT:
        if (session->monitor && monitor_stops(session->monitor, stop, reason, sizeof reason))
            halt(session, reason);
        else if (session->options->no_reboot && stop->event == EMU_EVENT_MACHINE_RESET)
            end(session, ENDING_RESET, 0);
        else if (stop->event == EMU_EVENT_HINT_GIVEN && stop->a == EMU_HINT_STOP && is_hint_wanted(session) && has_monitor(session))
            halt_at_hint(session, stop);
        break;
    case EMU_STOP_LIMIT:
        if (slice_over)
            break;
        if (at_max)
            emu_error_set(&end(session, ENDING_MAX_CYCLES, 0)->error, "stopped before cycle %" PRIu64 " (--max-cycles)",
                          session->options->max_cycles);
        else if (switch_next(session) && until->cycle == switch_next(session)->cycle)
            switch_react(session);
        else
            react_by_source(session, stop);
        break;
    case EMU_STOP_DEAD:
        if (session->source == SOURCE_NONE && halt(session, "every hart waits, and nothing is left that could wake one"))
            break; /* fall through */
    case EMU_STOP_IDLE:
        react_by_source(session, stop);
        break;
    default: /* EVENTS_FULL: written meanwhile */
        break;
    }
}

static void step(struct session *session)
{
    struct emu_until until;
    if (session->halted)
        talk(session);
    if (session->ended)
        return;
    plan(session, &until);
    if (session->ended)
        return;
    double before = host_seconds();
    struct emu_stop stop = run_to_goal(session, &until);
    session->idle_next = 0;
    struct emu_position reached = emu_position(session->machine);
    bool slice_over = stop.kind == EMU_STOP_LIMIT && (reached.steps >= until.steps || reached.events >= until.events);
    bool at_goal = stop.kind == EMU_STOP_LIMIT && !slice_over && until.cycle == session->goal.cycle;
    slice_over |= at_goal; /* the limit was the monitor's */
    if (stop.kind == EMU_STOP_LIMIT && reached.steps >= until.steps && session->goal.hart < 0)
        adapt_slice(session, host_seconds() - before);
    write_output(session);
    if (!session->ended)
        react(session, &stop, &until, slice_over);
    if (!session->ended && !session->halted && session->monitor && (at_goal || goal_is_reached(session))) {
        halt(session, "");
        session->goal = (struct monitor_goal){.steps = UINT64_MAX, .cycle = UINT64_MAX, .hart = -1};
    }
    if (!session->ended)
        look_at_host(session);
    if (!session->ended)
        progress_look(&session->progress, session->machine);
}

/* Lets everything begin that comes before one cycle ahead of all that has happened, so that the end of the run is a place that
 * a replay can find: it is named by that cycle. */
static emu_cycle settle(struct session *session)
{
    struct emu_until until;
    emu_cycle latest = emu_now(session->machine);
    for (unsigned hart = 0; hart < emu_harts(session->machine); hart++) {
        struct emu_hart_view view;
        emu_hart_view(session->machine, hart, &view);
        latest = view.cycle > latest ? view.cycle : latest;
    }
    if (session->ending.kind == ENDING_MAX_CYCLES)
        return session->options->max_cycles;
    if (session->disk_failed)
        return latest;
    if (session->ending.kind == ENDING_RECORD_END)
        return session->replay->end_cycle;
    emu_until_init(&until);
    until.cycle = latest + 1;
    struct emu_stop stop;
    do {
        stop = run(session, &until);
        write_output(session);
    } while (stop.kind == EMU_STOP_EVENTS_FULL || stop.kind == EMU_STOP_MACHINE_EVENT);
    if (stop.kind == EMU_STOP_FINISHED && session->ending.kind != ENDING_DIVERGED)
        end(session, ENDING_FINISHED, stop.code);
    return until.cycle;
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
    session->source = session->replay                       ? SOURCE_REPLAY
                      : terminal                            ? SOURCE_TERMINAL
                      : session_has_input(session->options) ? SOURCE_SCRIPT
                                                            : SOURCE_NONE;
    session->keys = terminal && terminal_raw();
    if (session->keys)
        welcome(session);
}

/* What the last bytes met with has not been looked at yet. */
static void check_output(struct session *session)
{
    if (session->ending.kind == ENDING_ERROR)
        return;
    if (session->console.out_state == CONSOLE_FAILED)
        end(session, ENDING_ERROR, 0)->error = session->console.out_error;
    else if (session->console.out_state == CONSOLE_CLOSED && session->ending.kind != ENDING_SIGNAL)
        end(session, ENDING_CLOSED, 0);
}

/* At the end all that the guest has written goes to its disks, asked for or not. */
static void store_disks(struct session *session)
{
    struct emu_error error;
    if (!session->disk_failed && !disks_store(session->disks, session->machine, &error))
        end(session, ENDING_ERROR, 0)->error = error;
}

struct ending session_run(struct emu_machine *machine, const struct options *options, int console_fd, struct disks *disks,
                          struct record *record, struct replay *replay, struct symbols *symbols)
{
    double now = host_seconds();
    struct session session = {
        .machine = machine,
        .options = options,
        .disks = disks,
        .record = record,
        .replay = replay,
        .symbols = symbols,
        .started = now,
        .deadline = options->timeout_seconds > 0 ? now + options->timeout_seconds : INFINITY,
        .slice_steps = SLICE_STEPS_FIRST,
        .feed_cycle = FEED_CYCLES,
        .goal = {.steps = UINT64_MAX, .cycle = UINT64_MAX, .hart = -1},
        .console = {.out = console_fd, .escape = options->escape},
    };
    session.console.deadline = session.deadline;
    pace_set(&session.pace, 0);
    open_source(&session);
    select_events(&session);
    if (options->monitor || options->command_file_count > 0)
        session.halted = has_monitor(&session);
    progress_start(&session.progress, options, console_fd);
    session.console.beside_line = session.progress.is_shared;
    keep_logs(&session);
    while (!session.ended)
        step(&session);
    monitor_destroy(session.monitor);
    session.monitor = NULL;
    select_events(&session);
    emu_cycle cycle = settle(&session);
    check_output(&session);
    store_disks(&session);
    session.ending.cycle = cycle;
    progress_finish(&session.progress);
    terminal_restore();
    console_end_line(&session.console);
    console_finish(&session.console);
    session.ending.host_seconds = host_seconds() - session.started;
    return session.ending;
}
