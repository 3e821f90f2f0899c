/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * System calls and a few words for programs that test the storage without a library. Each program includes it once.
 */
#ifndef GUEST_STORAGE_H
#define GUEST_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <turnstile/abi.h>

enum {
#define SYSCALL(number, name, arguments, meaning) CALL_##name = number,
#include <turnstile/syscall.def>
#undef SYSCALL
};

static inline int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t a0 __asm__("a0") = a;
    register uint64_t a1 __asm__("a1") = b;
    register uint64_t a2 __asm__("a2") = c;
    register int64_t a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return (int64_t)a0;
}

#define CALL1(name, a)       call(CALL_##name, (uint64_t)(a), 0, 0)
#define CALL2(name, a, b)    call(CALL_##name, (uint64_t)(a), (uint64_t)(b), 0)
#define CALL3(name, a, b, c) call(CALL_##name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c))
#define WANT(got, want)      want_equal(__LINE__, #got, (int64_t)(got), (int64_t)(want))

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
void start(void);

void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((char *)to)[i] = (char)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

static int console;

static inline size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

static inline void say(const char *text)
{
    CALL3(write, console, text, length_of(text));
}

static inline void say_number(int64_t number)
{
    char digits[24];
    char *at = &digits[sizeof digits - 1];
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    *at = 0;
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *--at = '-';
    say(at);
}

static inline void want_equal(unsigned line, const char *what, int64_t got, int64_t want)
{
    if (got == want)
        return;
    say("line ");
    say_number(line);
    say(": ");
    say(what);
    say(" is ");
    say_number(got);
    say(", wanted ");
    say_number(want);
    say("\n");
    CALL1(power_off, line % 251 + 1);
}

static inline void put_number(char *to, unsigned number, unsigned digits)
{
    while (digits--) {
        to[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

#endif
