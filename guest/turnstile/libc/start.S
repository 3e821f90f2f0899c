# SPDX-License-Identifier: GPL-3.0-or-later
# Where a program begins: the kernel has put argc, argv and the environment into a0 to a2 and the stack (abi.h). tp gets the first
# thread's structure, gp what the linker relaxes addresses to.
        .globl  _start
        .section .text.start, "ax"
_start:
        .option push
        .option norelax
        la      gp, __global_pointer$
        .option pop
        la      tp, thread_first
        call    libc_start
        unimp

# A thread begins here with a0 = its structure, sp and tp set by the kernel.
        .globl  thread_entry
thread_entry:
        .option push
        .option norelax
        la      gp, __global_pointer$
        .option pop
        call    thread_begin
        unimp

# What a signal's handler returns to, with sp as it was at the handler's beginning.
        .globl  signal_restorer
signal_restorer:
        j       sys_sigreturn
