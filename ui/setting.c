/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of settings and the access to their fields by size.
 */
#include "setting.h"

#include <string.h>

const struct setting settings[] = {
#define SETTING(name, field) {name, offsetof(struct emu_config, field), sizeof(((struct emu_config *)NULL)->field)},
#include "setting.def"
#undef SETTING
};
const size_t setting_count = sizeof settings / sizeof settings[0];

uint64_t setting_value(const struct setting *setting, const struct emu_config *config)
{
    const char *field = (const char *)config + setting->offset;
    if (setting->bytes == sizeof(bool))
        return *(const bool *)field;
    return setting->bytes == sizeof(unsigned) ? *(const unsigned *)field : *(const uint64_t *)field;
}

void setting_assign(const struct setting *setting, struct emu_config *config, uint64_t value)
{
    char *field = (char *)config + setting->offset;
    if (setting->bytes == sizeof(bool))
        *(bool *)field = value;
    else if (setting->bytes == sizeof(unsigned))
        *(unsigned *)field = value;
    else
        *(uint64_t *)field = value;
}
