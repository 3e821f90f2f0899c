# SPDX-License-Identifier: GPL-3.0-or-later
# Drives the first virtio block device it finds, in both versions of the registers, on QEMU too: says version, capacity and features,
# then what it was told to do by the first byte of sector 0:
#   'c'  copies sector 1 to sector 2 with every byte plus 1, flushes, says F, reads sector 2 back and prints its first line
#   'w'  as 'c', but without a flush at the end
#   'n'  as 'l', but resets the device first, to do without the feature of flushing and without flushes
#   'r'  says R and reads every 256th sector
#   'h'  says H and asks eight times for 600 MiB, all to one place
#   'l'  writes sectors 8, 9, 10 ... 71 with their number, a flush and a digit or letter behind each
        .include "guest.inc"
        .equ    QUEUE, 8
        .equ    RING, 0x80010000        # descriptors, avail, used in the legacy layout
        .equ    AVAIL, RING + 16 * QUEUE
        .equ    USED, RING + 4096
        .equ    HEADER, 0x80020000
        .equ    STATUS, 0x80020010
        .equ    DATA, 0x80021000
main:   li      s0, 0x10008000
        li      s1, 8
find:   lw      t0, 8(s0)
        li      t1, 2
        beq     t0, t1, found
        li      t0, 0x1000
        sub     s0, s0, t0
        addi    s1, s1, -1
        bnez    s1, find
        la      a1, none
        call    print
        j       finish
found:  li      a0, 'v'
        call    put
        lw      s2, 4(s0)               # version
        addi    a0, s2, '0'
        call    put
        li      a0, ' '
        call    put
        li      s8, 1 << 9              # flush
start:  sw      zero, 0x70(s0)
        li      t0, AVAIL
        sh      zero, 2(t0)
        li      t0, USED
        sh      zero, 2(t0)
        li      t0, 1
        sw      t0, 0x70(s0)
        li      t0, 3
        sw      t0, 0x70(s0)
        sw      zero, 0x14(s0)
        lw      s3, 0x10(s0)            # features
        andi    a0, s3, 0x20            # read only?
        beqz    a0, 1f
        la      a1, readonly
        call    print
1:      lw      a2, 0x100(s0)           # capacity
        call    hex
        sw      zero, 0x24(s0)
        and     t0, s8, s3
        sw      t0, 0x20(s0)
        li      t0, 2
        bne     s2, t0, legacy
        li      t0, 1
        sw      t0, 0x24(s0)
        sw      t0, 0x20(s0)            # version 1.0
        li      t0, 11
        sw      t0, 0x70(s0)
        lw      t0, 0x70(s0)
        andi    t0, t0, 8
        beqz    t0, refused
        sw      zero, 0x30(s0)
        li      t0, QUEUE
        sw      t0, 0x38(s0)
        li      t0, RING
        sw      t0, 0x80(s0)
        sw      zero, 0x84(s0)
        li      t0, AVAIL
        sw      t0, 0x90(s0)
        sw      zero, 0x94(s0)
        li      t0, USED
        sw      t0, 0xa0(s0)
        sw      zero, 0xa4(s0)
        li      t0, 1
        sw      t0, 0x44(s0)
        li      t0, 15
        sw      t0, 0x70(s0)
        j       ready
legacy: li      t0, 4096
        sw      t0, 0x28(s0)
        sw      zero, 0x30(s0)
        li      t0, QUEUE
        sw      t0, 0x38(s0)
        li      t0, 4096
        sw      t0, 0x3c(s0)
        li      t0, RING >> 12
        sw      t0, 0x40(s0)
        li      t0, 7
        sw      t0, 0x70(s0)
ready:  li      a0, 0                   # read
        li      a1, 0                   # sector
        call    request
        li      s4, DATA
        lbu     s5, 0(s4)
        li      t0, 'l'
        beq     s5, t0, many
        li      t0, 'n'
        bne     s5, t0, 1f
        beqz    s8, many
        li      s8, 0
        j       start
1:
        li      t0, 'r'
        beq     s5, t0, reads
        li      t0, 'h'
        beq     s5, t0, huge
        li      a0, 0
        li      a1, 1
        call    request
        li      t1, 512
        mv      t0, s4
1:      lbu     t2, 0(t0)
        addi    t2, t2, 1
        sb      t2, 0(t0)
        addi    t0, t0, 1
        addi    t1, t1, -1
        bnez    t1, 1b
        li      a0, 1
        li      a1, 2
        call    request
        li      t0, 'w'
        beq     s5, t0, 2f
        li      a0, 4                   # flush
        li      a1, 0
        call    request
        li      a0, 'F'
        call    put
2:      sd      zero, 0(s4)
        li      a0, 0
        li      a1, 2
        call    request
        li      a0, ' '
        call    put
        mv      a1, s4
        sb      zero, 16(s4)
        call    print
        j       finish
many:   li      s6, 8
1:      mv      t0, s4
        li      t1, 512
2:      sb      s6, 0(t0)
        addi    t0, t0, 1
        addi    t1, t1, -1
        bnez    t1, 2b
        li      a0, 1
        mv      a1, s6
        call    request
        beqz    s8, 3f
        li      a0, 4
        li      a1, 0
        call    request
3:      addi    a0, s6, '0' - 8
        call    put
        addi    s6, s6, 1
        li      t0, 72
        bltu    s6, t0, 1b
        j       finish
huge:   li      a0, 'H'
        call    put
        li      t0, HEADER
        sd      zero, 0(t0)
        sd      zero, 8(t0)
        li      t1, RING + 16           # descriptor 0 is the header's already
        li      t2, 100 << 20
        li      t3, 2 << 16 | 3         # the device writes; next: 2
        li      t4, 6
        li      t5, 0x80100000
1:      sd      t5, 0(t1)
        sw      t2, 8(t1)
        sw      t3, 12(t1)
        addi    t1, t1, 16
        li      t0, 1 << 16
        add     t3, t3, t0
        addi    t4, t4, -1
        bnez    t4, 1b
        li      t0, STATUS
        sd      t0, 0(t1)
        li      t0, 1
        sw      t0, 8(t1)
        li      t0, 2
        sw      t0, 12(t1)
        li      t1, AVAIL
        sd      zero, 4(t1)
        sd      zero, 12(t1)
        lhu     t0, 2(t1)
        addi    t0, t0, QUEUE
        fence
        sh      t0, 2(t1)
        fence
        sw      zero, 0x50(s0)
1:      wfi
        j       1b
reads:  li      a0, 'R'
        call    put
        lwu     s6, 0x100(s0)
        li      s7, 0
1:      li      a0, 0
        mv      a1, s7
        call    request
        addi    s7, s7, 256
        bltu    s7, s6, 1b
        j       finish
refused:
        la      a1, norefuse
        call    print
        j       finish

# One request of one sector: type a0, sector a1. Prints '!' and the status if that is not 0.
request:
        mv      a7, ra
        li      t0, HEADER
        sw      a0, 0(t0)
        sw      zero, 4(t0)
        sd      a1, 8(t0)
        li      t1, RING
        sd      t0, 0(t1)               # the header
        li      t2, 16
        sw      t2, 8(t1)
        li      t2, 1 << 16 | 1         # next: 1
        sw      t2, 12(t1)
        li      t3, STATUS
        sb      t3, 0(t3)
        li      t2, 4
        beq     a0, t2, 1f
        li      t2, DATA
        sd      t2, 16(t1)
        li      t2, 512
        sw      t2, 24(t1)
        li      t2, 2 << 16 | 1
        bnez    a0, 2f
        ori     t2, t2, 2               # the device writes
2:      sw      t2, 28(t1)
        addi    t1, t1, 16
1:      sd      t3, 16(t1)
        li      t2, 1
        sw      t2, 24(t1)
        li      t2, 2
        sw      t2, 28(t1)
        li      t1, AVAIL
        lhu     t2, 2(t1)
        andi    t4, t2, QUEUE - 1
        slli    t4, t4, 1
        add     t4, t4, t1
        sh      zero, 4(t4)
        fence
        addi    t2, t2, 1
        sh      t2, 2(t1)
        fence
        sw      zero, 0x50(s0)
        li      t1, USED
        slli    t2, t2, 48
        srli    t2, t2, 48
3:      lhu     t4, 2(t1)
        bne     t4, t2, 3b
        lw      t4, 0x60(s0)
        sw      t4, 0x64(s0)
        lbu     a2, 0(t3)
        beqz    a2, 4f
        li      a0, '!'
        call    put
        addi    a0, a2, '0'
        call    put
4:      mv      ra, a7
        ret

# The string at a1.
print:  mv      a6, ra
1:      lbu     a0, 0(a1)
        beqz    a0, 2f
        call    put
        addi    a1, a1, 1
        j       1b
2:      mv      ra, a6
        ret

# a2 in hexadecimal, and a space.
hex:    mv      a6, ra
        li      a3, 28
1:      srl     a0, a2, a3
        andi    a0, a0, 15
        addi    a0, a0, '0'
        li      t1, '9'
        bleu    a0, t1, 2f
        addi    a0, a0, 'a' - '9' - 1
2:      call    put
        addi    a3, a3, -4
        bgez    a3, 1b
        li      a0, ' '
        call    put
        mv      ra, a6
        ret
none:   .asciz  "no disk"
readonly:
        .asciz  "read-only "
norefuse:
        .asciz  "features refused"
