/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of system calls, made from syscall.def, and the few calls that belong to no table.
 */
#include "system_call.h"

#include "file_system.h"
#include "hart.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "process.h"
#include "thread.h"
#include "time.h"
#include "init.h"

#define SYSCALL(number, name, arguments, meaning) [number] = system_call_##name,
static int64_t (*const calls[])(const uint64_t argument[6]) = {
#include "turnstile/syscall.def"
};
#undef SYSCALL

enum { CALLS = sizeof calls / sizeof calls[0], A0 = 10, A7 = 17 };

void system_call(struct trap_frame *frame)
{
    struct thread *thread = current_thread();
    uint64_t number = frame->x[A7];
    hart_self()->system_calls++;
    thread->in_system_call = true;
    thread->first_argument = frame->x[A0];
    frame->pc += 4;
    uint64_t argument[6];
    memcpy(argument, &frame->x[A0], sizeof argument);
    int64_t result = number < CALLS && calls[number] ? calls[number](argument) : -ENOSYS;
    if (thread->in_system_call) /* sigreturn and exec set all registers themselves */
        frame->x[A0] = (uint64_t)result;
}

SYSTEM_CALL(hart)
{
    (void)argument;
    return hart_self()->index;
}

SYSTEM_CALL(clock)
{
    switch (argument[0]) {
    case CLOCK_MONOTONIC:
        return (int64_t)time_ns_since_boot();
    case CLOCK_REALTIME:
        return time_of_day_ns();
    default:
        return -EINVAL;
    }
}

SYSTEM_CALL(power_off)
{
    file_system_stop();
    power_off((int)argument[0] & 0xff);
}
