# SPDX-License-Identifier: GPL-3.0-or-later
# Writes '>' and waits for an interrupt that nothing will ever raise.
        .include "guest.inc"
main:   li      a0, '>'
        call    put
        j       park
