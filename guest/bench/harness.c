/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The part that all benchmark programs share: how many harts there are and how much work is wanted (from the device tree), a common
 * start and a common end, one line of results on the UART, and the test finisher. Harts that wait do so in wfi, woken by a
 * software interrupt, so that waiting is not counted as work.
 */
#include "bench.h"

#include <stdatomic.h>

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4 };
#define MSIP_BIT 8

unsigned bench_harts;
uint64_t bench_work = BENCH_WORK_FULL;

static struct bench_result results[BENCH_HARTS_MAX];
static uint64_t instructions[BENCH_HARTS_MAX]; /* retired by the hart itself, except on QEMU, whose harts share one counter */
static _Atomic unsigned arrived;

/* ---- what the compiler may call ---- */

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t bytes);
void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)to)[i] = (uint8_t)value;
    return to;
}

/* ---- console ---- */

static void put_char(char c)
{
    volatile uint8_t *uart = (volatile uint8_t *)PLATFORM_UART_BASE;
    while (!(uart[5] & 0x20))
        ;
    uart[0] = (uint8_t)c;
}

static void put_text(const char *text)
{
    while (*text)
        put_char(*text++);
}

static void put_field(const char *name, uint64_t value)
{
    char digits[20];
    unsigned n = 0;
    put_char(' ');
    put_text(name);
    put_char('=');
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n)
        put_char(digits[--n]);
}

/* ---- device tree: the cells are big-endian ---- */

static uint32_t cell(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool begins(const char *text, const char *with)
{
    while (*with)
        if (*text++ != *with++)
            return false;
    return true;
}

static void read_bootargs(const char *text)
{
    for (; *text; text++)
        if (begins(text, "work=")) {
            bench_work = 0;
            for (text += 5; *text >= '0' && *text <= '9'; text++)
                bench_work = bench_work * 10 + (uint64_t)(*text - '0');
            return;
        }
}

static void read_device_tree(const uint8_t *fdt)
{
    const uint8_t *p = fdt + cell(fdt + 8);
    const char *strings = (const char *)fdt + cell(fdt + 12);
    for (;;) {
        uint32_t token = cell(p);
        p += 4;
        if (token == FDT_BEGIN_NODE) {
            const char *name = (const char *)p;
            size_t length = 0;
            while (name[length])
                length++;
            if (begins(name, "cpu@"))
                bench_harts++;
            p += (length + 4) & ~(size_t)3;
        } else if (token == FDT_PROP) {
            if (begins(strings + cell(p + 4), "bootargs"))
                read_bootargs((const char *)p + 8);
            p += 8 + ((cell(p) + 3) & ~3u);
        } else if (token != FDT_END_NODE && token != FDT_NOP) {
            return;
        }
    }
}

/* ---- start and end ---- */

static volatile uint32_t *msip(unsigned hart)
{
    return (volatile uint32_t *)PLATFORM_CLINT_BASE + hart;
}

static void wait_for_ipi(unsigned hart)
{
    while (!(CSR_READ(mip) & MSIP_BIT))
        __asm__ volatile("wfi");
    *msip(hart) = 0;
    while (CSR_READ(mip) & MSIP_BIT)
        ;
    atomic_thread_fence(memory_order_acquire);
}

static void wake_others(unsigned hart)
{
    atomic_thread_fence(memory_order_release);
    for (unsigned other = 0; other < bench_harts; other++)
        if (other != hart)
            *msip(other) = 1;
}

/* The last to arrive wakes the others: each hart gets exactly one IPI a barrier. amoadd.w.aqrl */
static void barrier(unsigned hart)
{
    if (atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel) + 1 == bench_harts) {
        atomic_store_explicit(&arrived, 0, memory_order_relaxed);
        wake_others(hart);
    } else {
        wait_for_ipi(hart);
    }
}

uint64_t bench_share(unsigned hart, uint64_t full)
{
    uint64_t total = full * bench_work / BENCH_WORK_FULL;
    uint64_t share = total / bench_harts + (hart < total % bench_harts);
    return share ? share : 1;
}

static void report(void)
{
    struct bench_result sum = {0};
    uint64_t instret = 0;
    for (unsigned i = 0; i < bench_harts; i++) {
        instret += instructions[i];
        sum.checksum += results[i].checksum;
        sum.done += results[i].done;
        sum.failed_sc += results[i].failed_sc;
        sum.ecalls += results[i].ecalls;
        sum.faults += results[i].faults;
        sum.timer_interrupts += results[i].timer_interrupts;
        sum.is_wrong |= results[i].is_wrong;
    }
    bool is_right = !sum.is_wrong && bench_check(&sum);
    put_text("bench ");
    put_text(bench_name);
    put_field("harts", bench_harts);
    put_field("work", bench_work);
    put_field("instret", instret);
    put_field("done", sum.done);
    put_field("failed_sc", sum.failed_sc);
    put_field("ecalls", sum.ecalls);
    put_field("faults", sum.faults);
    put_field("timer_interrupts", sum.timer_interrupts);
    put_field("checksum", sum.checksum);
    put_text(is_right ? " ok\n" : " wrong\n");
    *(volatile uint32_t *)PLATFORM_FINISHER_BASE = is_right ? PLATFORM_FINISHER_PASS : 1u << 16 | PLATFORM_FINISHER_FAIL;
}

/* Called by start.S on every hart. */
void harness_start(unsigned hart, const uint8_t *fdt);
void harness_start(unsigned hart, const uint8_t *fdt)
{
    CSR_WRITE(mie, MSIP_BIT); /* wakes wfi; mstatus.MIE stays clear */
    if (hart == 0) {
        read_device_tree(fdt);
        wake_others(0);
    } else {
        wait_for_ipi(hart);
    }
    bench_prepare(hart);
    barrier(hart);
    uint64_t before = CSR_READ(minstret);
    bench_run(hart, &results[hart]);
    instructions[hart] = CSR_READ(minstret) - before;
    barrier(hart);
    if (hart == 0)
        report();
    for (;;)
        __asm__ volatile("wfi");
}
