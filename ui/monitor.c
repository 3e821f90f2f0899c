/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor's loop: where lines come from, how a line becomes a command, what an answer looks like.
 */
#define _GNU_SOURCE
#include "json_text.h"
#include "monitor_line.h"
#include "monitor_private.h"
#include "word.h"

#include <errno.h>
#include <inttypes.h>
#include <isa/insn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOVED_SHOWN 8 /* harts, after steps of the machine */

/* ---- the table ---- */

const struct command commands[] = {
#define COMMAND(id, name, alias, arguments, group, completion, repeats, meaning, example)                                          \
    {name, alias, arguments, COMMAND_GROUP_##group, WORDS_##completion, repeats, meaning, example, command_##id},
#include "command.def"
};
const size_t command_count = sizeof commands / sizeof commands[0];

static bool ambiguous(const char *word, struct emu_error *error)
{
    char names[200] = "";
    size_t length = 0;
    for (size_t i = 0; i < command_count; i++) {
        const char *name = commands[i].name;
        if (strncmp(name, word, strlen(word)) != 0)
            continue;
        bool fits = length + strlen(name) + strlen(", , ...") < sizeof names;
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", length ? ", " : "", fits ? name : "...");
        if (!fits)
            break;
    }
    return emu_error_set(error, "'%s' can be %s", word, names);
}

const struct command *command_find(const char *word, struct emu_error *error)
{
    const struct command *found = NULL;
    struct nearest nearest = nearest_to(word);
    unsigned count = 0;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];
        if (!strcmp(command->name, word) || (command->alias[0] && !strcmp(command->alias, word)))
            return command;
        nearest_offer(&nearest, command->name);
        if (!strncmp(command->name, word, strlen(word))) {
            found = command;
            count++;
        }
    }
    if (count == 1)
        return found;
    if (count > 1)
        ambiguous(word, error);
    else if (nearest.name)
        emu_error_set(error, "there is no command '%.40s'; did you mean %s?", word, nearest.name);
    else
        emu_error_set(error, "there is no command '%.40s'; help lists them", word);
    return NULL;
}

bool monitor_input(struct monitor *monitor, const struct emu_input *input, struct emu_error *error)
{
    if (monitor->host.is_replay)
        return emu_error_set(error, "this is the replay of a record: it can be looked at, and not changed");
    if (!monitor->host.apply(monitor->host.context, input, error))
        return false;
    if (!monitor->perturbed)
        monitor->perturbed_cycle = emu_now(monitor->host.machine);
    monitor->perturbed = true;
    return true;
}

void monitor_goes_on(struct monitor *monitor)
{
    monitor->goes_on = true;
}

void monitor_resumes(struct monitor *monitor)
{
    monitor->resumes = monitor->does_due;
    monitor->goes_on = true;
}

/* ---- lines ---- */

static bool add_source(struct monitor *monitor, struct command_source source)
{
    if (monitor->sources == SOURCES_MOST)
        return false;
    monitor->source[monitor->sources++] = source;
    return true;
}

static void drop_source(struct monitor *monitor)
{
    struct command_source *source = &monitor->source[--monitor->sources];
    fclose(source->file);
    free(source->lines);
}

bool monitor_open(struct monitor *monitor, const char *path, struct emu_error *error)
{
    if (monitor->sources == SOURCES_MOST)
        return emu_error_set(error, "%s: files of commands are nested too deeply", path);
    FILE *file = fopen(path, "r");
    struct stat status;
    if (!file)
        return emu_error_set(error, "cannot read %s: %m", path);
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        fclose(file);
        return emu_error_set(error, "cannot read %s: %s", path, strerror(EISDIR));
    }
    return add_source(monitor, (struct command_source){.file = file});
}

static void open_due(struct monitor *monitor, char *lines)
{
    FILE *file = fmemopen(lines, strlen(lines), "r");
    if (file && add_source(monitor, (struct command_source){file, lines}))
        return;
    monitor_say(monitor, "stop_error", "the commands of the stop are left out: too many are nested, or the host is out of memory");
    if (file)
        fclose(file);
    free(lines);
}

static void prompt(const struct monitor *monitor, char *text, size_t bytes)
{
    static const char modes[] = "US?M";
    struct emu_hart_view view;
    char perturbed[48] = "", place[SYMBOLS_TEXT_BYTES];
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    if (monitor->perturbed)
        snprintf(perturbed, sizeof perturbed, " perturbed @%" PRIu64, monitor->perturbed_cycle);
    if (!symbols_write(monitor->host.symbols, view.pc, place, sizeof place))
        snprintf(place, sizeof place, "0x%" PRIx64, view.pc);
    snprintf(text, bytes, "[%" PRIu64 " hart %u %c %.100s%s] ", view.cycle, monitor->hart, modes[view.mode & 3], place, perturbed);
}

/* On a terminal: files of commands that were only to prepare the run have done so. Where one of them has let the machine go on, or
 * a command has failed, the person is asked. */
static bool is_prelude_over(const struct monitor *monitor)
{
    const struct options *options = monitor->options;
    return monitor->host.is_terminal && options->command_file_count > 0 && !options->monitor && monitor->talks == 1 &&
           !monitor->file_failed;
}

char *monitor_next_line(struct monitor *monitor, const char *text)
{
    monitor->line_dropped = false;
    char *line = monitor->held;
    size_t room = 0;
    monitor->held = NULL;
    if (line)
        return line;
    while (monitor->sources > (monitor->does_due ? monitor->due_floor : 0)) {
        ssize_t length = getline(&line, &room, monitor->source[monitor->sources - 1].file);
        if (length >= 0) {
            line[strcspn(line, "\r\n")] = '\0';
            return line;
        }
        drop_source(monitor);
    }
    free(line);
    if (monitor->does_due)
        return NULL;
    if (is_prelude_over(monitor))
        return strdup("continue");
    if (monitor->host.is_terminal)
        return monitor_line_edit(text, &monitor->line_dropped);
    return monitor->options->monitor ? monitor_line_read() : NULL;
}

/* Cuts a line into words; "..." keeps blanks together. */
static bool cut(struct words *words, const char *line, struct emu_error *error)
{
    char *to = words->bytes, *end = words->bytes + sizeof words->bytes - 1;
    words->count = 0;
    while (*line) {
        line += strspn(line, " \t");
        if (!*line)
            break;
        if (words->count == WORDS_MOST)
            return emu_error_set(error, "a command has at most %d words", WORDS_MOST);
        words->word[words->count++] = to;
        bool quoted = false;
        for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
            if (*line == '"')
                quoted = !quoted;
            else if (to < end)
                *to++ = *line;
            else
                return emu_error_set(error, "the line is too long");
        }
        if (to == end)
            return emu_error_set(error, "the line is too long");
        *to++ = '\0';
    }
    return true;
}

static bool takes(const struct command *command, const struct words *words, struct emu_error *error)
{
    return command->arguments[0] || words->count == 0 ||
           emu_error_set(error, "this command takes no arguments, but was given '%.100s'", words->text);
}

/* "x/4xg" and "x /4xg" are the same; so are "step3" and nothing else. */
static bool do_line(struct monitor *monitor, const char *line, struct emu_error *error, bool *ret_repeats, json_t **ret_data)
{
    char name[64];
    struct words words;
    line += strspn(line, " \t");
    size_t length = strcspn(line, " \t/");
    *ret_repeats = false;
    if (length >= sizeof name)
        return emu_error_set(error, "there is no command '%.40s...'; help lists them", line);
    memcpy(name, line, length);
    name[length] = '\0';
    const struct command *command = command_find(name, error);
    if (!command)
        return false;
    words.text = line + length + strspn(line + length, " \t");
    monitor->read = (struct emu_read){0};
    bool ok = cut(&words, words.text, error) && takes(command, &words, error) && command->function(monitor, &words, error);
    *ret_repeats = ok && command->repeats;
    if (monitor->read.is_elsewhere)
        fprintf(monitor->out, "at 0x%" PRIx64 " the TLB leads elsewhere than the tables: this is what the hart would read\n",
                monitor->read.elsewhere);
    if (monitor->options->json)
        *ret_data = monitor_data(monitor, command, &words, ok);
    return ok;
}

/* ---- answers ---- */

/* {"command", "ok", "error", "output": [lines], and where the chosen hart is}, on a line. */
static void print_json(const struct monitor *monitor, const char *line, bool ok, const struct emu_error *error, char *output,
                       json_t *data)
{
    struct emu_hart_view view;
    json_t *answer = json_object(), *lines = json_array();
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    json_object_set_new(answer, "command", json_text(line, strlen(line)));
    json_object_set_new(answer, "ok", json_boolean(ok));
    if (!ok)
        json_object_set_new(answer, "error", json_text(error->text, strlen(error->text)));
    for (char *rest, *one = strtok_r(output, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
        json_array_append_new(lines, json_text(one, strlen(one)));
    json_object_set_new(answer, "output", lines);
    if (data)
        json_object_set_new(answer, "data", data);
    json_object_set_new(answer, "hart", json_integer(monitor->hart));
    json_object_set_new(answer, "cycle", json_integer((json_int_t)view.cycle));
    json_object_set_new(answer, "pc", json_sprintf("0x%" PRIx64, view.pc));
    json_print(stdout, answer);
}

/* Everything that was printed is written, or never will be. What does not fit into the stream's buffer has been tried before. */
static void flush(struct monitor *monitor)
{
    bool is_written = fflush(stdout) == 0 && !ferror(stdout);
    if (!is_written && !monitor->out_error)
        monitor->out_error = errno ? errno : EIO;
}

static void do_and_answer(struct monitor *monitor, const char *line, bool *ret_repeats)
{
    char *output = NULL;
    size_t bytes = 0;
    json_t *data = NULL;
    struct emu_error error = {""};
    monitor->out = open_memstream(&output, &bytes);
    if (!monitor->out) {
        puts("the host is out of memory");
        return;
    }
    bool is_of_file = monitor->sources > 0 && !monitor->source[monitor->sources - 1].lines;
    bool ok = do_line(monitor, line, &error, ret_repeats, &data);
    monitor->file_failed |= is_of_file && !ok;
    fclose(monitor->out);
    monitor->out = NULL;
    errno = 0;
    if (monitor->options->json) {
        print_json(monitor, line, ok, &error, output, data);
    } else {
        fwrite(output, 1, bytes, stdout);
        if (!ok)
            printf("%s\n", error.text);
    }
    flush(monitor);
    free(output);
}

void monitor_say(struct monitor *monitor, const char *what, const char *text)
{
    if (monitor->options->json) {
        json_print(stdout, json_pack("{s:o}", what, json_text(text, strlen(text))));
    } else {
        printf("%s\n", text);
    }
    flush(monitor);
}

/* Where a hart is, and the instruction there, if it can be read. */
struct hart_place {
    struct emu_hart_view view;
    char insn[96], symbol[SYMBOLS_TEXT_BYTES];
};

static void find_place(struct monitor *monitor, unsigned hart, struct hart_place *ret_place)
{
    uint32_t bits;
    emu_hart_view(monitor->host.machine, hart, &ret_place->view);
    uint64_t pc = ret_place->view.pc;
    ret_place->insn[0] = ret_place->symbol[0] = '\0';
    symbols_write(monitor->host.symbols, pc, ret_place->symbol, sizeof ret_place->symbol);
    if (monitor_fetch(monitor, hart, pc, &bits))
        isa_disassemble(ret_place->insn, sizeof ret_place->insn, bits, pc);
}

static void print_place(struct monitor *monitor, unsigned hart)
{
    struct hart_place place;
    find_place(monitor, hart, &place);
    const char *symbol = place.symbol;
    printf("hart %u: 0x%" PRIx64 "%s%s%s%s%s\n", hart, place.view.pc, symbol[0] ? " <" : "", symbol, symbol[0] ? ">" : "",
           place.insn[0] ? ":\t" : "", place.insn);
}

static bool has_moved(const struct monitor *monitor, unsigned hart)
{
    return monitor->counts_moves && monitor_done_by(monitor->host.machine, hart) != monitor->moved_from[hart];
}

/* After steps of the machine: of which harts they were, besides the chosen one. */
static void print_moved(struct monitor *monitor)
{
    unsigned moved = 0;
    for (unsigned hart = 0; hart < emu_harts(monitor->host.machine); hart++)
        if (hart != monitor->hart && has_moved(monitor, hart) && ++moved <= MOVED_SHOWN)
            print_place(monitor, hart);
    if (moved > MOVED_SHOWN)
        printf("and %u more harts have moved\n", moved - MOVED_SHOWN);
}

static void print_stop_json(struct monitor *monitor, const char *reason)
{
    struct hart_place place;
    json_t *numbers = json_array(), *moved = json_array();
    find_place(monitor, monitor->hart, &place);
    for (unsigned i = 0; i < monitor->met; i++)
        json_array_append_new(numbers, json_integer(monitor->met_number[i]));
    for (unsigned hart = 0; hart < emu_harts(monitor->host.machine); hart++)
        if (has_moved(monitor, hart))
            json_array_append_new(moved, json_integer(hart));
    json_t *stop =
        json_pack("{s:o, s:o, s:i, s:I, s:o, s:o, s:s}", "stopped", json_text(reason, strlen(reason)), "stops", numbers, "hart",
                  (int)monitor->hart, "cycle", (json_int_t)place.view.cycle, "pc", json_sprintf("0x%" PRIx64, place.view.pc),
                  "symbol", json_text(place.symbol, strlen(place.symbol)), "instruction", place.insn);
    if (monitor->counts_moves)
        json_object_set_new(stop, "moved", moved);
    else
        json_decref(moved);
    json_print(stdout, stop);
}

/* Why the machine stands still, and where. */
static void print_stop(struct monitor *monitor, const char *reason)
{
    errno = 0;
    if (monitor->options->json) {
        print_stop_json(monitor, reason);
    } else {
        if (reason[0])
            printf("%s\n", reason);
        print_moved(monitor);
        print_place(monitor, monitor->hart);
    }
    flush(monitor);
}

/* A line that is empty does the last command again, if that is one to be repeated. */
static void take_line(struct monitor *monitor, char *line)
{
    const char *text = line + strspn(line, " \t");
    bool repeats = false;
    monitor->is_again = *text == '\0';
    if (*text == '\0' && monitor->last)
        do_and_answer(monitor, monitor->last, &repeats);
    if (*text == '\0' || *text == '#') {
        free(line);
        return;
    }
    do_and_answer(monitor, line, &repeats);
    if (monitor->does_due) { /* nobody has typed it */
        free(line);
        return;
    }
    free(monitor->last);
    monitor->last = repeats ? line : NULL;
    if (!repeats)
        free(line);
}

/* Is there a reason to stop reading lines? */
static bool is_done(const struct monitor *monitor)
{
    return monitor->goes_on || monitor->quits || monitor->out_error;
}

/* The commands of the stops just met. Each stop decides for itself: the machine resumes if all of them say so, and what it was to
 * reach is not reached. Any other way of going on is taken at once. */
static void do_due(struct monitor *monitor)
{
    unsigned resumed = 0;
    for (unsigned i = 0; i < monitor->dues && !is_done(monitor); i++) {
        monitor->does_due = true;
        monitor->due_floor = monitor->sources;
        open_due(monitor, monitor->due[i]);
        monitor->due[i] = NULL;
        char *line;
        while (!is_done(monitor) && (line = monitor_next_line(monitor, "")))
            take_line(monitor, line);
        while (monitor->sources > monitor->due_floor)
            drop_source(monitor);
        monitor->does_due = false;
        if (!monitor->resumes)
            continue;
        monitor->resumes = monitor->goes_on = false;
        resumed++;
    }
    monitor->resumes = resumed > 0 && resumed == monitor->met && !monitor->arrived && !is_done(monitor);
    monitor_forget_met(monitor);
    if (!monitor->resumes)
        return;
    monitor->goal = monitor->interrupted;
    monitor->hart = monitor->goal_hart;
    monitor->goes_on = true;
}

enum monitor_wish monitor_talk(struct monitor *monitor, const char *reason, struct monitor_goal *ret_goal)
{
    bool is_silent = monitor->met > 0 && monitor->silent == monitor->met && !monitor->arrived;
    monitor_flush_traces(monitor);
    monitor->talks++;
    monitor->list_next = 0;
    monitor->goes_on = monitor->quits = monitor->resumes = false;
    monitor->interrupted = monitor->goal;
    monitor->goal = MONITOR_NO_GOAL;
    if (!is_silent && (!monitor->is_over || monitor->dues > 0))
        print_stop(monitor, reason);
    bool counted_moves = monitor->counts_moves;
    monitor->counts_moves = false;
    do_due(monitor);
    monitor->counts_moves |= monitor->resumes && counted_moves;
    while (!is_done(monitor)) {
        char text[256];
        prompt(monitor, text, sizeof text);
        char *line = monitor_next_line(monitor, text);
        if (line) {
            take_line(monitor, line);
            continue;
        }
        monitor->is_over = true; /* a terminal's end, a script's, or that of the files */
        monitor->quits = monitor->host.is_terminal || monitor->options->monitor;
        monitor->goes_on = !monitor->quits;
    }
    if (!monitor->resumes) {
        monitor_forget_hidden(monitor);
        monitor->goal_hart = monitor->hart;
    }
    *ret_goal = monitor->goal;
    errno = monitor->out_error;
    if (monitor->out_error)
        return MONITOR_NO_OUTPUT;
    return monitor->quits ? MONITOR_QUIT : MONITOR_RUN;
}

/* ---- making ---- */

struct monitor *monitor_create(const struct options *options, const struct monitor_host *host, struct emu_error *error)
{
    struct monitor *monitor = calloc(1, sizeof *monitor);
    if (!monitor) {
        emu_error_set(error, "the host is out of memory");
        return NULL;
    }
    monitor->host = *host;
    monitor->options = options;
    monitor->goal = MONITOR_NO_GOAL;
    for (unsigned i = options->command_file_count; i-- > 0;) /* the last one opened is read first */
        if (!monitor_open(monitor, options->command_files[i], error)) {
            monitor_destroy(monitor);
            return NULL;
        }
    if (host->is_terminal)
        monitor_line_start(monitor);
    return monitor;
}

void monitor_choose(struct monitor *monitor, unsigned hart)
{
    monitor->hart = hart;
}

bool monitor_is_over(const struct monitor *monitor)
{
    return monitor->is_over;
}

bool monitor_is_due(const struct monitor *monitor)
{
    return monitor->dues > 0;
}

void monitor_destroy(struct monitor *monitor)
{
    if (!monitor)
        return;
    monitor_forget_all(monitor);
    monitor_forget_traces(monitor);
    while (monitor->sources > 0)
        drop_source(monitor);
    monitor_forget_met(monitor);
    free(monitor->held);
    if (monitor->host.is_terminal)
        monitor_line_finish();
    free(monitor->last);
    free(monitor);
}
