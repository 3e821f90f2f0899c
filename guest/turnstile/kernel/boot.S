/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where harts enter the kernel, in S-mode, physically addressed: a0 the hart's id, a1 the device tree (first hart) or its struct hart
 * (others; physical). Turns translation on, with a table that has this code at its physical address, too, and goes on in C.
 */
#include "csr.h"
#include "hart.h"
#include "memory.h"

    .macro translate
    csrw sie, zero
    la t0, boot_table
    srli t0, t0, 12
    li t1, SATP_SV39
    or t0, t0, t1
    sfence.vma
    csrw satp, t0
    sfence.vma
    la t0, 1f
    li t1, KERNEL_BASE
    add t0, t0, t1
    jr t0
1:
    la t0, trap_entry
    csrw stvec, t0
    .endm

    .section .text.start, "ax"
    .globl _start
_start:
    translate
    la sp, boot_stack + KERNEL_STACK_BYTES
    la tp, harts /* a hart to panic on, until hart_init */
    csrw sscratch, tp
    li fp, 0
    call kernel_boot

    .globl secondary_start
secondary_start:
    translate
    li t1, KERNEL_BASE
    add tp, a1, t1
    csrw sscratch, tp
    ld t0, kernel_table_satp
    csrw satp, t0
    sfence.vma
    ld sp, HART_KERNEL_SP(tp)
    li fp, 0
    call hart_main

    /* bool has_stimecmp(void): whether S-mode's timer register is there and firmware lets us have it; writes "never" if so. */
    .globl has_stimecmp
has_stimecmp:
    la t0, 1f
    csrrw t0, stvec, t0
    li t1, -1
    li a0, 0
    csrw 0x14d, t1
    li a0, 1
    .balign 4
1:
    csrw stvec, t0
    ret

    /* One gigabyte an entry: 2 is RAM where it is, 256 to 510 physical memory from KERNEL_BASE on, 511 the kernel stacks (thread.c). */
    .data
    .balign 4096
    .globl boot_table
boot_table:
    .dword 0, 0, (2 << 28) | 0xcf
    .skip (256 - 3) * 8
    .set gigabyte, 0
    .rept 255
    .dword (gigabyte << 28) | 0xef /* dirty, accessed, global, executable, writable, readable, valid */
    .set gigabyte, gigabyte + 1
    .endr
    .dword 0
    .globl kernel_table_satp
kernel_table_satp:
    .dword 0

    .bss
    .balign 16
    .globl boot_stack
boot_stack:
    .space KERNEL_STACK_BYTES
