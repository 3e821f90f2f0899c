/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Places, replacement and lists of the caches.
 */
#include <mem/cache.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/random.h>
#include <lib/state_check.h>

enum { LINES = 4096 };

static void make(struct caches *caches, unsigned harts, unsigned bytes, unsigned ways, unsigned replacement, uint64_t seed)
{
    struct emu_cache_config config = {bytes, ways, replacement};
    cr_assert(caches_init(caches, harts, LINES, &config, &config, seed));
}

/* Line n of a set: the same set for all n. */
static uint32_t line_of_set(const struct caches *caches, uint32_t set, uint32_t n)
{
    return set + n * caches->shape[0].sets;
}

static uint32_t put(struct caches *caches, unsigned cache, uint32_t line, uint32_t reserved)
{
    uint32_t slot = cache_victim(caches, cache, line, reserved);
    if (caches->slot[slot].state != LINE_I)
        cache_drop(caches, slot);
    cache_fill(caches, slot, line, LINE_S);
    return slot;
}

Test(cache, each_line_has_its_set_in_each_cache_and_sets_do_not_overlap)
{
    static const struct {
        unsigned bytes, ways;
    } rows[] = {{64, 1}, {128, 1}, {128, 2}, {1024, 4}, {1024, 16}, {32768, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct caches caches;
        make(&caches, 3, rows[i].bytes, rows[i].ways, EMU_FIFO, 0);
        cr_expect(eq(u32, caches.slots, 3 * 2 * rows[i].bytes / 64));
        for (unsigned cache = 0; cache < 6; cache++)
            for (uint32_t line = 0; line < rows[i].bytes / 64; line++) {
                cr_assert(eq(u32, cache_find(&caches, cache, line), CACHE_NONE));
                uint32_t slot = put(&caches, cache, line, CACHE_NONE);
                cr_assert(eq(uint, caches.slot[slot].cache, cache));
            }
        for (unsigned cache = 0; cache < 6; cache++) /* all of them fitted in */
            for (uint32_t line = 0; line < rows[i].bytes / 64; line++)
                cr_assert(ne(u32, cache_find(&caches, cache, line), CACHE_NONE), "row %zu", i);
        caches_finish(&caches);
    }
}

Test(cache, fifo_replaces_in_the_order_of_fills)
{
    struct caches caches;
    make(&caches, 2, 1024, 4, EMU_FIFO, 0);
    for (uint32_t n = 0; n < 40; n++) {
        uint32_t gone = n < 4 ? CACHE_NONE : line_of_set(&caches, 3, n - 4);
        cr_expect(n < 4 || cache_find(&caches, 2, gone) != CACHE_NONE);
        put(&caches, 2, line_of_set(&caches, 3, n), CACHE_NONE);
        cr_expect(n < 4 || cache_find(&caches, 2, gone) == CACHE_NONE, "fill %u", n);
    }
    caches_finish(&caches);
}

Test(cache, an_empty_slot_comes_before_the_one_whose_turn_it_is)
{
    struct caches caches;
    make(&caches, 1, 1024, 4, EMU_FIFO, 0);
    uint32_t first = cache_set_first(&caches, 0, 3);
    for (uint32_t n = 0; n < 5; n++)
        put(&caches, 0, line_of_set(&caches, 3, n), CACHE_NONE); /* the turn is slot 1's */
    cache_drop(&caches, first + 3);
    cr_expect(eq(u32, cache_victim(&caches, 0, line_of_set(&caches, 3, 9), CACHE_NONE), first + 3));
    put(&caches, 0, line_of_set(&caches, 3, 9), CACHE_NONE);
    cr_expect(eq(u32, cache_victim(&caches, 0, line_of_set(&caches, 3, 10), CACHE_NONE), first + 1));
    caches_finish(&caches);
}

Test(cache, a_dropped_slot_still_names_its_line)
{
    struct caches caches;
    make(&caches, 1, 1024, 4, EMU_FIFO, 0);
    uint32_t slot = put(&caches, 0, 77, CACHE_NONE);
    cache_drop(&caches, slot);
    cr_expect(eq(u32, caches.slot[slot].line, 77));
    cr_expect(eq(u32, cache_find(&caches, 0, 77), CACHE_NONE));
    caches_finish(&caches);
}

Test(cache, the_reserved_line_stays_while_its_set_has_another)
{
    for (unsigned ways = 1; ways <= 16; ways *= 2)
        for (unsigned replacement = EMU_FIFO; replacement <= EMU_RANDOM; replacement++) {
            struct caches caches;
            make(&caches, 1, 64 * 16, ways, replacement, 7);
            uint32_t reserved = line_of_set(&caches, 0, 0);
            for (uint32_t n = 0; n < 100; n++)
                put(&caches, 0, line_of_set(&caches, 0, n), reserved);
            cr_expect(eq(int, cache_find(&caches, 0, reserved) != CACHE_NONE, ways > 1), "%u ways", ways);
            caches_finish(&caches);
        }
}

Test(cache, random_replacement_depends_on_the_seed_and_the_cache_and_reaches_all_ways)
{
    uint64_t choices[3][2]; /* by seed, by cache */
    for (unsigned seed = 0; seed < 3; seed++) {
        struct caches caches;
        make(&caches, 1, 1024, 4, EMU_RANDOM, seed / 2 + 1); /* 1, 1, 2 */
        for (unsigned cache = 0; cache < 2; cache++) {
            unsigned ways = 0;
            choices[seed][cache] = 0;
            for (uint32_t n = 0; n < 64; n++) {
                uint32_t way = put(&caches, cache, line_of_set(&caches, 2, n), CACHE_NONE) - cache_set_first(&caches, cache, 2);
                choices[seed][cache] = choices[seed][cache] * 5 + way + 1;
                ways |= 1u << way;
            }
            cr_expect(eq(uint, ways, 15));
        }
        caches_finish(&caches);
    }
    cr_expect(eq(u64, choices[0][0], choices[1][0]));
    cr_expect(eq(u64, choices[0][1], choices[1][1]));
    cr_expect(ne(u64, choices[0][0], choices[2][0]));
    cr_expect(ne(u64, choices[0][0], choices[0][1]));
}

Test(cache, holders_are_listed_ascending_whatever_the_order_they_came_and_went_in)
{
    struct caches caches;
    struct random random = {11};
    make(&caches, 20, 128, 2, EMU_FIFO, 0);
    bool has[40] = {false};
    for (unsigned i = 0; i < 5000; i++) {
        unsigned cache = random_below(&random, 40), count = 0, seen = 0;
        if (has[cache])
            cache_drop(&caches, cache_find(&caches, cache, 9));
        else
            put(&caches, cache, 9, CACHE_NONE);
        has[cache] = !has[cache];
        cr_assert(caches_check_line(&caches, 9));
        for (unsigned c = 0; c < 40; c++)
            count += has[c];
        for (uint32_t slot = cache_first_holder(&caches, 9); slot != CACHE_NONE; slot = caches.slot[slot].next)
            seen += has[caches.slot[slot].cache];
        cr_assert(eq(uint, seen, count));
    }
    caches_finish(&caches);
}

Test(cache, the_check_finds_a_second_owner)
{
    struct caches caches;
    make(&caches, 2, 128, 2, EMU_FIFO, 0);
    uint32_t slot = put(&caches, 0, 9, CACHE_NONE);
    put(&caches, 2, 9, CACHE_NONE);
    cr_expect(caches_check_line(&caches, 9));
    caches.slot[slot].state = LINE_E;
    cr_expect(not(caches_check_line(&caches, 9)));
    caches.slot[slot].state = LINE_S;
    caches.slot[slot].watched = true;
    cr_expect(not(caches_check_line(&caches, 9)));
    caches_finish(&caches);
}

static void state(struct state *s, void *object)
{
    caches_state(s, object);
}

Test(cache, every_field_of_its_state_is_hashed)
{
    for (unsigned replacement = EMU_FIFO; replacement <= EMU_RANDOM; replacement++) {
        struct caches caches;
        make(&caches, 2, 128, 2, replacement, 3);
        for (unsigned cache = 0; cache < 4; cache++)
            for (uint32_t line = 8; line < 8 + cache; line += 2)
                put(&caches, cache, line, CACHE_NONE);
        /* 8 slots, 4 of them with line and watched; 1 turn or 1 random state a cache */
        cr_expect(eq(u64, state_check_flips(state, &caches), 8 + 4 * 2 + 4));
        caches_finish(&caches);
    }
}

Test(cache, what_is_derived_or_empty_is_not_state)
{
    struct caches a, b;
    make(&a, 2, 128, 2, EMU_FIFO, 3);
    make(&b, 2, 128, 2, EMU_FIFO, 3);
    uint64_t empty = state_check_hash(state, &a);
    put(&a, 0, 8, CACHE_NONE);
    put(&a, 2, 8, CACHE_NONE);
    put(&b, 2, 8, CACHE_NONE);
    put(&b, 0, 8, CACHE_NONE);
    a.slot[0].note = 5;
    cr_expect(eq(u64, state_check_hash(state, &a), state_check_hash(state, &b)));
    cr_expect(ne(u64, state_check_hash(state, &a), empty));
    caches_clear(&a);
    cr_expect(eq(u64, state_check_hash(state, &a), empty));
    caches_finish(&a);
    caches_finish(&b);
}
