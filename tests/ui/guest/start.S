# SPDX-License-Identifier: GPL-3.0-or-later
# Entry, and a trap handler that keeps all registers on the stack: x[n] at sp + 8 n. None of it has call frame information.
    .text
    .globl _start
_start:
    la sp, stack_top
    la t0, trap_entry
    csrw mtvec, t0
#ifdef SCRATCH_STACK
    la t0, trap_top
    csrw mscratch, t0
#endif
    li s0, 77
    li s1, 41
    li a0, 1
    call strange
    li s0, 0
    call main
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

    .balign 4
trap_entry:
#ifdef SCRATCH_STACK
    csrrw sp, mscratch, sp
    bnez sp, 1f
    csrr sp, mscratch /* a trap in a handler */
1:
#endif
    addi sp, sp, -256
    sd x1, 8(sp)
    sd x3, 24(sp)
    sd x4, 32(sp)
    .irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd x\n, 8*\n(sp)
    .endr
#ifdef SCRATCH_STACK
    csrrw t0, mscratch, zero
#else
    addi t0, sp, 256
#endif
    sd t0, 16(sp)
    csrr a0, mepc
    call on_trap
    csrw mepc, a0
    ld x1, 8(sp)
    .irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld x\n, 8*\n(sp)
    .endr
#ifdef SCRATCH_STACK
    addi sp, sp, 256
    csrw mscratch, sp
    ld sp, 16-256(sp)
#else
    addi sp, sp, 256
#endif
    mret

    .bss
    .balign 16
    .space 4096
    .globl stack_top
stack_top:
    .space 16
#ifdef SCRATCH_STACK
    .space 4096
trap_top:
    .space 16
#endif
