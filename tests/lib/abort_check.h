/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Does an assertion fire, and is it the one that is meant?
 */
#ifndef TESTS_LIB_ABORT_CHECK_H
#define TESTS_LIB_ABORT_CHECK_H

/* Calls run(context) in a process of its own, which must abort; what it wrote to standard error must contain the text. Else the
 * test that called fails. */
void abort_check(void (*run)(void *context), void *context, const char *text);

#endif
