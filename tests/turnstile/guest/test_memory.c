/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of address spaces: heap, copy on write, faults, exhaustion.
 */
#include "guest.h"

static long status_of(void (*function)(void))
{
    long pid = sys_fork();
    if (pid == 0) {
        function();
        sys_exit(0);
    }
    return wait_for(pid);
}

static void the_heap_grows_and_shrinks(void)
{
    char *start = (char *)sys_sbrk(0);
    EQUAL(sys_sbrk(100 * 4096), (long)start);
    for (int i = 0; i < 100; i++) {
        EQUAL(start[i * 4096], 0);
        start[i * 4096] = (char)i;
    }
    free_pages(); /* copies the page it reads to */
    long with = free_pages();
    EQUAL(sys_sbrk(-50 * 4096), (long)start + 100 * 4096);
    EQUAL(free_pages() - with, 50);
    EQUAL(start[49 * 4096], 49);
    EQUAL(sys_sbrk(50 * 4096), (long)start + 50 * 4096);
    for (int i = 50; i < 100; i++)
        EQUAL(start[i * 4096], 0);
    EQUAL(sys_sbrk(-200 * 4096), -ENOMEM);
    EQUAL(sys_sbrk(1l << 40), -ENOMEM);
    EQUAL(sys_sbrk(INT64_MAX), -ENOMEM);
    EQUAL(sys_sbrk(INT64_MIN), -ENOMEM);
}

/* The compiler knows nothing of where it points. */
static volatile char *at(uint64_t address)
{
    __asm__ volatile("" : "+r"(address));
    return (volatile char *)address;
}

static void touch_behind_the_heap(void)
{
    *at((uint64_t)sys_sbrk(0) + 4096) = 1;
}
static void touch_nothing(void)
{
    *at(8) = 1;
}
static void touch_the_kernel(void)
{
    *at(0xffffffc080200000) = 1;
}
static void write_to_code(void)
{
    *at((uint64_t)touch_nothing) = 1;
}
static void run_data(void)
{
    static unsigned code = 0x00008067;
    ((void (*)(void)) & code)();
}
static long use_stack(long depth)
{
    volatile char space[4096];
    space[depth % 4096] = 1;
    return depth == 0 ? 0 : use_stack(depth - 1) + space[depth % 4096];
}
static void overflow_the_stack(void)
{
    use_stack(1000);
}
static void run_nonsense(void)
{
    __asm__ volatile(".word 0");
}
static void run_privileged(void)
{
    __asm__ volatile("csrw satp, zero");
}
static void run_breakpoint(void)
{
    __asm__ volatile("ebreak");
}

static void bad_programs_end_by_a_signal(void)
{
    EQUAL(status_of(touch_behind_the_heap), SIGSEGV);
    EQUAL(status_of(touch_nothing), SIGSEGV);
    EQUAL(status_of(touch_the_kernel), SIGSEGV);
    EQUAL(status_of(write_to_code), SIGSEGV);
    EQUAL(status_of(run_data), SIGSEGV);
    EQUAL(status_of(overflow_the_stack), SIGSEGV);
    EQUAL(status_of(run_nonsense), SIGILL);
    EQUAL(status_of(run_privileged), SIGILL);
    EQUAL(status_of(run_breakpoint), SIGTRAP);
}

static void shared_pages_are_copied_when_written(void)
{
    enum { PAGES = 64 };
    char *start = (char *)sys_sbrk(PAGES * 4096);
    for (int i = 0; i < PAGES; i++)
        start[i * 4096] = 1;
    long before = free_pages();
    for (int child = 0; child < 4; child++)
        if (sys_fork() == 0) {
            CHECK(before - free_pages() < 4 * PAGES);
            for (int i = 0; i < PAGES; i++) {
                EQUAL(start[i * 4096], 1);
                start[i * 4096] = (char)child;
            }
            for (int i = 0; i < PAGES; i++)
                EQUAL(start[i * 4096], child);
            sys_exit(0);
        }
    for (int i = 0; i < PAGES; i++)
        start[i * 4096 + 1] = 9;
    int status;
    while (sys_wait(-1, &status, 0) > 0)
        EQUAL(status, 0);
    for (int i = 0; i < PAGES; i++)
        EQUAL(start[i * 4096], 1);
}

static void the_kernel_writes_to_shared_pages(void)
{
    int ends[2];
    static char buffer[8192];
    buffer[0] = buffer[4096] = 'a';
    CHECK(sys_pipe(ends) == 0);
    long pid = sys_fork();
    if (pid == 0) {
        EQUAL(sys_read(ends[0], buffer + 4090, 10), 10);
        EQUAL(buffer[4096], 'b');
        sys_exit(0);
    }
    EQUAL(sys_write(ends[1], "bbbbbbbbbb", 10), 10);
    EQUAL(wait_for(pid), 0);
    EQUAL(buffer[4096], 'a');
}

static void take_all(void)
{
    for (;;) {
        long at = sys_sbrk(1 << 20);
        if (at < 0)
            sys_exit(1);
        for (int i = 0; i < 256; i++)
            *(volatile char *)(at + i * 4096l) = 1;
    }
}

static void memory_may_end(void)
{
    EQUAL(status_of(take_all), SIGSEGV);
    EQUAL(status_of(touch_nothing), SIGSEGV);
}

static void processes_may_end(void)
{
    long first = 0, last = 0;
    int ends[2];
    char c;
    CHECK(sys_pipe(ends) == 0);
    for (;;) {
        last = sys_fork();
        if (last == 0) {
            sys_close(ends[1]);
            sys_read(ends[0], &c, 1);
            sys_exit(0);
        }
        if (last < 0)
            break;
        first++;
    }
    CHECK(last == -EAGAIN || last == -ENOMEM);
    CHECK(first > 300);
    sys_close(ends[1]);
    while (sys_wait(-1, NULL, 0) > 0)
        first--;
    EQUAL(first, 0);
}

const struct test memory_tests[] = {
    {"the-heap-grows-and-shrinks", the_heap_grows_and_shrinks},
    {"bad-programs-end-by-a-signal", bad_programs_end_by_a_signal},
    {"shared-pages-are-copied-when-written", shared_pages_are_copied_when_written},
    {"the-kernel-writes-to-shared-pages", the_kernel_writes_to_shared_pages},
    {"memory-may-end", memory_may_end},
    {"processes-may-end", processes_may_end},
    {0},
};
