/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A network device without a network (VIRTIO 1.1, section 5.1): its link is always down. What the guest sends is taken and dropped,
 * the buffers it provides for receiving are kept.
 */
#include "virtio_parts.h"

#include <string.h>

enum { F_MAC = 1 << 5, F_STATUS = 1 << 16, QUEUE_TRANSMIT = 1 };

static bool wants(const struct virtio *v, unsigned queue)
{
    return queue == QUEUE_TRANSMIT;
}

static void begin(struct virtio *v)
{
    virtio_complete(v, 0);
}

static bool step(struct virtio *v)
{
    return false;
}

/* mac, status: the link's bit is 0. */
static void config(const struct virtio *v, uint8_t *bytes, unsigned size)
{
    memcpy(bytes, v->mac, sizeof v->mac);
}

const struct virtio_kind virtio_net_kind = {
    .number = 1,
    .queues = 2,
    .features = VIRTIO_F_INDIRECT_DESC | F_MAC | F_STATUS,
    .config = config,
    .wants = wants,
    .begin = begin,
    .step = step,
};
