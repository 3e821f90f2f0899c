/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a run did, for people (docs/statistics.md). What is not rounded is in the statistics file.
 */
#ifndef UI_SUMMARY_H
#define UI_SUMMARY_H

#include <emu/emu.h>
#include <stdio.h>

void summary_print(FILE *to, const struct emu_machine *machine, const struct emu_config *config);

#endif
