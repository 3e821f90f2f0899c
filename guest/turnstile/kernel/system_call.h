/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A system call's function: SYSTEM_CALL(name) { ... argument[0] ... return result; } for each row of syscall.def, in the file whose
 * table it works on. Arguments are what the program had in a0 to a5, not to be trusted. system_call.c has the table.
 */
#ifndef KERNEL_SYSTEM_CALL_H
#define KERNEL_SYSTEM_CALL_H

#include <stdint.h>

#define SYSTEM_CALL(name)                         int64_t system_call_##name(const uint64_t argument[6])

#define SYSCALL(number, name, arguments, meaning) SYSTEM_CALL(name);
#include "turnstile/syscall.def"
#undef SYSCALL

#endif
