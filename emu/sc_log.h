/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The last store-conditionals that failed, each with what had become of its reservation, for whoever looks. Not state.
 */
#ifndef EMU_SC_LOG_H
#define EMU_SC_LOG_H

#include <emu/emu.h>

struct sc_log {
    struct emu_sc_failure *records; /* EMU_SC_LOG_RECORDS; NULL: off */
    struct emu_event *lost;         /* of each hart: the event of its last lost reservation; kind CONSOLE_OUT: none */
    uint64_t count;                 /* of failures that there have been */
};

/* While the log is on: an event of a kind in sc_log_wants(). */
void sc_log_hear(struct sc_log *log, const struct emu_event *event);
uint64_t sc_log_wants(const struct sc_log *log);

#endif
