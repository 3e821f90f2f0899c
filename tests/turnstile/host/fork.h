/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Processes for tests: code with static state can be run again and again, and may abort.
 */
#ifndef TURNSTILE_HOST_FORK_H
#define TURNSTILE_HOST_FORK_H

#include <stdbool.h>
#include <stddef.h>

/* Zeros that processes made later share. */
void *fork_share(size_t bytes);
void fork_unshare(void *memory, size_t bytes);
/* Runs it in a process of its own, for at most a minute: did it return? */
bool fork_run(void (*function)(void *argument), void *argument);

#endif
