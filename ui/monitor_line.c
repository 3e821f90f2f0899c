/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * readline keeps its state in globals of its own; this file adds none but what its callbacks need.
 */
#define _GNU_SOURCE
#include "monitor_line.h"
#include "monitor_private.h"
#include "terminal.h"

#include <isa/insn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <readline/history.h>
#include <readline/readline.h>

#define HISTORY_LINES 1000
#define LINE_BYTES    1024 /* of one that is looked at for completion */

/* $XDG_STATE_HOME/lockscope/history; to be freed. NULL: there is no place for it. */
static char *history_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *path = NULL, *folder = NULL;
    if (!(state && state[0] == '/') && !(home && home[0]))
        return NULL;
    int made =
        state && state[0] == '/' ? asprintf(&folder, "%s/lockscope", state) : asprintf(&folder, "%s/.local/state/lockscope", home);
    if (made < 0 || asprintf(&path, "%s/history", folder) < 0)
        path = NULL;
    if (path)
        mkdir(folder, 0700); /* if it is there already, or cannot be, so be it */
    free(folder);
    return path;
}

/* ---- completion ---- */

static char *next_command(const char *text, int state)
{
    static size_t at;
    for (at = state ? at : 0; at < command_count;) {
        const char *name = commands[at++].name;
        if (!strncmp(name, text, strlen(text)))
            return strdup(name);
    }
    return NULL;
}

/* Names that a number counts up to `most`; NULL: there is none of this number. */
static char *next_name(const char *text, int state, unsigned most, const char *(*name_of)(unsigned number))
{
    static unsigned at;
    for (at = state ? at : 0; at < most;) {
        const char *name = name_of(at++);
        if (name && !strncmp(name, text, strlen(text)))
            return strdup(name);
    }
    return NULL;
}

static const char *register_name(unsigned number)
{
    return number == 0 ? "pc" : number <= 32 ? isa_xreg_name(number - 1) : number <= 64 ? isa_freg_name(number - 33) : NULL;
}

static char *next_register(const char *text, int state)
{
    return next_name(text, state, 65, register_name);
}

static const struct monitor *completed; /* the monitor that completion is about */

/* Registers, then symbols. */
static char *next_value(const char *text, int state)
{
    static bool symbols_begun;
    static size_t at, end;
    char *name = NULL;
    if (!state)
        symbols_begun = false;
    if (!symbols_begun && (name = next_register(text, state)))
        return name;
    if (!symbols_begun) {
        symbols_begun = true;
        end = symbols_prefix(completed->host.symbols, text, &at);
        end += at;
    }
    return at < end ? strdup(symbols_at(completed->host.symbols, at++)->name) : NULL;
}

/* Of those that the hart has. */
static const char *csr_name(unsigned number)
{
    uint64_t value;
    return emu_csr_read(completed->host.machine, completed->hart, number, &value) ? isa_csr_name(number) : NULL;
}

static char *next_csr(const char *text, int state)
{
    return next_name(text, state, 4096, csr_name);
}

static char *next_topic(const char *text, int state)
{
    return next_name(text, state, 64, monitor_topic);
}

static char *next_event(const char *text, int state)
{
    return next_name(text, state, EMU_EVENT_COUNT, event_word);
}

static const char *region_name(unsigned n)
{
    const char *name = monitor_region_name(completed, n);
    for (unsigned before = 0; name && before < n; before++)
        if (!strcmp(monitor_region_name(completed, before), name))
            return "-"; /* the same again: no word begins so */
    return name;
}

static char *next_device(const char *text, int state)
{
    return next_name(text, state, 64, region_name);
}

static char *next_reason(const char *text, int state)
{
    return next_name(text, state, EMU_REASON_COUNT, emu_reason_name);
}

static const char *cause_name(unsigned n)
{
    static char name[EVENT_CAUSE_BYTES];
    uint64_t cause;
    if (!event_cause(n, &cause))
        return NULL;
    event_cause_write(cause, name);
    return name;
}

static char *next_cause(const char *text, int state)
{
    return next_name(text, state, 64, cause_name);
}

/* The words in small letters of what the command's row says of its arguments: "hart", "only", "data". */
static const char *keywords;

static char *next_keyword(const char *text, int state)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char *at;
    for (at = state ? at : keywords; *at;) {
        const char *word = at + strcspn(at, letters);
        size_t length = strspn(word, letters);
        bool is_word = length > 1 && (word == keywords || strchr(" [|", word[-1]));
        at = word + length;
        if (is_word && !strncmp(word, text, strlen(text)))
            return strndup(word, length);
    }
    return NULL;
}

typedef char *generator(const char *text, int state);

/* What follows the event of catch or trace, by the event. */
static generator *generator_behind(const char *event)
{
    unsigned kind;
    struct emu_error error;
    if (!event_find(event, &kind, &error))
        return next_keyword;
    switch (event_argument(kind)) {
    case EVENT_ARGUMENT_CAUSE:
        return next_cause;
    case EVENT_ARGUMENT_REASON:
        return next_reason;
    case EVENT_ARGUMENT_LINE:
    case EVENT_ARGUMENT_LINE_B:
        return next_value;
    default:
        return next_keyword;
    }
}

/* NULL: readline's own, of files. `second`: the word behind the command that is complete already; NULL: none is. */
static generator *generator_of(enum command_words words, const char *second)
{
    static generator *const of[] = {[WORDS_COMMAND] = next_command, [WORDS_REGISTER] = next_register,
                                    [WORDS_VALUE] = next_value,     [WORDS_SYMBOL] = next_value,
                                    [WORDS_CSR] = next_csr,         [WORDS_EVENT] = next_event,
                                    [WORDS_TOPIC] = next_topic,     [WORDS_DEVICE] = next_device,
                                    [WORDS_NOTHING] = next_keyword, [WORDS_FILE] = NULL};
    return words == WORDS_EVENT && second ? generator_behind(second) : of[words];
}

/* The command on the line as far as `end`, and the word behind it that is complete; NULL: there is none. `line` keeps the words. */
static const struct command *command_on_line(int end, char *line, size_t bytes, const char **ret_second, bool *ret_has_command)
{
    struct emu_error error;
    char *rest = NULL;
    snprintf(line, bytes, "%.*s", end, rl_line_buffer);
    const char *word = strtok_r(line, " \t/", &rest);
    *ret_has_command = word != NULL;
    *ret_second = word ? strtok_r(NULL, " \t", &rest) : NULL;
    return word ? command_find(word, &error) : NULL;
}

/* Names of events and topics have - in them, in expressions it ends a name. */
static char *word_breaks(void)
{
    static char in_values[] = " \t\n+-*/()!~<>=&|^%", elsewhere[] = " \t\n";
    char line[LINE_BYTES];
    const char *second;
    bool has_command;
    const struct command *command = command_on_line(rl_point, line, sizeof line, &second, &has_command);
    return command && command->completion == WORDS_VALUE ? in_values : elsewhere;
}

static char **complete(const char *text, int start, int end)
{
    char line[LINE_BYTES];
    const char *second;
    bool has_command;
    const struct command *command = command_on_line(start, line, sizeof line, &second, &has_command);
    generator *generate = generator_of(!has_command ? WORDS_COMMAND : command ? command->completion : WORDS_NOTHING, second);
    keywords = command ? command->arguments : "";
    rl_attempted_completion_over = generate != NULL;
    char **matches = generate ? rl_completion_matches(text, generate) : NULL;
    bool is_done = matches || !generate || generate == next_keyword;
    return is_done ? matches : rl_completion_matches(text, next_keyword);
}

/* ---- lines ---- */

/* While readline waits: a signal that ends the program ends the line. */
static int look_at_signals(void)
{
    if (signals_pending() && signals_pending() != SIGINT)
        rl_done = 1;
    return 0;
}

void monitor_line_start(const struct monitor *monitor)
{
    completed = monitor;
    char *path = history_path();
    rl_readline_name = "lockscope";
    rl_attempted_completion_function = complete;
    rl_catch_signals = 0; /* terminal.c does */
    rl_event_hook = look_at_signals;
    rl_completion_word_break_hook = word_breaks;
    using_history();
    stifle_history(HISTORY_LINES);
    if (path)
        read_history(path);
    free(path);
}

void monitor_line_finish(void)
{
    char *path = history_path();
    if (path)
        write_history(path);
    free(path);
}

char *monitor_line_edit(const char *prompt)
{
    char *line = readline(prompt);
    if (signals_pending() && signals_pending() != SIGINT) {
        free(line);
        return NULL;
    }
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (line && line[0] && !(last && !strcmp(last->line, line)))
        add_history(line);
    return line;
}

char *monitor_line_read(void)
{
    char *line = NULL;
    size_t room = 0;
    if (getline(&line, &room, stdin) < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}
