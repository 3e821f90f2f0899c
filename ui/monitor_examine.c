/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor's commands that show memory: as the chosen hart would read or fetch it, or as it is at physical addresses.
 */
#include "monitor_private.h"
#include "word.h"

#include <ctype.h>
#include <inttypes.h>
#include <isa/insn.h>
#include <string.h>

#define STRING_BYTES_MOST 4096

static bool read_at(struct monitor *monitor, bool is_physical, enum emu_access access, uint64_t address, void *to, size_t bytes,
                    struct emu_error *error)
{
    bool is_read = is_physical ? emu_physical_read(monitor->host.machine, address, to, bytes)
                               : monitor_examine(monitor, monitor->hart, access, address, to, bytes);
    return is_read || emu_error_set(error, "there is no memory at %s0x%" PRIx64, is_physical ? "physical address " : "", address);
}

/* ---- instructions ---- */

static void print_insn(struct monitor *monitor, bool is_here, uint64_t address, uint32_t bits)
{
    char text[96];
    unsigned length = isa_length((uint16_t)bits);
    isa_disassemble(text, sizeof text, bits, address);
    fprintf(monitor->out, "%s 0x%" PRIx64 ":\t%0*" PRIx32 "%s\t%s\n", is_here ? "=>" : "  ", address, (int)(2 * length), bits,
            length == 2 ? "    " : "", text);
    monitor_tell_insn(monitor, address, bits, length, text);
}

/* Instructions from an address on; the one behind them. Names are of virtual addresses. */
static bool print_code(struct monitor *monitor, bool is_physical, uint64_t address, uint64_t count, uint64_t *ret_next,
                       struct emu_error *error)
{
    struct emu_hart_view view;
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    while (count-- > 0) {
        uint32_t bits = 0;
        char place[SYMBOLS_TEXT_BYTES];
        if (!read_at(monitor, is_physical, EMU_FETCH, address, &bits, 2, error) ||
            (isa_length((uint16_t)bits) == 4 && !read_at(monitor, is_physical, EMU_FETCH, address, &bits, 4, error)))
            return false;
        if (!is_physical && symbols_write(monitor->host.symbols, address, place, sizeof place) && !strchr(place, '+'))
            fprintf(monitor->out, "%s:\n", place);
        print_insn(monitor, !is_physical && address == view.pc, address, bits);
        address += isa_length((uint16_t)bits);
    }
    *ret_next = address;
    return true;
}

bool command_disasm(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t address = monitor->disasm_next, count = 8;
    struct emu_hart_view view;
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    if (words->count > 2)
        return emu_error_set(error, "write disasm ADDRESS COUNT; an address of several words is written in quotation marks");
    if (words->count == 0 && !monitor->is_again)
        address = view.pc;
    else if (words->count > 0 && !monitor->is_again && !monitor_value(monitor, words->word[0], &address, error))
        return false;
    if (words->count == 2 && !number_parse(words->word[1], 1, 10000, &count))
        return emu_error_set(error, "the count is 1 to 10000, not '%.40s'", words->word[1]);
    return print_code(monitor, false, address, count, &monitor->disasm_next, error);
}

/* ---- what is asked for ---- */

/* "/4xg": a count, then a format and a size, each once. What is not said is as it was; a character is a byte. */
static bool take_format(struct monitor *monitor, const char *text, uint64_t *ret_count, struct emu_error *error)
{
    char digits[24], format = '\0', size = '\0';
    size_t length = strspn(text, "0123456789");
    *ret_count = 1;
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    bool good = length < sizeof digits && (length == 0 || number_parse(digits, 1, 65536, ret_count));
    for (const char *c = text + length; *c && good; c++) {
        char *which = strchr("xduics", *c) ? &format : strchr("bhwg", *c) ? &size : NULL;
        good = which && !*which;
        if (good)
            *which = *c;
    }
    if (!good)
        return emu_error_set(error, "/%.20s is no format: a count up to 65536, one of x d u c s i, and one of b h w g", text);
    monitor->x_format = format ? format : monitor->x_format;
    monitor->x_size = size ? size : format == 'c' ? 'b' : monitor->x_size;
    return true;
}

/* ---- data ---- */

static void print_item(FILE *out, char format, unsigned bytes, uint64_t value)
{
    unsigned shift = 64 - 8 * bytes;
    switch (format) {
    case 'd':
        fprintf(out, " %" PRIi64, (int64_t)(value << shift) >> shift);
        break;
    case 'u':
        fprintf(out, " %" PRIu64, value);
        break;
    case 'c':
        fprintf(out, value < 0x80 && isprint((int)value) ? " '%c'" : " \\x%02x", (int)(value & 0xff));
        break;
    default:
        fprintf(out, " 0x%0*" PRIx64, (int)(2 * bytes), value);
    }
}

/* A string, at most a page of it. */
static bool print_string(struct monitor *monitor, bool is_physical, uint64_t *address, struct emu_error *error)
{
    char text[STRING_BYTES_MOST];
    size_t length = 0;
    uint64_t first = *address;
    bool is_read = false;
    while (length < sizeof text && (is_read = read_at(monitor, is_physical, EMU_LOAD, *address, &text[length], 1, error))) {
        ++*address;
        if (text[length] == '\0')
            break;
        length++;
    }
    if (!is_read && length == 0)
        return false;
    fprintf(monitor->out, "0x%" PRIx64 ": \"", first);
    for (size_t i = 0; i < length; i++)
        fprintf(monitor->out, (unsigned char)text[i] < 0x80 && isprint((unsigned char)text[i]) ? "%c" : "\\x%02x",
                (unsigned char)text[i]);
    fputs("\"\n", monitor->out);
    monitor_tell_string(monitor, first, text, length);
    return is_read;
}

static bool print_items(struct monitor *monitor, bool is_physical, uint64_t *address, uint64_t count, struct emu_error *error)
{
    unsigned bytes = monitor->x_size == 'b' ? 1 : monitor->x_size == 'h' ? 2 : monitor->x_size == 'w' ? 4 : 8;
    unsigned in_line = 16 / bytes;
    for (uint64_t i = 0; i < count; i++, *address += bytes) {
        uint64_t value = 0;
        if (!read_at(monitor, is_physical, EMU_LOAD, *address, &value, bytes, error)) {
            if (i > 0)
                fputc('\n', monitor->out); /* behind what could be read */
            return false;
        }
        if (i % in_line == 0)
            fprintf(monitor->out, "%s0x%" PRIx64 ":", i ? "\n" : "", *address);
        print_item(monitor->out, monitor->x_format, bytes, value);
        monitor_tell_value(monitor, *address, value, bytes);
    }
    fputc('\n', monitor->out);
    return true;
}

static bool examine(struct monitor *monitor, bool is_physical, struct words *words, struct emu_error *error)
{
    uint64_t *next = &monitor->x_next[is_physical], count = 1, address = *next;
    unsigned at = 0;
    if (!monitor->x_format) {
        monitor->x_format = 'x';
        monitor->x_size = 'g';
    }
    if (words->count > 0 && words->word[0][0] == '/' && !take_format(monitor, words->word[at++] + 1, &count, error))
        return false;
    if (words->count > at + 1)
        return emu_error_set(error, "one address is expected; of several words it is written in quotation marks");
    if (words->count > at && !monitor->is_again && !monitor_value(monitor, words->word[at], &address, error))
        return false;
    bool good = true;
    if (monitor->x_format == 'i')
        good = print_code(monitor, is_physical, address, count, &address, error);
    else if (monitor->x_format != 's')
        good = print_items(monitor, is_physical, &address, count, error);
    else
        while (count-- > 0 && good)
            good = print_string(monitor, is_physical, &address, error);
    *next = good ? address : *next;
    return good;
}

bool command_x(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return examine(monitor, false, words, error);
}

bool command_xp(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return examine(monitor, true, words, error);
}
