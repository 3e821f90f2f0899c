/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user's terminal and the process's signals: raw mode that is undone on every way out, and signals that become a flag and a
 * readable descriptor instead of interrupting anything.
 */
#ifndef UI_TERMINAL_H
#define UI_TERMINAL_H

#include <stdbool.h>

/* Catches the signals that end or suspend the program. Call once, first. */
void signals_catch(void);
/* The signal that asks the program to end; 0: none so far. */
int signals_pending(void);
/* Readable when a signal has arrived since signals_clear. */
int signals_fd(void);
void signals_clear(void);
/* Suspends the program if SIGTSTP asked for that, with the terminal as it was; makes it raw again afterwards. True when the
 * program was suspended or continued since the last call: host time has passed. */
bool signals_suspend(void);

/* Raw mode of standard input: every key is a byte, no echo, no signals. Output processing stays. False if it is no terminal. */
bool terminal_raw(void);
void terminal_restore(void);

#endif
