/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest runtime of the differential test. For each program: puts its work area, registers and CSRs in place, enters it by mret,
 * logs every trap, steps over what trapped, and at the closing ecall (or when it cannot go on) writes all registers and the work
 * area to the output record. S-mode trap vectors are ecalls, so that all handling is done here, in M-mode, with bare addresses.
 * In the handler s0 is the save area, s2 the input record, s3 the output record.
 */
#include "layout.h"

#define W(word) ((word) * 8)

    .option norvc
    .option norelax
    .text
    .globl _start
_start:
    csrr t0, mhartid
    beqz t0, 2f
1:  wfi
    j 1b
2:
    la gp, variables
    sd zero, 0(gp)
    li t0, 0x02004000 /* mtimecmp: never (what it holds at power-on is up to the machine) */
    li t1, -1
    sd t1, 0(t0)
next:
    la gp, variables
    ld s1, 0(gp)
    li t0, DIFF_COUNT
    ld t0, 0(t0)
    bgeu s1, t0, finish_machine
    li t0, DIFF_RECORD
    mul t0, t0, s1
    li s2, DIFF_INPUT
    add s2, s2, t0
    li s3, DIFF_OUTPUT
    add s3, s3, t0
    sd s2, 8(gp)
    sd s3, 16(gp)
    li t0, 0x6000
    csrw mstatus, t0
    csrw satp, zero
    csrw mie, zero
    csrw mip, zero
    csrw sscratch, zero
    csrw sepc, zero
    csrw scause, zero
    csrw stval, zero
    csrw mepc, zero
    csrw mcause, zero
    csrw mtval, zero
    csrw pmpcfg0, zero
    csrw pmpcfg2, zero
    li s5, W(WORD_BYTES)
    add s5, s5, s2
    ld s5, 0(s5)
    li s6, DIFF_HEAD
    add s6, s6, s2
    li s7, DIFF_WORK
    add s5, s5, s7
1:  ld t0, 0(s6)
    ld t1, 8(s6)
    ld t2, 16(s6)
    ld t3, 24(s6)
    sd t0, 0(s7)
    sd t1, 8(s7)
    sd t2, 16(s7)
    sd t3, 24(s7)
    addi s6, s6, 32
    addi s7, s7, 32
    bltu s7, s5, 1b
    fence.i
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    ld t0, W(WORD_PMPADDR + \n)(s2)
    csrw pmpaddr\n, t0
    .endr
    ld t0, W(WORD_PMPCFG0)(s2)
    csrw pmpcfg0, t0
    ld t0, W(WORD_PMPCFG2)(s2)
    csrw pmpcfg2, t0
    ld t0, W(WORD_MEDELEG)(s2)
    csrw medeleg, t0
    ld t0, W(WORD_MIDELEG)(s2)
    csrw mideleg, t0
    ld t0, W(WORD_MCOUNTEREN)(s2)
    csrw mcounteren, t0
    ld t0, W(WORD_SCOUNTEREN)(s2)
    csrw scounteren, t0
    ld t0, W(WORD_STVEC)(s2)
    csrw stvec, t0
    ld t0, W(WORD_MENVCFG)(s2)
    csrw menvcfg, t0
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fld f\n, W(WORD_F + \n)(s2)
    .endr
    ld t0, W(WORD_FCSR)(s2)
    fscsr t0
    la t0, save
    csrw mscratch, t0
    la t0, vectors
    ld t1, W(WORD_VECTORED)(s2)
    add t0, t0, t1
    csrw mtvec, t0
    ld t0, W(WORD_X)(s2)
    csrw mepc, t0
    ld t0, W(WORD_SATP)(s2)
    csrw satp, t0
    sfence.vma
    ld t0, W(WORD_MIE)(s2)
    csrw mie, t0
    ld t0, W(WORD_MIP)(s2)
    csrw mip, t0
    ld t0, W(WORD_MSTATUS)(s2)
    mv x31, s2
    .irp n, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    ld x\n, W(WORD_X + \n)(x31)
    .endr
    ld x31, W(WORD_X + 31)(x31)
    csrw mstatus, t0 /* from here on loads may be translated */
    li t0, 0
    mret

finish_machine:
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

    .balign 256
vectors:
    .rept 16
    j trapped
    .endr
trapped:
    csrrw x31, mscratch, x31
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    sd x\n, W(\n)(x31)
    .endr
    mv s0, x31
    csrrw t0, mscratch, x31
    sd t0, W(31)(s0)
    la gp, variables
    ld s2, 8(gp)
    ld s3, 16(gp)
    csrr s4, mcause
    csrr s5, mepc
    li a0, LOG_MACHINE
    mv a1, s4
    mv a2, s5
    csrr a3, mtval
    csrr a4, mstatus
    jal log
    bltz s4, interrupted
    li t0, 3
    bne s4, t0, 1f
    csrw mtval, zero /* differences.def: ebreak_tval */
1:  addi t0, s4, -5 /* word_tval, amo_hole: 5 and 7 look alike to the program */
    andi t0, t0, -3
    bnez t0, 1f
    csrwi mcause, 7
    csrci mtval, 7
1:
    li t0, 0x3ffff000
    and t0, t0, s5
    li t1, 0x1000
    beq t0, t1, in_supervisor
    mv a0, s4
    mv a1, s5
    jal step_over
    csrw mepc, a1
restore:
    csrr t0, mstatus
    srli t0, t0, 17
    andi t0, t0, 1
    beqz t0, 1f
    sfence.vma /* differences.def: mprv_stale */
1:
    mv x31, s0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    ld x\n, W(\n)(x31)
    .endr
    ld x31, W(31)(x31)
    mret

interrupted:
    li t0, 1
    sll t0, t0, s4
    csrc mie, t0
    j restore

/* A trap in the S-mode vectors: only their ecall goes on, with the trap that led there. */
in_supervisor:
    li t0, 9
    bne s4, t0, finish
    csrr s6, scause
    csrr s7, sepc
    li a0, LOG_SUPERVISOR
    mv a1, s6
    mv a2, s7
    csrr a3, stval
    csrr a4, sstatus
    jal log
    li t0, 3
    bne s6, t0, 3f
    csrw stval, zero
3:  addi t0, s6, -5
    andi t0, t0, -3
    bnez t0, 3f
    csrwi scause, 7
    csrci stval, 7
3:  bltz s6, 1f
    mv a0, s6
    mv a1, s7
    jal step_over
    csrw sepc, a1
    j 2f
1:  li t0, 1
    sll t0, t0, s6
    csrc mie, t0
2:  li t0, 0xfff
    not t0, t0
    and s5, s5, t0
    addi s5, s5, DIFF_SRET
    csrw mepc, s5
    j restore

/* a0 kind, a1 cause, a2 epc, a3 tval, a4 status */
log:
    li t0, W(WORD_LOGGED)
    add t0, t0, s3
    ld t1, 0(t0)
    li t2, LOG_MAX
    bgeu t1, t2, finish
    addi t2, t1, 1
    sd t2, 0(t0)
    li t2, LOG_BYTES
    mul t1, t1, t2
    add t0, t0, t1
    sd a0, 8(t0)
    sd a1, 16(t0)
    sd a2, 24(t0)
    sd a3, 32(t0)
    sd a4, 40(t0)
    csrr t1, mip
    sd t1, 48(t0)
    ret

/* a0 cause, a1 epc: a1 where to go on. Does not return when the program is over. */
step_over:
    ld t0, W(WORD_VCODE)(s2)
    li t1, DIFF_CODE_BYTES
    sub t2, a1, t0
    li t3, 1
    bgtu a0, t3, 1f     /* 0 and 1: fetch */
    j 2f
1:  li t3, 12
    beq a0, t3, 2f
    bgeu t2, t1, finish
    ld t3, W(WORD_END)(s2)
    beq t2, t3, finish
    li t3, DIFF_CODE
    add t3, t3, t2
    lhu t3, 0(t3)
    andi t3, t3, 3
    addi a1, a1, 2
    li t4, 3
    bne t3, t4, 3f
    addi a1, a1, 2
3:  ret
2:  bltu t2, t1, finish /* the code itself cannot be fetched */
    ld a1, W(1)(s0)     /* a wild jump leaves where it came from in ra */
    sub t2, a1, t0
    bgeu t2, t1, finish
    ret

finish:
    li t0, 0x6000
    csrw mstatus, t0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld t0, W(\n)(s0)
    sd t0, W(WORD_X + \n)(s3)
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fsd f\n, W(WORD_F + \n)(s3)
    .endr
    frcsr t0
    sd t0, W(WORD_FCSR)(s3)
    .macro keep csr, word
    csrr t0, \csr
    sd t0, W(\word)(s3)
    .endm
    keep satp, WORD_SATP
    keep medeleg, WORD_MEDELEG
    keep mideleg, WORD_MIDELEG
    keep mie, WORD_MIE
    keep mip, WORD_MIP
    keep mcounteren, WORD_MCOUNTEREN
    keep scounteren, WORD_SCOUNTEREN
    keep stvec, WORD_STVEC
    keep menvcfg, WORD_MENVCFG
    keep pmpcfg0, WORD_PMPCFG0
    keep pmpcfg2, WORD_PMPCFG2
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    keep pmpaddr\n, WORD_PMPADDR + \n
    .endr
    keep sepc, WORD_SEPC
    keep scause, WORD_SCAUSE
    keep stval, WORD_STVAL
    keep sscratch, WORD_SSCRATCH
    csrw pmpcfg0, zero /* an access that a region covers in part fails in M-mode too */
    csrw pmpcfg2, zero
    li s5, W(WORD_BYTES)
    add s5, s5, s2
    ld s5, 0(s5)
    li s6, DIFF_HEAD
    add s6, s6, s3
    li s7, DIFF_WORK
    add s5, s5, s7
1:  ld t0, 0(s7)
    ld t1, 8(s7)
    sd t0, 0(s6)
    sd t1, 8(s6)
    addi s6, s6, 16
    addi s7, s7, 16
    bltu s7, s5, 1b
    la gp, variables
    ld t0, 0(gp)
    addi t0, t0, 1
    sd t0, 0(gp)
    j next

    .org DIFF_SUPERVISOR - DIFF_RUNTIME
    .rept 16
    ecall
    .endr
    .org DIFF_SUPERVISOR - DIFF_RUNTIME + DIFF_SRET
    sret
    .org 0x2000
variables:
    .dword 0, 0, 0
    .balign 64
save:
    .skip 256
