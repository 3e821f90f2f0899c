# SPDX-License-Identifier: GPL-3.0-or-later
# Drives the first virtio console it finds by the legacy registers, on QEMU too: says "hello " on it and "uart" on the UART, then echoes
# what comes in upper case, until a full stop.
        .include "guest.inc"
        .equ    QUEUE, 8
        .equ    RECEIVE, 0x80010000     # rings of 8: descriptors, avail at 128, used at 4096
        .equ    SEND, 0x80020000
        .equ    IN, 0x80030000
        .equ    OUT, 0x80031000
main:   li      s0, 0x10008000
        li      s1, 8
find:   lw      t0, 8(s0)
        li      t1, 3
        beq     t0, t1, found
        li      t0, 0x1000
        sub     s0, s0, t0
        addi    s1, s1, -1
        bnez    s1, find
        j       finish
found:  sw      zero, 0x70(s0)
        li      t0, 3
        sw      t0, 0x70(s0)
        sw      zero, 0x24(s0)
        sw      zero, 0x20(s0)          # no feature
        li      t0, 4096
        sw      t0, 0x28(s0)
        li      a0, 0
        li      a1, RECEIVE >> 12
        call    queue
        li      a0, 1
        li      a1, SEND >> 12
        call    queue
        li      t0, 7
        sw      t0, 0x70(s0)
        la      s2, uart
1:      lbu     a0, 0(s2)
        beqz    a0, 2f
        call    put
        addi    s2, s2, 1
        j       1b
2:      la      t0, hello
        li      t1, OUT
        li      a2, 0
3:      lbu     t2, 0(t0)
        beqz    t2, 4f
        sb      t2, 0(t1)
        addi    t0, t0, 1
        addi    t1, t1, 1
        addi    a2, a2, 1
        j       3b
4:      call    send
echo:   li      a0, RECEIVE             # a buffer for what comes
        li      a1, IN
        li      a2, 16
        li      a3, 2
        li      a4, 0
        call    pass
        mv      s3, a0                  # how many bytes came
        li      t0, IN
        li      t1, OUT
        li      s4, 0
        mv      a2, s3
1:      beqz    s3, 2f
        lbu     t2, 0(t0)
        li      t3, '.'
        bne     t2, t3, 3f
        li      s4, 1
3:      li      t3, 'a'
        bltu    t2, t3, 4f
        addi    t2, t2, 'A' - 'a'
4:      sb      t2, 0(t1)
        addi    t0, t0, 1
        addi    t1, t1, 1
        addi    s3, s3, -1
        j       1b
2:      call    send
        beqz    s4, echo
        j       finish

queue:  sw      a0, 0x30(s0)
        li      t0, QUEUE
        sw      t0, 0x38(s0)
        li      t0, 4096
        sw      t0, 0x3c(s0)
        sw      a1, 0x40(s0)
        ret

# Sends a2 bytes from OUT.
send:   li      a0, SEND
        li      a1, OUT
        li      a3, 0
        li      a4, 1

# Passes a2 bytes at a1 through the queue a4 at a0, a3: descriptor's flags; waits, and returns how many bytes were written to it.
pass:   sd      a1, 0(a0)
        sw      a2, 8(a0)
        sw      a3, 12(a0)
        lhu     t0, 130(a0)
        andi    t1, t0, QUEUE - 1
        slli    t1, t1, 1
        add     t1, t1, a0
        sh      zero, 132(t1)
        andi    t2, t0, QUEUE - 1
        addi    t0, t0, 1
        fence
        sh      t0, 130(a0)
        fence
        sw      a4, 0x50(s0)
        li      t1, 4096
        add     t1, t1, a0
        slli    t0, t0, 48
        srli    t0, t0, 48
1:      lhu     t3, 2(t1)
        bne     t3, t0, 1b
        slli    t2, t2, 3
        add     t1, t1, t2
        lw      a0, 8(t1)
        ret
uart:   .asciz  "uart"
hello:  .asciz  "hello "
