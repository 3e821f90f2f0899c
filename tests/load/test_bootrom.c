/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The boot ROM, word for word what qemu-system-riscv64 7.2 shows at 0x1000 (`xp /24xw 0x1000`) for the same addresses.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <load/bootrom.h>

static uint32_t word(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

Test(bootrom, it_equals_qemus)
{
    static const uint32_t want[] = {
        0x00000297, 0x02828613, 0xf1402573, 0x0202b583, 0x0182b283, 0x00028067, /* code */
        0x80000000, 0,          0x87e00000, 0,                                  /* start, device tree */
        0x4942534f, 0,          2,          0,          0x80200000, 0,          /* magic, version, next address */
        1,          0,          0,          0,          3,          0,          /* next mode, options, boot hart */
    };
    const struct bootrom_config config = {
        .start = 0x80000000, .fdt = 0x87e00000, .next = 0x80200000, .next_mode = BOOTROM_NEXT_MODE_S, .boot_hart = 3};
    uint8_t rom[BOOTROM_BYTES];
    cr_assert(eq(sz, bootrom_fill(rom, sizeof rom, &config), sizeof want));
    for (unsigned i = 0; i < sizeof want / 4; i++)
        cr_expect(eq(u32, word(rom + 4 * i), want[i]), "word %u", i);
}

Test(bootrom, a_buffer_too_small_is_left_alone)
{
    uint8_t rom[BOOTROM_BYTES] = {0};
    cr_expect(eq(sz, bootrom_fill(rom, BOOTROM_BYTES - 1, &(struct bootrom_config){.start = 1}), 0));
    for (unsigned i = 0; i < sizeof rom; i++)
        cr_expect(eq(u8, rom[i], 0));
}
