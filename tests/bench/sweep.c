/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Speed and error against the quantum: how much faster the machine is when a hart may run further ahead of the others, and how far
 * off its figures are then. Quantum 0 is the truth; what is at most the look-ahead must equal it.
 */
#include "bench.h"

#include <inttypes.h>

#define COUNT_OF(array)  (sizeof(array) / sizeof *(array))
#define LOOKAHEAD_CYCLES 12 /* with the default costs */

/* Small parts of the work, since errors show in them as well. */
static const struct {
    const char *program;
    unsigned work; /* thousandths of the full work */
} programs[] = {{"intmix", 125}, {"contend", 20}, {"trapmix", 100}};
static const unsigned harts[] = {4, 16};
static const unsigned quanta[] = {0, 1, 8, 16, 32, 64, 128, 256, 1000};
_Static_assert(COUNT_OF(programs) * COUNT_OF(harts) * COUNT_OF(quanta) <= SWEEP_ROWS_MAX, "");

static uint64_t cycles_of(const struct run *run)
{
    return run->cycles;
}

static uint64_t instructions_of(const struct run *run)
{
    return run->instructions;
}

static uint64_t failed_sc_of(const struct run *run)
{
    return run->line.failed_sc;
}

static uint64_t transactions_of(const struct run *run)
{
    return run->transactions;
}

const struct sweep_count sweep_counts[] = {
    {"cycles", "cycles", cycles_of},
    {"instructions", "instructions", instructions_of},
    {"failed sc", "failed_sc", failed_sc_of},
    {"transactions", "transactions", transactions_of},
};
const size_t sweep_count_count = COUNT_OF(sweep_counts);

bool sweep_error(const struct sweep_row *row, const struct sweep_count *count, double *ret_error)
{
    uint64_t exact = count->of(&row->exact), seen = count->of(&row->best);
    if (exact == 0)
        return false;
    *ret_error = ((double)seen - (double)exact) / (double)exact;
    return true;
}

static void measure(const struct options *options, const struct image *image, struct sweep_row *row)
{
    for (unsigned i = 0; i < options_repeats(options, true) && !row->failure[0]; i++) {
        struct run run;
        if (lockscope_run(image, &row->setup, &run, row->failure))
            keep_best(&row->best, &run, row->failure);
    }
}

/* Nobody can notice how far a hart runs ahead within the look-ahead. */
static void check_exact(struct sweep_row *row)
{
    if (row->failure[0] || row->setup.quantum_cycles > LOOKAHEAD_CYCLES)
        return;
    for (size_t i = 0; i < sweep_count_count; i++) {
        uint64_t exact = sweep_counts[i].of(&row->exact), seen = sweep_counts[i].of(&row->best);
        if (seen == exact)
            continue;
        snprintf(row->failure, sizeof row->failure, "not exact: %" PRIu64 " %s, with quantum 0 %" PRIu64, seen,
                 sweep_counts[i].text, exact);
        return;
    }
}

static size_t sweep_quanta(const struct options *options, const struct image *image, struct setup setup, struct sweep_row *ret_rows)
{
    for (size_t i = 0; i < COUNT_OF(quanta); i++) {
        struct sweep_row *row = &ret_rows[i];
        setup.quantum_cycles = quanta[i];
        *row = (struct sweep_row){.setup = setup};
        fprintf(stderr, "%s on %u harts, quantum %u\n", setup.program, setup.harts, setup.quantum_cycles);
        measure(options, image, row);
        row->exact = ret_rows[0].best;
        if (!row->failure[0] && !row->exact.is_present)
            snprintf(row->failure, sizeof row->failure, "no run with quantum 0 to compare with");
        check_exact(row);
    }
    return COUNT_OF(quanta);
}

static unsigned scaled(unsigned work, unsigned thousandths)
{
    unsigned part = (unsigned)((uint64_t)work * thousandths / BENCH_WORK_FULL);
    return part ? part : 1;
}

size_t sweep_measure(const struct options *options, struct sweep_row ret_rows[static SWEEP_ROWS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        for (size_t j = 0; j < COUNT_OF(harts); j++) {
            struct setup setup = {programs[i].program, harts[j], true, 0, scaled(programs[i].work, options->work)};
            struct image image;
            if (!options_want_program(options, setup.program) || setup.harts > options->harts_max)
                continue;
            ret_rows[count] = (struct sweep_row){.setup = setup};
            if (!image_read(options->guests, setup.program, &image, ret_rows[count].failure)) {
                count++;
                continue;
            }
            count += sweep_quanta(options, &image, setup, &ret_rows[count]);
            image_free(&image);
        }
    return count;
}
