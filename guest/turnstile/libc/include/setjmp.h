/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Leaving a function from deep within. setjmp returns 0, or what longjmp was given (1 for 0).
 */
#ifndef LIBC_SETJMP_H
#define LIBC_SETJMP_H

#include <stdint.h>

typedef struct {
    uint64_t registers[26]; /* ra, sp, s0-s11, fs0-fs11 */
} jmp_buf[1];

int setjmp(jmp_buf buffer) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf buffer, int value);

#endif
