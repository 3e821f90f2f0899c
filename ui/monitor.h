/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor: a person, or a script, looks at a machine that stands still, and says how it goes on. It reads commands and prints;
 * it moves no time itself: the session does, as far as the goal says.
 */
#ifndef UI_MONITOR_H
#define UI_MONITOR_H

#include "option.h"

#include <stdio.h>

struct monitor;
struct symbols;

/* How far the machine is to go before the monitor is asked again; a stop may come sooner. */
struct monitor_goal {
    uint64_t steps;   /* of the machine, since power-on; UINT64_MAX: any number */
    emu_cycle cycle;  /* to this cycle; UINT64_MAX: any */
    int hart;         /* until this hart, -1: none has to, */
    uint64_t done;    /* has retired as many instructions and taken as many traps, together, since power-on */
};

/* NO_OUTPUT: what it says cannot be written any more; errno says why. */
/* Nothing that is to be reached. */
#define MONITOR_NO_GOAL ((struct monitor_goal){.steps = UINT64_MAX, .cycle = UINT64_MAX, .hart = -1})
/* What counts towards a hart's goal. A trap ends a step as an instruction that retires does: else one at a vector that cannot be
 * fetched would never end. */
uint64_t monitor_done_by(const struct emu_machine *machine, unsigned hart);

enum monitor_wish { MONITOR_RUN, MONITOR_QUIT, MONITOR_NO_OUTPUT };

/* What the monitor may ask of the session. */
struct monitor_host {
    struct emu_machine *machine;
    void *context;
    /* Applies an input and records it. False with a sentence. */
    bool (*apply)(void *context, const struct emu_input *input, struct emu_error *error);
    struct symbols *symbols;
    bool is_replay;   /* inputs would make it another run */
    bool is_terminal; /* standard input is one, and may be read */
};

/* NULL with a sentence: a file of commands cannot be read, or there is no memory. */
struct monitor *monitor_create(const struct options *options, const struct monitor_host *host, struct emu_error *error);
void monitor_destroy(struct monitor *monitor); /* NULL is allowed */

/* The machine stands still, for this reason ("" for none that need be said): reads and does commands until one makes it go on. */
enum monitor_wish monitor_talk(struct monitor *monitor, const char *reason, struct monitor_goal *ret_goal);

/* emu_run has come back with BREAKPOINT, WATCHPOINT or MACHINE_EVENT. Is it a stop that was asked for? Then *ret_reason says which.
 */
bool monitor_stops(struct monitor *monitor, const struct emu_stop *stop, char *ret_reason, size_t bytes);
/* Are there no more commands, nor will there be but those that belong to stops? */
bool monitor_is_over(const struct monitor *monitor);
/* Are there commands of the stops just met? */
bool monitor_is_due(const struct monitor *monitor);
/* Tells the machine which kinds of events to stop at and which to record, for the monitor besides the session's own. */
void monitor_select(struct monitor *monitor, uint64_t own_stops, uint64_t own_records);
/* The hart that commands are about. */
void monitor_choose(struct monitor *monitor, unsigned hart);
/* An event has happened, and is written down if that was asked for; monitor_hears: on the screen. */
void monitor_hear(struct monitor *monitor, const struct emu_event *event);
bool monitor_hears(const struct monitor *monitor, const struct emu_event *event);

/* docs/reference/monitor.md. */
void monitor_reference(FILE *to);

#endif
