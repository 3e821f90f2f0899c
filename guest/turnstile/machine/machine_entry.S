/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where harts begin when the image is the first thing the machine runs: M-mode, a0 the hart's id, a1 the device tree. The first hart to
 * draw goes on to the kernel; the others wait until they are started (SBI HSM). Also the M-mode trap entry, on a stack of its own.
 */
#include "emu/platform.h"
#include "machine.h"

    .section .text.start, "ax"
    .globl machine_start
machine_start:
    csrw mie, zero
    li t0, PLATFORM_HARTS_MAX
    bgeu a0, t0, stop
    la sp, machine_stacks
    addi t0, a0, 1
    slli t0, t0, MACHINE_STACK_SHIFT
    add sp, sp, t0
    csrw mscratch, sp
    call machine_setup /* a0 = id, a1 = tree: does not return */
stop:
    wfi
    j stop

    /* A trap while M-mode finds out what the hart has: the instruction is skipped. */
    .balign 4
    .globl machine_skip
machine_skip:
    addi sp, sp, -16
    sd t0, 0(sp)
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    ld t0, 0(sp)
    addi sp, sp, 16
    mret

    .balign 4
    .globl machine_trap_entry
machine_trap_entry:
    csrrw sp, mscratch, sp
    addi sp, sp, -144
    sd ra, 0(sp)
    sd t0, 8(sp)
    sd t1, 16(sp)
    sd t2, 24(sp)
    sd t3, 32(sp)
    sd t4, 40(sp)
    sd t5, 48(sp)
    sd t6, 56(sp)
    sd a0, 64(sp)
    sd a1, 72(sp)
    sd a2, 80(sp)
    sd a3, 88(sp)
    sd a4, 96(sp)
    sd a5, 104(sp)
    sd a6, 112(sp)
    sd a7, 120(sp)
    addi a0, sp, 64
    call machine_trap
    ld ra, 0(sp)
    ld t0, 8(sp)
    ld t1, 16(sp)
    ld t2, 24(sp)
    ld t3, 32(sp)
    ld t4, 40(sp)
    ld t5, 48(sp)
    ld t6, 56(sp)
    ld a0, 64(sp)
    ld a1, 72(sp)
    ld a2, 80(sp)
    ld a3, 88(sp)
    ld a4, 96(sp)
    ld a5, 104(sp)
    ld a6, 112(sp)
    ld a7, 120(sp)
    addi sp, sp, 144
    csrrw sp, mscratch, sp
    mret

    /* machine_leave(a0, a1, pc): S-mode at pc with those registers, never to come back but by traps. */
    .globl machine_leave
machine_leave:
    csrw mepc, a2
    csrr sp, mscratch
    li t0, MACHINE_MPP
    csrc mstatus, t0
    li t0, MACHINE_MPP_S
    csrs mstatus, t0
    mret

    .bss
    .balign 16
machine_stacks:
    .space PLATFORM_HARTS_MAX << MACHINE_STACK_SHIFT
