/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where things go in RAM.
 */
#include <load/placement.h>

#define MIB            (UINT64_C(1) << 20)
#define ALIGNMENT      (2 * MIB)
#define FDT_LIMIT      (3072 * MIB)
#define INITRD_GAP_MAX (128 * MIB)

uint64_t placement_fdt(uint64_t ram_base, uint64_t ram_size, uint64_t fdt_size)
{
    uint64_t end = ram_base + ram_size;
    if (ram_base < FDT_LIMIT && end > FDT_LIMIT)
        end = FDT_LIMIT;
    if (fdt_size > end - ram_base)
        return 0;
    uint64_t address = (end - fdt_size) / ALIGNMENT * ALIGNMENT;
    return address >= ram_base ? address : 0;
}

uint64_t placement_kernel(uint64_t firmware_end)
{
    uint64_t last = firmware_end + (ALIGNMENT - 1);
    return last < firmware_end ? 0 : last / ALIGNMENT * ALIGNMENT;
}

uint64_t placement_initrd(uint64_t kernel_start, uint64_t ram_size)
{
    uint64_t half = ram_size / 2;
    return kernel_start + (half < INITRD_GAP_MAX ? half : INITRD_GAP_MAX);
}
