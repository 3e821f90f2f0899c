/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The benchmark runner's parts: one row is one program on one number of harts, run on lockscope and on QEMU. measure.c runs it,
 * mix.c counts kinds of instructions, targets.c judges, report.c prints. None of them keeps state outside these structures.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_RAM_BYTES (UINT64_C(256) << 20)
#define BENCH_RAM_TEXT  "256M"

struct options {
    const char *guests; /* folder of the images */
    const char *qemu;   /* NULL: lockscope alone */
    const char *json;   /* file to write; NULL: none */
    const char *only;   /* program; NULL: all */
    unsigned work;      /* thousandths of the full work */
    unsigned repeats;
    unsigned harts_max;
    unsigned limit_seconds; /* of one run of QEMU, wall clock */
    bool is_strict, is_mix_left_out;
};

/* What a program said at its end: harness.c's line. */
struct guest_line {
    bool is_ok;
    uint64_t instret, done, failed_sc, traps, checksum;
};

/* One side's best run. */
struct side {
    bool is_present;
    double seconds; /* of CPU time */
    struct guest_line line;
};

struct row {
    const char *program;
    unsigned harts;
    struct side lockscope, qemu;
    uint64_t instructions; /* retired by all harts on lockscope */
    uint64_t host_bytes;   /* beyond guest RAM, at the end */
    uint64_t state_hash;
    char failure[256]; /* a sentence; empty: none */
};

/* Kinds of instructions retired, counted one by one in a short run on one hart. */
struct mix {
    const char *program;
    uint64_t total, loads, stores, branches, jumps, indirect, fp, atomics;
};

/* An image in memory. Read whole; false with a sentence in failure. */
struct image {
    void *bytes;
    size_t size;
};
bool image_read(const char *folder, const char *program, struct image *ret_image, char failure[static 256]);
void image_free(struct image *image);

/* Runs the row `options->repeats` times on each side, in turn, and fills it. The fastest run of a side counts; lockscope's runs
 * must agree in instructions, checksum and state hash, both sides in checksum. */
void measure_row(const struct options *options, struct row *row);

bool mix_count(const struct options *options, const char *program, struct mix *ret_mix, char failure[static 256]);

/* Instructions a second in millions; lockscope's count serves both, since they run the same program. */
double row_mips(const struct row *row, const struct side *side);
/* How many times as fast as QEMU lockscope is, by units of work; 0: unknown. */
double row_ratio(const struct row *row);

enum verdict { VERDICT_MET, VERDICT_MISSED, VERDICT_UNKNOWN };
struct target {
    const char *text;
    enum verdict verdict;
    bool is_most; /* seen must be at most what is wanted, else at least */
    double wanted, seen;
};
/* Judges the rows; returns how many targets there are (at most max). */
size_t targets_judge(const struct row *rows, size_t row_count, const struct mix *mixes, size_t mix_count,
                     struct target *ret_targets, size_t max);

void report_rows(FILE *out, const struct row *rows, size_t count);
void report_mixes(FILE *out, const struct mix *mixes, size_t count);
void report_targets(FILE *out, const struct target *targets, size_t count);
bool report_json(const struct options *options, const struct row *rows, size_t row_count, const struct mix *mixes, size_t mix_count,
                 const struct target *targets, size_t target_count);

#endif
