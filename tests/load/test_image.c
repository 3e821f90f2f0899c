/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Raw images.
 */
#include "fake_ram.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <load/image.h>

static struct fake_ram ram;

Test(image, it_goes_to_its_address_and_nowhere_else)
{
    fake_ram_init(&ram);
    cr_assert(image_load("kernel", 6, FAKE_RAM_BASE + 0x100, &ram.target, NULL));
    cr_expect(zero(int, memcmp(ram.bytes + 0xff, "\xaakernel\xaa", 8)));
}

Test(image, what_does_not_fit_into_ram_is_refused)
{
    static const struct {
        uint64_t address;
        size_t size;
        bool is_good;
    } rows[] = {
        {FAKE_RAM_BASE, 16, true},
        {FAKE_RAM_BASE + FAKE_RAM_SIZE - 16, 16, true},
        {FAKE_RAM_BASE + FAKE_RAM_SIZE - 15, 16, false},
        {FAKE_RAM_BASE - 1, 16, false},
        {FAKE_RAM_BASE + FAKE_RAM_SIZE, 16, false},
        {0, 16, false},
        {UINT64_MAX, 16, false},
        {UINT64_MAX - 15, 16, false},
        {FAKE_RAM_BASE, 0, false},
    };
    static const char data[16];
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emu_error error = {""};
        fake_ram_init(&ram);
        cr_expect(eq(int, image_load(data, rows[i].size, rows[i].address, &ram.target, &error), rows[i].is_good), "row %u", i);
        cr_expect(eq(int, error.text[0] == 0, rows[i].is_good), "row %u", i);
        cr_expect(eq(uint, ram.calls, rows[i].is_good), "row %u", i);
    }
}

Test(image, the_sentence_names_addresses_and_ram)
{
    struct emu_error error;
    fake_ram_init(&ram);
    image_load("abc", 3, 0x1000, &ram.target, &error);
    cr_expect(eq(str, error.text, "an image of 0x3 bytes at 0x1000 is outside RAM, which is 0x80000000 to 0x8000ffff"));
}

Test(image, linuxs_header_says_how_much_memory_the_kernel_will_use)
{
    uint8_t header[80] = {[16] = 0x00, [18] = 0x30, [56] = 'R', [57] = 'S', [58] = 'C', [59] = 5};
    uint64_t bytes = 0;
    struct emu_error error;
    cr_assert(image_extent(header, sizeof header, &bytes, &error));
    cr_expect(eq(u64, bytes, 0x300000));
    cr_assert(image_extent(header, 63, &bytes, &error)); /* too short for a header */
    cr_expect(eq(u64, bytes, 63));
    header[18] = 0;
    cr_assert(image_extent(header, sizeof header, &bytes, &error)); /* it says less than there is */
    cr_expect(eq(u64, bytes, sizeof header));
    header[24] = 1;
    cr_expect(not(image_extent(header, sizeof header, &bytes, &error)));
    cr_expect(eq(str, error.text, "it is a Linux image for big-endian harts, which these are not"));
    header[59] = 0;
    cr_assert(image_extent(header, sizeof header, &bytes, &error));
    cr_expect(eq(u64, bytes, sizeof header));
}

Test(image, an_elf_file_is_told_by_its_first_four_bytes)
{
    cr_expect(image_is_elf("\x7f"
                           "ELF....",
                           8));
    cr_expect(image_is_elf("\x7f"
                           "ELF",
                           4));
    cr_expect(not(image_is_elf("\x7f"
                               "ELF",
                               3)));
    cr_expect(not(image_is_elf("\x7f"
                               "ELG",
                               4)));
    cr_expect(not(image_is_elf("", 0)));
}
