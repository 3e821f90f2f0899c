/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes what a guest can put in front of a virtio device: registers, rings and requests. The input is a byte that chooses the
 * device and version, then instructions of some bytes: write a register, write memory, notify, let events happen. The rig aborts
 * when the device does what it must not (tests/dev/virtio_rig.h).
 */
#include "fuzz.h"

#include <virtio_rig.h>

enum { EVENTS = 400, WINDOW = 0x4000 /* of RAM that inputs write to: rings are small */ };

struct input {
    const uint8_t *at, *end;
};

static uint64_t take(struct input *input, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes && input->at < input->end; i++)
        value |= (uint64_t)*input->at++ << 8 * i;
    return value;
}

/* A queue where inputs put theirs, so that they need not spell the registers. */
static void start(struct rig *rig, bool legacy)
{
    rig_write(rig, 0x70, 4, 3);
    rig_write(rig, 0x20, 4, 1 << 28 | 1 << 9);
    rig_write(rig, 0x24, 4, 1);
    rig_write(rig, 0x20, 4, legacy ? 0 : 1);
    rig_write(rig, 0x70, 4, legacy ? 3 : 11);
    for (unsigned queue = 0; queue < 2; queue++) {
        uint64_t base = RIG_BASE + 0x1000 * queue;
        rig_write(rig, 0x30, 4, queue);
        rig_write(rig, 0x38, 4, 8);
        rig_write(rig, 0x3c, 4, 64);
        rig_write(rig, 0x40, 4, base >> 12);
        for (unsigned ring = 0; ring < 3; ring++)
            rig_write(rig, 0x80 + 16 * ring, 4, base + (ring == 0 ? 0 : ring == 1 ? 128 : 192));
        rig_write(rig, 0x44, 4, 1);
    }
    rig_write(rig, 0x70, 4, legacy ? 7 : 15);
}

static void instruction(struct rig *rig, struct input *input)
{
    unsigned what = (unsigned)take(input, 1);
    unsigned at = (unsigned)take(input, 2), size = 1u << (what >> 3 & 3);
    switch (what & 7) {
    case 0:
        rig_write(rig, at % 0x1f8, size, take(input, size));
        break;
    case 1:
        rig_read(rig, at % 0x1f8, size);
        break;
    case 2:
        rig_write(rig, 0x50, 4, at & 3);
        break;
    case 3:
        rig_run(rig, at % EVENTS);
        break;
    case 4:
        virtio_receive(rig->device, (uint8_t)at);
        break;
    default:
        rig_set_ram(rig, RIG_BASE + at % (WINDOW - 8), size, take(input, size));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, data + size};
    unsigned first = (unsigned)take(&input, 1);
    struct virtio_config config = {
        .device = (enum virtio_device)(first % 5), .legacy = first >> 3 & 1, .read_only = first >> 4 & 1};
    struct rig *rig = rig_create(&config, first >> 5 & 1 ? 40 : 0, first >> 6 & 1, 1);
    if (!(first >> 7))
        start(rig, config.legacy);
    while (input.at < input.end)
        instruction(rig, &input);
    rig_run(rig, EVENTS);
    rig_destroy(rig);
    return 0;
}
