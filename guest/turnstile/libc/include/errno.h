/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Error numbers, and errno, which each thread has for itself. C's own functions set it (strtol, fopen, malloc, ...); system calls
 * return their error instead (system.h).
 */
#ifndef LIBC_ERRNO_H
#define LIBC_ERRNO_H

#include "turnstile/abi.h"

int *errno_place(void);
#define errno (*errno_place())

#endif
