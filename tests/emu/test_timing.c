/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What micro-programs cost: the rows of timing_rows.c, with the default costs and others, in slices of any length.
 */
#include "timing.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* The machine's costs are what `config` says: compares one run with the row's sums. */
static void check_cycles(const struct timing_row *row, const struct emu_config *config, bool is_stepped, const char *what)
{
    struct timing_result result = timing_run(row, config, is_stepped);
    for (unsigned hart = 0; hart < TIMING_HARTS; hart++)
        if (row->code[hart])
            cr_expect(eq(u64, result.cycles[hart], timing_sum(row->sum[hart], config)), "%s, hart %u, %s", row->name, hart, what);
}

Test(timing, a_row_says_the_same_as_sum_and_as_number)
{
    for (unsigned i = 0; i < timing_row_count; i++) {
        const struct timing_row *row = &timing_rows[i];
        struct emu_config config = timing_config(row);
        for (unsigned hart = 0; hart < TIMING_HARTS; hart++)
            if (row->code[hart])
                cr_expect(eq(u64, timing_sum(row->sum[hart], &config), row->cycles[hart]), "%s, hart %u", row->name, hart);
    }
}

Test(timing, micro_programs_take_the_cycles_that_the_rules_give)
{
    for (unsigned i = 0; i < timing_row_count; i++) {
        struct emu_config config = timing_config(&timing_rows[i]);
        check_cycles(&timing_rows[i], &config, false, "default costs");
    }
}

Test(timing, slices_of_one_cycle_change_no_count)
{
    for (unsigned i = 0; i < timing_row_count; i++) {
        struct emu_config config = timing_config(&timing_rows[i]);
        config.quantum_cycles = 1;
        check_cycles(&timing_rows[i], &config, false, "slices of one cycle");
    }
}

Test(timing, stopping_after_every_step_changes_no_count)
{
    for (unsigned i = 0; i < timing_row_count; i++) {
        struct emu_config config = timing_config(&timing_rows[i]);
        check_cycles(&timing_rows[i], &config, true, "stepped");
    }
}

Test(timing, minstret_counts_instructions_and_mcycle_the_clock)
{
    for (unsigned i = 0; i < timing_row_count; i++) {
        const struct timing_row *row = &timing_rows[i];
        struct emu_config config = timing_config(row);
        struct timing_result result = timing_run(row, &config, false);
        cr_expect(result.counts_agree, "%s", row->name);
        for (unsigned hart = 0; hart < TIMING_HARTS; hart++)
            if (row->code[hart])
                cr_expect(eq(u64, result.retired[hart], timing_instructions(row, hart)), "%s, hart %u", row->name, hart);
    }
}

/* ---- other costs ---- */

static bool is_cost(const struct emu_config_row *key)
{
    return key->kind == EMU_CONFIG_NUMBER && (strcmp(key->section, "pipeline") == 0 || strcmp(key->section, "bus") == 0);
}

/* How many of the rows' counts depend on the key, according to the sums. */
static unsigned check_key(const struct emu_config_row *key, uint64_t value)
{
    unsigned concerned = 0;
    char text[64];
    snprintf(text, sizeof text, "%s %llu", key->key, (unsigned long long)value);
    for (unsigned i = 0; i < timing_row_count; i++) {
        const struct timing_row *row = &timing_rows[i];
        struct emu_config config = timing_config(row);
        struct emu_error error;
        if (row->defaults_only)
            continue;
        cr_assert(emu_config_assign(&config, key, value, &error), "%s", error.text);
        check_cycles(row, &config, false, text);
        for (unsigned hart = 0; hart < TIMING_HARTS; hart++)
            concerned += row->code[hart] && timing_sum(row->sum[hart], &config) != row->cycles[hart];
    }
    return concerned;
}

Test(timing, each_cost_of_the_configuration_changes_what_it_says_and_nothing_else)
{
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *key = &emu_config_rows[i];
        if (!is_cost(key))
            continue;
        bool is_width = strcmp(key->key, "width") == 0;
        cr_expect(gt(uint, check_key(key, is_width ? key->initial / 2 : key->initial + 3), 0), "%s: no row depends on it",
                  key->key);
        if (key->least != key->initial)
            cr_expect(gt(uint, check_key(key, key->least), 0), "%s: no row depends on it", key->key);
    }
}

/* All costs anew. An interval beyond the effect would make an upgrade's successor wait for its slot, of which the sums do not
 * speak. */
static void draw_costs(struct random *random, struct emu_config *config)
{
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *key = &emu_config_rows[i];
        unsigned effect = config->bus.arbitration_cycles + config->bus.address_cycles; /* drawn already: rows have an order */
        unsigned value = (unsigned)key->least + random_below(random, strcmp(key->key, "interval") == 0 ? effect : 40);
        struct emu_error error;
        if (strcmp(key->key, "width") == 0)
            value = 1u << random_below(random, 7);
        if (is_cost(key))
            cr_assert(emu_config_assign(config, key, value, &error), "%s", error.text);
    }
}

Test(timing, sums_hold_for_any_costs)
{
    struct random random = {20240229};
    for (unsigned draw = 0; draw < 20; draw++)
        for (unsigned i = 0; i < timing_row_count; i++) {
            struct emu_config config = timing_config(&timing_rows[i]);
            char text[32];
            if (timing_rows[i].defaults_only)
                continue;
            draw_costs(&random, &config);
            config.quantum_cycles = draw % 2;
            snprintf(text, sizeof text, "draw %u", draw);
            check_cycles(&timing_rows[i], &config, false, text);
        }
}
