/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What printf and its like do, without where it goes. Conversions d i u x X o c s p %; flags - 0 + space #; width and precision,
 * also *; lengths hh h l ll z j t. No floating point. Anything else is printed as it stands.
 */
#ifndef LIBC_FORMAT_H
#define LIBC_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

struct format_sink {
    void (*put)(struct format_sink *sink, const char *bytes, size_t count);
    size_t length; /* of all that was put; the sink's user counts nothing */
};

void format_list(struct format_sink *sink, const char *format, va_list list);

#endif
