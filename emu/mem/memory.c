/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lazily backed RAM and the boot ROM behind it, with one slow and one code bit a line.
 */
#include <mem/memory.h>

#include <emu/platform.h>
#include <string.h>
#include <sys/mman.h>

#define ROM_PAGES (PLATFORM_BOOT_ROM_SIZE / PAGE_BYTES)

static void *map_zeros(uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static void unmap(void *at, uint64_t size)
{
    if (at)
        munmap(at, size);
}

static uint64_t touched_bytes(const struct memory *memory)
{
    return (memory->pages + 63) / 64 * sizeof(uint64_t);
}

bool memory_init(struct memory *memory, uint64_t ram_bytes)
{
    *memory = (struct memory){.ram_bytes = ram_bytes, .ram_pages = (uint32_t)(ram_bytes >> PAGE_SHIFT)};
    memory->pages = memory->ram_pages + ROM_PAGES;
    memory->bytes = map_zeros((uint64_t)memory->pages << PAGE_SHIFT);
    memory->slow = map_zeros(memory->pages * sizeof(uint64_t));
    memory->code = map_zeros(memory->pages * sizeof(uint64_t));
    memory->touched = map_zeros(touched_bytes(memory));
    if (memory->bytes && memory->slow && memory->code && memory->touched)
        return true;
    memory_finish(memory);
    return false;
}

void memory_finish(struct memory *memory)
{
    unmap(memory->bytes, (uint64_t)memory->pages << PAGE_SHIFT);
    unmap(memory->slow, memory->pages * sizeof(uint64_t));
    unmap(memory->code, memory->pages * sizeof(uint64_t));
    unmap(memory->touched, touched_bytes(memory));
    *memory = (struct memory){0};
}

bool memory_is_ram_range(const struct memory *memory, uint64_t paddr, uint64_t size)
{
    uint64_t offset = paddr - PLATFORM_RAM_BASE;
    return offset < memory->ram_bytes && size <= memory->ram_bytes - offset;
}

/* The ROM may be written only while the machine is built. */
static uint8_t *host_range(const struct memory *memory, uint64_t paddr, uint64_t size)
{
    if (memory_is_ram_range(memory, paddr, size))
        return memory->bytes + (paddr - PLATFORM_RAM_BASE);
    uint64_t offset = paddr - PLATFORM_BOOT_ROM_BASE;
    if (offset < PLATFORM_BOOT_ROM_SIZE && size <= PLATFORM_BOOT_ROM_SIZE - offset)
        return memory_host(memory, memory->ram_pages) + offset;
    return NULL;
}

static void touch_range(struct memory *memory, uint64_t paddr, uint64_t size)
{
    if (size == 0)
        return;
    uint32_t last = memory_page(memory, paddr + size - 1);
    for (uint32_t page = memory_page(memory, paddr); page <= last; page++)
        memory_touch(memory, page);
}

bool memory_read(const struct memory *memory, uint64_t paddr, void *to, uint64_t size)
{
    const uint8_t *from = host_range(memory, paddr, size);
    if (!from)
        return false;
    memcpy(to, from, size);
    return true;
}

bool memory_write(struct memory *memory, uint64_t paddr, const void *from, uint64_t size)
{
    uint8_t *to = host_range(memory, paddr, size);
    if (!to)
        return false;
    touch_range(memory, paddr, size);
    if (size)
        memcpy(to, from, size);
    return true;
}

bool memory_zero(struct memory *memory, uint64_t paddr, uint64_t size)
{
    uint8_t *to = host_range(memory, paddr, size);
    if (!to)
        return false;
    touch_range(memory, paddr, size);
    if (size)
        memset(to, 0, size);
    return true;
}

uint64_t memory_touched_bytes(const struct memory *memory)
{
    uint64_t pages = 0;
    for (uint32_t word = 0; word < (memory->ram_pages + 63) / 64; word++)
        pages += (uint64_t)__builtin_popcountll(memory->touched[word]);
    return pages << PAGE_SHIFT;
}

static bool is_zero_page(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE_BYTES - 1) == 0;
}

void memory_state(struct state *s, struct memory *memory)
{
    state_open(s, "ram", 0);
    for (uint32_t word = 0; word < (memory->ram_pages + 63) / 64; word++) {
        for (uint64_t bits = memory->touched[word]; bits; bits &= bits - 1) {
            uint32_t page = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (page >= memory->ram_pages || is_zero_page(memory_host(memory, page)))
                continue;
            uint32_t number = page; /* names the page; altering it in a flip changes nothing, so it is a group, not a field */
            state_open(s, "page", number);
            state_bytes(s, "bytes", memory_host(memory, page), PAGE_BYTES);
            state_close(s);
        }
    }
    state_close(s);
}
