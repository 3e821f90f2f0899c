/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A virtio-mmio slot and the device in it, if there is one: registers and split queues of the Virtual I/O Device specification
 * (VIRTIO 1.1, sections 2, 4.2, 5), version 2 or, as QEMU's default, the legacy version 1. An empty slot answers with its magic
 * value, version and device 0. The window is 0x200 bytes long, as QEMU's is; registers take accesses of 4 bytes, other widths read
 * 0 and write nothing; the device's configuration takes 1, 2 and 4; 8 bytes are two accesses of 4.
 *
 * A device acts in its own queue event: it takes one request after the other, and reads and writes memory line by line, each
 * line by a transfer of its own on the bus. One event does at most VIRTIO_EVENT_STEPS steps. What the guest puts into its queues is
 * not trusted: a queue or descriptor that cannot be meant (outside RAM, looping, too long, in the wrong order) stops the device,
 * which then asks to be reset (DEVICE_NEEDS_RESET; legacy: it stops without a word).
 */
#ifndef DEV_VIRTIO_H
#define DEV_VIRTIO_H

#include <dev/device.h>
#include <dev/disk.h>

#define VIRTIO_WINDOW_BYTES 0x200
#define VIRTIO_EVENT_STEPS  64 /* lines moved, or stages of a request gone through, in one event */
#define VIRTIO_SERIAL_BYTES 20

enum virtio_device { VIRTIO_EMPTY, VIRTIO_BLOCK, VIRTIO_CONSOLE, VIRTIO_RNG, VIRTIO_NET };

struct virtio_config {
    enum virtio_device device;
    unsigned slot; /* 0 to 7 */
    unsigned id;   /* (QUEUE_DEVICE, id) is the device's event */
    bool legacy;
    unsigned notify_cycles;                          /* from a notification to the first look at the queues */
    unsigned disk_access_cycles, disk_sector_cycles; /* BLOCK: a request takes, and each of its sectors */
    bool read_only;
    const char *serial; /* BLOCK; copied; NULL: none */
    uint64_t sectors;   /* BLOCK */
    uint64_t seed;      /* RNG */
};

struct virtio_disk_counts { /* BLOCK: since power-on; statistics, not state */
    uint64_t requests, sectors_read, sectors_written /* zeroed and discarded ones too */, flushes;
};

struct virtio;

/* NULL when out of memory. `host` must outlive the device; `line` is copied. */
struct virtio *virtio_create(const struct device_host *host, const struct irq_line *line, const struct virtio_config *config);
void virtio_destroy(struct virtio *virtio); /* NULL is allowed */

extern const struct device_ops virtio_ops;

/* The transfer that is on its way (device_host.dma_line), and that it has taken effect; data of a read is then in it. The device
 * goes on at `done`. */
struct dma_line *virtio_line(struct virtio *virtio);
void virtio_line_done(struct virtio *virtio, uint64_t done);

/* BLOCK: the disk; NULL for others. */
struct disk *virtio_disk(struct virtio *virtio);
struct virtio_disk_counts virtio_disk_counts(const struct virtio *virtio);
/* A request that stands still, in the middle of an event, until the disk knows `*ret_count` sectors from *ret_sector on (the first
 * is missing), or until what was written is safe in the file. */
bool virtio_needs_block(const struct virtio *virtio, uint64_t *ret_sector, uint64_t *ret_count);
bool virtio_needs_flush(const struct virtio *virtio);
/* Goes on with the event, if what it stood still for is there. */
void virtio_resume(struct virtio *virtio);
void virtio_flushed(struct virtio *virtio);

/* CONSOLE: bytes from outside, as many as there is room for. */
unsigned virtio_room(const struct virtio *virtio);
bool virtio_receive(struct virtio *virtio, uint8_t byte);
/* Has the driver given buffers that wait for bytes? */
bool virtio_wants(const struct virtio *virtio);

#endif
