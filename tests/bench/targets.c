/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the emulator is to reach, one row a target. A target whose rows were not measured is unknown, not met.
 */
#include "bench.h"

#include <string.h>

enum quantity {
    RATIO,       /* times QEMU's speed, by units of work */
    FAILED_SC,   /* on lockscope */
    OF_FOUR,     /* MIPS, as a part of those on 4 harts */
    HOST_MIB,    /* beyond guest RAM */
    MEMORY_PART, /* loads and stores, of all instructions */
    BRANCH_PART, /* conditional branches */
};

static const struct want {
    const char *text, *program;
    unsigned harts;
    bool is_timed;
    unsigned quantum_cycles;
    enum quantity quantity;
    bool is_most; /* at most, else at least */
    double wanted;
} wants[] = {
    {"fast: integer mix, 1 hart: times QEMU", "intmix", 1, false, 0, RATIO, false, 0.5},
    {"fast: integer mix, 4 harts: times QEMU", "intmix", 4, false, 0, RATIO, false, 0.5},
    {"fast: integer mix, 64 harts: part of the MIPS on 4", "intmix", 64, false, 0, OF_FOUR, false, 0.8},
    {"integer mix: loads and stores, part", "intmix", 1, false, 0, MEMORY_PART, false, 0.35},
    {"integer mix: branches, part", "intmix", 1, false, 0, BRANCH_PART, false, 0.15},
    {"fast: contention, 2 harts: times QEMU an increment", "contend", 2, false, 0, RATIO, false, 2.0},
    {"fast: contention, 4 harts: times QEMU an increment", "contend", 4, false, 0, RATIO, false, 2.0},
    {"fast: contention, 16 harts: times QEMU an increment", "contend", 16, false, 0, RATIO, false, 2.0},
    {"fast: contention, 64 harts: times QEMU an increment", "contend", 64, false, 0, RATIO, false, 2.0},
    {"fast: contention, 2 harts: failed sc", "contend", 2, false, 0, FAILED_SC, false, 1},
    {"fast: contention, 4 harts: failed sc", "contend", 4, false, 0, FAILED_SC, false, 1},
    {"fast: contention, 16 harts: failed sc", "contend", 16, false, 0, FAILED_SC, false, 1},
    {"fast: contention, 64 harts: failed sc", "contend", 64, false, 0, FAILED_SC, false, 1},
    {"fast: integer mix, 4 harts: MiB beyond guest RAM", "intmix", 4, false, 0, HOST_MIB, true, 64},
    {"fast: trap mix, 4 harts: MiB beyond guest RAM", "trapmix", 4, false, 0, HOST_MIB, true, 64},
    {"fast: memory walk, 4 harts: MiB beyond guest RAM", "memwalk", 4, false, 0, HOST_MIB, true, 64},
    {"timed: integer mix, 1 hart: times QEMU", "intmix", 1, true, 0, RATIO, false, 0.4},
    {"timed: integer mix, 4 harts: times QEMU", "intmix", 4, true, 0, RATIO, false, 0.15},
    {"timed: integer mix, 64 harts: part of the MIPS on 4", "intmix", 64, true, 0, OF_FOUR, false, 0.5},
    {"timed: the same, quantum 64", "intmix", 64, true, 64, OF_FOUR, false, 0.7},
    {"timed: contention, 2 harts: times QEMU an increment", "contend", 2, true, 0, RATIO, false, 1.0},
    {"timed: contention, 4 harts: times QEMU an increment", "contend", 4, true, 0, RATIO, false, 1.0},
    {"timed: contention, 16 harts: times QEMU an increment", "contend", 16, true, 0, RATIO, false, 1.0},
    {"timed: contention, 64 harts: times QEMU an increment", "contend", 64, true, 0, RATIO, false, 1.0},
    {"timed: contention, 2 harts: failed sc", "contend", 2, true, 0, FAILED_SC, false, 1},
    {"timed: contention, 4 harts: failed sc", "contend", 4, true, 0, FAILED_SC, false, 1},
    {"timed: contention, 16 harts: failed sc", "contend", 16, true, 0, FAILED_SC, false, 1},
    {"timed: contention, 64 harts: failed sc", "contend", 64, true, 0, FAILED_SC, false, 1},
};

/* The want's row, but on so many harts. */
static const struct row *find_row(const struct row *rows, size_t count, const struct want *want, unsigned harts)
{
    for (size_t i = 0; i < count; i++) {
        const struct setup *setup = &rows[i].setup;
        if (!strcmp(setup->program, want->program) && setup->harts == harts && setup->is_timed == want->is_timed &&
            setup->quantum_cycles == want->quantum_cycles && rows[i].best.is_present && !rows[i].failure[0])
            return &rows[i];
    }
    return NULL;
}

static const struct mix *find_mix(const struct mix *mixes, size_t count, const char *program)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(mixes[i].program, program))
            return &mixes[i];
    return NULL;
}

static bool see_mix(enum quantity quantity, const struct mix *mix, double *ret_seen)
{
    if (!mix || mix->total == 0)
        return false;
    *ret_seen = (double)(quantity == MEMORY_PART ? mix->loads + mix->stores : mix->branches) / (double)mix->total;
    return true;
}

static bool see_row(enum quantity quantity, const struct row *row, const struct row *four, double *ret_seen)
{
    if (!row)
        return false;
    switch (quantity) {
    case RATIO:
        *ret_seen = row_ratio(row);
        return row->qemu.is_present;
    case FAILED_SC:
        *ret_seen = (double)row->best.line.failed_sc;
        return true;
    case OF_FOUR:
        if (!four)
            return false;
        *ret_seen = run_mips(&row->best) / run_mips(&four->best);
        return true;
    case HOST_MIB:
        *ret_seen = (double)row->best.host_bytes / (1 << 20);
        return true;
    default:
        return false;
    }
}

size_t targets_judge(const struct row *rows, size_t row_count, const struct mix *mixes, size_t mix_count,
                     struct target *ret_targets, size_t max)
{
    size_t count = sizeof wants / sizeof *wants;
    for (size_t i = 0; i < count && i < max; i++) {
        struct target *target = &ret_targets[i];
        enum quantity quantity = wants[i].quantity;
        bool is_mix = quantity == MEMORY_PART || quantity == BRANCH_PART;
        *target = (struct target){
            .text = wants[i].text, .verdict = VERDICT_UNKNOWN, .is_most = wants[i].is_most, .wanted = wants[i].wanted};
        bool is_seen = is_mix ? see_mix(quantity, find_mix(mixes, mix_count, wants[i].program), &target->seen)
                              : see_row(quantity, find_row(rows, row_count, &wants[i], wants[i].harts),
                                        find_row(rows, row_count, &wants[i], 4), &target->seen);
        if (is_seen)
            target->verdict =
                (wants[i].is_most ? target->seen <= target->wanted : target->seen >= target->wanted) ? VERDICT_MET : VERDICT_MISSED;
    }
    return count < max ? count : max;
}
