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

#define PARTS_MOST 64 /* parts of images whose places are remembered; of files in more pieces the others are not checked */

struct part {
    const char *what;
    uint64_t low, end;
};

/* Where firmware, kernel and RAM disk have been put, to find out when one lies over another. */
struct loading {
    struct memory *memory;
    const char *what; /* what is being loaded; NULL: something that may lie anywhere */
    struct part part[PARTS_MOST];
    unsigned parts;
    struct part overlap; /* the first place where `what` met another image; its what is NULL if there is none */
};

static void note_part(struct loading *l, uint64_t address, uint64_t size)
{
    if (!l->what || !size)
        return;
    for (unsigned i = 0; i < l->parts && !l->overlap.what; i++) {
        const struct part *other = &l->part[i];
        if (strcmp(other->what, l->what) && address < other->end && other->low < address + size)
            l->overlap = (struct part){other->what, address > other->low ? address : other->low, other->end};
    }
    if (l->parts < PARTS_MOST)
        l->part[l->parts++] = (struct part){l->what, address, address + size};
}

static bool write_ram(void *context, uint64_t address, const void *data, uint64_t size)
{
    struct loading *l = context;
    note_part(l, address, size);
    return memory_write(l->memory, address, data, size);
}

static bool zero_ram(void *context, uint64_t address, uint64_t size)
{
    struct loading *l = context;
    note_part(l, address, size);
    return memory_zero(l->memory, address, size);
}

/* What QEMU refuses, too; without a word the later image would win. */
static bool check_overlap(const struct loading *l, const char *remedy, struct emu_error *error)
{
    return !l->overlap.what ||
           emu_error_set(error, "the %s lies over the %s, at 0x%" PRIx64 "; %s", l->what, l->overlap.what, l->overlap.low, remedy);
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
    struct loading loading = {.memory = &m->memory, .what = "firmware"};
    const struct load_target target = {.context = &loading, .write = write_ram, .zero = zero_ram,
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
        loading.what = "kernel";
        if (!load(&target, "kernel", &m->kernel, at, &kernel, error) ||
            !check_overlap(&loading, "one that starts in M-mode by itself needs -bios none", error))
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
        loading.what = "initrd";
        if (!image_load(m->initrd.bytes, m->initrd.size, initrd, &target, error))
            return in_image("initrd", error);
        if (!check_overlap(&loading, "use more RAM (-m)", error))
            return false;
        end = initrd + m->initrd.size > end ? initrd + m->initrd.size : end;
    }
    loading.what = NULL;
    if (!load_further(m, &target, &end, error) || !load_fdt(m, &target, initrd, end, &fdt, error))
        return false;
    uint8_t rom[BOOTROM_BYTES];
    struct bootrom_config config = {.start = start, .fdt = fdt, .next = m->firmware.bytes ? next : 0,
                                    .next_mode = BOOTROM_NEXT_MODE_S};
    size_t bytes = bootrom_fill(rom, sizeof rom, &config);
    return memory_write(&m->memory, PLATFORM_BOOT_ROM_BASE, rom, bytes);
}
