/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the monitor's files share: its state, and what a command's function gets.
 */
#ifndef UI_MONITOR_PRIVATE_H
#define UI_MONITOR_PRIVATE_H

#include "event_text.h"
#include "monitor.h"
#include "symbols.h"
#include "unwind.h"

#include <emu/platform.h>
#include <stdio.h>
#include <sys/types.h>

#define WORDS_MOST      64
#define STOPS_MOST      64
#define SOURCES_MOST    16
#define TRACES_MOST     16
#define CONDITION_BYTES 200
#define TEXT_BYTES      80

enum command_words {
    WORDS_NOTHING,
    WORDS_VALUE,
    WORDS_SYMBOL,
    WORDS_REGISTER,
    WORDS_CSR,
    WORDS_EVENT,
    WORDS_COMMAND,
    WORDS_FILE,
    WORDS_TOPIC,
    WORDS_DEVICE,
    WORDS_SETTABLE,
    WORDS_SECTION
};

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

/* What is said of an event besides its kind. */
struct event_wish {
    unsigned kind; /* enum emu_event_kind */
    int hart;      /* -1: any */
    bool has_value;
    uint64_t value;        /* see event_matches */
    char text[TEXT_BYTES]; /* CONSOLE_OUT: what the guest is to write; "": anything */
};

/* Which of those who come to an address is meant: recursion, an interrupt's handler and other processes come there too. */
struct frame_wish {
    bool has_sp, has_mode, has_satp;
    uint64_t sp, satp;
    unsigned mode;
};

/* Something that the run is to stop at. */
struct stop_point {
    enum stop_kind kind;
    unsigned number;
    bool once, is_off;
    bool hidden;             /* of next, finish, until, */
    unsigned talk;           /* in this conversation, */
    struct frame_wish frame; /* for this frame */
    int hart;                /* -1: any */
    uint64_t address;        /* BREAK: virtual; WATCH: physical */
    unsigned bytes, watch;   /* WATCH: how many, and enum emu_watch_kind */
    struct event_wish event; /* CATCH; its hart is `hart` */
    unsigned text_at;        /* how much of its text the guest has just written */
    uint64_t ignored, met;
    char condition[CONDITION_BYTES]; /* "": none */
    char *commands;                  /* lines to do when it is met; owned, NULL: none */
};

/* A file that traces are written to. */
struct trace_file {
    FILE *to;
    char *path;    /* as it was first called; owned */
    unsigned used; /* by so many traces */
    dev_t device;  /* what the host knows it by: */
    ino_t inode;
};

/* Events that are written down while the machine goes on. */
struct trace {
    unsigned number; /* 0: none */
    struct event_wish event;
    struct trace_file *file; /* shared, the last one closes it; NULL: the screen */
    uint64_t met;
};

/* Where commands come from: a file, or the lines of a stop. */
struct command_source {
    FILE *file;
    char *lines; /* of a stop; owned; NULL: it is a file */
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
    struct trace trace[TRACES_MOST];
    unsigned traces_made;

    char *held;                                 /* a line that was read too early; owned */
    struct command_source source[SOURCES_MOST]; /* commands come from the last one */
    unsigned sources;
    bool line_dropped;    /* the last line, by Ctrl-C */
    bool file_failed;     /* a command of a file could not be done */
    unsigned met, silent; /* stops that were just met; how many of them say nothing */
    unsigned met_number[STOPS_MOST];
    bool arrived;          /* one of them was what next, finish or until waited for */
    char *due[STOPS_MOST]; /* commands of theirs, of each a text; owned */
    unsigned dues;
    bool does_due;      /* lines come from one of them only, */
    unsigned due_floor; /* the sources above these */
    bool is_over;       /* there are no more commands */
    int out_error;      /* errno of what could not be written; 0: all could */
    char *last;         /* what an empty line does again; owned */
    bool is_again;      /* the command is done by an empty line: */
    uint64_t x_next[2]; /* x goes on here, xp there */
    char x_format, x_size;
    uint64_t disasm_next;
    uint64_t list_address; /* of the line last listed, */
    size_t list_next;      /* and the next one; 0: none */

    struct emu_read read; /* of what the command has read: is_elsewhere */
    struct json_t *told;  /* --json: what the command has shown, as data; owned */

    uint64_t a, b; /* of what stops, in conditions: */
    bool has_event;

    bool goes_on; /* the command makes the machine go on: */
    bool quits;
    struct monitor_goal goal;
    unsigned talks;                          /* conversations that there have been */
    struct monitor_goal interrupted;         /* the goal before this one, */
    unsigned goal_hart;                      /* and the hart chosen for it, */
    bool resumes;                            /* which is still to be reached */
    bool counts_moves;                       /* it was a number of the machine's steps: */
    uint64_t moved_from[PLATFORM_HARTS_MAX]; /* what each hart had done before */
};

/* monitor_value.c */
bool monitor_value(struct monitor *monitor, const char *text, uint64_t *ret_value, struct emu_error *error);
/* The same on another hart's registers. */
bool monitor_value_on(struct monitor *monitor, unsigned hart, const char *text, uint64_t *ret_value, struct emu_error *error);
/* Whether it is an expression whose names exist; its value may not be there yet. */
bool monitor_check(struct monitor *monitor, const char *text, struct emu_error *error);
/* A number of a hart. */
bool monitor_hart_number(struct monitor *monitor, const char *text, unsigned *ret_hart, struct emu_error *error);
/* The bytes at an address as a hart would load or fetch them; false: they are not in memory. The command's answer says where TLB and
 * tables differ. */
bool monitor_examine(struct monitor *monitor, unsigned hart, enum emu_access access, uint64_t address, void *to, size_t bytes);
/* The instruction at an address, of 2 bytes or 4 (isa_length); false: it is not in memory. */
bool monitor_fetch(struct monitor *monitor, unsigned hart, uint64_t pc, uint32_t *ret_bits);
/* A register by its number or its name in the calling convention. */
enum register_kind { REGISTER_X, REGISTER_F };
bool monitor_register(const char *name, enum register_kind *ret_kind, unsigned *ret_number);
/* The number of a CSR by its name; -1: there is none. */
int monitor_csr(const char *name);
/* monitor.c */
/* What is said besides answers: a line, or {what: text}. */
void monitor_say(struct monitor *monitor, const char *what, const char *text);
bool monitor_input(struct monitor *monitor, const struct emu_input *input, struct emu_error *error);
void monitor_goes_on(struct monitor *monitor);
/* Towards what the stop has interrupted, if it is the commands of a stop that say so. */
void monitor_resumes(struct monitor *monitor);
bool monitor_open(struct monitor *monitor, const char *path, struct emu_error *error);
const struct command *command_find(const char *word, struct emu_error *error);

/* The next line that somebody types, to be freed, without its end; NULL: there are none. */
char *monitor_next_line(struct monitor *monitor, const char *prompt);

/* monitor_look.c: "runs", "S". */
const char *monitor_state_name(enum emu_hart_state state);
const char *monitor_mode_name(unsigned mode);

/* monitor_source.c: from a frame of the chosen hart, in *mode, to its caller's, or to the one that a trap has interrupted. */
struct caller {
    enum unwind_by by; /* END: nothing tells, or there is none */
    bool is_interrupted;
    uint64_t cause;
    unsigned from, to; /* modes of the trap */
};
struct caller monitor_caller(struct monitor *monitor, unsigned *mode, struct unwind_frame *frame);

/* monitor_stop.c: frames of the chosen hart in this mode. A user's addresses mean something in its own address space only; a kernel
 * may change its tables on the way. */
struct frame_wish monitor_frame(const struct monitor *monitor, unsigned mode);
/* A stop of the monitor's own, for the chosen hart, met once. */
bool monitor_stop_at(struct monitor *monitor, uint64_t address, const struct frame_wish *frame, struct emu_error *error);
void monitor_forget_all(struct monitor *monitor);
/* What monitor_stops has found. */
void monitor_forget_met(struct monitor *monitor);
/* Those of earlier conversations. */
void monitor_forget_hidden(struct monitor *monitor);
struct stop_point *monitor_free_point(struct monitor *monitor, struct emu_error *error);
struct stop_point *monitor_point(struct monitor *monitor, const char *text, struct emu_error *error);
/* "[hart H] [if EXPRESSION]" from word `at` on: the rest of the line. */
bool monitor_filter(struct monitor *monitor, struct words *words, unsigned at, struct stop_point *point, struct emu_error *error);
void monitor_print_stops(struct monitor *monitor);
/* In the order of their numbers; how many. */
unsigned monitor_stop_points(const struct monitor *monitor, const struct stop_point *ret_points[static STOPS_MOST]);

/* monitor_catch.c: "EVENT [ARGUMENT]", whose words it counts. */
bool monitor_take_event(struct monitor *monitor, struct words *words, struct event_wish *ret_wish, unsigned *ret_words,
                        struct emu_error *error);
bool monitor_is_wished(const struct event_wish *wish, const struct emu_event *event);
/* The same; where a text is waited for, after this byte of it. */
bool monitor_catches(struct stop_point *point, const struct emu_event *event);
void monitor_print_wish(FILE *out, const struct event_wish *wish);

/* monitor_trace.c */
void monitor_forget_traces(struct monitor *monitor);
void monitor_print_traces(struct monitor *monitor);
/* What was written is in the files, or said to have failed. */
void monitor_flush_traces(struct monitor *monitor);

/* monitor_csr.c: the input that writes a CSR ("mstatus") or a field of one ("mstatus.MIE") of the chosen hart. */
bool monitor_csr_input(struct monitor *monitor, const char *name, uint64_t value, struct emu_input *ret_input,
                       struct emu_error *error);
/* The name of the nth field of a CSR, and the CSR's; NULL past the last. */
const char *monitor_csr_field(unsigned n, const char **ret_csr);
void monitor_print_pmp(struct monitor *monitor);

/* monitor_source.c: is it FILE:LINE? */
bool monitor_is_line(const char *text);
/* The first place of its code in each function, or of the next line that has some; how many, at most `room`. 0 with a sentence. */
size_t monitor_line_places(struct monitor *monitor, const char *text, uint64_t *ret_addresses, size_t room,
                           struct emu_error *error);
/* monitor_info.c: the name of a topic; NULL past the last. */
const char *monitor_topic(unsigned n);

/* monitor_memory.c: the name of the nth region; NULL past the last. */
const char *monitor_region_name(const struct monitor *monitor, unsigned n);
/* A region by its name or an address in it; -1: there is none. */
int monitor_region_named(struct monitor *monitor, const char *text);
/* "ADDRESS [fetch|load|store]" */
bool monitor_take_access(struct monitor *monitor, const struct words *words, uint64_t *ret_address, enum emu_access *ret_access,
                         struct emu_error *error);
#define REGION_FIELDS_MOST 200

/* monitor_json.c: what a command tells, as data (json_t *); NULL: it has lines only. */
struct json_t *monitor_data(struct monitor *monitor, const struct command *command, const struct words *words, bool ok);
/* For commands that show what can be shown once only: adds to the data. Without --json they do nothing. */
void monitor_tell_value(struct monitor *monitor, uint64_t address, uint64_t value, unsigned bytes);
void monitor_tell_string(struct monitor *monitor, uint64_t address, const char *text, size_t length);
void monitor_tell_frame(struct monitor *monitor, const char *by, uint64_t pc, uint64_t address);
void monitor_tell_trap(struct monitor *monitor, uint64_t cause, unsigned from, unsigned to);
void monitor_tell_insn(struct monitor *monitor, uint64_t address, uint32_t bits, unsigned length, const char *text);

#define COMMAND(id, ...) command_function command_##id;
#include "command.def"

#endif
