/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The coherence tables, made of their rows; names for what they speak of.
 */
#include <mem/coherence.h>

#define COHERENCE(state, stimulus, after, what) [LINE_##state][STIMULUS_##stimulus] = {true, LINE_##after, what},

/* Names that rows use for their actions, as mesi.def writes them. */
enum {
    NONE = ACTION_NONE,
#define ACTION(name, text, meaning) name = ACTION_##name,
#include <mem/action.def>
#undef ACTION
};

const struct coherence coherence_mesi = {"mesi",
                                         {
#include <mem/mesi.def>
                                         }};

const char *line_state_letter(unsigned state)
{
    static const char *const letters[] = {
#define LINE_STATE(name, letter, meaning) letter,
#include <mem/line_state.def>
#undef LINE_STATE
    };
    return state < LINE_STATE_COUNT ? letters[state] : "?";
}

const char *line_state_meaning(unsigned state)
{
    static const char *const meanings[] = {
#define LINE_STATE(name, letter, meaning) meaning,
#include <mem/line_state.def>
#undef LINE_STATE
    };
    return state < LINE_STATE_COUNT ? meanings[state] : "?";
}

const char *stimulus_name(unsigned stimulus)
{
    static const char *const names[] = {
#define STIMULUS(name, text, meaning) text,
#include <mem/stimulus.def>
#undef STIMULUS
    };
    return stimulus < STIMULUS_COUNT ? names[stimulus] : "?";
}
