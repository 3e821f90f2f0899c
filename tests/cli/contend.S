# SPDX-License-Identifier: GPL-3.0-or-later
# All harts add 1 to one word by lr and sc until it is TURNS (64); who has added the nth writes its
# number to winners[n], modulo 64. Then they wait for good.
#ifndef TURNS
#define TURNS 64
#endif
        .option norvc
        .option norelax
        .globl  _start, counter, winners
_start: csrr    s0, mhartid
        la      s1, counter
        la      s2, winners
        li      s3, TURNS
try:    lr.w    t0, (s1)
        bgeu    t0, s3, over
        addi    t1, t0, 1
        sc.w    t2, t1, (s1)
        bnez    t2, try
        andi    t0, t0, 63
        add     t3, s2, t0
        sb      s0, 0(t3)
        j       try
over:   wfi
        j       over

        .data
        .balign 64
counter:
        .dword  0
        .balign 64
winners:
        .space  64
