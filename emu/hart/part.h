/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The part-done instruction: fetches, page-table walks, loads, stores and atomics in steps, each of which may have to wait for the
 * bus. What is done stays done. Serves `timed` fidelity, and `fast` for what a switch of fidelity left over.
 */
#ifndef HART_PART_H
#define HART_PART_H

#include <hart/hart.h>

enum part_result {
    PART_DONE,    /* all steps are done: part_apply, then it is over */
    PART_GRANTED, /* the same, and the last of them was done by the bus: the clock is right, and the wait was the instruction's step */
    PART_LATER,   /* a wait is over, and something else comes before what follows it: to be resumed */
    PART_WAIT,    /* a request is on its way; the hart is not running */
    PART_FAULT,   /* trap: hart->part_fault, hart->part_tval; the part is over */
};

/* Goes on with hart->part (kind, op, size, rd, len, vaddr, value and pc filled in by whoever begins it) as far as the caches allow.
 * The hart's clock must be right; what the steps take is added to it and to hart->spent. Where nobody else acts, waits pass at once:
 * they are in hart->spent too, and hart->waits counts them, each a step. Callers set both to 0. */
enum part_result part_go(struct hart *hart);
/* Writes the finished part's results to the registers; the part is then over. */
void part_apply(struct hart *hart);
/* A finished fetch: does the instruction lie in two lines? Its bits are in hart->part.result. */
bool part_is_split(const struct hart *hart);
/* May this hart's cache answer a load, or take a store, of this line now? Its slot then, else CACHE_NONE. */
uint32_t part_readable(const struct hart *hart, unsigned cache, uint32_t line);
uint32_t part_writable(const struct hart *hart, uint32_t line);
/* Writes to RAM; the line is writable. */
void part_write(struct hart *hart, uint32_t slot, uint64_t paddr, unsigned size, uint64_t value);

static inline uint32_t part_line(uint32_t page, uint64_t paddr)
{
    return page * LINES_PER_PAGE + (uint32_t)(paddr / LINE_BYTES % LINES_PER_PAGE);
}

static inline unsigned part_data_cache(const struct hart *hart)
{
    return 2u * hart->id;
}

#endif
