/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the session's files share: its state, and the steps of its loop (session.c) that are done elsewhere: where inputs come from
 * (session_source.c), and the person, or the script, that is asked how to go on (session_monitor.c).
 */
#ifndef UI_SESSION_PRIVATE_H
#define UI_SESSION_PRIVATE_H

#include "console.h"
#include "monitor.h"
#include "pace.h"
#include "progress.h"
#include "session.h"

#define HALT_REASON_BYTES 600

/* When a script is fed; docs/reference/options.md tells. It waits until the guest has been quiet and looks for input, because
 * guests empty the receiver while they start: what comes too early is lost to them, as on a real machine. */
#define FEED_CYCLES 10000

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
    bool reset_due;           /* a reset, which ends the run, has been stopped at */

    bool disk_failed; /* the machine stands in the middle of an event, for good */
    bool ended;
    struct ending ending;
};

/* ---- session.c ---- */

/* The run is over, for this reason, which can be said more about. */
struct ending *session_end(struct session *session, enum ending_kind kind, int code);
/* An input, with its record. */
bool session_apply(struct session *session, const struct emu_input *input, emu_cycle cycle, struct emu_error *error);
/* emu_run, with what disks need meanwhile. What their files do not give ends the session. */
struct emu_stop session_emu_run(struct session *session, const struct emu_until *until);
/* Does a hart run, or wait for a device only? With none, nothing happens before the next event. */
bool session_is_moving(const struct emu_machine *machine);
/* What is said besides the guest's output cannot be written. */
void session_output_is_gone(struct session *session, int number);
/* Signals, the clock, keys. */
void session_look_at_host(struct session *session);

/* ---- session_source.c ---- */

/* How far to run before the source is asked again. */
void session_plan_source(struct session *session, struct emu_until *until);
/* emu_run has come back with nothing to say. */
void session_react_source(struct session *session, const struct emu_stop *stop);
/* The switch of fidelity to come next; NULL: there is none. */
const struct fidelity_switch *session_next_switch(const struct session *session);
void session_plan_switch(struct session *session, struct emu_until *until);
/* Its cycle is reached. */
void session_switch(struct session *session);
/* Is the position of the replay's next input reached? */
bool session_replay_is_due(const struct session *session);
/* The guest has ended the run; so it should have in the record. */
void session_check_replay(struct session *session);

/* ---- session_monitor.c ---- */

/* Makes the monitor if it is not there. */
bool session_has_monitor(struct session *session);
/* The machine stands still from here on. False: there is nobody who could say how to go on. */
bool session_halt(struct session *session, const char *reason);
void session_halt_at_hint(struct session *session, const struct emu_stop *stop);
/* Is there somebody who may want to look when a guest's hint says so? */
bool session_is_hint_wanted(const struct session *session);
/* Why nothing goes on. */
const char *session_dead_reason(const struct emu_machine *machine);
void session_select_events(struct session *session);
void session_keep_logs(struct session *session);
/* Asks how to go on. */
void session_talk(struct session *session);
void session_plan_goal(const struct session *session, struct emu_until *until);
bool session_goal_is_reached(const struct session *session);
/* emu_run; where a hart's steps are counted, step by step. */
struct emu_stop session_run_to_goal(struct session *session, struct emu_until *until);

#endif
