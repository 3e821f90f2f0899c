# SPDX-License-Identifier: GPL-3.0-or-later
# Loads from a page through a table of Sv39, changes the table without a fence, loads again, fences, and loads a last time.
        .include "guest.inc"
        .equ    VADDR, 0x40000000       # entry 1 of the root, then entry 0 of the second table: 2 MiB
        .equ    RIGHTS, 0xc7            # V R W, A and D
main:   li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      s0, root
        la      s1, second
        srli    t0, s1, 2
        ori     t0, t0, 1
        sd      t0, 8(s0)
        li      s2, 0x80000000
        srli    t0, s2, 2
        ori     t0, t0, RIGHTS
        sd      t0, 0(s1)
        li      t0, 8 << 60
        srli    t1, s0, 12
        or      t0, t0, t1
        csrw    satp, t0
        li      s3, VADDR + 0x100000
        li      s4, 0x80100000
        li      t0, 0x01d
        sd      t0, 0(s4)
        li      s4, 0x80300000
        li      t0, 0x2e2
        sd      t0, 0(s4)
        li      s5, 1 << 17 | 1 << 11   # MPRV, and S-mode for it
        csrs    mstatus, s5
mapped: ld      a0, 0(s3)
        csrc    mstatus, s5
        li      t0, 0x20080000 | RIGHTS # to 0x80200000
        sd      t0, 0(s1)
        csrs    mstatus, s5
moved:  ld      a1, 0(s3)
        sfence.vma
fenced: ld      a2, 0(s3)
        csrc    mstatus, s5
        j       finish

        .bss
        .balign 4096
root:   .space  4096
second: .space  4096
