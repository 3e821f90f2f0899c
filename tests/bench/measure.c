/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Takes the best of several runs on both sides. They take turns, so that a slow spell of the host hits both; QEMU's time is less
 * what it needs to start and stop (an empty program on as many harts). Whoever does the same work must come to the same result.
 */
#include "bench.h"

#include <inttypes.h>

bool keep_best(struct run *best, const struct run *run, char failure[static BENCH_FAILURE_MAX])
{
    if (best->is_present && (run->state_hash != best->state_hash || run->instructions != best->instructions ||
                             run->cycles != best->cycles || run->line.checksum != best->line.checksum)) {
        snprintf(failure, BENCH_FAILURE_MAX, "two runs of lockscope differ: state %016" PRIx64 " and %016" PRIx64, best->state_hash,
                 run->state_hash);
        return false;
    }
    uint64_t host_bytes = best->host_bytes > run->host_bytes ? best->host_bytes : run->host_bytes;
    if (!best->is_present || run->seconds < best->seconds)
        *best = *run;
    best->host_bytes = host_bytes;
    return true;
}

static void keep_least(struct side *best, const struct side *run)
{
    if (!best->is_present || run->seconds < best->seconds)
        *best = *run;
}

/* ---- the two sides ---- */

static void run_rows(const struct options *options, const struct image *image, unsigned turn, struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct row *row = &rows[i];
        struct run run;
        if (row->failure[0] || turn >= options_repeats(options, row->setup.is_timed))
            continue;
        if (lockscope_run(image, &row->setup, &run, row->failure))
            keep_best(&row->best, &run, row->failure);
    }
}

static bool run_peer(const struct options *options, const struct setup *setup, struct side *start, struct side *qemu,
                     char failure[static BENCH_FAILURE_MAX])
{
    struct side empty, full;
    if (!qemu_run(options, "empty", setup->harts, &empty, failure) ||
        !qemu_run(options, setup->program, setup->harts, &full, failure))
        return false;
    keep_least(start, &empty);
    keep_least(qemu, &full);
    return true;
}

/* ---- do they agree? ---- */

static void compare_with_qemu(const struct options *options, struct row *row)
{
    if (row->failure[0] || row->setup.work != options->work)
        return;
    if (row->qemu.line.checksum != row->best.line.checksum) {
        snprintf(row->failure, sizeof row->failure, "checksums differ: %" PRIu64 ", QEMU %" PRIu64, row->best.line.checksum,
                 row->qemu.line.checksum);
        return;
    }
    /* On one hart both count the same, but that QEMU counts an ecall as retired. */
    uint64_t ours = row->best.line.instret, theirs = row->qemu.line.instret;
    if (row->setup.harts == 1 && (theirs < ours || theirs - ours > theirs / 1000 + row->best.line.traps))
        snprintf(row->failure, sizeof row->failure, "instructions differ: %" PRIu64 ", QEMU %" PRIu64, ours, theirs);
}

static void compare_rows(const struct row *first, struct row *row)
{
    if (first->failure[0] || row->failure[0] || first->setup.work != row->setup.work)
        return;
    if (first->best.line.checksum != row->best.line.checksum)
        snprintf(row->failure, sizeof row->failure, "checksums differ: %" PRIu64 ", fast %" PRIu64, row->best.line.checksum,
                 first->best.line.checksum);
}

/* Harts in fast hardly ever wait, as QEMU's: what they execute together is what QEMU's do. */
static void give_peer(const struct options *options, const struct side *qemu, struct row *rows, size_t count)
{
    bool is_counted = !rows[0].failure[0] && !rows[0].setup.is_timed && rows[0].setup.work == options->work;
    for (size_t i = 0; i < count; i++) {
        rows[i].qemu = *qemu;
        rows[i].qemu_instructions = is_counted ? rows[0].best.instructions : 0;
        compare_with_qemu(options, &rows[i]);
    }
}

static void measure(const struct options *options, const struct image *image, struct row *rows, size_t count)
{
    struct side start = {0}, qemu = {0};
    char failure[BENCH_FAILURE_MAX] = "";
    unsigned fast = options_repeats(options, false), timed = options_repeats(options, true);
    for (unsigned turn = 0; turn < (fast > timed ? fast : timed) && !failure[0]; turn++) {
        run_rows(options, image, turn, rows, count);
        if (options->qemu)
            run_peer(options, &rows[0].setup, &start, &qemu, failure);
    }
    qemu.seconds -= start.seconds;
    for (size_t i = 0; i < count; i++)
        if (failure[0] && !rows[i].failure[0])
            snprintf(rows[i].failure, sizeof rows[i].failure, "%s", failure);
    if (qemu.is_present)
        give_peer(options, &qemu, rows, count);
    for (size_t i = 1; i < count; i++)
        compare_rows(&rows[0], &rows[i]);
}

void measure_rows(const struct options *options, struct row *rows, size_t count)
{
    struct image image;
    char failure[BENCH_FAILURE_MAX];
    if (image_read(options->guests, rows[0].setup.program, &image, failure)) {
        measure(options, &image, rows, count);
        image_free(&image);
        return;
    }
    for (size_t i = 0; i < count; i++)
        snprintf(rows[i].failure, sizeof rows[i].failure, "%s", failure);
}

/* ---- figures ---- */

double run_mips(const struct run *run)
{
    return run->is_present && run->seconds > 0 ? (double)run->instructions / run->seconds * 1e-6 : 0;
}

double row_qemu_mips(const struct row *row)
{
    return row->qemu.is_present && row->qemu.seconds > 0 ? (double)row->qemu_instructions / row->qemu.seconds * 1e-6 : 0;
}

double row_qemu_seconds(const struct row *row)
{
    const struct side *qemu = &row->qemu;
    if (!row->best.is_present || !qemu->is_present || qemu->line.done == 0)
        return 0;
    return qemu->seconds / (double)qemu->line.done * (double)row->best.line.done;
}

double row_ratio(const struct row *row)
{
    return row->best.seconds > 0 ? row_qemu_seconds(row) / row->best.seconds : 0;
}
