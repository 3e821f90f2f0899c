/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The last transactions of the bus, for whoever looks. Not state.
 */
#ifndef EMU_BUS_LOG_H
#define EMU_BUS_LOG_H

#include <emu/emu.h>

struct bus_log {
    struct emu_bus_record *records; /* EMU_BUS_LOG_RECORDS; NULL: off */
    uint64_t count;                 /* that there have been */
};

static inline const struct emu_bus_record *bus_log_back(const struct bus_log *log, uint64_t back)
{
    if (!log->records || back >= log->count || back >= EMU_BUS_LOG_RECORDS)
        return NULL;
    return &log->records[(log->count - 1 - back) % EMU_BUS_LOG_RECORDS];
}

#endif
