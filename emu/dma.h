/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Direct memory access over the bus (timed): what devices read and write, line by line in order, through one port. A write takes
 * effect at its grant; what a read sees is known when it is asked for, since RAM holds the newest bytes, and its transaction follows.
 */
#ifndef EMU_DMA_H
#define EMU_DMA_H

#include <base/state.h>
#include <mem/bus.h>
#include <mem/memory.h>
#include <stdbool.h>
#include <stdint.h>

#define DMA_ENTRIES 64u

struct dma_entry {
    uint64_t address;           /* physical; the bytes lie within one line of RAM */
    uint8_t size;               /* 1 to 64 */
    bool write;
    uint8_t bytes[LINE_BYTES];  /* of a write */
};

struct dma {
    struct dma_entry entry[DMA_ENTRIES]; /* a ring: the first one's request is on its way */
    uint8_t first, count;
};

/* Room for what one transfer of this size may need? */
bool dma_has_room(const struct dma *dma, uint64_t address, uint64_t size);
/* Adds a transfer; `from` is NULL for a read. There must be room. If nothing was on its way, the first request is to be made. */
void dma_add(struct dma *dma, uint64_t address, const void *from, uint64_t size);
/* What is still on its way, written over the bytes that RAM holds at an address. */
void dma_overlay(const struct dma *dma, uint64_t address, void *bytes, uint64_t size);
/* The request of the first entry. There must be one. */
struct bus_request dma_request(const struct dma *dma, uint64_t cycle);
/* Takes the first entry out. */
struct dma_entry dma_take(struct dma *dma);
void dma_state(struct state *s, struct dma *dma);

#endif
