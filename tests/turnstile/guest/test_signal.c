/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of signals.
 */
#include "guest.h"

static volatile int last, times;
static volatile uint64_t address;

static void note(int signal, struct signal_frame *frame)
{
    last = signal;
    times++;
    address = frame->address;
}

static void note_and_spoil_fp(int signal, struct signal_frame *frame)
{
    volatile double x = 3.0;
    x = x * x;
    note(signal, frame);
}

static void set(int signal, void *handler, unsigned flags, uint64_t mask)
{
    struct signal_action action = {.handler = (uint64_t)handler, .mask = mask, .restorer = (uint64_t)restorer, .flags = flags};
    EQUAL(sys_sigaction(signal, &action, NULL), 0);
}

static void a_handler_runs(void)
{
    volatile double x = 1.5;
    set(SIGUSR1, note_and_spoil_fp, 0, 0);
    for (int i = 1; i <= 10; i++) {
        double y = x * 2;
        EQUAL(sys_kill((int)sys_getpid(), SIGUSR1), 0);
        CHECK(y == 3.0);
        EQUAL(times, i);
        EQUAL(last, SIGUSR1);
    }
}

static void signals_end_a_process(void)
{
    for (int signal = 1; signal < SIGNALS; signal++) {
        if (signal == SIGCHLD || signal == SIGCONT || signal == SIGWINCH)
            continue;
        long pid = sys_fork();
        if (pid == 0)
            for (;;)
                sys_sleep(1000000000);
        EQUAL(sys_kill((int)pid, signal), 0);
        EQUAL(wait_for(pid), signal);
        EQUAL(sys_kill((int)pid, signal), -ESRCH);
    }
}

static void a_process_that_computes_can_be_killed(void)
{
    long pid = sys_fork();
    if (pid == 0)
        for (;;)
            last++;
    sys_sleep(100000);
    EQUAL(sys_kill((int)pid, SIGKILL), 0);
    EQUAL(wait_for(pid), SIGKILL);
}

static void blocked_signals_wait(void)
{
    uint64_t mask = 1 << SIGUSR1 | 1 << SIGKILL, old;
    set(SIGUSR1, note, 0, 0);
    EQUAL(sys_sigmask(SIGNAL_BLOCK, &mask, &old), 0);
    EQUAL(old, 0);
    sys_kill((int)sys_getpid(), SIGUSR1);
    sys_yield();
    EQUAL(times, 0);
    EQUAL(sys_sigmask(SIGNAL_UNBLOCK, &mask, &old), 0);
    EQUAL(old, 1 << SIGUSR1);
    EQUAL(times, 1);
    EQUAL(sys_sigmask(9, &mask, NULL), -EINVAL);
}

static void ignored_signals_do_nothing(void)
{
    set(SIGTERM, (void *)SIGNAL_IGNORE, 0, 0);
    EQUAL(sys_kill((int)sys_getpid(), SIGTERM), 0);
    EQUAL(sys_kill((int)sys_getpid(), SIGCHLD), 0);
    struct signal_action action = {.handler = SIGNAL_IGNORE};
    EQUAL(sys_sigaction(SIGKILL, &action, NULL), -EINVAL);
    EQUAL(sys_sigaction(SIGNALS, &action, NULL), -EINVAL);
    EQUAL(sys_sigaction(0, &action, NULL), -EINVAL);
}

/* A child that sends a signal again and again: the first may come before we wait, on a machine whose host is busy. */
static long signal_often(int signal, unsigned count)
{
    long parent = sys_getpid(), pid = sys_fork();
    if (pid == 0) {
        for (unsigned i = 0; i < count; i++) {
            sys_sleep(2000000);
            sys_kill((int)parent, signal);
        }
        sys_exit(0);
    }
    return pid;
}

static void end_signals(long pid, int signal)
{
    set(signal, (void *)SIGNAL_IGNORE, 0, 0);
    EQUAL(sys_kill((int)pid, SIGKILL), 0);
    EQUAL(wait_for(pid), SIGKILL);
}

static void a_signal_ends_a_wait(void)
{
    int ends[2];
    char c;
    CHECK(sys_pipe(ends) == 0);
    set(SIGUSR1, note, 0, 0);
    long pid = signal_often(SIGUSR1, 1000000);
    EQUAL(sys_read(ends[0], &c, 1), -EINTR);
    CHECK(times >= 1);
    EQUAL(sys_sleep(1000000000000), -EINTR);
    CHECK(times >= 2);
    end_signals(pid, SIGUSR1);
}

static void a_restarted_call_goes_on(void)
{
    set(SIGUSR1, note, SIGNAL_RESTART, 0);
    long pid = signal_often(SIGUSR1, 3);
    EQUAL(wait_for(pid), 0);
    CHECK(times >= 1);
}

static void note_and_leave(int signal, struct signal_frame *frame)
{
    note(signal, frame);
    sys_exit(50 + signal);
}

static void faults_can_be_handled(void)
{
    set(SIGSEGV, note_and_leave, 0, 0);
    long pid = sys_fork();
    if (pid == 0)
        *(volatile char *)0x1234 = 1;
    EQUAL(wait_for(pid), (50 + SIGSEGV) << 8);
    /* no stack for the handler: the process ends */
    pid = sys_fork();
    if (pid == 0)
        __asm__ volatile("li sp, 0x100\n\tsb zero, 0(sp)");
    EQUAL(wait_for(pid), SIGSEGV);
}

static void skip(int signal, struct signal_frame *frame)
{
    note(signal, frame);
    frame->pc += 4;
}

static void a_handler_changes_where_it_goes_on(void)
{
    set(SIGILL, skip, 0, 0);
    __asm__ volatile(".option push\n\t.option norvc\n\tcsrw satp, zero\n\t.option pop");
    EQUAL(times, 1);
}

static void a_handler_that_runs_once(void)
{
    set(SIGUSR2, note, SIGNAL_ONCE, 0);
    long pid = sys_fork();
    if (pid == 0) {
        sys_kill((int)sys_getpid(), SIGUSR2);
        CHECK(times == 1);
        sys_kill((int)sys_getpid(), SIGUSR2);
        sys_exit(0);
    }
    EQUAL(wait_for(pid), SIGUSR2);
}

static void a_false_return_ends_the_process(void)
{
    long pid = sys_fork();
    if (pid == 0)
        __asm__ volatile("li sp, 0x1000\n\tcall sys_sigreturn");
    EQUAL(wait_for(pid), SIGSEGV);
    pid = sys_fork();
    if (pid == 0) { /* a frame of nonsense */
        static struct signal_frame frame;
        memset(&frame, 0xff, sizeof frame);
        __asm__ volatile("mv sp, %0\n\tcall sys_sigreturn" : : "r"(&frame));
    }
    EQUAL(wait_for(pid), SIGSEGV);
}

static void children_report(void)
{
    set(SIGCHLD, note, SIGNAL_RESTART, 0);
    long pid = sys_fork();
    if (pid == 0)
        sys_exit(0);
    EQUAL(wait_for(pid), 0);
    EQUAL(times, 1);
    EQUAL(last, SIGCHLD);
}

static void a_storm_of_signals(void)
{
    set(SIGUSR1, note, SIGNAL_RESTART, 0);
    long parent = sys_getpid(), pids[4];
    for (int i = 0; i < 4; i++)
        if ((pids[i] = sys_fork()) == 0) {
            for (unsigned j = 0; j < 25 * rounds; j++)
                sys_kill((int)parent, SIGUSR1);
            sys_exit(0);
        }
    for (int i = 0; i < 4; i++)
        EQUAL(wait_for(pids[i]), 0);
    CHECK(times > 0);
}

static void a_broken_pipe(void)
{
    int ends[2];
    CHECK(sys_pipe(ends) == 0);
    sys_close(ends[0]);
    long pid = sys_fork();
    if (pid == 0) {
        sys_write(ends[1], "x", 1);
        sys_exit(0);
    }
    EQUAL(wait_for(pid), SIGPIPE);
    set(SIGPIPE, (void *)SIGNAL_IGNORE, 0, 0);
    EQUAL(sys_write(ends[1], "x", 1), -EPIPE);
}

static void a_group_is_signalled(void)
{
    long pids[3];
    for (int i = 0; i < 3; i++) {
        if ((pids[i] = sys_fork()) == 0)
            for (;;)
                sys_sleep(1000000000);
        EQUAL(sys_setpgid((int)pids[i], (int)pids[0]), 0);
    }
    EQUAL(sys_kill((int)-pids[0], SIGTERM), 0);
    for (int i = 0; i < 3; i++)
        EQUAL(wait_for(pids[i]), SIGTERM);
    EQUAL(sys_kill((int)-pids[0], SIGTERM), -ESRCH);
    EQUAL(sys_kill(1, 0), 0);
    EQUAL(sys_kill(1, SIGTERM), 0); /* to which it means nothing */
}

const struct test signal_tests[] = {
    {"a-handler-runs", a_handler_runs},
    {"signals-end-a-process", signals_end_a_process},
    {"a-process-that-computes-can-be-killed", a_process_that_computes_can_be_killed},
    {"blocked-signals-wait", blocked_signals_wait},
    {"ignored-signals-do-nothing", ignored_signals_do_nothing},
    {"a-signal-ends-a-wait", a_signal_ends_a_wait},
    {"a-restarted-call-goes-on", a_restarted_call_goes_on},
    {"faults-can-be-handled", faults_can_be_handled},
    {"a-handler-changes-where-it-goes-on", a_handler_changes_where_it_goes_on},
    {"a-handler-that-runs-once", a_handler_that_runs_once},
    {"a-false-return-ends-the-process", a_false_return_ends_the_process},
    {"children-report", children_report},
    {"a-storm-of-signals", a_storm_of_signals},
    {"a-broken-pipe", a_broken_pipe},
    {"a-group-is-signalled", a_group_is_signalled},
    {0},
};
