/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of what becomes ready later, and a hash table of lines with a set of ports each. Neither the order of equal cycles in a list nor
 * the table's layout can be observed: what is ready is moved to the eligible set all together, and an order among ports is the arbiter's. Lines that
 * nobody needs any more are swept out when no entry is free; the table grows only when lines in flight outnumber it (a storm of
 * WriteBacks).
 */
#include "pending.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_LEAST = 64 };

static void set_bit(uint64_t *set, unsigned port)
{
    set[port >> 6] |= UINT64_C(1) << (port & 63);
}

static void clear_bit(uint64_t *set, unsigned port)
{
    set[port >> 6] &= ~(UINT64_C(1) << (port & 63));
}

static inline bool is_empty(const uint64_t *set, unsigned words)
{
    uint64_t any = set[0];
    for (unsigned word = 1; word < words; word++)
        any |= set[word];
    return any == 0;
}

static uint64_t *arrived_at(const struct pending *p, uint32_t entry)
{
    return &p->arrived[(size_t)entry * p->words];
}

/* ---- the lists ---- */

static bool list_init(struct pending_list *list, unsigned most)
{
    uint32_t room = 1;
    while (room < most)
        room *= 2;
    *list = (struct pending_list){.next = UINT64_MAX, .at = calloc(room, sizeof *list->at), .mask = room - 1};
    return list->at != NULL;
}

static void list_clear(struct pending_list *list)
{
    list->count = 0;
    list->next = UINT64_MAX;
}

static void note_next(struct pending_list *list)
{
    list->next = list->count ? list->at[list->first].cycle : UINT64_MAX;
}

static void list_put(struct pending_list *list, uint64_t cycle, uint32_t id)
{
    assert(list->count <= list->mask);
    uint32_t place = list->first + list->count++;
    /* What was there before the first is seldom greater: that is asked first, as it is nearly always the end. */
    for (; list->at[(place - 1) & list->mask].cycle > cycle && place != list->first; place--)
        list->at[place & list->mask] = list->at[(place - 1) & list->mask];
    list->at[place & list->mask] = (struct pending_ready){cycle, id};
    list->next = cycle < list->next ? cycle : list->next;
}

static uint32_t list_take_first(struct pending_list *list)
{
    uint32_t id = list->at[list->first].id;
    list->first = (list->first + 1) & list->mask;
    list->count--;
    note_next(list);
    return id;
}

/* Rare: of requests that are withdrawn. */
static void list_remove(struct pending_list *list, uint32_t id)
{
    uint32_t place = list->first;
    while (list->at[place & list->mask].id != id)
        place++;
    list->count--;
    for (; place != list->first + list->count; place++)
        list->at[place & list->mask] = list->at[(place + 1) & list->mask];
    note_next(list);
}

/* ---- the lines ---- */

static uint32_t *chain_of(const struct pending *p, uint32_t line)
{
    uint32_t hash = line * UINT32_C(0x9e3779b1);
    return &p->chain[(hash ^ hash >> 15) & (2 * p->entries - 1)];
}

static void link_entry(struct pending *p, uint32_t entry)
{
    uint32_t *chain = chain_of(p, p->line[entry].line);
    p->line[entry].next = *chain;
    *chain = entry + 1;
}

static void free_entry(struct pending *p, uint32_t entry)
{
    p->line[entry].next = p->free;
    p->free = entry + 1;
}

/* Builds chains and free list anew. Returns how many entries are in use. */
static uint32_t sweep(struct pending *p)
{
    uint32_t used = 0;
    memset(p->chain, 0, 2 * p->entries * sizeof *p->chain);
    p->free = 0;
    for (uint32_t entry = p->entries; entry-- > 0;) {
        if (p->line[entry].until > p->horizon || !is_empty(arrived_at(p, entry), p->words)) {
            link_entry(p, entry);
            used++;
        } else {
            free_entry(p, entry);
        }
    }
    return used;
}

static bool resize(void **array, size_t count, size_t size)
{
    void *bigger = realloc(*array, count * size);
    if (bigger)
        *array = bigger;
    return bigger;
}

static bool grow(struct pending *p, uint32_t entries)
{
    if (!resize((void **)&p->line, entries, sizeof *p->line) ||
        !resize((void **)&p->arrived, (size_t)entries * p->words, sizeof *p->arrived) ||
        !resize((void **)&p->sorted, entries, sizeof *p->sorted) ||
        !resize((void **)&p->chain, 2 * (size_t)entries, sizeof *p->chain))
        return false;
    memset(&p->line[p->entries], 0, (entries - p->entries) * sizeof *p->line);
    memset(arrived_at(p, p->entries), 0, (size_t)(entries - p->entries) * p->words * sizeof *p->arrived);
    p->entries = entries;
    return true;
}

/* While more than half of the entries are in use the table wants to be bigger; without memory it goes on until it is full. */
static void make_room(struct pending *p)
{
    if (sweep(p) > p->entries / 2 && grow(p, 2 * p->entries))
        sweep(p);
    assert(p->free);
}

/* Entry + 1, 0 if the line has none. */
static uint32_t find_line(const struct pending *p, uint32_t line)
{
    uint32_t at = *chain_of(p, line);
    while (at && p->line[at - 1].line != line)
        at = p->line[at - 1].next;
    return at;
}

static uint32_t entry_of(struct pending *p, uint32_t line)
{
    uint32_t at = find_line(p, line);
    if (at)
        return at - 1;
    if (!p->free)
        make_room(p);
    uint32_t entry = p->free - 1;
    p->free = p->line[entry].next;
    p->line[entry] = (struct pending_line){.line = line};
    link_entry(p, entry);
    return entry;
}

/* ---- requests ---- */

bool pending_init(struct pending *p, unsigned ports)
{
    *p = (struct pending){.ports = ports, .words = (ports + 63) / 64};
    uint32_t entries = ENTRIES_LEAST;
    while (entries < 4 * ports)
        entries *= 2;
    p->eligible = calloc(p->words, sizeof *p->eligible);
    p->port = calloc(ports, sizeof *p->port);
    bool has_lists = list_init(&p->later, ports) && list_init(&p->busy, ports);
    if (!p->eligible || !p->port || !has_lists || !grow(p, entries)) {
        pending_finish(p);
        return false;
    }
    sweep(p);
    return true;
}

void pending_finish(struct pending *p)
{
    free(p->eligible);
    free(p->port);
    free(p->later.at);
    free(p->busy.at);
    free(p->line);
    free(p->arrived);
    free(p->sorted);
    free(p->chain);
    *p = (struct pending){0};
}

void pending_clear(struct pending *p)
{
    p->horizon = 0;
    p->count = 0;
    list_clear(&p->later);
    list_clear(&p->busy);
    memset(p->eligible, 0, p->words * sizeof *p->eligible);
    memset(p->port, 0, p->ports * sizeof *p->port);
    memset(p->line, 0, p->entries * sizeof *p->line);
    memset(p->arrived, 0, (size_t)p->entries * p->words * sizeof *p->arrived);
    sweep(p);
}

/* The request's own cycle has come, or will have when its line stops being busy: it is eligible now, or when its line is. */
static void arrive(struct pending *p, unsigned port)
{
    struct pending_port *it = &p->port[port];
    it->where = PENDING_ARRIVED;
    if (it->line == PENDING_NO_LINE) {
        set_bit(p->eligible, port);
        return;
    }
    it->entry = entry_of(p, it->line);
    struct pending_line *line = &p->line[it->entry];
    set_bit(arrived_at(p, it->entry), port);
    if (line->until <= p->horizon) {
        set_bit(p->eligible, port);
    } else if (!line->is_awaited) {
        line->is_awaited = true;
        list_put(&p->busy, line->until, it->entry);
    }
}

void pending_add(struct pending *p, unsigned port, uint32_t line, uint64_t ready)
{
    struct pending_port *it = &p->port[port];
    assert(it->where == PENDING_NOT);
    p->count++;
    it->line = line;
    it->ready = ready;
    if (ready <= p->horizon) {
        arrive(p, port);
    } else {
        it->where = PENDING_LATER;
        list_put(&p->later, ready, port);
    }
}

uint32_t pending_take(struct pending *p, unsigned port)
{
    struct pending_port *it = &p->port[port];
    assert(it->where == PENDING_ARRIVED && p->eligible[port >> 6] >> (port & 63) & 1);
    p->count--;
    it->where = PENDING_NOT;
    clear_bit(p->eligible, port);
    if (it->line == PENDING_NO_LINE)
        return PENDING_NO_LINE;
    clear_bit(arrived_at(p, it->entry), port);
    return it->entry;
}

static void leave_line(struct pending *p, unsigned port, uint32_t entry)
{
    struct pending_line *line = &p->line[entry];
    clear_bit(arrived_at(p, entry), port);
    if (line->is_awaited && is_empty(arrived_at(p, entry), p->words)) {
        list_remove(&p->busy, entry);
        line->is_awaited = false;
    }
}

void pending_remove(struct pending *p, unsigned port)
{
    struct pending_port *it = &p->port[port];
    assert(it->where != PENDING_NOT);
    p->count--;
    if (it->where == PENDING_LATER) {
        list_remove(&p->later, port);
    } else {
        clear_bit(p->eligible, port);
        if (it->line != PENDING_NO_LINE)
            leave_line(p, port, it->entry);
    }
    it->where = PENDING_NOT;
}

void pending_release_ready(struct pending *p)
{
    while (p->busy.next <= p->horizon && p->busy.count) {
        uint32_t entry = list_take_first(&p->busy);
        p->line[entry].is_awaited = false;
        const uint64_t *arrived = arrived_at(p, entry);
        for (unsigned word = 0; word < p->words; word++)
            p->eligible[word] |= arrived[word];
    }
    while (p->later.next <= p->horizon && p->later.count)
        arrive(p, list_take_first(&p->later));
}

static inline void make_busy(struct pending *p, uint32_t entry, uint64_t until)
{
    struct pending_line *it = &p->line[entry];
    assert(!it->is_awaited && it->until <= p->horizon);
    it->until = until;
    const uint64_t *arrived = arrived_at(p, entry);
    if (until <= p->horizon || is_empty(arrived, p->words))
        return;
    for (unsigned word = 0; word < p->words; word++)
        p->eligible[word] &= ~arrived[word];
    it->is_awaited = true;
    list_put(&p->busy, until, entry);
}

void pending_busy(struct pending *p, uint32_t line, uint64_t until)
{
    make_busy(p, entry_of(p, line), until);
}

void pending_busy_entry(struct pending *p, uint32_t entry, uint64_t until)
{
    make_busy(p, entry, until);
}

/* Is the line of a later request still busy when its own cycle comes? */
static bool waits_for_line(const struct pending *p, unsigned port)
{
    uint32_t at = p->port[port].line == PENDING_NO_LINE ? 0 : find_line(p, p->port[port].line);
    return at && p->line[at - 1].until > p->port[port].ready;
}

uint32_t pending_take_only(struct pending *p, uint64_t cycle)
{
    if (cycle > p->horizon)
        p->horizon = cycle;
    const struct pending_list *later = &p->later;
    bool is_one = (later->count == 1) | (later->at[(later->first + 1) & later->mask].cycle > p->horizon);
    if (later->next > p->horizon || !is_one || p->busy.next <= p->horizon || !is_empty(p->eligible, p->words))
        return PENDING_NOBODY;
    uint32_t port = later->at[later->first].id;
    assert(!waits_for_line(p, port)); /* else pending_next would have seen it */
    list_take_first(&p->later);
    p->port[port].where = PENDING_NOT;
    p->count--;
    return port;
}

uint64_t pending_slot(const struct pending *p, uint32_t line, uint64_t cycle)
{
    uint64_t slot = cycle > p->horizon ? cycle : p->horizon;
    uint32_t at = line == PENDING_NO_LINE ? 0 : find_line(p, line);
    return at && p->line[at - 1].until > slot ? p->line[at - 1].until : slot;
}

uint64_t pending_next(struct pending *p)
{
    if (!is_empty(p->eligible, p->words))
        return p->horizon;
    while (p->later.next <= p->busy.next && p->later.count) {
        uint32_t port = p->later.at[p->later.first].id;
        if (!waits_for_line(p, port))
            return p->later.next;
        list_take_first(&p->later);
        arrive(p, port); /* with it the line is in the other list, if it was not */
    }
    return p->busy.next;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

void pending_state(struct state *s, struct pending *p)
{
    state_open(s, "pending", 0);
    state_u64(s, "horizon", &p->horizon);
    uint32_t busy = 0;
    for (uint32_t entry = 0; entry < p->entries; entry++)
        if (p->line[entry].until > p->horizon)
            p->sorted[busy++] = (uint64_t)p->line[entry].line << 32 | entry;
    qsort(p->sorted, busy, sizeof *p->sorted, compare);
    for (uint32_t i = 0; i < busy; i++) {
        state_open(s, "busy", (unsigned)(p->sorted[i] >> 32));
        state_u64(s, "until", &p->line[(uint32_t)p->sorted[i]].until);
        state_close(s);
    }
    state_close(s);
}
