/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The block device (VIRTIO 1.1, section 5.2). A request takes the disk's time: disk_access_cycles, and disk_sector_cycles a sector;
 * then its data is moved (reading) or it is answered. A driver that has not taken VIRTIO_BLK_F_FLUSH may rely on every write that
 * is answered (section 5.2.5), so each of its writes waits until the file has it.
 */
#include "virtio_parts.h"

#include <string.h>

enum { F_SEG_MAX = 1 << 2, F_RO = 1 << 5, F_BLK_SIZE = 1 << 6, F_FLUSH = 1 << 9, F_DISCARD = 1 << 13, F_WRITE_ZEROES = 1 << 14 };
enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4, TYPE_GET_ID = 8, TYPE_DISCARD = 11, TYPE_WRITE_ZEROES = 13 };
enum { STATUS_OK = 0, STATUS_IOERR = 1, STATUS_UNSUPP = 2 };
enum { HEADER_BYTES = 16, RANGE_BYTES = 16, RANGE_UNMAP = 1 };
enum { SEGMENTS_MAX = 254, ZERO_SECTORS_MAX = 65536, ZERO_SECTORS_STEP = 64 };

enum step {
    STEP_HEADER, /* it is here */
    STEP_READ,   /* time for the next sector */
    STEP_WRITE,  /* a sector is here */
    STEP_RANGE,  /* what to discard or zero is here */
    STEP_ZERO,   /* some more of it */
    STEP_SYNC,   /* written; is it to be on the file? */
    STEP_GIVEN,  /* the identification is where it should be */
    STEP_STATUS, /* so is the status */
};

/* The status is the last byte that may be written to. */
static bool finish(struct virtio *v, uint8_t status)
{
    v->blk.status = status;
    v->blk.step = STEP_STATUS;
    v->buffer[0] = status;
    virtio_seek_writable(v, v->writable - 1);
    virtio_give(v, 1);
    return true;
}

static void wait_for_disk(struct virtio *v, uint64_t sectors)
{
    virtio_wait(v, v->blk.access_cycles + sectors * v->blk.sector_cycles);
}

/* Do so many bytes from the request's sector on lie on the disk? Sets what is left to do. */
static bool take_range(struct virtio *v, uint32_t bytes)
{
    uint64_t sectors = disk_sectors(v->blk.disk);
    v->blk.left = bytes / DISK_SECTOR_BYTES;
    return bytes % DISK_SECTOR_BYTES == 0 && v->blk.sector <= sectors && v->blk.left <= sectors - v->blk.sector;
}

/* ---- the kinds of requests ---- */

static bool begin_read(struct virtio *v)
{
    if (!take_range(v, v->writable - 1))
        return finish(v, STATUS_IOERR);
    virtio_seek_writable(v, 0);
    v->blk.step = STEP_READ;
    wait_for_disk(v, v->blk.left);
    return true;
}

static bool read_next(struct virtio *v)
{
    struct virtio_blk *blk = &v->blk;
    if (blk->left == 0)
        return finish(v, STATUS_OK);
    blk->needs_block = !disk_has(blk->disk, blk->sector);
    if (blk->needs_block)
        return false;
    disk_read(blk->disk, blk->sector, v->buffer);
    blk->sector++;
    blk->left--;
    v->written += DISK_SECTOR_BYTES;
    blk->counts.sectors_read++;
    virtio_give(v, DISK_SECTOR_BYTES);
    return true;
}

static bool write_more(struct virtio *v)
{
    v->blk.step = STEP_WRITE;
    if (v->blk.left) {
        virtio_take(v, DISK_SECTOR_BYTES);
        return true;
    }
    v->blk.step = STEP_SYNC;
    wait_for_disk(v, (v->readable - HEADER_BYTES) / DISK_SECTOR_BYTES);
    return true;
}

static bool begin_write(struct virtio *v)
{
    if (v->blk.read_only || !take_range(v, v->readable - HEADER_BYTES))
        return finish(v, STATUS_IOERR);
    return write_more(v);
}

static bool write_next(struct virtio *v)
{
    struct virtio_blk *blk = &v->blk;
    if (!disk_write(blk->disk, blk->sector, v->buffer)) /* the host has no memory */
        return finish(v, STATUS_IOERR);
    blk->sector++;
    blk->left--;
    blk->counts.sectors_written++;
    return write_more(v);
}

static bool begin_zero(struct virtio *v)
{
    if (v->blk.read_only)
        return finish(v, STATUS_IOERR);
    if (v->readable != HEADER_BYTES + RANGE_BYTES)
        return finish(v, STATUS_UNSUPP);
    v->blk.step = STEP_RANGE;
    virtio_take(v, RANGE_BYTES);
    return true;
}

/* Discarded sectors read as zeros, too. */
static bool range_here(struct virtio *v)
{
    struct virtio_blk *blk = &v->blk;
    uint32_t count = (uint32_t)virtio_number(v->buffer + 8, 4), flags = (uint32_t)virtio_number(v->buffer + 12, 4);
    uint32_t allowed = blk->type == TYPE_WRITE_ZEROES ? RANGE_UNMAP : 0;
    blk->sector = virtio_number(v->buffer, 8);
    if (flags & ~allowed)
        return finish(v, STATUS_UNSUPP);
    if (count > ZERO_SECTORS_MAX || !take_range(v, count * DISK_SECTOR_BYTES))
        return finish(v, STATUS_IOERR);
    blk->step = STEP_ZERO;
    return true;
}

static bool zero_next(struct virtio *v)
{
    struct virtio_blk *blk = &v->blk;
    for (unsigned i = 0; i < ZERO_SECTORS_STEP && blk->left; i++, blk->sector++, blk->left--, blk->counts.sectors_written++)
        if (!disk_write(blk->disk, blk->sector, NULL))
            return finish(v, STATUS_IOERR);
    if (blk->left)
        return true;
    blk->step = STEP_SYNC;
    wait_for_disk(v, 0);
    return true;
}

static bool sync(struct virtio *v)
{
    bool is_asked = v->blk.type == TYPE_FLUSH || !(v->driver_features & F_FLUSH);
    v->blk.needs_flush = is_asked && disk_is_dirty(v->blk.disk);
    return !v->blk.needs_flush && finish(v, STATUS_OK);
}

static bool give_id(struct virtio *v)
{
    uint32_t room = v->writable - 1, bytes = room < VIRTIO_SERIAL_BYTES ? room : VIRTIO_SERIAL_BYTES;
    memcpy(v->buffer, v->blk.serial, bytes);
    v->written = bytes;
    v->blk.step = STEP_GIVEN;
    virtio_seek_writable(v, 0);
    virtio_give(v, (uint16_t)bytes);
    return true;
}

static bool header_here(struct virtio *v)
{
    v->blk.counts.requests++;
    v->blk.type = (uint32_t)virtio_number(v->buffer, 4);
    v->blk.sector = virtio_number(v->buffer + 8, 8);
    switch (v->blk.type) {
    case TYPE_IN:
        return begin_read(v);
    case TYPE_OUT:
        return begin_write(v);
    case TYPE_FLUSH:
        v->blk.counts.flushes++;
        v->blk.step = STEP_SYNC;
        wait_for_disk(v, 0);
        return true;
    case TYPE_GET_ID:
        return give_id(v);
    case TYPE_DISCARD:
    case TYPE_WRITE_ZEROES:
        return begin_zero(v);
    default:
        return finish(v, STATUS_UNSUPP);
    }
}

static void begin(struct virtio *v)
{
    if (v->readable < HEADER_BYTES || v->writable < 1) {
        virtio_break(v);
        return;
    }
    v->blk.step = STEP_HEADER;
    virtio_take(v, HEADER_BYTES);
}

/* If all there was room for has been written, so has the status behind it; else only what lies at the beginning counts. */
static bool answer(struct virtio *v)
{
    virtio_complete(v, v->written == v->writable - 1 ? v->writable : v->written);
    return true;
}

static bool step(struct virtio *v)
{
    switch ((enum step)v->blk.step) {
    case STEP_HEADER:
        return header_here(v);
    case STEP_READ:
        return read_next(v);
    case STEP_WRITE:
        return write_next(v);
    case STEP_RANGE:
        return range_here(v);
    case STEP_ZERO:
        return zero_next(v);
    case STEP_SYNC:
        return sync(v);
    case STEP_GIVEN:
        return finish(v, STATUS_OK);
    case STEP_STATUS:
        return answer(v);
    }
    return false;
}

/* ---- what it stands still for ---- */

struct virtio_disk_counts virtio_disk_counts(const struct virtio *v)
{
    return v->blk.counts;
}

struct disk *virtio_disk(struct virtio *v)
{
    return v->blk.disk;
}

bool virtio_needs_block(const struct virtio *v, uint64_t *ret_sector, uint64_t *ret_count)
{
    *ret_sector = v->blk.sector;
    *ret_count = v->blk.left;
    return v->blk.needs_block;
}

bool virtio_needs_flush(const struct virtio *v)
{
    return v->blk.needs_flush;
}

void virtio_resume(struct virtio *v)
{
    if (v->blk.needs_block && disk_has(v->blk.disk, v->blk.sector))
        virtio_go_on(v);
}

void virtio_flushed(struct virtio *v)
{
    disk_clean(v->blk.disk);
    if (v->blk.needs_flush)
        virtio_go_on(v);
}

/* ---- the rest ---- */

static uint64_t more_features(const struct virtio *v)
{
    return v->blk.read_only ? F_RO : F_DISCARD | F_WRITE_ZEROES;
}

static void config(const struct virtio *v, uint8_t *bytes, unsigned size)
{
    virtio_put_number(bytes + 0, 8, disk_sectors(v->blk.disk));
    virtio_put_number(bytes + 12, 4, SEGMENTS_MAX);
    virtio_put_number(bytes + 20, 4, DISK_SECTOR_BYTES);
    virtio_put_number(bytes + 34, 2, 1); /* queues */
    if (v->blk.read_only)
        return;
    virtio_put_number(bytes + 36, 4, ZERO_SECTORS_MAX); /* to discard, */
    virtio_put_number(bytes + 40, 4, 1);                /* in one range, */
    virtio_put_number(bytes + 44, 4, 1);                /* whose alignment is one sector */
    virtio_put_number(bytes + 48, 4, ZERO_SECTORS_MAX); /* to zero, */
    virtio_put_number(bytes + 52, 4, 1);                /* in one range, */
    bytes[56] = 1;                                      /* which may be unmapped */
}

static void blk_reset(struct virtio *v)
{
    v->blk.step = STEP_HEADER;
    v->blk.status = STATUS_OK;
    v->blk.type = 0;
    v->blk.sector = v->blk.left = 0;
    v->blk.needs_block = v->blk.needs_flush = false;
}

static void blk_state(struct state *s, struct virtio *v)
{
    struct virtio_blk *blk = &v->blk;
    state_u8(s, "step", &blk->step);
    state_u8(s, "request_status", &blk->status);
    state_u32(s, "type", &blk->type);
    state_u64(s, "sector", &blk->sector);
    state_u64(s, "left", &blk->left);
    state_bool(s, "read_only", &blk->read_only);
    state_bytes(s, "serial", blk->serial, sizeof blk->serial);
    disk_state(s, blk->disk);
}

const struct virtio_kind virtio_blk_kind = {
    .number = 2,
    .queues = 1,
    .features = VIRTIO_F_INDIRECT_DESC | F_SEG_MAX | F_BLK_SIZE | F_FLUSH,
    .more_features = more_features,
    .config = config,
    .begin = begin,
    .step = step,
    .reset = blk_reset,
    .state = blk_state,
};
