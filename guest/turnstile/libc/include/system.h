/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system calls as functions, one a row of syscall.def: sys_open, sys_read, ... Each returns what the kernel returned: a result,
 * or a negative errno. None of them touches the variable errno, which belongs to C's own functions. Implemented by stub.S.
 */
#ifndef LIBC_SYSTEM_H
#define LIBC_SYSTEM_H

#include <stdint.h>

#include "turnstile/abi.h"

#define SYSCALL(number, name, arguments, meaning) int64_t sys_##name arguments;
#include "turnstile/syscall.def"
#undef SYSCALL

#endif
