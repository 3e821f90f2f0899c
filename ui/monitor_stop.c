/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the run is to stop at: breakpoints and events, with harts, conditions and counts. libemu stops at every hart's arrival at an
 * address and at every event of a kind; what is not meant goes on without a word.
 */
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct stop_point *free_point(struct monitor *monitor, struct emu_error *error)
{
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].kind == STOP_NONE)
            return &monitor->stop[i];
    emu_error_set(error, "there can be %d stops", STOPS_MOST);
    return NULL;
}

static bool is_address_used(const struct monitor *monitor, uint64_t address)
{
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].kind == STOP_BREAK && monitor->stop[i].address == address)
            return true;
    return false;
}

uint64_t monitor_events(const struct monitor *monitor)
{
    uint64_t kinds = 0;
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].kind == STOP_CATCH)
            kinds |= EMU_EVENT_BIT(monitor->stop[i].event);
    return kinds;
}

/* Watches the bytes as all stops together want it. False: they are not RAM, or there is no room. */
static bool set_watch(struct monitor *monitor, uint64_t address, unsigned bytes)
{
    unsigned kinds = 0;
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        const struct stop_point *point = &monitor->stop[i];
        if (point->kind == STOP_WATCH && point->address == address && point->bytes == bytes)
            kinds |= point->watch;
    }
    return kinds ? emu_watch_set(monitor->host.machine, address, bytes, kinds)
                 : emu_watch_clear(monitor->host.machine, address, bytes);
}

static void forget(struct monitor *monitor, struct stop_point *point)
{
    struct stop_point old = *point;
    *point = (struct stop_point){.kind = STOP_NONE};
    if (old.kind == STOP_BREAK && !is_address_used(monitor, old.address))
        emu_break_clear(monitor->host.machine, old.address);
    if (old.kind == STOP_WATCH)
        set_watch(monitor, old.address, old.bytes);
}

void monitor_forget_hidden(struct monitor *monitor)
{
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].hidden)
            forget(monitor, &monitor->stop[i]);
}

void monitor_forget_all(struct monitor *monitor)
{
    for (unsigned i = 0; i < STOPS_MOST; i++)
        forget(monitor, &monitor->stop[i]);
}

static bool add_break(struct monitor *monitor, struct stop_point point, struct stop_point **ret_point, struct emu_error *error)
{
    struct stop_point *place = free_point(monitor, error);
    if (!place)
        return false;
    if (!is_address_used(monitor, point.address) && !emu_break_set(monitor->host.machine, point.address))
        return emu_error_set(error, "there is no room for another address");
    point.kind = STOP_BREAK;
    if (!point.hidden)
        point.number = ++monitor->stops_made;
    *place = point;
    *ret_point = place;
    return true;
}

bool monitor_stop_at(struct monitor *monitor, unsigned hart, uint64_t address, struct emu_error *error)
{
    struct stop_point *point;
    return add_break(monitor, (struct stop_point){.hidden = true, .once = true, .hart = (int)hart, .address = address}, &point,
                     error);
}

/* ---- what is typed ---- */

/* "[hart H] [if EXPRESSION]" from word `at` on. The expression is everything behind the "if". */
static bool take_filter(struct monitor *monitor, struct words *words, unsigned at, struct stop_point *point,
                        struct emu_error *error)
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
    uint64_t value;
    monitor->a = monitor->b = 0;
    monitor->has_event = point->kind == STOP_CATCH || point->kind == STOP_WATCH;
    bool good = monitor_value(monitor, condition, &value, error); /* a name that does not exist is said now */
    monitor->has_event = false;
    return good;
}

static bool make_break(struct monitor *monitor, struct words *words, bool once, struct emu_error *error)
{
    struct stop_point point = {.once = once}, *made = NULL;
    if (words->count == 0)
        return emu_error_set(error, "an address is missing");
    if (!monitor_value(monitor, words->word[0], &point.address, error) || !take_filter(monitor, words, 1, &point, error))
        return false;
    if (point.address % 2)
        return emu_error_set(error, "0x%" PRIx64 " is odd: no instruction begins there", point.address);
    if (!add_break(monitor, point, &made, error))
        return false;
    fprintf(monitor->out, "stop %u at 0x%" PRIx64 "\n", made->number, made->address);
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
    if (!take_filter(monitor, words, 1 + has_size, &point, error))
        return false;
    struct stop_point *place = free_point(monitor, error);
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

static bool event_find(const char *name, unsigned *ret_kind, struct emu_error *error)
{
    struct nearest nearest = nearest_to(name);
    for (unsigned kind = 0; kind < EMU_EVENT_COUNT; kind++) {
        if (kind == EMU_EVENT_CONSOLE_OUT)
            continue;
        if (!strcmp(emu_event_name(kind), name)) {
            *ret_kind = kind;
            return true;
        }
        nearest_offer(&nearest, emu_event_name(kind));
    }
    return emu_error_set(error, "there is no event '%.40s'%s%s%s", name, nearest.name ? "; did you mean " : "",
                         nearest.name ? nearest.name : "", nearest.name ? "?" : "");
}

bool command_catch(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct stop_point point = {.kind = STOP_CATCH};
    if (words->count == 0) {
        fputs("events:", monitor->out);
        for (unsigned kind = 0; kind < EMU_EVENT_COUNT; kind++)
            if (kind != EMU_EVENT_CONSOLE_OUT)
                fprintf(monitor->out, " %s", emu_event_name(kind));
        fputc('\n', monitor->out);
        return true;
    }
    if (!event_find(words->word[0], &point.event, error) || !take_filter(monitor, words, 1, &point, error))
        return false;
    struct stop_point *place = free_point(monitor, error);
    if (!place)
        return false;
    point.number = ++monitor->stops_made;
    *place = point;
    fprintf(monitor->out, "stop %u at %s\n", point.number, emu_event_name(point.event));
    return true;
}

static struct stop_point *point_of(struct monitor *monitor, const char *text, struct emu_error *error)
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
    struct stop_point *point = point_of(monitor, words->word[0], error);
    if (point)
        point->ignored = count;
    return point != NULL;
}

bool command_delete(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    for (unsigned i = 0; i < words->count; i++)
        if (!point_of(monitor, words->word[i], error))
            return false;
    for (unsigned i = 0; i < words->count; i++) {
        struct stop_point *point = point_of(monitor, words->word[i], error);
        if (point) /* not named twice */
            forget(monitor, point);
    }
    if (words->count == 0)
        monitor_forget_all(monitor);
    return true;
}

static int by_number(const void *a, const void *b)
{
    const struct stop_point *const *x = a, *const *y = b;
    return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

bool command_info(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const struct stop_point *points[STOPS_MOST];
    unsigned count = 0;
    for (unsigned i = 0; i < STOPS_MOST; i++)
        if (monitor->stop[i].kind != STOP_NONE && !monitor->stop[i].hidden)
            points[count++] = &monitor->stop[i];
    qsort(points, count, sizeof points[0], by_number);
    if (count == 0)
        fputs("no stops\n", monitor->out);
    for (unsigned i = 0; i < count; i++) {
        const struct stop_point *point = points[i];
        fprintf(monitor->out, "%u: ", point->number);
        if (point->kind == STOP_BREAK)
            fprintf(monitor->out, "%s0x%" PRIx64, point->once ? "once at " : "at ", point->address);
        else if (point->kind == STOP_WATCH)
            fprintf(monitor->out, "%s of %u bytes at 0x%" PRIx64, point->watch == EMU_WATCH_READ ? "reads" : "writes", point->bytes,
                    point->address);
        else
            fprintf(monitor->out, "at %s", emu_event_name(point->event));
        if (point->hart >= 0)
            fprintf(monitor->out, " hart %d", point->hart);
        if (point->condition[0])
            fprintf(monitor->out, " if %s", point->condition);
        fprintf(monitor->out, ", met %" PRIu64 "%s", point->met, point->met == 1 ? " time" : " times");
        if (point->ignored)
            fprintf(monitor->out, ", ignored the next %" PRIu64, point->ignored);
        fputc('\n', monitor->out);
    }
    return true;
}

/* ---- met ---- */

static bool is_meant(struct monitor *monitor, struct stop_point *point, unsigned hart)
{
    uint64_t value = 1;
    struct emu_error error;
    if (point->hart >= 0 && (unsigned)point->hart != hart)
        return false;
    if (point->condition[0] && (!monitor_value_on(monitor, hart, point->condition, &value, &error) || value == 0))
        return false;
    point->met++;
    if (point->ignored == 0)
        return true;
    point->ignored--;
    return false;
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

bool monitor_stops(struct monitor *monitor, const struct emu_stop *stop, char *ret_reason, size_t bytes)
{
    bool stops = false;
    bool is_break = stop->kind == EMU_STOP_BREAKPOINT, is_watch = stop->kind == EMU_STOP_WATCHPOINT;
    unsigned hart = stop->hart < emu_harts(monitor->host.machine) ? stop->hart : monitor->hart;
    ret_reason[0] = '\0';
    monitor->a = stop->a;
    monitor->b = stop->b;
    monitor->has_event = !is_break;
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        struct stop_point *point = &monitor->stop[i];
        bool concerns = is_break   ? point->kind == STOP_BREAK && point->address == stop->pc
                        : is_watch ? point->kind == STOP_WATCH && point->address == stop->address && point->bytes == stop->bytes &&
                                         point->watch & stop->access
                                   : point->kind == STOP_CATCH && point->event == stop->event;
        if (!concerns || !is_meant(monitor, point, hart))
            continue;
        stops = true;
        if (is_watch)
            watch_reason(stop, point->number, ret_reason, bytes);
        else if (!point->hidden)
            snprintf(ret_reason, bytes, "stop %u: hart %u at %s", point->number, hart,
                     is_break ? "its address" : emu_event_name(stop->event));
        if (point->once)
            forget(monitor, point);
    }
    monitor->has_event = false;
    if (stops)
        monitor->hart = hart;
    return stops;
}
