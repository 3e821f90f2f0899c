/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RAM and ROM: where they begin and end, that an untouched page costs nothing, and what of them is state.
 */
#include <mem/memory.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <lib/state_check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RAM UINT64_C(0x80000000)
#define MIB (UINT64_C(1) << 20)
#define ROM UINT64_C(0x1000)

static uint64_t hash_of(struct memory *memory)
{
    struct state *s = state_create_hash();
    memory_state(s, memory);
    return state_finish_hash(s);
}

static uint64_t resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

Test(memory, ram_and_rom_end_where_they_should)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    static const struct {
        uint64_t address, size;
        bool readable, is_ram;
    } rows[] = {
        {RAM, 1, true, true},
        {RAM, MIB, true, true},
        {RAM, MIB + 1, false, false},
        {RAM - 1, 1, false, false},
        {RAM - 1, 2, false, false},
        {RAM + MIB - 1, 1, true, true},
        {RAM + MIB - 1, 2, false, false},
        {RAM + MIB - 8, 8, true, true},
        {RAM + MIB, 1, false, false},
        {RAM + 1, UINT64_MAX, false, false},
        {UINT64_MAX, 1, false, false},
        {UINT64_MAX, UINT64_MAX, false, false},
        {0, 1, false, false},
        {ROM - 1, 1, false, false},
        {ROM - 1, 2, false, false},
        {ROM, 1, true, false},
        {ROM, PLATFORM_BOOT_ROM_SIZE, true, false},
        {ROM, PLATFORM_BOOT_ROM_SIZE + 1, false, false},
        {ROM + PLATFORM_BOOT_ROM_SIZE - 1, 1, true, false},
        {ROM + PLATFORM_BOOT_ROM_SIZE - 1, 2, false, false},
        {ROM + PLATFORM_BOOT_ROM_SIZE, 1, false, false},
    };
    static uint8_t bytes[MIB];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(eq(int, memory_read(&memory, rows[i].address, bytes, rows[i].size), rows[i].readable), "row %zu: read", i);
        cr_expect(eq(int, memory_is_ram_range(&memory, rows[i].address, rows[i].size), rows[i].is_ram), "row %zu: RAM", i);
        cr_expect(eq(int, memory_write(&memory, rows[i].address, bytes, rows[i].size), rows[i].readable), "row %zu: write", i);
        cr_expect(eq(int, memory_zero(&memory, rows[i].address, rows[i].size), rows[i].readable), "row %zu: zero", i);
    }
    memory_finish(&memory);
}

Test(memory, page_numbers_and_addresses_are_inverse)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    for (uint32_t page = 0; page < memory.pages; page++) {
        cr_expect(eq(u32, memory_page(&memory, memory_paddr(&memory, page)), page));
        cr_expect(eq(u32, memory_page(&memory, memory_paddr(&memory, page) + PAGE_BYTES - 1), page));
        cr_expect(eq(int, memory_is_ram(&memory, page), page < MIB / PAGE_BYTES));
    }
    static const uint64_t nowhere[] = {0, 0xfff, 0x10000, RAM - 1, RAM + MIB, UINT64_MAX};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
        cr_expect(eq(u32, memory_page(&memory, nowhere[i]), NO_PAGE), "row %zu", i);
    memory_finish(&memory);
}

Test(memory, what_was_written_is_read_and_the_rest_is_zero)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    const char text[] = "across two pages";
    uint64_t at = RAM + PAGE_BYTES - 5;
    cr_assert(memory_write(&memory, at, text, sizeof text));
    char got[sizeof text + 2];
    cr_assert(memory_read(&memory, at - 1, got, sizeof got));
    cr_expect(eq(int, got[0], 0));
    cr_expect(eq(str, got + 1, (char *)text));
    cr_expect(eq(int, got[sizeof got - 1], 0));
    cr_expect(eq(u64, memory_touched_bytes(&memory), 2 * PAGE_BYTES));
    memory_finish(&memory);
}

Test(memory, an_empty_write_touches_nothing)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    cr_expect(memory_write(&memory, RAM, "", 0));
    cr_expect(memory_zero(&memory, RAM, 0));
    cr_expect(eq(u64, memory_touched_bytes(&memory), 0));
    memory_finish(&memory);
}

Test(memory, the_rom_is_not_counted_as_touched_ram_and_is_not_state)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    uint64_t before = hash_of(&memory);
    cr_assert(memory_write(&memory, ROM, "reset", 5));
    cr_expect(eq(u64, hash_of(&memory), before));
    cr_expect(eq(u64, memory_touched_bytes(&memory), 0));
    memory_finish(&memory);
}

Test(memory, a_touched_page_of_zeros_equals_an_untouched_one)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    uint64_t before = hash_of(&memory);
    cr_assert(memory_zero(&memory, RAM + 5 * PAGE_BYTES, PAGE_BYTES));
    memory_touch(&memory, 77);
    cr_expect(eq(u64, memory_touched_bytes(&memory), 2 * PAGE_BYTES));
    cr_expect(eq(u64, hash_of(&memory), before));
    cr_assert(memory_write(&memory, RAM + 5 * PAGE_BYTES, "x", 1));
    cr_expect(ne(u64, hash_of(&memory), before));
    cr_assert(memory_zero(&memory, RAM + 5 * PAGE_BYTES, 1));
    cr_expect(eq(u64, hash_of(&memory), before));
    memory_finish(&memory);
}

/* The hash must see every byte of a page and the page's number; the last page too. */
Test(memory, the_hash_depends_on_each_byte_and_its_place)
{
    struct memory memory;
    static const uint64_t places[] = {0, 1, 63, 64, 4095, 4096, 8191, MIB - 4096, MIB - 1};
    uint64_t hashes[sizeof places / sizeof places[0]];
    cr_assert(memory_init(&memory, MIB));
    uint64_t empty = hash_of(&memory);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        cr_assert(memory_write(&memory, RAM + places[i], "x", 1));
        hashes[i] = hash_of(&memory);
        cr_assert(memory_zero(&memory, RAM + places[i], 1));
        cr_expect(ne(u64, hashes[i], empty), "place %zu", i);
        for (size_t j = 0; j < i; j++)
            cr_expect(ne(u64, hashes[i], hashes[j]), "places %zu and %zu", i, j);
    }
    memory_finish(&memory);
}

static void state(struct state *s, void *object)
{
    memory_state(s, object);
}

Test(memory, each_page_of_the_state_is_hashed)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    for (unsigned page = 0; page < 256; page += 17)
        cr_assert(memory_write(&memory, RAM + page * PAGE_BYTES + 9, "\x81", 1));
    cr_expect(eq(u64, state_check_flips(state, &memory), 16));
    memory_finish(&memory);
}

Test(memory, the_slow_and_code_masks_are_not_state)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    uint64_t before = hash_of(&memory);
    memory.slow[3] = memory.code[3] = 5;
    cr_expect(eq(u64, hash_of(&memory), before));
    memory_finish(&memory);
}

Test(memory, eight_gib_cost_the_host_nothing_until_they_are_used)
{
    struct memory memory;
    uint64_t before = resident_bytes();
    cr_assert(memory_init(&memory, 8192 * MIB));
    char last = 1;
    cr_expect(memory_read(&memory, RAM + 8192 * MIB - 1, &last, 1));
    cr_expect(eq(int, last, 0));
    cr_expect(memory_write(&memory, RAM + 8192 * MIB - 1, "x", 1));
    cr_expect(eq(u64, memory_touched_bytes(&memory), PAGE_BYTES));
    hash_of(&memory);
    uint64_t after = resident_bytes();
    cr_expect(lt(u64, after - before, 16 * MIB), "%lu KiB more are resident", (unsigned long)((after - before) >> 10));
    memory_finish(&memory);
}

Test(memory, finishing_twice_does_no_harm)
{
    struct memory memory;
    cr_assert(memory_init(&memory, MIB));
    memory_finish(&memory);
    memory_finish(&memory);
}
