/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one way an error leaves a lockscope library: a sentence a user can act on.
 * Libraries never print and never exit; they fill this and return false (or NULL).
 */
#ifndef EMU_ERROR_H
#define EMU_ERROR_H

#define EMU_ERROR_MAX 512

struct emu_error {
    char text[EMU_ERROR_MAX]; /* one sentence, no trailing newline or full stop; empty when nothing failed */
};

/* Formats the sentence into *error (which may be NULL: then nothing happens). Always returns 0, so that a function
 * returning bool or a pointer can `return emu_error_set(error, ...)`. Text past EMU_ERROR_MAX - 1 bytes is cut. */
int emu_error_set(struct emu_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
