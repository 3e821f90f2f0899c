/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine around a virtio slot.
 */
#include "virtio_rig.h"

#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "rig: %s\n", what);
    abort();
}

static void set_line(void *sink, unsigned number, bool level)
{
    ((struct rig *)sink)->line = level;
}

static void console_out(void *context, unsigned stream, uint8_t byte)
{
    struct rig *rig = context;
    rig->text[rig->text_count++ % RIG_TEXT] = (char)byte;
    rig->stream = stream;
}

static bool is_ram(void *context, uint64_t address, uint64_t size)
{
    return address >= RIG_BASE && size <= RIG_RAM && address - RIG_BASE <= RIG_RAM - size;
}

static void move(struct rig *rig, struct dma_line *line)
{
    uint8_t *at = rig->ram + (line->address - RIG_BASE);
    if (line->write)
        memcpy(at, line->bytes, line->size);
    else
        memcpy(line->bytes, at, line->size);
}

static bool dma_line(void *context, unsigned slot, struct dma_line *line)
{
    struct rig *rig = context;
    must(line->size > 0 && line->address % DMA_LINE_BYTES + line->size <= DMA_LINE_BYTES, "a transfer is not within a line");
    must(is_ram(rig, line->address, line->size), "a transfer is not in RAM");
    must(!rig->is_on_bus, "two transfers at a time");
    must(++rig->lines_in_event <= VIRTIO_EVENT_STEPS, "too many transfers in one event");
    rig->lines++;
    if (!rig->line_cycles) {
        move(rig, line);
        return true;
    }
    rig->is_on_bus = true;
    queue_schedule(rig->host.queue, rig->bus, rig->cycle + rig->line_cycles);
    return false;
}

static void dma_cancel(void *context, unsigned slot)
{
    struct rig *rig = context;
    must(rig->is_on_bus, "nothing to be taken back");
    rig->is_on_bus = false;
    queue_schedule(rig->host.queue, rig->bus, QUEUE_NEVER);
}

static void bus_due(void *context, unsigned id, uint64_t cycle)
{
    struct rig *rig = context;
    rig->is_on_bus = false;
    move(rig, virtio_line(rig->device));
    virtio_line_done(rig->device, cycle + 4);
}

struct rig *rig_create(const struct virtio_config *config, unsigned line_cycles, bool is_lazy, uint64_t seed)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct random random = {seed};
    must(rig, "no memory");
    rig->line_cycles = line_cycles;
    rig->is_lazy = is_lazy;
    rig->host = (struct device_host){.queue = queue_create(),
                                     .cycle = &rig->cycle,
                                     .cycles_per_tick = 10,
                                     .context = rig,
                                     .console_out = console_out,
                                     .is_ram = is_ram,
                                     .dma_line = dma_line,
                                     .dma_cancel = dma_cancel};
    rig->bus = queue_add(rig->host.queue, QUEUE_BUS, 0, bus_due, rig);
    struct virtio_config own = *config;
    own.sectors = RIG_SECTORS;
    own.notify_cycles = 100;
    own.disk_access_cycles = 500;
    own.disk_sector_cycles = 10;
    rig->device = virtio_create(&rig->host, &(struct irq_line){.set = set_line, .sink = rig}, &own);
    must(rig->device, "no device");
    for (unsigned i = 0; i < sizeof rig->base; i++)
        rig->base[i] = i / DISK_SECTOR_BYTES % 5 == 3 ? 0 : (uint8_t)random_next(&random); /* some are zeros */
    memcpy(rig->file, rig->base, sizeof rig->file);
    if (!is_lazy && virtio_disk(rig->device))
        must(disk_supply(virtio_disk(rig->device), 0, rig->base, RIG_SECTORS), "no memory");
    return rig;
}

void rig_destroy(struct rig *rig)
{
    virtio_destroy(rig->device);
    queue_destroy(rig->host.queue);
    free(rig);
}

/* What a client does. */
static void store(struct rig *rig)
{
    struct disk *disk = virtio_disk(rig->device);
    uint64_t sector = 0, count;
    while ((count = disk_dirty(disk, &sector, 3))) {
        for (uint64_t i = 0; i < count; i++)
            disk_read(disk, sector + i, rig->file + (sector + i) * DISK_SECTOR_BYTES);
        sector += count;
    }
    rig->flushes++;
    virtio_flushed(rig->device);
}

static void serve(struct rig *rig)
{
    uint64_t sector, count;
    for (;;) {
        if (virtio_needs_block(rig->device, &sector, &count)) {
            must(count > 0 && sector < RIG_SECTORS && count <= RIG_SECTORS - sector, "sectors that there are not are needed");
            rig->asked++;
            must(disk_supply(virtio_disk(rig->device), sector, rig->base + sector * DISK_SECTOR_BYTES, 1), "no memory");
            virtio_resume(rig->device);
        } else if (virtio_needs_flush(rig->device)) {
            store(rig);
        } else {
            return;
        }
    }
}

unsigned rig_run(struct rig *rig, unsigned most)
{
    unsigned fired = 0;
    while (fired < most && queue_next(rig->host.queue) != QUEUE_NEVER) {
        uint64_t next = queue_next(rig->host.queue);
        must(next >= rig->cycle, "an event in the past");
        rig->cycle = next;
        rig->lines_in_event = 0;
        queue_fire(rig->host.queue);
        if (virtio_disk(rig->device))
            serve(rig);
        fired++;
    }
    return fired;
}

uint64_t rig_read(struct rig *rig, unsigned offset, unsigned size)
{
    struct device_access access = {.offset = offset, .cycle = rig->cycle, .size = size};
    uint64_t value = 0;
    must(virtio_ops.read(rig->device, &access, &value), "a read faults");
    return value;
}

void rig_write(struct rig *rig, unsigned offset, unsigned size, uint64_t value)
{
    struct device_access access = {.offset = offset, .cycle = rig->cycle, .size = size};
    rig->lines_in_event = VIRTIO_EVENT_STEPS; /* no transfers within an access */
    must(virtio_ops.write(rig->device, &access, value), "a write faults");
}

uint64_t rig_ram(const struct rig *rig, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)rig->ram[address - RIG_BASE + i] << 8 * i;
    return value;
}

void rig_set_ram(struct rig *rig, uint64_t address, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        rig->ram[address - RIG_BASE + i] = (uint8_t)(value >> 8 * i);
}

uint64_t rig_hash(struct rig *rig)
{
    struct state *s = state_create_hash();
    virtio_ops.state(s, rig->device);
    queue_state(s, rig->host.queue);
    return state_finish_hash(s);
}
