/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events in words: the names by which a person asks for them, what may be said of one besides, and a sentence of what happened. It
 * knows records and names, no machine.
 */
#ifndef UI_EVENT_TEXT_H
#define UI_EVENT_TEXT_H

#include "symbols.h"

#include <emu/emu.h>

#define EVENT_TEXT_BYTES 512

/* What a person may say of an event of a kind, so that others are not meant. */
enum event_argument {
    EVENT_ARGUMENT_NONE,
    EVENT_ARGUMENT_NUMBER, /* a, in hexadecimal */
    EVENT_ARGUMENT_SOURCE, /* a, a number of an interrupt source */
    EVENT_ARGUMENT_CAUSE,  /* a, a trap's cause */
    EVENT_ARGUMENT_REASON, /* a, why a reservation was lost */
    EVENT_ARGUMENT_LINE,   /* a, the line that holds the address */
    EVENT_ARGUMENT_LINE_B, /* b, the same */
    EVENT_ARGUMENT_TEXT    /* the end of what the guest has written */
};

/* The kind by one of its names; false with a sentence. */
bool event_find(const char *name, unsigned *ret_kind, struct emu_error *error);
/* The name to ask for it by, and what may follow ("": nothing). */
const char *event_word(unsigned kind);
const char *event_argument_meaning(unsigned kind);
enum event_argument event_argument(unsigned kind);
/* "load-page", "sti", "13"; a reason's name. False with a sentence. */
bool event_argument_name(enum event_argument argument, const char *text, uint64_t *ret_value, struct emu_error *error);
#define EVENT_CAUSE_BYTES 24
/* The name of a cause, as above; of one that has none the number. */
void event_cause_write(uint64_t cause, char ret_text[static EVENT_CAUSE_BYTES]);
/* All causes, one after the other; false past the last. */
bool event_cause(size_t n, uint64_t *ret_cause);
/* Whether it is what was said: `value` is an address, a number, a cause or a reason. */
bool event_matches(const struct emu_event *event, uint64_t value);
/* A sentence without its end: "load page fault, tval 0x0". `symbols` may be NULL. */
void event_write(const struct emu_event *event, struct symbols *symbols, char ret_text[static EVENT_TEXT_BYTES]);

#endif
