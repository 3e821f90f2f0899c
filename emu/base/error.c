/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Formatting of error sentences.
 */
#include <emu/error.h>

#include <stdarg.h>
#include <stdio.h>

int emu_error_set(struct emu_error *error, const char *format, ...)
{
    if (!error)
        return 0;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return 0;
}
