/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The counts of a run, gathered from the parts. They are kept where things happen; here they only become what the public header
 * promises, the cycles' sum above all. Reads, changes nothing.
 */
#include "machine.h"

#include <assert.h>
#include <hart/code_cache.h>
#include <string.h>

#define BOUND_PERCENT 90

_Static_assert((int)EMU_TRANSACTION_COUNT == (int)BUS_KIND_COUNT && (int)EMU_CYCLES_COUNT == (int)STALL_COUNT,
               "from the same rows");

const char *emu_transaction_name(unsigned transaction)
{
    static const char *const names[] = {
#define BUS_KIND(name, text, meaning) text,
#include <emu/bus_kind.def>
#undef BUS_KIND
    };
    return transaction < EMU_TRANSACTION_COUNT ? names[transaction] : "unknown";
}

const char *emu_miss_name(unsigned miss)
{
    static const char *const names[] = {
#define MISS(name, text, meaning) text,
#include <emu/miss.def>
#undef MISS
    };
    return miss < EMU_MISS_COUNT ? names[miss] : "unknown";
}

const char *emu_cycles_name(unsigned cycles)
{
    static const char *const names[] = {
#define CYCLES(name, text, heading, meaning) text,
#include <emu/cycles.def>
#undef CYCLES
    };
    return cycles < EMU_CYCLES_COUNT ? names[cycles] : "unknown";
}

/* ---- harts ---- */

/* Up to the present for a hart whose clock stands still till it goes on, and is set to the present then. */
static void count_cycles(const struct emu_machine *m, const struct hart *hart, struct emu_hart_stats *stats)
{
    uint64_t now = emu_now(m), counted = 0;
    bool stands = hart->run == HART_WAITING || (hart->run == HART_RUNNING && hart->frozen);
    memcpy(stats->cycles_by, hart->stall_cycles, sizeof stats->cycles_by);
    stats->cycles = hart->cycle;
    if (stands && now > hart->cycle) {
        stats->cycles = now;
        stats->cycles_by[hart_stands_for(hart)] += now - hart->cycle;
    }
    for (unsigned i = 0; i < EMU_CYCLES_COUNT; i++)
        counted += stats->cycles_by[i];
    assert(stats->cycles_by[EMU_CYCLES_EXECUTE] == 0 && counted <= stats->cycles);
    stats->cycles_by[EMU_CYCLES_EXECUTE] = stats->cycles - counted;
}

void emu_hart_stats(const struct emu_machine *m, unsigned number, struct emu_hart_stats *ret_stats)
{
    const struct hart *hart = &m->harts[number];
    *ret_stats = (struct emu_hart_stats){.instructions = hart->instret,
                                         .traps = hart->traps,
                                         .interrupts = hart->interrupts,
                                         .upgrades = hart->upgrades,
                                         .write_backs = hart->write_backs,
                                         .device_accesses = hart->device_accesses,
                                         .sc_succeeded = hart->sc_done};
    memcpy(ret_stats->misses, hart->misses, sizeof ret_stats->misses);
    memcpy(ret_stats->sc_failed_by, hart->sc_failed, sizeof ret_stats->sc_failed_by);
    for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
        ret_stats->sc_failed += hart->sc_failed[reason];
    count_cycles(m, hart, ret_stats);
}

/* ---- the bus ---- */

/* What has been promised may lie beyond the present, or have been forgotten by a reset: at most all there was. */
static struct emu_bus_use use_of(emu_cycle busy, emu_cycle total)
{
    return (struct emu_bus_use){busy < total ? busy : total, total};
}

void emu_bus_stats(const struct emu_machine *m, struct emu_bus_stats *ret_stats)
{
    const struct bus_counts *counts = bus_counts(m->bus);
    emu_cycle total = emu_now(m);
    *ret_stats = (struct emu_bus_stats){.lines_from_caches = counts->from_cache,
                                        .lines_from_memory = counts->from_memory,
                                        .invalidations = counts->invalidations,
                                        .refused = counts->refused,
                                        .withdrawn = counts->withdrawn,
                                        .address = use_of(counts->address_cycles, total),
                                        .data = use_of(counts->data_cycles, total)};
    memcpy(ret_stats->transactions, counts->transactions, sizeof ret_stats->transactions);
}

static bool is_bound(struct emu_bus_use use)
{
    return use.busy * 100 > use.total * BOUND_PERCENT;
}

bool emu_bus_is_bound(const struct emu_bus_stats *stats)
{
    return is_bound(stats->address) || is_bound(stats->data);
}

unsigned emu_ports(const struct emu_machine *m)
{
    return bus_ports(m->bus);
}

void emu_port_stats(const struct emu_machine *m, unsigned port, struct emu_port_stats *ret_stats)
{
    const struct bus_port_counts *counts = bus_port_counts(m->bus, port);
    *ret_stats = (struct emu_port_stats){counts->transactions, counts->waited_cycles, counts->data_cycles};
}

/* ---- the machine ---- */

static uint64_t table_bytes(const struct emu_machine *m)
{
    uint64_t bytes = 0;
    for (unsigned h = 0; h < m->config.harts; h++)
        for (unsigned i = 0; i < L0_CONTEXTS; i++)
            bytes += m->harts[h].l0_of[i] ? sizeof(struct l0) : 0;
    return bytes + m->config.harts * sizeof(struct hart);
}

void emu_stats(const struct emu_machine *m, struct emu_stats *ret_stats)
{
    struct code_cache_counts code = code_cache_counts(m->shared.code);
    *ret_stats = (struct emu_stats){.cycles = emu_now(m),
                                    .events = queue_fired(m->queue),
                                    .device_accesses = m->device_accesses,
                                    .blocks_decoded = code.runs_decoded,
                                    .code_discarded = code.lines_discarded,
                                    .walks = m->shared.walks,
                                    .ram_bytes_touched = memory_touched_bytes(&m->memory),
                                    .host_bytes = code.bytes + table_bytes(m)};
    for (unsigned h = 0; h < m->config.harts; h++)
        ret_stats->instructions += m->harts[h].instret;
}
