# SPDX-License-Identifier: GPL-3.0-or-later
# setjmp and longjmp: what a function has to keep for its caller (ra, sp, s0-s11, fs0-fs11), in the order of jmp_buf.
        .section .text.setjmp, "ax"
        .globl  setjmp
setjmp: sd      ra, 0(a0)
        sd      sp, 8(a0)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
        sd      s\n, 16 + 8*\n(a0)
        fsd     fs\n, 112 + 8*\n(a0)
        .endr
        li      a0, 0
        ret

        .section .text.longjmp, "ax"
        .globl  longjmp
longjmp:
        ld      ra, 0(a0)
        ld      sp, 8(a0)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
        ld      s\n, 16 + 8*\n(a0)
        fld     fs\n, 112 + 8*\n(a0)
        .endr
        seqz    a0, a1
        add     a0, a0, a1      # 0 becomes 1
        ret
