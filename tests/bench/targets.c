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

static const struct {
    const char *text, *program;
    unsigned harts;
    enum quantity quantity;
    bool is_most; /* at most, else at least */
    double wanted;
} wants[] = {
    {"integer mix, 1 hart: times QEMU", "intmix", 1, RATIO, false, 0.5},
    {"integer mix, 4 harts: times QEMU", "intmix", 4, RATIO, false, 0.5},
    {"integer mix, 64 harts: part of the MIPS on 4", "intmix", 64, OF_FOUR, false, 0.8},
    {"integer mix: loads and stores, part", "intmix", 1, MEMORY_PART, false, 0.35},
    {"integer mix: branches, part", "intmix", 1, BRANCH_PART, false, 0.15},
    {"contention, 2 harts: times QEMU an increment", "contend", 2, RATIO, false, 2.0},
    {"contention, 4 harts: times QEMU an increment", "contend", 4, RATIO, false, 2.0},
    {"contention, 16 harts: times QEMU an increment", "contend", 16, RATIO, false, 2.0},
    {"contention, 64 harts: times QEMU an increment", "contend", 64, RATIO, false, 2.0},
    {"contention, 2 harts: failed sc", "contend", 2, FAILED_SC, false, 1},
    {"contention, 4 harts: failed sc", "contend", 4, FAILED_SC, false, 1},
    {"contention, 16 harts: failed sc", "contend", 16, FAILED_SC, false, 1},
    {"contention, 64 harts: failed sc", "contend", 64, FAILED_SC, false, 1},
    {"integer mix, 4 harts: MiB beyond guest RAM", "intmix", 4, HOST_MIB, true, 64},
    {"trap mix, 4 harts: MiB beyond guest RAM", "trapmix", 4, HOST_MIB, true, 64},
    {"memory walk, 4 harts: MiB beyond guest RAM", "memwalk", 4, HOST_MIB, true, 64},
};

static const struct row *find_row(const struct row *rows, size_t count, const char *program, unsigned harts)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rows[i].program, program) && rows[i].harts == harts && rows[i].lockscope.is_present && !rows[i].failure[0])
            return &rows[i];
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
        *ret_seen = (double)row->lockscope.line.failed_sc;
        return true;
    case OF_FOUR:
        if (!four)
            return false;
        *ret_seen = row_mips(row, &row->lockscope) / row_mips(four, &four->lockscope);
        return true;
    case HOST_MIB:
        *ret_seen = (double)row->host_bytes / (1 << 20);
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
                              : see_row(quantity, find_row(rows, row_count, wants[i].program, wants[i].harts),
                                        find_row(rows, row_count, wants[i].program, 4), &target->seen);
        if (is_seen)
            target->verdict =
                (wants[i].is_most ? target->seen <= target->wanted : target->seen >= target->wanted) ? VERDICT_MET : VERDICT_MISSED;
    }
    return count < max ? count : max;
}
