/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Traps: all registers go to a struct trap_frame on the kernel stack, then C. From user mode the stack is empty, from the kernel it is
 * whatever was in use. tp is the hart's in the kernel; sscratch always is. The kernel uses no gp and no FP registers.
 */
#include "csr.h"
#include "hart.h"

    .macro save_some registers:vararg
    .irp n, \registers
    sd x\n, 8*\n(sp)
    .endr
    .endm
    .macro restore_some registers:vararg
    .irp n, \registers
    ld x\n, 8*\n(sp)
    .endr
    .endm

    .text
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    sd t0, HART_SCRATCH(tp)
    csrr t0, sstatus
    andi t0, t0, SSTATUS_SPP
    bnez t0, from_kernel

    ld t0, HART_KERNEL_SP(tp)
    sd sp, 8*2-FRAME_BYTES(t0)
    addi sp, t0, -FRAME_BYTES
    ld t0, HART_SCRATCH(tp)
    save_some 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    csrr t0, sscratch
    sd t0, 8*4(sp)
    csrw sscratch, tp
    csrr t0, sepc
    sd t0, FRAME_PC(sp)
    csrr t0, sstatus
    sd t0, FRAME_STATUS(sp)
    csrr t0, scause
    sd t0, FRAME_CAUSE(sp)
    csrr t0, stval
    sd t0, FRAME_ADDRESS(sp)
    mv a0, sp
    li fp, 0
    call trap_from_user

    /* sp is the frame of a thread that goes to user mode; interrupts are disabled. */
    .globl return_to_user
return_to_user:
    ld t0, FRAME_PC(sp)
    csrw sepc, t0
    ld t0, FRAME_STATUS(sp)
    csrw sstatus, t0
    restore_some 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld sp, 8*2(sp)
    sret

from_kernel:
    /* sscratch holds what tp was, which is the same. A stack in the region of kernel stacks that is full goes on on another. */
    addi sp, sp, -FRAME_BYTES
    srai t0, sp, 30
    addi t0, t0, 1
    bnez t0, 1f
    li t0, KERNEL_STACK_BYTES
    and t0, t0, sp
    bnez t0, 1f
    ld t0, HART_EMERGENCY_SP(tp)
    addi t0, t0, -FRAME_BYTES
    addi sp, sp, FRAME_BYTES
    sd sp, 8*2(t0)
    mv sp, t0
    ld t0, HART_SCRATCH(tp)
    j 2f
1:
    addi t0, sp, FRAME_BYTES
    sd t0, 8*2(sp)
    ld t0, HART_SCRATCH(tp)
2:
    save_some 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    csrr t0, sepc
    sd t0, FRAME_PC(sp)
    csrr t0, sstatus
    sd t0, FRAME_STATUS(sp)
    csrr t0, scause
    sd t0, FRAME_CAUSE(sp)
    csrr t0, stval
    sd t0, FRAME_ADDRESS(sp)
    li t0, SSTATUS_SUM
    csrc sstatus, t0
    mv a0, sp
    call trap_from_kernel
    ld t0, FRAME_PC(sp)
    csrw sepc, t0
    ld t0, FRAME_STATUS(sp)
    csrw sstatus, t0
    /* Not tp: the thread may have slept and be on another hart. */
    restore_some 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    addi sp, sp, FRAME_BYTES
    sret
