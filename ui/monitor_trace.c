/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events written down while the machine goes on: `trace`. They are read behind the machine's back, when it has gone on already, so
 * nothing but the event itself can be said of them.
 */
#define _GNU_SOURCE
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct trace *trace)
{
    if (trace->file)
        fclose(trace->file);
    free(trace->path);
    *trace = (struct trace){0};
}

void monitor_forget_traces(struct monitor *monitor)
{
    for (unsigned i = 0; i < TRACES_MOST; i++)
        forget(&monitor->trace[i]);
}

/* ---- what is typed ---- */

static bool trace_off(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    bool off[TRACES_MOST] = {false};
    for (unsigned w = 1; w < words->count; w++) {
        uint64_t number;
        unsigned i = 0;
        bool is_number = number_parse(words->word[w], 1, UINT32_MAX, &number);
        while (is_number && i < TRACES_MOST && monitor->trace[i].number != number)
            i++;
        if (!is_number || i == TRACES_MOST)
            return emu_error_set(error, "there is no trace %.40s; info traces lists them", words->word[w]);
        off[i] = true;
    }
    for (unsigned i = 0; i < TRACES_MOST; i++)
        if (off[i] || words->count == 1)
            forget(&monitor->trace[i]);
    return true;
}

/* "[hart H] [to FILE]" from word `at` on. */
static bool take_rest(struct monitor *monitor, struct words *words, unsigned at, struct trace *trace, struct emu_error *error)
{
    if (at + 1 < words->count && !strcmp(words->word[at], "hart")) {
        unsigned hart;
        if (!monitor_hart_number(monitor, words->word[at + 1], &hart, error))
            return false;
        trace->event.hart = (int)hart;
        at += 2;
    }
    if (at < words->count && !strcmp(words->word[at], "if"))
        return emu_error_set(error, "a trace has no condition, since it is written when the machine has gone on; catch has one");
    if (at == words->count)
        return true;
    if (at + 2 != words->count || strcmp(words->word[at], "to"))
        return emu_error_set(error, "[hart H] [to FILE] is expected, not '%.40s'", words->word[at]);
    trace->path = strdup(words->word[at + 1]);
    trace->file = trace->path ? fopen(trace->path, "w") : NULL;
    return trace->file || emu_error_set(error, "cannot write %s: %m", words->word[at + 1]);
}

void monitor_print_traces(struct monitor *monitor)
{
    unsigned count = 0;
    for (unsigned i = 0; i < TRACES_MOST; i++) {
        const struct trace *trace = &monitor->trace[i];
        if (!trace->number)
            continue;
        count++;
        fprintf(monitor->out, "trace %u: ", trace->number);
        monitor_print_wish(monitor->out, &trace->event);
        if (trace->event.hart >= 0)
            fprintf(monitor->out, " hart %d", trace->event.hart);
        fprintf(monitor->out, " to %s, %" PRIu64 " written\n", trace->path ? trace->path : "the screen", trace->met);
    }
    if (count == 0)
        fputs("no traces\n", monitor->out);
}

bool command_trace(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct trace trace = {0};
    unsigned taken, i = 0;
    if (words->count == 0) {
        monitor_print_traces(monitor);
        return true;
    }
    if (!strcmp(words->word[0], "off"))
        return trace_off(monitor, words, error);
    while (i < TRACES_MOST && monitor->trace[i].number)
        i++;
    if (i == TRACES_MOST)
        return emu_error_set(error, "there can be %d traces", TRACES_MOST);
    if (!monitor_take_event(monitor, words, &trace.event, &taken, error))
        return false;
    if (trace.event.kind == EMU_EVENT_CONSOLE_OUT)
        return emu_error_set(error, "what the guest writes is on the screen already; catch console TEXT waits for it");
    if (!take_rest(monitor, words, taken, &trace, error)) {
        forget(&trace);
        return false;
    }
    trace.number = ++monitor->traces_made;
    monitor->trace[i] = trace;
    fprintf(monitor->out, "trace %u of ", trace.number);
    monitor_print_wish(monitor->out, &trace.event);
    fprintf(monitor->out, " to %s\n", trace.path ? trace.path : "the screen");
    return true;
}

/* ---- what happens ---- */

static void write_lines(const struct monitor *monitor, const struct emu_event *event, FILE *to)
{
    char text[EVENT_TEXT_BYTES], place[SYMBOLS_TEXT_BYTES] = "";
    /* Of a loss the pc is that of who did it, which the sentence has. */
    bool is_others = event->kind == EMU_EVENT_RESERVATION_LOST || event->kind == EMU_EVENT_LINE_INVALIDATED;
    bool is_named = !is_others && event->hart != UINT16_MAX && symbols_write(monitor->host.symbols, event->pc, place, sizeof place);
    event_write(event, monitor->host.symbols, text);
    fprintf(to, "%" PRIu64, event->cycle);
    if (event->hart != UINT16_MAX)
        fprintf(to, " hart %u", event->hart);
    if (event->hart != UINT16_MAX && !is_others)
        fprintf(to, " 0x%" PRIx64 "%s%s%s", event->pc, is_named ? " <" : "", place, is_named ? ">" : "");
    fprintf(to, " %s: %s\n", emu_event_name(event->kind), text);
}

static void write_json(const struct monitor *monitor, const struct emu_event *event, FILE *to)
{
    char text[EVENT_TEXT_BYTES];
    event_write(event, monitor->host.symbols, text);
    json_t *object = json_pack(
        "{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:s}", "event", emu_event_name(event->kind), "cycle", (json_int_t)event->cycle, "hart",
        event->hart == UINT16_MAX ? json_null() : json_integer(event->hart), "other",
        event->other == UINT16_MAX ? json_null() : json_integer(event->other), "pc", json_sprintf("0x%" PRIx64, event->pc), "a",
        json_sprintf("0x%" PRIx64, event->a), "b", json_sprintf("0x%" PRIx64, event->b), "text", text);
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    fprintf(to, "%s\n", line ? line : "{}");
    free(line);
    json_decref(object);
}

bool monitor_hears(const struct monitor *monitor, const struct emu_event *event)
{
    for (unsigned i = 0; i < TRACES_MOST; i++)
        if (monitor->trace[i].number && !monitor->trace[i].file && monitor_is_wished(&monitor->trace[i].event, event))
            return true;
    return false;
}

void monitor_hear(struct monitor *monitor, const struct emu_event *event)
{
    bool is_shown = false; /* several traces may want it there */
    for (unsigned i = 0; i < TRACES_MOST; i++) {
        struct trace *trace = &monitor->trace[i];
        if (!trace->number || !monitor_is_wished(&trace->event, event))
            continue;
        trace->met++;
        if (!trace->file && is_shown)
            continue;
        is_shown |= !trace->file;
        FILE *to = trace->file ? trace->file : stdout;
        if (monitor->options->json)
            write_json(monitor, event, to);
        else
            write_lines(monitor, event, to);
        if (!ferror(to) || !trace->file)
            continue;
        printf("trace %u ends: cannot write %s: %m\n", trace->number, trace->path);
        forget(trace);
    }
}
