/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signals: the numbers and structures are abi.h's; libc adds the restorer.
 */
#ifndef LIBC_SIGNAL_H
#define LIBC_SIGNAL_H

#include <stdint.h>

#include "turnstile/abi.h"

/* handler(signal, frame), or NULL for the default, or signal_ignore. flags: SIGNAL_*; mask: signals that wait meanwhile. 0 or a
 * negative errno. */
int signal_set(int signal, void (*handler)(int signal, struct signal_frame *frame), unsigned flags, uint64_t mask);
int signal_ignore(int signal);
int signal_default(int signal);
/* Sends it to the own process. */
int raise(int signal);
/* "interrupt", or NULL for a number without a name of its own. Name: "INT". */
const char *signal_text(int signal);
const char *signal_name(int signal);
/* The number for "INT", "SIGINT" or "2"; -1: none. */
int signal_number(const char *name);

#endif
