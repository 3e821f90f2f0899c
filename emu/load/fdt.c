/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes the device tree front to back with libfdt's sequential-write calls. The writer remembers the first failure, so
 * that the description reads as the tree does. Bindings: the Linux kernel's Documentation/devicetree/bindings.
 */
#include <load/fdt.h>

#include <emu/platform.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHANDLE_PLIC = 1, PHANDLE_TEST, PHANDLE_HARTS }; /* from PHANDLE_HARTS on two a hart: the cpu, its intc */

/* Interrupt numbers of a hart's own controller: the codes of the privileged specification's table of causes. */
enum { IRQ_S_SOFT = 1, IRQ_M_SOFT = 3, IRQ_M_TIMER = 7, IRQ_S_EXTERNAL = 9, IRQ_M_EXTERNAL = 11 };

enum { UART_CLOCK_HZ = 3686400 };

enum { FDT_VERSION_MIN = 16 }; /* Devicetree Specification 0.4, section 5.2 */

struct writer {
    void *blob;
    int error; /* the first one of libfdt's, else 0 */
};

static void note(struct writer *w, int result)
{
    if (w->error == 0)
        w->error = result;
}

static void begin(struct writer *w, const char *name)
{
    note(w, fdt_begin_node(w->blob, name));
}

static void begin_at(struct writer *w, const char *name, uint64_t address)
{
    char full[48];
    snprintf(full, sizeof full, "%s@%" PRIx64, name, address);
    begin(w, full);
}

static void end(struct writer *w)
{
    note(w, fdt_end_node(w->blob));
}

static void flag(struct writer *w, const char *name)
{
    note(w, fdt_property(w->blob, name, NULL, 0));
}

static void cell(struct writer *w, const char *name, uint32_t value)
{
    note(w, fdt_property_u32(w->blob, name, value));
}

static void cell64(struct writer *w, const char *name, uint64_t value)
{
    note(w, fdt_property_u64(w->blob, name, value));
}

static void text(struct writer *w, const char *name, const char *value)
{
    note(w, fdt_property_string(w->blob, name, value));
}

/* A list of strings, given with a zero byte between them; `size` counts the last one's too. */
static void texts(struct writer *w, const char *name, const char *values, size_t size)
{
    note(w, fdt_property(w->blob, name, values, (int)size));
}

#define TEXTS(w, name, literal) texts(w, name, literal, sizeof literal)

/* Address and size, two cells each. */
static void reg(struct writer *w, uint64_t address, uint64_t size)
{
    fdt64_t range[2] = {cpu_to_fdt64(address), cpu_to_fdt64(size)};
    note(w, fdt_property(w->blob, "reg", range, sizeof range));
}

static void cells(struct writer *w, uint32_t address_cells, uint32_t size_cells)
{
    cell(w, "#address-cells", address_cells);
    cell(w, "#size-cells", size_cells);
}

static uint32_t cpu_phandle(unsigned hart)
{
    return PHANDLE_HARTS + 2 * hart;
}

static uint32_t intc_phandle(unsigned hart)
{
    return cpu_phandle(hart) + 1;
}

enum { IRQ_NONE = 0 };

/* One or two interrupts of every hart, in hart order: what a controller drives. */
static void interrupts_extended(struct writer *w, unsigned harts, uint32_t first, uint32_t second)
{
    const uint32_t irqs[2] = {first, second};
    unsigned count = second == IRQ_NONE ? 1 : 2;
    fdt32_t *at;
    int result = fdt_property_placeholder(w->blob, "interrupts-extended", (int)(harts * count * 2 * sizeof *at), (void **)&at);
    note(w, result);
    if (result)
        return;
    for (unsigned hart = 0; hart < harts; hart++) {
        for (unsigned i = 0; i < count; i++) {
            *at++ = cpu_to_fdt32(intc_phandle(hart));
            *at++ = cpu_to_fdt32(irqs[i]);
        }
    }
}

static void write_chosen(struct writer *w, const struct fdt_config *config)
{
    char path[48];
    snprintf(path, sizeof path, "/soc/serial@%x", PLATFORM_UART_BASE);
    begin(w, "chosen");
    text(w, "stdout-path", path);
    note(w, fdt_property(w->blob, "rng-seed", config->rng_seed, sizeof config->rng_seed));
    if (config->bootargs && config->bootargs[0])
        text(w, "bootargs", config->bootargs);
    if (config->initrd_start != config->initrd_end) {
        cell64(w, "linux,initrd-start", config->initrd_start);
        cell64(w, "linux,initrd-end", config->initrd_end);
    }
    end(w);
}

static void write_memory(struct writer *w, const struct fdt_config *config)
{
    begin_at(w, "memory", config->ram_base);
    text(w, "device_type", "memory");
    reg(w, config->ram_base, config->ram_size);
    end(w);
}

static void write_cpu(struct writer *w, const struct fdt_config *config, unsigned hart)
{
    begin_at(w, "cpu", hart);
    text(w, "device_type", "cpu");
    cell(w, "reg", hart);
    text(w, "status", "okay");
    text(w, "compatible", "riscv");
    text(w, "riscv,isa", config->isa);
    if (config->mmu_type)
        text(w, "mmu-type", config->mmu_type);
    cell(w, "phandle", cpu_phandle(hart));
    begin(w, "interrupt-controller");
    text(w, "compatible", "riscv,cpu-intc");
    cell(w, "#interrupt-cells", 1);
    flag(w, "interrupt-controller");
    cell(w, "phandle", intc_phandle(hart));
    end(w);
    end(w);
}

static void write_cpu_map(struct writer *w, unsigned harts)
{
    begin(w, "cpu-map");
    begin(w, "cluster0");
    for (unsigned hart = 0; hart < harts; hart++) {
        char name[16];
        snprintf(name, sizeof name, "core%u", hart);
        begin(w, name);
        cell(w, "cpu", cpu_phandle(hart));
        end(w);
    }
    end(w);
    end(w);
}

static void write_cpus(struct writer *w, const struct fdt_config *config)
{
    begin(w, "cpus");
    cells(w, 1, 0);
    cell(w, "timebase-frequency", PLATFORM_TIMEBASE_HZ);
    for (unsigned hart = 0; hart < config->harts; hart++)
        write_cpu(w, config, hart);
    write_cpu_map(w, config->harts);
    end(w);
}

static void write_clint(struct writer *w, unsigned harts)
{
    begin_at(w, "clint", PLATFORM_CLINT_BASE);
    TEXTS(w, "compatible", "sifive,clint0\0riscv,clint0");
    reg(w, PLATFORM_CLINT_BASE, PLATFORM_CLINT_SIZE);
    interrupts_extended(w, harts, IRQ_M_SOFT, IRQ_M_TIMER);
    end(w);
}

static void write_swi(struct writer *w, const char *name, const char *compatible, uint64_t base, uint64_t size, unsigned harts,
                      uint32_t irq)
{
    begin_at(w, name, base);
    text(w, "compatible", compatible);
    reg(w, base, size);
    interrupts_extended(w, harts, irq, IRQ_NONE);
    flag(w, "interrupt-controller");
    cell(w, "#interrupt-cells", 0);
    end(w);
}

/* `reg` has MTIME first, then MTIMECMP, each to the end of its part of the window. */
static void write_mtimer(struct writer *w, unsigned harts)
{
    const uint64_t end_of_clint = PLATFORM_CLINT_BASE + PLATFORM_CLINT_SIZE;
    fdt64_t ranges[4] = {cpu_to_fdt64(PLATFORM_MTIME_BASE), cpu_to_fdt64(end_of_clint - PLATFORM_MTIME_BASE),
                         cpu_to_fdt64(PLATFORM_MTIMECMP_BASE), cpu_to_fdt64(PLATFORM_MTIME_BASE - PLATFORM_MTIMECMP_BASE)};
    begin_at(w, "mtimer", PLATFORM_MTIMECMP_BASE);
    text(w, "compatible", "riscv,aclint-mtimer");
    note(w, fdt_property(w->blob, "reg", ranges, sizeof ranges));
    interrupts_extended(w, harts, IRQ_M_TIMER, IRQ_NONE);
    end(w);
}

static void write_aclint(struct writer *w, unsigned harts)
{
    write_swi(w, "mswi", "riscv,aclint-mswi", PLATFORM_CLINT_BASE, PLATFORM_MSWI_SIZE, harts, IRQ_M_SOFT);
    write_mtimer(w, harts);
    write_swi(w, "sswi", "riscv,aclint-sswi", PLATFORM_SSWI_BASE, PLATFORM_SSWI_SIZE, harts, IRQ_S_SOFT);
}

static void write_plic(struct writer *w, unsigned harts)
{
    begin_at(w, "plic", PLATFORM_PLIC_BASE);
    TEXTS(w, "compatible", "sifive,plic-1.0.0\0riscv,plic0");
    reg(w, PLATFORM_PLIC_BASE, PLATFORM_PLIC_SIZE);
    flag(w, "interrupt-controller");
    cell(w, "#interrupt-cells", 1);
    cell(w, "#address-cells", 0);
    cell(w, "riscv,ndev", PLATFORM_PLIC_SOURCES);
    interrupts_extended(w, harts, IRQ_M_EXTERNAL, IRQ_S_EXTERNAL);
    cell(w, "phandle", PHANDLE_PLIC);
    end(w);
}

static void interrupt(struct writer *w, uint32_t source)
{
    cell(w, "interrupt-parent", PHANDLE_PLIC);
    cell(w, "interrupts", source);
}

static void write_serial(struct writer *w)
{
    begin_at(w, "serial", PLATFORM_UART_BASE);
    text(w, "compatible", "ns16550a");
    reg(w, PLATFORM_UART_BASE, PLATFORM_UART_SIZE);
    cell(w, "clock-frequency", UART_CLOCK_HZ);
    interrupt(w, PLATFORM_UART_IRQ);
    end(w);
}

static void write_rtc(struct writer *w)
{
    begin_at(w, "rtc", PLATFORM_RTC_BASE);
    text(w, "compatible", "google,goldfish-rtc");
    reg(w, PLATFORM_RTC_BASE, PLATFORM_RTC_SIZE);
    interrupt(w, PLATFORM_RTC_IRQ);
    end(w);
}

/* The highest first, as QEMU's: kernels number devices in this order. */
static void write_virtio(struct writer *w)
{
    for (unsigned slot = PLATFORM_VIRTIO_COUNT; slot-- > 0;) {
        uint64_t base = PLATFORM_VIRTIO_BASE + slot * PLATFORM_VIRTIO_STRIDE;
        begin_at(w, "virtio_mmio", base);
        text(w, "compatible", "virtio,mmio");
        reg(w, base, PLATFORM_VIRTIO_STRIDE);
        interrupt(w, PLATFORM_VIRTIO_IRQ + slot);
        end(w);
    }
}

static void write_test(struct writer *w)
{
    begin_at(w, "test", PLATFORM_FINISHER_BASE);
    TEXTS(w, "compatible", "sifive,test1\0sifive,test0\0syscon");
    reg(w, PLATFORM_FINISHER_BASE, PLATFORM_FINISHER_SIZE);
    cell(w, "phandle", PHANDLE_TEST);
    end(w);
}

/* What an operating system writes to the test device to power off or reboot. */
static void write_syscon(struct writer *w, const char *name, const char *compatible, uint32_t value)
{
    begin(w, name);
    text(w, "compatible", compatible);
    cell(w, "regmap", PHANDLE_TEST);
    cell(w, "offset", 0);
    cell(w, "value", value);
    end(w);
}

static void write_root(struct writer *w, const struct fdt_config *config)
{
    begin(w, "");
    cells(w, 2, 2);
    text(w, "compatible", "riscv-virtio");
    text(w, "model", "riscv-virtio,lockscope");
    write_chosen(w, config);
    write_memory(w, config);
    write_cpus(w, config);
    write_syscon(w, "poweroff", "syscon-poweroff", PLATFORM_FINISHER_PASS);
    write_syscon(w, "reboot", "syscon-reboot", PLATFORM_FINISHER_RESET);
    begin(w, "soc");
    cells(w, 2, 2);
    text(w, "compatible", "simple-bus");
    flag(w, "ranges");
    write_test(w);
    write_rtc(w);
    write_virtio(w);
    if (config->aclint)
        write_aclint(w, config->harts);
    else
        write_clint(w, config->harts);
    write_plic(w, config->harts);
    write_serial(w);
    end(w);
    end(w);
}

/* More than the tree can need; what is not needed is given back. */
static size_t size_limit(const struct fdt_config *config)
{
    size_t per_hart = 640 + strlen(config->isa) + (config->mmu_type ? strlen(config->mmu_type) : 0);
    return 8192 + config->harts * per_hart + (config->bootargs ? strlen(config->bootargs) : 0);
}

void *fdt_build(const struct fdt_config *config, size_t *ret_size, struct emu_error *error)
{
    size_t limit = size_limit(config);
    struct writer w = {.blob = malloc(limit)};
    if (!w.blob) {
        emu_error_set(error, "there is not enough memory for the device tree");
        return NULL;
    }
    note(&w, fdt_create(w.blob, (int)limit));
    note(&w, fdt_finish_reservemap(w.blob));
    write_root(&w, config);
    note(&w, fdt_finish(w.blob));
    if (w.error) {
        emu_error_set(error, "the device tree cannot be built: %s", fdt_strerror(w.error));
        free(w.blob);
        return NULL;
    }
    *ret_size = fdt_totalsize(w.blob);
    void *exact = realloc(w.blob, *ret_size);
    return exact ? exact : w.blob;
}

bool fdt_check(const void *blob, size_t size, struct emu_error *error)
{
    /* libfdt 1.6.1's check dereferences a null name in trees of older versions, so it must not see them. */
    bool is_old = size >= sizeof(struct fdt_header) && fdt_magic(blob) == FDT_MAGIC && fdt_version(blob) < FDT_VERSION_MIN;
    int result = is_old ? -FDT_ERR_BADVERSION : fdt_check_full(blob, size);
    switch (result) {
    case 0:
        return true;
    case -FDT_ERR_BADMAGIC:
        return emu_error_set(error,
                             "this is not a device tree blob (it does not begin with d00dfeed); compile source text with dtc");
    case -FDT_ERR_TRUNCATED:
        return emu_error_set(error, "the device tree blob is cut off: it has %zu bytes", size);
    case -FDT_ERR_BADVERSION:
        return emu_error_set(error, "the device tree blob has a version that cannot be read");
    default:
        return emu_error_set(error, "the device tree blob is damaged (%s)", fdt_strerror(result));
    }
}
