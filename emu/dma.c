/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ring of transfers that wait for the bus.
 */
#include "dma.h"

#include <emu/platform.h>
#include <string.h>

static unsigned lines_of(uint64_t address, uint64_t size)
{
    return size ? (unsigned)((address + size - 1) / LINE_BYTES - address / LINE_BYTES + 1) : 0;
}

bool dma_has_room(const struct dma *dma, uint64_t address, uint64_t size)
{
    return size <= DMA_ENTRIES * (uint64_t)LINE_BYTES && dma->count + lines_of(address, size) <= DMA_ENTRIES;
}

void dma_add(struct dma *dma, uint64_t address, const void *from, uint64_t size)
{
    const uint8_t *bytes = from;
    while (size > 0) {
        uint64_t room = LINE_BYTES - address % LINE_BYTES, part = size < room ? size : room;
        struct dma_entry *entry = &dma->entry[(dma->first + dma->count++) % DMA_ENTRIES];
        *entry = (struct dma_entry){.address = address, .size = (uint8_t)part, .write = bytes != NULL};
        if (bytes) {
            memcpy(entry->bytes, bytes, part);
            bytes += part;
        }
        address += part;
        size -= part;
    }
}

void dma_overlay(const struct dma *dma, uint64_t address, void *bytes, uint64_t size)
{
    for (unsigned i = 0; i < dma->count; i++) {
        const struct dma_entry *entry = &dma->entry[(dma->first + i) % DMA_ENTRIES];
        for (unsigned at = 0; entry->write && at < entry->size; at++)
            if (entry->address + at - address < size)
                ((uint8_t *)bytes)[entry->address + at - address] = entry->bytes[at];
    }
}

struct bus_request dma_request(const struct dma *dma, uint64_t cycle)
{
    const struct dma_entry *entry = &dma->entry[dma->first];
    return (struct bus_request){.cycle = cycle,
                                .line = (uint32_t)((entry->address - PLATFORM_RAM_BASE) / LINE_BYTES),
                                .slot = CACHE_NONE,
                                .want = entry->write ? BUS_WANT_DMA_WRITE : BUS_WANT_DMA_READ,
                                .offset = (uint8_t)(entry->address % LINE_BYTES),
                                .size = entry->size};
}

struct dma_entry dma_take(struct dma *dma)
{
    struct dma_entry entry = dma->entry[dma->first];
    dma->first = (uint8_t)((dma->first + 1u) % DMA_ENTRIES);
    dma->count--;
    return entry;
}

void dma_state(struct state *s, struct dma *dma)
{
    uint8_t count = dma->count;
    state_open(s, "dma", 0);
    state_u8(s, "count", &dma->count);
    for (unsigned i = 0; i < count; i++) {
        struct dma_entry *entry = &dma->entry[(dma->first + i) % DMA_ENTRIES];
        state_u64(s, "address", &entry->address);
        state_u8(s, "size", &entry->size);
        state_bool(s, "write", &entry->write);
        if (entry->write)
            state_bytes(s, "bytes", entry->bytes, sizeof entry->bytes);
    }
    state_close(s);
}
