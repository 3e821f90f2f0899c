/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernel messages. Each goes out as one piece.
 */
#include "print.h"

#include "lock.h"
#include "uart.h"

static struct lock print_lock = LOCK_INITIAL(PRINT, "print");
static char line[512]; /* print_lock */

void print(const char *format, ...)
{
    lock_acquire(&print_lock);
    struct text text = {.bytes = line, .room = sizeof line};
    va_list arguments;
    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    uart_print(line, text.length < text.room ? text.length : text.room);
    lock_release(&print_lock);
}
