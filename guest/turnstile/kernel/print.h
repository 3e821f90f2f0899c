/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernel messages, texts that grow (/proc), and panics. Formats: %d %i %u %x %lld-like with l and z, %c, %s, %p (16 digits), %%,
 * with width and the flags 0 and -, and %.*s. Implemented by print.c, format.c and panic.c.
 */
#ifndef KERNEL_PRINT_H
#define KERNEL_PRINT_H

#include <stdarg.h>
#include <stdint.h>

/* To the console, as one piece. May be called with any lock held that is above PRINT in lock_class.def. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Stops all harts, prints the sentence, where the hart was and who called it, and ends the machine with exit status 1. For what
 * cannot be unless the kernel itself is wrong: never for what a program, a disk or the user did. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define ASSERT(condition) ((condition) ? (void)0 : panic("%s:%d: not so: %s", __FILE__, __LINE__, #condition))

/* A text in memory that is cut where its room ends. */
struct text {
    char *bytes;
    uint64_t room;   /* bytes that there are */
    uint64_t skip;   /* so much of the text's beginning is left out */
    uint64_t length; /* bytes that are wanted so far: more than room when something was cut. No final 0 is counted */
};
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *format, va_list arguments);

#endif
