# SPDX-License-Identifier: GPL-3.0-or-later
# A function that says by expressions where its frame is and what it keeps there, as compilers may and ours does not.
    .text
    .globl strange
    .type strange, @function
strange:
    .cfi_startproc
    addi sp, sp, -32
    .cfi_escape 0x0f, 2, 0x72, 0x20         # the frame: DW_OP_breg2 32
    sd ra, 24(sp)
    .cfi_escape 0x10, 1, 2, 0x38, 0x1c      # ra is at the frame: DW_OP_lit8, DW_OP_minus
    sd s0, 16(sp)
    .cfi_escape 0x10, 8, 3, 0x09, 0xf0, 0x22 # s0: DW_OP_const1s -16, DW_OP_plus
    .cfi_escape 0x16, 9, 2, 0x79, 0x01      # s1 was: DW_OP_breg9 1
    addi t0, sp, 32
    sd t0, 0(sp)
    .cfi_escape 0x0f, 3, 0x72, 0x00, 0x06   # the frame: DW_OP_breg2 0, DW_OP_deref
    li ra, 0
    li s0, 0
1:  bnez a0, 2f
    .cfi_remember_state
    ld s0, 16(sp)
    .cfi_same_value s0
    ld ra, 24(sp)
    .cfi_same_value ra
    addi sp, sp, 32
    .cfi_def_cfa sp, 0
    ret
2:  .cfi_restore_state
    li a0, 0
    j 1b
    .cfi_endproc
    .size strange, . - strange
