/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The numbers of a configuration by name (setting.def), for records and statistics.
 */
#ifndef UI_SETTING_H
#define UI_SETTING_H

#include <emu/emu.h>
#include <stddef.h>

struct setting {
    const char *name;
    size_t offset, bytes; /* in struct emu_config: a bool, an unsigned or a uint64_t */
};

extern const struct setting settings[];
extern const size_t setting_count;

uint64_t setting_value(const struct setting *setting, const struct emu_config *config);
void setting_assign(const struct setting *setting, struct emu_config *config, uint64_t value);

#endif
