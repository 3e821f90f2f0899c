/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The benchmark runner: which programs on how many harts, in which fidelity and with how much work. Exits with 0 when every program
 * gave the right answer (and, with --strict, every measured target is met), 1 when not, 2 on a wrong command line.
 */
#include "bench.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define TARGETS_MAX     32
#define ROWS_A_PLACE    3 /* fast, timed, timed with the plan's quantum */

/* A row in fast and one in timed; one more where a target is about a quantum. Contention in timed does a part of the work: each of
 * its increments costs what the others do, and there is nothing before the first. */
static const struct place {
    const char *program;
    unsigned harts;
    unsigned timed_work;     /* thousandths of the work in fast */
    unsigned quantum_cycles; /* of one more row in timed; 0: none */
} plan[] = {
    {"intmix", 1, 1000, 0},  {"intmix", 4, 1000, 64}, {"intmix", 64, 1000, 64}, {"contend", 1, 1000, 0}, {"contend", 2, 200, 0},
    {"contend", 4, 100, 0},  {"contend", 16, 40, 0},  {"contend", 64, 20, 0},   {"fpmix", 1, 1000, 0},   {"fpmix", 4, 1000, 0},
    {"memwalk", 1, 1000, 0}, {"memwalk", 4, 1000, 0}, {"trapmix", 1, 1000, 0},  {"trapmix", 4, 1000, 0},
};
#define ROWS_MAX (COUNT_OF(plan) * ROWS_A_PLACE)
/* The trap mix runs at virtual addresses, which the counting does not follow. */
static const char *const counted[] = {"intmix", "fpmix", "memwalk"};

static struct row timed_row(const struct options *options, const struct place *place, unsigned quantum_cycles)
{
    unsigned work = (unsigned)((uint64_t)options->work * place->timed_work / 1000);
    return (struct row){.setup = {place->program, place->harts, true, quantum_cycles, work ? work : 1}};
}

/* The place's rows, fast first; returns how many. */
static size_t lay_out(const struct options *options, const struct place *place, struct row ret_rows[static ROWS_A_PLACE])
{
    size_t count = 0;
    if (options_want_fidelity(options, false))
        ret_rows[count++] = (struct row){.setup = {place->program, place->harts, false, 0, options->work}};
    if (!options_want_fidelity(options, true))
        return count;
    bool is_planned = options->quantum_cycles == QUANTUM_PLANNED;
    ret_rows[count++] = timed_row(options, place, is_planned ? 0 : options->quantum_cycles);
    if (is_planned && place->quantum_cycles)
        ret_rows[count++] = timed_row(options, place, place->quantum_cycles);
    return count;
}

static size_t measure_plan(const struct options *options, struct row ret_rows[static ROWS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(plan); i++) {
        if (!options_want_program(options, plan[i].program) || plan[i].harts > options->harts_max)
            continue;
        fprintf(stderr, "%s on %u harts\n", plan[i].program, plan[i].harts);
        size_t more = lay_out(options, &plan[i], &ret_rows[count]);
        measure_rows(options, &ret_rows[count], more);
        count += more;
    }
    return count;
}

static size_t count_mixes(const struct options *options, struct mix ret_mixes[static COUNT_OF(counted)], bool *ret_is_right)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(counted); i++) {
        char failure[BENCH_FAILURE_MAX] = "";
        if (options->is_mix_left_out || !options_want_program(options, counted[i]))
            continue;
        if (mix_count(options, counted[i], &ret_mixes[count], failure)) {
            count++;
        } else {
            fprintf(stderr, "%s\n", failure);
            *ret_is_right = false;
        }
    }
    return count;
}

static bool is_written(const struct options *options, bool is_done)
{
    if (!is_done)
        fprintf(stderr, "cannot write %s\n", options->json);
    return is_done;
}

static bool run_plan(const struct options *options)
{
    struct row rows[ROWS_MAX];
    struct mix mixes[COUNT_OF(counted)];
    struct target targets[TARGETS_MAX];
    bool is_right = true;
    size_t row_count = measure_plan(options, rows);
    size_t mix_total = count_mixes(options, mixes, &is_right);
    size_t target_count = targets_judge(rows, row_count, mixes, mix_total, targets, TARGETS_MAX);
    report_rows(stdout, rows, row_count);
    report_mixes(stdout, mixes, mix_total);
    report_targets(stdout, targets, target_count);
    if (options->json)
        is_right &= is_written(options, report_json(options, rows, row_count, mixes, mix_total, targets, target_count));
    for (size_t i = 0; i < row_count; i++)
        is_right = is_right && !rows[i].failure[0];
    for (size_t i = 0; i < target_count; i++)
        if (options->is_strict && targets[i].verdict == VERDICT_MISSED)
            is_right = false;
    return is_right && row_count;
}

static bool run_sweep(const struct options *options)
{
    struct sweep_row rows[SWEEP_ROWS_MAX];
    size_t count = sweep_measure(options, rows);
    bool is_right = count > 0;
    report_sweep(stdout, rows, count);
    if (options->json)
        is_right &= is_written(options, report_sweep_json(options, rows, count));
    for (size_t i = 0; i < count; i++)
        is_right = is_right && !rows[i].failure[0];
    return is_right;
}

int main(int argc, char **argv)
{
    struct options options;
    if (!options_parse(argc, argv, &options)) {
        options_usage(stderr);
        return 2;
    }
    return (options.is_sweep ? run_sweep(&options) : run_plan(&options)) ? 0 : 1;
}
