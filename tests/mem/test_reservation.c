/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reservations as a specification: what takes one, what ends one and for which reason, at every granule and every place of a line.
 */
#include <mem/reservation.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/state_check.h>
#include <limits.h>

#define LINE UINT64_C(0x80001040)

static const unsigned granules[] = {4, 8, 16, 32, 64};
#define EACH_GRANULE(g) (unsigned g##_i = 0, g = 4; g##_i < 5 && (g = granules[g##_i], true); g##_i++)

struct loss {
    unsigned count, agent, by;
    enum emu_reason reason;
    uint64_t address;
};

static void note_loss(void *context, unsigned agent, enum emu_reason reason, uint64_t address, unsigned by)
{
    struct loss *loss = context;
    *loss = (struct loss){loss->count + 1, agent, by, reason, address};
}

static void make(struct reservations *r, unsigned granule, struct loss *loss)
{
    *loss = (struct loss){0};
    cr_assert(reservations_init(r, 4, granule, note_loss, loss));
}

static bool holds(const struct reservations *r, unsigned agent)
{
    return r->of[agent].size != 0;
}

Test(reservation, nobody_holds_one_at_first)
{
    struct reservations r;
    struct loss loss;
    make(&r, 64, &loss);
    for (unsigned agent = 0; agent < 4; agent++) {
        cr_expect(not(reservation_covers(&r, agent, LINE, 8)));
        cr_expect(not(reservation_touches(&r, agent, LINE, 8)));
        cr_expect(eq(uint, r.of[agent].lost, EMU_REASON_NONE));
    }
    reservation_end(&r, 1, EMU_REASON_TRAP, 1);
    cr_expect(eq(uint, loss.count, 0));
    reservations_finish(&r);
}

/* Every operand and every store of a line: the reservation ends exactly if the store meets one of the operand's granules, and the
 * reason says whether it met the operand's own bytes. */
Test(reservation, a_store_by_another_agent_ends_it_if_it_meets_a_granule)
{
    for EACH_GRANULE (granule) {
        struct reservations r;
        struct loss loss;
        make(&r, granule, &loss);
        for (unsigned size = 4; size <= 8; size += 4)
            for (unsigned at = 0; at < 64; at += size)
                for (unsigned width = 1; width <= 8; width *= 2)
                    for (unsigned to = 0; to + width <= 64; to++) {
                        bool meets = to / granule <= (at + size - 1) / granule && (to + width - 1) / granule >= at / granule;
                        bool overlaps = to < at + size && at < to + width;
                        loss.count = 0;
                        reservation_take(&r, 0, LINE + at, size);
                        reservation_snoop(&r, LINE + to, width, 1);
                        cr_assert(eq(int, !holds(&r, 0), meets), "granule %u: %u bytes at %u, store of %u at %u", granule, size, at,
                                  width, to);
                        cr_assert(eq(uint, loss.count, meets));
                        if (!meets)
                            continue;
                        cr_assert(eq(uint, loss.reason, overlaps ? EMU_REASON_STORE : EMU_REASON_FALSE_SHARING));
                        cr_assert(eq(uint, r.of[0].lost, loss.reason));
                        cr_assert(eq(uint, loss.agent, 0));
                        cr_assert(eq(uint, loss.by, 1));
                        cr_assert(eq(u64, loss.address, LINE + at));
                    }
        reservations_finish(&r);
    }
}

Test(reservation, an_own_store_keeps_it)
{
    for EACH_GRANULE (granule) {
        struct reservations r;
        struct loss loss;
        make(&r, granule, &loss);
        for (unsigned at = 0; at < 64; at += 8)
            for (unsigned to = 0; to < 64; to++) {
                reservation_take(&r, 0, LINE + at, 8);
                reservation_snoop(&r, LINE + to, 1, 0);
                reservation_snoop_slow(&r, LINE + to, 1, 0);
                cr_assert(holds(&r, 0));
            }
        cr_expect(eq(uint, loss.count, 0));
        reservations_finish(&r);
    }
}

Test(reservation, a_write_of_the_same_value_and_back_ends_it)
{
    struct reservations r;
    struct loss loss;
    make(&r, 8, &loss);
    reservation_take(&r, 0, LINE, 8);
    reservation_snoop(&r, LINE, 8, 1); /* A to B: nothing here ever looks at values */
    reservation_snoop(&r, LINE, 8, 1); /* and back to A */
    cr_expect(not(reservation_covers(&r, 0, LINE, 8)));
    cr_expect(eq(uint, loss.count, 1));
    reservations_finish(&r);
}

Test(reservation, a_store_to_the_upper_half_of_a_doubleword_ends_it)
{
    for EACH_GRANULE (granule) {
        struct reservations r;
        struct loss loss;
        make(&r, granule, &loss);
        reservation_take(&r, 2, LINE + 8, 8);
        reservation_snoop(&r, LINE + 12, 4, 3);
        cr_expect(not(holds(&r, 2)), "granule %u", granule);
        cr_expect(eq(uint, loss.reason, EMU_REASON_STORE));
        reservations_finish(&r);
    }
}

Test(reservation, with_granules_of_4_a_doubleword_holds_two_and_a_word_one)
{
    struct reservations r;
    struct loss loss;
    make(&r, 4, &loss);
    reservation_take(&r, 0, LINE + 8, 8);
    cr_expect(reservation_covers(&r, 0, LINE + 8, 8));
    cr_expect(reservation_covers(&r, 0, LINE + 8, 4));
    cr_expect(reservation_covers(&r, 0, LINE + 12, 4));
    cr_expect(not(reservation_covers(&r, 0, LINE + 12, 8)));
    cr_expect(not(reservation_covers(&r, 0, LINE + 4, 8)));
    reservation_take(&r, 0, LINE + 8, 4);
    cr_expect(not(reservation_covers(&r, 0, LINE + 8, 8)));
    reservation_snoop(&r, LINE + 12, 4, 1);
    cr_expect(holds(&r, 0));
    reservations_finish(&r);
}

Test(reservation, it_covers_all_bytes_of_its_granules_and_no_other)
{
    for EACH_GRANULE (granule) {
        struct reservations r;
        struct loss loss;
        make(&r, granule, &loss);
        for (unsigned at = 0; at < 64; at += 4)
            for (unsigned to = 0; to < 128; to += 4) {
                uint64_t begin = LINE + at / granule * granule, address = LINE - 32 + to;
                reservation_take(&r, 1, LINE + at, 4);
                cr_assert(eq(int, reservation_covers(&r, 1, address, 4), address >= begin && address + 4 <= begin + granule));
                cr_assert(eq(int, reservation_touches(&r, 1, address - 2, 4), address + 2 > begin && address - 2 < begin + granule));
                cr_assert(not(reservation_covers(&r, 0, address, 4)));
            }
        reservations_finish(&r);
    }
}

Test(reservation, a_device_write_ends_everybodys)
{
    for EACH_GRANULE (granule) {
        struct reservations r;
        struct loss loss;
        make(&r, granule, &loss);
        for (unsigned agent = 0; agent < 4; agent++)
            reservation_take(&r, agent, LINE + 16, 8);
        reservation_snoop(&r, LINE + 16 + 7, 1, UINT_MAX);
        for (unsigned agent = 0; agent < 4; agent++) {
            cr_expect(not(holds(&r, agent)));
            cr_expect(eq(uint, r.of[agent].lost, EMU_REASON_DMA));
        }
        cr_expect(eq(uint, loss.count, 4));
        cr_expect(eq(uint, loss.by, UINT_MAX));
        reservations_finish(&r);
    }
}

Test(reservation, a_long_device_write_reaches_every_line)
{
    struct reservations r;
    struct loss loss;
    make(&r, 64, &loss);
    for (unsigned agent = 0; agent < 4; agent++)
        reservation_take(&r, agent, LINE + 64 * agent + 56, 8);
    reservation_snoop_slow(&r, LINE + 64, 64 + 1, UINT_MAX);
    cr_expect(holds(&r, 0));
    cr_expect(not(holds(&r, 1)));
    cr_expect(not(holds(&r, 2)));
    cr_expect(holds(&r, 3));
    reservations_finish(&r);
}

Test(reservation, a_new_one_takes_the_place_of_the_old)
{
    struct reservations r;
    struct loss loss;
    make(&r, 8, &loss);
    reservation_take(&r, 0, LINE, 8);
    reservation_take(&r, 0, LINE + 8, 8);
    cr_expect(not(reservation_covers(&r, 0, LINE, 8)));
    cr_expect(reservation_covers(&r, 0, LINE + 8, 8));
    reservation_snoop(&r, LINE, 8, 1);
    cr_expect(holds(&r, 0));
    cr_expect(eq(uint, loss.count, 0), "replacing is no loss");
    reservations_finish(&r);
}

Test(reservation, the_own_sc_ends_it_silently_whether_it_covers_or_not)
{
    struct reservations r;
    struct loss loss;
    make(&r, 8, &loss);
    reservation_take(&r, 0, LINE, 8);
    reservation_end(&r, 0, EMU_REASON_OWN_SC, 0);
    cr_expect(not(holds(&r, 0)));
    cr_expect(eq(uint, r.of[0].lost, EMU_REASON_OWN_SC));
    cr_expect(eq(uint, loss.count, 0));
    reservations_finish(&r);
}

Test(reservation, every_reason_is_kept_and_all_but_two_are_reported)
{
    struct reservations r;
    struct loss loss;
    make(&r, 64, &loss);
    for (unsigned reason = 1; reason < EMU_REASON_COUNT; reason++) {
        loss = (struct loss){0};
        reservation_take(&r, 3, LINE, 4);
        reservation_end(&r, 3, (enum emu_reason)reason, 3);
        cr_expect(not(holds(&r, 3)));
        cr_expect(eq(uint, r.of[3].lost, reason));
        cr_expect(eq(uint, loss.count, reason != EMU_REASON_OWN_SC), "%u", reason);
    }
    reservations_finish(&r);
}

Test(reservation, one_agents_store_ends_all_the_others_on_the_line)
{
    struct reservations r;
    struct loss loss;
    make(&r, 64, &loss);
    for (unsigned agent = 0; agent < 4; agent++)
        reservation_take(&r, agent, LINE + 8 * agent, 8);
    reservation_snoop(&r, LINE, 8, 2);
    cr_expect(eq(uint, r.of[0].lost, EMU_REASON_STORE));
    cr_expect(eq(uint, r.of[1].lost, EMU_REASON_FALSE_SHARING));
    cr_expect(holds(&r, 2));
    cr_expect(eq(uint, r.of[3].lost, EMU_REASON_FALSE_SHARING));
    reservations_finish(&r);
}

/* Lines whose lists are shared must not take part in each other's losses. */
Test(reservation, lines_in_one_bucket_do_not_disturb_each_other)
{
    struct reservations r;
    struct loss loss;
    uint64_t alias = LINE + 64 * (uint64_t)RESERVATION_BUCKETS;
    make(&r, 64, &loss);
    cr_assert(eq(uint, reservation_bucket(alias), reservation_bucket(LINE)));
    reservation_take(&r, 0, LINE, 8);
    reservation_take(&r, 1, alias, 8);
    reservation_snoop(&r, alias, 8, 2);
    cr_expect(holds(&r, 0));
    cr_expect(not(holds(&r, 1)));
    cr_expect(not(reservation_is_quiet(&r, LINE, 1)));
    cr_expect(reservation_is_quiet(&r, LINE, 0));
    reservations_finish(&r);
}

Test(reservation, quick_use_needs_the_operand_of_the_lr_and_nobody_else)
{
    struct reservations r;
    struct loss loss;
    make(&r, 64, &loss);
    reservation_take(&r, 0, LINE, 8);
    cr_expect(not(reservation_use(&r.of[0], 0x1000, 8)), "no key given");
    r.of[0].key = 0x1000;
    cr_expect(not(reservation_use(&r.of[0], 0x1008, 8)), "another operand");
    cr_expect(not(reservation_use(&r.of[0], 0x1000, 4)), "another size");
    reservation_take(&r, 1, LINE + 8, 8);
    cr_expect(not(reservation_use(&r.of[0], 0x1000, 8)), "another holder on the line");
    reservation_end(&r, 1, EMU_REASON_TRAP, 1);
    cr_expect(reservation_use(&r.of[0], 0x1000, 8));
    cr_expect(not(holds(&r, 0)));
    cr_expect(eq(uint, r.of[0].lost, EMU_REASON_OWN_SC));
    cr_expect(not(reservation_use(&r.of[0], 0x1000, 8)), "used already");
    cr_expect(reservation_retake(&r.of[0], 0x1000, 4));
    cr_expect(reservation_covers(&r, 0, LINE, 4));
    cr_expect(not(reservation_retake(&r.of[0], 0x2000, 4)));
    reservations_finish(&r);
}

Test(reservation, one_that_was_lost_can_be_taken_again_quickly_and_lost_again)
{
    struct reservations r;
    struct loss loss;
    make(&r, 64, &loss);
    reservation_take(&r, 0, LINE, 8);
    r.of[0].key = 0x1000;
    for (unsigned i = 1; i <= 20; i++) {
        reservation_snoop(&r, LINE, 8, 1);
        cr_expect(eq(uint, loss.count, i));
        cr_expect(not(holds(&r, 0)));
        cr_expect(reservation_retake(&r.of[0], 0x1000, 8));
        cr_expect(holds(&r, 0));
    }
    reservations_finish(&r);
}

/* Every operand and every claimed range: what ends is what a write would end, but the reason is always the same. */
Test(reservation, a_claim_ends_what_a_write_would_and_for_one_reason)
{
    for EACH_GRANULE (granule) {
        struct reservations r;
        struct loss loss;
        make(&r, granule, &loss);
        for (unsigned at = 0; at < 64; at += 4)
            for (unsigned to = 0; to < 64; to += 8) {
                bool meets = to / granule <= at / granule && (to + 7) / granule >= at / granule;
                loss.count = 0;
                reservation_take(&r, 0, LINE + at, 4);
                reservation_take(&r, 1, LINE + to, 8);
                reservation_claim(&r, LINE + to, 8, 1);
                cr_assert(holds(&r, 1), "the claimant keeps its own");
                cr_assert(eq(int, !holds(&r, 0), meets), "granule %u: 4 bytes at %u, claim of 8 at %u", granule, at, to);
                cr_assert(eq(uint, loss.count, meets));
                cr_assert(meets ? loss.reason == EMU_REASON_EXCLUSIVE && loss.by == 1 : true);
            }
        reservations_finish(&r);
    }
}

Test(reservation, a_line_is_reserved_by_others_exactly_while_one_of_them_holds_any_of_its_granules)
{
    for EACH_GRANULE (granule) {
        struct reservations r;
        struct loss loss;
        uint64_t alias = LINE + 64 * (uint64_t)RESERVATION_BUCKETS;
        make(&r, granule, &loss);
        for (unsigned at = 0; at < 64; at += 4) {
            cr_assert(not(reservation_on_line(&r, LINE, UINT_MAX)));
            reservation_take(&r, 2, LINE + at, 4);
            reservation_take(&r, 3, alias + at, 4); /* in the same list */
            cr_assert(reservation_on_line(&r, LINE, UINT_MAX));
            cr_assert(reservation_on_line(&r, LINE, 0));
            cr_assert(not(reservation_on_line(&r, LINE, 2)));
            cr_assert(not(reservation_on_line(&r, LINE + 64, 0)));
            cr_assert(not(reservation_on_line(&r, alias, 3)));
            reservation_take(&r, 1, LINE + 60, 4);
            cr_assert(reservation_on_line(&r, LINE, 2));
            reservation_end(&r, 1, EMU_REASON_TRAP, 1);
            cr_assert(not(reservation_on_line(&r, LINE, 2)));
            reservation_end(&r, 2, EMU_REASON_TRAP, 2);
            reservation_end(&r, 3, EMU_REASON_TRAP, 3);
        }
        reservations_finish(&r);
    }
}

static void state(struct state *s, void *object)
{
    reservations_state(s, object);
}

Test(reservation, its_state_is_hashed_and_what_is_derived_is_not)
{
    struct reservations r;
    struct loss loss;
    make(&r, 64, &loss);
    reservation_take(&r, 1, LINE, 8);
    reservation_take(&r, 2, LINE + 64, 4);
    reservation_end(&r, 2, EMU_REASON_TRAP, 2);
    uint64_t before = state_check_hash(state, &r);
    r.of[1].key = r.of[2].key = 5;
    cr_expect(eq(u64, state_check_hash(state, &r), before));
    /* Flipping a size of 4 or 8 or a zero leaves it a number that is held or not: fields come and go with that of agents without. */
    struct reservations all;
    make(&all, 64, &loss);
    for (unsigned agent = 0; agent < 4; agent++)
        reservation_take(&all, agent, LINE, 8);
    cr_expect(eq(u64, state_check_flips(state, &all), 12));
    reservations_finish(&all);
    reservations_finish(&r);
}
