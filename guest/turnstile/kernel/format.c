/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Formatting into a struct text (print.h). What does not fit is counted and left out.
 */
#include "memory.h"
#include "print.h"

#include <stdbool.h>

struct directive {
    bool is_left, is_zero;
    unsigned width;
    int precision; /* -1: none */
    bool is_long;
};

static void put(struct text *text, char c)
{
    if (text->length >= text->skip && text->length - text->skip < text->room)
        text->bytes[text->length - text->skip] = c;
    text->length++;
}

static void put_padded(struct text *text, const struct directive *d, const char *bytes, unsigned length)
{
    unsigned padding = d->width > length ? d->width - length : 0;
    if (d->is_zero && length && bytes[0] == '-') {
        put(text, '-');
        bytes++;
        length--;
    }
    for (; padding && !d->is_left; padding--)
        put(text, d->is_zero ? '0' : ' ');
    for (unsigned i = 0; i < length; i++)
        put(text, bytes[i]);
    for (; padding; padding--)
        put(text, ' ');
}

static void put_number(struct text *text, const struct directive *d, uint64_t value, unsigned base, bool is_negative)
{
    char digits[24];
    unsigned at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while (value /= base);
    if (is_negative)
        digits[--at] = '-';
    put_padded(text, d, digits + at, sizeof digits - at);
}

static const char *read_flags(const char *at, struct directive *d, va_list *arguments)
{
    for (;; at++) {
        if (*at == '-')
            d->is_left = true;
        else if (*at == '0')
            d->is_zero = true;
        else
            break;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        d->width = d->width * 10 + (unsigned)(*at - '0');
    if (at[0] == '.' && at[1] == '*') {
        d->precision = va_arg(*arguments, int);
        at += 2;
    }
    for (; *at == 'l' || *at == 'z'; at++)
        d->is_long = true;
    return at;
}

static void put_text(struct text *text, const struct directive *d, const char *from)
{
    unsigned length = 0;
    if (!from)
        from = "(none)";
    while (from[length] && (d->precision < 0 || length < (unsigned)d->precision))
        length++;
    put_padded(text, d, from, length);
}

static void put_directive(struct text *text, char kind, struct directive *d, va_list *arguments)
{
    uint64_t value;
    int64_t number;
    char c;
    switch (kind) {
    case 'd':
    case 'i':
        number = d->is_long ? va_arg(*arguments, long) : va_arg(*arguments, int);
        put_number(text, d, number < 0 ? -(uint64_t)number : (uint64_t)number, 10, number < 0);
        break;
    case 'u':
    case 'x':
        value = d->is_long ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
        put_number(text, d, value, kind == 'u' ? 10 : 16, false);
        break;
    case 'p':
        *d = (struct directive){.is_zero = true, .width = 16};
        put_number(text, d, (uint64_t)va_arg(*arguments, void *), 16, false);
        break;
    case 'c':
        c = (char)va_arg(*arguments, int);
        put_padded(text, d, &c, 1);
        break;
    case 's':
        put_text(text, d, va_arg(*arguments, const char *));
        break;
    default:
        put(text, kind);
    }
}

void text_add_list(struct text *text, const char *format, va_list list)
{
    va_list arguments;
    va_copy(arguments, list);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            put(text, *at);
            continue;
        }
        struct directive d = {.precision = -1};
        at = read_flags(at + 1, &d, &arguments);
        if (!*at)
            break;
        put_directive(text, *at, &d, &arguments);
    }
    va_end(arguments);
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_add_list(text, format, arguments);
    va_end(arguments);
}
