/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Results as text for people and as JSON for programs.
 */
#include "bench.h"

#include <inttypes.h>
#include <jansson.h>

#define FIDELITY_MAX 24

static const char *const verdicts[] = {[VERDICT_MET] = "met", [VERDICT_MISSED] = "missed", [VERDICT_UNKNOWN] = "not measured"};

/* "fast", "timed", or "timed/64": an approximation with quantum 64. */
static void fidelity_text(const struct setup *setup, char ret_text[static FIDELITY_MAX])
{
    if (setup->is_timed && setup->quantum_cycles)
        snprintf(ret_text, FIDELITY_MAX, "timed/%u", setup->quantum_cycles);
    else
        snprintf(ret_text, FIDELITY_MAX, "%s", setup->is_timed ? "timed" : "fast");
}

static void print_number(FILE *out, int width, int decimals, double number, bool is_known)
{
    if (is_known)
        fprintf(out, " %*.*f", width, decimals, number);
    else
        fprintf(out, " %*s", width, "-");
}

static void print_row(FILE *out, const struct row *row, const char *fidelity)
{
    const struct run *run = &row->best;
    bool is_compared = row->qemu.is_present;
    fprintf(out, "%-8s %5u %-8s %6.1f %9.1f %8.3f %8.1f", row->setup.program, row->setup.harts, fidelity,
            (double)row->setup.work / 10, (double)run->instructions * 1e-6, run->seconds, run_mips(run));
    print_number(out, 8, 4, row_qemu_seconds(row), is_compared);
    print_number(out, 8, 1, row_qemu_mips(row), is_compared && row->qemu_instructions);
    print_number(out, 7, 4, row_ratio(row), is_compared);
    fprintf(out, " %9" PRIu64, run->line.failed_sc);
    print_number(out, 7, 0, (double)row->qemu.line.failed_sc, is_compared);
    fprintf(out, " %8.1f\n", (double)run->host_bytes / (1 << 20));
}

void report_rows(FILE *out, const struct row *rows, size_t count)
{
    fprintf(out, "%-8s %5s %-8s %6s %9s %8s %8s %8s %8s %7s %9s %7s %8s\n", "program", "harts", "fidelity", "work %", "10^6 ins",
            "seconds", "MIPS", "QEMU s", "MIPS", "ratio", "failed sc", "QEMU's", "host MiB");
    for (size_t i = 0; i < count; i++) {
        char fidelity[FIDELITY_MAX];
        fidelity_text(&rows[i].setup, fidelity);
        if (rows[i].failure[0])
            fprintf(out, "%-8s %5u %-8s FAILED: %s\n", rows[i].setup.program, rows[i].setup.harts, fidelity, rows[i].failure);
        else
            print_row(out, &rows[i], fidelity);
    }
}

static double percent(uint64_t part, uint64_t of)
{
    return of ? 100.0 * (double)part / (double)of : 0;
}

void report_mixes(FILE *out, const struct mix *mixes, size_t count)
{
    if (count == 0)
        return;
    fprintf(out, "\n%-8s %10s %16s %16s %16s %16s %16s %16s\n", "counted", "total", "loads", "stores", "branches", "jumps",
            "of them indirect", "floating point");
    for (size_t i = 0; i < count; i++) {
        const struct mix *mix = &mixes[i];
        fprintf(out, "%-8s %10" PRIu64, mix->program, mix->total);
        const uint64_t parts[] = {mix->loads, mix->stores, mix->branches, mix->jumps, mix->indirect, mix->fp};
        for (size_t j = 0; j < sizeof parts / sizeof *parts; j++)
            fprintf(out, " %8" PRIu64 " (%4.1f%%)", parts[j], percent(parts[j], mix->total));
        fputc('\n', out);
    }
}

void report_targets(FILE *out, const struct target *targets, size_t count)
{
    fputc('\n', out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%-53s %s %-6g ", targets[i].text, targets[i].is_most ? "at most " : "at least", targets[i].wanted);
        if (targets[i].verdict == VERDICT_UNKNOWN)
            fprintf(out, "%10s  not measured\n", "");
        else
            fprintf(out, "%10.3f  %s\n", targets[i].seen, verdicts[targets[i].verdict]);
    }
}

/* The quantum of an approximation stands in every output; 0: exact. */
static json_t *json_setup(const struct setup *setup)
{
    return json_pack("{s:s, s:i, s:s, s:i, s:i}", "program", setup->program, "harts", (int)setup->harts, "fidelity",
                     setup->is_timed ? "timed" : "fast", "quantum", (int)setup->quantum_cycles, "work", (int)setup->work);
}

static json_t *json_line(double seconds, double mips, const struct guest_line *line)
{
    char checksum[24];
    snprintf(checksum, sizeof checksum, "%016" PRIx64, line->checksum);
    return json_pack("{s:f, s:f, s:I, s:I, s:I, s:s}", "seconds", seconds, "mips", mips, "done", (json_int_t)line->done,
                     "failed_sc", (json_int_t)line->failed_sc, "traps", (json_int_t)line->traps, "checksum", checksum);
}

static void json_add_run(json_t *object, const struct run *run)
{
    char hash[24];
    snprintf(hash, sizeof hash, "%016" PRIx64, run->state_hash);
    json_object_set_new(object, "instructions", json_integer((json_int_t)run->instructions));
    json_object_set_new(object, "cycles", json_integer((json_int_t)run->cycles));
    json_object_set_new(object, "transactions", json_integer((json_int_t)run->transactions));
    json_object_set_new(object, "host_bytes", json_integer((json_int_t)run->host_bytes));
    json_object_set_new(object, "state_hash", json_string(hash));
    json_object_set_new(object, "lockscope", json_line(run->seconds, run_mips(run), &run->line));
}

static json_t *json_row(const struct row *row)
{
    json_t *object = json_setup(&row->setup);
    const struct side *qemu = &row->qemu;
    if (row->failure[0]) {
        json_object_set_new(object, "failure", json_string(row->failure));
        return object;
    }
    json_add_run(object, &row->best);
    json_object_set_new(object, "ratio", json_real(row_ratio(row)));
    json_object_set_new(object, "qemu", qemu->is_present ? json_line(qemu->seconds, row_qemu_mips(row), &qemu->line) : json_null());
    return object;
}

static json_t *json_mix(const struct mix *mix)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "program", mix->program, "total", (json_int_t)mix->total,
                     "loads", (json_int_t)mix->loads, "stores", (json_int_t)mix->stores, "branches", (json_int_t)mix->branches,
                     "jumps", (json_int_t)mix->jumps, "indirect", (json_int_t)mix->indirect, "floating_point", (json_int_t)mix->fp,
                     "atomics", (json_int_t)mix->atomics);
}

bool report_json(const struct options *options, const struct row *rows, size_t row_count, const struct mix *mixes, size_t mix_count,
                 const struct target *targets, size_t target_count)
{
    json_t *row_list = json_array(), *mix_list = json_array(), *target_list = json_array();
    for (size_t i = 0; i < row_count; i++)
        json_array_append_new(row_list, json_row(&rows[i]));
    for (size_t i = 0; i < mix_count; i++)
        json_array_append_new(mix_list, json_mix(&mixes[i]));
    for (size_t i = 0; i < target_count; i++) {
        const struct target *target = &targets[i];
        bool is_known = target->verdict != VERDICT_UNKNOWN;
        json_array_append_new(target_list,
                              json_pack("{s:s, s:s, s:f, s:o, s:s}", "target", target->text, "bound",
                                        target->is_most ? "at most" : "at least", "wanted", target->wanted, "seen",
                                        is_known ? json_real(target->seen) : json_null(), "verdict", verdicts[target->verdict]));
    }
    json_t *all = json_pack("{s:i, s:i, s:i, s:o, s:o, s:o}", "work", (int)options->work, "repeats",
                            (int)options_repeats(options, false), "timed_repeats", (int)options_repeats(options, true), "rows",
                            row_list, "mixes", mix_list, "targets", target_list);
    bool is_written = all && json_dump_file(all, options->json, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    json_decref(all);
    return is_written;
}

/* ---- the sweep ---- */

static void print_sweep_row(FILE *out, const struct sweep_row *row)
{
    double error;
    fprintf(out, " %8.3f %7.1f %6.2f %11" PRIu64, row->best.seconds, run_mips(&row->best), row->exact.seconds / row->best.seconds,
            row->best.cycles);
    for (size_t i = 0; i < sweep_count_count; i++)
        if (sweep_error(row, &sweep_counts[i], &error))
            fprintf(out, " %+11.3f%%", 100 * error);
        else
            fprintf(out, " %12s", "-");
    fputc('\n', out);
}

void report_sweep(FILE *out, const struct sweep_row *rows, size_t count)
{
    fprintf(out, "%-8s %5s %7s %8s %7s %6s %11s", "program", "harts", "quantum", "seconds", "MIPS", "faster", "cycles");
    for (size_t i = 0; i < sweep_count_count; i++)
        fprintf(out, " %12s", sweep_counts[i].text);
    fputc('\n', out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%-8s %5u %7u", rows[i].setup.program, rows[i].setup.harts, rows[i].setup.quantum_cycles);
        if (rows[i].failure[0])
            fprintf(out, " FAILED: %s\n", rows[i].failure);
        else
            print_sweep_row(out, &rows[i]);
    }
}

static json_t *json_sweep_row(const struct sweep_row *row)
{
    json_t *object = json_setup(&row->setup), *errors = json_object();
    double error;
    if (row->failure[0])
        json_object_set_new(object, "failure", json_string(row->failure));
    else
        json_add_run(object, &row->best);
    for (size_t i = 0; i < sweep_count_count && !row->failure[0]; i++)
        json_object_set_new(errors, sweep_counts[i].name,
                            sweep_error(row, &sweep_counts[i], &error) ? json_real(error) : json_null());
    json_object_set_new(object, "errors", errors);
    return object;
}

bool report_sweep_json(const struct options *options, const struct sweep_row *rows, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_sweep_row(&rows[i]));
    json_t *all = json_pack("{s:i, s:o}", "work", (int)options->work, "sweep", list);
    bool is_written = all && json_dump_file(all, options->json, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    json_decref(all);
    return is_written;
}
