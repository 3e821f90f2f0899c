/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Guests of the tests.
 */
#define _GNU_SOURCE
#include "ui_guest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *guest_read(const char *name, size_t *ret_bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.elf", UI_GUESTS, name);
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    fseek(file, 0, SEEK_END);
    *ret_bytes = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*ret_bytes);
    cr_assert(eq(sz, fread(bytes, 1, *ret_bytes, file), *ret_bytes));
    fclose(file);
    return bytes;
}

struct symbols *guest_symbols(const char *name)
{
    struct emu_error error = {""};
    struct symbols *symbols = symbols_create();
    size_t bytes;
    void *elf = guest_read(name, &bytes);
    cr_assert(symbols_take(symbols, elf, bytes, name, 0, &error), "%s", error.text);
    return symbols;
}

uint64_t guest_address(struct symbols *symbols, const char *name)
{
    const struct symbol *symbol = symbols_find(symbols, name);
    cr_assert(symbol != NULL, "%s", name);
    return symbol->address;
}

size_t guest_ask(const char *tool, const char *name, const char *arguments, void (*line)(char *text, size_t n, void *context),
                 void *context)
{
    char *command, *text = NULL;
    size_t room = 0, n = 0;
    ssize_t length;
    cr_assert(asprintf(&command, "riscv64-unknown-elf-%s %s '%s/%s.elf'", tool, arguments, UI_GUESTS, name) > 0);
    FILE *output = popen(command, "r");
    cr_assert(output != NULL);
    while ((length = getline(&text, &room, output)) > 0) {
        text[strcspn(text, "\n")] = '\0';
        line(text, n++, context);
    }
    cr_assert(eq(int, pclose(output), 0), "%s", command);
    free(command);
    free(text);
    return n;
}
