/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The summary at the end of a run: sentences and tables of at most 80 columns, plain ASCII. Nothing here depends on the host.
 */
#include "summary.h"
#include "config.h"

#include <inttypes.h>
#include <string.h>

#define HARTS_ALL  20 /* so many are all shown; */
#define HARTS_SOME 16 /* of more only the first */

static double ratio(uint64_t part, uint64_t all, double scale)
{
    return all ? (double)part / (double)all * scale : 0;
}

static double percent(uint64_t part, uint64_t all)
{
    return ratio(part, all, 100);
}

static void print_head(FILE *to, const struct emu_stats *stats, unsigned harts, const struct emu_config *config)
{
    char fidelity[32];
    emu_config_text(config, emu_config_find("machine", "fidelity"), fidelity);
    fprintf(to, "Summary: %u hart%s, fidelity %s, %" PRIu64 " cycles, %" PRIu64 " instructions.\n", harts, harts == 1 ? "" : "s",
            fidelity, stats->cycles, stats->instructions);
    if (config_is_approximate(config))
        fprintf(to, "Approximate: the quantum of %u cycles exceeds the look-ahead of %u.\n", config->quantum_cycles,
                config_lookahead(config));
}

/* ---- the bus ---- */

static void print_use(FILE *to, const struct emu_bus_stats *bus)
{
    fprintf(to, "\nThe address bus is busy in %.1f %% of the cycles, the data bus in %.1f %%:\n",
            percent(bus->address.busy, bus->address.total), percent(bus->data.busy, bus->data.total));
    fputs(emu_bus_is_bound(bus) ? "the machine is bus-bound.\n" : "the machine is not bus-bound.\n", to);
}

static void print_transactions(FILE *to, const struct emu_bus_stats *bus)
{
    uint64_t all = 0;
    for (unsigned kind = 0; kind < EMU_TRANSACTION_COUNT; kind++)
        all += bus->transactions[kind];
    fprintf(to, "\n%-12s %14s %9s\n", "transactions", "count", "percent");
    for (unsigned kind = 0; kind < EMU_TRANSACTION_COUNT; kind++)
        if (bus->transactions[kind])
            fprintf(to, "%-12s %14" PRIu64 " %9.1f\n", emu_transaction_name(kind), bus->transactions[kind],
                    percent(bus->transactions[kind], all));
    fprintf(to, "%-12s %14" PRIu64 " %9.1f\n", "all", all, percent(all, all));
    uint64_t lines = bus->lines_from_caches + bus->lines_from_memory;
    fprintf(to, "Of %" PRIu64 " lines %.1f %% came from another cache, the others from memory.\n", lines,
            percent(bus->lines_from_caches, lines));
    fprintf(to, "Copies invalidated: %" PRIu64 "; requests withdrawn: %" PRIu64 ", refused: %" PRIu64 ".\n", bus->invalidations,
            bus->withdrawn, bus->refused);
}

/* ---- disks ---- */

static void print_disks(FILE *to, const struct emu_machine *machine)
{
    bool first = true;
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        struct emu_disk_stats stats;
        if (!emu_disk_stats(machine, slot, &stats))
            continue;
        if (first)
            fprintf(to, "\n%-12s %14s %14s %15s %9s\n", "disks", "requests", "sectors read", "sectors written", "flushes");
        first = false;
        fprintf(to, "slot %-7u %14" PRIu64 " %14" PRIu64 " %15" PRIu64 " %9" PRIu64 "\n", slot, stats.requests, stats.sectors_read,
                stats.sectors_written, stats.flushes);
    }
}

/* ---- the harts ---- */

static void add(struct emu_hart_stats *sum, const struct emu_hart_stats *one)
{
    sum->instructions += one->instructions;
    sum->upgrades += one->upgrades;
    sum->sc_succeeded += one->sc_succeeded;
    sum->sc_failed += one->sc_failed;
    sum->cycles += one->cycles;
    for (unsigned i = 0; i < EMU_MISS_COUNT; i++)
        sum->misses[i] += one->misses[i];
    for (unsigned i = 0; i < EMU_REASON_COUNT; i++)
        sum->sc_failed_by[i] += one->sc_failed_by[i];
    for (unsigned i = 0; i < EMU_CYCLES_COUNT; i++)
        sum->cycles_by[i] += one->cycles_by[i];
}

static void print_miss(FILE *to, const char *name, uint64_t count, uint64_t instructions)
{
    fprintf(to, "%-12s %14" PRIu64 " %9.2f per 1000 instructions\n", name, count, ratio(count, instructions, 1000));
}

static void print_misses(FILE *to, const struct emu_hart_stats *sum)
{
    uint64_t all = 0;
    fprintf(to, "\n%-12s %14s\n", "misses", "count");
    for (unsigned miss = 0; miss < EMU_MISS_COUNT; miss++) {
        all += sum->misses[miss];
        print_miss(to, emu_miss_name(miss), sum->misses[miss], sum->instructions);
    }
    print_miss(to, "all", all, sum->instructions);
    print_miss(to, "upgrades", sum->upgrades, sum->instructions);
}

static void print_sc(FILE *to, const struct emu_hart_stats *sum)
{
    fprintf(to, "\nsc: %" PRIu64 " succeeded, %" PRIu64 " failed (%.1f %%)%s\n", sum->sc_succeeded, sum->sc_failed,
            percent(sum->sc_failed, sum->sc_succeeded + sum->sc_failed), sum->sc_failed ? ", because of:" : ".");
    for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
        if (sum->sc_failed_by[reason])
            fprintf(to, "%-13s %13" PRIu64 " %9.1f percent\n", emu_reason_name(reason), sum->sc_failed_by[reason],
                    percent(sum->sc_failed_by[reason], sum->sc_failed));
}

static int column_width(const char *heading)
{
    int width = (int)strlen(heading);
    return width < 5 ? 5 : width;
}

static void print_share(FILE *to, const char *heading, uint64_t part, uint64_t all)
{
    int width = column_width(heading);
    if (part)
        fprintf(to, " %*.1f", width, percent(part, all));
    else
        fprintf(to, " %*s", width, "-");
}

static const char *const headings[] = {
#define CYCLES(name, text, heading, meaning) heading,
#include <emu/cycles.def>
#undef CYCLES
};

static void print_row(FILE *to, const char *name, const struct emu_hart_stats *of)
{
    uint64_t counted = 0;
    fprintf(to, "%4s", name);
    for (unsigned i = 0; i < EMU_CYCLES_COUNT; i++) {
        print_share(to, headings[i], of->cycles_by[i], of->cycles);
        counted += of->cycles_by[i];
    }
    print_share(to, "sum", counted, of->cycles);
    fputc('\n', to);
}

static void print_cycles(FILE *to, const struct emu_machine *machine, const struct emu_hart_stats *sum)
{
    unsigned harts = emu_harts(machine), shown = harts <= HARTS_ALL ? harts : HARTS_SOME;
    fputs("\nWhat the cycles of each hart went to, in percent:\nhart", to);
    for (unsigned i = 0; i < EMU_CYCLES_COUNT; i++)
        fprintf(to, " %*s", column_width(headings[i]), headings[i]);
    fprintf(to, " %*s\n", column_width("sum"), "sum");
    for (unsigned hart = 0; hart < shown; hart++) {
        struct emu_hart_stats stats;
        char name[16];
        emu_hart_stats(machine, hart, &stats);
        snprintf(name, sizeof name, "%u", hart);
        print_row(to, name, &stats);
    }
    if (shown < harts)
        fprintf(to, "%4s %u more harts, which --stats FILE has too\n", "...", harts - shown);
    if (harts > 1)
        print_row(to, "all", sum);
}

void summary_print(FILE *to, const struct emu_machine *machine, const struct emu_config *config)
{
    struct emu_stats stats;
    struct emu_bus_stats bus;
    struct emu_hart_stats sum = {0}, one;
    emu_stats(machine, &stats);
    emu_bus_stats(machine, &bus);
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        emu_hart_stats(machine, hart, &one);
        add(&sum, &one);
    }
    print_head(to, &stats, emu_harts(machine), config);
    if (config->fidelity == EMU_FAST) {
        fputs("No caches and no bus: fidelity fast models neither.\n", to);
    } else {
        print_use(to, &bus);
        print_transactions(to, &bus);
        print_misses(to, &sum);
    }
    print_disks(to, machine);
    print_sc(to, &sum);
    print_cycles(to, machine, &sum);
}
