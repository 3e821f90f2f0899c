/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command line: one row an option, from which parser and usage come.
 */
#include "bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, NUMBER };

static const struct option_row {
    const char *name, *argument, *meaning;
    enum kind kind;
    size_t offset;
    unsigned least;
} option_rows[] = {
#define FIELD(field) offsetof(struct options, field)
    {"guests", "FOLDER", "where the programs' images are", TEXT, FIELD(guests), 0},
    {"qemu", "PROGRAM", "the QEMU to compare with (default qemu-system-riscv64)", TEXT, FIELD(qemu), 0},
    {"no-qemu", "", "lockscope alone", FLAG, FIELD(is_qemu_left_out), 0},
    {"json", "FILE", "write the results there as well", TEXT, FIELD(json), 0},
    {"only", "NAME", "one program: intmix, contend, fpmix, memwalk, trapmix", TEXT, FIELD(only), 0},
    {"fidelity", "NAME", "fast, timed or both (default)", TEXT, FIELD(fidelity), 0},
    {"quantum", "N", "of the rows in timed; 0: exact (default: exact, and 64 where a target says so)", NUMBER,
     FIELD(quantum_cycles), 0},
    {"sweep", "", "speed and error against the quantum instead", FLAG, FIELD(is_sweep), 0},
    {"max-harts", "N", "leave out rows with more harts", NUMBER, FIELD(harts_max), 1},
    {"quick", "", "a tenth of the work", FLAG, FIELD(is_quick), 0},
    {"work", "N", "thousandths of the full work (default 1000)", NUMBER, FIELD(work), 1},
    {"repeats", "N", "runs of each side (default 3, in timed 2); the fastest counts", NUMBER, FIELD(repeats), 1},
    {"limit", "SECONDS", "for one run of QEMU (default 120)", NUMBER, FIELD(limit_seconds), 1},
    {"no-mix", "", "do not count kinds of instructions (for runs under a profiler)", FLAG, FIELD(is_mix_left_out), 0},
    {"strict", "", "a missed target is a failure", FLAG, FIELD(is_strict), 0},
#undef FIELD
};
#define OPTION_COUNT (sizeof option_rows / sizeof *option_rows)

void options_usage(FILE *out)
{
    fputs("usage: bench --guests FOLDER [options]\n", out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        fprintf(out, "  --%s %-*s %s\n", row->name, (int)(17 - strlen(row->name)), row->argument, row->meaning);
    }
}

static bool parse_number(const char *text, unsigned least, unsigned *ret)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end || value < least || value > 1000000)
        return false;
    *ret = (unsigned)value;
    return true;
}

static bool set(struct options *options, const struct option_row *row, const char *argument)
{
    char *field = (char *)options + row->offset;
    if (row->kind == NUMBER)
        return parse_number(argument, row->least, (unsigned *)field);
    if (row->kind == TEXT)
        *(const char **)field = argument;
    else
        *(bool *)field = true;
    return true;
}

static bool read_all(int argc, char **argv, struct options *options)
{
    struct option names[OPTION_COUNT + 1] = {0};
    int found;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        names[i] =
            (struct option){option_rows[i].name, option_rows[i].kind == FLAG ? no_argument : required_argument, NULL, (int)i};
    while ((found = getopt_long(argc, argv, "", names, NULL)) != -1)
        if (found < 0 || (size_t)found >= OPTION_COUNT || !set(options, &option_rows[found], optarg))
            return false;
    return optind == argc;
}

bool options_want_program(const struct options *options, const char *program)
{
    return !options->only || !strcmp(options->only, program);
}

bool options_want_fidelity(const struct options *options, bool is_timed)
{
    return !strcmp(options->fidelity, "both") || !strcmp(options->fidelity, is_timed ? "timed" : "fast");
}

/* Timed runs take long enough to be measured well. */
unsigned options_repeats(const struct options *options, bool is_timed)
{
    return options->repeats ? options->repeats : is_timed ? 2 : 3;
}

bool options_parse(int argc, char **argv, struct options *ret_options)
{
    struct options options = {.qemu = "qemu-system-riscv64",
                              .fidelity = "both",
                              .quantum_cycles = QUANTUM_PLANNED,
                              .work = BENCH_WORK_FULL,
                              .harts_max = 256,
                              .limit_seconds = 120};
    if (!read_all(argc, argv, &options))
        return false;
    if (options.is_qemu_left_out)
        options.qemu = NULL;
    if (options.is_quick)
        options.work = BENCH_WORK_FULL / 10;
    bool is_fast = options_want_fidelity(&options, false), is_timed = options_want_fidelity(&options, true);
    if (!options.guests || (!is_fast && !is_timed) ||
        (options.quantum_cycles != QUANTUM_PLANNED && (!is_timed || options.is_sweep)) || (options.is_sweep && !is_timed))
        return false;
    *ret_options = options;
    return true;
}
