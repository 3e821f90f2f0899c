/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes what is read of an image for names, lines and callers: no input may crash it or lead it in circles, and what comes out
 * holds together.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <symbols.h>
#include <unwind.h>

#define ASK_MOST   64 /* symbols and their neighbourhood */
#define FRAME_MOST 16

/* Memory is a pattern of addresses in and near the code. */
static bool read_memory(void *context, uint64_t address, void *to, size_t bytes)
{
    const uint64_t *code = context;
    for (size_t i = 0; i < bytes; i++) {
        uint64_t word = *code + ((address + i) / 8 % 64) * 4;
        ((uint8_t *)to)[i] = (uint8_t)(word >> (address + i) % 8 * 8);
    }
    return address % 512 != 504;
}

static void unwind(struct symbols *symbols, uint64_t address)
{
    uint64_t x[32];
    const struct unwind_memory memory = {read_memory, &address};
    for (unsigned i = 0; i < 32; i++)
        x[i] = address + 8 * i;
    struct unwind_frame frame = unwind_begin(address, x);
    for (unsigned i = 0; i < FRAME_MOST && unwind_step(symbols, &memory, &frame) != UNWIND_END; i++)
        if (frame.pc == 0 || frame.pc % 2 || !(frame.known & 1) || frame.x[0])
            abort();
}

static void ask_line(struct symbols *symbols, uint64_t address)
{
    struct symbols_line line;
    struct symbols_inline inlined[8];
    size_t count = symbols_inlined(symbols, address, inlined, 8);
    if (count > 8)
        abort();
    for (size_t i = 0; i < count; i++)
        if (!inlined[i].name[0])
            abort();
    if (symbols_line(symbols, address, &line) && (line.line == 0 || !line.file[0] || line.address > address))
        abort();
}

static void ask(struct symbols *symbols, uint64_t address)
{
    char text[SYMBOLS_TEXT_BYTES];
    uint64_t offset;
    const struct symbol *symbol = symbols_lookup(symbols, address, &offset);
    if (symbol && (symbol->address + offset != address || offset >= (symbol->bytes ? symbol->bytes : SYMBOLS_LABEL_BYTES)))
        abort();
    if (symbols_write(symbols, address, text, sizeof text) != (symbol != NULL) || !text[0] != !symbol)
        abort();
    symbols_is_code(symbols, address);
    ask_line(symbols, address);
    unwind(symbols, address);
}

static void ask_names(struct symbols *symbols)
{
    size_t count = symbols_count(symbols), first;
    for (size_t i = 0; i < count; i++) {
        const struct symbol *symbol = symbols_at(symbols, i);
        if (i > 0 && strcmp(symbols_at(symbols, i - 1)->name, symbol->name) > 0)
            abort();
        if (i >= ASK_MOST)
            continue;
        const struct symbol *found = symbols_find(symbols, symbol->name);
        if (!found || strcmp(found->name, symbol->name) || symbols_prefix(symbols, symbol->name, &first) < 1 || first > i)
            abort();
        ask(symbols, symbol->address);
        ask(symbols, symbol->address + symbol->bytes / 2);
        ask(symbols, symbol->address + symbol->bytes);
        ask(symbols, symbol->address - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const lines[] = {"a.c:3", "a.c:9", "b.h:2", "x:1"};
    struct emu_error error = {""};
    struct symbols *symbols = symbols_create();
    uint64_t found[8];
    unsigned next;
    if (!symbols_add(symbols, data, size, "fuzz", 0, &error) && !error.text[0])
        abort();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        symbols_line_addresses(symbols, lines[i], found, 8, &next);
    symbols_find(symbols, "a.c:f");
    for (uint64_t address = UINT64_C(0x80000000); address < UINT64_C(0x80000080); address += 2)
        ask(symbols, address);
    ask_names(symbols);
    symbols_destroy(symbols);
    return 0;
}
