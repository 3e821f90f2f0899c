/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory of one process: heap, stack, rights, what is not there, and running out of it.
 */
#include "test.h"

#define PAGE 4096

static char *heap_end(void)
{
    return (char *)(uintptr_t)sys_sbrk(0);
}

static void the_heap_grows_and_shrinks(void)
{
    char *begin = heap_end();
    IS(sys_sbrk(10 * PAGE), begin);
    IS(heap_end(), begin + 10 * PAGE);
    for (int i = 0; i < 10 * PAGE; i++)
        begin[i] = (char)(i >> 4);
    for (int i = 0; i < 10 * PAGE; i++)
        CHECK(begin[i] == (char)(i >> 4));
    IS(sys_sbrk(-10 * PAGE), begin + 10 * PAGE);
    IS(heap_end(), begin);
}

static void the_heap_moves_by_single_bytes(void)
{
    char *begin = heap_end();
    for (int i = 0; i < 3 * PAGE; i += 97) {
        IS(sys_sbrk(97), begin + i);
        begin[i] = (char)i;
    }
    for (int i = 0; i < 3 * PAGE; i += 97)
        CHECK(begin[i] == (char)i);
}

static void new_pages_are_zero(void)
{
    for (int round = 0; round < 3; round++) {
        char *pages = (char *)(uintptr_t)sys_sbrk(20 * PAGE);
        for (int i = 0; i < 20 * PAGE; i++)
            CHECK(pages[i] == 0);
        memset(pages, 0xaa, 20 * PAGE);
        IS(sys_sbrk(-20 * PAGE), pages + 20 * PAGE);
    }
}

static void touch_given_up_page(void)
{
    char *page = (char *)(uintptr_t)((sys_sbrk(2 * PAGE) + PAGE - 1) & -PAGE);
    page[0] = 1;
    sys_sbrk((int64_t)(page - heap_end()));
    page[0] = 2;
}

static void a_page_that_was_given_up_faults(void)
{
    test_dies_of(touch_given_up_page, SIGSEGV);
}

static void the_heap_has_ends(void)
{
    char *begin = heap_end();
    IS(sys_sbrk(INT64_MAX), -ENOMEM);
    IS(sys_sbrk(INT64_MIN), -ENOMEM);
    IS(sys_sbrk(0x3fffff0000), -ENOMEM);
    IS(sys_sbrk((int64_t)(0x10000 - (uint64_t)begin)), -ENOMEM); /* the program is there */
    IS(heap_end(), begin);
}

static volatile uint64_t sink;

static void read_null(void)
{
    sink = *(volatile uint8_t *)(uintptr_t)sink; /* which is 0 */
}

static uint64_t wild;

static void read_wild(void)
{
    sink = *(volatile uint8_t *)wild;
}

static void write_wild(void)
{
    *(volatile uint8_t *)wild = 1;
}

static void jump_wild(void)
{
    ((void (*)(void))wild)();
}

static const uint64_t wild_addresses[] = {1,
                                          0xffff,
                                          0x80000000,
                                          0x10000000 /* the serial port */,
                                          0x3000000000,
                                          0x3fffff0000,
                                          0x4000000000,
                                          0x7fffffffffffffff,
                                          1ull << 63,
                                          0xffffffc010000000,
                                          0xffffffc080200000 /* the kernel */,
                                          0xffffffffc0000000,
                                          0xfffffffffffffff8};

static void what_is_not_the_programs_cannot_be_touched(void)
{
    sink = 0;
    test_dies_of(read_null, SIGSEGV);
    for (unsigned i = 0; i < sizeof wild_addresses / sizeof wild_addresses[0]; i++) {
        wild = wild_addresses[i];
        test_dies_of(read_wild, SIGSEGV);
        test_dies_of(write_wild, SIGSEGV);
        test_dies_of(jump_wild, SIGSEGV);
    }
}

static void code_cannot_be_written_and_data_not_executed(void)
{
    static uint32_t data[4] = {0x00008067}; /* ret */
    static const char constant[] = "x";
    wild = (uintptr_t)read_null;
    test_dies_of(write_wild, SIGSEGV);
    wild = (uintptr_t)constant;
    test_dies_of(write_wild, SIGSEGV);
    wild = (uintptr_t)data;
    test_dies_of(jump_wild, SIGSEGV);
    uint32_t on_stack[4] = {0x00008067};
    wild = (uintptr_t)on_stack;
    test_dies_of(jump_wild, SIGSEGV);
}

static void run_illegal(void)
{
    __asm__ volatile("unimp");
}

static void read_kernel_csr(void)
{
    __asm__ volatile("csrr t0, sstatus" : : : "t0");
}

static void return_from_trap(void)
{
    __asm__ volatile("sret");
}

static void run_breakpoint(void)
{
    __asm__ volatile("ebreak");
}

static void instructions_that_are_not_the_programs_end_it(void)
{
    test_dies_of(run_illegal, SIGILL);
    test_dies_of(read_kernel_csr, SIGILL);
    test_dies_of(return_from_trap, SIGILL);
    test_dies_of(run_breakpoint, SIGTRAP);
}

static __attribute__((noinline)) uint64_t use_stack(uint64_t bytes)
{
    volatile char frame[1024];
    for (unsigned i = 0; i < sizeof frame; i += 64)
        frame[i] = (char)bytes;
    return bytes < sizeof frame ? (uint64_t)frame[0] : use_stack(bytes - sizeof frame) + (uint64_t)frame[64];
}

static void use_endless_stack(void)
{
    sink = use_stack(UINT64_MAX);
}

static void the_stack_grows_as_far_as_it_may(void)
{
    sink = use_stack(USER_STACK_BYTES - 100000);
    test_dies_of(use_endless_stack, SIGSEGV);
}

static void call_without_stack(void)
{
    /* A handler cannot be entered without a stack. */
    __asm__ volatile("mv t1, sp\n li sp, 16\n lw t0, 0(sp)\n mv sp, t1" : : : "t0", "t1", "memory");
}

static void a_fault_without_a_stack_ends_the_process(void)
{
    signal_set(SIGSEGV, (void (*)(int, struct signal_frame *))(uintptr_t)call_without_stack, 0, 0);
    test_dies_of(call_without_stack, SIGSEGV);
}

/* Takes all memory there is; the kernel says no, or ends this process, and nobody else. */
static void take_all_memory(void)
{
    for (;;) {
        char *pages = (char *)(uintptr_t)sys_sbrk(64 * PAGE);
        if ((int64_t)pages < 0)
            _Exit(0);
        for (int i = 0; i < 64; i++)
            pages[i * PAGE] = 1;
    }
}

static void running_out_of_memory_ends_who_takes_it(void)
{
    for (int round = 0; round < 2; round++) {
        int status = test_child(take_all_memory);
        if (WAIT_SIGNALLED(status) && WAIT_SIGNAL(status) != SIGKILL && WAIT_SIGNAL(status) != SIGSEGV &&
            WAIT_SIGNAL(status) != SIGBUS)
            FAIL("signal %d ended it", WAIT_SIGNAL(status));
    }
}

enum { HOLDERS_MAX = 400 };

/* A child that takes so many pages and holds them until the pipe ends: 0, or the error of fork. *ret_holds: it has them. */
static int hold_pages(const int release[2], int pages, bool *ret_holds)
{
    int ready[2];
    char byte;
    *ret_holds = false;
    if (sys_pipe(ready) != 0)
        return -ENOMEM;
    int pid = (int)sys_fork();
    if (pid == 0) {
        sys_close(ready[0]);
        sys_close(release[1]);
        char *memory = (char *)(uintptr_t)sys_sbrk(pages * PAGE);
        if ((int64_t)memory < 0)
            _Exit(0);
        for (int i = 0; i < pages; i++)
            memory[i * PAGE] = 1;
        sys_write(ready[1], "h", 1);
        sys_close(ready[1]);
        sys_read(release[0], &byte, 1);
        _Exit(0);
    }
    sys_close(ready[1]);
    *ret_holds = pid > 0 && sys_read(ready[0], &byte, 1) == 1;
    sys_close(ready[0]);
    return pid < 0 ? pid : 0;
}

/* Calls that need memory, when there is next to none: an error is right, and so is success. */
static void call_without_memory(void)
{
    int more[2], pid = (int)sys_fork();
    if (pid == 0)
        _Exit(0);
    if (pid > 0)
        CHECK(sys_wait(pid, NULL, 0) == pid);
    if (sys_pipe(more) == 0) {
        sys_close(more[0]);
        sys_close(more[1]);
    }
    int semaphore = (int)sys_semaphore_create(1), file = (int)sys_open("/README", OPEN_READ);
    if (semaphore >= 0)
        sys_semaphore_destroy(semaphore);
    if (file >= 0)
        sys_close(file);
    CHECK(sys_exec("/README", NULL, NULL) < 0);
    CHECK(sys_exec("/bin/nothing", NULL, NULL) < 0);
}

/* A process of its own, since it may be ended for a page that it cannot have. */
static void use_up_and_call(void)
{
    static const int sizes[] = {256, 32, 4, 1};
    int release[2];
    unsigned holders = 0;
    CHECK(sys_pipe(release) == 0);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bool holds = true;
        while (holds && holders < HOLDERS_MAX && hold_pages(release, sizes[i], &holds) == 0)
            holders++;
    }
    for (unsigned i = 0; i < 30; i++)
        call_without_memory();
    sys_close(release[1]);
}

static void calls_without_memory_are_errors(void)
{
    int status = test_child(use_up_and_call), pid;
    CHECK(WAIT_EXITED(status) || WAIT_SIGNAL(status) == SIGKILL || WAIT_SIGNAL(status) == SIGSEGV || WAIT_SIGNAL(status) == SIGBUS);
    test_sleep_ms(5);
    pid = test_fork();
    if (pid == 0)
        _Exit(0);
    test_wait_good(pid);
}

static const struct test tests[] = {
    TEST(the_heap_grows_and_shrinks),
    TEST(the_heap_moves_by_single_bytes),
    TEST(new_pages_are_zero),
    TEST(a_page_that_was_given_up_faults),
    TEST(the_heap_has_ends),
    TEST(what_is_not_the_programs_cannot_be_touched),
    TEST(code_cannot_be_written_and_data_not_executed),
    TEST(instructions_that_are_not_the_programs_end_it),
    TEST(the_stack_grows_as_far_as_it_may),
    TEST(a_fault_without_a_stack_ends_the_process),
    TEST(running_out_of_memory_ends_who_takes_it),
    TEST(calls_without_memory_are_errors),
    {NULL, NULL},
};

const struct test_group test_memory_group = {"memory", tests};
