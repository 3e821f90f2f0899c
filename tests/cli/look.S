# SPDX-License-Identifier: GPL-3.0-or-later
# Asks for a look with 42 in a0, writes '.' and ends. Elsewhere the hint does nothing.
#include <emu/hint.h>
        .include "guest.inc"
main:   li      a0, 42
        EMU_HINT(EMU_HINT_STOP)
        li      a0, '.'
        call    put
        j       finish
