/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guests of these tests, as files and as symbols, and what binutils say about them. What goes wrong in here fails the test.
 */
#ifndef UI_GUEST_TEST_H
#define UI_GUEST_TEST_H

#include <symbols.h>

#define GUEST_RAM UINT64_C(0x80000000)

/* The bytes of NAME.elf; free them. */
void *guest_read(const char *name, size_t *ret_bytes);
/* Symbols of one guest; symbols_destroy. */
struct symbols *guest_symbols(const char *name);
/* By its name as symbols_find takes it, which must be there. */
uint64_t guest_address(struct symbols *symbols, const char *name);
/* The lines that a tool prints about a guest, without their ends: calls `line` for each. Returns how many. */
size_t guest_ask(const char *tool, const char *name, const char *arguments, void (*line)(char *text, size_t n, void *context),
                 void *context);

#endif
