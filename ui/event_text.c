/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names and sentences of events, from their rows.
 */
#include "event_text.h"
#include "word.h"

#include <ctype.h>
#include <inttypes.h>
#include <isa/trap.h>
#include <stdio.h>
#include <string.h>

#define CAUSES 64 /* privileged specification 1.12, table 3.6; of exceptions and of interrupts, with bit 63 */

static const struct {
    const char *second, *meaning;
    enum event_argument argument;
} rows[EMU_EVENT_COUNT] = {
#define EVENT_ARGUMENT(kind, name, what, text) [EMU_EVENT_##kind] = {name, text, EVENT_ARGUMENT_##what},
#include "event_argument.def"
};

/* Each kind has its row. */
enum {
#define EVENT_ARGUMENT(kind, name, what, text) ROW_OF_##kind,
#include "event_argument.def"
    ROW_COUNT
};
_Static_assert((int)ROW_COUNT == (int)EMU_EVENT_COUNT, "a row of event_argument.def is missing");

/* ---- names ---- */

const char *event_word(unsigned kind)
{
    return rows[kind].second[0] ? rows[kind].second : emu_event_name(kind);
}

const char *event_argument_meaning(unsigned kind)
{
    return rows[kind].meaning;
}

enum event_argument event_argument(unsigned kind)
{
    return rows[kind].argument;
}

bool event_find(const char *name, unsigned *ret_kind, struct emu_error *error)
{
    struct nearest nearest = nearest_to(name);
    for (unsigned kind = 0; kind < EMU_EVENT_COUNT; kind++) {
        if (!strcmp(emu_event_name(kind), name) || !strcmp(event_word(kind), name)) {
            *ret_kind = kind;
            return true;
        }
        nearest_offer(&nearest, emu_event_name(kind));
        nearest_offer(&nearest, event_word(kind));
    }
    return emu_error_set(error, "there is no event '%.40s'%s%s%s", name, nearest.name ? "; did you mean " : "",
                         nearest.name ? nearest.name : "", nearest.name ? "?" : "");
}

/* A cause's name as a person writes it: LOAD_PAGE is load-page. */
static const struct {
    const char *name;
    uint64_t cause;
} causes[] = {
#define TRAP(name, number, meaning)      {#name, number},
#define INTERRUPT(name, number, meaning) {#name, ISA_CAUSE_INTERRUPT | number},
#include <isa/trap.def>
};

static void cause_name(size_t n, char ret_text[static EVENT_CAUSE_BYTES])
{
    size_t length = strlen(causes[n].name);
    for (size_t i = 0; i <= length; i++)
        ret_text[i] = causes[n].name[i] == '_' ? '-' : (char)tolower((unsigned char)causes[n].name[i]);
}

bool event_cause(size_t n, uint64_t *ret_cause)
{
    if (n < sizeof causes / sizeof causes[0])
        *ret_cause = causes[n].cause;
    return n < sizeof causes / sizeof causes[0];
}

void event_cause_write(uint64_t cause, char ret_text[static EVENT_CAUSE_BYTES])
{
    snprintf(ret_text, EVENT_CAUSE_BYTES, "0x%" PRIx64, cause);
    for (size_t n = 0; n < sizeof causes / sizeof causes[0]; n++)
        if (causes[n].cause == cause)
            cause_name(n, ret_text);
}

static bool cause_find(const char *text, uint64_t *ret_cause)
{
    for (size_t n = 0; n < sizeof causes / sizeof causes[0]; n++) {
        char name[EVENT_CAUSE_BYTES];
        cause_name(n, name);
        if (!strcmp(text, name)) {
            *ret_cause = causes[n].cause;
            return true;
        }
    }
    return number_parse(text, 0, UINT64_MAX, ret_cause) && (*ret_cause & ~ISA_CAUSE_INTERRUPT) < CAUSES;
}

bool event_argument_name(enum event_argument argument, const char *text, uint64_t *ret_value, struct emu_error *error)
{
    if (argument == EVENT_ARGUMENT_CAUSE)
        return cause_find(text, ret_value) ||
               emu_error_set(error, "'%.40s' is no cause of a trap: 0 to 63, or as load-page, ecall-u, sti; info causes lists them",
                             text);
    for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
        if (!strcmp(text, emu_reason_name(reason))) {
            *ret_value = reason;
            return true;
        }
    return emu_error_set(error, "'%.40s' is no reason to lose a reservation; info reasons lists them", text);
}

bool event_matches(const struct emu_event *event, uint64_t value)
{
    switch (rows[event->kind].argument) {
    case EVENT_ARGUMENT_LINE:
        return event->a / EMU_LINE_BYTES == value / EMU_LINE_BYTES;
    case EVENT_ARGUMENT_LINE_B:
        return event->b / EMU_LINE_BYTES == value / EMU_LINE_BYTES;
    default:
        return event->a == value;
    }
}

/* ---- sentences ---- */

/* " by hart 2 at 0x80000010 <name>", " by a device". */
static void write_culprit(const struct emu_event *event, struct symbols *symbols, char *text, size_t bytes)
{
    char place[SYMBOLS_TEXT_BYTES] = "";
    if (event->other == UINT16_MAX) {
        snprintf(text, bytes, " by a device");
        return;
    }
    bool is_named = symbols && symbols_write(symbols, event->pc, place, sizeof place);
    snprintf(text, bytes, " by hart %u at 0x%" PRIx64 "%s%.200s%s", event->other, event->pc, is_named ? " <" : "", place,
             is_named ? ">" : "");
}

static void write_claim(const struct emu_event *event, char *text, size_t bytes)
{
    unsigned context = event->b & 0xffff, source = event->b >> 16 & 0xffff, first = event->b >> 32 & 0xffff;
    int length = snprintf(text, bytes, "empty claim for context %u: %s", context, emu_empty_claim_name((unsigned)event->a));
    if (source)
        length += snprintf(text + length, bytes - (size_t)length, ", source %u", source);
    if (event->other != UINT16_MAX)
        snprintf(text + length, bytes - (size_t)length, ", context %u (hart %u) was first", first, event->other);
}

void event_write(const struct emu_event *event, struct symbols *symbols, char ret_text[static EVENT_TEXT_BYTES])
{
    size_t bytes = EVENT_TEXT_BYTES;
    char who[300];
    switch (event->kind) {
    case EMU_EVENT_CONSOLE_OUT:
        snprintf(ret_text, bytes, "byte 0x%02x to console %u", (unsigned)event->a & 0xff, (unsigned)event->b);
        break;
    case EMU_EVENT_TRAP_TAKEN:
        snprintf(ret_text, bytes, "%s", isa_cause_name(event->a));
        if (!(event->a & ISA_CAUSE_INTERRUPT))
            snprintf(ret_text + strlen(ret_text), bytes - strlen(ret_text), ", tval 0x%" PRIx64, event->b);
        break;
    case EMU_EVENT_HART_WAITED:
        snprintf(ret_text, bytes, "waits for an interrupt");
        break;
    case EMU_EVENT_HART_WOKE:
        snprintf(ret_text, bytes, "woke");
        break;
    case EMU_EVENT_RESERVATION_LOST:
        write_culprit(event, symbols, who, sizeof who);
        snprintf(ret_text, bytes, "reservation of 0x%" PRIx64 " lost, %s%s", event->b, emu_reason_name((unsigned)event->a), who);
        break;
    case EMU_EVENT_SC_FAILED:
        snprintf(ret_text, bytes, "sc failed, %s", emu_reason_name((unsigned)event->a));
        if (event->b)
            snprintf(ret_text + strlen(ret_text), bytes - strlen(ret_text), ", at 0x%" PRIx64, event->b);
        break;
    case EMU_EVENT_LINE_INVALIDATED:
        write_culprit(event, symbols, who, sizeof who);
        snprintf(ret_text, bytes, "line 0x%" PRIx64 " invalidated%s", event->a, who);
        break;
    case EMU_EVENT_LINE_UPGRADED:
        snprintf(ret_text, bytes, "line 0x%" PRIx64 " upgraded, %" PRIu64 " other holder%s", event->a, event->b,
                 event->b == 1 ? "" : "s");
        break;
    case EMU_EVENT_EMPTY_CLAIM:
        write_claim(event, ret_text, bytes);
        break;
    case EMU_EVENT_NOTIFICATION_STALE:
        snprintf(ret_text, bytes, "notification of source %" PRIu64 " stale, context %u claimed it", event->a,
                 (unsigned)(event->b >> 16 & 0xffff));
        break;
    case EMU_EVENT_IRQ_RAISED:
        snprintf(ret_text, bytes, "source %" PRIu64 " raised", event->a);
        break;
    case EMU_EVENT_CODE_DISCARDED:
        snprintf(ret_text, bytes, "decoded code of line 0x%" PRIx64 " discarded", event->b);
        break;
    case EMU_EVENT_ACCESS_FAULTED:
        snprintf(ret_text, bytes, "nothing answers at 0x%" PRIx64, event->a);
        break;
    case EMU_EVENT_INPUT_APPLIED:
        snprintf(ret_text, bytes, "input %s", emu_input_name((unsigned)event->a));
        break;
    case EMU_EVENT_FIDELITY_SWITCHED:
        snprintf(ret_text, bytes, "fidelity is %s", event->a == EMU_TIMED ? "timed" : "fast");
        break;
    case EMU_EVENT_HINT_GIVEN:
        snprintf(ret_text, bytes, "hint 0x%" PRIx64 ", a0 0x%" PRIx64, event->a, event->b);
        break;
    default:
        snprintf(ret_text, bytes, "%s", emu_event_name(event->kind));
    }
}
