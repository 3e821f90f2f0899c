/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop: decide how far to run, run, write what the guest said, look at the host, feed inputs. How long a slice is follows the
 * host's clock, but never influences the machine; what does is only emu_input, and each use of it is recorded.
 *
 * Inputs come from one source: a terminal (applied when keys come; idle time passes at the wall clock's pace), a script (standard
 * input that is no terminal; bytes are applied at cycles that depend on the machine only), a replay, or nowhere.
 */
#define _GNU_SOURCE
#include "session_private.h"
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

bool session_has_input(const struct options *options)
{
    bool is_terminal = isatty(STDIN_FILENO);
    return options->serial == SERIAL_STDIO && !(options->headless && is_terminal) && !(options->monitor && !is_terminal);
}

struct ending *session_end(struct session *session, enum ending_kind kind, int code)
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

bool session_is_moving(const struct emu_machine *machine)
{
    return moving_harts(machine) > 0;
}

/* ---- inputs ---- */

bool session_apply(struct session *session, const struct emu_input *input, emu_cycle cycle, struct emu_error *error)
{
    struct emu_position position = emu_position(session->machine);
    emu_cycle applied;
    if (!emu_input(session->machine, input, cycle, &applied, error))
        return false;
    if (session->record)
        record_input(session->record, position, applied, input);
    return true;
}

struct emu_stop session_emu_run(struct session *session, const struct emu_until *until)
{
    for (;;) {
        struct emu_stop stop = emu_run(session->machine, until);
        struct emu_error error;
        if (stop.kind != EMU_STOP_NEED_BLOCK && stop.kind != EMU_STOP_NEED_FLUSH)
            return stop;
        if (!disks_serve(session->disks, session->machine, &stop, &error)) {
            session_end(session, ENDING_ERROR, 0)->error = error;
            session->disk_failed = true;
            return stop;
        }
    }
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
        session_end(session, ENDING_QUIT, 0);
        break;
    case COMMAND_HELP:
        keys_help(session);
        break;
    case COMMAND_MONITOR:
        if (session_has_monitor(session) && !session_halt(session, "stopped"))
            fputs("\r\nThere are no more commands.\r\n", stderr);
        break;
    case COMMAND_NONE:
        break;
    }
    if (session->console.ended && !session->ended)
        session_end(session, ENDING_SIGNAL, 128 + SIGHUP); /* the terminal is gone */
}

/* ---- the loop ---- */

void session_output_is_gone(struct session *session, int number)
{
    if (number == EPIPE)
        session_end(session, ENDING_CLOSED, 0);
    else
        emu_error_set(&session_end(session, ENDING_ERROR, 0)->error, "cannot write the monitor's output: %s", strerror(number));
}

void session_look_at_host(struct session *session)
{
    signals_clear();
    signals_suspend(); /* the time that has passed meanwhile counts as lag: see pace_adjust */
    int number = signals_pending();
    if (number)
        emu_error_set(&session_end(session, ENDING_SIGNAL, 128 + number)->error, "ended by signal %d (%s)", number,
                      strsignal(number));
    else if (host_seconds() >= session->deadline)
        emu_error_set(&session_end(session, ENDING_TIMEOUT, 0)->error, "stopped after %g seconds (--timeout), at cycle %" PRIu64,
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
        if (session->console.is_json) {
            console_end_line(&session->console);
        } else if (session->console.last && session->console.last != '\n' && session->console.out >= 0) {
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
        session_output_is_gone(session, errno);
    console_flush(&session->console);
    if (session->ended || session->console.out_state == CONSOLE_OPEN)
        return;
    if (session->console.out_state == CONSOLE_CLOSED)
        session_end(session, ENDING_CLOSED, 0);
    else
        session_end(session, ENDING_ERROR, 0)->error = session->console.out_error;
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
    session_plan_source(session, until);
    session_plan_switch(session, until);
    if (session->monitor)
        session_plan_goal(session, until);
}

/* `slice_over`: the slice's steps or events are done, which means nothing to anybody. */
static void react(struct session *session, const struct emu_stop *stop, const struct emu_until *until, bool slice_over)
{
    char reason[HALT_REASON_BYTES];
    bool ends, at_max = until->cycle == session->options->max_cycles;
    if (session->source == SOURCE_REPLAY)
        at_max = at_max && !session_replay_is_due(session) && until->cycle != session->replay->end_cycle;
    switch (stop->kind) {
    case EMU_STOP_FINISHED:
        snprintf(reason, sizeof reason, "the guest has ended the run, with exit code %d", stop->code);
        if (session->options->monitor && !session->finish_said && session->source != SOURCE_REPLAY &&
            session_halt(session, reason)) {
            session->ending.code = stop->code;
            session->finish_said = true;
            break;
        }
        session_end(session, ENDING_FINISHED, stop->code);
        if (session->source == SOURCE_REPLAY)
            session_check_replay(session);
        break;
    case EMU_STOP_BREAKPOINT:
    case EMU_STOP_WATCHPOINT:
        if (session->monitor && monitor_stops(session->monitor, stop, reason, sizeof reason))
            session_halt(session, reason);
        break;
    case EMU_STOP_MACHINE_EVENT:
        ends = session->options->no_reboot && stop->event == EMU_EVENT_MACHINE_RESET;
        if (session->monitor && monitor_stops(session->monitor, stop, reason, sizeof reason) && session_halt(session, reason))
            session->reset_due = ends;
        else if (ends)
            session_end(session, ENDING_RESET, 0);
        else if (stop->event == EMU_EVENT_HINT_GIVEN && stop->a == EMU_HINT_STOP && session_is_hint_wanted(session) &&
                 session_has_monitor(session))
            session_halt_at_hint(session, stop);
        break;
    case EMU_STOP_LIMIT:
        if (slice_over)
            break;
        if (at_max)
            emu_error_set(&session_end(session, ENDING_MAX_CYCLES, 0)->error, "stopped before cycle %" PRIu64 " (--max-cycles)",
                          session->options->max_cycles);
        else if (session_next_switch(session) && until->cycle == session_next_switch(session)->cycle)
            session_switch(session);
        else
            session_react_source(session, stop);
        break;
    case EMU_STOP_DEAD:
        if (session->source == SOURCE_NONE && session_halt(session, session_dead_reason(session->machine)))
            break; /* fall through */
    case EMU_STOP_IDLE:
        session_react_source(session, stop);
        break;
    default: /* EVENTS_FULL: written meanwhile */
        break;
    }
}

static void step(struct session *session)
{
    struct emu_until until;
    if (session->halted)
        session_talk(session);
    if (session->ended)
        return;
    plan(session, &until);
    if (session->ended)
        return;
    double before = host_seconds();
    struct emu_stop stop = session_run_to_goal(session, &until);
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
    if (!session->ended && !session->halted && session->monitor && (at_goal || session_goal_is_reached(session))) {
        session_halt(session, "");
        session->goal = MONITOR_NO_GOAL;
    }
    if (!session->ended)
        session_look_at_host(session);
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
        stop = session_emu_run(session, &until);
        write_output(session);
    } while (stop.kind == EMU_STOP_EVENTS_FULL || stop.kind == EMU_STOP_MACHINE_EVENT);
    if (stop.kind == EMU_STOP_FINISHED && session->ending.kind != ENDING_DIVERGED)
        session_end(session, ENDING_FINISHED, stop.code);
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
        session_end(session, ENDING_ERROR, 0)->error = session->console.out_error;
    else if (session->console.out_state == CONSOLE_CLOSED && session->ending.kind != ENDING_SIGNAL)
        session_end(session, ENDING_CLOSED, 0);
}

/* At the end all that the guest has written goes to its disks, asked for or not. */
static void store_disks(struct session *session)
{
    struct emu_error error;
    if (!session->disk_failed && !disks_store(session->disks, session->machine, &error))
        session_end(session, ENDING_ERROR, 0)->error = error;
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
        .goal = MONITOR_NO_GOAL,
        .console = {.out = console_fd, .is_json = options->json && console_fd == STDOUT_FILENO, .escape = options->escape},
    };
    session.console.deadline = session.deadline;
    pace_set(&session.pace, 0);
    open_source(&session);
    session_select_events(&session);
    if (options->monitor || options->command_file_count > 0)
        session.halted = session_has_monitor(&session);
    progress_start(&session.progress, options, console_fd);
    session.console.beside_line = session.progress.is_shared;
    session_keep_logs(&session);
    while (!session.ended)
        step(&session);
    monitor_destroy(session.monitor);
    session.monitor = NULL;
    session_select_events(&session);
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
