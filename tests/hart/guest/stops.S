/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small workloads for several harts. WORKLOAD and HARTS are poked before the start.
 */
#define WORKLOAD 0x80000800
#define HARTS 0x80000804
#define DONE 0x80000840
#define COUNTER 0x80000880
    .option norelax
    .text
    .globl _start
_start:
    csrr s0, mhartid
    la t0, trapped
    csrw mtvec, t0
    li s1, COUNTER
    li t0, HARTS
    lw s2, 0(t0)
    li t0, WORKLOAD
    lw t0, 0(t0)
    li s3, 40
    beqz t0, reserved
    addi t0, t0, -1
    beqz t0, amo
    addi t0, t0, -1
    beqz t0, timer
    addi t0, t0, -1
    beqz t0, ipi
    j device

reserved:
    lr.w t1, (s1)
    addi t1, t1, 1
    sc.w t2, t1, (s1)
    bnez t2, reserved
    addi s3, s3, -1
    bnez s3, reserved
    j done

amo:
    li t1, 1
    amoadd.d t2, t1, (s1)
    add s4, s4, t2
    addi s3, s3, -1
    bnez s3, amo
    j done

timer:
    li s3, 4
    li t0, 0x02004000
    slli t1, s0, 3
    add s5, t0, t1
    li s6, 0x0200bff8
    li t0, 0x80
    csrw mie, t0
1:  ld t1, 0(s6)
    addi t1, t1, 7
    add t1, t1, s0
    sd t1, 0(s5)
    wfi                     /* ends when the interrupt is pending, also if it was before */
    csrsi mstatus, 8
    csrci mstatus, 8
    addi s3, s3, -1
    bnez s3, 1b
    j done

ipi:
    li s3, 4
    li s5, 0x02000000
    slli t1, s0, 2
    add s6, s5, t1          /* own */
    addi t1, s0, 1
    blt t1, s2, 1f
    li t1, 0
1:  slli t1, t1, 2
    add s7, s5, t1          /* the next hart's */
    li t0, 8
    csrw mie, t0
2:  lw t1, 0(s7)            /* the one before has been seen */
    bnez t1, 2b
    li t1, 1
    sw t1, 0(s7)
3:  csrr t1, mip
    andi t1, t1, 8
    bnez t1, 4f
    wfi
    j 3b
4:  sw zero, 0(s6)
5:  csrr t1, mip
    andi t1, t1, 8
    bnez t1, 5b
    addi s3, s3, -1
    bnez s3, 2b
    j done

device:
    li s3, 8
    li s5, 0x10000000
1:  addi t1, s0, 65
    sb t1, 0(s5)
    lbu t2, 5(s5)
    add s4, s4, t2
    li t0, 0x0c000000
    sw s3, 40(t0)
    lw t2, 40(t0)
    add s4, s4, t2
    addi s3, s3, -1
    bnez s3, 1b

done:
    li t0, DONE
    li t1, 1
    amoadd.w zero, t1, (t0)
    bnez s0, 2f
1:  lw t1, 0(t0)
    bne t1, s2, 1b
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
2:  csrw mie, zero
    wfi
    j 2b

    .balign 4
trapped: /* the timer: never again until set */
    li t6, -1
    sd t6, 0(s5)
    addi s8, s8, 1
    mret
