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

/* Offsets in the header, which is little-endian. */
enum { HEADER_IMAGE_SIZE = 16, HEADER_FLAGS = 24, HEADER_MAGIC = 56, HEADER_BYTES = 64 };
static const uint8_t header_magic[4] = {'R', 'S', 'C', 5};
#define HEADER_BIG_ENDIAN 1u

static uint64_t u64_at(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 8; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

bool image_extent(const void *data, size_t size, uint64_t *ret_bytes, struct emu_error *error)
{
    const uint8_t *bytes = data;
    *ret_bytes = size;
    if (size < HEADER_BYTES || memcmp(bytes + HEADER_MAGIC, header_magic, sizeof header_magic) != 0)
        return true;
    if (u64_at(bytes + HEADER_FLAGS) & HEADER_BIG_ENDIAN)
        return emu_error_set(error, "it is a Linux image for big-endian harts, which these are not");
    if (u64_at(bytes + HEADER_IMAGE_SIZE) > size)
        *ret_bytes = u64_at(bytes + HEADER_IMAGE_SIZE);
    return true;
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
