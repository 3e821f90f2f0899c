/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events written down while the machine goes on: `trace`. They are read behind the machine's back, when it has gone on already, so
 * nothing but the event itself can be said of them.
 */
#define _GNU_SOURCE
#include "json_text.h"
#include "monitor_private.h"
#include "word.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---- */

/* False with a sentence: what was written last cannot be. */
static bool close_file(struct trace_file *file, struct emu_error *error)
{
    errno = 0;
    bool failed = ferror(file->to), is_closed = fclose(file->to) == 0;
    if (failed || !is_closed)
        emu_error_set(error, "cannot write %s: %s", file->path, strerror(errno ? errno : EIO));
    free(file->path);
    free(file);
    return !failed && is_closed;
}

/* False with a sentence as above. */
static bool forget(struct trace *trace, struct emu_error *error)
{
    struct trace_file *file = trace->file;
    *trace = (struct trace){0};
    return !file || --file->used > 0 || close_file(file, error);
}

void monitor_forget_traces(struct monitor *monitor)
{
    struct emu_error error;
    for (unsigned i = 0; i < TRACES_MOST; i++)
        if (!forget(&monitor->trace[i], &error))
            fprintf(stderr, "lockscope: %s\n", error.text);
}

/* The file is written no more: all traces to it end, which is said once. */
static void give_up(struct monitor *monitor, struct trace_file *file, int number)
{
    char numbers[8 * TRACES_MOST] = "";
    unsigned count = 0;
    for (unsigned i = 0; i < TRACES_MOST; i++) {
        struct trace *trace = &monitor->trace[i];
        if (!trace->number || trace->file != file)
            continue;
        snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%s%u", count++ ? ", " : "", trace->number);
        *trace = (struct trace){0};
    }
    struct emu_error error, ignored;
    emu_error_set(&error, "trace%s %s end%s: cannot write %s: %s", count == 1 ? "" : "s", numbers, count == 1 ? "s" : "",
                  file->path, strerror(number ? number : EIO));
    close_file(file, &ignored);
    monitor_say(monitor, "trace_error", error.text);
}

void monitor_flush_traces(struct monitor *monitor)
{
    for (unsigned i = 0; i < TRACES_MOST; i++) {
        struct trace_file *file = monitor->trace[i].file;
        errno = 0;
        if (file && (fflush(file->to) != 0 || ferror(file->to)))
            give_up(monitor, file, errno);
    }
}

/* The same file under whatever name; NULL: no trace is written to it. */
static struct trace_file *file_in_use(const struct monitor *monitor, const struct stat *status)
{
    for (unsigned i = 0; i < TRACES_MOST; i++) {
        struct trace_file *file = monitor->trace[i].file;
        if (file && file->device == status->st_dev && file->inode == status->st_ino)
            return file;
    }
    return NULL;
}

/* A file that holds something already is written over only if that is said. A pipe that nobody reads is refused, not waited for. */
static struct trace_file *open_file(struct monitor *monitor, const char *path, bool replaces, struct emu_error *error)
{
    struct stat status;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd < 0 || fstat(fd, &status) != 0) {
        emu_error_set(error, "cannot write %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct trace_file *file = file_in_use(monitor, &status);
    if (file) {
        close(fd);
        file->used++;
        return file;
    }
    bool is_full = S_ISREG(status.st_mode) && status.st_size > 0;
    file = calloc(1, sizeof *file);
    if (is_full && !replaces)
        emu_error_set(error, "%s holds something already; to! %s writes over it", path, path);
    else if ((is_full && ftruncate(fd, 0) != 0) || fcntl(fd, F_SETFL, O_APPEND) != 0)
        emu_error_set(error, "cannot write %s: %s", path, strerror(errno));
    else if (file && (file->path = strdup(path)) && (file->to = fdopen(fd, "a"))) {
        file->used = 1;
        file->device = status.st_dev;
        file->inode = status.st_ino;
        return file;
    } else
        emu_error_set(error, "the host is out of memory");
    close(fd);
    free(file ? file->path : NULL);
    free(file);
    return NULL;
}

/* ---- what is typed ---- */

static bool trace_off(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    bool off[TRACES_MOST] = {false};
    for (unsigned w = 1; w < words->count; w++) {
        uint64_t number;
        unsigned i = 0;
        bool is_number = number_parse(words->word[w], 1, UINT32_MAX, &number);
        while (is_number && i < TRACES_MOST && monitor->trace[i].number != number)
            i++;
        if (!is_number || i == TRACES_MOST)
            return emu_error_set(error, "there is no trace %.40s; info traces lists them", words->word[w]);
        off[i] = true;
    }
    bool good = true;
    for (unsigned i = 0; i < TRACES_MOST; i++)
        if (off[i] || words->count == 1)
            good &= forget(&monitor->trace[i], error);
    return good;
}

/* "[hart H] [to FILE]" from word `at` on. */
static bool take_rest(struct monitor *monitor, struct words *words, unsigned at, struct trace *trace, struct emu_error *error)
{
    if (at + 1 < words->count && !strcmp(words->word[at], "hart")) {
        unsigned hart;
        if (!monitor_hart_number(monitor, words->word[at + 1], &hart, error))
            return false;
        trace->event.hart = (int)hart;
        at += 2;
    }
    if (at < words->count && !strcmp(words->word[at], "if"))
        return emu_error_set(error, "a trace has no condition, since it is written when the machine has gone on; catch has one");
    if (at == words->count)
        return true;
    bool replaces = !strcmp(words->word[at], "to!");
    if (at + 2 != words->count || (!replaces && strcmp(words->word[at], "to") != 0))
        return emu_error_set(error, "[hart H] [to FILE | to! FILE] is expected, not '%.40s'", words->word[at]);
    trace->file = open_file(monitor, words->word[at + 1], replaces, error);
    return trace->file;
}

void monitor_print_traces(struct monitor *monitor)
{
    unsigned count = 0;
    for (unsigned i = 0; i < TRACES_MOST; i++) {
        const struct trace *trace = &monitor->trace[i];
        if (!trace->number)
            continue;
        count++;
        fprintf(monitor->out, "trace %u: ", trace->number);
        monitor_print_wish(monitor->out, &trace->event);
        if (trace->event.hart >= 0)
            fprintf(monitor->out, " hart %d", trace->event.hart);
        fprintf(monitor->out, " to %s, %" PRIu64 " written\n", trace->file ? trace->file->path : "the screen", trace->met);
    }
    if (count == 0)
        fputs("no traces\n", monitor->out);
}

bool command_trace(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct trace trace = {0};
    unsigned taken, i = 0;
    if (words->count == 0) {
        monitor_print_traces(monitor);
        return true;
    }
    if (!strcmp(words->word[0], "off"))
        return trace_off(monitor, words, error);
    while (i < TRACES_MOST && monitor->trace[i].number)
        i++;
    if (i == TRACES_MOST)
        return emu_error_set(error, "there can be %d traces", TRACES_MOST);
    if (!monitor_take_event(monitor, words, &trace.event, &taken, error))
        return false;
    if (trace.event.kind == EMU_EVENT_CONSOLE_OUT)
        return emu_error_set(error, "what the guest writes is on the screen already; catch console TEXT waits for it");
    if (!take_rest(monitor, words, taken, &trace, error))
        return false;
    trace.number = ++monitor->traces_made;
    monitor->trace[i] = trace;
    fprintf(monitor->out, "trace %u of ", trace.number);
    monitor_print_wish(monitor->out, &trace.event);
    fprintf(monitor->out, " to %s\n", trace.file ? trace.file->path : "the screen");
    return true;
}

/* ---- what happens ---- */

static void write_lines(const struct monitor *monitor, const struct emu_event *event, FILE *to)
{
    char text[EVENT_TEXT_BYTES], place[SYMBOLS_TEXT_BYTES] = "";
    /* Of a loss the pc is that of who did it, which the sentence has. */
    bool is_others = event->kind == EMU_EVENT_RESERVATION_LOST || event->kind == EMU_EVENT_LINE_INVALIDATED;
    bool is_named = !is_others && event->hart != UINT16_MAX && symbols_write(monitor->host.symbols, event->pc, place, sizeof place);
    event_write(event, monitor->host.symbols, text);
    fprintf(to, "%" PRIu64, event->cycle);
    if (event->hart != UINT16_MAX)
        fprintf(to, " hart %u", event->hart);
    if (event->hart != UINT16_MAX && !is_others)
        fprintf(to, " 0x%" PRIx64 "%s%s%s", event->pc, is_named ? " <" : "", place, is_named ? ">" : "");
    fprintf(to, " %s: %s\n", event_word(event->kind), text);
}

static void write_json(const struct monitor *monitor, const struct emu_event *event, FILE *to)
{
    char text[EVENT_TEXT_BYTES];
    event_write(event, monitor->host.symbols, text);
    json_t *object = json_pack(
        "{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:s}", "event", event_word(event->kind), "cycle", (json_int_t)event->cycle, "hart",
        event->hart == UINT16_MAX ? json_null() : json_integer(event->hart), "other",
        event->other == UINT16_MAX ? json_null() : json_integer(event->other), "pc", json_sprintf("0x%" PRIx64, event->pc), "a",
        json_sprintf("0x%" PRIx64, event->a), "b", json_sprintf("0x%" PRIx64, event->b), "text", text);
    json_print(to, object);
}

bool monitor_hears(const struct monitor *monitor, const struct emu_event *event)
{
    for (unsigned i = 0; i < TRACES_MOST; i++)
        if (monitor->trace[i].number && !monitor->trace[i].file && monitor_is_wished(&monitor->trace[i].event, event))
            return true;
    return false;
}

/* Several traces may want it in one place: has one before the nth written it there? */
static bool is_written(const struct monitor *monitor, unsigned n, const struct emu_event *event)
{
    for (unsigned i = 0; i < n; i++)
        if (monitor->trace[i].number && monitor->trace[i].file == monitor->trace[n].file &&
            monitor_is_wished(&monitor->trace[i].event, event))
            return true;
    return false;
}

void monitor_hear(struct monitor *monitor, const struct emu_event *event)
{
    for (unsigned i = 0; i < TRACES_MOST; i++) {
        struct trace *trace = &monitor->trace[i];
        if (!trace->number || !monitor_is_wished(&trace->event, event))
            continue;
        trace->met++;
        if (is_written(monitor, i, event))
            continue;
        FILE *to = trace->file ? trace->file->to : stdout;
        errno = 0;
        if (monitor->options->json)
            write_json(monitor, event, to);
        else
            write_lines(monitor, event, to);
        if (trace->file && ferror(to))
            give_up(monitor, trace->file, errno);
    }
}
