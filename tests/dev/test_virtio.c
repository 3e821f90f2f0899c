/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Slots and their registers in both versions, the small devices, and drivers that mean no good.
 */
#include "virtio_driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/state_check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICE_ID = 8, FEATURES = 0x10, NOTIFY = 0x50, INTERRUPT = 0x60, ACK = 0x64, STATUS = 0x70, CONFIG = 0x100 };
enum { DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64 };
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, SIZE = 16 };

static uint64_t seed_of(uint64_t seed)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    seed = chosen ? strtoull(chosen, NULL, 0) : seed;
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static struct rig *rig_of(enum virtio_device device, bool legacy, unsigned line_cycles)
{
    struct virtio_config config = {.device = device, .legacy = legacy, .slot = 2, .seed = 77};
    return rig_create(&config, line_cycles, true, 1);
}

/* ---- slots ---- */

Test(virtio, an_empty_slot_says_only_that_it_is_one)
{
    for (unsigned legacy = 0; legacy < 2; legacy++) {
        struct rig *rig = rig_of(VIRTIO_EMPTY, legacy, 0);
        for (unsigned offset = 0; offset < VIRTIO_WINDOW_BYTES; offset += 4) {
            uint64_t want = offset == 0 ? 0x74726976 : offset == 4 ? 2 - legacy : offset == 12 ? 0x554d4551 : 0;
            cr_expect(eq(u64, rig_read(rig, offset, 4), want), "offset 0x%x", offset);
            rig_write(rig, offset, 4, UINT32_MAX);
        }
        cr_expect(zero(uint, rig_run(rig, 10)));
        rig_destroy(rig);
    }
}

Test(virtio, accesses_behind_the_window_fault)
{
    struct rig *rig = rig_of(VIRTIO_BLOCK, true, 0);
    struct device_access access = {.offset = VIRTIO_WINDOW_BYTES, .size = 4};
    uint64_t value;
    cr_expect(not(virtio_ops.read(rig->device, &access, &value)));
    cr_expect(not(virtio_ops.write(rig->device, &access, 0)));
    access.offset = UINT64_MAX - 3;
    cr_expect(not(virtio_ops.read(rig->device, &access, &value)));
    rig_destroy(rig);
}

Test(virtio, devices_have_their_numbers_and_only_their_queues)
{
    static const struct {
        enum virtio_device device;
        unsigned number, queues;
    } rows[] = {{VIRTIO_NET, 1, 2}, {VIRTIO_BLOCK, 2, 1}, {VIRTIO_CONSOLE, 3, 2}, {VIRTIO_RNG, 4, 1}};
    for (unsigned i = 0; i < 4; i++) {
        struct rig *rig = rig_of(rows[i].device, i % 2, 0);
        cr_expect(eq(u64, rig_read(rig, DEVICE_ID, 4), rows[i].number));
        for (unsigned queue = 0; queue < 5; queue++) {
            rig_write(rig, 0x30, 4, queue);
            cr_expect(eq(u64, rig_read(rig, 0x34, 4), queue < rows[i].queues ? 1024 : 0), "device %u, queue %u", rows[i].number,
                      queue);
        }
        rig_write(rig, NOTIFY, 4, UINT32_MAX);
        rig_destroy(rig);
    }
}

Test(virtio, registers_take_4_bytes_configurations_1_2_and_4_and_8_are_two_of_4)
{
    struct rig *rig = rig_of(VIRTIO_NET, false, 0);
    cr_expect(zero(u64, rig_read(rig, 0, 1)));
    cr_expect(zero(u64, rig_read(rig, 0, 2)));
    cr_expect(eq(u64, rig_read(rig, 0, 8), UINT64_C(0x0000000274726976)));
    rig_write(rig, STATUS, 1, 3);
    rig_write(rig, STATUS, 2, 3);
    cr_expect(zero(u64, rig_read(rig, STATUS, 4)));
    rig_write(rig, STATUS, 4, 3);
    cr_expect(eq(u64, rig_read(rig, STATUS, 4), 3));
    static const uint8_t mac[8] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x58, 0, 0};
    for (unsigned i = 0; i < 8; i++)
        cr_expect(eq(u64, rig_read(rig, CONFIG + i, 1), mac[i]));
    cr_expect(eq(u64, rig_read(rig, CONFIG + 4, 2), 0x5834));
    cr_expect(eq(u64, rig_read(rig, CONFIG, 4), 0x12005452));
    cr_expect(eq(u64, rig_read(rig, CONFIG, 8), 0x583412005452));
    cr_expect(zero(u64, rig_read(rig, VIRTIO_WINDOW_BYTES - 4, 8)));
    rig_destroy(rig);
}

/* xv6's driver does without version 1's bit. */
Test(virtio, features_that_were_not_offered_are_refused_and_none_is_needed)
{
    static const struct {
        uint64_t features;
        bool accepted;
    } rows[] = {{DRIVER_VERSION_1, true}, {DRIVER_VERSION_1 | DRIVER_INDIRECT, true},    {0, true},
                {DRIVER_INDIRECT, true},  {DRIVER_VERSION_1 | UINT64_C(1) << 33, false}, {DRIVER_VERSION_1 | 1, false}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_of(VIRTIO_RNG, false, 0);
        rig_write(rig, STATUS, 4, 3);
        for (unsigned half = 0; half < 2; half++) {
            rig_write(rig, 0x24, 4, half);
            rig_write(rig, 0x20, 4, rows[i].features >> 32 * half & UINT32_MAX);
        }
        rig_write(rig, STATUS, 4, 3 | FEATURES_OK);
        cr_expect(eq(u64, rig_read(rig, STATUS, 4), rows[i].accepted ? 3 | FEATURES_OK : 3), "row %u", i);
        rig_destroy(rig);
    }
}

Test(virtio, the_legacy_version_has_no_feature_of_version_1)
{
    struct rig *rig = rig_of(VIRTIO_BLOCK, true, 0);
    rig_write(rig, 0x14, 4, 1);
    cr_expect(zero(u64, rig_read(rig, FEATURES, 4)));
    rig_write(rig, 0x14, 4, 2);
    cr_expect(zero(u64, rig_read(rig, FEATURES, 4)));
    rig_destroy(rig);
}

/* ---- the small devices ---- */

/* One chain of `readable` and `writable` bytes in queue `queue`, with `bytes` in it. Returns how many were written. */
static int32_t transfer(struct driver *d, unsigned queue, const char *bytes, uint32_t readable, char *to, uint32_t writable)
{
    struct driver_chain chain = {.pieces = 0};
    struct driver_queue *q = &d->queue[queue];
    unsigned head;
    driver_recycle(d);
    driver_add(d, &chain, readable, false);
    driver_add(d, &chain, writable, true);
    for (uint32_t i = 0; i < readable; i++)
        rig_set_ram(d->rig, driver_byte(&chain, false, i), 1, (uint8_t)bytes[i]);
    cr_assert(driver_put(d, queue, &chain, &head));
    driver_notify(d, queue);
    rig_run(d->rig, 100000);
    if (rig_ram(d->rig, q->used + 2, 2) == q->seen)
        return -1;
    uint64_t element = q->used + 4 + 8 * (q->seen++ % q->size);
    cr_expect(eq(u64, rig_ram(d->rig, element, 4), head));
    for (uint32_t i = 0; i < writable; i++)
        to[i] = (char)rig_ram(d->rig, driver_byte(&chain, true, i), 1);
    return (int32_t)rig_ram(d->rig, element + 4, 4);
}

Test(virtio_console, bytes_go_out_in_order_on_the_slots_own_stream)
{
    char text[3000];
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + i / 256);
    for (unsigned run = 0; run < 4; run++) {
        struct driver d;
        struct rig *rig = rig_of(VIRTIO_CONSOLE, run & 1, run & 2 ? 40 : 0);
        driver_start(&d, rig, run & 1, 2, 64, DRIVER_VERSION_1 | DRIVER_INDIRECT, 3 + run);
        cr_expect(zero(int, transfer(&d, 1, text, 1, NULL, 0)));
        cr_expect(zero(int, transfer(&d, 1, text + 1, sizeof text - 1, NULL, 0)));
        cr_expect(eq(uint, rig->text_count, sizeof text));
        cr_expect(zero(int, memcmp(rig->text, text, sizeof text)));
        cr_expect(eq(uint, rig->stream, 3));
        rig_destroy(rig);
    }
}

Test(virtio_console, bytes_that_come_wait_for_a_buffer_and_buffers_for_bytes)
{
    struct driver d;
    char got[100];
    struct rig *rig = rig_of(VIRTIO_CONSOLE, false, 40);
    driver_start(&d, rig, false, 2, 16, DRIVER_VERSION_1, 3);
    cr_expect(not(virtio_wants(rig->device)));
    cr_expect(eq(uint, virtio_room(rig->device), 64));
    for (unsigned i = 0; i < 64; i++)
        cr_expect(virtio_receive(rig->device, (uint8_t)(i + 1)));
    cr_expect(not(virtio_receive(rig->device, 99)));
    cr_expect(eq(int, transfer(&d, 0, NULL, 0, got, 10), 10));
    cr_expect(eq(int, got[0], 1));
    cr_expect(eq(int, got[9], 10));
    cr_expect(eq(int, transfer(&d, 0, NULL, 0, got, 100), 54));
    cr_expect(eq(int, got[53], 64));
    cr_expect(eq(int, transfer(&d, 0, NULL, 0, got, 20), -1));
    cr_expect(virtio_wants(rig->device));
    cr_expect(virtio_receive(rig->device, 'x'));
    rig_run(rig, 1000);
    cr_expect(eq(u64, rig_ram(rig, d.queue[0].used + 2, 2), 3));
    cr_expect(eq(uint, virtio_room(rig->device), 64));
    rig_destroy(rig);
}

Test(virtio_rng, the_same_seed_gives_the_same_bytes_and_they_differ_from_each_other)
{
    char first[2][600] = {{0}}, second[2][40];
    for (unsigned run = 0; run < 2; run++) {
        struct driver d;
        struct rig *rig = rig_of(VIRTIO_RNG, run, run ? 40 : 0);
        driver_start(&d, rig, run, 1, 64, DRIVER_VERSION_1, 3);
        cr_expect(eq(int, transfer(&d, 0, NULL, 0, first[run], 600), 512));
        cr_expect(eq(int, transfer(&d, 0, NULL, 0, second[run], 40), 40));
        rig_destroy(rig);
    }
    cr_expect(zero(int, memcmp(first[0], first[1], 512)));
    cr_expect(zero(int, memcmp(second[0], second[1], 40)));
    cr_expect(ne(int, memcmp(first[0], second[0], 40), 0));
}

Test(virtio_net, what_is_sent_is_taken_and_buffers_to_receive_are_kept)
{
    struct driver d;
    char packet[100] = "to nowhere", got[100];
    struct rig *rig = rig_of(VIRTIO_NET, true, 0);
    driver_start(&d, rig, true, 2, 16, DRIVER_INDIRECT | 1 << 5 | 1 << 16, 3);
    cr_expect(eq(u64, d.features & (1 << 5 | 1 << 16), 1 << 5 | 1 << 16));
    cr_expect(zero(u64, rig_read(rig, CONFIG + 6, 2)), "the link is up");
    cr_expect(eq(int, transfer(&d, 0, NULL, 0, got, 100), -1));
    cr_expect(zero(int, transfer(&d, 1, packet, 100, NULL, 0)));
    cr_expect(zero(int, transfer(&d, 1, packet, 50, NULL, 0)));
    cr_expect(zero(u64, rig_ram(rig, d.queue[0].used + 2, 2)));
    rig_destroy(rig);
}

/* ---- drivers that mean no good ---- */

static void desc(struct driver *d, unsigned number, uint64_t address, uint32_t bytes, unsigned flags, unsigned next)
{
    uint64_t at = d->queue[0].desc + 16 * number;
    rig_set_ram(d->rig, at, 8, address);
    rig_set_ram(d->rig, at + 8, 4, bytes);
    rig_set_ram(d->rig, at + 12, 2, flags);
    rig_set_ram(d->rig, at + 14, 2, next);
}

#define AT (RIG_BASE + 0x20000)

/* A proper request is descriptor 0, 16 bytes to read, and 1, 513 to write. One of them made nonsense: */
static const struct {
    const char *what;
    unsigned number;
    uint64_t address;
    uint32_t bytes;
    unsigned flags, next;
} wrong_descriptors[] = {
    {"a loop", 1, AT, 16, DESC_WRITE | DESC_NEXT, 1},
    {"no such descriptor", 0, AT, 16, DESC_NEXT, SIZE},
    {"begins before RAM", 0, RIG_BASE - 8, 16, DESC_NEXT, 1},
    {"ends behind RAM", 1, RIG_BASE + RIG_RAM - 512, 513, DESC_WRITE, 0},
    {"4 GiB", 1, AT, UINT32_MAX, DESC_WRITE, 0},
    {"wraps around", 1, UINT64_MAX - 100, 513, DESC_WRITE, 0},
    {"no bytes", 0, AT, 0, DESC_NEXT, 1},
    {"nothing to write", 1, AT + 64, 513, 0, 0},
    {"half a header", 0, AT, 15, DESC_NEXT, 1},
    {"no place for the status", 0, AT, 16, 0, 0},
    {"one and a half descriptors", 0, AT, 24, DESC_INDIRECT, 0},
    {"a table of none", 0, AT, 0, DESC_INDIRECT, 0},
    {"a table that is too long", 0, AT, 16 * 1025, DESC_INDIRECT, 0},
    {"a table that wraps around", 0, UINT64_MAX - 7, 16, DESC_INDIRECT, 0},
    {"a table and more", 0, AT, 32, DESC_INDIRECT | DESC_NEXT, 1},
};

enum { WRONG_DESCRIPTORS = sizeof wrong_descriptors / sizeof wrong_descriptors[0] };
enum {
    NO_SUCH_HEAD = WRONG_DESCRIPTORS,
    WRONG_ORDER,
    TABLE_IN_TABLE,
    LOOP_IN_TABLE,
    TOO_MANY,
    NONSENSE /* none, but a proper request */
};

static void table(struct driver *d, uint64_t address, uint64_t bytes, uint64_t flags)
{
    desc(d, 0, AT, 32, DESC_INDIRECT, 0);
    rig_set_ram(d->rig, AT, 8, address);
    rig_set_ram(d->rig, AT + 8, 8, bytes | flags << 32);
}

/* Puts nonsense of a kind into the queue. */
static void nonsense(struct driver *d, unsigned number)
{
    struct driver_queue *q = &d->queue[0];
    desc(d, 0, AT, 16, DESC_NEXT, 1);
    desc(d, 1, AT + 64, 513, DESC_WRITE, 0);
    if (number < WRONG_DESCRIPTORS)
        desc(d, wrong_descriptors[number].number, wrong_descriptors[number].address, wrong_descriptors[number].bytes,
             wrong_descriptors[number].flags, wrong_descriptors[number].next);
    if (number == WRONG_ORDER) { /* to read behind one to write */
        desc(d, 0, AT, 16, DESC_NEXT | DESC_WRITE, 1);
        desc(d, 1, AT + 64, 513, 0, 0);
    }
    if (number == TABLE_IN_TABLE)
        table(d, AT + 64, 16, DESC_INDIRECT);
    if (number == LOOP_IN_TABLE)
        table(d, AT, 16, DESC_NEXT);
    if (number == TOO_MANY)
        q->available = SIZE;
    rig_set_ram(d->rig, q->avail + 4, 2, number == NO_SUCH_HEAD ? SIZE : 0);
    rig_set_ram(d->rig, q->avail + 2, 2, q->available + 1);
}

Test(virtio, what_makes_no_sense_stops_the_device_until_it_is_reset)
{
    for (unsigned run = 0; run < 4 * NONSENSE; run++) {
        static const char *const others[] = {"a head that there is not", "the wrong order", "a table in a table",
                                             "a loop in a table", "more chains than there is room for"};
        const char *name = run / 4 < WRONG_DESCRIPTORS ? wrong_descriptors[run / 4].what : others[run / 4 - WRONG_DESCRIPTORS];
        bool legacy = run & 1;
        struct driver d;
        struct rig *rig = rig_of(VIRTIO_BLOCK, legacy, run & 2 ? 40 : 0);
        driver_start(&d, rig, legacy, 1, SIZE, DRIVER_VERSION_1 | DRIVER_INDIRECT, 3);
        nonsense(&d, run / 4);
        driver_notify(&d, 0);
        cr_expect(lt(uint, rig_run(rig, 10000), 10000), "%s does not end", name);
        cr_expect(zero(u64, rig_ram(rig, d.queue[0].used + 2, 2)), "%s is answered", name);
        cr_expect(eq(u64, rig_read(rig, STATUS, 4) & NEEDS_RESET, legacy ? 0 : NEEDS_RESET), "%s", name);
        cr_expect(eq(u64, rig_read(rig, INTERRUPT, 4), legacy ? 0 : 2), "%s", name);
        driver_notify(&d, 0);
        cr_expect(zero(uint, rig_run(rig, 100)), "%s goes on", name);
        memset(rig->ram, 0, RIG_RAM);
        driver_start(&d, rig, legacy, 1, SIZE, DRIVER_VERSION_1, 3);
        nonsense(&d, NONSENSE);
        driver_notify(&d, 0);
        rig_run(rig, 10000);
        cr_expect(eq(u64, rig_ram(rig, d.queue[0].used + 2, 2), 1), "behind %s it does not work again", name);
        rig_destroy(rig);
    }
}

Test(virtio, rings_that_are_not_in_ram_stop_the_device)
{
    static const uint64_t addresses[] = {0, RIG_BASE - 8, RIG_BASE + RIG_RAM, RIG_BASE + RIG_RAM - 2, UINT64_MAX - 15, UINT64_MAX};
    for (unsigned run = 0; run < 3 * 6; run++) {
        struct driver d;
        struct rig *rig = rig_of(VIRTIO_BLOCK, false, 0);
        driver_start(&d, rig, false, 1, SIZE, DRIVER_VERSION_1, 3);
        nonsense(&d, NONSENSE);
        rig_write(rig, 0x44, 4, 0);
        rig_write(rig, 0x80 + 16 * (run % 3), 4, addresses[run / 3] & UINT32_MAX);
        rig_write(rig, 0x84 + 16 * (run % 3), 4, addresses[run / 3] >> 32);
        rig_write(rig, 0x44, 4, 1);
        driver_notify(&d, 0);
        rig_run(rig, 10000);
        cr_expect(eq(u64, rig_read(rig, STATUS, 4) & NEEDS_RESET, NEEDS_RESET), "run %u", run);
        rig_destroy(rig);
    }
}

Test(virtio, indirect_tables_that_were_not_agreed_on_stop_the_device)
{
    struct driver d;
    struct rig *rig = rig_of(VIRTIO_BLOCK, false, 0);
    driver_start(&d, rig, false, 1, SIZE, DRIVER_VERSION_1, 3);
    nonsense(&d, NONSENSE);
    rig_set_ram(rig, AT + 0x1000, 8, AT);
    rig_set_ram(rig, AT + 0x1008, 8, 16 | (uint64_t)DESC_NEXT << 32 | UINT64_C(1) << 48);
    rig_set_ram(rig, AT + 0x1010, 8, AT + 64);
    rig_set_ram(rig, AT + 0x1018, 8, 513 | (uint64_t)DESC_WRITE << 32);
    desc(&d, 0, AT + 0x1000, 32, DESC_INDIRECT, 0);
    driver_notify(&d, 0);
    rig_run(rig, 10000);
    cr_expect(eq(u64, rig_read(rig, STATUS, 4) & NEEDS_RESET, NEEDS_RESET));
    rig_destroy(rig);
}

/* The chance of something that makes sense must not be small, or nothing is reached: good and bad values are mixed. */
static void scribble(struct driver *d)
{
    struct random *random = &d->random;
    struct driver_queue *q = &d->queue[random_below(random, 2)];
    if (!q->size)
        q = &d->queue[0];
    for (unsigned i = 0; i < q->size; i++) {
        uint64_t at = q->desc + 16 * i, address = RIG_BASE + random_below(random, RIG_RAM);
        if (random_below(random, 3))
            continue;
        if (random_below(random, 60) == 0)
            address = random_next(random);
        uint32_t bytes = random_below(random, 20) ? 16u << random_below(random, 6) : (uint32_t)random_next(random);
        rig_set_ram(d->rig, at, 8, address);
        rig_set_ram(d->rig, at + 8, 4, bytes);
        unsigned flags = (i >= q->size / 2 ? DESC_WRITE : 0) | (random_below(random, 4) && i + 1 < q->size ? DESC_NEXT : 0);
        unsigned next = i + 1 + random_below(random, q->size - i);
        rig_set_ram(d->rig, at + 12, 2, random_below(random, 30) ? flags : random_below(random, 8));
        rig_set_ram(d->rig, at + 14, 2, random_below(random, 40) ? next % q->size : random_next(random));
    }
    for (unsigned i = 0; i < q->size; i++)
        rig_set_ram(d->rig, q->avail + 4 + 2 * i, 2,
                    random_below(random, 30) ? random_below(random, q->size) : random_next(random));
    q->available += (uint16_t)random_below(random, 4);
    rig_set_ram(d->rig, q->avail + 2, 2, random_below(random, 30) ? q->available : random_next(random));
    if (random_below(random, 3) == 0) /* types of requests */
        for (unsigned i = 0; i < 2000; i++)
            rig_set_ram(d->rig, RIG_BASE + 16 * random_below(random, RIG_RAM / 16), 4, random_below(random, 14));
}

static void registers_at_random(struct driver *d, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned offset =
            random_below(&d->random, 8) ? 4 * random_below(&d->random, 0x44) : random_below(&d->random, VIRTIO_WINDOW_BYTES);
        unsigned size = random_below(&d->random, 6) ? 4 : 1u << random_below(&d->random, 4);
        uint64_t value = random_below(&d->random, 3) ? random_below(&d->random, 40) : random_next(&d->random);
        if (random_below(&d->random, 3))
            rig_read(d->rig, offset, size);
        else
            rig_write(d->rig, offset, size, value);
    }
}

Test(virtio, a_hostile_driver_breaks_nothing_but_its_own_device)
{
    static const enum virtio_device devices[] = {VIRTIO_BLOCK, VIRTIO_CONSOLE, VIRTIO_RNG, VIRTIO_NET, VIRTIO_BLOCK, VIRTIO_BLOCK};
    uint64_t seed = seed_of(4711), answered = 0, lines = 0, broken = 0;
    for (unsigned run = 0; run < 960; run++) {
        bool legacy = run & 1;
        enum virtio_device device = devices[run % 6];
        unsigned queues = device == VIRTIO_CONSOLE || device == VIRTIO_NET ? 2 : 1;
        struct driver d;
        struct rig *rig = rig_of(device, legacy, run & 2 ? 40 : 0);
        for (unsigned start = 0; start < 6; start++) {
            driver_start(&d, rig, legacy, queues, SIZE, DRIVER_VERSION_1 | DRIVER_INDIRECT | 1 << 9, seed + 100 * run + start);
            for (unsigned round = 0; round < 10; round++) {
                scribble(&d);
                driver_notify(&d, random_below(&d.random, queues));
                rig_run(rig, random_below(&d.random, 300));
                if (device == VIRTIO_CONSOLE)
                    virtio_receive(rig->device, 'x');
                if (start % 2)
                    registers_at_random(&d, random_below(&d.random, 10));
            }
            answered += rig_ram(rig, d.queue[0].used + 2, 2) > 0;
            broken += (rig_read(rig, STATUS, 4) & NEEDS_RESET) != 0;
        }
        lines += rig->lines;
        rig_destroy(rig);
    }
    cr_expect(gt(u64, answered, 200), "hardly anything was reached: %lu", (unsigned long)answered);
    cr_expect(gt(u64, broken, 100), "%lu", (unsigned long)broken);
    cr_expect(gt(u64, lines, 20000), "%lu", (unsigned long)lines);
}

Test(virtio, every_field_of_every_device_is_in_its_state)
{
    for (unsigned device = VIRTIO_BLOCK; device <= VIRTIO_NET; device++) {
        struct driver d;
        struct rig *rig = rig_of(device, device % 2, 40);
        driver_start(&d, rig, device % 2, device == VIRTIO_BLOCK || device == VIRTIO_RNG ? 1 : 2, SIZE, DRIVER_VERSION_1, 3);
        cr_expect(gt(u64, state_check_flips(virtio_ops.state, rig->device), 40));
        rig_destroy(rig);
    }
}
