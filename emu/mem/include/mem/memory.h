/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine's memory: RAM and the boot ROM, in one host mapping addressed by page index, and what is known of each 64-byte line.
 * RAM is lazily backed: an untouched page costs nothing and reads as zero. A line's *slow* bit is sticky: it is set by the first
 * load-reserved, atomic, decoded code or watch on the line, and from then on no hart may store to it past the slow path.
 * Knows pages and lines; knows neither harts nor devices.
 */
#ifndef MEM_MEMORY_H
#define MEM_MEMORY_H

#include <base/state.h>
#include <emu/platform.h>
#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES 4096u
#define PAGE_SHIFT 12
#define PAGE_MASK (~(uint64_t)(PAGE_BYTES - 1))
#define LINE_BYTES 64u
#define LINE_SHIFT 6
#define LINES_PER_PAGE (PAGE_BYTES / LINE_BYTES)
#define NO_PAGE UINT32_MAX

struct memory {
    uint8_t *bytes;       /* RAM pages, then ROM pages */
    uint64_t ram_bytes;
    uint32_t ram_pages, pages;
    uint64_t *slow;       /* per page: bit n set if line n is slow */
    uint64_t *code;       /* per page: bit n set if line n holds decoded code or is watched; a subset of slow */
    uint64_t *touched;    /* bitmap over RAM pages that may hold something else than zeros */
};

/* ram_bytes: a multiple of the page size. False when the host has not that much address space. */
bool memory_init(struct memory *memory, uint64_t ram_bytes);
void memory_finish(struct memory *memory);

/* Page index of a physical address, NO_PAGE where there is neither RAM nor ROM. */
static inline uint32_t memory_page(const struct memory *memory, uint64_t paddr)
{
    if (paddr - PLATFORM_RAM_BASE < memory->ram_bytes)
        return (uint32_t)((paddr - PLATFORM_RAM_BASE) >> PAGE_SHIFT);
    if (paddr - PLATFORM_BOOT_ROM_BASE < PLATFORM_BOOT_ROM_SIZE)
        return memory->ram_pages + (uint32_t)((paddr - PLATFORM_BOOT_ROM_BASE) >> PAGE_SHIFT);
    return NO_PAGE;
}

static inline uint64_t memory_paddr(const struct memory *memory, uint32_t page)
{
    if (page < memory->ram_pages)
        return PLATFORM_RAM_BASE + ((uint64_t)page << PAGE_SHIFT);
    return PLATFORM_BOOT_ROM_BASE + ((uint64_t)(page - memory->ram_pages) << PAGE_SHIFT);
}

static inline bool memory_is_ram(const struct memory *memory, uint32_t page)
{
    return page < memory->ram_pages;
}

static inline uint8_t *memory_host(const struct memory *memory, uint32_t page)
{
    return memory->bytes + ((uint64_t)page << PAGE_SHIFT);
}

static inline void memory_touch(struct memory *memory, uint32_t page)
{
    memory->touched[page >> 6] |= UINT64_C(1) << (page & 63);
}

/* Copies out of RAM or ROM, or into RAM; false (nothing done) unless the whole range is there. memory_write is for loading before
 * the run: it looks at no reservation and no decoded code. */
bool memory_read(const struct memory *memory, uint64_t paddr, void *to, uint64_t size);
bool memory_write(struct memory *memory, uint64_t paddr, const void *from, uint64_t size);
bool memory_zero(struct memory *memory, uint64_t paddr, uint64_t size);
bool memory_is_ram_range(const struct memory *memory, uint64_t paddr, uint64_t size);
uint64_t memory_touched_bytes(const struct memory *memory);

/* The contents of RAM; all-zero pages do not count, touched or not. (The ROM is configuration.) */
void memory_state(struct state *s, struct memory *memory);

#endif
