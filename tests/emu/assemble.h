/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small assembler for tests, over the instruction rows: "ld t0, 8(a0); 3*nop; beq zero, zero, .+8; .half 1". Mnemonics and
 * operands as objdump -M no-aliases prints them, and nop; targets are distances from the instruction itself. No compressed forms
 * (.half).
 */
#ifndef EMU_ASSEMBLE_H
#define EMU_ASSEMBLE_H

#include <stdint.h>

#define ASSEMBLE_HALVES 256

struct assembled {
    uint16_t halves[ASSEMBLE_HALVES];
    unsigned count;        /* halfwords */
    unsigned instructions; /* a .half is one */
};

/* Puts the text's instructions behind what is there. Aborts with a sentence where it is not understood. */
void assemble(struct assembled *code, const char *text);
/* The number of an integer register's name. */
unsigned assemble_register(const char *name);

#endif
