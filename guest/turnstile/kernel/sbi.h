/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Calls to the firmware (RISC-V SBI specification 1.0): OpenSBI, or the M-mode part of the image (guest/turnstile/machine/). Also
 * for assembly.
 */
#ifndef KERNEL_SBI_H
#define KERNEL_SBI_H

#define SBI_BASE              0x10
#define SBI_TIME              0x54494d45
#define SBI_IPI               0x735049
#define SBI_HSM               0x48534d
#define SBI_RESET             0x53525354

#define SBI_HSM_START         0
#define SBI_HSM_STATUS        2

#define SBI_SUCCESS           0
#define SBI_FAILED            -1
#define SBI_NOT_SUPPORTED     -2
#define SBI_INVALID_PARAMETER -3
#define SBI_INVALID_ADDRESS   -5
#define SBI_ALREADY_AVAILABLE -6

#ifndef __ASSEMBLER__
struct sbi_result {
    long error, value;
};

static inline struct sbi_result sbi_call(unsigned long extension, unsigned long function, unsigned long arg0, unsigned long arg1,
                                         unsigned long arg2)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a6 __asm__("a6") = function;
    register unsigned long a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(long)a0, (long)a1};
}
#endif

#endif
