/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A machine around one virtio slot: a queue of events, RAM, an interrupt line, the file behind a disk. Lines are moved at once or
 * some cycles later, one at a time, as on a bus. Whatever a driver does wrong, the rig aborts when the device does what it must
 * not: touch what is not RAM, move two lines at a time, or do too much in one event. Not a test by itself; tests and a fuzz target
 * use it.
 */
#ifndef DEV_VIRTIO_RIG_H
#define DEV_VIRTIO_RIG_H

#include <dev/virtio.h>

#define RIG_BASE UINT64_C(0x80000000)
enum { RIG_RAM = 1 << 18, RIG_SECTORS = 200, RIG_TEXT = 1 << 16 };

struct rig {
    struct device_host host;
    uint64_t cycle;
    struct virtio *device;
    uint8_t ram[RIG_RAM];
    bool line;            /* the interrupt */
    unsigned line_cycles; /* a transfer takes; 0: none */
    int bus;              /* slot of the queue */
    bool is_on_bus;
    unsigned lines_in_event;
    uint64_t lines;
    bool is_lazy; /* sectors are supplied one by one, when they are needed; else all of them before */
    unsigned asked, flushes;
    uint8_t base[RIG_SECTORS * DISK_SECTOR_BYTES]; /* what the disk held at first */
    uint8_t file[RIG_SECTORS * DISK_SECTOR_BYTES]; /* what is in its file */
    char text[RIG_TEXT];
    unsigned text_count, stream;
};

/* Of a block device only `read_only`, `legacy` and `serial` matter besides the kind. */
struct rig *rig_create(const struct virtio_config *config, unsigned line_cycles, bool is_lazy, uint64_t seed);
void rig_destroy(struct rig *rig);

/* Fires events until there is none or `most` have been. Returns how many. */
unsigned rig_run(struct rig *rig, unsigned most);

uint64_t rig_read(struct rig *rig, unsigned offset, unsigned size);
void rig_write(struct rig *rig, unsigned offset, unsigned size, uint64_t value);
uint64_t rig_ram(const struct rig *rig, uint64_t address, unsigned size);
void rig_set_ram(struct rig *rig, uint64_t address, unsigned size, uint64_t value);
/* Device and queue. */
uint64_t rig_hash(struct rig *rig);

#endif
