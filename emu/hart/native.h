/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Translation of decoded runs to host code, by copying stencils: the machine code that the compiler made of each instruction's one
 * semantics text, with its operands patched in (native/stencils.inc). What has no stencil is left to its handler; slow paths are the
 * interpreter's. A translated op keeps its place and its meaning: only its `run` leads to host code. Never state.
 */
#ifndef HART_NATIVE_H
#define HART_NATIVE_H

#include "code.h"

struct native;

/* Checked: timed, and slices are looked after on the way (timed machines of several harts). */
enum native_variant { NATIVE_FAST, NATIVE_TIMED, NATIVE_CHECKED };

struct native_insn {
    struct op *op;
    const struct isa_insn *insn; /* NULL: the end of the line */
    unsigned offset;             /* in the page */
    int32_t left;                /* budget that the rest of the run costs from here; with `check` */
    bool check;                  /* a slice may end before it */
    bool by_handler;             /* not by its row's stencil */
};

/* NULL where this build or host has no translation; the functions below then do nothing. */
struct native *native_create(void);
void native_destroy(struct native *native);
/* Translates a run, op by op in order; `exact` is the distance in slots to each op's second copy. Does nothing when there is no room. */
void native_compile(struct native *native, enum native_variant variant, const struct native_insn *insns, unsigned count, unsigned exact);
/* Throws all translations away; no op may lead to them any more. */
void native_flush(struct native *native);
bool native_is_full(const struct native *native);
uint64_t native_bytes(const struct native *native);

#endif
