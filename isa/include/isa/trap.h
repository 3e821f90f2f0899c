/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trap causes, interrupt bits and privilege modes as numbers, and their names.
 */
#ifndef ISA_TRAP_H
#define ISA_TRAP_H

#include <stdint.h>

enum isa_trap {
#define TRAP(name, number, meaning) ISA_TRAP_##name = number,
#include <isa/trap.def>
};

enum isa_interrupt {
#define INTERRUPT(name, number, meaning) ISA_INT_##name = number,
#include <isa/trap.def>
};

#define ISA_CAUSE_INTERRUPT (UINT64_C(1) << 63)
#define ISA_MIP(name) (UINT64_C(1) << ISA_INT_##name)

enum isa_mode { ISA_MODE_U = 0, ISA_MODE_S = 1, ISA_MODE_M = 3 };

/* The meaning of an mcause value, "unknown" if it has none. */
const char *isa_cause_name(uint64_t cause);

#endif
