/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Processes: fork, exec and wait with what libc has to add.
 */
#ifndef LIBC_PROCESS_H
#define LIBC_PROCESS_H

#include <stdint.h>

#include "turnstile/abi.h"

/* Flushes what is buffered, and forks when no other thread is within malloc or a stream: as sys_fork. */
int process_fork(void);
/* Runs a program: a name with a slash as it is, else the first in PATH (default /bin) that there is. Returns only with a negative
 * errno. */
int process_exec(const char *name, char *const *arguments);
/* Waits for one child until it has ended, whatever signals come: its status, or a negative errno. */
int process_wait(int pid);

#endif
