/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The registers of a slot (VIRTIO 1.1, section 4.2.2; version 1: section 4.2.4), reset, and making a device. Where the
 * specification leaves something open, we do as QEMU 7.2.
 */
#include "virtio_parts.h"

#include <stdlib.h>
#include <string.h>

enum reg {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_VENDOR_ID = 0x00c,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_GUEST_PAGE_SIZE = 0x028, /* legacy */
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_NUM_MAX = 0x034,
    REG_QUEUE_NUM = 0x038,
    REG_QUEUE_ALIGN = 0x03c, /* legacy */
    REG_QUEUE_PFN = 0x040,   /* legacy */
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESC_LOW = 0x080,
    REG_QUEUE_DESC_HIGH = 0x084,
    REG_QUEUE_DRIVER_LOW = 0x090,
    REG_QUEUE_DRIVER_HIGH = 0x094,
    REG_QUEUE_DEVICE_LOW = 0x0a0,
    REG_QUEUE_DEVICE_HIGH = 0x0a4,
    REG_SHM_LENGTH_LOW = 0x0b0,
    REG_SHM_BASE_HIGH = 0x0bc,
    REG_CONFIG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
};

enum { MAGIC = 0x74726976, VENDOR = 0x554d4551 /* QEMU's: drivers look for it */, CONFIG_BYTES = VIRTIO_WINDOW_BYTES - REG_CONFIG };
enum { DESC_BYTES = 16, PAGE_BYTES_RESET = 4096 };

static const struct virtio_kind *const kinds[] = {
    [VIRTIO_EMPTY] = NULL,           [VIRTIO_BLOCK] = &virtio_blk_kind, [VIRTIO_CONSOLE] = &virtio_console_kind,
    [VIRTIO_RNG] = &virtio_rng_kind, [VIRTIO_NET] = &virtio_net_kind,
};

static uint64_t features(const struct virtio *v)
{
    uint64_t more = v->kind->more_features ? v->kind->more_features(v) : 0;
    return v->kind->features | more | (v->legacy ? 0 : VIRTIO_F_VERSION_1);
}

/* The queue that QueueSel names; NULL: there is none. */
static struct virtio_queue *selected(struct virtio *v)
{
    return v->queue_sel < v->kind->queues ? &v->queue[v->queue_sel] : NULL;
}

/* ---- reset ---- */

static void queue_reset(struct virtio_queue *queue)
{
    *queue = (struct virtio_queue){.size = VIRTIO_QUEUE_SIZE_MAX, .align = PAGE_BYTES_RESET};
}

static void reset(struct virtio *v)
{
    if (!v->kind)
        return;
    virtio_stop(v);
    v->status = v->interrupt_status = 0;
    irq_line_set(&v->line, false);
    v->device_features_sel = v->driver_features_sel = v->queue_sel = 0;
    v->page_bytes = PAGE_BYTES_RESET;
    v->driver_features = 0;
    for (unsigned q = 0; q < VIRTIO_QUEUES_MAX; q++)
        queue_reset(&v->queue[q]);
    v->current = 0;
    v->head = v->descriptor = 0;
    v->table = 0;
    v->table_size = v->table_left = 0;
    v->is_indirect = false;
    v->readable = v->writable = v->written = 0;
    v->cursor = 0;
    v->cursor_at = 0;
    memset(v->buffer, 0, sizeof v->buffer);
    v->dma = (struct dma_line){0};
    if (v->kind->reset)
        v->kind->reset(v);
}

static void virtio_reset(void *device)
{
    reset(device);
}

/* ---- reading ---- */

static uint64_t config_read(const struct virtio *v, unsigned offset, unsigned size)
{
    uint8_t bytes[CONFIG_BYTES] = {0};
    uint64_t value = 0;
    v->kind->config(v, bytes, sizeof bytes);
    for (unsigned i = 0; i < size && offset + i < sizeof bytes; i++)
        value |= (uint64_t)bytes[offset + i] << 8 * i;
    return value;
}

static uint32_t read_modern(const struct virtio *v, const struct virtio_queue *queue, unsigned offset)
{
    switch (offset) {
    case REG_QUEUE_READY:
        return queue && queue->ready;
    case REG_CONFIG_GENERATION:
        return v->generation;
    default:
        return offset >= REG_SHM_LENGTH_LOW && offset <= REG_SHM_BASE_HIGH ? UINT32_MAX : 0; /* no shared memory */
    }
}

static uint32_t register_read(struct virtio *v, unsigned offset)
{
    const struct virtio_queue *queue = v->kind ? selected(v) : NULL;
    switch (offset) {
    case REG_MAGIC:
        return MAGIC;
    case REG_VERSION:
        return v->legacy ? 1 : 2;
    case REG_VENDOR_ID:
        return VENDOR;
    case REG_DEVICE_ID:
        return v->kind ? v->kind->number : 0;
    default:
        break;
    }
    if (!v->kind)
        return 0;
    switch (offset) {
    case REG_DEVICE_FEATURES:
        return v->device_features_sel > 1 ? 0 : (uint32_t)(features(v) >> 32 * v->device_features_sel);
    case REG_QUEUE_NUM_MAX:
        return queue ? VIRTIO_QUEUE_SIZE_MAX : 0;
    case REG_QUEUE_PFN:
        return v->legacy && queue ? queue->pfn : 0;
    case REG_INTERRUPT_STATUS:
        return v->interrupt_status;
    case REG_STATUS:
        return v->status;
    default:
        return v->legacy ? 0 : read_modern(v, queue, offset);
    }
}

static bool virtio_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    struct virtio *v = device;
    unsigned offset = (unsigned)access->offset, size = access->size;
    if (access->offset >= VIRTIO_WINDOW_BYTES)
        return false;
    if (offset >= REG_CONFIG)
        *ret_value = v->kind ? config_read(v, offset - REG_CONFIG, size) : 0;
    else if (size == 8)
        *ret_value = register_read(v, offset) | (uint64_t)register_read(v, offset + 4) << 32;
    else
        *ret_value = size == 4 ? register_read(v, offset) : 0;
    return true;
}

/* ---- writing ---- */

/* Takes a queue out of use; what is under way in it is forgotten. */
static void queue_stop(struct virtio *v, struct virtio_queue *queue)
{
    bool is_current = v->stage != STAGE_IDLE && v->stage != STAGE_BROKEN && queue == &v->queue[v->current];
    queue->ready = false;
    queue->taken = queue->given = 0;
    queue->pfn = 0;
    if (!is_current)
        return;
    virtio_stop(v);
    virtio_kick(v, v->notify_cycles);
}

static void write_pfn(struct virtio *v, struct virtio_queue *queue, uint32_t pfn)
{
    queue_stop(v, queue);
    if (pfn == 0)
        return;
    uint64_t end; /* of the ring of available chains, with the place for an event's index behind it (section 2.6.2) */
    queue->pfn = pfn;
    queue->desc = (uint64_t)pfn * v->page_bytes;
    queue->avail = queue->desc + DESC_BYTES * (uint64_t)queue->size;
    end = queue->avail + 2 * (3 + (uint64_t)queue->size);
    queue->used = (end + queue->align - 1) & ~((uint64_t)queue->align - 1);
    queue->ready = true;
    virtio_kick(v, v->notify_cycles); /* a notification may have come before */
}

static bool is_power_of_two(uint32_t value)
{
    return value && (value & (value - 1)) == 0;
}

static void write_driver_features(struct virtio *v, uint32_t value)
{
    if (v->driver_features_sel > 1 || (!v->legacy && v->status & VIRTIO_FEATURES_OK))
        return;
    unsigned shift = 32 * v->driver_features_sel;
    v->driver_features = (v->driver_features & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)value << shift;
    if (v->legacy)
        v->driver_features &= features(v); /* there is no way to refuse */
}

/* FEATURES_OK stays only if the choice is possible (section 3.1.1). A driver may go without VERSION_1 (section 6.2 leaves that to
 * the device): xv6's does, and QEMU lets it. */
static void write_status(struct virtio *v, uint32_t value)
{
    if ((value & 0xff) == 0) {
        reset(v);
        return;
    }
    uint8_t status = (uint8_t)((value & 0xff) | (v->status & VIRTIO_NEEDS_RESET));
    bool possible = !(v->driver_features & ~features(v));
    if (!v->legacy && !(v->status & VIRTIO_FEATURES_OK) && !possible)
        status &= (uint8_t)~VIRTIO_FEATURES_OK;
    v->status = status;
    if (status & VIRTIO_DRIVER_OK)
        virtio_kick(v, v->notify_cycles);
}

static void set_half(uint64_t *address, bool high, uint32_t value)
{
    *address = high ? (*address & UINT32_MAX) | (uint64_t)value << 32 : (*address & ~(uint64_t)UINT32_MAX) | value;
}

static void write_queue_modern(struct virtio *v, struct virtio_queue *queue, unsigned offset, uint32_t value)
{
    bool high = offset & 4;
    switch (offset) {
    case REG_QUEUE_READY:
        if (!(value & 1))
            queue_stop(v, queue);
        queue->ready = value & 1;
        if (queue->ready)
            virtio_kick(v, v->notify_cycles);
        break;
    case REG_QUEUE_DESC_LOW:
    case REG_QUEUE_DESC_HIGH:
        set_half(&queue->desc, high, value);
        break;
    case REG_QUEUE_DRIVER_LOW:
    case REG_QUEUE_DRIVER_HIGH:
        set_half(&queue->avail, high, value);
        break;
    case REG_QUEUE_DEVICE_LOW:
    case REG_QUEUE_DEVICE_HIGH:
        set_half(&queue->used, high, value);
        break;
    default:
        break;
    }
}

/* Registers of the queue that is selected. */
static void write_queue(struct virtio *v, unsigned offset, uint32_t value)
{
    struct virtio_queue *queue = selected(v);
    if (!queue)
        return;
    if (offset == REG_QUEUE_NUM) {
        if (is_power_of_two(value) && value <= VIRTIO_QUEUE_SIZE_MAX && !queue->ready)
            queue->size = value;
    } else if (!v->legacy) {
        if (offset == REG_QUEUE_READY || !queue->ready)
            write_queue_modern(v, queue, offset, value);
    } else if (offset == REG_QUEUE_ALIGN) {
        if (is_power_of_two(value))
            queue->align = value;
    } else if (offset == REG_QUEUE_PFN) {
        write_pfn(v, queue, value);
    }
}

static void register_write(struct virtio *v, unsigned offset, uint32_t value)
{
    switch (offset) {
    case REG_DEVICE_FEATURES_SEL:
        v->device_features_sel = value;
        break;
    case REG_DRIVER_FEATURES:
        write_driver_features(v, value);
        break;
    case REG_DRIVER_FEATURES_SEL:
        v->driver_features_sel = value;
        break;
    case REG_GUEST_PAGE_SIZE:
        if (v->legacy && is_power_of_two(value))
            v->page_bytes = value;
        break;
    case REG_QUEUE_SEL:
        v->queue_sel = value;
        break;
    case REG_QUEUE_NOTIFY:
        if (value < v->kind->queues) {
            v->queue[value].notified = true;
            virtio_kick(v, v->notify_cycles);
        }
        break;
    case REG_INTERRUPT_ACK:
        v->interrupt_status &= (uint8_t)~value;
        irq_line_set(&v->line, v->interrupt_status != 0);
        break;
    case REG_STATUS:
        write_status(v, value);
        break;
    default:
        write_queue(v, offset, value);
        break;
    }
}

/* Configuration spaces are for reading here: no device offers a feature by which one could be written. */
static bool virtio_write(void *device, const struct device_access *access, uint64_t value)
{
    struct virtio *v = device;
    unsigned offset = (unsigned)access->offset;
    if (access->offset >= VIRTIO_WINDOW_BYTES)
        return false;
    if (!v->kind || offset >= REG_CONFIG || access->size < 4)
        return true;
    register_write(v, offset, (uint32_t)value);
    if (access->size == 8)
        register_write(v, offset + 4, (uint32_t)(value >> 32));
    return true;
}

/* ---- state ---- */

static void ring_state(struct state *s, struct virtio_queue *queue, unsigned number)
{
    state_open(s, "queue", number);
    state_u64(s, "desc", &queue->desc);
    state_u64(s, "avail", &queue->avail);
    state_u64(s, "used", &queue->used);
    state_u32(s, "size", &queue->size);
    state_u32(s, "align", &queue->align);
    state_u32(s, "pfn", &queue->pfn);
    state_u16(s, "taken", &queue->taken);
    state_u16(s, "given", &queue->given);
    state_bool(s, "ready", &queue->ready);
    state_bool(s, "notified", &queue->notified);
    state_close(s);
}

static void virtio_state(struct state *s, void *device)
{
    struct virtio *v = device;
    if (!v->kind)
        return;
    state_open(s, "virtio", v->slot);
    state_u8(s, "status", &v->status);
    state_u8(s, "interrupt_status", &v->interrupt_status);
    state_u32(s, "device_features_sel", &v->device_features_sel);
    state_u32(s, "driver_features_sel", &v->driver_features_sel);
    state_u32(s, "queue_sel", &v->queue_sel);
    state_u32(s, "page_bytes", &v->page_bytes);
    state_u64(s, "driver_features", &v->driver_features);
    for (unsigned q = 0; q < v->kind->queues; q++)
        ring_state(s, &v->queue[q], q);
    virtio_queue_state(s, v);
    if (v->kind->state)
        v->kind->state(s, v);
    state_close(s);
}

/* ---- making ---- */

static void on_event(void *context, unsigned id, uint64_t cycle)
{
    virtio_go(context);
}

static bool make_device(struct virtio *v, const struct virtio_config *config)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56}; /* QEMU's first */
    v->event = queue_add(v->host->queue, QUEUE_DEVICE, config->id, on_event, v);
    v->random = config->seed;
    memcpy(v->mac, mac, sizeof mac);
    v->mac[5] = (uint8_t)(v->mac[5] + config->slot);
    v->blk = (struct virtio_blk){
        .access_cycles = config->disk_access_cycles, .sector_cycles = config->disk_sector_cycles, .read_only = config->read_only};
    for (unsigned i = 0; config->serial && i < sizeof v->blk.serial && config->serial[i]; i++)
        v->blk.serial[i] = config->serial[i]; /* not terminated when it is as long as the field */
    if (config->device == VIRTIO_BLOCK)
        v->blk.disk = disk_create(config->sectors, DISK_BASE_PAGES_MAX);
    return v->event >= 0 && (config->device != VIRTIO_BLOCK || v->blk.disk);
}

struct virtio *virtio_create(const struct device_host *host, const struct irq_line *line, const struct virtio_config *config)
{
    struct virtio *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->host = host;
    v->kind = kinds[config->device];
    v->line = *line;
    v->slot = config->slot;
    v->legacy = config->legacy;
    v->notify_cycles = config->notify_cycles;
    if (v->kind && !make_device(v, config)) {
        virtio_destroy(v);
        return NULL;
    }
    reset(v);
    return v;
}

void virtio_destroy(struct virtio *v)
{
    if (!v)
        return;
    disk_destroy(v->blk.disk);
    free(v);
}

const struct device_ops virtio_ops = {
    .name = "virtio_mmio",
    .read = virtio_read,
    .write = virtio_write,
    .reset = virtio_reset,
    .state = virtio_state,
};
