/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor's commands about names, source lines and callers.
 */
#include "monitor_private.h"
#include "source.h"
#include "unwind_trap.h"
#include "word.h"

#include <inttypes.h>
#include <isa/trap.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS_SHOWN 200
#define LINES_SHOWN   10

/* `address` is what names and lines are looked up by: of a return address the call before it. */
static void print_place(struct monitor *monitor, uint64_t pc, uint64_t address)
{
    char place[SYMBOLS_TEXT_BYTES];
    struct symbols_inline calls[8];
    struct symbols_line line;
    size_t count = symbols_inlined(monitor->host.symbols, address, calls, sizeof calls / sizeof calls[0]);
    fprintf(monitor->out, "0x%" PRIx64, pc);
    if (symbols_write_by(monitor->host.symbols, address, pc, place, sizeof place))
        fprintf(monitor->out, " <%s>", place);
    for (size_t i = 0; i < count; i++)
        fprintf(monitor->out, " in %s, inlined", calls[i].name);
    if (symbols_line(monitor->host.symbols, address, &line))
        fprintf(monitor->out, " at %s:%u", line.file, line.line);
    fputc('\n', monitor->out);
}

static void print_symbol(struct monitor *monitor, const struct symbol *symbol)
{
    static const char *const kinds[] = {[SYMBOL_FUNCTION] = "function", [SYMBOL_OBJECT] = "object", [SYMBOL_LABEL] = "label"};
    bool with_file = symbol->file && symbol->is_shared;
    fprintf(monitor->out, "0x%016" PRIx64 " %6" PRIu64 " %-8s %s%s%s\n", symbol->address, symbol->bytes, kinds[symbol->kind],
            with_file ? symbol->file : "", with_file ? ":" : "", symbol->name);
}

bool command_symbols(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t address;
    size_t first, count;
    if (words->count > 1 && !strcmp(words->word[0], "at")) {
        if (!monitor_value(monitor, words->text + strlen("at"), &address, error))
            return false;
        print_place(monitor, address, address);
        return true;
    }
    if (words->count > 1)
        return emu_error_set(error, "write symbols BEGINNING or symbols at ADDRESS");
    count = symbols_prefix(monitor->host.symbols, words->count ? words->word[0] : "", &first);
    for (size_t i = 0; i < count && i < SYMBOLS_SHOWN; i++)
        print_symbol(monitor, symbols_at(monitor->host.symbols, first + i));
    if (count > SYMBOLS_SHOWN)
        fprintf(monitor->out, "and %zu more\n", count - SYMBOLS_SHOWN);
    if (count == 0)
        fputs("no symbols\n", monitor->out);
    return true;
}

/* ---- callers ---- */

static bool read_for_unwind(void *context, uint64_t address, void *to, size_t bytes)
{
    struct monitor *monitor = context;
    return monitor_examine(monitor, monitor->hart, EMU_LOAD, address, to, bytes);
}

/* What the chosen hart's CSRs say of the last trap into this mode, and from which mode it came. */
static void cause_of(const struct monitor *monitor, unsigned mode, struct unwind_cause *ret_cause, uint64_t *ret_code,
                     unsigned *ret_from)
{
    bool is_m = mode == ISA_MODE_M;
    unsigned base = is_m ? 0x300 : 0x100; /* xstatus; xtvec is + 5, xscratch + 0x40, xepc + 0x41, xcause + 0x42 */
    uint64_t of[5] = {0};
    static const unsigned offsets[5] = {0, 5, 0x40, 0x41, 0x42};
    for (unsigned i = 0; i < 5; i++)
        emu_csr_read(monitor->host.machine, monitor->hart, base + offsets[i], &of[i]);
    bool is_vectored = of[1] & 1 && of[4] & ISA_CAUSE_INTERRUPT;
    *ret_cause = (struct unwind_cause){.vector = (of[1] & ~UINT64_C(3)) + (is_vectored ? 4 * (of[4] & 0xfff) : 0),
                                       .epc = of[3],
                                       .scratch = of[2],
                                       .scratch_csr = base + 0x40,
                                       .epc_csr = base + 0x41};
    *ret_code = of[4];
    *ret_from = is_m ? of[0] >> 11 & 3 : of[0] >> 8 & 1;
}

/* If the frame is a trap handler's, the interrupted one takes its place. The CSRs tell of one trap into each mode only. */
static bool through_trap(struct monitor *monitor, const struct unwind_memory *memory, unsigned *mode, struct unwind_frame *frame,
                         struct caller *ret_caller)
{
    struct unwind_cause cause;
    struct unwind_frame outer;
    if (*mode == ISA_MODE_U)
        return false;
    ret_caller->to = *mode;
    cause_of(monitor, *mode, &cause, &ret_caller->cause, &ret_caller->from);
    if (!unwind_through_trap(memory, frame, &cause, &outer))
        return false;
    *mode = ret_caller->from < *mode ? ret_caller->from : ISA_MODE_U; /* of an outer trap into the same mode nothing is known */
    *frame = outer;
    return true;
}

struct caller monitor_caller(struct monitor *monitor, unsigned *mode, struct unwind_frame *frame)
{
    const struct unwind_memory memory = {read_for_unwind, monitor};
    struct caller caller = {.by = UNWIND_CFI};
    caller.is_interrupted = through_trap(monitor, &memory, mode, frame, &caller);
    if (!caller.is_interrupted)
        caller.by = unwind_step(monitor->host.symbols, &memory, frame);
    return caller;
}

bool command_backtrace(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    static const char *const found_by[] = {
        [UNWIND_END] = "", [UNWIND_CFI] = "", [UNWIND_FRAME_POINTER] = " by s0:", [UNWIND_RA] = " by ra:"};
    static const char modes[] = "US?M";
    static const char *const names[] = {[UNWIND_END] = "", [UNWIND_CFI] = "cfi", [UNWIND_FRAME_POINTER] = "s0", [UNWIND_RA] = "ra"};
    struct emu_hart_view view;
    uint64_t most = 32;
    if (words->count > 1 || (words->count == 1 && !number_parse(words->word[0], 1, 256, &most)))
        return emu_error_set(error, "write backtrace N, from 1 to 256");
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    struct unwind_frame frame = unwind_begin(view.pc, view.x);
    struct caller caller = {.by = UNWIND_CFI};
    unsigned mode = view.mode;
    for (uint64_t n = 0; n < most && caller.by != UNWIND_END; n++) {
        fprintf(monitor->out, "#%" PRIu64 "%s ", n, found_by[caller.by]);
        print_place(monitor, frame.pc, unwind_address(&frame));
        monitor_tell_frame(monitor, n ? names[caller.by] : "pc", frame.pc, unwind_address(&frame));
        caller = monitor_caller(monitor, &mode, &frame);
        if (!caller.is_interrupted)
            continue;
        fprintf(monitor->out, "-- %s, from %c to %c --\n", isa_cause_name(caller.cause), modes[caller.from], modes[caller.to & 3]);
        monitor_tell_trap(monitor, caller.cause, caller.from, caller.to);
    }
    return true;
}

/* ---- source lines ---- */

bool monitor_is_line(const char *text)
{
    const char *colon = strrchr(text, ':');
    return colon && colon != text && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

size_t monitor_line_places(struct monitor *monitor, const char *text, uint64_t *ret_addresses, size_t room, struct emu_error *error)
{
    enum { PLACES_MOST = 1024 };
    uint64_t all[PLACES_MOST];
    char other[512];
    unsigned next;
    size_t found = symbols_line_addresses(monitor->host.symbols, text, all, PLACES_MOST, &next), count = 0;
    if (found == 0 && next > 0) {
        snprintf(other, sizeof other, "%.*s:%u", (int)(strrchr(text, ':') - text), text, next);
        found = symbols_line_addresses(monitor->host.symbols, other, all, PLACES_MOST, &next);
    }
    const struct symbol *before = NULL;
    for (size_t i = 0; i < found && i < PLACES_MOST && count < room; i++) {
        const struct symbol *symbol = symbols_lookup(monitor->host.symbols, all[i], NULL);
        if (i == 0 || symbol != before)
            ret_addresses[count++] = all[i];
        before = symbol;
    }
    if (count == 0)
        emu_error_set(error, "no code is known of %.100s", text);
    return count;
}

/* Whether the line is of the file in FILE:LINE; of folders both may say more or less. */
static bool is_in_file(const struct symbols_line *line, const char *text)
{
    size_t length = strcspn(text, ":");
    const char *name = strrchr(line->file, '/') ? strrchr(line->file, '/') + 1 : line->file;
    while (length > 0 && memchr(text, '/', length)) {
        length -= (size_t)(strchr(text, '/') + 1 - text);
        text = strchr(text, '/') + 1;
    }
    return strlen(name) == length && !memcmp(name, text, length);
}

/* The line to be listed: FILE:LINE, or that of an address. */
static bool find_line(struct monitor *monitor, const char *text, struct symbols_line *ret_line, struct emu_error *error)
{
    uint64_t address;
    bool is_line = monitor_is_line(text);
    if (is_line && monitor_line_places(monitor, text, &address, 1, error) == 0)
        return false;
    if (!is_line && !monitor_value(monitor, text, &address, error))
        return false;
    if (!symbols_line(monitor->host.symbols, address, ret_line))
        return emu_error_set(error, "no source line is known of 0x%" PRIx64, address);
    if (is_line && is_in_file(ret_line, text)) /* an address may be of several lines, and code be of a later one */
        ret_line->line = (unsigned)strtoul(strrchr(text, ':') + 1, NULL, 10);
    return true;
}

bool command_list(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct symbols_line line;
    struct source source;
    struct emu_hart_view view;
    char here[24];
    bool goes_on = (words->count == 0 || monitor->is_again) && monitor->list_next > 0;
    if (monitor->is_again && !goes_on)
        return emu_error_set(error, "the file ends there");
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    snprintf(here, sizeof here, "0x%" PRIx64, goes_on ? monitor->list_address : view.pc);
    if (!find_line(monitor, words->count && !goes_on ? words->text : here, &line, error) ||
        !source_read(&source, line.file, line.directory, monitor->options->source_paths, monitor->options->source_path_count,
                     error))
        return false;
    size_t before = line.line > LINES_SHOWN / 2 ? line.line - LINES_SHOWN / 2 : 1;
    size_t from = goes_on ? monitor->list_next : before, n = from;
    for (; n < from + LINES_SHOWN && n <= source.count; n++)
        fprintf(monitor->out, "%s %5zu %s\n", n == line.line && !goes_on ? "=>" : "  ", n, source.lines[n - 1]);
    monitor->list_address = line.address;
    monitor->list_next = n <= source.count ? n : 0;
    source_finish(&source);
    return true;
}
