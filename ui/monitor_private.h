/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the monitor's files share: its state, and what a command's function gets.
 */
#ifndef UI_MONITOR_PRIVATE_H
#define UI_MONITOR_PRIVATE_H

#include "monitor.h"
#include "symbols.h"

#include <stdio.h>

#define WORDS_MOST      64
#define STOPS_MOST      64
#define FILES_MOST      16
#define CONDITION_BYTES 200

enum command_words { WORDS_NOTHING, WORDS_VALUE, WORDS_SYMBOL, WORDS_REGISTER, WORDS_CSR, WORDS_EVENT, WORDS_COMMAND, WORDS_FILE };

enum command_group {
#define GROUP(id, meaning) COMMAND_GROUP_##id,
#include "command.def"
    COMMAND_GROUP_COUNT
};

/* A command as typed: the words behind its name. `text` is the same, uncut. */
struct words {
    unsigned count;
    char *word[WORDS_MOST];
    const char *text;
    char bytes[4096];
};

struct monitor;

/* Prints to monitor->out; false with a sentence. */
typedef bool command_function(struct monitor *monitor, struct words *words, struct emu_error *error);

struct command {
    const char *name, *alias, *arguments;
    enum command_group group;
    enum command_words completion;
    bool repeats;
    const char *meaning, *example;
    command_function *function;
};

extern const struct command commands[];
extern const size_t command_count;

enum stop_kind { STOP_NONE, STOP_BREAK, STOP_CATCH, STOP_WATCH };

/* Something that the run is to stop at. */
struct stop_point {
    enum stop_kind kind;
    unsigned number;
    bool once, hidden;     /* hidden: of next, finish, until */
    int hart;              /* -1: any */
    uint64_t address;      /* BREAK: virtual; WATCH: physical */
    unsigned bytes, watch; /* WATCH: how many, and enum emu_watch_kind */
    unsigned event;        /* CATCH: enum emu_event_kind */
    uint64_t ignored, met;
    char condition[CONDITION_BYTES]; /* "": none */
};

struct monitor {
    struct monitor_host host;
    const struct options *options;
    FILE *out; /* of the command that is being done */
    unsigned hart;
    bool perturbed;
    emu_cycle perturbed_cycle;
    struct stop_point stop[STOPS_MOST];
    unsigned stops_made;

    FILE *file[FILES_MOST]; /* commands come from the last one */
    unsigned files;
    bool is_over; /* there are no more commands */
    char *last;   /* what an empty line does again; owned */
    uint64_t x_next;
    char x_format, x_size;
    uint64_t disasm_next;
    uint64_t list_address; /* of the line last listed, */
    size_t list_next;      /* and the next one; 0: none */

    uint64_t a, b; /* of what stops, in conditions: */
    bool has_event;

    bool goes_on; /* the command makes the machine go on: */
    bool quits;
    struct monitor_goal goal;
};

/* monitor.c */
bool monitor_value(struct monitor *monitor, const char *text, uint64_t *ret_value, struct emu_error *error);
/* The same on another hart's registers. */
bool monitor_value_on(struct monitor *monitor, unsigned hart, const char *text, uint64_t *ret_value, struct emu_error *error);
/* A number of a hart. */
bool monitor_hart_number(struct monitor *monitor, const char *text, unsigned *ret_hart, struct emu_error *error);
bool monitor_input(struct monitor *monitor, const struct emu_input *input, struct emu_error *error);
void monitor_goes_on(struct monitor *monitor);
/* The bytes at an address as the chosen hart would load them; false: they are not in memory. */
bool monitor_read(const struct monitor *monitor, uint64_t address, void *to, size_t bytes);
/* A register by its number or its name in the calling convention. */
enum register_kind { REGISTER_X, REGISTER_F };
bool monitor_register(const char *name, enum register_kind *ret_kind, unsigned *ret_number);
/* The number of a CSR by its name; -1: there is none. */
int monitor_csr(const char *name);
bool monitor_open(struct monitor *monitor, const char *path, struct emu_error *error);
const struct command *command_find(const char *word, struct emu_error *error);

/* A stop of the monitor's own, for one hart, met once. */
bool monitor_stop_at(struct monitor *monitor, unsigned hart, uint64_t address, struct emu_error *error);
void monitor_forget_all(struct monitor *monitor);
void monitor_forget_hidden(struct monitor *monitor);

#define COMMAND(id, ...) command_function command_##id;
#include "command.def"

#endif
