/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * printf's conversions (format.h). Pure: what is printed goes to the sink.
 */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>

#include "ctype.h"
#include "string.h"

struct spec {
    bool is_left, has_zeros, has_plus, has_space, is_alternate;
    int width, precision; /* precision -1: none given */
    int size;             /* bytes of an integer argument: 1, 2, 4, 8 */
};

static void put(struct format_sink *sink, const char *bytes, size_t count)
{
    sink->put(sink, bytes, count);
    sink->length += count;
}

static void pad(struct format_sink *sink, char c, int count)
{
    char block[16];
    memset(block, c, sizeof block);
    for (; count > 0; count -= (int)sizeof block)
        put(sink, block, count < (int)sizeof block ? (size_t)count : sizeof block);
}

/* prefix, zeros up to the precision, body; padded to the width. */
static void put_field(struct format_sink *sink, const struct spec *spec, const char *prefix, const char *body, int length,
                      int zeros)
{
    int before = (int)strlen(prefix), blank = spec->width - before - zeros - length;
    if (!spec->is_left)
        pad(sink, ' ', blank);
    put(sink, prefix, (size_t)before);
    pad(sink, '0', zeros);
    put(sink, body, (size_t)length);
    if (spec->is_left)
        pad(sink, ' ', blank);
}

static void put_number(struct format_sink *sink, const struct spec *spec, uint64_t value, bool is_negative, char conversion)
{
    unsigned base = conversion == 'o' ? 8 : conversion == 'x' || conversion == 'X' ? 16 : 10;
    const char *digits = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    const char *prefix = "";
    char text[24], *at = text + sizeof text;
    if (conversion == 'd')
        prefix = is_negative ? "-" : spec->has_plus ? "+" : spec->has_space ? " " : "";
    else if (spec->is_alternate && value && base == 16)
        prefix = conversion == 'X' ? "0X" : "0x";
    for (uint64_t rest = value; rest; rest /= base)
        *--at = digits[rest % base];
    int length = (int)(text + sizeof text - at), zeros = spec->precision < 0 ? !length : spec->precision - length;
    if (spec->is_alternate && base == 8 && zeros <= 0 && (length || spec->precision == 0))
        zeros = 1;
    if (zeros < 0)
        zeros = 0;
    if (spec->has_zeros && !spec->is_left && spec->precision < 0) {
        int wanted = spec->width - (int)strlen(prefix) - length;
        zeros = wanted > zeros ? wanted : zeros;
    }
    put_field(sink, spec, prefix, at, length, zeros);
}

static int read_number(const char **format)
{
    int64_t value = 0;
    for (; isdigit(**format); (*format)++)
        if (value < 100000)
            value = value * 10 + (**format - '0');
    return (int)value;
}

static void read_flags(const char **format, struct spec *spec)
{
    for (;; (*format)++)
        switch (**format) {
        case '-':
            spec->is_left = true;
            break;
        case '0':
            spec->has_zeros = true;
            break;
        case '+':
            spec->has_plus = true;
            break;
        case ' ':
            spec->has_space = true;
            break;
        case '#':
            spec->is_alternate = true;
            break;
        default:
            return;
        }
}

static void read_size(const char **format, struct spec *spec)
{
    spec->size = 4;
    for (;; (*format)++)
        switch (**format) {
        case 'h':
            spec->size /= 2;
            break;
        case 'l':
        case 'z':
        case 'j':
        case 't':
            spec->size = 8;
            break;
        default:
            if (spec->size == 0)
                spec->size = 1;
            return;
        }
}

/* An argument came as int or as a 64-bit number; it has only so many bytes. */
static int64_t narrow(int64_t value, int bytes)
{
    unsigned shift = 64 - 8 * (unsigned)bytes;
    return (int64_t)((uint64_t)value << shift) >> shift;
}

/* A list in a structure, so that functions take from the same one whatever va_list is. */
struct arguments {
    va_list list;
};

static void convert(struct format_sink *sink, struct spec *spec, char conversion, struct arguments *arguments)
{
    switch (conversion) {
    case 'd':
    case 'i': {
        int64_t value = narrow(spec->size == 8 ? va_arg(arguments->list, int64_t) : va_arg(arguments->list, int), spec->size);
        put_number(sink, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, 'd');
        break;
    }
    case 'u':
    case 'x':
    case 'X':
    case 'o': {
        uint64_t value = spec->size == 8 ? va_arg(arguments->list, uint64_t) : va_arg(arguments->list, unsigned);
        put_number(sink, spec, value << (64 - 8 * spec->size) >> (64 - 8 * spec->size), false, conversion);
        break;
    }
    case 'p':
        spec->is_alternate = true;
        put_number(sink, spec, (uintptr_t)va_arg(arguments->list, void *), false, 'x');
        break;
    case 'c': {
        char c = (char)va_arg(arguments->list, int);
        put_field(sink, spec, "", &c, 1, 0);
        break;
    }
    default: {
        const char *text = va_arg(arguments->list, const char *);
        if (!text)
            text = "(null)";
        put_field(sink, spec, "", text, (int)strnlen(text, spec->precision < 0 ? 1 << 30 : (size_t)spec->precision), 0);
    }
    }
}

void format_list(struct format_sink *sink, const char *format, va_list list)
{
    struct arguments arguments;
    va_copy(arguments.list, list);
    while (*format) {
        size_t plain = strcspn(format, "%");
        put(sink, format, plain);
        format += plain;
        if (!*format)
            break;
        const char *begin = format++;
        struct spec spec = {.precision = -1};
        read_flags(&format, &spec);
        if (*format == '*') {
            spec.width = va_arg(arguments.list, int);
            format++;
            if (spec.width < 0) {
                spec.is_left = true;
                spec.width = -spec.width;
            }
        } else {
            spec.width = read_number(&format);
        }
        if (*format == '.') {
            format++;
            if (*format == '*') {
                spec.precision = va_arg(arguments.list, int);
                format++;
            } else {
                spec.precision = read_number(&format);
            }
        }
        read_size(&format, &spec);
        if (*format && strchr("diuxXocsp", *format)) {
            convert(sink, &spec, *format++, &arguments);
        } else if (*format == '%') {
            put(sink, format++, 1);
        } else {
            put(sink, begin, (size_t)(format - begin));
        }
    }
    va_end(arguments.list);
}
