/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events that a person asks for: `catch`, what is said of an event besides its kind, and which of that libemu can be told, so that
 * the machine does not stop for others.
 */
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is typed ---- */

/* \n, \r, \t, \\ and \xHH stand for bytes. */
static bool take_text(const char *word, char ret_text[static TEXT_BYTES], struct emu_error *error)
{
    size_t length = 0;
    for (const char *at = word; *at; at++) {
        static const char letters[] = "nrt\\", bytes[] = "\n\r\t\\";
        char byte = *at;
        if (byte == '\\') {
            const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
            char digits[5] = {'0', 'x', at[1] == 'x' ? at[2] : '\0', at[1] == 'x' && at[2] ? at[3] : '\0'};
            uint64_t value;
            if (letter)
                byte = bytes[letter - letters];
            else if (digits[3] && number_parse(digits, 1, 255, &value))
                byte = (char)value;
            else
                return emu_error_set(error, "\\ is followed by n, r, t, \\ or xHH, not by '%.3s'", at + 1);
            at += letter ? 1 : 3;
        }
        if (length == TEXT_BYTES - 1)
            return emu_error_set(error, "the text is longer than %d bytes", TEXT_BYTES - 1);
        ret_text[length++] = byte;
    }
    ret_text[length] = '\0';
    return length > 0 || emu_error_set(error, "the text is empty");
}

static bool take_argument(struct monitor *monitor, const char *word, struct event_wish *wish, struct emu_error *error)
{
    enum event_argument argument = event_argument(wish->kind);
    wish->has_value = argument != EVENT_ARGUMENT_TEXT;
    switch (argument) {
    case EVENT_ARGUMENT_TEXT:
        return take_text(word, wish->text, error);
    case EVENT_ARGUMENT_CAUSE:
    case EVENT_ARGUMENT_REASON:
        return event_argument_name(argument, word, &wish->value, error);
    case EVENT_ARGUMENT_NONE:
        return emu_error_set(error, "[hart H] [if EXPRESSION] is expected behind %s, not '%.40s'", event_word(wish->kind), word);
    case EVENT_ARGUMENT_SOURCE: {
        unsigned sources = emu_irq_sources(monitor->host.machine);
        return monitor_value(monitor, word, &wish->value, error) &&
               ((wish->value >= 1 && wish->value <= sources) ||
                emu_error_set(error, "the interrupt sources are 1 to %u, not '%.40s'", sources, word));
    }
    default:
        return monitor_value(monitor, word, &wish->value, error);
    }
}

bool monitor_take_event(struct monitor *monitor, struct words *words, struct event_wish *ret_wish, unsigned *ret_words,
                        struct emu_error *error)
{
    static const char *const behind[] = {"hart", "if", "to", "to!"};
    *ret_wish = (struct event_wish){.hart = -1};
    *ret_words = 1;
    if (!event_find(words->word[0], &ret_wish->kind, error))
        return false;
    bool has_argument = words->count > 1;
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++)
        has_argument = has_argument && strcmp(words->word[1], behind[i]) != 0;
    *ret_words += has_argument;
    return !has_argument || take_argument(monitor, words->word[1], ret_wish, error);
}

static void print_text(FILE *out, const char *text)
{
    fputs(" \"", out);
    for (; *text; text++)
        fprintf(out, *text >= ' ' && *text < 0x7f ? "%c" : "\\x%02x", (unsigned char)*text);
    fputc('"', out);
}

void monitor_print_wish(FILE *out, const struct event_wish *wish)
{
    enum event_argument argument = event_argument(wish->kind);
    char cause[EVENT_CAUSE_BYTES];
    event_cause_write(wish->value, cause);
    fputs(event_word(wish->kind), out);
    if (wish->text[0])
        print_text(out, wish->text);
    else if (wish->has_value && argument == EVENT_ARGUMENT_REASON)
        fprintf(out, " %s", emu_reason_name((unsigned)wish->value));
    else if (wish->has_value && argument == EVENT_ARGUMENT_CAUSE)
        fprintf(out, " %s", cause);
    else if (wish->has_value && argument == EVENT_ARGUMENT_SOURCE)
        fprintf(out, " %" PRIu64, wish->value);
    else if (wish->has_value)
        fprintf(out, " 0x%" PRIx64, wish->value);
}

bool command_catch(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct stop_point point = {.kind = STOP_CATCH};
    unsigned taken;
    if (words->count == 0)
        return emu_error_set(error, "an event is missing; info events lists them");
    if (!monitor_take_event(monitor, words, &point.event, &taken, error) || !monitor_filter(monitor, words, taken, &point, error))
        return false;
    if (point.event.kind == EMU_EVENT_CONSOLE_OUT && point.hart >= 0)
        return emu_error_set(error, "what reaches the console is no hart's any more: catch console TEXT has no hart");
    struct stop_point *place = monitor_free_point(monitor, error);
    if (!place)
        return false;
    point.event.hart = point.hart;
    point.number = ++monitor->stops_made;
    *place = point;
    fprintf(monitor->out, "stop %u at ", point.number);
    monitor_print_wish(monitor->out, &point.event);
    fprintf(monitor->out, point.hart < 0 ? "\n" : " hart %d\n", point.hart);
    return true;
}

/* ---- met ---- */

bool monitor_is_wished(const struct event_wish *wish, const struct emu_event *event)
{
    return wish->kind == event->kind && (wish->hart < 0 || wish->hart == event->hart) &&
           (!wish->has_value || event_matches(event, wish->value));
}

/* The guest has written a byte: how much of the text stands at the end of all it has written now. */
static unsigned text_after(const char *text, unsigned at, char byte)
{
    for (;;) {
        if (text[at] == byte)
            return at + 1;
        if (at == 0)
            return 0;
        unsigned shorter = at - 1; /* the longest beginning of the text that ends what fits so far */
        while (shorter > 0 && memcmp(text, text + at - shorter, shorter) != 0)
            shorter--;
        at = shorter;
    }
}

bool monitor_catches(struct stop_point *point, const struct emu_event *event)
{
    const char *text = point->event.text;
    if (!monitor_is_wished(&point->event, event))
        return false;
    if (!text[0])
        return true;
    point->text_at = text_after(text, point->text_at, (char)event->a);
    if (text[point->text_at])
        return false;
    point->text_at = 0;
    return true;
}

/* ---- what libemu is told ---- */

/* Whether all that are caught of a kind are of certain harts, or have a certain a: then the machine need not stop for others. */
static bool add_filters(struct monitor *monitor, unsigned kind)
{
    struct emu_machine *machine = monitor->host.machine;
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        const struct stop_point *point = &monitor->stop[i];
        const struct event_wish *wish = &point->event;
        if (point->kind != STOP_CATCH || point->is_off || wish->kind != kind)
            continue;
        bool is_line = event_argument(kind) == EVENT_ARGUMENT_LINE, is_b = event_argument(kind) == EVENT_ARGUMENT_LINE_B;
        uint64_t a = is_line ? wish->value / EMU_LINE_BYTES * EMU_LINE_BYTES : wish->value;
        unsigned hart = wish->hart < 0 ? EMU_ANY_HART : (unsigned)wish->hart;
        if (!emu_stop_filter(machine, kind, hart, wish->has_value && !is_b ? &a : NULL))
            return false;
    }
    return true;
}

void monitor_select(struct monitor *monitor, uint64_t own_stops, uint64_t own_records)
{
    struct emu_machine *machine = monitor->host.machine;
    uint64_t caught = 0, traced = 0;
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].kind == STOP_CATCH && !monitor->stop[i].is_off)
            caught |= EMU_EVENT_BIT(monitor->stop[i].event.kind);
    for (unsigned i = 0; i < TRACES_MOST; i++)
        if (monitor->trace[i].number)
            traced |= EMU_EVENT_BIT(monitor->trace[i].event.kind);
    for (unsigned kind = 0; kind < EMU_EVENT_COUNT; kind++) {
        emu_stop_unfilter(machine, kind);
        if (caught & ~own_stops & EMU_EVENT_BIT(kind) && !add_filters(monitor, kind))
            emu_stop_unfilter(machine, kind); /* no room: it stops for all, and goes on */
    }
    emu_events_select(machine, own_records | traced);
    emu_stop_on(machine, own_stops | caught);
}
