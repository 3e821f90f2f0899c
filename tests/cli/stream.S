# SPDX-License-Identifier: GPL-3.0-or-later
# Every hart reads line after line of 64 KiB of its own, twice what its cache holds, for ever.
        .globl  _start
_start: li      s0, 0x80100000
        csrr    t0, mhartid
        slli    t0, t0, 16
        add     s0, s0, t0
        li      t0, 0x10000
        add     s1, s0, t0
again:  mv      t1, s0
next:   ld      t2, (t1)
        addi    t1, t1, 64
        bne     t1, s1, next
        j       again
