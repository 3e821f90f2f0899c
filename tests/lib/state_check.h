/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checks a component's state function: every field that it names changes the hash when it is flipped, and flipping it back
 * gives the old hash again.
 */
#ifndef LIB_STATE_CHECK_H
#define LIB_STATE_CHECK_H

#include <base/state.h>
#include <stdint.h>

typedef void state_function(struct state *s, void *object);

uint64_t state_check_hash(state_function *function, void *object);

/* Fails the running Criterion test for each field that is wrong. Returns the number of fields. */
uint64_t state_check_flips(state_function *function, void *object);

#endif
