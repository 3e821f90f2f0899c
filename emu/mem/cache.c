/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tags and states of all first-level caches in one array of slots. Per line the slots that hold it form a list, ascending by slot
 * number, so that what a snoop does never depends on who came first. A hit moves nothing: replacement knows only fills.
 */
#include <mem/cache.h>

#include <assert.h>
#include <mem/memory.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct cache_shape shape_of(const struct emu_cache_config *config, uint32_t first, uint32_t first_set)
{
    uint32_t slots = config->bytes / LINE_BYTES;
    return (struct cache_shape){
        .sets = slots / config->ways, .ways = config->ways, .random = config->replacement == EMU_RANDOM, .first = first,
        .first_set = first_set};
}

/* A state of xorshift64* that is not 0, another one for each number (splitmix64's finaliser). */
static uint64_t seeded(uint64_t seed, unsigned number)
{
    uint64_t z = seed + (number + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return z ? z : 1;
}

static uint32_t draw_below(uint64_t *random, uint32_t limit)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (uint32_t)(((*random * UINT64_C(0x2545f4914f6cdd1d)) >> 32) * limit >> 32);
}

static void constant_fields(struct caches *caches)
{
    for (uint32_t slot = 0; slot < caches->slots; slot++) {
        uint32_t hart = slot / caches->slots_per_hart, place = slot % caches->slots_per_hart;
        caches->slot[slot].cache = (uint16_t)(2 * hart + (place >= caches->shape[1].first));
        caches->slot[slot].line = caches->slot[slot].next = caches->slot[slot].prev = CACHE_NONE;
        caches->tag[slot] = CACHE_NONE;
    }
    for (uint32_t set = 0; set < caches->harts * caches->sets_per_hart; set++)
        caches->empty[set] = (1u << caches->shape[set % caches->sets_per_hart >= caches->shape[1].first_set].ways) - 1;
}

bool caches_init(struct caches *caches, unsigned harts, uint32_t lines, const struct emu_cache_config *data,
                 const struct emu_cache_config *instruction, uint64_t seed)
{
    assert(data->ways <= CACHE_WAYS_MAX && instruction->ways <= CACHE_WAYS_MAX);
    *caches = (struct caches){.harts = harts, .holders_bytes = (uint64_t)lines * sizeof *caches->holders};
    caches->shape[0] = shape_of(data, 0, 0);
    caches->shape[1] = shape_of(instruction, caches->shape[0].sets * caches->shape[0].ways, caches->shape[0].sets);
    caches->sets_per_hart = caches->shape[0].sets + caches->shape[1].sets;
    caches->slots_per_hart = caches->shape[1].first + caches->shape[1].sets * caches->shape[1].ways;
    caches->slots = harts * caches->slots_per_hart;
    caches->slot = calloc(caches->slots, sizeof *caches->slot);
    caches->tag = calloc(caches->slots, sizeof *caches->tag);
    caches->turn = calloc((size_t)harts * caches->sets_per_hart, 1);
    caches->empty = calloc((size_t)harts * caches->sets_per_hart, sizeof *caches->empty);
    caches->random = calloc(2 * (size_t)harts, sizeof *caches->random);
    void *at = mmap(NULL, caches->holders_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    caches->holders = at == MAP_FAILED ? NULL : at;
    if (!caches->slot || !caches->tag || !caches->turn || !caches->empty || !caches->random || !caches->holders) {
        caches_finish(caches);
        return false;
    }
    constant_fields(caches);
    for (unsigned cache = 0; cache < 2 * harts; cache++)
        caches->random[cache] = seeded(seed, cache);
    return true;
}

void caches_finish(struct caches *caches)
{
    free(caches->slot);
    free(caches->tag);
    free(caches->turn);
    free(caches->empty);
    free(caches->random);
    if (caches->holders)
        munmap(caches->holders, caches->holders_bytes);
    *caches = (struct caches){0};
}

static uint8_t *turn_of(const struct caches *caches, unsigned cache, uint32_t line)
{
    return &caches->turn[cache_set(caches, cache, line)];
}

uint32_t cache_turn(const struct caches *caches, unsigned cache, uint32_t set)
{
    return *turn_of(caches, cache, set);
}

uint32_t cache_victim_of_full(struct caches *caches, unsigned cache, uint32_t line, uint32_t reserved)
{
    const struct cache_shape *shape = &caches->shape[cache & 1];
    uint32_t first = cache_set_first(caches, cache, line), kept = CACHE_NONE;
    if (!shape->random) {
        uint32_t way = *turn_of(caches, cache, line);
        if (caches->tag[first + way] == reserved && shape->ways > 1)
            way = way + 1 < shape->ways ? way + 1 : 0;
        return first + way;
    }
    for (uint32_t way = 0; way < shape->ways && shape->ways > 1; way++)
        if (caches->slot[first + way].line == reserved)
            kept = way;
    if (kept == CACHE_NONE)
        return first + draw_below(&caches->random[cache], shape->ways);
    uint32_t way = draw_below(&caches->random[cache], shape->ways - 1);
    return first + way + (way >= kept);
}

uint32_t cache_victim(struct caches *caches, unsigned cache, uint32_t line, uint32_t reserved)
{
    uint32_t room = cache_room(caches, cache, line);
    if (room != CACHE_NONE)
        return room;
    return cache_victim_of_full(caches, cache, line, reserved);
}

static void link_slot(struct caches *caches, uint32_t slot, uint32_t line)
{
    uint32_t prev = CACHE_NONE, next = cache_first_holder(caches, line);
    while (next < slot) { /* CACHE_NONE is greater than any slot */
        prev = next;
        next = caches->slot[next].next;
    }
    caches->slot[slot].prev = prev;
    caches->slot[slot].next = next;
    if (next != CACHE_NONE)
        caches->slot[next].prev = slot;
    if (prev != CACHE_NONE)
        caches->slot[prev].next = slot;
    else
        caches->holders[line] = slot + 1;
}

void cache_fill(struct caches *caches, uint32_t slot, uint32_t line, enum line_state state)
{
    struct cache_slot *s = &caches->slot[slot];
    uint32_t first = cache_set_first(caches, s->cache, line), ways = caches->shape[s->cache & 1].ways;
    assert(s->state == LINE_I && state != LINE_I && slot >= first && slot < first + ways);
    s->line = line;
    s->state = (uint8_t)state;
    s->watched = false;
    s->note = 0;
    link_slot(caches, slot, line);
    uint32_t set = cache_set(caches, s->cache, line);
    caches->tag[slot] = line;
    caches->empty[set] &= ~(1u << (slot - first));
    uint8_t *turn = &caches->turn[set];
    if (*turn == slot - first)
        *turn = (uint8_t)((*turn + 1) % ways);
}

void cache_drop(struct caches *caches, uint32_t slot)
{
    struct cache_slot *s = &caches->slot[slot];
    assert(s->state != LINE_I);
    if (s->prev != CACHE_NONE)
        caches->slot[s->prev].next = s->next;
    else
        caches->holders[s->line] = s->next + 1; /* CACHE_NONE + 1 is 0 */
    if (s->next != CACHE_NONE)
        caches->slot[s->next].prev = s->prev;
    s->next = s->prev = CACHE_NONE;
    s->state = LINE_I;
    s->watched = false;
    caches->tag[slot] = CACHE_NONE;
    caches->empty[cache_set(caches, s->cache, s->line)] |= 1u << (slot - cache_set_first(caches, s->cache, s->line));
}

void caches_clear(struct caches *caches)
{
    for (uint32_t slot = 0; slot < caches->slots; slot++)
        if (caches->slot[slot].state != LINE_I)
            cache_drop(caches, slot);
    for (uint32_t set = 0; set < caches->harts * caches->sets_per_hart; set++)
        caches->turn[set] = 0;
}

bool caches_check_line(const struct caches *caches, uint32_t line)
{
    unsigned count = 0, owners = 0;
    uint32_t prev = CACHE_NONE;
    for (uint32_t slot = cache_first_holder(caches, line); slot != CACHE_NONE; slot = caches->slot[slot].next) {
        const struct cache_slot *s = &caches->slot[slot];
        bool ascends = prev == CACHE_NONE || prev < slot;
        if (s->line != line || s->prev != prev || !ascends || cache_find(caches, s->cache, line) != slot)
            return false;
        bool owns = s->state == LINE_M || s->state == LINE_E;
        if (s->watched && !owns)
            return false;
        owners += owns;
        count++;
        prev = slot;
    }
    return owners == 0 || count == 1;
}

void caches_state(struct state *s, struct caches *caches)
{
    for (unsigned cache = 0; cache < 2 * caches->harts; cache++) {
        const struct cache_shape *shape = &caches->shape[cache & 1];
        uint32_t first = cache_set_first(caches, cache, 0);
        state_open(s, "cache", cache);
        for (uint32_t slot = first; slot < first + shape->sets * shape->ways; slot++) {
            struct cache_slot *it = &caches->slot[slot];
            state_u8(s, "state", &it->state);
            if (it->state == LINE_I)
                continue;
            state_u32(s, "line", &it->line);
            state_bool(s, "watched", &it->watched);
        }
        if (shape->random)
            state_u64(s, "random", &caches->random[cache]);
        for (uint32_t set = 0; set < shape->sets && !shape->random; set++)
            state_u8(s, "turn", turn_of(caches, cache, set));
        state_close(s);
    }
}

void caches_empty_state(struct state *s, struct caches *caches)
{
    state_open(s, "caches", 0);
    for (unsigned cache = 0; cache < 2 * caches->harts; cache++)
        if (caches->shape[cache & 1].random)
            state_u64(s, "random", &caches->random[cache]);
    state_close(s);
}
