/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The benchmark runner: which programs on how many harts, and the command line. Exits with 0 when every program gave the right
 * answer (and, with --strict, every measured target is met), 1 when not, 2 on a wrong command line.
 */
#include "bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define TARGETS_MAX     32

static const struct {
    const char *program;
    unsigned harts;
} plan[] = {
    {"intmix", 1},   {"intmix", 4}, {"intmix", 64}, {"contend", 1}, {"contend", 2}, {"contend", 4}, {"contend", 16},
    {"contend", 64}, {"fpmix", 1},  {"fpmix", 4},   {"memwalk", 1}, {"memwalk", 4}, {"trapmix", 1}, {"trapmix", 4},
};
/* The trap mix runs at virtual addresses, which the counting does not follow. */
static const char *const counted[] = {"intmix", "fpmix", "memwalk"};

static const char usage[] = "usage: bench --guests FOLDER [options]\n"
                            "  --guests FOLDER     where the programs' images are\n"
                            "  --qemu PROGRAM      the QEMU to compare with (default qemu-system-riscv64)\n"
                            "  --no-qemu           lockscope alone\n"
                            "  --json FILE         write the results there as well\n"
                            "  --only NAME         one program: intmix, contend, fpmix, memwalk, trapmix\n"
                            "  --max-harts N       leave out rows with more harts\n"
                            "  --quick             a tenth of the work\n"
                            "  --work N            thousandths of the full work (default 1000)\n"
                            "  --repeats N         runs of each side (default 3); the fastest counts\n"
                            "  --limit SECONDS     for one run of QEMU (default 120)\n"
                            "  --no-mix            do not count kinds of instructions (for runs under a profiler)\n"
                            "  --strict            a missed target is a failure\n";

static bool parse_number(const char *text, unsigned *ret)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end || value == 0 || value > 1000000)
        return false;
    *ret = (unsigned)value;
    return true;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    enum { GUESTS, QEMU, NO_QEMU, JSON, ONLY, MAX_HARTS, QUICK, WORK, REPEATS, LIMIT, NO_MIX, STRICT };
    static const struct option names[] = {
        {"guests", required_argument, NULL, GUESTS},
        {"qemu", required_argument, NULL, QEMU},
        {"no-qemu", no_argument, NULL, NO_QEMU},
        {"json", required_argument, NULL, JSON},
        {"only", required_argument, NULL, ONLY},
        {"max-harts", required_argument, NULL, MAX_HARTS},
        {"quick", no_argument, NULL, QUICK},
        {"work", required_argument, NULL, WORK},
        {"repeats", required_argument, NULL, REPEATS},
        {"limit", required_argument, NULL, LIMIT},
        {"strict", no_argument, NULL, STRICT},
        {"no-mix", no_argument, NULL, NO_MIX},
        {0},
    };
    bool is_ok = true;
    int found;
    while (is_ok && (found = getopt_long(argc, argv, "", names, NULL)) != -1)
        switch (found) {
        case GUESTS:
            options->guests = optarg;
            break;
        case QEMU:
            options->qemu = optarg;
            break;
        case NO_QEMU:
            options->qemu = NULL;
            break;
        case JSON:
            options->json = optarg;
            break;
        case ONLY:
            options->only = optarg;
            break;
        case MAX_HARTS:
            is_ok = parse_number(optarg, &options->harts_max);
            break;
        case QUICK:
            options->work = 100;
            break;
        case WORK:
            is_ok = parse_number(optarg, &options->work);
            break;
        case REPEATS:
            is_ok = parse_number(optarg, &options->repeats);
            break;
        case LIMIT:
            is_ok = parse_number(optarg, &options->limit_seconds);
            break;
        case NO_MIX:
            options->is_mix_left_out = true;
            break;
        case STRICT:
            options->is_strict = true;
            break;
        default:
            is_ok = false;
        }
    return is_ok && optind == argc && options->guests;
}

static bool is_wanted(const struct options *options, const char *program)
{
    return !options->only || !strcmp(options->only, program);
}

int main(int argc, char **argv)
{
    struct options options = {.qemu = "qemu-system-riscv64", .work = 1000, .repeats = 3, .harts_max = 256, .limit_seconds = 120};
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return 2;
    }
    struct row rows[COUNT_OF(plan)] = {0};
    struct mix mixes[COUNT_OF(counted)];
    struct target targets[TARGETS_MAX];
    size_t row_count = 0, mix_total = 0;
    bool is_right = true;
    for (size_t i = 0; i < COUNT_OF(plan); i++) {
        if (!is_wanted(&options, plan[i].program) || plan[i].harts > options.harts_max)
            continue;
        struct row *row = &rows[row_count++];
        row->program = plan[i].program;
        row->harts = plan[i].harts;
        fprintf(stderr, "%s on %u harts\n", row->program, row->harts);
        measure_row(&options, row);
        is_right = is_right && !row->failure[0];
    }
    for (size_t i = 0; i < COUNT_OF(counted); i++) {
        char failure[256] = "";
        if (options.is_mix_left_out || !is_wanted(&options, counted[i]))
            continue;
        if (mix_count(&options, counted[i], &mixes[mix_total], failure)) {
            mix_total++;
        } else {
            fprintf(stderr, "%s\n", failure);
            is_right = false;
        }
    }
    size_t target_count = targets_judge(rows, row_count, mixes, mix_total, targets, TARGETS_MAX);
    report_rows(stdout, rows, row_count);
    report_mixes(stdout, mixes, mix_total);
    report_targets(stdout, targets, target_count);
    if (options.json && !report_json(&options, rows, row_count, mixes, mix_total, targets, target_count)) {
        fprintf(stderr, "cannot write %s\n", options.json);
        is_right = false;
    }
    for (size_t i = 0; i < target_count; i++)
        if (options.is_strict && targets[i].verdict == VERDICT_MISSED)
            is_right = false;
    if (row_count == 0) {
        fputs("nothing to run\n", stderr);
        is_right = false;
    }
    return is_right ? 0 : 1;
}
