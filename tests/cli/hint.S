# SPDX-License-Identifier: GPL-3.0-or-later
# Asks for timed fidelity, counts a little, asks for fast, counts again, writes '.' and ends. Elsewhere hints do nothing.
#include <emu/hint.h>
        .include "guest.inc"
main:   EMU_HINT(EMU_HINT_TIMED)
        li      t1, 1000
1:      addi    t1, t1, -1
        bnez    t1, 1b
        EMU_HINT(EMU_HINT_FAST)
        li      t1, 1000
2:      addi    t1, t1, -1
        bnez    t1, 2b
        li      a0, '.'
        call    put
        j       finish
