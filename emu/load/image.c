/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Raw images, and telling them from ELF files.
 */
#include <load/image.h>

#include <inttypes.h>
#include <string.h>

static const uint8_t elf_magic[4] = {0x7f, 'E', 'L', 'F'};

bool image_is_elf(const void *data, size_t size)
{
    return size >= sizeof elf_magic && !memcmp(data, elf_magic, sizeof elf_magic);
}

bool image_load(const void *data, size_t size, uint64_t address, const struct load_target *target, struct emu_error *error)
{
    if (size == 0)
        return emu_error_set(error, "the image is empty");
    if (!load_target_holds(target, address, size))
        return emu_error_set(error, "an image of 0x%zx bytes at 0x%" PRIx64 " is outside RAM, which is 0x%" PRIx64 " to 0x%" PRIx64,
                             size, address, target->ram_base, target->ram_base + (target->ram_size - 1));
    if (!target->write(target->context, address, data, size))
        return emu_error_set(error, "the image at 0x%" PRIx64 " could not be written to RAM", address);
    return true;
}
