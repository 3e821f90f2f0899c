/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A part of the kernel of test images: /proc/crash, which does what no kernel should, as the word written to it says.
 */
#include "csr.h"
#include "device.h"
#include "embedded.h"
#include "hart.h"
#include "lock.h"
#include "memory.h"
#include "print.h"
#include "turnstile/abi.h"
#include "wait.h"

static struct lock first = LOCK_INITIAL(PIPE, "first"), second = LOCK_INITIAL(FUTEX, "second"), peer = LOCK_INITIAL(PIPE, "peer");

static void be_null(void)
{
    uint64_t address = 8;
    __asm__ volatile("" : "+r"(address));
    *(volatile int *)address = 1;
}

static int recurse(int depth)
{
    volatile char space[512];
    space[0] = (char)depth;
    return depth == 0 ? 0 : recurse(depth - 1) + space[0];
}

static void overflow(void)
{
    recurse(100);
}

static void break_order(void)
{
    lock_acquire(&second);
    lock_acquire(&first);
}

static void take_two_of_a_class(void)
{
    lock_acquire(&first);
    lock_acquire(&peer);
}

static void take_twice(void)
{
    lock_acquire(&first);
    lock_acquire(&first);
}

static void release_untaken(void)
{
    lock_release(&first);
}

static void let_interrupts_on(void)
{
    lock_acquire(&first);
    CSR_SET(sstatus, SSTATUS_SIE);
    lock_release(&first);
}

static void sleep_with_lock(void)
{
    lock_acquire(&first);
    lock_acquire(&second);
    wait_on(&second, &second);
}

static void touch_user_memory_with_lock(void)
{
    char c;
    lock_acquire(&first);
    copy_from_user(&c, USER_BASE, 1);
}

static const struct {
    const char *name;
    void (*run)(void);
} crimes[] = {
    {"null", be_null},
    {"overflow", overflow},
    {"order", break_order},
    {"class", take_two_of_a_class},
    {"twice", take_twice},
    {"release", release_untaken},
    {"interrupts", let_interrupts_on},
    {"sleep", sleep_with_lock},
    {"user", touch_user_memory_with_lock},
};

static int commit(const char *name)
{
    for (unsigned i = 0; i < sizeof crimes / sizeof crimes[0]; i++)
        if (strcmp(name, crimes[i].name) == 0) {
            crimes[i].run();
            return 0;
        }
    return -EINVAL;
}

static void print_nothing(struct text *text)
{
    text_add(text, "write to it\n");
}

void embedded_extra_rows(void)
{
    static struct proc_row row = {.name = "crash", .print = print_nothing, .write = commit};
    proc_register(&row);
}
