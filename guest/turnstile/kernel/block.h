/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The disk, in blocks of DISK_BLOCK_BYTES. Requests are started and finished, so that several can be in flight; the disk may do
 * those in any order, and may lose those that were written but not flushed when the power goes. A flush covers the writes that were
 * finished before it was started. Implemented by virtio_blk.c; by tests/turnstile/host/disk.c where the storage is tested.
 */
#ifndef KERNEL_BLOCK_H
#define KERNEL_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum block_kind { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

struct block_request {
    enum block_kind kind;
    uint32_t block;
    void *data; /* a whole page, the driver's until the request is finished; not used by a flush */
    /* the driver's lock */
    bool is_done;
    int result;
};

/* Finds the disk: 0, or -ENODEV. Boot hart, before other threads run. */
int block_init(void);
/* How many whole blocks it has; 0 without a disk. */
uint64_t block_count(void);
/* May sleep until the driver has room. The request stays the caller's, and in place, until block_finish has returned. */
void block_start(struct block_request *request);
/* Waits: 0, -EIO, or -EROFS for a disk that cannot be written to. */
int block_finish(struct block_request *request);
/* Both. */
int block_transfer(enum block_kind kind, uint32_t block, void *data);

#endif
