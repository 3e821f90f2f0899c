/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coherence protocols as tables: (state, stimulus) -> (next state, actions). Controller, tests, documentation and colours come from
 * the same rows (mesi.def).
 */
#ifndef MEM_COHERENCE_H
#define MEM_COHERENCE_H

#include <stdbool.h>
#include <stdint.h>

enum line_state {
#define LINE_STATE(name, letter, meaning) LINE_##name,
#include <mem/line_state.def>
#undef LINE_STATE
    LINE_STATE_COUNT
};

enum stimulus {
#define STIMULUS(name, text, meaning) STIMULUS_##name,
#include <mem/stimulus.def>
#undef STIMULUS
    STIMULUS_COUNT
};

enum action_number {
#define ACTION(name, text, meaning) ACTION_NUMBER_##name,
#include <mem/action.def>
#undef ACTION
    ACTION_COUNT
};

enum action {
    ACTION_NONE = 0,
#define ACTION(name, text, meaning) ACTION_##name = 1 << ACTION_NUMBER_##name,
#include <mem/action.def>
#undef ACTION
};

struct coherence_row {
    bool possible;
    uint8_t next;    /* enum line_state */
    uint8_t actions; /* enum action, ORed */
};

struct coherence {
    const char *name; /* "mesi" */
    struct coherence_row row[LINE_STATE_COUNT][STIMULUS_COUNT];
};

extern const struct coherence coherence_mesi;

const char *line_state_letter(unsigned state);
const char *line_state_meaning(unsigned state);
const char *stimulus_name(unsigned stimulus);

#endif
