/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where every hart begins, in M-mode: a0 is its number, a1 the device tree. Gives it a stack and the FPU and calls
 * harness_start(hart, device_tree), which does not return. RAM is zero at power-on: .bss needs no clearing.
 */
#include "bench.h"

    .section .text.start, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    csrw mie, zero
    li t0, 1 << 13 /* FS = initial */
    csrs mstatus, t0
    csrw fcsr, zero
    la t0, stuck
    csrw mtvec, t0
    li t1, BENCH_HARTS_MAX
    bgeu a0, t1, stop
    la sp, stacks
    addi t0, a0, 1
    slli t0, t0, BENCH_STACK_SHIFT
    add sp, sp, t0
    call harness_start
stop:
    wfi
    j stop

    /* A trap that no program asked for ends the run. */
    .globl stuck
    .balign 4
stuck:
    li t0, 0x00033333 /* FAIL, code 3 */
    li t1, PLATFORM_FINISHER_BASE
    sw t0, 0(t1)
    j stuck

    .bss
    .balign 16
stacks:
    .space BENCH_HARTS_MAX << BENCH_STACK_SHIFT
