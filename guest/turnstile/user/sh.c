/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shell: sh reads lines from the terminal, sh FILE [ARGUMENT]... from a file, sh -c TEXT from its arguments.
 */
#include "sh.h"

#include "errno.h"
#include "line.h"
#include "program.h"
#include "signal.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

struct sh sh;

static struct line editor;

/* ---- texts ---- */

/* Parses and runs; false if more lines are needed, and then nothing was run. */
static bool run_piece(const char *text, bool is_last)
{
    struct arena arena = {0};
    struct sh_chain *chains;
    bool is_incomplete;
    const char *wrong = sh_parse(&arena, text, &chains, &is_incomplete);
    if (wrong && is_incomplete && !is_last) {
        arena_finish(&arena);
        return false;
    }
    if (wrong) {
        complain("%s", wrong);
        sh.status = 2;
    }
    sh_run_chains(chains);
    arena_finish(&arena);
    return true;
}

int sh_run_text(const char *text)
{
    while (*text) {
        /* As few lines as make a whole, so that what stands before a mistake is run. */
        size_t length = 0;
        bool is_done = false;
        while (!is_done) {
            length += strcspn(text + length, "\n");
            length += text[length] == '\n';
            char *piece = strndup(text, length);
            if (!piece)
                die_error("the script", ENOMEM);
            is_done = run_piece(piece, !text[length]);
            free(piece);
        }
        text += length;
        sh_job_poll();
    }
    return sh.status;
}

/* ---- the terminal ---- */

static void show(const char *bytes, size_t count)
{
    write_all(1, bytes, count);
}

static int read_key(void)
{
    static char keys[64];
    static int count, at;
    if (at == count) {
        int64_t got;
        do
            got = sys_read(0, keys, sizeof keys);
        while (got == -EINTR);
        at = 0;
        count = got > 0 ? (int)got : 0;
    }
    return at < count ? (unsigned char)keys[at++] : -1;
}

static enum line_result read_line(const char *prompt)
{
    enum line_result result = LINE_MORE;
    editor.prompt = prompt;
    sys_tty_control(0, TTY_MODE_SET, TTY_RAW | TTY_NO_ECHO | TTY_NO_SIGNALS);
    line_begin(&editor);
    while (result == LINE_MORE) {
        int key = read_key();
        result = key < 0 ? LINE_END : line_key(&editor, (char)key);
    }
    sys_tty_control(0, TTY_MODE_SET, 0);
    return result;
}

/* Runs what was typed so far (`text`, on malloc) with this line behind it; what is still incomplete is returned. */
static char *run_typed(char *text, const char *line)
{
    size_t before = text ? strlen(text) : 0, all = before + strlen(line) + 2;
    char *whole = realloc(text, all);
    if (!whole) {
        complain_error("the line", ENOMEM);
        free(text);
        return NULL;
    }
    snprintf(whole + before, all - before, "%s\n", line);
    if (!run_piece(whole, false))
        return whole;
    free(whole);
    return NULL;
}

static int run_interactive(void)
{
    char *text = NULL;
    sh.is_interactive = true;
    sh.line = &editor;
    editor.show = show;
    editor.complete = sh_complete;
    sh.group = sh.pid;
    sys_setpgid(0, 0);
    sys_tty_control(0, TTY_FOREGROUND_SET, (uint64_t)sh.group);
    signal_ignore(SIGINT);
    signal_ignore(SIGQUIT);
    signal_ignore(SIGTERM);
    for (;;) {
        sh_job_poll();
        enum line_result result = read_line(text ? "> " : "$ ");
        if (result == LINE_END && !text) {
            printf("exit\n");
            return sh.status;
        }
        if (result != LINE_DONE) {
            free(text);
            text = NULL;
            sh.status = SH_SIGNALLED + SIGINT;
            continue;
        }
        line_remember(&editor, editor.text);
        text = run_typed(text, editor.text);
    }
}

/* Standard input is a file or a pipe. */
static int run_input(void)
{
    char *line = NULL, *text = NULL;
    size_t room = 0;
    for (int64_t length; (length = getline(&line, &room, stdin)) > 0;) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        text = run_typed(text, line);
        sh_job_poll();
    }
    if (text)
        run_piece(text, true);
    free(line);
    free(text);
    return sh.status;
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "c:", .usage = "[-c TEXT | FILE [ARGUMENT]...]"};
    const char *text = NULL;
    while (option_next(&options, argv))
        text = options.value;
    sh.pid = (int)sys_getpid();
    sh.arguments = argv + options.next;
    sh.argument_count = argc - options.next;
    if (text)
        return sh_run_text(text);
    if (options.next < argc)
        return sh_run_text(file_read_or_die(argv[options.next]));
    return sys_tty_control(0, TTY_MODE_GET, 0) >= 0 ? run_interactive() : run_input();
}
