/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Micro-programs and what they cost. A row says what is done before, what each hart then executes, all from one cycle on, and how
 * many cycles that takes: as a sum over the keys of the configuration, and as the number that the default costs give. Rows are
 * worked out from the rules of docs/timing.md, never from a run.
 *
 * The measured code lies in lines of its own, its first instruction 8 bytes into one, with all lines in the instruction cache.
 * Registers:
 *   a0 to a5   lines of data in pages 0 to 5, in no cache; a4 is the last line of its page, a5 the first of the next
 *   s2 to s6   five lines of one set of the data cache, which has four ways; in no cache
 *   s7         the second line of the measured code
 *   ra         the instruction behind the measured code, where traps and mret go too
 *   t5, t6     a page that no table maps; the measured code's first instruction
 *   gp         the page-table entries of pages 0 to 7
 *   tp, sp     MSIP of hart 1; mtime
 * t0 to t4 are free. Page 2 has a page-table entry with A and without D, page 3 one without either.
 */
#ifndef EMU_TIMING_H
#define EMU_TIMING_H

#include <emu/emu.h>
#include <stdbool.h>
#include <stdint.h>

#define TIMING_HARTS 3

enum timing_world {
    TIMING_BARE,      /* no translation */
    TIMING_SV39_DATA, /* data accesses of hart 0 are translated, its code is not */
    TIMING_SV48_DATA,
    TIMING_SV39_CODE, /* mret of hart 0 goes to an ecall in a translated page */
    TIMING_INTERRUPTS /* no translation; harts take machine software interrupts */
};

struct timing_row {
    const char *name;
    const char *config; /* "key word" of the bus section; NULL: defaults */
    enum timing_world world;
    /* Steps, each alone: "hart: instruction", "drop register" (no cache has that line), "drop code 1" (the second line of
     * hart 0's measured code, the fifth is in another page), "drop tables", "drop target" (the ecall's line). NULL: none. */
    const char *before;
    const char *code[TIMING_HARTS]; /* NULL: the hart is frozen */
    const char *sum[TIMING_HARTS];
    uint64_t cycles[TIMING_HARTS];
    int more[TIMING_HARTS]; /* instructions retired beyond those that the code has */
    bool defaults_only;     /* the sum holds for the default costs only */
    const char *why;
};

struct timing_result {
    uint64_t cycles[TIMING_HARTS], retired[TIMING_HARTS];
    bool counts_agree; /* mcycle and minstret with what the machine shows of its harts */
};

extern const struct timing_row timing_rows[];
extern const unsigned timing_row_count;

struct emu_config timing_config(const struct timing_row *row);
/* `is_stepped`: emu_run returns after every step. */
struct timing_result timing_run(const struct timing_row *row, const struct emu_config *config, bool is_stepped);
unsigned timing_instructions(const struct timing_row *row, unsigned hart);
/* A sum's value: numbers, keys of the pipeline and bus sections, + * /, max(a, b), brackets, and
 *   effect = arbitration + address    beats = 64 / width
 *   from-memory = effect + memory + beats    from-cache = effect + cache-to-cache + beats */
uint64_t timing_sum(const char *sum, const struct emu_config *config);

#endif
