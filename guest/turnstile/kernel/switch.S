/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Switching: what a C function must find again when it goes on, and the FP registers.
 */
    .text
    /* switch_context(from, to) */
    .globl switch_context
switch_context:
    sd ra, 0(a0)
    sd sp, 8(a0)
    sd s0, 16(a0)
    sd s1, 24(a0)
    sd s2, 32(a0)
    sd s3, 40(a0)
    sd s4, 48(a0)
    sd s5, 56(a0)
    sd s6, 64(a0)
    sd s7, 72(a0)
    sd s8, 80(a0)
    sd s9, 88(a0)
    sd s10, 96(a0)
    sd s11, 104(a0)
    ld ra, 0(a1)
    ld sp, 8(a1)
    ld s0, 16(a1)
    ld s1, 24(a1)
    ld s2, 32(a1)
    ld s3, 40(a1)
    ld s4, 48(a1)
    ld s5, 56(a1)
    ld s6, 64(a1)
    ld s7, 72(a1)
    ld s8, 80(a1)
    ld s9, 88(a1)
    ld s10, 96(a1)
    ld s11, 104(a1)
    ret

    /* A new thread, sp at its frame: calls s1, if it is not 0, and goes to user mode. */
    .globl thread_first
thread_first:
    call thread_begin
    beqz s1, 1f
    jalr s1
1:
    call thread_leave
    j return_to_user

    .option push
    .option arch, +d
    /* fp_store(fp), fp_load(fp): sstatus.FS is not off */
    .globl fp_store
fp_store:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, 8*\n(a0)
    .endr
    frcsr t0
    sd t0, 256(a0)
    ret

    .globl fp_load
fp_load:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, 8*\n(a0)
    .endr
    ld t0, 256(a0)
    fscsr t0
    ret
    .option pop
