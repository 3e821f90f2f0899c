/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What RAM and ROM hold at power-on and after a reset: firmware, kernel, RAM disk, device tree and reset vector, placed as QEMU's
 * `virt` places them.
 */
#include "machine.h"

#include <emu/platform.h>
#include <inttypes.h>
#include <load/bootrom.h>
#include <load/elf.h>
#include <load/fdt.h>
#include <load/image.h>
#include <load/placement.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool write_ram(void *context, uint64_t address, const void *data, uint64_t size)
{
    return memory_write(context, address, data, size);
}

static bool zero_ram(void *context, uint64_t address, uint64_t size)
{
    return memory_zero(context, address, size);
}

/* Prefixes the loader's sentence with what was being loaded. */
static bool in_image(const char *what, struct emu_error *error)
{
    struct emu_error inner;
    if (!error)
        return false;
    inner = *error;
    return emu_error_set(error, "%s: %.400s", what, inner.text);
}

/* Loads one image, ELF or raw at `address`. ret->entry, low and end are set in both cases. */
static bool load(const struct load_target *target, const char *what, const struct boot_image *image, uint64_t address,
                 struct elf_image *ret, struct emu_error *error)
{
    if (image_is_elf(image->bytes, image->size)) {
        if (!elf_load(image->bytes, image->size, target, ret, error))
            return in_image(what, error);
        return true;
    }
    uint64_t extent;
    if (!image_extent(image->bytes, image->size, &extent, error) || !image_load(image->bytes, image->size, address, target, error))
        return in_image(what, error);
    if (!load_target_holds(target, address, extent)) {
        emu_error_set(error, "its header asks for 0x%" PRIx64 " bytes at 0x%" PRIx64 ", more than RAM has there; use more (-m)", extent,
                      address);
        return in_image(what, error);
    }
    *ret = (struct elf_image){.entry = address, .low = address, .end = address + extent};
    return true;
}

static void isa_string(const struct emu_cpu_config *cpu, char *text, size_t size)
{
    snprintf(text, size, "rv64imafdc_zicsr_zifencei_zihintpause%s%s%s%s", cpu->zba ? "_zba" : "", cpu->zbb ? "_zbb" : "",
             cpu->zbs ? "_zbs" : "", cpu->sstc ? "_sstc" : "");
}

/* For what a kernel wants from chance: a run depends on its seed alone. */
static void fill_rng_seed(const struct emu_machine *m, uint8_t *seed)
{
    for (unsigned i = 0; i < FDT_RNG_SEED_BYTES / 8; i++)
        for (unsigned byte = 0; byte < 8; byte++)
            seed[8 * i + byte] = (uint8_t)(machine_mix(machine_mix(m->config.seed) ^ i) >> 8 * byte);
}

static bool load_fdt(struct emu_machine *m, const struct load_target *target, uint64_t initrd, uint64_t images_end,
                     uint64_t *ret_address, struct emu_error *error)
{
    char isa[128];
    isa_string(&m->config.cpu, isa, sizeof isa);
    struct fdt_config config = {.harts = m->config.harts, .ram_base = PLATFORM_RAM_BASE, .ram_size = m->config.ram_bytes, .isa = isa,
                                .mmu_type = "riscv,sv48", .aclint = m->config.aclint, .bootargs = m->bootargs, .initrd_start = initrd,
                                .initrd_end = initrd + m->initrd.size};
    fill_rng_seed(m, config.rng_seed);
    void *blob = m->dtb.bytes;
    size_t size = m->dtb.size;
    if (!blob)
        blob = fdt_build(&config, &size, error);
    else if (!fdt_check(blob, size, error))
        return in_image("device tree", error);
    if (!blob)
        return false;
    uint64_t address = placement_fdt(PLATFORM_RAM_BASE, m->config.ram_bytes, size);
    bool fits = address != 0 && address >= images_end && image_load(blob, size, address, target, NULL);
    if (blob != m->dtb.bytes)
        free(blob);
    *ret_address = m->fdt_address = address;
    m->fdt_bytes = size;
    if (!fits)
        return emu_error_set(error, "RAM of %" PRIu64 " MiB has no room for the device tree (%zu bytes) behind the images; use more (-m)",
                             m->config.ram_bytes >> 20, size);
    return true;
}

/* What -device loader names. *end: of all images. */
static bool load_further(struct emu_machine *m, const struct load_target *target, uint64_t *end, struct emu_error *error)
{
    for (unsigned i = 0; i < EMU_LOADERS; i++) {
        const struct boot_image *image = &m->loader[i];
        uint64_t address = m->config.loader_address[i];
        struct elf_image loaded;
        if (!image->bytes)
            continue;
        if (address == 0 && !image_is_elf(image->bytes, image->size)) {
            emu_error_set(error, "it is not an ELF file, and needs an address (addr=)");
            return in_image("loader", error);
        }
        if (!load(target, "loader", image, address, &loaded, error))
            return false;
        *end = loaded.end > *end ? loaded.end : *end;
    }
    return true;
}

bool boot_load(struct emu_machine *m, uint64_t *ret_tohost, uint64_t *ret_fromhost, struct emu_error *error)
{
    const struct load_target target = {.context = &m->memory, .write = write_ram, .zero = zero_ram,
                                       .ram_base = PLATFORM_RAM_BASE, .ram_size = m->config.ram_bytes};
    struct elf_image firmware = {.entry = PLATFORM_RAM_BASE, .end = PLATFORM_RAM_BASE}, kernel = {0};
    uint64_t start = PLATFORM_RAM_BASE, next = 0, end = PLATFORM_RAM_BASE, initrd = 0, fdt = 0;
    *ret_tohost = *ret_fromhost = 0;
    if (m->firmware.bytes) {
        if (!load(&target, "firmware", &m->firmware, PLATFORM_RAM_BASE, &firmware, error))
            return false;
        start = firmware.entry;
        end = firmware.end;
        *ret_tohost = firmware.tohost;
        *ret_fromhost = firmware.fromhost;
    }
    if (m->kernel.bytes) {
        uint64_t at = m->firmware.bytes ? placement_kernel(firmware.end) : PLATFORM_RAM_BASE;
        if (!load(&target, "kernel", &m->kernel, at, &kernel, error))
            return false;
        next = kernel.entry;
        if (kernel.end > end)
            end = kernel.end;
        if (!m->firmware.bytes)
            start = kernel.entry;
        if (!*ret_tohost) {
            *ret_tohost = kernel.tohost;
            *ret_fromhost = kernel.fromhost;
        }
    }
    if (m->initrd.bytes) {
        initrd = placement_initrd(next ? kernel.low : start, m->config.ram_bytes);
        if (!image_load(m->initrd.bytes, m->initrd.size, initrd, &target, error))
            return in_image("initrd", error);
        end = initrd + m->initrd.size;
    }
    if (!load_further(m, &target, &end, error) || !load_fdt(m, &target, initrd, end, &fdt, error))
        return false;
    uint8_t rom[BOOTROM_BYTES];
    struct bootrom_config config = {.start = start, .fdt = fdt, .next = m->firmware.bytes ? next : 0,
                                    .next_mode = BOOTROM_NEXT_MODE_S};
    size_t bytes = bootrom_fill(rom, sizeof rom, &config);
    return memory_write(&m->memory, PLATFORM_BOOT_ROM_BASE, rom, bytes);
}
