/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers from texts.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctype.h"
#include "errno.h"
#include "stdlib.h"

static int digit_of(char c)
{
    return isdigit(c) ? c - '0' : isalpha(c) ? tolower(c) - 'a' + 10 : 99;
}

/* The magnitude; *ret_negative its sign; *end == text when there is no number. Too large: is_too_large. */
static uint64_t parse(const char *text, char **end, int base, bool *ret_negative, bool *ret_too_large)
{
    const char *at = text, *digits;
    uint64_t value = 0;
    *ret_too_large = false;
    while (isspace(*at))
        at++;
    *ret_negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if ((base == 0 || base == 16) && at[0] == '0' && tolower(at[1]) == 'x' && digit_of(at[2]) < 16) {
        at += 2;
        base = 16;
    }
    if (base == 0)
        base = *at == '0' ? 8 : 10;
    for (digits = at; digit_of(*at) < base; at++)
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) || __builtin_add_overflow(value, (uint64_t)digit_of(*at), &value))
            *ret_too_large = true;
    if (end)
        *end = (char *)(uintptr_t)(at == digits ? text : at);
    return value;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    bool is_negative, is_too_large;
    uint64_t value = parse(text, end, base, &is_negative, &is_too_large);
    if (is_too_large) {
        errno = ERANGE;
        return ULONG_MAX;
    }
    return is_negative ? 0 - value : value;
}

long strtol(const char *text, char **end, int base)
{
    bool is_negative, is_too_large;
    uint64_t value = parse(text, end, base, &is_negative, &is_too_large);
    if (is_too_large || value > (uint64_t)LONG_MAX + is_negative) {
        errno = ERANGE;
        return is_negative ? LONG_MIN : LONG_MAX;
    }
    return is_negative ? (long)(0 - value) : (long)value;
}

int atoi(const char *text)
{
    return (int)strtol(text, NULL, 10);
}
