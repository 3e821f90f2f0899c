/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The kernel from its first C statement on: one hart makes every part, then the others join, and all of them run the scheduler. The
 * first process mounts the file system and becomes its program.
 */
#include "file_system.h"
#include "hart.h"
#include "page.h"
#include "init.h"
#include "power.h"
#include "print.h"
#include "process_parts.h"
#include "space.h"
#include "structure.h"
#include "thread.h"
#include "timer.h"
#include "uart.h"

_Noreturn void kernel_boot(uint64_t hart_id, uint64_t tree);

/* Process 1, in the kernel still, where it may sleep. */
static void become_init(void)
{
    char path[PATH_BYTES_MAX];
    int error = file_system_mount();
    if (error)
        power_refuse("without a file system there is nothing to run (error %d)", -error);
    current_process()->directory = directory_root();
    if (!command_line_word("init", path, sizeof path))
        __builtin_memcpy(path, "/bin/init", sizeof "/bin/init");
    error = exec_program(path, 0, 0);
    if (error)
        power_refuse("%s cannot be run (error %d); init=PATH names another first program", path, -error);
}

_Noreturn void kernel_boot(uint64_t hart_id, uint64_t tree)
{
    machine_read(tree);      /* what the device tree says of harts, memory, devices; the command line */
    hart_init(hart_id);      /* this code runs on one of them */
    uart_init();             /* from here on, messages are seen */
    structure_init();        /* what critical sections do */
    page_init();             /* pages of RAM */
    space_init();            /* the kernel's page table */
    time_init();             /* the clock, and deadlines */
    wait_init();             /* wait lists */
    schedule_init();         /* run queues */
    thread_init();           /* kernel stacks; this code is the idle thread of its hart */
    irq_init();              /* the interrupt controller */
    console_init();          /* the terminal: /dev/console */
    device_init();           /* /dev/null and its like, /proc/memory, /proc/uptime */
    process_init();          /* the process table */
    file_system_init();      /* buffers, inodes, log, disk drivers */
    hart_start_others();     /* they idle from now on, and so will we */
    uart_start_interrupts(); /* the terminal hears */
    print("turnstile: %u harts%s, %lu KiB free, structure %s, lock %s%s\n", hart_count(),
          machine.harts_named > HARTS_MAX ? " (of more)" : "", page_free_count() * (PAGE_BYTES / 1024), structure_name(),
          spin_primitive->name, lock_check_is_on ? ", locks checked" : "");
    process_start_first(become_init);
    schedule_idle();
}
