/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * 64 KiB of RAM at 0x80000000 as a load target. It starts filled with 0xaa, checks that loaders keep within it, and counts
 * what they write.
 */
#ifndef LOAD_FAKE_RAM_H
#define LOAD_FAKE_RAM_H

#include <load/target.h>
#include <stdlib.h>
#include <string.h>

enum { FAKE_RAM_SIZE = 0x10000 };
#define FAKE_RAM_BASE UINT64_C(0x80000000)

struct fake_ram {
    struct load_target target;
    unsigned calls;
    uint8_t bytes[FAKE_RAM_SIZE];
};

static inline uint8_t *fake_ram_at(struct fake_ram *ram, uint64_t address, uint64_t size)
{
    if (!load_target_holds(&ram->target, address, size))
        abort();
    ram->calls++;
    return ram->bytes + (address - FAKE_RAM_BASE);
}

static inline bool fake_ram_write(void *context, uint64_t address, const void *data, uint64_t size)
{
    memcpy(fake_ram_at(context, address, size), data, size);
    return true;
}

static inline bool fake_ram_zero(void *context, uint64_t address, uint64_t size)
{
    memset(fake_ram_at(context, address, size), 0, size);
    return true;
}

static inline void fake_ram_init(struct fake_ram *ram)
{
    memset(ram, 0xaa, sizeof *ram);
    ram->calls = 0;
    ram->target = (struct load_target){ram, fake_ram_write, fake_ram_zero, FAKE_RAM_BASE, FAKE_RAM_SIZE};
}

#endif
