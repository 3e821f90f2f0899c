/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session: one run of a machine, from power-on until something ends it. The only place where host time, files, keys and
 * signals become inputs and slices of emu_run.
 */
#ifndef UI_SESSION_H
#define UI_SESSION_H

#include "disk.h"
#include "ending.h"
#include "option.h"
#include "record.h"
#include "replay.h"
#include "symbols.h"

/* Whether standard input is read, and so whether there is anything to record. */
bool session_has_input(const struct options *options);
/* Runs the machine to its end, with what its disks need. `record` and `replay` may be NULL. `symbols` are for the monitor.
 * `console_fd` takes the console's output, -1: nobody does. */
struct ending session_run(struct emu_machine *machine, const struct options *options, int console_fd, struct disks *disks,
                          struct record *record, struct replay *replay, struct symbols *symbols);

#endif
