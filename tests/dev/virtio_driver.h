/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A driver for tests, written from the specification and sharing nothing with the device: finds its way through either version's
 * registers, puts chains into queues in whatever shape it is told, and knows what memory must hold when they are done.
 */
#ifndef DEV_VIRTIO_DRIVER_H
#define DEV_VIRTIO_DRIVER_H

#include "virtio_rig.h"

#include <lib/random.h>

enum { DRIVER_QUEUES = 2, DRIVER_SIZE_MAX = 64 };

#define DRIVER_INDIRECT  (UINT64_C(1) << 28)
#define DRIVER_VERSION_1 (UINT64_C(1) << 32)

struct driver_queue {
    uint64_t desc, avail, used;
    unsigned size;
    uint16_t available, seen; /* chains put in, and seen as used */
    unsigned next;            /* free descriptor */
};

/* Where a chain's bytes are, in order. */
struct driver_piece {
    uint64_t address;
    uint32_t bytes;
    bool writable;
};

struct driver_chain {
    struct driver_piece piece[DRIVER_SIZE_MAX];
    unsigned pieces;
};

struct driver {
    struct rig *rig;
    struct random random;
    bool legacy;
    uint64_t features; /* as accepted */
    struct driver_queue queue[DRIVER_QUEUES];
    uint64_t free; /* RAM that is not used yet */
};

/* From reset to DRIVER_OK, with queues of this size (a power of two) and those of the wanted features that there are. */
void driver_start(struct driver *driver, struct rig *rig, bool legacy, unsigned queues, unsigned size, uint64_t wanted,
                  uint64_t seed);
/* RAM that nobody else uses, with a gap before it. */
uint64_t driver_memory(struct driver *driver, uint32_t bytes);
/* Frees all memory but the rings, and all descriptors. */
void driver_recycle(struct driver *driver);
/* Adds so many bytes in pieces of chance sizes to a chain. */
void driver_add(struct driver *driver, struct driver_chain *chain, uint32_t bytes, bool writable);
/* Byte n of the readable (writable) part. */
uint64_t driver_byte(const struct driver_chain *chain, bool writable, uint32_t n);
/* Makes the chain available: as descriptors, or partly or all in an indirect table. Returns its head. False: no room. */
bool driver_put(struct driver *driver, unsigned queue, const struct driver_chain *chain, unsigned *ret_head);
void driver_notify(struct driver *driver, unsigned queue);

#endif
