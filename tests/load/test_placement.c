/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where things go in RAM. The rows marked QEMU are what qemu-system-riscv64 7.2 does, read from its boot ROM.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <load/placement.h>

#define MIB  (UINT64_C(1) << 20)
#define BASE UINT64_C(0x80000000)

Test(placement, the_device_tree_is_high_aligned_and_below_3_gib)
{
    static const struct {
        uint64_t base, size, fdt, want;
    } rows[] = {
        {BASE, 128 * MIB, MIB, 0x87e00000},  /* QEMU */
        {BASE, 129 * MIB, MIB, 0x88000000},  /* QEMU */
        {BASE, 4096 * MIB, MIB, 0xbfe00000}, /* QEMU */
        {BASE, 128 * MIB, 2 * MIB, 0x87e00000},
        {BASE, 128 * MIB, 2 * MIB + 1, 0x87c00000},
        {BASE, 2 * MIB, 4096, BASE},
        {BASE, 1 * MIB, 4096, BASE},
        {BASE, 4096, 4097, 0},
        {BASE + 4096, MIB, 4096, 0}, /* no 2 MiB boundary within */
        {BASE, 1024 * MIB, MIB, 0xbfe00000},
        {UINT64_C(0x100000000), 64 * MIB, MIB, UINT64_C(0x103e00000)},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(eq(u64, placement_fdt(rows[i].base, rows[i].size, rows[i].fdt), rows[i].want), "row %u", i);
}

Test(placement, a_kernel_begins_at_the_next_2_mib_after_the_firmware)
{
    static const struct {
        uint64_t end, want;
    } rows[] = {
        {BASE, BASE},
        {BASE + 1, BASE + 2 * MIB},
        {BASE + 0x1a3c8, BASE + 2 * MIB},
        {BASE + 2 * MIB, BASE + 2 * MIB},
        {BASE + 2 * MIB + 1, BASE + 4 * MIB},
        {UINT64_MAX, 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(eq(u64, placement_kernel(rows[i].end), rows[i].want), "row %u", i);
}

Test(placement, the_ram_disk_begins_half_of_ram_after_the_kernel_but_at_most_128_mib)
{
    cr_expect(eq(u64, placement_initrd(BASE + 2 * MIB, 128 * MIB), BASE + 66 * MIB));
    cr_expect(eq(u64, placement_initrd(BASE + 2 * MIB, 256 * MIB), BASE + 130 * MIB));
    cr_expect(eq(u64, placement_initrd(BASE + 2 * MIB, 4096 * MIB), BASE + 130 * MIB));
}
