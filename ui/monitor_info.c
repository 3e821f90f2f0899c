/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `info`: what the monitor itself has and knows, a topic a row.
 */
#include "monitor_private.h"

#include <inttypes.h>
#include <isa/trap.h>
#include <string.h>

static void print_events(struct monitor *monitor)
{
    static const char *const says[] = {
#define EVENT(name, text, meaning) meaning,
#include <emu/event.def>
#undef EVENT
    };
    for (unsigned kind = 0; kind < EMU_EVENT_COUNT; kind++) {
        const char *argument = event_argument_meaning(kind);
        fprintf(monitor->out, "%s%s%s\n    %s\n", event_word(kind), argument[0] ? " " : "", argument, says[kind]);
    }
}

static void print_reasons(struct monitor *monitor)
{
    static const char *const meanings[] = {
#define REASON(name, text, meaning) meaning,
#include <emu/reason.def>
#undef REASON
    };
    for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
        fprintf(monitor->out, "%-14s %s\n", emu_reason_name(reason), meanings[reason]);
}

static void print_causes(struct monitor *monitor)
{
    uint64_t cause;
    for (size_t n = 0; event_cause(n, &cause); n++) {
        char name[EVENT_CAUSE_BYTES];
        event_cause_write(cause, name);
        fprintf(monitor->out, "%-16s %s %2" PRIu64 "  %s\n", name, cause & ISA_CAUSE_INTERRUPT ? "interrupt" : "exception",
                cause & ~ISA_CAUSE_INTERRUPT, isa_cause_name(cause));
    }
}

static void print_images(struct monitor *monitor)
{
    size_t count = symbols_images(monitor->host.symbols);
    for (size_t i = 0; i < count; i++)
        fprintf(monitor->out, "%s\n", symbols_image_name(monitor->host.symbols, i));
    fprintf(monitor->out, "%zu symbol%s\n", symbols_count(monitor->host.symbols),
            symbols_count(monitor->host.symbols) == 1 ? "" : "s");
}

static const struct {
    const char *name;
    void (*print)(struct monitor *monitor);
} topics[] = {
    {"stops", monitor_print_stops}, {"traces", monitor_print_traces}, {"events", print_events}, {"reasons", print_reasons},
    {"causes", print_causes},       {"pmp", monitor_print_pmp},       {"images", print_images},
};

const char *monitor_topic(unsigned n)
{
    return n < sizeof topics / sizeof topics[0] ? topics[n].name : NULL;
}

bool command_info(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const char *name = words->count ? words->word[0] : "stops";
    for (size_t i = 0; i < sizeof topics / sizeof topics[0] && words->count < 2; i++) {
        if (strncmp(topics[i].name, name, strlen(name)))
            continue;
        topics[i].print(monitor);
        return true;
    }
    return emu_error_set(error, "there is info on stops, traces, events, reasons, causes, pmp and images, not on '%.40s'",
                         words->text);
}
