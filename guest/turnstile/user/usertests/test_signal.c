/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signals: handlers, masks, what they interrupt, what they must leave alone.
 */
#include <stdatomic.h>

#include "test.h"
#include "thread.h"

static volatile int handled, last_signal, depth, deepest;

static void count(int signal, struct signal_frame *frame)
{
    handled++;
    last_signal = signal;
}

static void a_handler_runs_and_returns(void)
{
    IS(signal_set(SIGUSR1, count, 0, 0), 0);
    for (int i = 1; i <= 10; i++) {
        IS(raise(SIGUSR1), 0);
        IS(handled, i);
    }
    IS(last_signal, SIGUSR1);
}

static struct signal_frame seen;

static void keep_frame(int signal, struct signal_frame *frame)
{
    seen = *frame;
}

static void the_handler_gets_the_frame(void)
{
    uint64_t mask = 1ull << SIGUSR2;
    IS(sys_sigmask(SIGNAL_SET, &mask, NULL), 0);
    IS(signal_set(SIGUSR1, keep_frame, 0, 0), 0);
    IS(raise(SIGUSR1), 0);
    IS(seen.signal, SIGUSR1);
    IS(seen.mask, mask);
    CHECK(seen.pc >= USER_BASE && seen.registers[2] > (uintptr_t)&mask - 65536);
}

static void a_blocked_signal_waits(void)
{
    uint64_t set = 1ull << SIGUSR1, old = 1;
    IS(signal_set(SIGUSR1, count, 0, 0), 0);
    IS(sys_sigmask(SIGNAL_BLOCK, &set, &old), 0);
    IS(old, 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    IS(handled, 0);
    IS(sys_sigmask(SIGNAL_UNBLOCK, &set, &old), 0);
    IS(old, set);
    IS(handled, 1); /* signals are not counted */
    IS(sys_sigmask(3, &set, NULL), -EINVAL);
}

static void nest(int signal, struct signal_frame *frame)
{
    depth++;
    deepest = depth > deepest ? depth : deepest;
    if (handled++ < 3)
        raise(signal);
    depth--;
}

static void a_signal_waits_while_its_handler_runs_unless_told(void)
{
    IS(signal_set(SIGUSR1, nest, 0, 0), 0);
    raise(SIGUSR1);
    IS(deepest, 1);
    IS(handled, 4);
    handled = deepest = 0;
    IS(signal_set(SIGUSR1, nest, SIGNAL_NODEFER, 0), 0);
    raise(SIGUSR1);
    IS(deepest, 4);
}

static void raise_other(int signal, struct signal_frame *frame)
{
    raise(SIGUSR2);
    IS(handled, 0);
    last_signal = signal;
}

static void the_mask_of_an_action_holds_during_its_handler(void)
{
    signal_set(SIGUSR2, count, 0, 0);
    signal_set(SIGUSR1, raise_other, 0, 1ull << SIGUSR2);
    raise(SIGUSR1);
    IS(handled, 1);
    IS(last_signal, SIGUSR2);
}

static void once_is_once(void)
{
    signal_set(SIGUSR1, count, SIGNAL_ONCE, 0);
    raise(SIGUSR1);
    IS(handled, 1);
    struct signal_action action;
    IS(sys_sigaction(SIGUSR1, NULL, &action), 0);
    IS(action.handler, SIGNAL_DEFAULT);
}

static void kill_self(void)
{
    signal_set(SIGKILL, count, 0, 0);
    uint64_t all = UINT64_MAX;
    sys_sigmask(SIGNAL_SET, &all, NULL);
    raise(SIGKILL);
}

static void kill_cannot_be_caught(void)
{
    IS(signal_set(SIGKILL, count, 0, 0), -EINVAL);
    IS(signal_ignore(SIGKILL), -EINVAL);
    test_dies_of(kill_self, SIGKILL);
}

static int chosen;

static void raise_chosen(void)
{
    raise(chosen);
}

static void by_default_signals_end_the_process_or_nothing(void)
{
    for (chosen = 1; chosen < SIGNALS; chosen++)
        if (chosen == SIGCHLD || chosen == SIGCONT || chosen == SIGWINCH)
            IS(test_child(raise_chosen), 0);
        else
            test_dies_of(raise_chosen, chosen);
}

static void ignored_signals_do_nothing(void)
{
    signal_ignore(SIGTERM);
    raise(SIGTERM);
    signal_set(SIGTERM, count, 0, 0);
    IS(handled, 0);
}

static void signals_that_are_none_are_refused(void)
{
    IS(sys_kill(0, -1), -EINVAL);
    IS(sys_kill(0, SIGNALS), -EINVAL);
    IS(sys_kill(30001, SIGTERM), -ESRCH);
    IS(sys_kill(30001, 0), -ESRCH);
    IS(sys_kill(-30001, SIGTERM), -ESRCH);
    IS(sys_kill((int)sys_getpid(), 0), 0);
    IS(sys_sigaction(0, NULL, NULL), -EINVAL);
    IS(sys_sigaction(SIGNALS, NULL, NULL), -EINVAL);
    struct signal_action action = {.flags = 0x100};
    IS(sys_sigaction(SIGTERM, &action, NULL), -EINVAL);
}

static void the_parent_hears_of_a_childs_end(void)
{
    signal_set(SIGCHLD, count, 0, 0);
    int pid = test_fork();
    if (pid == 0)
        _Exit(0);
    while (!handled)
        test_sleep_ms(1);
    test_wait_good(pid);
    IS(last_signal, SIGCHLD);
}

static void a_group_is_signalled_together(void)
{
    int pids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0)
            for (;;)
                test_sleep_ms(1000);
        sys_setpgid(pids[i], pids[0]);
    }
    IS(sys_kill(-pids[0], SIGTERM), 0);
    for (int i = 0; i < 3; i++)
        IS(process_wait(pids[i]), SIGTERM);
}

/* A child that waits in a call; the signal comes while it does. Its exit status is the error. */
static int interrupted(int64_t (*call)(void), unsigned flags)
{
    int pid = test_fork();
    if (pid == 0) {
        signal_set(SIGUSR1, count, flags, 0);
        int64_t error = call();
        _Exit(handled ? (int)-error : 99);
    }
    test_sleep_ms(5);
    while (sys_kill(pid, SIGUSR1) == 0) {
        int status;
        test_sleep_ms(3);
        if (sys_wait(pid, &status, WAIT_NO_HANG) == pid)
            return WAIT_EXIT_STATUS(status);
        if (flags & SIGNAL_RESTART) {
            sys_kill(pid, SIGKILL);
            return process_wait(pid) == SIGKILL ? 0 : -1;
        }
    }
    return -1;
}

static int ends[2];

static int64_t wait_in_read(void)
{
    char byte;
    return sys_read(ends[0], &byte, 1);
}

static int64_t wait_in_write(void)
{
    static char bytes[70000];
    for (;;) {
        int64_t result = sys_write(ends[1], bytes, sizeof bytes);
        if (result < 0)
            return result;
    }
}

static int64_t wait_in_sleep(void)
{
    return sys_sleep(100000000000);
}

static int64_t wait_for_child(void)
{
    int pid = test_fork();
    if (pid == 0) {
        test_sleep_ms(200);
        _Exit(0);
    }
    return sys_wait(pid, NULL, 0);
}

static int64_t wait_in_futex(void)
{
    uint32_t word = 0;
    return sys_futex_wait(&word, 0, FUTEX_FOR_EVER);
}

static int64_t wait_in_semaphore(void)
{
    return sys_semaphore_wait((int)sys_semaphore_create(0));
}

static void a_handler_interrupts_calls_that_wait(void)
{
    IS(sys_pipe(ends), 0);
    IS(interrupted(wait_in_read, 0), EINTR);
    IS(interrupted(wait_in_sleep, 0), EINTR);
    IS(interrupted(wait_for_child, 0), EINTR);
    IS(interrupted(wait_in_futex, 0), EINTR);
    IS(interrupted(wait_in_semaphore, 0), EINTR);
    IS(interrupted(wait_in_write, 0), EINTR);
    test_sleep_ms(250); /* the child of a child */
}

static void a_call_begins_again_if_the_handler_wants_it(void)
{
    IS(sys_pipe(ends), 0);
    IS(interrupted(wait_in_read, SIGNAL_RESTART), 0);
    IS(interrupted(wait_in_semaphore, SIGNAL_RESTART), 0);
}

static void skip_instruction(int signal, struct signal_frame *frame)
{
    handled++;
    seen = *frame;
    frame->pc += 4;
    frame->registers[10] = 77; /* a0 */
}

static void a_fault_can_be_handled(void)
{
    uint64_t value = 0;
    IS(signal_set(SIGSEGV, skip_instruction, 0, 0), 0);
    IS(signal_set(SIGILL, skip_instruction, 0, 0), 0);
#if defined __riscv
    for (int i = 0; i < 3; i++) {
        __asm__ volatile(".option push\n.option norvc\n li a0, 0x3000000123\n lb a0, 0(a0)\n mv %0, a0\n.option pop"
                         : "=r"(value)
                         :
                         : "a0", "memory");
        IS(value, 77);
        IS(seen.address, 0x3000000123);
    }
    __asm__ volatile(".4byte 0xffffffff\n mv %0, a0" : "=r"(value) : : "a0");
    IS(value, 77);
#endif
    IS(handled, 4);
}

static void fault_in_handler(int signal, struct signal_frame *frame)
{
    *(volatile int *)(uintptr_t)frame->address = 1;
}

static void fault(void)
{
    signal_set(SIGSEGV, fault_in_handler, 0, 0);
    *(volatile int *)(uintptr_t)0x3000000000 = 1;
}

static void a_fault_in_the_faults_handler_ends_the_process(void)
{
    test_dies_of(fault, SIGSEGV);
}

static void return_from_nothing(void)
{
#if defined __riscv
    __asm__ volatile("li sp, 16\n li a7, 12\n ecall");
#endif
}

static void return_to_the_kernel(void)
{
#if defined __riscv
    static struct signal_frame frame;
    frame.pc = 0xffffffc080200000;
    for (int i = 0; i < 32; i++)
        frame.registers[i] = 0xffffffffffffffff;
    __asm__ volatile("mv sp, %0\n li a7, 12\n ecall" : : "r"(&frame));
#endif
}

static void a_made_up_frame_ends_the_process_at_most(void)
{
    test_dies_of(return_from_nothing, SIGSEGV);
    test_dies_of(return_to_the_kernel, SIGSEGV);
}

static _Atomic bool is_over;

/* All registers, the floating-point ones too, hold values that a handler must not change. */
static unsigned count_changes(void)
{
    uint64_t changes = 0;
#if defined __riscv
    __asm__ volatile(
        "li t0, 11\n li t1, 12\n li t2, 13\n li a1, 14\n li a2, 15\n li a3, 16\n li a4, 17\n li a5, 18\n li a6, 19\n"
        "li a7, 20\n li t3, 21\n li t4, 22\n li t5, 23\n fcvt.d.l ft0, t0\n fcvt.d.l fs1, t1\n fcvt.d.l ft11, t2\n"
        "li t6, 2000\n"
        "1: addi t6, t6, -1\n bnez t6, 1b\n"
        "fcvt.l.d t6, ft0\n bne t6, t0, 2f\n fcvt.l.d t6, fs1\n bne t6, t1, 2f\n fcvt.l.d t6, ft11\n bne t6, t2, 2f\n"
        "addi t0, t0, -11\n addi t1, t1, -12\n addi t2, t2, -13\n addi a1, a1, -14\n addi a2, a2, -15\n addi a3, a3, -16\n"
        "addi a4, a4, -17\n addi a5, a5, -18\n addi a6, a6, -19\n addi a7, a7, -20\n addi t3, t3, -21\n"
        "addi t4, t4, -22\n addi t5, t5, -23\n"
        "or %0, t0, t1\n or %0, %0, t2\n or %0, %0, a1\n or %0, %0, a2\n or %0, %0, a3\n or %0, %0, a4\n or %0, %0, a5\n"
        "or %0, %0, a6\n or %0, %0, a7\n or %0, %0, t3\n or %0, %0, t4\n or %0, %0, t5\n j 3f\n"
        "2: li %0, 1\n 3:"
        : "=&r"(changes)
        :
        : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "ft0", "fs1", "ft11", "memory");
#endif
    return changes != 0;
}

static void use_registers(int signal, struct signal_frame *frame)
{
    handled++;
#if defined __riscv
    __asm__ volatile("fmv.d.x ft0, zero\n fmv.d.x ft11, zero\n fmv.d.x fs1, zero\n li t0, 0\n li t1, 0\n li t6, 99"
                     :
                     :
                     : "t0", "t1", "t6", "ft0", "ft11", "fs1");
#endif
}

static void registers_survive_handlers(void)
{
    signal_set(SIGUSR1, use_registers, 0, 0);
    int self = (int)sys_getpid(), pid = test_fork();
    if (pid == 0) {
        for (;;) {
            sys_kill(self, SIGUSR1);
            sys_sleep(50000);
        }
    }
    unsigned changes = 0;
    for (unsigned i = 0; handled < 30 && i < 200000; i++)
        changes += count_changes();
    sys_kill(pid, SIGKILL);
    process_wait(pid);
    IS(changes, 0);
    CHECK(handled >= 30);
}

static void fork_inherits_handlers_and_masks(void)
{
    uint64_t set = 1ull << SIGUSR2, seen_set;
    signal_set(SIGUSR1, count, 0, 0);
    sys_sigmask(SIGNAL_SET, &set, NULL);
    int pid = test_fork();
    if (pid == 0) {
        raise(SIGUSR1);
        IS(handled, 1);
        IS(sys_sigmask(SIGNAL_SET, NULL, &seen_set), 0);
        IS(seen_set, set);
        _Exit(0);
    }
    test_wait_good(pid);
}

static int64_t wait_for_end(void *argument)
{
    uint64_t set = *(uint64_t *)argument;
    sys_sigmask(SIGNAL_SET, &set, NULL);
    while (!atomic_load_explicit(&is_over, memory_order_relaxed))
        sys_sleep(1000000);
    return 0;
}

static void a_signal_goes_to_one_thread_that_takes_it(void)
{
    struct thread *threads[3];
    uint64_t set = 1ull << SIGUSR1, own;
    signal_set(SIGUSR1, count, 0, 0);
    for (int i = 0; i < 3; i++) {
        own = i == 2 ? 0 : set;
        IS(thread_create(&threads[i], wait_for_end, &own), 0);
        test_sleep_ms(5);
    }
    sys_sigmask(SIGNAL_SET, &set, NULL);
    for (int i = 1; i <= 20; i++) {
        raise(SIGUSR1);
        for (int wait = 0; handled < i && wait < 1000; wait++)
            test_sleep_ms(1);
        IS(handled, i);
    }
    atomic_store_explicit(&is_over, true, memory_order_relaxed);
    for (int i = 0; i < 3; i++)
        IS(thread_join(threads[i], NULL), 0);
}

static void every_signal_sent_to_a_running_process_arrives(void)
{
    /* One at a time, answered through a pipe. */
    int answers[2];
    char byte;
    IS(sys_pipe(answers), 0);
    int pid = test_fork();
    if (pid == 0) {
        signal_set(SIGUSR1, count, 0, 0);
        sys_write(answers[1], "r", 1);
        for (int told = 0;;)
            if (handled > told) {
                told++;
                sys_write(answers[1], "a", 1);
            }
    }
    IS(sys_read(answers[0], &byte, 1), 1);
    for (unsigned i = 0; i < 50 * test_scale; i++) {
        IS(sys_kill(pid, SIGUSR1), 0);
        IS(sys_read(answers[0], &byte, 1), 1);
    }
    sys_kill(pid, SIGKILL);
    IS(process_wait(pid), SIGKILL);
}

static void kill_ends_what_runs_and_what_sleeps(void)
{
    for (int i = 0; i < 6; i++) {
        int pid = test_fork();
        if (pid == 0) {
            sys_pipe(ends);
            while (i % 3 == 0)
                continue;
            if (i % 3 == 1)
                wait_in_read();
            sys_semaphore_wait((int)sys_semaphore_create(0));
        }
        if (i > 2)
            test_sleep_ms(3);
        IS(sys_kill(pid, SIGKILL), 0);
        IS(process_wait(pid), SIGKILL);
    }
}

static const struct test tests[] = {
    TEST(a_handler_runs_and_returns),
    TEST(the_handler_gets_the_frame),
    TEST(a_blocked_signal_waits),
    TEST(a_signal_waits_while_its_handler_runs_unless_told),
    TEST(the_mask_of_an_action_holds_during_its_handler),
    TEST(once_is_once),
    TEST(kill_cannot_be_caught),
    TEST(by_default_signals_end_the_process_or_nothing),
    TEST(ignored_signals_do_nothing),
    TEST(signals_that_are_none_are_refused),
    TEST(the_parent_hears_of_a_childs_end),
    TEST(a_group_is_signalled_together),
    TEST(a_handler_interrupts_calls_that_wait),
    TEST(a_call_begins_again_if_the_handler_wants_it),
    TEST(a_fault_can_be_handled),
    TEST(a_fault_in_the_faults_handler_ends_the_process),
    TEST(a_made_up_frame_ends_the_process_at_most),
    TEST(registers_survive_handlers),
    TEST(fork_inherits_handlers_and_masks),
    TEST(a_signal_goes_to_one_thread_that_takes_it),
    TEST(every_signal_sent_to_a_running_process_arrives),
    TEST(kill_ends_what_runs_and_what_sleeps),
    {NULL, NULL},
};

const struct test_group test_signal_group = {"signal", tests};
