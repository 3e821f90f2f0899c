/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Deadlines and the timer interrupt, as wait.c, the scheduler and the trap path need them. Implemented by time.c.
 */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include <stdint.h>

struct hart;
struct thread;

void time_init(void);       /* boot hart */
void timer_hart_init(void); /* each hart */
/* wait_timed_out(thread) is called when the time has come, unless timer_remove was first. By the thread itself. */
void timer_add(struct thread *thread, uint64_t deadline_ticks);
void timer_remove(struct thread *thread);
/* The next interrupt of this hart is at hart->tick_deadline or its first deadline. Interrupts are disabled. */
void timer_program(struct hart *self);
void timer_interrupt(void);

#endif
