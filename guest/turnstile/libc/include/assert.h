/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * assert: ends the program with a sentence and SIGABRT. Always on: programs here are small.
 */
#ifndef LIBC_ASSERT_H
#define LIBC_ASSERT_H

_Noreturn void assert_fail(const char *condition, const char *file, int line);
#define assert(condition) ((condition) ? (void)0 : assert_fail(#condition, __FILE__, __LINE__))

#endif
