/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor's commands that only look.
 */
#include "config.h"
#include "monitor_private.h"
#include "summary.h"
#include "word.h"

#include <ctype.h>
#include <inttypes.h>
#include <isa/insn.h>
#include <string.h>

static struct emu_hart_view chosen(const struct monitor *monitor)
{
    struct emu_hart_view view;
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    return view;
}

/* ---- harts ---- */

const char *monitor_state_name(enum emu_hart_state state)
{
    static const char *const names[] = {
        [EMU_HART_RUNNING] = "runs", [EMU_HART_WAITING] = "waits", [EMU_HART_ACCESSING] = "accesses", [EMU_HART_FROZEN] = "frozen"};
    return names[state];
}

const char *monitor_mode_name(unsigned mode)
{
    static const char *const names[] = {"U", "S", "?", "M"};
    return names[mode & 3];
}

bool command_harts(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    fputs("  hart mode state                     pc         clock  instructions  reservation\n", monitor->out);
    for (unsigned hart = 0; hart < emu_harts(monitor->host.machine); hart++) {
        struct emu_hart_view view;
        emu_hart_view(monitor->host.machine, hart, &view);
        fprintf(monitor->out, "%c %4u %-4s %-8s 0x%016" PRIx64 " %13" PRIu64 " %13" PRIu64, hart == monitor->hart ? '*' : ' ', hart,
                monitor_mode_name(view.mode), monitor_state_name(view.state), view.pc, view.cycle, view.instructions);
        if (view.reserved)
            fprintf(monitor->out, "  0x%" PRIx64 ", %u bytes", view.reservation, view.reservation_bytes);
        fputc('\n', monitor->out);
    }
    return true;
}

bool command_hart(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    if (words->count > 1)
        return emu_error_set(error, "hart takes one number");
    if (words->count == 1 && !monitor_hart_number(monitor, words->word[0], &monitor->hart, error))
        return false;
    struct emu_hart_view view = chosen(monitor);
    fprintf(monitor->out, "hart %u: %s, mode %s, pc 0x%" PRIx64 "\n", monitor->hart, monitor_state_name(view.state),
            monitor_mode_name(view.mode), view.pc);
    return true;
}

/* ---- registers ---- */

/* Only those that are named, in the order of the names; a name that is none is said. */
static bool print_named(struct monitor *monitor, const struct words *words, struct emu_error *error)
{
    for (unsigned i = 0; i < words->count; i++) {
        uint64_t value;
        if (!monitor_value(monitor, words->word[i], &value, error))
            return false;
        fprintf(monitor->out, "%-9s 0x%016" PRIx64 " %" PRIi64 "\n", words->word[i], value, (int64_t)value);
    }
    return true;
}

bool command_regs(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_hart_view view = chosen(monitor);
    if (words->count > 0)
        return print_named(monitor, words, error);
    for (unsigned row = 0; row < 8; row++) {
        for (unsigned column = 0; column < 4; column++) {
            unsigned i = row + 8 * column;
            fprintf(monitor->out, "%s%-4s 0x%016" PRIx64, column ? "  " : "", isa_xreg_name(i), view.x[i]);
        }
        fputc('\n', monitor->out);
    }
    fprintf(monitor->out, "pc   0x%016" PRIx64 "  mode %s\n", view.pc, monitor_mode_name(view.mode));
    return true;
}

static void print_freg(FILE *out, unsigned reg, uint64_t bits)
{
    double value;
    float single;
    uint32_t low = (uint32_t)bits;
    memcpy(&value, &bits, sizeof value);
    memcpy(&single, &low, sizeof single);
    fprintf(out, "%-4s 0x%016" PRIx64, isa_freg_name(reg), bits);
    if (bits >> 32 == UINT32_MAX) /* a single-precision number in its box */
        fprintf(out, " %.9g (single)\n", (double)single);
    else
        fprintf(out, " %.17g\n", value);
}

bool command_fregs(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_hart_view view = chosen(monitor);
    for (unsigned w = 0; w < words->count; w++) {
        enum register_kind kind;
        unsigned reg;
        if (!monitor_register(words->word[w], &kind, &reg) || kind != REGISTER_F)
            return emu_error_set(error, "there is no floating-point register '%.40s'", words->word[w]);
        print_freg(monitor->out, reg, view.f[reg]);
    }
    for (unsigned reg = 0; words->count == 0 && reg < 32; reg++)
        print_freg(monitor->out, reg, view.f[reg]);
    return true;
}

/* ---- values and memory ---- */

bool command_print(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t value;
    if (words->count == 0)
        return emu_error_set(error, "an expression is missing");
    if (!monitor_value(monitor, words->text, &value, error))
        return false;
    fprintf(monitor->out, "0x%" PRIx64 " = %" PRIu64, value, value);
    if (value >> 63)
        fprintf(monitor->out, " = %" PRIi64, (int64_t)value);
    fputc('\n', monitor->out);
    return true;
}

/* Instructions from an address on; the one behind them. */
static bool print_code(struct monitor *monitor, uint64_t address, uint64_t count, uint64_t *ret_next, struct emu_error *error)
{
    uint64_t pc = chosen(monitor).pc;
    while (count-- > 0) {
        uint32_t bits = 0;
        char text[96];
        if (!monitor_read(monitor, address, &bits, 2) ||
            (isa_length((uint16_t)bits) == 4 && !monitor_read(monitor, address, &bits, 4)))
            return emu_error_set(error, "there is no memory at 0x%" PRIx64, address);
        char place[SYMBOLS_TEXT_BYTES];
        unsigned length = isa_length((uint16_t)bits);
        if (symbols_write(monitor->host.symbols, address, place, sizeof place) && !strchr(place, '+'))
            fprintf(monitor->out, "%s:\n", place);
        isa_disassemble(text, sizeof text, bits, address);
        fprintf(monitor->out, "%s 0x%" PRIx64 ":\t%0*" PRIx32 "%s\t%s\n", address == pc ? "=>" : "  ", address, (int)(2 * length),
                bits, length == 2 ? "    " : "", text);
        address += length;
    }
    *ret_next = address;
    return true;
}

bool command_disasm(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t address = monitor->disasm_next, count = 8;
    if (words->count > 2)
        return emu_error_set(error, "write disasm ADDRESS COUNT; an address of several words is written in quotation marks");
    if (words->count == 0)
        address = chosen(monitor).pc;
    else if (!monitor_value(monitor, words->word[0], &address, error))
        return false;
    if (words->count == 2 && !number_parse(words->word[1], 1, 10000, &count))
        return emu_error_set(error, "the count is 1 to 10000, not '%.40s'", words->word[1]);
    return print_code(monitor, address, count, &monitor->disasm_next, error);
}

/* "/4xg": a count, a format, a size, each once, in this order or the last two the other way round. */
static bool take_format(struct monitor *monitor, const char *text, uint64_t *ret_count, struct emu_error *error)
{
    char digits[24];
    size_t length = strspn(text, "0123456789");
    *ret_count = 1;
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    bool good = length == 0 || number_parse(digits, 1, 65536, ret_count);
    for (const char *c = text + length; *c && good; c++) {
        if (strchr("xduics", *c))
            monitor->x_format = *c;
        else if (strchr("bhwg", *c))
            monitor->x_size = *c;
        else
            good = false;
    }
    return good || emu_error_set(error, "/%.20s is no format: a count up to 65536, one of x d u c s i, and one of b h w g", text);
}

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
static bool print_string(struct monitor *monitor, uint64_t *address, struct emu_error *error)
{
    uint8_t byte;
    if (!monitor_read(monitor, *address, &byte, 1))
        return emu_error_set(error, "there is no memory at 0x%" PRIx64, *address);
    fprintf(monitor->out, "0x%" PRIx64 ": \"", *address);
    for (unsigned i = 0; i < 4096; i++) {
        if (!monitor_read(monitor, (*address)++, &byte, 1))
            return emu_error_set(error, "there is no memory at 0x%" PRIx64, *address - 1);
        if (byte == 0)
            break;
        fprintf(monitor->out, byte < 0x80 && isprint(byte) ? "%c" : "\\x%02x", byte);
    }
    fputs("\"\n", monitor->out);
    return true;
}

static bool print_items(struct monitor *monitor, uint64_t address, uint64_t count, struct emu_error *error)
{
    unsigned bytes = monitor->x_size == 'b' ? 1 : monitor->x_size == 'h' ? 2 : monitor->x_size == 'w' ? 4 : 8;
    unsigned in_line = 16 / bytes;
    for (uint64_t i = 0; i < count; i++, address += bytes) {
        uint64_t value = 0;
        if (!monitor_read(monitor, address, &value, bytes))
            return emu_error_set(error, "there is no memory at 0x%" PRIx64, address);
        if (i % in_line == 0)
            fprintf(monitor->out, "%s0x%" PRIx64 ":", i ? "\n" : "", address);
        print_item(monitor->out, monitor->x_format, bytes, value);
    }
    fputc('\n', monitor->out);
    monitor->x_next = address;
    return true;
}

bool command_x(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t count = 1, address = monitor->x_next;
    unsigned at = 0;
    if (!monitor->x_format) {
        monitor->x_format = 'x';
        monitor->x_size = 'g';
    }
    if (words->count > 0 && words->word[0][0] == '/' && !take_format(monitor, words->word[at++] + 1, &count, error))
        return false;
    if (words->count > at + 1)
        return emu_error_set(error, "one address is expected; of several words it is written in quotation marks");
    if (words->count > at && !monitor_value(monitor, words->word[at], &address, error))
        return false;
    if (monitor->x_format == 'i')
        return print_code(monitor, address, count, &monitor->x_next, error);
    if (monitor->x_format != 's')
        return print_items(monitor, address, count, error);
    while (count-- > 0)
        if (!print_string(monitor, &address, error))
            return false;
    monitor->x_next = address;
    return true;
}

/* ---- the machine ---- */

bool command_reservations(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    for (unsigned hart = 0; hart < emu_harts(monitor->host.machine); hart++) {
        struct emu_hart_view view;
        struct emu_hart_stats stats;
        emu_hart_view(monitor->host.machine, hart, &view);
        emu_hart_stats(monitor->host.machine, hart, &stats);
        fprintf(monitor->out, "hart %u: ", hart);
        if (view.reserved)
            fprintf(monitor->out, "reserves %u bytes at 0x%" PRIx64, view.reservation_bytes, view.reservation);
        else
            fputs("no reservation", monitor->out);
        fprintf(monitor->out, "; sc: %" PRIu64 " succeeded, %" PRIu64 " failed", stats.sc_succeeded, stats.sc_failed);
        for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
            if (stats.sc_failed_by[reason])
                fprintf(monitor->out, ", %" PRIu64 " by %s", stats.sc_failed_by[reason], emu_reason_name(reason));
        fputc('\n', monitor->out);
    }
    return true;
}

static void print_failure(FILE *out, struct symbols *symbols, const struct emu_sc_failure *failure)
{
    char place[SYMBOLS_TEXT_BYTES], by[SYMBOLS_TEXT_BYTES];
    if (!symbols_write(symbols, failure->pc, place, sizeof place))
        snprintf(place, sizeof place, "0x%" PRIx64, failure->pc);
    fprintf(out, "%" PRIu64 " hart %u %s: %s", failure->cycle, failure->hart, place, emu_reason_name(failure->reason));
    if (failure->address)
        fprintf(out, ", 0x%" PRIx64, failure->address);
    if (failure->by != EMU_NOBODY && failure->by != failure->hart) {
        if (!symbols_write(symbols, failure->by_pc, by, sizeof by))
            snprintf(by, sizeof by, "0x%" PRIx64, failure->by_pc);
        fprintf(out, ", taken by hart %u %s", failure->by, by);
    }
    if (failure->lost_cycle)
        fprintf(out, " at cycle %" PRIu64, failure->lost_cycle);
    fputc('\n', out);
}

bool command_sc_failures(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t count = 10;
    struct emu_sc_failure failure;
    if (words->count > 1 || (words->count == 1 && !number_parse(words->word[0], 1, EMU_SC_LOG_RECORDS, &count)))
        return emu_error_set(error, "write sc-failures N, from 1 to %d", EMU_SC_LOG_RECORDS);
    bool any = false;
    for (uint64_t back = count; back-- > 0;)
        if (emu_sc_log_read(monitor->host.machine, (unsigned)back, &failure)) {
            print_failure(monitor->out, monitor->host.symbols, &failure);
            any = true;
        }
    if (!any)
        fputs("no sc has failed since the log is on\n", monitor->out);
    return true;
}

bool command_stats(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    summary_print(monitor->out, monitor->host.machine, &monitor->options->machine);
    return true;
}

bool command_hash(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_position position = emu_position(monitor->host.machine);
    fprintf(monitor->out, "%016" PRIx64 " at cycle %" PRIu64 ", %" PRIu64 " events, %" PRIu64 " steps\n",
            emu_state_hash(monitor->host.machine), emu_now(monitor->host.machine), position.events, position.steps);
    return true;
}

bool command_config(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const char *section = "";
    bool any = false;
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        char text[32];
        if (words->count > 0 && strcmp(words->word[0], row->section))
            continue;
        any = true;
        if (strcmp(section, row->section))
            fprintf(monitor->out, "[%s]\n", section = row->section);
        emu_config_text(&monitor->options->machine, row, text);
        fprintf(monitor->out, "%s = %s\n", row->key, text);
    }
    return any || emu_error_set(error, "the configuration has no section '%.40s'", words->word[0]);
}
