/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The entropy device (VIRTIO 1.1, section 5.4): fills buffers from a generator that starts from the machine's seed, so that a run
 * can be repeated. At most one buffer's worth of 512 bytes a request, which the specification allows.
 */
#include "virtio_parts.h"

/* splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void begin(struct virtio *v)
{
    uint16_t bytes = (uint16_t)(v->writable < sizeof v->buffer ? v->writable : sizeof v->buffer);
    uint64_t word = 0;
    for (unsigned i = 0; i < bytes; i++) {
        word = i % 8 ? word >> 8 : draw(&v->random);
        v->buffer[i] = (uint8_t)word;
    }
    v->written = bytes;
    virtio_seek_writable(v, 0);
    virtio_give(v, bytes);
}

static bool step(struct virtio *v)
{
    virtio_complete(v, v->written);
    return true;
}

static void config(const struct virtio *v, uint8_t *bytes, unsigned size) {}

static void rng_state(struct state *s, struct virtio *v)
{
    state_u64(s, "random", &v->random);
}

const struct virtio_kind virtio_rng_kind = {
    .number = 4,
    .queues = 1,
    .features = VIRTIO_F_INDIRECT_DESC,
    .config = config,
    .begin = begin,
    .step = step,
    .state = rng_state,
};
