/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trap entries of the trap mix. M-mode turns the machine timer interrupt into a supervisor one and serves three calls; S-mode saves
 * all registers and calls supervisor_trap; trapmix_enter goes from M-mode to U-mode and returns when S-mode asks for it.
 */
#include "trapmix.h"

#define MIE_MTIE (1 << 7)
#define MIP_STIP (1 << 5)
#define CAUSE_ECALL_S 9

    .text
    .globl trapmix_enter, trapmix_supervisor_entry

    /* uint64_t trapmix_enter(struct machine_frame *, struct supervisor_frame *, uint64_t user_pc, uint64_t user_sp,
     *                        uint64_t argument). mstatus.MPP and satp are set by the caller. */
trapmix_enter:
    addi sp, sp, -128
    sd ra, 0(sp)
    sd gp, 8(sp)
    sd tp, 16(sp)
    sd s0, 24(sp)
    sd s1, 32(sp)
    sd s2, 40(sp)
    sd s3, 48(sp)
    sd s4, 56(sp)
    sd s5, 64(sp)
    sd s6, 72(sp)
    sd s7, 80(sp)
    sd s8, 88(sp)
    sd s9, 96(sp)
    sd s10, 104(sp)
    sd s11, 112(sp)
    csrr t0, mtvec
    sd t0, 120(sp)
    sd sp, MACHINE_STACK(a0)
    csrw mscratch, a0
    csrw sscratch, a1
    csrw mepc, a2
    la t0, machine_entry
    csrw mtvec, t0
    mv sp, a3
    mv a0, a4
    mret

    .balign 4
machine_entry:
    csrrw sp, mscratch, sp
    sd t0, MACHINE_T0(sp)
    sd t1, MACHINE_T1(sp)
    csrr t0, mcause
    bltz t0, timer
    li t1, CAUSE_ECALL_S
    bne t0, t1, unexpected
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    beqz a7, leave
    li t1, MACHINE_CALL_ARM
    beq a7, t1, arm
    li t0, MIP_STIP
    csrc mip, t0
    j back
arm:
    ld t0, MACHINE_MTIMECMP(sp)
    sd zero, 0(t0)
    li t0, MIE_MTIE
    csrs mie, t0
    j back
timer:
    li t0, MIE_MTIE
    csrc mie, t0
    li t0, MIP_STIP
    csrs mip, t0
back:
    ld t0, MACHINE_T0(sp)
    ld t1, MACHINE_T1(sp)
    csrrw sp, mscratch, sp
    mret

leave:
    ld sp, MACHINE_STACK(sp)
    ld ra, 0(sp)
    ld gp, 8(sp)
    ld tp, 16(sp)
    ld s0, 24(sp)
    ld s1, 32(sp)
    ld s2, 40(sp)
    ld s3, 48(sp)
    ld s4, 56(sp)
    ld s5, 64(sp)
    ld s6, 72(sp)
    ld s7, 80(sp)
    ld s8, 88(sp)
    ld s9, 96(sp)
    ld s10, 104(sp)
    ld s11, 112(sp)
    ld t0, 120(sp)
    csrw mtvec, t0
    addi sp, sp, 128
    ret

unexpected:
    j stuck /* start.S: ends the run */

    .balign 4
trapmix_supervisor_entry:
    csrrw sp, sscratch, sp
    sd x1, 8(sp)
    sd x3, 24(sp)
    sd x4, 32(sp)
    sd x5, 40(sp)
    sd x6, 48(sp)
    sd x7, 56(sp)
    sd x8, 64(sp)
    sd x9, 72(sp)
    sd x10, 80(sp)
    sd x11, 88(sp)
    sd x12, 96(sp)
    sd x13, 104(sp)
    sd x14, 112(sp)
    sd x15, 120(sp)
    sd x16, 128(sp)
    sd x17, 136(sp)
    sd x18, 144(sp)
    sd x19, 152(sp)
    sd x20, 160(sp)
    sd x21, 168(sp)
    sd x22, 176(sp)
    sd x23, 184(sp)
    sd x24, 192(sp)
    sd x25, 200(sp)
    sd x26, 208(sp)
    sd x27, 216(sp)
    sd x28, 224(sp)
    sd x29, 232(sp)
    sd x30, 240(sp)
    sd x31, 248(sp)
    mv a0, sp
    csrrw t0, sscratch, sp
    sd t0, 16(sp)
    ld sp, FRAME_KERNEL_STACK(sp)
    call supervisor_trap /* returns the frame */
    mv sp, a0
    ld x1, 8(sp)
    ld x3, 24(sp)
    ld x4, 32(sp)
    ld x5, 40(sp)
    ld x6, 48(sp)
    ld x7, 56(sp)
    ld x8, 64(sp)
    ld x9, 72(sp)
    ld x10, 80(sp)
    ld x11, 88(sp)
    ld x12, 96(sp)
    ld x13, 104(sp)
    ld x14, 112(sp)
    ld x15, 120(sp)
    ld x16, 128(sp)
    ld x17, 136(sp)
    ld x18, 144(sp)
    ld x19, 152(sp)
    ld x20, 160(sp)
    ld x21, 168(sp)
    ld x22, 176(sp)
    ld x23, 184(sp)
    ld x24, 192(sp)
    ld x25, 200(sp)
    ld x26, 208(sp)
    ld x27, 216(sp)
    ld x28, 224(sp)
    ld x29, 232(sp)
    ld x30, 240(sp)
    ld x31, 248(sp)
    ld sp, 16(sp)
    sret
