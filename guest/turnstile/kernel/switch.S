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
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd s\n, 16+8*\n(a0)
    .endr
    ld ra, 0(a1)
    ld sp, 8(a1)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld s\n, 16+8*\n(a1)
    .endr
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
