/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor's commands that only look.
 */
#include "config.h"
#include "monitor_private.h"
#include "summary.h"
#include "word.h"

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

/* ---- values ---- */

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
    if (words->count > 1)
        return emu_error_set(error, "config takes one section, not '%.100s'", words->text);
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
