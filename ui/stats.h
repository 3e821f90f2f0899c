/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a run did, as JSON (docs/reference/stats.md).
 */
#ifndef UI_STATS_H
#define UI_STATS_H

#include "disk.h"
#include "ending.h"
#include "image.h"

#define STATS_FORMAT_VERSION 3

/* "-": standard output. */
bool stats_is_output(const char *file);

bool stats_write(const char *file, const struct emu_machine *machine, const struct emu_config *config, const struct images *images,
                 const struct disks *disks, const struct ending *ending, struct emu_error *error);

#endif
