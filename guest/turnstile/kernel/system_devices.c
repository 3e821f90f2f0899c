/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /dev/null, /dev/zero, and the texts of /proc that belong to no table.
 */
#include "device.h"
#include "init.h"
#include "hart.h"
#include "memory.h"
#include "page.h"
#include "print.h"
#include "structure.h"
#include "thread.h"
#include "time.h"
#include "turnstile/abi.h"

static int64_t null_read(struct file *file, struct span to, uint64_t bytes, uint64_t *position)
{
    (void)file, (void)to, (void)bytes, (void)position;
    return 0;
}

static int64_t null_write(struct file *file, struct span from, uint64_t bytes, uint64_t *position)
{
    (void)file, (void)from, (void)position;
    return (int64_t)bytes;
}

static int64_t zero_read(struct file *file, struct span to, uint64_t bytes, uint64_t *position)
{
    (void)file, (void)position;
    static const char zeros[64];
    if (to.is_user)
        return zero_user(to.address, bytes) == 0 ? (int64_t)bytes : -EFAULT;
    for (uint64_t done = 0; done < bytes; done += sizeof zeros)
        span_put(to, done, zeros, bytes - done < sizeof zeros ? bytes - done : sizeof zeros);
    return (int64_t)bytes;
}

static const struct file_operations null_operations = {
    .name = "null", .read = null_read, .write = null_write, .kind = FILE_DEVICE, .device = 2};
static const struct file_operations zero_operations = {
    .name = "zero", .read = zero_read, .write = null_write, .kind = FILE_DEVICE, .device = 2};

extern char _kernel_start[], _kernel_end[];

static void print_memory(struct text *text)
{
    uint64_t cached = thread_cached_pages(), free = page_free_count() + cached;
    text_add(text, "ram %p to %p\nkernel %p to %p\n", (void *)machine.memory.start, (void *)machine.memory.end,
             (void *)physical_of(_kernel_start), (void *)physical_of(_kernel_end));
    text_add(text, "total_kb %lu\nfree_kb %lu\nfree_pages %lu\nstack_cache_pages %lu\n", page_total() * (PAGE_BYTES / 1024),
             free * (PAGE_BYTES / 1024), free, cached);
}

static void print_uptime(struct text *text)
{
    uint64_t ns = time_ns_since_boot(), idle = 0;
    for (unsigned i = 0; i < hart_count(); i++)
        idle += harts[i].idle_ticks;
    uint64_t idle_ms = idle / (machine.timebase_hz / 1000);
    text_add(text, "%lu.%03lu idle %lu.%03lu harts %u\n", ns / 1000000000, ns / 1000000 % 1000, idle_ms / 1000, idle_ms % 1000,
             hart_count());
}

static void print_system(struct text *text)
{
    text_add(text, "turnstile\nstructure %s\nlock %s\nlocks_checked %d\nharts %u\ntimer %s\nipi %s\ncommand_line %s\n",
             structure_name(), spin_primitive->name, lock_check_is_on, hart_count(), machine.has_sstc ? "sstc" : "sbi",
             machine.sswi_base ? "sswi" : "sbi", machine.command_line);
}

void device_init(void)
{
    static struct device_row null_row = {.name = "null", .operations = &null_operations};
    static struct device_row zero_row = {.name = "zero", .operations = &zero_operations};
    device_register(&null_row);
    device_register(&zero_row);
    static struct proc_row memory_row = {.name = "memory", .print = print_memory};
    static struct proc_row uptime_row = {.name = "uptime", .print = print_uptime};
    static struct proc_row system_row = {.name = "system", .print = print_system};
    proc_register(&memory_row);
    proc_register(&uptime_row);
    proc_register(&system_row);
}
