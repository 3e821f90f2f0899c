/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user's terminal and the process's signals: raw mode and a line in place, both undone on every way out, and signals that
 * become a flag and a readable descriptor instead of interrupting anything.
 */
#ifndef UI_TERMINAL_H
#define UI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Catches the signals that end or suspend the program. Call once, first. */
void signals_catch(void);
/* The signal that asks the program to end; 0: none so far. */
int signals_pending(void);
/* An interrupt from the keyboard (SIGINT) that asked for that has not. */
void signals_forget_interrupt(void);
/* Readable when a signal has arrived since signals_clear. */
int signals_fd(void);
void signals_clear(void);
/* Whether signals_suspend would have something to do. */
bool signals_suspend_asked(void);
/* Suspends the program if SIGTSTP asked for that, with the terminal as it was; makes it raw again afterwards. True when the
 * program was suspended or continued since the last call: host time has passed. */
bool signals_suspend(void);

/* Raw mode of standard input: every key is a byte, no echo, no signals. Output processing stays. False if it is no terminal. */
bool terminal_raw(void);
/* Undoes raw mode and the line in place. */
void terminal_restore(void);

/* ---- the line in place: one on standard error that stands for a while where the next output will come ---- */

/* Whether standard error is a terminal that can erase a line. */
bool terminal_has_line(void);
/* How many columns such a line may have now; 0: better none. */
unsigned terminal_line_columns(void);
/* Writes it over the one before; it is `columns` wide (0: nothing is drawn). The cursor must stand in an empty line; it stays at
 * its beginning. Does nothing where it would have to wait, or is in the background. */
void terminal_line_draw(const char *text, size_t bytes, unsigned columns);
/* To be called before anything else is written that may come to that terminal. */
void terminal_line_erase(void);

#endif
