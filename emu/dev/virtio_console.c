/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A console of one port (VIRTIO 1.1, section 5.3): queue 0 takes bytes to the guest, queue 1 from it. A buffer of the guest's is
 * filled with the bytes that have come until then, at least one.
 */
#include "virtio_parts.h"

#include <string.h>

enum { QUEUE_RECEIVE, QUEUE_TRANSMIT, CHUNK = 64 /* bytes written in one event: each becomes a record */ };

static bool wants(const struct virtio *v, unsigned queue)
{
    return queue == QUEUE_TRANSMIT || v->fifo_count > 0;
}

/* The next bytes that the guest writes; false: there are no more. */
static bool take_more(struct virtio *v, uint32_t taken)
{
    uint32_t left = v->readable - taken;
    if (left == 0)
        return false;
    v->written = taken;
    virtio_take(v, (uint16_t)(left < CHUNK ? left : CHUNK));
    return true;
}

static void begin(struct virtio *v)
{
    if (v->current == QUEUE_TRANSMIT) {
        if (!take_more(v, 0))
            virtio_complete(v, 0);
        return;
    }
    uint16_t bytes = (uint16_t)(v->writable < v->fifo_count ? v->writable : v->fifo_count);
    memcpy(v->buffer, v->fifo, bytes);
    memmove(v->fifo, v->fifo + bytes, (size_t)(v->fifo_count - bytes));
    memset(v->fifo + v->fifo_count - bytes, 0, bytes);
    v->fifo_count = (uint8_t)(v->fifo_count - bytes);
    v->written = bytes;
    virtio_seek_writable(v, 0);
    virtio_give(v, bytes);
}

/* What a move has brought goes out, all of it in this event; the next chunk is the next event's. */
static bool step(struct virtio *v)
{
    if (v->current == QUEUE_RECEIVE) {
        virtio_complete(v, v->written);
        return true;
    }
    for (unsigned i = 0; i < v->move.size; i++)
        v->host->console_out(v->host->context, v->slot + 1, v->buffer[i]);
    uint32_t taken = v->written + v->move.size;
    if (!take_more(v, taken))
        virtio_complete(v, 0);
    virtio_wait(v, 1);
    return true;
}

static void config(const struct virtio *v, uint8_t *bytes, unsigned size) {}

unsigned virtio_room(const struct virtio *v)
{
    return v->kind == &virtio_console_kind ? (unsigned)(VIRTIO_CONSOLE_FIFO - v->fifo_count) : 0;
}

bool virtio_receive(struct virtio *v, uint8_t byte)
{
    if (virtio_room(v) == 0)
        return false;
    v->fifo[v->fifo_count++] = byte;
    virtio_kick(v, v->notify_cycles);
    return true;
}

bool virtio_wants(const struct virtio *v)
{
    return v->kind == &virtio_console_kind && v->queue[QUEUE_RECEIVE].ready && v->queue[QUEUE_RECEIVE].notified;
}

static void console_reset(struct virtio *v)
{
    memset(v->fifo, 0, sizeof v->fifo);
    v->fifo_count = 0;
}

static void console_state(struct state *s, struct virtio *v)
{
    state_bytes(s, "fifo", v->fifo, sizeof v->fifo);
    state_u8(s, "fifo_count", &v->fifo_count);
}

const struct virtio_kind virtio_console_kind = {
    .number = 3,
    .queues = 2,
    .features = VIRTIO_F_INDIRECT_DESC,
    .config = config,
    .wants = wants,
    .begin = begin,
    .step = step,
    .reset = console_reset,
    .state = console_state,
};
