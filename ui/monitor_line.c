/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * readline keeps its state in globals of its own; this file adds none but what its callbacks need.
 */
#define _GNU_SOURCE
#include "file.h"
#include "monitor_line.h"
#include "monitor_private.h"
#include "terminal.h"

#include <isa/insn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

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
        folder_make(folder); /* if it cannot be, so be it */
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

static char *next_symbol(const char *text, int state)
{
    static size_t at, end;
    if (!state) {
        end = symbols_prefix(completed->host.symbols, text, &at);
        end += at;
    }
    return at < end ? strdup(symbols_at(completed->host.symbols, at++)->name) : NULL;
}

/* "file.c:", of files that have symbols of their own. */
static char *next_file_of_symbols(const char *text, int state)
{
    static size_t at;
    struct symbols *symbols = completed->host.symbols;
    for (at = state ? at : 0; at < symbols_count(symbols);) {
        const char *file = symbols_at(symbols, at++)->file;
        char *name;
        bool is_new = file && !strncmp(file, text, strlen(text));
        for (size_t before = 0; is_new && before < at - 1; before++) {
            const char *other = symbols_at(symbols, before)->file;
            is_new = !other || strcmp(other, file) != 0;
        }
        if (is_new && asprintf(&name, "%s:", file) > 0)
            return name;
    }
    return NULL;
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

/* "mstatus.MIE" */
static char *next_field(const char *text, int state)
{
    static unsigned at;
    const char *csr, *field;
    for (at = state ? at : 0; (field = monitor_csr_field(at, &csr)); at++) {
        char *name;
        uint64_t value;
        int number = monitor_csr(csr);
        if (number < 0 || !emu_csr_read(completed->host.machine, completed->hart, (unsigned)number, &value) ||
            asprintf(&name, "%s.%s", csr, field) < 0)
            continue;
        if (!strncmp(name, text, strlen(text))) {
            at++;
            return name;
        }
        free(name);
    }
    return NULL;
}

static const char *section_name(unsigned n)
{
    bool is_new = n == 0 || (n < emu_config_row_count && strcmp(emu_config_rows[n].section, emu_config_rows[n - 1].section) != 0);
    return is_new ? emu_config_rows[n].section : NULL;
}

static char *next_section(const char *text, int state)
{
    return next_name(text, state, (unsigned)emu_config_row_count, section_name);
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
            return NULL; /* the same again */
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

/* What can stand somewhere: all that these give, one after the other. */
#define GENERATORS_MOST 6
static generator *chain[GENERATORS_MOST];
static unsigned chained;

static void add(generator *generate)
{
    if (chained < GENERATORS_MOST)
        chain[chained++] = generate;
}

static void add_values(void)
{
    add(next_register);
    add(next_symbol);
    add(next_file_of_symbols);
}

static char *next_of_chain(const char *text, int state)
{
    static unsigned at, is_going;
    if (!state)
        at = is_going = 0;
    for (; at < chained; at++, is_going = 0) {
        char *name = chain[at](text, (int)is_going);
        is_going = 1;
        if (name)
            return name;
    }
    return NULL;
}

/* What follows the event of catch or trace, by the event. */
static void add_behind(const char *event)
{
    unsigned kind;
    struct emu_error error;
    if (!event_find(event, &kind, &error))
        return;
    switch (event_argument(kind)) {
    case EVENT_ARGUMENT_CAUSE:
        add(next_cause);
        break;
    case EVENT_ARGUMENT_REASON:
        add(next_reason);
        break;
    case EVENT_ARGUMENT_LINE:
    case EVENT_ARGUMENT_LINE_B:
        add_values();
        break;
    default:
        break;
    }
}

/* The words that are complete before the one that is being typed. */
struct before {
    const struct command *command; /* NULL: none such */
    unsigned words;                /* with the command's */
    const char *second, *last;     /* NULL: there is none */
    bool has_if;
};

/* Fills the chain. False: files are meant, which readline knows. */
static bool choose(const struct before *before)
{
    static generator *const of[] = {[WORDS_COMMAND] = next_command, [WORDS_REGISTER] = next_register,
                                    [WORDS_CSR] = next_csr,         [WORDS_EVENT] = next_event,
                                    [WORDS_TOPIC] = next_topic,     [WORDS_DEVICE] = next_device,
                                    [WORDS_SECTION] = next_section, [WORDS_NOTHING] = NULL};
    chained = 0;
    if (before->words == 0) {
        add(next_command);
        return true;
    }
    if (!before->command)
        return true;
    enum command_words words = before->command->completion;
    bool is_to = before->last && (!strcmp(before->last, "to") || !strcmp(before->last, "to!"));
    if (words == WORDS_FILE || (words == WORDS_EVENT && is_to))
        return false;
    if (before->has_if || words == WORDS_VALUE || words == WORDS_SYMBOL || (words == WORDS_SETTABLE && before->words > 1))
        add_values();
    else if (words == WORDS_EVENT && before->words > 1)
        add_behind(before->words == 2 ? before->second : "");
    else if (words == WORDS_SETTABLE)
        for (unsigned i = 0; i < 3; i++)
            add((generator *const[]){next_register, next_csr, next_field}[i]);
    else if (of[words])
        add(of[words]);
    bool is_first_value = words == WORDS_VALUE && before->words == 1;
    if (!is_first_value && !before->has_if)
        add(next_keyword);
    return true;
}

/* The line as far as `end`, which `line` keeps the words of. */
static struct before look_before(int end, char *line, size_t bytes)
{
    struct before before = {.words = 0};
    struct emu_error error;
    char *rest = NULL;
    snprintf(line, bytes, "%.*s", end, rl_line_buffer);
    for (char *word = strtok_r(line, " \t/", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (before.words == 0)
            before.command = command_find(word, &error);
        else if (before.words == 1)
            before.second = word;
        before.last = before.words > 0 ? word : NULL;
        before.has_if |= before.words > 0 && !strcmp(word, "if");
        before.words++;
    }
    return before;
}

/* Names of events, of topics and of files have - in them, in expressions it ends a name. */
static char *word_breaks(void)
{
    static char in_values[] = " \t\n+-*/()!~<>=&|^%", elsewhere[] = " \t\n";
    char line[LINE_BYTES];
    const struct before before = look_before(rl_point, line, sizeof line);
    bool is_value = before.command && (before.command->completion == WORDS_VALUE || before.has_if);
    return is_value ? in_values : elsewhere;
}

static char **complete(const char *text, int start, int end)
{
    char line[LINE_BYTES];
    const struct before before = look_before(start, line, sizeof line);
    keywords = before.command ? before.command->arguments : "";
    rl_attempted_completion_over = choose(&before);
    if (!rl_attempted_completion_over)
        return NULL;
    char **matches = rl_completion_matches(text, next_of_chain);
    bool is_file = matches && !matches[1] && matches[0][0] && matches[0][strlen(matches[0]) - 1] == ':';
    rl_completion_append_character = is_file ? '\0' : ' '; /* a line's number follows */
    return matches ? matches : rl_completion_matches(text, next_keyword);
}

/* ---- lines ---- */

static bool is_dropped; /* the line, by Ctrl-C */

/* While readline waits: what signals ask for. A signal that ends the program ends the line. */
static int look_at_signals(void)
{
    if (signals_pending() == SIGINT) {
        signals_forget_interrupt();
        rl_echo_signal_char(SIGINT);
        is_dropped = true;
        rl_done = 1;
    } else if (signals_pending()) {
        rl_done = 1;
    } else if (signals_suspend_asked()) {
        rl_deprep_term_function(); /* the shell finds the terminal as it was, */
        signals_suspend();
        rl_prep_term_function(1); /* and may have changed it meanwhile */
        rl_forced_update_display();
    }
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

char *monitor_line_edit(const char *prompt, bool *ret_is_dropped)
{
    is_dropped = false;
    char *line = readline(prompt);
    *ret_is_dropped = is_dropped;
    if (signals_pending() && signals_pending() != SIGINT) {
        free(line);
        return NULL;
    }
    if (is_dropped) {
        free(line);
        return strdup("#");
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
