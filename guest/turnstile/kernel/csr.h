/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Control and status registers and their bits (privileged specification, chapter 4). Also for assembly.
 */
#ifndef KERNEL_CSR_H
#define KERNEL_CSR_H

#define SSTATUS_SIE        0x2
#define SSTATUS_SPIE       0x20
#define SSTATUS_SPP        0x100
#define SSTATUS_FS         0x6000
#define SSTATUS_FS_INITIAL 0x2000
#define SSTATUS_FS_CLEAN   0x4000
#define SSTATUS_FS_DIRTY   0x6000
#define SSTATUS_SUM        0x40000

#define SIE_SOFTWARE       0x2
#define SIE_TIMER          0x20
#define SIE_EXTERNAL       0x200

#define SATP_SV39          0x8000000000000000

#define CAUSE_INTERRUPT    0x8000000000000000
#define CAUSE_ILLEGAL      2
#define CAUSE_BREAKPOINT   3
#define CAUSE_SYSTEM_CALL  8
#define CAUSE_FETCH_PAGE   12
#define CAUSE_LOAD_PAGE    13
#define CAUSE_STORE_PAGE   15

#ifndef __ASSEMBLER__
#define CSR_READ(name)                                                                                                             \
    ({                                                                                                                             \
        unsigned long value_;                                                                                                      \
        __asm__ volatile("csrr %0, " #name : "=r"(value_) : : "memory");                                                           \
        value_;                                                                                                                    \
    })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" : : "r"((unsigned long)(value)) : "memory")
#define CSR_SET(name, bits)    __asm__ volatile("csrs " #name ", %0" : : "r"((unsigned long)(bits)) : "memory")
#define CSR_CLEAR(name, bits)  __asm__ volatile("csrc " #name ", %0" : : "r"((unsigned long)(bits)) : "memory")
#endif

#endif
