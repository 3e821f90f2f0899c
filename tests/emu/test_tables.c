/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What assertions look at would be found: in a machine that runs a random program, paged, something that a table allows, or that a
 * copy holds, is made to be more than what it may be. Then the machine does not hold; put right, it does.
 */
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/abort_check.h>
#include <machine.h>
#include <string.h>

enum { HARTS = 3, RUNS = 4000, STRIDE = 50 };

/* A valid table of a hart; the calls below look for something in it. */
struct place {
    struct emu_machine *m;
    struct hart *hart;
    struct l0 *l0;
    unsigned context;
};

/* Finds what it needs, spoils it, looks, and puts it right. False: there is nothing of the kind here. */
typedef bool spoil(const struct place *place);

static void check_spoilt(struct emu_machine *m)
{
    cr_expect(not(machine_holds(m)));
}

static bool is_line(const struct l0_data *entry)
{
    return entry->rtag != L0_EMPTY || entry->wtag != L0_EMPTY;
}

static struct l0_data *find_line(const struct place *place,
                                 bool (*is_wanted)(const struct place *, const struct l0_data *, uint32_t slot), uint32_t *ret_slot)
{
    for (unsigned i = 0; i < L0_LINES; i++) {
        struct l0_data *entry = &place->l0->lines[i];
        if (!is_line(entry))
            continue;
        uint32_t line = (uint32_t)entry->page * LINES_PER_PAGE + i % LINES_PER_PAGE;
        *ret_slot = cache_find(&place->m->caches, 2 * place->hart->id, line);
        if (*ret_slot != CACHE_NONE && is_wanted(place, entry, *ret_slot))
            return entry;
    }
    return NULL;
}

static bool is_slow(const struct place *place, const struct l0_data *entry, uint32_t slot)
{
    return place->m->memory.slow[entry->page] >> place->m->caches.slot[slot].line % LINES_PER_PAGE & 1;
}

static bool is_shared(const struct place *place, const struct l0_data *entry, uint32_t slot)
{
    return place->m->caches.slot[slot].state == LINE_S;
}

static bool is_exclusive(const struct place *place, const struct l0_data *entry, uint32_t slot)
{
    return place->m->caches.slot[slot].state == LINE_E;
}

static bool is_written(const struct place *place, const struct l0_data *entry, uint32_t slot)
{
    return entry->wtag != L0_EMPTY;
}

static bool is_slow_and_written(const struct place *place, const struct l0_data *entry, uint32_t slot)
{
    return is_slow(place, entry, slot) && is_written(place, entry, slot);
}

static bool is_read(const struct place *place, const struct l0_data *entry, uint32_t slot)
{
    return entry->rtag != L0_EMPTY;
}

static bool is_any(const struct place *place, const struct l0_data *entry, uint32_t slot)
{
    return true;
}

/* ---- lines ---- */

static bool spoil_wtag(const struct place *place, struct l0_data *entry, uint64_t wtag)
{
    uint64_t before = entry->wtag;
    entry->wtag = wtag;
    check_spoilt(place->m);
    entry->wtag = before;
    return true;
}

static bool store_to_shared(const struct place *place)
{
    uint32_t slot;
    struct l0_data *entry = find_line(place, is_shared, &slot);
    return entry && spoil_wtag(place, entry, entry->rtag | L0_SLOW_STORE);
}

static bool store_to_exclusive(const struct place *place)
{
    uint32_t slot;
    struct l0_data *entry = find_line(place, is_exclusive, &slot);
    return entry && spoil_wtag(place, entry, entry->rtag | L0_SLOW_STORE);
}

static bool plain_store_to_slow(const struct place *place)
{
    uint32_t slot;
    struct l0_data *entry = find_line(place, is_slow_and_written, &slot);
    return entry && spoil_wtag(place, entry, entry->wtag & ~(uint64_t)L0_SLOW_STORE);
}

static bool store_to_watched(const struct place *place)
{
    uint32_t slot;
    if (!find_line(place, is_written, &slot))
        return false;
    place->m->caches.slot[slot].watched = true;
    check_spoilt(place->m);
    place->m->caches.slot[slot].watched = false;
    return true;
}

static bool load_of_lost_line(const struct place *place)
{
    uint32_t slot;
    if (!find_line(place, is_read, &slot))
        return false;
    struct cache_slot *held = &place->m->caches.slot[slot];
    uint8_t state = held->state;
    held->state = LINE_I;
    check_spoilt(place->m);
    held->state = state;
    return true;
}

static bool line_that_cannot_be_taken_back(const struct place *place)
{
    uint32_t slot;
    if (!find_line(place, is_any, &slot))
        return false;
    struct cache_slot *held = &place->m->caches.slot[slot];
    uint32_t note = held->note;
    held->note = 0;
    check_spoilt(place->m);
    held->note = note;
    return true;
}

static bool line_at_another_address(const struct place *place)
{
    uint32_t slot;
    struct l0_data *entry = find_line(place, is_any, &slot);
    if (!entry)
        return false;
    entry->addend += LINE_BYTES;
    check_spoilt(place->m);
    entry->addend -= LINE_BYTES;
    return true;
}

/* ---- pages ---- */

static struct l0_data *find_page(const struct place *place, bool needs_store)
{
    for (unsigned i = 0; i < L0_DATA_ENTRIES; i++) {
        struct l0_data *entry = &place->l0->data[i];
        if (needs_store ? entry->wtag != L0_EMPTY : is_line(entry))
            return entry;
    }
    return NULL;
}

static bool plain_store_to_slow_page(const struct place *place)
{
    struct l0_data *entry = find_page(place, true);
    return entry && place->m->memory.slow[entry->page] && spoil_wtag(place, entry, entry->wtag & ~(uint64_t)L0_SLOW_STORE);
}

static bool store_to_a_page_that_is_not_counted(const struct place *place)
{
    struct l0_data *entry = find_page(place, true);
    if (!entry)
        return false;
    uint64_t *word = &place->m->memory.touched[entry->page >> 6], before = *word;
    *word &= ~(UINT64_C(1) << (entry->page & 63));
    check_spoilt(place->m);
    *word = before;
    return true;
}

/* Is the table of a context that translates? */
static bool is_paged(const struct place *place)
{
    return place->l0->key >> 4 & 7;
}

static bool page_out_of_the_tlb(const struct place *place)
{
    if (!is_paged(place) || !find_page(place, false))
        return false;
    struct tlb before = place->hart->dtlb;
    for (unsigned i = 0; i < TLB_MAX; i++)
        place->hart->dtlb.of[i] = (struct tlb_entry){0};
    check_spoilt(place->m);
    place->hart->dtlb = before;
    return true;
}

static bool page_that_the_tlb_has_elsewhere(const struct place *place)
{
    if (!is_paged(place) || !find_page(place, false))
        return false;
    struct tlb before = place->hart->dtlb;
    for (unsigned i = 0; i < TLB_MAX; i++)
        place->hart->dtlb.of[i].ppn ^= 1;
    check_spoilt(place->m);
    place->hart->dtlb = before;
    return true;
}

static bool page_that_pmp_forbids(const struct place *place)
{
    uint8_t before[PMP_ENTRIES];
    if (!find_page(place, false) || !place->hart->pmp_active || (place->l0->key >> 2 & 3) == ISA_MODE_M)
        return false;
    memcpy(before, place->hart->pmpcfg, sizeof before);
    memset(place->hart->pmpcfg, 0, sizeof before);
    check_spoilt(place->m);
    memcpy(place->hart->pmpcfg, before, sizeof before);
    return true;
}

/* ---- code, reservations, copies ---- */

static struct l0_code *find_code(const struct place *place)
{
    for (unsigned i = 0; i < L0_CODE_ENTRIES; i++)
        if (place->l0->code[i].tag != L0_EMPTY)
            return &place->l0->code[i];
    return NULL;
}

static bool code_that_is_not_in_the_cache(const struct place *place)
{
    struct l0_code *entry = find_code(place);
    uint8_t *present = entry ? memchr(entry->present, 0, LINES_PER_PAGE) : NULL;
    if (!present)
        return false;
    *present = 1;
    check_spoilt(place->m);
    *present = 0;
    return true;
}

static bool code_out_of_the_tlb(const struct place *place)
{
    if (!(place->l0->key >> 7 & 7) || !find_code(place))
        return false;
    struct tlb before = place->hart->itlb;
    for (unsigned i = 0; i < TLB_MAX; i++)
        place->hart->itlb.of[i] = (struct tlb_entry){0};
    check_spoilt(place->m);
    place->hart->itlb = before;
    return true;
}

static bool reservation_on_a_quick_line(const struct place *place)
{
    struct reservation *mine = place->hart->reservation;
    if (mine->size == 0)
        return false;
    uint64_t before = mine->address;
    mine->address = GUEST_RAM + 0x100000 + before % LINE_BYTES;
    check_spoilt(place->m);
    mine->address = before;
    return true;
}

#ifndef NDEBUG
static bool store_past_a_shared_copy(const struct place *place)
{
    uint32_t slot;
    struct l0_data *entry = find_line(place, is_shared, &slot);
    if (!entry)
        return false;
    uint8_t *byte = place->m->memory.bytes + (uint64_t)place->m->caches.slot[slot].line * LINE_BYTES;
    ++*byte;
    check_spoilt(place->m);
    --*byte;
    return true;
}

static void hash(void *m)
{
    emu_state_hash(m);
}

static bool hash_of_what_does_not_hold(const struct place *place)
{
    uint32_t slot;
    struct l0_data *entry = find_line(place, is_any, &slot);
    if (!entry)
        return false;
    entry->addend += LINE_BYTES;
    abort_check(hash, place->m, "machine_holds");
    entry->addend -= LINE_BYTES;
    return true;
}

static void go_on(void *m)
{
    guest_run(m, 100000);
}

static bool snoop_that_leaves_an_entry(const struct place *place)
{
    uint32_t slot;
    if (!find_line(place, is_written, &slot))
        return false;
    struct cache_slot *held = &place->m->caches.slot[slot];
    uint32_t note = held->note;
    held->note = 0;
    abort_check(go_on, place->m, "tables_hold_slot");
    held->note = note;
    return true;
}
#endif

/* ---- the run ---- */

/* Goes on until there is something to spoil. */
static bool spoil_once(struct emu_machine *m, spoil *how)
{
    for (unsigned i = 0; i < RUNS; i++) {
        guest_run(m, STRIDE);
        cr_assert(machine_holds(m));
        for (unsigned h = 0; h < HARTS; h++)
            for (unsigned context = 0; context < L0_CONTEXTS; context++) {
                struct l0 *l0 = m->harts[h].l0_of[context];
                if (l0 && l0->valid && how(&(struct place){m, &m->harts[h], l0, context}))
                    return true;
            }
    }
    return false;
}

static void check(spoil *how)
{
    struct random random = {20260301};
    struct program_shape shape = {.harts = HARTS, .insns = 120, .loops = 200, .paged = true};
    bool is_found = false;
    for (unsigned i = 0; i < 8 && !is_found; i++) {
        struct guest guest = program_random(&random, &shape);
        struct emu_config config = guest_config(HARTS);
        config.fidelity = EMU_TIMED;
        struct emu_machine *m = guest_machine(&guest, &config);
        is_found = spoil_once(m, how);
        cr_expect(machine_holds(m));
        emu_machine_destroy(m);
    }
    cr_expect(is_found, "there never was anything of the kind");
}

Test(tables, a_store_to_a_line_that_others_share_is_found)
{
    check(store_to_shared);
}

Test(tables, a_store_that_would_not_be_noted_as_the_first_is_found)
{
    check(store_to_exclusive);
}

Test(tables, a_plain_store_to_a_slow_line_is_found)
{
    check(plain_store_to_slow);
}

Test(tables, a_store_that_should_be_announced_is_found)
{
    check(store_to_watched);
}

Test(tables, a_load_of_a_line_that_the_cache_has_lost_is_found)
{
    check(load_of_lost_line);
}

Test(tables, a_line_that_a_snoop_could_not_take_back_is_found)
{
    check(line_that_cannot_be_taken_back);
}

Test(tables, a_line_at_another_place_of_the_host_is_found)
{
    check(line_at_another_address);
}

Test(tables, a_plain_store_to_a_page_with_a_slow_line_is_found)
{
    check(plain_store_to_slow_page);
}

Test(tables, a_store_to_a_page_that_would_not_be_hashed_is_found)
{
    check(store_to_a_page_that_is_not_counted);
}

Test(tables, a_page_that_the_TLB_no_longer_has_is_found)
{
    check(page_out_of_the_tlb);
}

Test(tables, a_page_that_the_TLB_has_elsewhere_is_found)
{
    check(page_that_the_tlb_has_elsewhere);
}

Test(tables, a_page_that_PMP_forbids_is_found)
{
    check(page_that_pmp_forbids);
}

Test(tables, an_instruction_line_that_the_cache_does_not_have_is_found)
{
    check(code_that_is_not_in_the_cache);
}

Test(tables, a_page_of_code_that_the_TLB_no_longer_has_is_found)
{
    check(code_out_of_the_tlb);
}

Test(tables, a_reservation_on_a_line_that_is_not_slow_is_found)
{
    check(reservation_on_a_quick_line);
}

#ifndef NDEBUG
Test(tables, a_store_past_a_shared_copy_is_found)
{
    check(store_past_a_shared_copy);
}

Test(tables, a_hash_of_a_machine_that_does_not_hold_is_refused)
{
    check(hash_of_what_does_not_hold);
}

Test(tables, a_snoop_that_leaves_an_entry_is_found_at_once)
{
    check(snoop_that_leaves_an_entry);
}
#endif
