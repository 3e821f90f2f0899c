/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the test program begins, its system calls (sys_NAME for each row of syscall.def), what signal handlers return to, and a few
 * helpers that C cannot say.
 */
    .section .text.start, "ax"
    .globl _start
_start:
    call main
    j sys_exit

    .text
#define SYSCALL(number, name, arguments, meaning) .globl sys_##name ; sys_##name: li a7, number ; ecall ; ret ;
#include "turnstile/syscall.def"

    .globl restorer
restorer:
    call sys_sigreturn

    /* long raw_call(number, a0, a1, a2, a3, a4, a5) */
    .globl raw_call
raw_call:
    mv a7, a0
    mv a0, a1
    mv a1, a2
    mv a2, a3
    mv a3, a4
    mv a4, a5
    mv a5, a6
    ecall
    ret

    /* long keeps_registers(unsigned loops): 0, or which register of s2 to s11 changed over so many turns without a call */
    .globl keeps_registers
keeps_registers:
    addi sp, sp, -80
    .irp n, 18,19,20,21,22,23,24,25,26,27
    sd x\n, 8*(\n-18)(sp)
    .endr
    csrr t0, time
    .irp n, 18,19,20,21,22,23,24,25,26,27
    addi x\n, t0, \n
    .endr
1:
    addi a0, a0, -1
    bnez a0, 1b
    li a0, 0
    .irp n, 18,19,20,21,22,23,24,25,26,27
    addi t1, t0, \n
    beq t1, x\n, 2f
    li a0, \n
2:
    .endr
    .irp n, 18,19,20,21,22,23,24,25,26,27
    ld x\n, 8*(\n-18)(sp)
    .endr
    addi sp, sp, 80
    ret
