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

static struct symbols *completed_symbols;

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
        end = symbols_prefix(completed_symbols, text, &at);
        end += at;
    }
    return at < end ? strdup(symbols_at(completed_symbols, at++)->name) : NULL;
}

static char *next_csr(const char *text, int state)
{
    return next_name(text, state, 4096, isa_csr_name);
}

static char *next_topic(const char *text, int state)
{
    return next_name(text, state, 64, monitor_topic);
}

static char *next_event(const char *text, int state)
{
    return next_name(text, state, EMU_EVENT_COUNT, event_word);
}

static char **complete(const char *text, int start, int end)
{
    struct emu_error error;
    char *line = strndup(rl_line_buffer, (size_t)start), *word = line ? strtok(line, " \t/") : NULL;
    const struct command *command = word ? command_find(word, &error) : NULL;
    enum command_words words = !word ? WORDS_COMMAND : command ? command->completion : WORDS_NOTHING;
    free(line);
    rl_attempted_completion_over = words != WORDS_FILE;
    switch (words) {
    case WORDS_COMMAND:
        return rl_completion_matches(text, next_command);
    case WORDS_REGISTER:
        return rl_completion_matches(text, next_register);
    case WORDS_VALUE:
    case WORDS_SYMBOL:
        return rl_completion_matches(text, next_value);
    case WORDS_CSR:
        return rl_completion_matches(text, next_csr);
    case WORDS_EVENT:
        return rl_completion_matches(text, next_event);
    case WORDS_TOPIC:
        return rl_completion_matches(text, next_topic);
    default:
        return NULL;
    }
}

/* ---- lines ---- */

/* While readline waits: a signal that ends the program ends the line. */
static int look_at_signals(void)
{
    if (signals_pending() && signals_pending() != SIGINT)
        rl_done = 1;
    return 0;
}

void monitor_line_start(struct symbols *symbols)
{
    completed_symbols = symbols;
    char *path = history_path();
    rl_readline_name = "lockscope";
    rl_attempted_completion_function = complete;
    rl_catch_signals = 0; /* terminal.c does */
    rl_event_hook = look_at_signals;
    rl_basic_word_break_characters = " \t\n+-*/()!~<>=&|^%";
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
