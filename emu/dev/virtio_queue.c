/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Split queues (VIRTIO 1.1, section 2.6): takes chains of descriptors, gives them back as used, moves bytes line by line. Nothing
 * that memory holds is trusted: every index is bounded, every range is in RAM before it is touched, every descriptor is read once.
 */
#include "virtio_parts.h"

#include <string.h>

enum { DESC_BYTES = 16, DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };
enum { AVAIL_NO_INTERRUPT = 1, AVAIL_RING = 4, USED_INDEX = 2, USED_RING = 4, USED_BYTES = 8 };

uint64_t virtio_number(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

void virtio_put_number(uint8_t *bytes, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* ---- moving bytes ---- */

void virtio_interrupt(struct virtio *v, enum virtio_interrupt cause)
{
    v->interrupt_status |= (uint8_t)cause;
    irq_line_set(&v->line, true);
}

void virtio_stop(struct virtio *v)
{
    if (v->is_on_bus)
        v->host->dma_cancel(v->host->context, v->slot);
    queue_schedule(v->host->queue, v->event, QUEUE_NEVER);
    v->is_on_bus = v->is_arrived = false;
    v->stage = STAGE_IDLE;
    v->segments = v->readable_segments = 0;
    v->move = (struct virtio_move){0};
}

void virtio_break(struct virtio *v)
{
    virtio_stop(v);
    v->stage = STAGE_BROKEN;
    if (v->legacy)
        return;
    v->status |= VIRTIO_NEEDS_RESET;
    if (v->status & VIRTIO_DRIVER_OK)
        virtio_interrupt(v, VIRTIO_INTERRUPT_CONFIG);
}

/* Begins a move between buffer and memory at an address; breaks if that is not all RAM. */
static void move_at(struct virtio *v, uint64_t address, uint16_t size, bool write)
{
    if (!v->host->is_ram(v->host->context, address, size)) {
        virtio_break(v);
        return;
    }
    v->move = (struct virtio_move){.address = address, .size = size, .write = write};
}

static void move_in_chain(struct virtio *v, uint16_t size, bool write)
{
    v->move = (struct virtio_move){.size = size, .write = write, .in_chain = true};
}

void virtio_take(struct virtio *v, uint16_t size)
{
    move_in_chain(v, size, false);
}

void virtio_give(struct virtio *v, uint16_t size)
{
    move_in_chain(v, size, true);
}

static bool is_moving(const struct virtio *v)
{
    return v->move.at < v->move.size;
}

/* The next line's worth of the move. */
static void line_fill(struct virtio *v)
{
    const struct virtio_move *move = &v->move;
    uint64_t address = move->address + move->at, left = move->size - move->at;
    if (move->in_chain) {
        const struct virtio_segment *segment = &v->segment[v->cursor];
        address = segment->address + v->cursor_at;
        if (left > segment->bytes - v->cursor_at)
            left = segment->bytes - v->cursor_at;
    }
    uint64_t room = DMA_LINE_BYTES - address % DMA_LINE_BYTES;
    v->dma = (struct dma_line){.address = address, .size = (uint8_t)(left < room ? left : room), .write = move->write};
    if (move->write)
        memcpy(v->dma.bytes, v->buffer + move->at, v->dma.size);
}

/* A line has been moved. */
static void line_pass(struct virtio *v)
{
    if (!v->dma.write)
        memcpy(v->buffer + v->move.at, v->dma.bytes, v->dma.size);
    v->move.at += v->dma.size;
    if (!v->move.in_chain)
        return;
    v->cursor_at += v->dma.size;
    if (v->cursor_at == v->segment[v->cursor].bytes) {
        v->cursor++;
        v->cursor_at = 0;
    }
}

struct dma_line *virtio_line(struct virtio *v)
{
    return &v->dma;
}

void virtio_line_done(struct virtio *v, uint64_t done)
{
    v->is_on_bus = false;
    v->is_arrived = true;
    v->free_at = done;
    queue_schedule(v->host->queue, v->event, done);
}

/* ---- the cursor ---- */

static void seek(struct virtio *v, uint16_t segment, uint32_t at)
{
    while (segment < v->segments && at >= v->segment[segment].bytes)
        at -= v->segment[segment++].bytes;
    v->cursor = segment;
    v->cursor_at = at;
}

void virtio_seek_readable(struct virtio *v, uint32_t at)
{
    seek(v, 0, at);
}

void virtio_seek_writable(struct virtio *v, uint32_t at)
{
    seek(v, v->readable_segments, at);
}

/* ---- taking a chain ---- */

static bool is_wanted(const struct virtio *v, unsigned queue)
{
    return v->queue[queue].ready && v->queue[queue].notified && (!v->kind->wants || v->kind->wants(v, queue));
}

static bool is_started(const struct virtio *v)
{
    return v->legacy || (v->status & VIRTIO_DRIVER_OK); /* legacy drivers may use queues before they say so (section 3.1.2) */
}

/* The queues take turns. */
static void look(struct virtio *v)
{
    v->stage = STAGE_IDLE;
    if (!is_started(v))
        return;
    for (unsigned i = 1; i <= v->kind->queues; i++) {
        unsigned q = (v->current + i) % v->kind->queues;
        if (!is_wanted(v, q))
            continue;
        v->current = (uint8_t)q;
        v->queue[q].notified = false; /* before its index is read: what comes later is notified again */
        v->stage = STAGE_LOOKED;
        move_at(v, v->queue[q].avail, 4, false);
        return;
    }
}

static void looked(struct virtio *v)
{
    struct virtio_queue *queue = &v->queue[v->current];
    uint16_t waiting = (uint16_t)(virtio_number(v->buffer + 2, 2) - queue->taken);
    v->stage = STAGE_LOOK;
    if (waiting == 0)
        return;
    if (waiting > queue->size) {
        virtio_break(v);
        return;
    }
    queue->notified = true;
    v->stage = STAGE_HEAD;
    move_at(v, queue->avail + AVAIL_RING + 2 * (uint64_t)(queue->taken % queue->size), 2, false);
}

static void descriptor_read(struct virtio *v)
{
    if (v->descriptor >= v->table_size || v->table_left == 0) { /* more than there are: they loop */
        virtio_break(v);
        return;
    }
    v->table_left--;
    v->stage = STAGE_DESCRIPTOR;
    move_at(v, v->table + DESC_BYTES * (uint64_t)v->descriptor, DESC_BYTES, false);
}

static void head_here(struct virtio *v)
{
    struct virtio_queue *queue = &v->queue[v->current];
    v->head = v->descriptor = (uint16_t)virtio_number(v->buffer, 2);
    v->table = queue->desc;
    v->table_size = v->table_left = queue->size;
    v->is_indirect = false;
    v->segments = v->readable_segments = 0;
    v->readable = v->writable = v->written = 0;
    queue->taken++;
    descriptor_read(v);
}

/* False: it makes no sense. */
static bool segment_add(struct virtio *v, uint64_t address, uint32_t bytes, bool writable)
{
    bool in_order = writable || v->writable == 0; /* readable ones come first (section 2.6.4.2) */
    uint32_t *total = writable ? &v->writable : &v->readable;
    if (bytes == 0 || v->segments == VIRTIO_QUEUE_SIZE_MAX || !in_order || bytes > UINT32_MAX - v->readable - v->writable ||
        !v->host->is_ram(v->host->context, address, bytes))
        return false;
    v->segment[v->segments++] = (struct virtio_segment){address, bytes};
    v->readable_segments += !writable;
    *total += bytes;
    return true;
}

static bool table_enter(struct virtio *v, uint64_t address, uint32_t bytes, unsigned flags)
{
    if (!(v->driver_features & VIRTIO_F_INDIRECT_DESC) || v->is_indirect || flags & DESC_NEXT || bytes == 0 || bytes % DESC_BYTES ||
        bytes / DESC_BYTES > VIRTIO_QUEUE_SIZE_MAX)
        return false;
    v->table = address;
    v->table_size = v->table_left = bytes / DESC_BYTES;
    v->descriptor = 0;
    v->is_indirect = true;
    return true;
}

static void descriptor_here(struct virtio *v)
{
    uint64_t address = virtio_number(v->buffer, 8);
    uint32_t bytes = (uint32_t)virtio_number(v->buffer + 8, 4);
    unsigned flags = (unsigned)virtio_number(v->buffer + 12, 2);
    bool is_table = flags & DESC_INDIRECT;
    if (is_table ? !table_enter(v, address, bytes, flags) : !segment_add(v, address, bytes, flags & DESC_WRITE)) {
        virtio_break(v);
        return;
    }
    if (!is_table && flags & DESC_NEXT)
        v->descriptor = (uint16_t)virtio_number(v->buffer + 14, 2);
    if (is_table || flags & DESC_NEXT) {
        descriptor_read(v);
        return;
    }
    v->stage = STAGE_DEVICE;
    seek(v, 0, 0);
    v->kind->begin(v);
}

/* ---- giving it back ---- */

void virtio_complete(struct virtio *v, uint32_t written)
{
    const struct virtio_queue *queue = &v->queue[v->current];
    v->written = written;
    virtio_put_number(v->buffer, 4, v->head);
    virtio_put_number(v->buffer + 4, 4, written);
    v->stage = STAGE_USED;
    move_at(v, queue->used + USED_RING + USED_BYTES * (uint64_t)(queue->given % queue->size), USED_BYTES, true);
}

static void used_written(struct virtio *v)
{
    struct virtio_queue *queue = &v->queue[v->current];
    virtio_put_number(v->buffer, 2, ++queue->given);
    v->stage = STAGE_PUBLISHED;
    move_at(v, queue->used + USED_INDEX, 2, true);
}

static void published(struct virtio *v)
{
    v->stage = STAGE_FLAGS;
    move_at(v, v->queue[v->current].avail, 2, false);
}

static void flags_here(struct virtio *v)
{
    if (!(virtio_number(v->buffer, 2) & AVAIL_NO_INTERRUPT))
        virtio_interrupt(v, VIRTIO_INTERRUPT_USED);
    v->segments = v->readable_segments = 0;
    v->stage = STAGE_LOOK;
}

/* ---- the event ---- */

/* The next stage. False: nothing more can be done now. */
static bool stage_begin(struct virtio *v)
{
    switch ((enum virtio_stage)v->stage) {
    case STAGE_LOOK:
        look(v);
        return v->stage != STAGE_IDLE;
    case STAGE_LOOKED:
        looked(v);
        return true;
    case STAGE_HEAD:
        head_here(v);
        return true;
    case STAGE_DESCRIPTOR:
        descriptor_here(v);
        return queue_when(v->host->queue, v->event) == QUEUE_NEVER;
    case STAGE_DEVICE:
        return v->kind->step(v) && queue_when(v->host->queue, v->event) == QUEUE_NEVER;
    case STAGE_USED:
        used_written(v);
        return true;
    case STAGE_PUBLISHED:
        published(v);
        return true;
    case STAGE_FLAGS:
        flags_here(v);
        return true;
    case STAGE_IDLE:
    case STAGE_BROKEN:
    case STAGE_COUNT:
        break;
    }
    return false;
}

void virtio_go(struct virtio *v)
{
    v->steps_left = VIRTIO_EVENT_STEPS;
    virtio_go_on(v);
}

/* A step that stands still does not count: it is done again. So the event's end does not depend on what was there. */
void virtio_go_on(struct virtio *v)
{
    for (; v->steps_left; v->steps_left--) {
        if (!is_moving(v)) {
            if (!stage_begin(v))
                return;
            continue;
        }
        if (!v->is_arrived) {
            line_fill(v);
            v->is_on_bus = !v->host->dma_line(v->host->context, v->slot, &v->dma);
            if (v->is_on_bus)
                return;
        }
        v->is_arrived = false;
        line_pass(v);
    }
    virtio_wait(v, 1);
}

void virtio_wait(struct virtio *v, uint64_t cycles)
{
    uint64_t cycle = *v->host->cycle + cycles;
    queue_schedule(v->host->queue, v->event, cycle < v->free_at ? v->free_at : cycle);
}

void virtio_kick(struct virtio *v, uint64_t cycles)
{
    if (v->stage != STAGE_IDLE)
        return;
    v->stage = STAGE_LOOK;
    virtio_wait(v, cycles);
}

/* ---- state ---- */

static void segments_state(struct state *s, struct virtio *v)
{
    unsigned count = v->segments < VIRTIO_QUEUE_SIZE_MAX ? v->segments : VIRTIO_QUEUE_SIZE_MAX; /* a flip may make it any number */
    state_u16(s, "segments", &v->segments);
    for (unsigned i = 0; i < count; i++) {
        state_u64(s, "address", &v->segment[i].address);
        state_u32(s, "bytes", &v->segment[i].bytes);
    }
    state_u16(s, "readable_segments", &v->readable_segments);
    state_u32(s, "readable", &v->readable);
    state_u32(s, "writable", &v->writable);
    state_u16(s, "cursor", &v->cursor);
    state_u32(s, "cursor_at", &v->cursor_at);
}

void virtio_queue_state(struct state *s, struct virtio *v)
{
    state_open(s, "request", 0);
    state_u8(s, "stage", &v->stage);
    state_u8(s, "current", &v->current);
    state_u16(s, "head", &v->head);
    state_u16(s, "descriptor", &v->descriptor);
    state_u64(s, "table", &v->table);
    state_u32(s, "table_size", &v->table_size);
    state_u32(s, "table_left", &v->table_left);
    state_bool(s, "is_indirect", &v->is_indirect);
    segments_state(s, v);
    state_u32(s, "written", &v->written);
    state_u64(s, "move_address", &v->move.address);
    state_u16(s, "move_at", &v->move.at);
    state_u16(s, "move_size", &v->move.size);
    state_bool(s, "move_write", &v->move.write);
    state_bool(s, "move_in_chain", &v->move.in_chain);
    state_bytes(s, "buffer", v->buffer, sizeof v->buffer);
    state_bool(s, "is_on_bus", &v->is_on_bus);
    state_bool(s, "is_arrived", &v->is_arrived);
    state_u64(s, "free_at", &v->free_at);
    state_u64(s, "line_address", &v->dma.address);
    state_u8(s, "line_size", &v->dma.size);
    state_bool(s, "line_write", &v->dma.write);
    state_bytes(s, "line", v->dma.bytes, sizeof v->dma.bytes);
    state_close(s);
}
