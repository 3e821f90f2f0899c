/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names of trap causes.
 */
#include <isa/trap.h>

const char *isa_cause_name(uint64_t cause)
{
    switch (cause) {
#define TRAP(name, number, meaning) \
    case number:                    \
        return meaning;
#define INTERRUPT(name, number, meaning) \
    case number | ISA_CAUSE_INTERRUPT:   \
        return meaning;
#include <isa/trap.def>
    default:
        return "unknown";
    }
}
