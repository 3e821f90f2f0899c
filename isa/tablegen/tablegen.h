/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The generator's own picture of the rows: bit patterns taken apart into fixed bits, fields and conditions. Strings point into the
 * .def rows. Anything wrong in a row ends the program (and the build) with a sentence that names the row.
 */
#ifndef TABLEGEN_H
#define TABLEGEN_H

#include "../table.h"

#include <stdio.h>

enum { ROWS_MAX = 400, FIELDS_MAX = 6, PIECES_MAX = 10, CONDITIONS_MAX = 3 };

/* Bits hi:lo of a field's value stand in the instruction from bit position pos up. */
struct piece {
    int hi, lo, pos;
};

/* The members of struct isa_insn that fields go to. */
enum target { TARGET_NONE = -1, TARGET_RD, TARGET_RS1, TARGET_RS2, TARGET_RS3, TARGET_RM, TARGET_IMM, TARGET_COUNT };

struct field {
    char name[12];
    enum target target; /* for 4-byte rows */
    struct piece pieces[PIECES_MAX];
    int piece_count;
    int bias; /* added to the value: 8 for rd' and the like */
    bool is_signed;
};

struct condition {
    const struct field *field;
    int forbidden;
};

/* Where a member of struct isa_insn comes from: a field, else a constant. */
struct source {
    const struct field *field;
    int constant;
};

struct row {
    const char *name, *mnemonic, *pattern, *operands, *meaning;
    const char *kind, *timing, *extension; /* 4-byte rows */
    const char *base, *expansion;          /* 2-byte rows */
    int width;
    int bit_count; /* 32 or 16 */
    uint32_t mask, match;
    struct field fields[FIELDS_MAX];
    int field_count;
    struct condition conditions[CONDITIONS_MAX];
    int condition_count;
    char case_of[24], alias_of[24];
    uint8_t operand_list[ISA_OPERANDS_MAX];
    struct source sources[TARGET_COUNT];
    int layout; /* number of the layout functions, set by emit_c */
};

struct table {
    struct row rows[ROWS_MAX];
    int count;
};

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* rows.c: fill the tables from the .def files. */
void rows_read(struct table *ret_base, struct table *ret_compressed);
const struct row *rows_find(const struct table *table, const char *name);
const struct field *row_field(const struct row *row, const char *name);
bool row_matches(const struct row *row, uint32_t bits);

/* check.c: no two rows share an encoding, except those that say so; what they say is true. */
void check_table(const struct table *table);

/* emit_c.c, emit_page.c */
void emit_c(FILE *out, struct table *base, struct table *compressed);
void emit_page(FILE *out, const struct table *base, const struct table *compressed);

#endif
