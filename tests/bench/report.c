/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Results as text for people and as JSON for programs.
 */
#include "bench.h"

#include <inttypes.h>
#include <jansson.h>

static const char *const verdicts[] = {[VERDICT_MET] = "met", [VERDICT_MISSED] = "missed", [VERDICT_UNKNOWN] = "not measured"};

static void print_row(FILE *out, const struct row *row)
{
    const struct side *ours = &row->lockscope, *qemu = &row->qemu;
    fprintf(out, "%-8s %5u %9.1f %8.3f %8.1f ", row->program, row->harts, (double)row->instructions * 1e-6, ours->seconds,
            row_mips(row, ours));
    if (qemu->is_present)
        fprintf(out, "%8.3f %8.1f %6.2f ", qemu->seconds, row_mips(row, qemu), row_ratio(row));
    else
        fprintf(out, "%8s %8s %6s ", "-", "-", "-");
    fprintf(out, "%9" PRIu64 " ", ours->line.failed_sc);
    if (qemu->is_present)
        fprintf(out, "%9" PRIu64 " ", qemu->line.failed_sc);
    else
        fprintf(out, "%9s ", "-");
    fprintf(out, "%8.1f\n", (double)row->host_bytes / (1 << 20));
}

void report_rows(FILE *out, const struct row *rows, size_t count)
{
    fprintf(out, "%-8s %5s %9s %8s %8s %8s %8s %6s %9s %9s %8s\n", "program", "harts", "10^6 ins", "seconds", "MIPS", "QEMU s",
            "MIPS", "ratio", "failed sc", "QEMU's", "host MiB");
    for (size_t i = 0; i < count; i++)
        if (rows[i].failure[0])
            fprintf(out, "%-8s %5u FAILED: %s\n", rows[i].program, rows[i].harts, rows[i].failure);
        else
            print_row(out, &rows[i]);
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
        fprintf(out, "%-46s %s %-6g ", targets[i].text, targets[i].is_most ? "at most " : "at least", targets[i].wanted);
        if (targets[i].verdict == VERDICT_UNKNOWN)
            fprintf(out, "%10s  not measured\n", "");
        else
            fprintf(out, "%10.3f  %s\n", targets[i].seen, verdicts[targets[i].verdict]);
    }
}

static json_t *json_side(const struct row *row, const struct side *side)
{
    if (!side->is_present)
        return json_null();
    char checksum[24];
    snprintf(checksum, sizeof checksum, "%016" PRIx64, side->line.checksum);
    return json_pack("{s:f, s:f, s:I, s:I, s:I, s:s}", "seconds", side->seconds, "mips", row_mips(row, side), "done",
                     (json_int_t)side->line.done, "failed_sc", (json_int_t)side->line.failed_sc, "traps",
                     (json_int_t)side->line.traps, "checksum", checksum);
}

static json_t *json_row(const struct row *row)
{
    if (row->failure[0])
        return json_pack("{s:s, s:i, s:s}", "program", row->program, "harts", (int)row->harts, "failure", row->failure);
    char hash[24];
    snprintf(hash, sizeof hash, "%016" PRIx64, row->state_hash);
    return json_pack("{s:s, s:i, s:I, s:I, s:s, s:f, s:o, s:o}", "program", row->program, "harts", (int)row->harts, "instructions",
                     (json_int_t)row->instructions, "host_bytes", (json_int_t)row->host_bytes, "state_hash", hash, "ratio",
                     row_ratio(row), "lockscope", json_side(row, &row->lockscope), "qemu", json_side(row, &row->qemu));
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
    json_t *all = json_pack("{s:i, s:i, s:o, s:o, s:o}", "work", (int)options->work, "repeats", (int)options->repeats, "rows",
                            row_list, "mixes", mix_list, "targets", target_list);
    bool is_written = all && json_dump_file(all, options->json, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    json_decref(all);
    return is_written;
}
