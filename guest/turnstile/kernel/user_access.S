/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only instructions that touch user memory. A page fault between user_access_begin and user_access_end that cannot be mended goes on
 * at user_access_failed (trap.c). All return 0, or -1 after such a fault.
 */
#include "csr.h"

    .text
    .globl user_access_begin
user_access_begin:

    /* int user_access_copy(void *to, const void *from, size_t bytes) */
    .globl user_access_copy
user_access_copy:
    li t0, SSTATUS_SUM
    csrs sstatus, t0
    or t1, a0, a1
    andi t1, t1, 7
    bnez t1, bytes
    li t2, 8
1:
    bltu a2, t2, bytes
    ld t1, 0(a1)
    sd t1, 0(a0)
    addi a0, a0, 8
    addi a1, a1, 8
    addi a2, a2, -8
    j 1b
bytes:
    beqz a2, done
    lbu t1, 0(a1)
    sb t1, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j bytes

    /* int user_access_zero(void *to, size_t bytes) */
    .globl user_access_zero
user_access_zero:
    li t0, SSTATUS_SUM
    csrs sstatus, t0
1:
    beqz a1, done
    sb zero, 0(a0)
    addi a0, a0, 1
    addi a1, a1, -1
    j 1b

    /* int user_access_text(char *to, const char *from, size_t bytes): copies to the final 0, at most that much */
    .globl user_access_text
user_access_text:
    li t0, SSTATUS_SUM
    csrs sstatus, t0
1:
    beqz a2, done
    lbu t1, 0(a1)
    sb t1, 0(a0)
    beqz t1, done
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j 1b

done:
    csrc sstatus, t0
    li a0, 0
    ret
    .globl user_access_end
user_access_end:

    .globl user_access_failed
user_access_failed:
    li t0, SSTATUS_SUM
    csrc sstatus, t0
    li a0, -1
    ret
