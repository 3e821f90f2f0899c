/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system calls as functions: their arguments are already where the kernel wants them.
 */
#define SYSCALL(number, name, arguments, meaning)                                                                                  \
        .section .text.sys_##name, "ax";                                                                                           \
        .globl sys_##name;                                                                                                         \
        .type sys_##name, @function;                                                                                               \
        sys_##name: li a7, number;                                                                                                 \
        ecall;                                                                                                                     \
        ret;                                                                                                                       \
        .size sys_##name, . - sys_##name

#include "turnstile/syscall.def"
