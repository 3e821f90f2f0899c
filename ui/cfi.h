/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Call frame information (DWARF 5, section 6.4): where a function keeps its caller's registers, at each of its instructions. Only
 * unwind.c asks.
 */
#ifndef UI_CFI_H
#define UI_CFI_H

#include "symbols.h"

#define CFI_REGISTERS 65 /* x0 to x31, f0 to f31, and the number for a return address that is in none of them */

enum cfi_how {
    CFI_UNSPECIFIED, /* as the calling convention says */
    CFI_UNDEFINED,
    CFI_SAME,
    CFI_OFFSET,        /* in memory at CFA + value */
    CFI_VALUE,         /* is CFA + value */
    CFI_REGISTER,      /* in the register `value` */
    CFI_AT_EXPRESSION, /* in memory where the expression says */
    CFI_EXPRESSION     /* is what the expression says */
};

/* The expression's bytes are the image's. */
struct cfi_rule {
    enum cfi_how how;
    int64_t value;
    const uint8_t *expression;
    size_t bytes;
};

/* The rules at one instruction. */
struct cfi_row {
    unsigned cfa_register; /* the canonical frame address is this register + cfa.value, or cfa's expression */
    struct cfi_rule cfa;
    struct cfi_rule reg[CFI_REGISTERS];
    unsigned return_register;
    bool is_signal; /* the return address is that of an instruction that was interrupted */
};

/* A place in bytes that may end anywhere, or be damaged: then is_bad, and zeros are read. */
struct cfi_cursor {
    const uint8_t *at, *end;
    bool is_bad;
};

uint64_t cfi_number(struct cfi_cursor *cursor, unsigned bytes); /* 1 to 8, unsigned, the least byte first */
uint64_t cfi_uleb(struct cfi_cursor *cursor);
int64_t cfi_sleb(struct cfi_cursor *cursor);

/* The rules at an address; false: no image has any. */
bool cfi_lookup(struct symbols *symbols, uint64_t address, struct cfi_row *ret_row);

#endif
