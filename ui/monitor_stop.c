/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the run is to stop at: breakpoints and events, with harts, conditions and counts. libemu stops at a hart's arrival at an
 * address and at events of a kind; what is not meant goes on without a word.
 */
#define _GNU_SOURCE
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <isa/trap.h>
#include <stdlib.h>
#include <string.h>

struct stop_point *monitor_free_point(struct monitor *monitor, struct emu_error *error)
{
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].kind == STOP_NONE)
            return &monitor->stop[i];
    emu_error_set(error, "there can be %d stops", STOPS_MOST);
    return NULL;
}

/* libemu has an entry for each address and hart. */
static bool is_break_used(const struct monitor *monitor, const struct stop_point *as)
{
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        const struct stop_point *point = &monitor->stop[i];
        if (point->kind == STOP_BREAK && !point->is_off && point->address == as->address && point->hart == as->hart)
            return true;
    }
    return false;
}

static unsigned hart_of(const struct stop_point *point)
{
    return point->hart < 0 ? EMU_ANY_HART : (unsigned)point->hart;
}

/* Watches the bytes as all stops together want it. False: they are not RAM, or there is no room. */
static bool set_watch(struct monitor *monitor, uint64_t address, unsigned bytes)
{
    unsigned kinds = 0;
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        const struct stop_point *point = &monitor->stop[i];
        if (point->kind == STOP_WATCH && !point->is_off && point->address == address && point->bytes == bytes)
            kinds |= point->watch;
    }
    return kinds ? emu_watch_set(monitor->host.machine, address, bytes, kinds)
                 : emu_watch_clear(monitor->host.machine, address, bytes);
}

/* The point has been taken away or switched off: the machine need not stop for it any more, if not for another. */
static void release(struct monitor *monitor, const struct stop_point *old)
{
    if (old->kind == STOP_BREAK && !is_break_used(monitor, old))
        emu_break_clear_on(monitor->host.machine, old->address, hart_of(old));
    if (old->kind == STOP_WATCH)
        set_watch(monitor, old->address, old->bytes);
}

static void forget(struct monitor *monitor, struct stop_point *point)
{
    struct stop_point old = *point;
    *point = (struct stop_point){.kind = STOP_NONE};
    release(monitor, &old);
    free(old.commands);
}

void monitor_forget_hidden(struct monitor *monitor)
{
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].hidden && monitor->stop[i].talk != monitor->talks)
            forget(monitor, &monitor->stop[i]);
}

void monitor_forget_all(struct monitor *monitor)
{
    for (unsigned i = 0; i < STOPS_MOST; i++)
        forget(monitor, &monitor->stop[i]);
}

static bool add_break(struct monitor *monitor, struct stop_point point, struct stop_point **ret_point, struct emu_error *error)
{
    struct stop_point *place = monitor_free_point(monitor, error);
    if (!place)
        return false;
    if (!is_break_used(monitor, &point) && !emu_break_set_on(monitor->host.machine, point.address, hart_of(&point)))
        return emu_error_set(error, "there is no room for another address");
    point.kind = STOP_BREAK;
    if (!point.hidden)
        point.number = ++monitor->stops_made;
    *place = point;
    *ret_point = place;
    return true;
}

bool monitor_stop_at(struct monitor *monitor, uint64_t address, const struct frame_wish *frame, struct emu_error *error)
{
    struct stop_point *point;
    return add_break(
        monitor,
        (struct stop_point){
            .hidden = true, .talk = monitor->talks, .frame = *frame, .once = true, .hart = (int)monitor->hart, .address = address},
        &point, error);
}

/* ---- what is typed ---- */

/* "[hart H] [if EXPRESSION]" from word `at` on. The expression is everything behind the "if". */
bool monitor_filter(struct monitor *monitor, struct words *words, unsigned at, struct stop_point *point, struct emu_error *error)
{
    point->hart = -1;
    if (at + 1 < words->count && !strcmp(words->word[at], "hart")) {
        unsigned hart;
        if (!monitor_hart_number(monitor, words->word[at + 1], &hart, error))
            return false;
        point->hart = (int)hart;
        at += 2;
    }
    if (at == words->count)
        return true;
    const char *condition = strstr(words->text, " if ");
    if (strcmp(words->word[at], "if") || !condition)
        return emu_error_set(error, "[hart H] [if EXPRESSION] is expected, not '%.40s'", words->word[at]);
    condition += strlen(" if ");
    if (strlen(condition) >= sizeof point->condition)
        return emu_error_set(error, "the condition is longer than %zu characters", sizeof point->condition - 1);
    memcpy(point->condition, condition, strlen(condition) + 1);
    monitor->a = monitor->b = 0;
    monitor->has_event = point->kind == STOP_CATCH || point->kind == STOP_WATCH;
    bool good = monitor_check(monitor, condition, error); /* a name that does not exist is said now */
    monitor->has_event = false;
    return good;
}

static bool make_break(struct monitor *monitor, struct words *words, bool once, struct emu_error *error)
{
    struct stop_point point = {.once = once}, *made = NULL;
    uint64_t addresses[STOPS_MOST];
    size_t count = 1;
    if (words->count == 0)
        return emu_error_set(error, "an address is missing");
    if (monitor_is_line(words->word[0]))
        count = monitor_line_places(monitor, words->word[0], addresses, STOPS_MOST, error);
    else if (!monitor_value(monitor, words->word[0], &addresses[0], error))
        return false;
    if (count == 0 || !monitor_filter(monitor, words, 1, &point, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        point.address = addresses[i];
        if (point.address % 2)
            return emu_error_set(error, "0x%" PRIx64 " is odd: no instruction begins there", point.address);
        if (!add_break(monitor, point, &made, error))
            return false;
        fprintf(monitor->out, "stop %u at 0x%" PRIx64 "\n", made->number, made->address);
    }
    return true;
}

bool command_break(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return make_break(monitor, words, false, error);
}

bool command_tbreak(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return make_break(monitor, words, true, error);
}

/* "ADDRESS [SIZE] [hart H] [if EXPRESSION]" */
static bool make_watch(struct monitor *monitor, struct words *words, unsigned kinds, struct emu_error *error)
{
    struct stop_point point = {.kind = STOP_WATCH, .watch = kinds, .bytes = 8};
    uint64_t bytes;
    if (words->count == 0)
        return emu_error_set(error, "an address is missing");
    if (!monitor_value(monitor, words->word[0], &point.address, error))
        return false;
    bool has_size = words->count > 1 && number_parse(words->word[1], 1, 8, &bytes);
    if (has_size)
        point.bytes = (unsigned)bytes;
    if (!monitor_filter(monitor, words, 1 + has_size, &point, error))
        return false;
    struct stop_point *place = monitor_free_point(monitor, error);
    if (!place)
        return false;
    *place = point;
    if (!set_watch(monitor, point.address, point.bytes)) {
        *place = (struct stop_point){.kind = STOP_NONE};
        return emu_error_set(error, "%u bytes at physical address 0x%" PRIx64 " are not RAM, or too many are watched", point.bytes,
                             point.address);
    }
    place->number = ++monitor->stops_made;
    fprintf(monitor->out, "stop %u at 0x%" PRIx64 ", %u bytes\n", place->number, place->address, place->bytes);
    return true;
}

bool command_watch(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return make_watch(monitor, words, EMU_WATCH_WRITE, error);
}

bool command_rwatch(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return make_watch(monitor, words, EMU_WATCH_READ, error);
}

struct stop_point *monitor_point(struct monitor *monitor, const char *text, struct emu_error *error)
{
    uint64_t number;
    bool is_number = number_parse(text, 1, UINT32_MAX, &number);
    for (unsigned i = 0; is_number && i < STOPS_MOST; i++)
        if (monitor->stop[i].kind != STOP_NONE && !monitor->stop[i].hidden && monitor->stop[i].number == number)
            return &monitor->stop[i];
    emu_error_set(error, "there is no stop %.40s; info lists them", text);
    return NULL;
}

bool command_ignore(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t count;
    if (words->count != 2 || !number_parse(words->word[1], 0, UINT32_MAX, &count))
        return emu_error_set(error, "write ignore NUMBER COUNT");
    struct stop_point *point = monitor_point(monitor, words->word[0], error);
    if (point)
        point->ignored = count;
    return point != NULL;
}

bool command_delete(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    for (unsigned i = 0; i < words->count; i++)
        if (!monitor_point(monitor, words->word[i], error))
            return false;
    for (unsigned i = 0; i < words->count; i++) {
        struct stop_point *point = monitor_point(monitor, words->word[i], error);
        if (point) /* not named twice */
            forget(monitor, point);
    }
    for (unsigned i = 0; words->count == 0 && i < STOPS_MOST; i++)
        if (!monitor->stop[i].hidden) /* one of next, finish or until may be under way */
            forget(monitor, &monitor->stop[i]);
    return true;
}

/* For one that is off: the machine stops for it again. */
static bool switch_on(struct monitor *monitor, struct stop_point *point, struct emu_error *error)
{
    bool is_break = point->kind == STOP_BREAK;
    bool is_set =
        !is_break || is_break_used(monitor, point) || emu_break_set_on(monitor->host.machine, point->address, hart_of(point));
    point->text_at = 0;
    point->is_off = false;
    is_set = is_set && (point->kind != STOP_WATCH || set_watch(monitor, point->address, point->bytes));
    point->is_off = !is_set;
    return is_set || emu_error_set(error, "there is no room for stop %u now", point->number);
}

static bool switch_all(struct monitor *monitor, struct words *words, bool is_off, struct emu_error *error)
{
    bool chosen[STOPS_MOST] = {false};
    for (unsigned i = 0; i < words->count; i++) {
        struct stop_point *point = monitor_point(monitor, words->word[i], error);
        if (!point)
            return false;
        chosen[point - monitor->stop] = true;
    }
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        struct stop_point *point = &monitor->stop[i];
        bool is_meant = words->count > 0 ? chosen[i] : point->kind != STOP_NONE && !point->hidden;
        if (!is_meant || point->is_off == is_off)
            continue;
        if (!is_off && !switch_on(monitor, point, error))
            return false;
        point->is_off = is_off;
        if (is_off)
            release(monitor, point);
    }
    return true;
}

bool command_enable(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return switch_all(monitor, words, false, error);
}

bool command_disable(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return switch_all(monitor, words, true, error);
}

static int by_number(const void *a, const void *b)
{
    const struct stop_point *const *x = a, *const *y = b;
    return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

static void print_stop_point(struct monitor *monitor, const struct stop_point *point)
{
    FILE *out = monitor->out;
    char place[SYMBOLS_TEXT_BYTES];
    fprintf(out, "%u: ", point->number);
    if (point->kind == STOP_BREAK)
        fprintf(out, "%s0x%" PRIx64, point->once ? "once at " : "at ", point->address);
    else if (point->kind == STOP_WATCH)
        fprintf(out, "%s of %u bytes at 0x%" PRIx64, point->watch == EMU_WATCH_READ ? "reads" : "writes", point->bytes,
                point->address);
    else
        fputs("at ", out);
    if (point->kind == STOP_CATCH)
        monitor_print_wish(out, &point->event);
    else if (point->kind == STOP_BREAK && symbols_write(monitor->host.symbols, point->address, place, sizeof place))
        fprintf(out, " <%s>", place);
    if (point->hart >= 0)
        fprintf(out, " hart %d", point->hart);
    if (point->condition[0])
        fprintf(out, " if %s", point->condition);
    fprintf(out, ", met %" PRIu64 "%s", point->met, point->met == 1 ? " time" : " times");
    if (point->ignored)
        fprintf(out, ", ignored the next %" PRIu64, point->ignored);
    fputs(point->is_off ? ", off\n" : "\n", out);
    for (const char *line = point->commands ? point->commands : ""; *line; line += strcspn(line, "\n") + 1)
        fprintf(out, "    %.*s\n", (int)strcspn(line, "\n"), line);
}

unsigned monitor_stop_points(const struct monitor *monitor, const struct stop_point *ret_points[static STOPS_MOST])
{
    unsigned count = 0;
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].kind != STOP_NONE && !monitor->stop[i].hidden)
            ret_points[count++] = &monitor->stop[i];
    qsort(ret_points, count, sizeof ret_points[0], by_number);
    return count;
}

void monitor_print_stops(struct monitor *monitor)
{
    const struct stop_point *points[STOPS_MOST];
    unsigned count = monitor_stop_points(monitor, points);
    for (unsigned i = 0; i < count; i++)
        print_stop_point(monitor, points[i]);
    if (count == 0)
        fputs("no stops\n", monitor->out);
}

/* ---- what is done when one is met ---- */

/* Lines to the end that belongs to them; other commands in them have an end of their own. NULL with a sentence: there is no
 * end in the source that they began in, or no memory. "" is no lines. */
static char *read_body(struct monitor *monitor, struct emu_error *error)
{
    char *lines = NULL;
    size_t bytes = 0;
    unsigned depth = 1, sources = monitor->sources;
    FILE *to = open_memstream(&lines, &bytes);
    if (!to) {
        emu_error_set(error, "the host is out of memory");
        return NULL;
    }
    while (depth > 0) {
        char *line = monitor_next_line(monitor, "> "), word[64] = "";
        if (!line || monitor->sources < sources) {
            monitor->held = line;
            break;
        }
        if (monitor->line_dropped) {
            free(line);
            break;
        }
        const char *text = line + strspn(line, " \t");
        struct emu_error ignored;
        sscanf(text, "%63s", word);
        const struct command *command = word[0] ? command_find(word, &ignored) : NULL;
        if (!strcmp(word, "end"))
            depth--;
        else if (command && command->function == command_commands)
            depth++;
        if (depth > 0 && *text)
            fprintf(to, "%s\n", text);
        free(line);
    }
    bool is_written = fclose(to) == 0;
    if (depth == 0 && is_written)
        return lines;
    free(lines);
    emu_error_set(error, depth ? "there is no end behind the commands: they are dropped" : "the host is out of memory");
    return NULL;
}

static struct stop_point *last_made(struct monitor *monitor, struct emu_error *error)
{
    struct stop_point *last = NULL;
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        struct stop_point *point = &monitor->stop[i];
        if (point->kind != STOP_NONE && !point->hidden && (!last || point->number > last->number))
            last = point;
    }
    if (!last)
        emu_error_set(error, "there are no stops");
    return last;
}

/* The lines are read also for a stop that does not exist: they are not meant to be done now. */
bool command_commands(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct stop_point *points[WORDS_MOST] = {NULL};
    unsigned count = words->count ? words->count : 1;
    struct emu_error other;
    bool good = true;
    for (unsigned i = 0; i < count && good; i++) {
        points[i] = words->count ? monitor_point(monitor, words->word[i], error) : last_made(monitor, error);
        good = points[i];
    }
    char *lines = read_body(monitor, good ? error : &other);
    good = good && lines;
    for (unsigned i = 0; i < count && good; i++) {
        char *own = lines[0] ? strdup(lines) : NULL;
        good = own || !lines[0] || emu_error_set(error, "the host is out of memory");
        free(points[i]->commands);
        points[i]->commands = own;
    }
    free(lines);
    return good;
}

/* Its commands are to be done; "silent" before the others is for the stop itself. */
static void make_due(struct monitor *monitor, const struct stop_point *point)
{
    monitor->met_number[monitor->met++] = point->number;
    const char *lines = point->commands ? point->commands : "";
    size_t length = strcspn(lines, "\n"), word = strcspn(lines, " \t\n");
    bool is_silent = word == strlen("silent") && !strncmp(lines, "silent", word) && word + strspn(lines + word, " \t") == length;
    monitor->silent += is_silent;
    lines += is_silent ? length + (lines[length] == '\n') : 0;
    char *copy = lines[0] ? strdup(lines) : NULL;
    if (copy)
        monitor->due[monitor->dues++] = copy;
}

/* ---- met ---- */

static uint64_t satp_of(const struct monitor *monitor, unsigned hart)
{
    uint64_t satp = 0;
    emu_csr_read(monitor->host.machine, hart, (unsigned)monitor_csr("satp"), &satp);
    return satp;
}

struct frame_wish monitor_frame(const struct monitor *monitor, unsigned mode)
{
    const bool is_user = mode == ISA_MODE_U;
    return (struct frame_wish){
        .has_mode = true, .mode = mode, .has_satp = is_user, .satp = is_user ? satp_of(monitor, monitor->hart) : 0};
}

static bool is_frame(const struct monitor *monitor, const struct frame_wish *wish, unsigned hart)
{
    struct emu_hart_view view;
    emu_hart_view(monitor->host.machine, hart, &view);
    return (!wish->has_sp || view.x[2] == wish->sp) && (!wish->has_mode || view.mode == wish->mode) &&
           (!wish->has_satp || satp_of(monitor, hart) == wish->satp);
}

/* A condition that cannot be computed counts as true: nobody is to miss what he waits for. *ret_failure says why, else "". */
static bool is_meant(struct monitor *monitor, struct stop_point *point, unsigned hart, struct emu_error *ret_failure)
{
    uint64_t value = 1;
    ret_failure->text[0] = '\0';
    if (!is_frame(monitor, &point->frame, hart))
        return false;
    if (point->hart >= 0 && (unsigned)point->hart != hart)
        return false;
    if (point->condition[0] && monitor_value_on(monitor, hart, point->condition, &value, ret_failure) && value == 0)
        return false;
    point->met++;
    if (point->ignored == 0)
        return true;
    point->ignored--;
    return false;
}

static void say_failure(const struct emu_error *failure, char *reason, size_t bytes)
{
    size_t length = strlen(reason);
    if (failure->text[0])
        snprintf(reason + length, bytes - length, "; its condition cannot be computed: %s", failure->text);
}

static void watch_reason(const struct emu_stop *stop, unsigned number, char *ret_reason, size_t bytes)
{
    char who[48] = "a device";
    if (stop->hart != EMU_NOBODY)
        snprintf(who, sizeof who, "hart %u at 0x%" PRIx64, stop->hart, stop->pc);
    if (stop->access == EMU_WATCH_READ)
        snprintf(ret_reason, bytes, "stop %u: %s has read 0x%" PRIx64 ": 0x%" PRIx64, number, who, stop->address, stop->b);
    else
        snprintf(ret_reason, bytes, "stop %u: %s has written to 0x%" PRIx64 ": 0x%" PRIx64 " was 0x%" PRIx64, number, who,
                 stop->address, stop->b, stop->a);
}

static void event_reason(struct monitor *monitor, const struct emu_event *event, unsigned number, char *ret_reason, size_t bytes)
{
    char text[EVENT_TEXT_BYTES], who[24] = "";
    event_write(event, monitor->host.symbols, text);
    if (event->hart != UINT16_MAX)
        snprintf(who, sizeof who, "hart %u: ", event->hart);
    snprintf(ret_reason, bytes, "stop %u at %s: %s%s", number, event_word(event->kind), who, text);
}

static void say_reason(struct monitor *monitor, const struct stop_point *point, const struct emu_stop *stop,
                       const struct emu_event *event, char *ret_reason, size_t bytes)
{
    if (point->kind == STOP_WATCH)
        watch_reason(stop, point->number, ret_reason, bytes);
    else if (point->kind == STOP_CATCH)
        event_reason(monitor, event, point->number, ret_reason, bytes);
    else
        snprintf(ret_reason, bytes, "stop %u: hart %u at its address", point->number, stop->hart);
}

static bool concerns(struct stop_point *point, const struct emu_stop *stop, const struct emu_event *event)
{
    if (point->is_off)
        return false;
    switch (stop->kind) {
    case EMU_STOP_BREAKPOINT:
        return point->kind == STOP_BREAK && point->address == stop->pc;
    case EMU_STOP_WATCHPOINT:
        return point->kind == STOP_WATCH && point->address == stop->address && point->bytes == stop->bytes &&
               point->watch & stop->access;
    default:
        return point->kind == STOP_CATCH && monitor_catches(point, event);
    }
}

void monitor_forget_met(struct monitor *monitor)
{
    while (monitor->dues > 0)
        free(monitor->due[--monitor->dues]);
    monitor->met = monitor->silent = 0;
    monitor->arrived = false;
}

bool monitor_stops(struct monitor *monitor, const struct emu_stop *stop, char *ret_reason, size_t bytes)
{
    unsigned hart = stop->hart < emu_harts(monitor->host.machine) ? stop->hart : monitor->hart;
    const struct emu_event event = {.kind = (uint16_t)stop->event,
                                    .hart = (uint16_t)stop->hart,
                                    .other = (uint16_t)stop->other,
                                    .pc = stop->pc,
                                    .a = stop->a,
                                    .b = stop->b};
    monitor_forget_met(monitor);
    ret_reason[0] = '\0';
    monitor->a = stop->a;
    monitor->b = stop->b;
    monitor->has_event = stop->kind != EMU_STOP_BREAKPOINT;
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        struct stop_point *point = &monitor->stop[i];
        struct emu_error failure;
        if (!concerns(point, stop, &event) || !is_meant(monitor, point, hart, &failure))
            continue;
        if (point->hidden) {
            monitor->arrived = true;
        } else {
            size_t used = strlen(ret_reason);
            if (used > 0 && used + 1 < bytes)
                ret_reason[used++] = '\n';
            say_reason(monitor, point, stop, &event, ret_reason + used, bytes - used);
            say_failure(&failure, ret_reason, bytes);
            make_due(monitor, point);
        }
        if (point->once)
            forget(monitor, point);
    }
    monitor->has_event = false;
    bool stops = monitor->met > 0 || monitor->arrived;
    if (stops)
        monitor->hart = hart;
    return stops;
}
