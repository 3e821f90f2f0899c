/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the trap path calls of the system calls.
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

struct trap_frame;

/* Serves the call in the frame: its registers are the arguments, a0 the result. system_call.c */
void system_call(struct trap_frame *frame);

#endif
