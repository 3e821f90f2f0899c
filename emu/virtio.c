/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The virtio slots in the machine: their making, their ports on the bus, their consoles, and what the client has to do with disks.
 * A device that stands still for its disk does so in the middle of an event; emu_run returns at once and goes on only when the
 * client has done its part, so that nothing depends on what the client had done before.
 */
#include "machine.h"

#include <emu/platform.h>
#include <hart/hart.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

_Static_assert(EMU_VIRTIO_SLOTS == PLATFORM_VIRTIO_COUNT, "one row of the configuration a slot");
_Static_assert((int)EMU_VIRTIO_BLOCK == VIRTIO_BLOCK && (int)EMU_VIRTIO_CONSOLE == VIRTIO_CONSOLE &&
                   (int)EMU_VIRTIO_RNG == VIRTIO_RNG && (int)EMU_VIRTIO_NET == VIRTIO_NET,
               "the configuration's words are the devices");
_Static_assert(DMA_LINE_BYTES == LINE_BYTES, "a line is a line");

/* ---- memory ---- */

static bool is_ram(void *context, uint64_t address, uint64_t size)
{
    return memory_is_ram_range(&((struct emu_machine *)context)->memory, address, size);
}

/* In timed fidelity over the bus, by the slot's own port; else at once. */
static bool dma_line(void *context, unsigned slot, struct dma_line *line)
{
    struct emu_machine *m = context;
    if (!m->shared.timed) {
        if (line->write)
            machine_write(m, line->address, line->bytes, line->size);
        else
            memory_read(&m->memory, line->address, line->bytes, line->size);
        return true;
    }
    struct bus_request request = {.cycle = m->now,
                                  .line = (uint32_t)((line->address - PLATFORM_RAM_BASE) / LINE_BYTES),
                                  .slot = CACHE_NONE,
                                  .want = line->write ? BUS_WANT_DMA_WRITE : BUS_WANT_DMA_READ,
                                  .offset = (uint8_t)(line->address % LINE_BYTES),
                                  .size = line->size};
    bus_request(m->bus, m->virtio_port[slot], &request);
    return false;
}

static void dma_cancel(void *context, unsigned slot)
{
    struct emu_machine *m = context;
    bus_withdraw(m->bus, m->virtio_port[slot]);
}

/* The bus has told caches and reservations. */
void machine_virtio_granted(struct emu_machine *m, unsigned port, const struct bus_grant *grant)
{
    struct virtio *device = m->virtio[m->port_slot[port - m->config.harts - 1]];
    struct dma_line *line = virtio_line(device);
    if (line->write) {
        memory_write(&m->memory, line->address, line->bytes, line->size);
        store_snoop_range(&m->shared, line->address, line->size, UINT_MAX); /* decoded code */
    } else {
        memory_read(&m->memory, line->address, line->bytes, line->size);
    }
    virtio_line_done(device, grant->done);
}

/* ---- making ---- */

unsigned machine_virtio_ports(struct emu_machine *m)
{
    unsigned ports = 0;
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        if (m->config.virtio.slot[slot] == EMU_VIRTIO_NONE)
            continue;
        m->port_slot[ports] = (uint8_t)slot;
        m->virtio_port[slot] = m->config.harts + 1 + ports++;
    }
    return ports;
}

bool machine_make_virtio(struct emu_machine *m, unsigned first_id)
{
    m->host.is_ram = is_ram;
    m->host.dma_line = dma_line;
    m->host.dma_cancel = dma_cancel;
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct emu_disk_config *disk = &m->config.disk[slot];
        const struct irq_line line = {.set = plic_set_source, .sink = m->plic, .number = PLATFORM_VIRTIO_IRQ + slot};
        const struct virtio_config config = {.device = (enum virtio_device)m->config.virtio.slot[slot],
                                             .slot = slot,
                                             .id = first_id + slot,
                                             .legacy = m->config.virtio.legacy,
                                             .notify_cycles = m->config.virtio.notify_cycles,
                                             .disk_access_cycles = m->config.virtio.disk_access_cycles,
                                             .disk_sector_cycles = m->config.virtio.disk_sector_cycles,
                                             .read_only = disk->read_only,
                                             .serial = disk->serial,
                                             .sectors = disk->sectors,
                                             .seed = machine_mix(m->config.seed ^ (UINT64_C(1) + slot) << 40)};
        m->virtio[slot] = virtio_create(&m->host, &line, &config);
        if (!m->virtio[slot])
            return false;
        m->config.disk[slot].serial = NULL; /* copied */
        if (virtio_disk(m->virtio[slot]))
            m->disks |= 1u << slot;
    }
    return true;
}

bool machine_check_disks(const struct emu_config *config, struct emu_error *error)
{
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct emu_disk_config *disk = &config->disk[slot];
        bool is_block = config->virtio.slot[slot] == EMU_VIRTIO_BLOCK;
        if (is_block && !disk->present)
            return emu_error_set(error, "virtio.slot%u is a block device, but there is no disk for it", slot);
        if (!is_block && disk->present)
            return emu_error_set(error, "there is a disk for virtio.slot%u, but that is no block device", slot);
        if (disk->sectors > EMU_DISK_SECTORS_MAX)
            return emu_error_set(error, "a disk has at most %" PRIu64 " sectors, not %" PRIu64, EMU_DISK_SECTORS_MAX,
                                 disk->sectors);
    }
    return true;
}

/* ---- what disks stand still for ---- */

bool machine_disk_stop(const struct emu_machine *m, struct emu_stop *ret_stop)
{
    for (unsigned slots = m->disks; slots; slots &= slots - 1) {
        unsigned slot = (unsigned)__builtin_ctz(slots);
        struct emu_stop stop = {.kind = EMU_STOP_NEED_BLOCK, .slot = slot};
        bool needs_block = virtio_needs_block(m->virtio[slot], &stop.sector, &stop.sectors);
        if (!needs_block && !virtio_needs_flush(m->virtio[slot]))
            continue;
        if (!needs_block)
            stop = (struct emu_stop){.kind = EMU_STOP_NEED_FLUSH, .slot = slot};
        *ret_stop = stop;
        return true;
    }
    return false;
}

/* The disk in a slot; NULL with a sentence. */
static struct disk *disk_at(const struct emu_machine *m, unsigned slot, struct emu_error *error)
{
    if (slot < EMU_VIRTIO_SLOTS && m->disks >> slot & 1)
        return virtio_disk(m->virtio[slot]);
    emu_error_set(error, "there is no disk in slot %u", slot);
    return NULL;
}

bool emu_disk_supply(struct emu_machine *m, unsigned slot, uint64_t sector, uint64_t sectors, const void *bytes,
                     struct emu_error *error)
{
    struct disk *disk = disk_at(m, slot, error);
    if (!disk)
        return false;
    if (sector > disk_sectors(disk) || sectors > disk_sectors(disk) - sector)
        return emu_error_set(error, "the disk in slot %u has %" PRIu64 " sectors: %" PRIu64 " from %" PRIu64 " on are too many",
                             slot, disk_sectors(disk), sectors, sector);
    if (!disk_supply(disk, sector, bytes, sectors))
        return emu_error_set(error, "the host has not enough memory for the disk in slot %u", slot);
    virtio_resume(m->virtio[slot]);
    return true;
}

uint64_t emu_disk_dirty(const struct emu_machine *m, unsigned slot, uint64_t *sector, uint64_t max, void *to)
{
    const struct disk *disk = disk_at(m, slot, NULL);
    uint64_t count = disk ? disk_dirty(disk, sector, max) : 0;
    for (uint64_t i = 0; i < count; i++)
        disk_read(disk, *sector + i, (uint8_t *)to + i * DISK_SECTOR_BYTES);
    return count;
}

bool emu_disk_flushed(struct emu_machine *m, unsigned slot, struct emu_error *error)
{
    if (!disk_at(m, slot, error))
        return false;
    virtio_flushed(m->virtio[slot]);
    return true;
}

bool emu_disk_stats(const struct emu_machine *m, unsigned slot, struct emu_disk_stats *ret_stats)
{
    if (!disk_at(m, slot, NULL))
        return false;
    struct virtio_disk_counts counts = virtio_disk_counts(m->virtio[slot]);
    *ret_stats = (struct emu_disk_stats){counts.requests, counts.sectors_read, counts.sectors_written, counts.flushes};
    return true;
}

/* ---- consoles ---- */

unsigned emu_stream_room(const struct emu_machine *m, unsigned stream)
{
    if (stream == 0)
        return emu_console_room(m);
    return stream <= EMU_VIRTIO_SLOTS ? virtio_room(m->virtio[stream - 1]) : 0;
}

bool emu_stream_wanted(const struct emu_machine *m, unsigned stream)
{
    if (stream == 0)
        return emu_console_wanted(m);
    return stream <= EMU_VIRTIO_SLOTS && virtio_wants(m->virtio[stream - 1]);
}
