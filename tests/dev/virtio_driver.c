/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A driver for tests.
 */
#include "virtio_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, LINE = 64 };

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "driver: %s\n", what);
    abort();
}

static uint64_t align(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

static void start_legacy(struct driver *d, unsigned number)
{
    struct driver_queue *q = &d->queue[number];
    unsigned page = 1024u << random_below(&d->random, 3), ring_align = 4u << random_below(&d->random, 11);
    d->free = align(d->free, page);
    q->desc = d->free;
    q->avail = q->desc + 16 * q->size;
    q->used = align(q->avail + 6 + 2 * q->size, ring_align);
    d->free = q->used + 6 + 8 * q->size;
    rig_write(d->rig, 0x28, 4, page);
    rig_write(d->rig, 0x30, 4, number);
    must(rig_read(d->rig, 0x34, 4) >= q->size, "queues are too short");
    must(rig_read(d->rig, 0x40, 4) == 0, "a queue is in use after reset");
    rig_write(d->rig, 0x38, 4, q->size);
    rig_write(d->rig, 0x3c, 4, ring_align);
    rig_write(d->rig, 0x40, 4, q->desc / page);
    must(rig_read(d->rig, 0x40, 4) == q->desc / page, "a queue's page does not read back");
}

static void start_modern(struct driver *d, unsigned number)
{
    struct driver_queue *q = &d->queue[number];
    q->desc = d->free = align(d->free + random_below(&d->random, 500), 16);
    q->avail = align(q->desc + 16 * q->size + random_below(&d->random, 500), 2);
    q->used = align(q->avail + 6 + 2 * q->size + random_below(&d->random, 500), 4);
    d->free = q->used + 6 + 8 * q->size;
    rig_write(d->rig, 0x30, 4, number);
    must(rig_read(d->rig, 0x34, 4) >= q->size, "queues are too short");
    must(rig_read(d->rig, 0x44, 4) == 0, "a queue is ready after reset");
    rig_write(d->rig, 0x38, 4, q->size);
    rig_write(d->rig, 0x80, 4, (uint32_t)q->desc);
    rig_write(d->rig, 0x84, 4, q->desc >> 32);
    rig_write(d->rig, 0x90, 4, (uint32_t)q->avail);
    rig_write(d->rig, 0x94, 4, q->avail >> 32);
    rig_write(d->rig, 0xa0, 4, (uint32_t)q->used);
    rig_write(d->rig, 0xa4, 4, q->used >> 32);
    rig_write(d->rig, 0x44, 4, 1);
    must(rig_read(d->rig, 0x44, 4) == 1, "a queue is not ready");
}

void driver_start(struct driver *d, struct rig *rig, bool legacy, unsigned queues, unsigned size, uint64_t wanted, uint64_t seed)
{
    *d = (struct driver){.rig = rig, .random = {seed}, .legacy = legacy, .free = RIG_BASE + 64};
    must(rig_read(rig, 0, 4) == 0x74726976 && rig_read(rig, 4, 4) == (legacy ? 1 : 2), "this is no such device");
    rig_write(rig, 0x70, 4, 0);
    must(rig_read(rig, 0x70, 4) == 0, "reset did nothing");
    rig_write(rig, 0x70, 4, 1);
    rig_write(rig, 0x70, 4, 3);
    for (unsigned half = 0; half < 2; half++) {
        rig_write(rig, 0x14, 4, half);
        uint64_t offered = rig_read(rig, 0x10, 4) << 32 * half;
        d->features |= offered & wanted;
        rig_write(rig, 0x24, 4, half);
        rig_write(rig, 0x20, 4, (d->features >> 32 * half) & UINT32_MAX);
    }
    if (!legacy) {
        rig_write(rig, 0x70, 4, 11);
        must(rig_read(rig, 0x70, 4) == 11, "features are refused");
    }
    for (unsigned q = 0; q < queues; q++) {
        d->queue[q].size = size;
        legacy ? start_legacy(d, q) : start_modern(d, q);
    }
    rig_write(rig, 0x70, 4, legacy ? 7 : 15);
}

uint64_t driver_memory(struct driver *d, uint32_t bytes)
{
    uint64_t at = d->free + random_below(&d->random, 40);
    must(at + bytes <= RIG_BASE + RIG_RAM, "out of memory");
    d->free = at + bytes;
    return at;
}

void driver_recycle(struct driver *d)
{
    d->free = 0;
    for (unsigned q = 0; q < DRIVER_QUEUES; q++) {
        uint64_t end = d->queue[q].size ? d->queue[q].used + 6 + 8 * d->queue[q].size : 0;
        d->free = end > d->free ? end : d->free;
        d->queue[q].next = 0;
    }
}

void driver_add(struct driver *d, struct driver_chain *chain, uint32_t bytes, bool writable)
{
    while (bytes) {
        bool last = chain->pieces % 12 == 11 || random_below(&d->random, 3) == 0;
        uint32_t some = last ? bytes : 1 + random_below(&d->random, bytes);
        must(chain->pieces < DRIVER_SIZE_MAX, "too many pieces");
        chain->piece[chain->pieces++] = (struct driver_piece){driver_memory(d, some), some, writable};
        bytes -= some;
    }
}

uint64_t driver_byte(const struct driver_chain *chain, bool writable, uint32_t n)
{
    for (unsigned i = 0; i < chain->pieces; i++) {
        if (chain->piece[i].writable != writable)
            continue;
        if (n < chain->piece[i].bytes)
            return chain->piece[i].address + n;
        n -= chain->piece[i].bytes;
    }
    must(false, "a chain has not so many bytes");
    return 0;
}

static void desc_write(struct driver *d, uint64_t at, uint64_t address, uint32_t bytes, unsigned flags, unsigned next)
{
    rig_set_ram(d->rig, at, 8, address);
    rig_set_ram(d->rig, at + 8, 4, bytes);
    rig_set_ram(d->rig, at + 12, 2, flags);
    rig_set_ram(d->rig, at + 14, 2, next);
}

/* Pieces from `first` on, in a table whose descriptors are used in the order `from` gives. */
static void table_write(struct driver *d, uint64_t table, const unsigned *from, const struct driver_chain *chain, unsigned first,
                        unsigned count, bool more)
{
    for (unsigned i = 0; i < count; i++) {
        const struct driver_piece *piece = &chain->piece[first + i];
        bool has_next = i + 1 < count || more;
        desc_write(d, table + 16 * from[i], piece->address, piece->bytes,
                   (piece->writable ? DESC_WRITE : 0) | (has_next ? DESC_NEXT : 0),
                   has_next ? from[i + 1] : random_below(&d->random, 65536));
    }
}

bool driver_put(struct driver *d, unsigned number, const struct driver_chain *chain, unsigned *ret_head)
{
    struct driver_queue *q = &d->queue[number];
    bool indirect = d->features & DRIVER_INDIRECT && random_below(&d->random, 2);
    unsigned direct = indirect ? random_below(&d->random, chain->pieces < 3 ? chain->pieces : 3) : chain->pieces;
    unsigned needed = direct + indirect, order[DRIVER_SIZE_MAX + 1];
    if (q->next + needed > q->size)
        return false;
    for (unsigned i = 0; i < needed; i++) /* not always the order of numbers */
        order[i] = q->next + (direct % 2 ? needed - 1 - i : i);
    q->next += needed;
    table_write(d, q->desc, order, chain, 0, direct, indirect);
    if (indirect) {
        unsigned rest = chain->pieces - direct, swapped[DRIVER_SIZE_MAX];
        uint64_t table = align(driver_memory(d, 16 * rest + 16), 16);
        for (unsigned i = 0; i < rest; i++)
            swapped[i] = i == 0 ? 0 : rest - i; /* the first is where it begins */
        table_write(d, table, swapped, chain, direct, rest, false);
        desc_write(d, q->desc + 16 * order[direct], table, 16 * rest, DESC_INDIRECT, 0xffff);
    }
    *ret_head = order[0];
    rig_set_ram(d->rig, q->avail + 4 + 2 * (q->available % q->size), 2, order[0]);
    q->available++;
    rig_set_ram(d->rig, q->avail + 2, 2, q->available);
    return true;
}

void driver_notify(struct driver *d, unsigned queue)
{
    rig_write(d->rig, 0x50, 4, queue);
}
