/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the parts of the Linux guest's init share: the list of tests, and the few helpers that all of them use. A test returns NULL,
 * or says why it has failed. Everything scales with `rounds`, so that a slow machine can do less of the same.
 */
#ifndef LINUX_INIT_H
#define LINUX_INIT_H

#include <stdbool.h>

#define HARTS_MAX 64

extern unsigned harts;  /* online */
extern unsigned rounds; /* how much to do: iterations of the innermost kind */

/* Says why, as printf; keeps errno's text with it when that is not 0. For `return failed(...)`. */
const char *failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ties the calling thread to a hart. */
bool pin(unsigned hart);

/* Runs `body` in one thread a hart, tied there, with the hart's number; then waits for all. What the first that failed returned. */
const char *on_all_harts(const char *(*body)(unsigned hart));

/* A lock out of a futex and atomics, not the C library's. 0: free, 1: taken, 2: taken, and somebody may wait. */
void lock_take(unsigned *lock);
void lock_give(unsigned *lock);

const char *test_harts(void);
const char *test_threads(void);
const char *test_atomics(void);
const char *test_futex_lock(void);
const char *test_futex_relay(void);
const char *test_barriers(void);
const char *test_fp_context(void);
const char *test_fp_modes(void);
const char *test_fork(void);
const char *test_exec(void);
const char *test_pipes(void);
const char *test_signals(void);
const char *test_faults(void);
const char *test_timers(void);
const char *test_clock(void);
const char *test_shootdown(void);
const char *test_new_code(void);
const char *test_files(void);
const char *test_block(void);

/* What the program does when test_exec starts it anew. */
int exec_child(int argc, char **argv);

#endif
