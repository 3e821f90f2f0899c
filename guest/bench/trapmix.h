/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What trapmix.c and its trap entries in trapmix_entry.S agree on: the layout of two structures and the calls from S-mode to
 * M-mode.
 */
#ifndef TRAPMIX_H
#define TRAPMIX_H

/* Offsets in struct supervisor_frame: x[32] first, then these. */
#define FRAME_KERNEL_STACK 256
/* Offsets in struct machine_frame. */
#define MACHINE_T0       0
#define MACHINE_T1       8
#define MACHINE_MTIMECMP 16
#define MACHINE_STACK    24

/* a7 of an ecall from S-mode. */
#define MACHINE_CALL_EXIT  0 /* back to bench_run; a0 is what trapmix_enter returns */
#define MACHINE_CALL_ARM   1 /* the timer is due now */
#define MACHINE_CALL_CLEAR 2 /* the supervisor timer interrupt has been handled */

#endif
