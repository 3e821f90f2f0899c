/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A line from a person (readline: editing, history, completion) or from standard input. Knows the table of commands for completion,
 * not the machine.
 */
#ifndef UI_MONITOR_LINE_H
#define UI_MONITOR_LINE_H

#include <stdbool.h>

struct monitor;

/* Before the first monitor_line_edit: reads the history that earlier sessions left. */
void monitor_line_start(const struct monitor *monitor);
/* Keeps the history for later ones. */
void monitor_line_finish(void);
/* A line edited on the terminal, to be freed; NULL at Ctrl-D or when the terminal is gone. At Ctrl-C the line is dropped:
 * *ret_is_dropped, and it is a comment. */
char *monitor_line_edit(const char *prompt, bool *ret_is_dropped);
/* A line of standard input, to be freed; NULL at its end. */
char *monitor_line_read(void);

#endif
