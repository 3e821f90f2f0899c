# SPDX-License-Identifier: GPL-3.0-or-later
# Writes '>' and then sleeps: echoes each byte that an interrupt announces, ends at 'q'; a timer wakes it every 10 ms. At 't' it
# sleeps for one second and says '!'.
        .include "guest.inc"
        .equ    TICK, 100000
main:   li      s0, 0x10000000          # UART
        li      s1, 0x0c000000          # PLIC
        li      s2, 0x0c200004          # claim and completion, context 0
        li      s3, 0x02004000          # mtimecmp of hart 0
        li      s4, 0x0200bff8          # mtime
        li      t0, 1
        sb      t0, 2(s0)
        sb      t0, 1(s0)               # interrupt on received data
        sw      t0, 40(s1)              # priority of source 10
        li      t1, 1 << 10
        li      t2, 0x0c002000
        sw      t1, 0(t2)               # enabled in context 0
        sw      zero, -4(s2)            # threshold
        ld      s5, 0(s4)
        li      s7, 0                   # ticks until '!'
        li      a0, '>'
        call    put
        li      t0, 1 << 11 | 1 << 7
        csrw    mie, t0
next:   li      t0, TICK
        add     s5, s5, t0
        sd      s5, 0(s3)
sleep:  wfi
        csrr    t0, mip
        srli    t0, t0, 11
        andi    t0, t0, 1
        beqz    t0, timer
        lw      s8, 0(s2)
drain:  lbu     t0, 5(s0)
        andi    t0, t0, 1
        beqz    t0, drained
        lbu     a0, 0(s0)
        call    put
        li      t0, 'q'
        beq     a0, t0, finish
        li      t0, 't'
        bne     a0, t0, drain
        li      s7, 100
        j       drain
drained:
        sw      s8, 0(s2)
timer:  ld      t0, 0(s4)               # not mip: the old interrupt takes a moment to go
        bltu    t0, s5, sleep
        beqz    s7, next
        addi    s7, s7, -1
        bnez    s7, next
        li      a0, '!'
        call    put
        j       next
