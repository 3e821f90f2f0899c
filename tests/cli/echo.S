# SPDX-License-Identifier: GPL-3.0-or-later
# Writes '>' and then polls the UART for ever: echoes each byte, ends at 'q', resets the machine at 'R'.
        .include "guest.inc"
main:   li      s0, 0x10000000
        li      t0, 1
        sb      t0, 2(s0)               # FIFO on
        li      a0, '>'
        call    put
poll:   lbu     t0, 5(s0)
        andi    t0, t0, 1
        beqz    t0, poll
        lbu     a0, 0(s0)
        call    put
        li      t0, 'q'
        beq     a0, t0, finish
        li      t0, 'R'
        bne     a0, t0, poll
        li      t0, 0x100000
        li      t1, 0x7777
        sw      t1, 0(t0)
        j       poll
