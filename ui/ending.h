/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a run ended (ending.def), and the exit code that says so.
 */
#ifndef UI_ENDING_H
#define UI_ENDING_H

#include <emu/error.h>
#include <stdint.h>

enum ending_kind {
#define ENDING(name, text, code, code_text, meaning) ENDING_##name,
#include "ending.def"
#undef ENDING
    ENDING_COUNT
};

struct ending_row {
    const char *name;
    int code; /* -1: computed */
    const char *code_text;
    const char *meaning;
};

extern const struct ending_row ending_rows[ENDING_COUNT];

struct ending {
    enum ending_kind kind;
    int code;               /* the program's exit code */
    uint64_t cycle;         /* everything before it has begun, nothing at or after it */
    double host_seconds;    /* the run's host time */
    struct emu_error error; /* the sentence to print; empty: none */
};

/* The ending of that kind with its row's code, or `code` where that is computed. */
struct ending ending_make(enum ending_kind kind, int code);
/* The kind of that name, or ENDING_COUNT. */
enum ending_kind ending_find(const char *name);

#endif
