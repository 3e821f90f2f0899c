/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Disk contents as pages of eight sectors, in a table of two levels. A page's sectors are known (base or written), written, dirty;
 * a page of nothing but zeros has no bytes.
 */
#include <dev/disk.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SECTORS_PER_PAGE = 8, PAGE_BYTES = SECTORS_PER_PAGE * DISK_SECTOR_BYTES, PAGES_PER_CHUNK = 512 };
#define SECTORS_PER_CHUNK ((uint64_t)SECTORS_PER_PAGE * PAGES_PER_CHUNK)

struct page {
    uint8_t *bytes;                /* NULL: zeros */
    uint8_t known, written, dirty; /* a bit a sector; written and dirty are subsets of known */
};

struct chunk {
    struct page page[PAGES_PER_CHUNK];
    unsigned dirty_pages;
};

struct disk {
    uint64_t sectors;
    uint64_t chunk_count;
    struct chunk **chunk;                /* NULL: nothing is known of it */
    unsigned base_pages, base_pages_max; /* pages of which something is known and nothing written */
    uint64_t dirty_pages;
};

struct disk *disk_create(uint64_t sectors, unsigned base_pages_max)
{
    assert(sectors <= DISK_SECTORS_MAX);
    struct disk *disk = calloc(1, sizeof *disk);
    if (!disk)
        return NULL;
    disk->sectors = sectors;
    disk->base_pages_max = base_pages_max;
    disk->chunk_count = (sectors + SECTORS_PER_CHUNK - 1) / SECTORS_PER_CHUNK;
    disk->chunk = calloc(disk->chunk_count ? disk->chunk_count : 1, sizeof *disk->chunk);
    if (disk->chunk)
        return disk;
    free(disk);
    return NULL;
}

void disk_destroy(struct disk *disk)
{
    if (!disk)
        return;
    for (uint64_t c = 0; c < disk->chunk_count; c++) {
        for (unsigned p = 0; disk->chunk[c] && p < PAGES_PER_CHUNK; p++)
            free(disk->chunk[c]->page[p].bytes);
        free(disk->chunk[c]);
    }
    free(disk->chunk);
    free(disk);
}

uint64_t disk_sectors(const struct disk *disk)
{
    return disk->sectors;
}

static struct page *page_of(const struct disk *disk, uint64_t sector)
{
    struct chunk *chunk = disk->chunk[sector / SECTORS_PER_CHUNK];
    return chunk ? &chunk->page[sector / SECTORS_PER_PAGE % PAGES_PER_CHUNK] : NULL;
}

static struct page *page_make(struct disk *disk, uint64_t sector)
{
    struct chunk **chunk = &disk->chunk[sector / SECTORS_PER_CHUNK];
    if (!*chunk && !(*chunk = calloc(1, sizeof **chunk)))
        return NULL;
    return page_of(disk, sector);
}

static uint8_t bit_of(uint64_t sector)
{
    return (uint8_t)(1u << sector % SECTORS_PER_PAGE);
}

static bool is_zero(const uint8_t *bytes)
{
    return bytes[0] == 0 && !memcmp(bytes, bytes + 1, DISK_SECTOR_BYTES - 1);
}

/* Puts a sector's bytes (NULL: zeros) into its page, which gets memory only when it holds something else than zeros. */
static bool put(struct page *page, uint64_t sector, const uint8_t *bytes)
{
    if (!page->bytes && (!bytes || is_zero(bytes)))
        return true;
    if (!page->bytes && !(page->bytes = calloc(1, PAGE_BYTES)))
        return false;
    uint8_t *to = page->bytes + sector % SECTORS_PER_PAGE * DISK_SECTOR_BYTES;
    if (bytes)
        memcpy(to, bytes, DISK_SECTOR_BYTES);
    else
        memset(to, 0, DISK_SECTOR_BYTES);
    return true;
}

bool disk_has(const struct disk *disk, uint64_t sector)
{
    const struct page *page = page_of(disk, sector);
    return page && page->known & bit_of(sector);
}

/* Forgets base contents of pages that the guest has not written to; they can be supplied again. */
static void forget_base(struct disk *disk)
{
    for (uint64_t c = 0; c < disk->chunk_count; c++) {
        bool is_needed = false;
        for (unsigned p = 0; disk->chunk[c] && p < PAGES_PER_CHUNK; p++) {
            struct page *page = &disk->chunk[c]->page[p];
            is_needed |= page->written != 0;
            if (page->written)
                continue;
            free(page->bytes);
            *page = (struct page){0};
        }
        if (is_needed)
            continue;
        free(disk->chunk[c]);
        disk->chunk[c] = NULL;
    }
    disk->base_pages = 0;
}

bool disk_supply(struct disk *disk, uint64_t sector, const void *bytes, uint64_t count)
{
    assert(sector <= disk->sectors && count <= disk->sectors - sector);
    if (disk->base_pages >= disk->base_pages_max)
        forget_base(disk);
    for (uint64_t i = 0; i < count; i++, sector++) {
        struct page *page = page_make(disk, sector);
        if (!page)
            return false;
        if (page->known & bit_of(sector))
            continue;
        if (!put(page, sector, (const uint8_t *)bytes + i * DISK_SECTOR_BYTES))
            return false;
        disk->base_pages += !page->known;
        page->known |= bit_of(sector);
    }
    return true;
}

void disk_read(const struct disk *disk, uint64_t sector, uint8_t ret_bytes[static DISK_SECTOR_BYTES])
{
    const struct page *page = page_of(disk, sector);
    assert(page && page->known & bit_of(sector));
    if (page->bytes)
        memcpy(ret_bytes, page->bytes + sector % SECTORS_PER_PAGE * DISK_SECTOR_BYTES, DISK_SECTOR_BYTES);
    else
        memset(ret_bytes, 0, DISK_SECTOR_BYTES);
}

bool disk_write(struct disk *disk, uint64_t sector, const uint8_t *bytes)
{
    assert(sector < disk->sectors);
    struct page *page = page_make(disk, sector);
    if (!page)
        return false;
    bool was_base = page->known && !page->written;
    if (!put(page, sector, bytes))
        return false;
    disk->base_pages -= was_base;
    if (!page->dirty) {
        disk->chunk[sector / SECTORS_PER_CHUNK]->dirty_pages++;
        disk->dirty_pages++;
    }
    page->known |= bit_of(sector);
    page->written |= bit_of(sector);
    page->dirty |= bit_of(sector);
    return true;
}

/* The first sector at or behind `sector` that is dirty; disk->sectors: none. */
static uint64_t next_dirty(const struct disk *disk, uint64_t sector)
{
    while (sector < disk->sectors) {
        const struct chunk *chunk = disk->chunk[sector / SECTORS_PER_CHUNK];
        const struct page *page = page_of(disk, sector);
        if (!chunk || !chunk->dirty_pages)
            sector = (sector / SECTORS_PER_CHUNK + 1) * SECTORS_PER_CHUNK;
        else if (!page->dirty)
            sector = (sector / SECTORS_PER_PAGE + 1) * SECTORS_PER_PAGE;
        else if (page->dirty & bit_of(sector))
            return sector;
        else
            sector++;
    }
    return disk->sectors;
}

uint64_t disk_dirty(const struct disk *disk, uint64_t *sector, uint64_t max)
{
    uint64_t first = next_dirty(disk, *sector), count = 0;
    while (count < max && first + count < disk->sectors) {
        const struct page *page = page_of(disk, first + count);
        if (!page || !(page->dirty & bit_of(first + count)))
            break;
        count++;
    }
    *sector = first;
    return count;
}

bool disk_is_dirty(const struct disk *disk)
{
    return disk->dirty_pages > 0;
}

void disk_clean(struct disk *disk)
{
    for (uint64_t c = 0; c < disk->chunk_count && disk->dirty_pages; c++) {
        struct chunk *chunk = disk->chunk[c];
        if (!chunk || !chunk->dirty_pages)
            continue;
        for (unsigned p = 0; p < PAGES_PER_CHUNK; p++)
            chunk->page[p].dirty = 0;
        disk->dirty_pages -= chunk->dirty_pages;
        chunk->dirty_pages = 0;
    }
}

/* A sector's number names it; altering it in a flip would mean nothing, so it is a group, not a field. */
static void page_state(struct state *s, struct page *page, uint64_t first)
{
    static const uint8_t zeros[DISK_SECTOR_BYTES];
    for (unsigned i = 0; i < SECTORS_PER_PAGE; i++) {
        if (!(page->written >> i & 1))
            continue;
        uint8_t bytes[DISK_SECTOR_BYTES];
        memcpy(bytes, page->bytes ? page->bytes + i * DISK_SECTOR_BYTES : zeros, sizeof bytes);
        uint8_t before = bytes[0];
        state_open(s, "sector", (unsigned)(first + i));
        state_bytes(s, "bytes", bytes, sizeof bytes);
        state_close(s);
        if (bytes[0] != before)
            put(page, first + i, bytes);
    }
}

void disk_state(struct state *s, struct disk *disk)
{
    state_open(s, "disk", 0);
    state_u64(s, "sectors", &disk->sectors);
    for (uint64_t c = 0; c < disk->chunk_count; c++)
        for (unsigned p = 0; disk->chunk[c] && p < PAGES_PER_CHUNK; p++)
            page_state(s, &disk->chunk[c]->page[p], c * SECTORS_PER_CHUNK + p * (uint64_t)SECTORS_PER_PAGE);
    state_close(s);
}
