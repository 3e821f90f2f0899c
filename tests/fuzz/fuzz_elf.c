/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the ELF loader: no input may crash it, write outside RAM, or fail without a sentence.
 */
#include "fuzz.h"

#include <load/elf.h>
#include <stdlib.h>
#include <string.h>

enum { RAM_SIZE = 0x10000 };

static uint8_t ram[RAM_SIZE];
static const uint64_t ram_base = 0x80000000;

static bool write_ram(void *context, uint64_t address, const void *data, uint64_t size)
{
    memcpy(ram + (address - ram_base), data, size);
    return true;
}

static bool zero_ram(void *context, uint64_t address, uint64_t size)
{
    memset(ram + (address - ram_base), 0, size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct load_target target = {.write = write_ram, .zero = zero_ram, .ram_base = ram_base, .ram_size = RAM_SIZE};
    struct elf_image image;
    struct emu_error error = {""};
    bool is_good = elf_load(data, size, &target, &image, &error);
    if (is_good ? image.low < ram_base || image.end > ram_base + RAM_SIZE || image.low >= image.end : !error.text[0])
        abort();
    return 0;
}
