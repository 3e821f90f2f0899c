/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session's dealings with the monitor: when the machine stands still, what is asked then, and how far it goes on.
 */
#include "session_private.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLICE_GOAL_STEPS 4096 /* single steps at most, where a hart's instructions are counted */

/* ---- the monitor ---- */

static bool apply_for_monitor(void *context, const struct emu_input *input, struct emu_error *error)
{
    return session_apply(context, input, 0, error);
}

bool session_has_monitor(struct session *session)
{
    const struct options *options = session->options;
    const struct monitor_host host = {.machine = session->machine,
                                      .context = session,
                                      .symbols = session->symbols,
                                      .apply = apply_for_monitor,
                                      .is_replay = session->replay,
                                      .is_terminal = isatty(STDIN_FILENO) && !options->headless};
    struct emu_error error;
    session->goal = MONITOR_NO_GOAL;
    if (!session->monitor && !(session->monitor = monitor_create(options, &host, &error)))
        session_end(session, ENDING_ERROR, 0)->error = error;
    return session->monitor;
}

bool session_halt(struct session *session, const char *reason)
{
    if (!session->monitor || (monitor_is_over(session->monitor) && !monitor_is_due(session->monitor)))
        return false;
    snprintf(session->halt_reason, sizeof session->halt_reason, "%s", reason);
    session->halted = true;
    return true;
}

bool session_is_hint_wanted(const struct session *session)
{
    return session->keys || (session->monitor && !monitor_is_over(session->monitor));
}

void session_select_events(struct session *session)
{
    uint64_t records = EMU_EVENT_BIT(EMU_EVENT_CONSOLE_OUT);
    uint64_t stops = session->options->no_reboot ? EMU_EVENT_BIT(EMU_EVENT_MACHINE_RESET) : 0;
    if (session_is_hint_wanted(session))
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
void session_keep_logs(struct session *session)
{
    if (session->keys || session->halted)
        emu_bus_log(session->machine, true);
    if (session->keys || session->halted)
        emu_sc_log(session->machine, true);
}

void session_talk(struct session *session)
{
    terminal_line_erase();
    if (session->keys)
        terminal_restore();
    console_end_line(&session->console);
    enum monitor_wish wish = monitor_talk(session->monitor, session->halt_reason, &session->goal);
    int number = errno;
    session->halted = false;
    signals_forget_interrupt(); /* at the prompt Ctrl-C only ends a line */
    session_look_at_host(session);
    if (session->ended)
        return;
    if (wish == MONITOR_NO_OUTPUT) {
        session_output_is_gone(session, number);
        return;
    }
    if (wish == MONITOR_RUN && session->reset_due) {
        session_end(session, ENDING_RESET, 0);
        return;
    }
    if (wish == MONITOR_QUIT) {
        session_end(session, session->finish_said ? ENDING_FINISHED : ENDING_QUIT, session->ending.code);
        return;
    }
    session_select_events(session);
    if (session->keys)
        session->keys = terminal_raw();
    pace_set(&session->pace, emu_now(session->machine));
}

bool session_goal_is_reached(const struct session *session)
{
    const struct monitor_goal *goal = &session->goal;
    return emu_position(session->machine).steps >= goal->steps ||
           (goal->hart >= 0 && monitor_done_by(session->machine, (unsigned)goal->hart) >= goal->done);
}

void session_plan_goal(const struct session *session, struct emu_until *until)
{
    if (until->steps > session->goal.steps)
        until->steps = session->goal.steps;
    if (until->cycle > session->goal.cycle)
        until->cycle = session->goal.cycle;
}

struct emu_stop session_run_to_goal(struct session *session, struct emu_until *until)
{
    struct emu_stop stop;
    if (session->goal.hart < 0)
        return session_emu_run(session, until);
    if (session_goal_is_reached(session)) /* by the step that a stop has interrupted */
        return (struct emu_stop){.kind = EMU_STOP_LIMIT};
    for (unsigned i = 0; i < SLICE_GOAL_STEPS; i++) {
        struct emu_position before = emu_position(session->machine), after;
        until->steps = before.steps + 1;
        until->events = before.events + 1; /* an instruction may retire in one */
        stop = session_emu_run(session, until);
        after = emu_position(session->machine);
        bool has_moved = after.steps > before.steps || after.events > before.events;
        if (stop.kind != EMU_STOP_LIMIT || !has_moved || session_goal_is_reached(session))
            break;
    }
    return stop;
}

const char *session_dead_reason(const struct emu_machine *machine)
{
    struct emu_hart_view view = {.state = EMU_HART_WAITING};
    for (unsigned hart = 0; hart < emu_harts(machine) && view.state != EMU_HART_FROZEN; hart++)
        emu_hart_view(machine, hart, &view);
    return view.state == EMU_HART_FROZEN ? "every hart waits or is frozen, and nothing is left that could wake one"
                                         : "every hart waits, and nothing is left that could wake one";
}

void session_halt_at_hint(struct session *session, const struct emu_stop *stop)
{
    char reason[80];
    snprintf(reason, sizeof reason, "hart %u asks for a look, with a0 0x%" PRIx64, stop->hart, stop->b);
    monitor_choose(session->monitor, stop->hart);
    session_halt(session, reason);
}
