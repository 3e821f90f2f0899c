/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The benchmark runner's parts: a row is one program on one number of harts in one fidelity, next to QEMU. options.c reads the
 * command line, lockscope.c and qemu.c run a program once, measure.c takes the best of several runs and compares, mix.c counts
 * kinds of instructions, sweep.c varies the quantum, targets.c judges, report.c prints. None of them keeps state outside these
 * structures.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_RAM_BYTES   (UINT64_C(256) << 20)
#define BENCH_RAM_TEXT    "256M"
#define BENCH_FAILURE_MAX 256
#define BENCH_WORK_FULL   1000
#define QUANTUM_PLANNED   UINT_MAX /* every row has its own */

struct options {
    const char *guests; /* folder of the images */
    const char *qemu;   /* NULL: lockscope alone */
    const char *json;   /* file to write; NULL: none */
    const char *only;   /* program; NULL: all */
    const char *fidelity;
    unsigned quantum_cycles; /* of all rows in timed */
    unsigned work;           /* thousandths of the full work */
    unsigned repeats;        /* 0: by the kind of row */
    unsigned harts_max;
    unsigned limit_seconds; /* of one run of QEMU, wall clock */
    bool is_qemu_left_out, is_quick, is_mix_left_out, is_sweep, is_strict;
};

/* False on a wrong command line; *ret_options is complete otherwise. */
bool options_parse(int argc, char **argv, struct options *ret_options);
void options_usage(FILE *out);
bool options_want_program(const struct options *options, const char *program);
bool options_want_fidelity(const struct options *options, bool is_timed);
unsigned options_repeats(const struct options *options, bool is_timed); /* runs of a row */

/* What is run. */
struct setup {
    const char *program;
    unsigned harts;
    bool is_timed;
    unsigned quantum_cycles; /* 0: exact */
    unsigned work;           /* thousandths of the full work */
};

/* What a program said at its end: harness.c's line. */
struct guest_line {
    bool is_ok;
    uint64_t instret, done, failed_sc, traps, checksum;
};
/* Finds the line in what the guest has printed. */
bool guest_line_parse(const char *text, struct guest_line *ret_line);

/* A run of QEMU. */
struct side {
    bool is_present;
    double seconds; /* of CPU time */
    struct guest_line line;
};

/* A run of lockscope. */
struct run {
    bool is_present;
    double seconds; /* of CPU time */
    struct guest_line line;
    uint64_t instructions; /* retired by all harts */
    uint64_t cycles;       /* of the machine, at the end */
    uint64_t transactions; /* on the bus; in fast none */
    uint64_t host_bytes;   /* beyond guest RAM, at the end */
    uint64_t state_hash;
};

struct row {
    struct setup setup;
    struct run best;
    struct side qemu;                /* of the same program and number of harts; its work may be another */
    uint64_t qemu_instructions;      /* what QEMU's harts executed together; 0: unknown */
    char failure[BENCH_FAILURE_MAX]; /* a sentence; empty: none */
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
bool image_read(const char *folder, const char *program, struct image *ret_image, char failure[static BENCH_FAILURE_MAX]);
void image_free(struct image *image);

#define BOOTARGS_MAX 32
void bootargs_write(unsigned work, char ret_text[static BOOTARGS_MAX]);

/* One run to the program's end. False with a sentence when it does not end well. */
bool lockscope_run(const struct image *image, const struct setup *setup, struct run *ret_run,
                   char failure[static BENCH_FAILURE_MAX]);
bool qemu_run(const struct options *options, const char *program, unsigned harts, struct side *ret_side,
              char failure[static BENCH_FAILURE_MAX]);

/* Keeps the faster run in *best. False with a sentence when the two are not the same run: in instructions, cycles, checksum and
 * state. */
bool keep_best(struct run *best, const struct run *run, char failure[static BENCH_FAILURE_MAX]);

/* Measures rows of one program and number of harts, the sides in turn; QEMU is run for all of them together. Checks that all runs
 * of a row are the same run, and that those which do the same work have the same checksum, QEMU's too. */
void measure_rows(const struct options *options, struct row *rows, size_t count);

bool mix_count(const struct options *options, const char *program, struct mix *ret_mix, char failure[static BENCH_FAILURE_MAX]);

/* Instructions a second in millions. */
double run_mips(const struct run *run);
double row_qemu_mips(const struct row *row);
/* What QEMU needs for as many units of work as the row's run did. */
double row_qemu_seconds(const struct row *row);
/* How many times as fast as QEMU lockscope is, by units of work; 0: unknown. */
double row_ratio(const struct row *row);

/* A program on some harts with one quantum; error: the difference to quantum 0, as a part of what is there. */
struct sweep_row {
    struct setup setup;
    struct run best, exact;
    char failure[BENCH_FAILURE_MAX];
};
#define SWEEP_ROWS_MAX 64
/* Measures and returns how many. Quanta that must be exact and are not are failures. */
size_t sweep_measure(const struct options *options, struct sweep_row ret_rows[static SWEEP_ROWS_MAX]);
/* What a sweep compares besides speed. */
struct sweep_count {
    const char *text, *name;
    uint64_t (*of)(const struct run *run);
};
extern const struct sweep_count sweep_counts[];
extern const size_t sweep_count_count;
/* False: nothing to compare with. */
bool sweep_error(const struct sweep_row *row, const struct sweep_count *count, double *ret_error);

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
void report_sweep(FILE *out, const struct sweep_row *rows, size_t count);
bool report_json(const struct options *options, const struct row *rows, size_t row_count, const struct mix *mixes, size_t mix_count,
                 const struct target *targets, size_t target_count);
bool report_sweep_json(const struct options *options, const struct sweep_row *rows, size_t count);

#endif
