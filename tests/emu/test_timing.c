/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What micro-programs cost: the rows of timing_rows.c, with the default costs and others, in slices of any length.
 */
#include "timing.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- the page ---- */

struct text {
    char bytes[1024];
    size_t length;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text->bytes + text->length, sizeof text->bytes - text->length, format, arguments);
    va_end(arguments);
    text->length += (size_t)added;
    cr_assert(lt(sz, text->length, sizeof text->bytes));
}

/* The row as docs/timing.md has it. */
static struct text line_of(const struct timing_row *row)
{
    static const char *const worlds[] = {[TIMING_BARE] = NULL,
                                         [TIMING_SV39_DATA] = "hart 0's data: Sv39",
                                         [TIMING_SV48_DATA] = "hart 0's data: Sv48",
                                         [TIMING_SV39_CODE] = "hart 0's S-mode: Sv39",
                                         [TIMING_INTERRUPTS] = "interrupts on"};
    struct text line = {.length = 0};
    bool several = row->code[1];
    put(&line, "| %s | %s%s", row->name, row->config ? row->config : "", worlds[row->world] ? worlds[row->world] : "");
    put(&line, row->before ? "%s`%s` |" : "%s |", (row->config || worlds[row->world]) && row->before ? "; " : "", row->before);
    for (unsigned hart = 0; hart < TIMING_HARTS && row->code[hart]; hart++)
        put(&line, several ? "%s hart %u: `%s`" : "%.0s%.0u `%s`", hart ? "," : "", hart, row->code[hart]);
    put(&line, " |");
    for (unsigned hart = 0; hart < TIMING_HARTS && row->code[hart]; hart++) {
        bool is_number = row->sum[hart][strspn(row->sum[hart], "0123456789")] == '\0';
        put(&line, is_number ? "%s%.0s %llu" : "%s %s = %llu", hart ? "," : "", row->sum[hart],
            (unsigned long long)row->cycles[hart]);
    }
    put(&line, row->why[0] ? " | %s |\n" : " |%s |\n", row->why);
    return line;
}

Test(timing, the_page_has_a_line_for_each_row)
{
    char *page = calloc(1, 1 << 20);
    FILE *file = fopen(TIMING_PAGE, "r");
    cr_assert(file && page && fread(page, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    const char *at = page;
    for (unsigned i = 0; i < timing_row_count; i++) {
        struct text line = line_of(&timing_rows[i]);
        const char *found = strstr(at, line.bytes);
        cr_expect(found != NULL, "docs/timing.md does not have, or not in this order: %s", line.bytes);
        at = found ? found : at;
    }
    free(page);
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
