/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Expressions as a person types them to the monitor: numbers, names, memory, and C's operators on unsigned 64-bit values.
 * What names and memory mean is the caller's business.
 */
#ifndef UI_EXPRESSION_H
#define UI_EXPRESSION_H

#include <emu/error.h>
#include <stdbool.h>
#include <stdint.h>

struct expression_reader {
    void *context;
    /* The value of a name: letters, digits, _ . $ and :, not beginning with a digit. False with a sentence: there is none, or
     * it is not clear which is meant. */
    bool (*name)(void *context, const char *name, uint64_t *ret_value, struct emu_error *error);
    /* `bytes` (1, 2, 4 or 8) at an address, zero-extended. False: they cannot be read. */
    bool (*memory)(void *context, uint64_t address, unsigned bytes, uint64_t *ret_value);
};

/* Evaluates the text: numbers as in C (0x: hexadecimal, another leading 0: octal), 'c' characters, names, ( ), unary - ~ ! and * (8
 * bytes of memory), u8( ) u16( ) u32( ) u64( ) (memory), and * / % + - << >> < <= > >= == != & ^ | && || with C's precedence.
 * Arithmetic is modulo 2^64; / and % are unsigned. The right side of && and || is computed if it matters; its names have to exist
 * in any case. False with a sentence: what is wrong and where. */
bool expression_evaluate(const char *text, const struct expression_reader *reader, uint64_t *ret_value, struct emu_error *error);
/* Whether it is an expression all of whose names exist. Nothing is computed and no memory read. */
bool expression_check(const char *text, const struct expression_reader *reader, struct emu_error *error);

#endif
