/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A random program: the input record that the guest runtime reads (layout.h), made from a seed alone. Everything in it is chosen so
 * that the architecture leaves one outcome, but for the rows of differences.def.
 */
#ifndef TESTS_DIFF_PROGRAM_H
#define TESTS_DIFF_PROGRAM_H

#include "layout.h"

#include <stdbool.h>
#include <stdint.h>

struct record {
    uint64_t word[DIFF_HEAD / 8];
    uint8_t work[DIFF_WORK_BYTES];
};
_Static_assert(sizeof(struct record) == DIFF_RECORD, "a record is a page of words and the work area");

/* Where the program runs and sees its memory. */
struct setting {
    unsigned mode;        /* it starts in: 0 U, 1 S, 3 M */
    bool paging;          /* satp is not Bare */
    bool translated_data; /* loads and stores are: paging outside M, or by MPRV */
    bool pmp_regions;     /* PMP permits different things in different places */
    bool sub_page_pmp;    /* some of these are smaller than a page */
    uint64_t vcode, vdata;
    uint64_t interrupt;   /* the one bit of mip that may become pending */
    uint64_t vtable;      /* address by which the program reaches the level-0 table of its data, 0 if it does not */
    uint64_t table_at;    /* physical address of the entry of the first data page */
};

uint64_t draw(uint64_t *state);
static inline uint64_t below(uint64_t *state, uint64_t n)
{
    return (draw(state) >> 8) % n;
}
static inline bool one_in(uint64_t *state, unsigned n)
{
    return below(state, n) == 0;
}
uint64_t draw_value(uint64_t *state);  /* integer register contents with a taste for edges */
uint64_t draw_float(uint64_t *state);  /* f register contents: special values, both precisions, bad boxes */

/* setting.c: mode, translation, protection, delegation; fills words and page tables. */
void setting_draw(struct setting *setting, struct record *record, uint64_t *random);

/* emit.c: a buffer of code. */
struct code {
    uint8_t *bytes;
    unsigned at, size;
};
void emit(struct code *code, uint32_t bits); /* 2 or 4 bytes, as its low bits say */
void emit_insn(struct code *code, unsigned op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm);
void emit_li(struct code *code, unsigned rd, uint64_t value);
void emit_patch(struct code *code, unsigned at, int32_t imm); /* gives the instruction at `at` another immediate */

/* program.c */
void program_make(struct record *ret_record, uint64_t seed);
void program_print(const struct record *record);

#endif
