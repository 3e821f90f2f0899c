/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The block device against a model: a driver that does everything it may, in any shape, and a naive disk. After each batch of
 * requests all of memory must be what the model says, to the byte.
 */
#include "virtio_driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/state_check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = DISK_SECTOR_BYTES, DISK = RIG_SECTORS * SECTOR, BATCH = 6 };
enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11, WRITE_ZEROES = 13 };
enum { OK = 0, IOERR = 1, UNSUPP = 2 };
enum { F_RO = 1 << 5, F_FLUSH = 1 << 9, F_DISCARD = 1 << 13, F_WRITE_ZEROES = 1 << 14 };

struct request {
    struct driver_chain chain;
    uint32_t type, readable, writable; /* bytes */
    uint64_t sector;
    uint32_t count, flags; /* of what is to be zeroed */
    unsigned head;
};

struct world {
    struct rig *rig;
    struct driver driver;
    uint8_t disk[DISK], want[RIG_RAM];
    bool read_only;
    struct virtio_config config;
};

static uint64_t seed_of(uint64_t seed)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    seed = chosen ? strtoull(chosen, NULL, 0) : seed;
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static void want_number(struct world *w, uint64_t address, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        w->want[address - RIG_BASE + i] = (uint8_t)(value >> 8 * i);
}

/* ---- making requests ---- */

static struct request request_make(struct world *w)
{
    static const uint32_t types[] = {IN, IN, IN, OUT, OUT, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES, 2, 77, UINT32_MAX};
    struct driver *d = &w->driver;
    struct request r = {.type = types[random_below(&d->random, sizeof types / sizeof types[0])]};
    uint32_t sectors = random_below(&d->random, 5), odd = random_below(&d->random, 10) ? 0 : 1 + random_below(&d->random, 511);
    bool far = random_below(&d->random, 12) == 0;
    r.sector = far ? random_next(&d->random) >> random_below(&d->random, 64) : random_below(&d->random, RIG_SECTORS);
    r.readable = 16;
    r.writable = 1;
    if (r.type == IN)
        r.writable += sectors * SECTOR + odd;
    else if (r.type == OUT)
        r.readable += sectors * SECTOR + odd;
    else if (r.type == GET_ID)
        r.writable += random_below(&d->random, 40);
    else if (r.type == DISCARD || r.type == WRITE_ZEROES)
        r.readable += odd % 3 == 1 ? 32 : 16;
    r.count = far ? (uint32_t)random_next(&d->random) : sectors;
    r.flags = random_below(&d->random, 6) ? random_below(&d->random, 2) : (uint32_t)random_next(&d->random);
    driver_add(d, &r.chain, r.readable, false);
    driver_add(d, &r.chain, r.writable, true);
    return r;
}

static void put_byte(struct world *w, const struct request *r, uint32_t at, uint8_t byte)
{
    rig_set_ram(w->rig, driver_byte(&r->chain, false, at), 1, byte);
}

static void put_number(struct world *w, const struct request *r, uint32_t at, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        put_byte(w, r, at + i, (uint8_t)(value >> 8 * i));
}

static void request_fill(struct world *w, const struct request *r)
{
    put_number(w, r, 0, 4, r->type);
    put_number(w, r, 4, 4, random_next(&w->driver.random));
    put_number(w, r, 8, 8, r->sector);
    for (uint32_t at = 16; at < r->readable; at++)
        put_byte(w, r, at, (uint8_t)random_next(&w->driver.random));
    if (r->type != DISCARD && r->type != WRITE_ZEROES)
        return;
    put_number(w, r, 16, 8, r->sector);
    put_number(w, r, 24, 4, r->count);
    put_number(w, r, 28, 4, r->flags);
}

/* ---- the model ---- */

static bool is_on_disk(uint64_t sector, uint64_t count)
{
    return sector <= RIG_SECTORS && count <= RIG_SECTORS - sector;
}

static void want_data(struct world *w, const struct request *r, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        want_number(w, driver_byte(&r->chain, true, i), 1, bytes[i]);
}

static uint8_t model_zero(struct world *w, const struct request *r)
{
    if (w->read_only)
        return IOERR;
    if (r->readable != 32 || r->flags & ~(r->type == WRITE_ZEROES ? 1u : 0u))
        return UNSUPP;
    if (!is_on_disk(r->sector, r->count))
        return IOERR;
    memset(w->disk + r->sector * SECTOR, 0, r->count * SECTOR);
    return OK;
}

static uint8_t model_status(struct world *w, const struct request *r, uint32_t *ret_data)
{
    uint32_t in = r->writable - 1, out = r->readable - 16;
    char id[20] = {0};
    switch (r->type) {
    case IN:
        if (in % SECTOR || !is_on_disk(r->sector, in / SECTOR))
            return IOERR;
        want_data(w, r, w->disk + r->sector * SECTOR, *ret_data = in);
        return OK;
    case OUT:
        if (w->read_only || out % SECTOR || !is_on_disk(r->sector, out / SECTOR))
            return IOERR;
        for (uint32_t i = 0; i < out; i++)
            w->disk[r->sector * SECTOR + i] = (uint8_t)rig_ram(w->rig, driver_byte(&r->chain, false, 16 + i), 1);
        return OK;
    case FLUSH:
        return OK;
    case GET_ID:
        memcpy(id, "a serial", 8);
        want_data(w, r, (uint8_t *)id, *ret_data = in < 20 ? in : 20);
        return OK;
    case DISCARD:
    case WRITE_ZEROES:
        return model_zero(w, r);
    default:
        return UNSUPP;
    }
}

static void model(struct world *w, const struct request *r)
{
    struct driver_queue *q = &w->driver.queue[0];
    uint32_t data = 0;
    uint8_t status = model_status(w, r, &data);
    uint64_t element = q->used + 4 + 8 * (q->seen % q->size);
    want_number(w, driver_byte(&r->chain, true, r->writable - 1), 1, status);
    want_number(w, element, 4, r->head);
    want_number(w, element + 4, 4, data == r->writable - 1 ? r->writable : data);
    want_number(w, q->used + 2, 2, ++q->seen);
}

/* ---- batches ---- */

static void expect_ram(struct world *w, unsigned round)
{
    if (!memcmp(w->rig->ram, w->want, RIG_RAM))
        return;
    for (unsigned i = 0; i < RIG_RAM; i++)
        cr_assert(w->rig->ram[i] == w->want[i], "round %u: byte 0x%x is 0x%02x, not 0x%02x", round, i, w->rig->ram[i], w->want[i]);
}

static void batch(struct world *w, unsigned round)
{
    struct request requests[BATCH];
    unsigned count = 1 + random_below(&w->driver.random, BATCH), put = 0;
    bool quiet = random_below(&w->driver.random, 4) == 0, is_file_due = !(w->driver.features & F_FLUSH);
    driver_recycle(&w->driver);
    rig_set_ram(w->rig, w->driver.queue[0].avail, 2, quiet);
    for (; put < count; put++) {
        requests[put] = request_make(w);
        request_fill(w, &requests[put]);
        if (!driver_put(&w->driver, 0, &requests[put].chain, &requests[put].head))
            break;
    }
    memcpy(w->want, w->rig->ram, RIG_RAM);
    for (unsigned i = 0; i < put; i++)
        model(w, &requests[i]);
    driver_notify(&w->driver, 0);
    rig_run(w->rig, 1000000);
    expect_ram(w, round);
    cr_expect(eq(int, w->rig->line, put > 0 && !quiet), "round %u", round);
    cr_expect(eq(u64, rig_read(w->rig, 0x60, 4), put > 0 && !quiet));
    rig_write(w->rig, 0x64, 4, 1);
    cr_expect(not(w->rig->line));
    for (unsigned i = 0; i < put; i++)
        is_file_due |= i == put - 1 && requests[i].type == FLUSH;
    if (is_file_due && !w->read_only)
        cr_expect(zero(int, memcmp(w->rig->file, w->disk, DISK)), "round %u: what was written is not in the file", round);
}

static void world_open(struct world *w, bool legacy, bool read_only, unsigned line_cycles, bool lazy, uint64_t features,
                       uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->read_only = read_only;
    w->config = (struct virtio_config){.device = VIRTIO_BLOCK, .legacy = legacy, .read_only = read_only, .serial = "a serial"};
    w->rig = rig_create(&w->config, line_cycles, lazy, seed);
    memcpy(w->disk, w->rig->base, DISK);
    driver_start(&w->driver, w->rig, legacy, 1, 8u << seed % 4, features, seed);
}

Test(virtio_blk, whatever_shape_requests_have_their_data_arrives_and_nothing_else_is_touched)
{
    uint64_t seed = seed_of(20261126);
    struct world *w = malloc(sizeof *w);
    uint64_t asked = 0, flushes = 0;
    for (unsigned run = 0; run < 32; run++) {
        uint64_t features =
            DRIVER_VERSION_1 | F_DISCARD | F_WRITE_ZEROES | (run & 4 ? DRIVER_INDIRECT : 0) | (run & 8 ? F_FLUSH : 0);
        world_open(w, run & 1, run % 8 == 7, run & 2 ? 40 : 0, run & 16, features, seed + run);
        cr_expect(eq(u64, rig_read(w->rig, 0x100, 8), RIG_SECTORS));
        cr_expect(eq(int, (w->driver.features & F_DISCARD) != 0, !w->read_only));
        for (unsigned round = 0; round < 80; round++)
            batch(w, round);
        asked += w->rig->asked;
        flushes += w->rig->flushes;
        rig_destroy(w->rig);
    }
    cr_expect(gt(u64, asked, 100));
    cr_expect(gt(u64, flushes, 100));
    free(w);
}

/* What was supplied when, and when the file was written, must leave no trace. */
Test(virtio_blk, supplying_sectors_one_by_one_or_before_gives_the_same_run)
{
    uint64_t seed = seed_of(20261127);
    struct world *lazy = malloc(sizeof *lazy), *early = malloc(sizeof *early);
    for (unsigned run = 0; run < 8; run++) {
        uint64_t features = DRIVER_VERSION_1 | DRIVER_INDIRECT | (run & 4 ? F_FLUSH : 0);
        world_open(lazy, run & 1, false, run & 2 ? 40 : 0, true, features, seed + run);
        world_open(early, run & 1, false, run & 2 ? 40 : 0, false, features, seed + run);
        for (unsigned round = 0; round < 30; round++) {
            batch(lazy, round);
            batch(early, round);
            cr_expect(eq(u64, lazy->rig->cycle, early->rig->cycle), "run %u, round %u", run, round);
            cr_expect(eq(u64, queue_fired(lazy->rig->host.queue), queue_fired(early->rig->host.queue)));
            cr_expect(eq(u64, rig_hash(lazy->rig), rig_hash(early->rig)), "run %u, round %u", run, round);
        }
        cr_expect(gt(uint, lazy->rig->asked, 10));
        cr_expect(zero(uint, early->rig->asked));
        rig_destroy(lazy->rig);
        rig_destroy(early->rig);
    }
    free(lazy);
    free(early);
}

static void whole_state(struct state *s, void *rig)
{
    struct rig *r = rig;
    virtio_ops.state(s, r->device);
    queue_state(s, r->host.queue);
}

Test(virtio_blk, every_field_in_the_middle_of_a_request_is_in_the_state)
{
    struct world *w = malloc(sizeof *w);
    uint64_t before = 0, changes = 0;
    world_open(w, false, false, 40, true, DRIVER_VERSION_1 | DRIVER_INDIRECT, 6);
    for (unsigned round = 0; round < 6; round++)
        batch(w, round); /* some sectors are written */
    struct request r = {.type = OUT, .readable = 16 + SECTOR, .writable = 1, .sector = 3};
    driver_recycle(&w->driver);
    driver_add(&w->driver, &r.chain, r.readable, false);
    driver_add(&w->driver, &r.chain, 1, true);
    request_fill(w, &r);
    cr_assert(driver_put(&w->driver, 0, &r.chain, &r.head));
    driver_notify(&w->driver, 0);
    do {
        uint64_t hash = state_check_hash(whole_state, w->rig);
        changes += hash != before;
        before = hash;
        cr_expect(gt(u64, state_check_flips(whole_state, w->rig), 40));
    } while (rig_run(w->rig, 3));
    cr_expect(gt(u64, changes, 10));
    rig_destroy(w->rig);
    free(w);
}

Test(virtio_blk, a_reset_in_the_middle_of_anything_leaves_a_device_that_works)
{
    uint64_t seed = seed_of(20261128);
    struct world *w = malloc(sizeof *w);
    for (unsigned run = 0; run < 50; run++) {
        bool legacy = run & 1;
        world_open(w, legacy, false, run & 2 ? 40 : 0, true, DRIVER_VERSION_1 | F_FLUSH, (seed | 3) + 4 * run); /* long queues */
        struct request r = {.type = IN, .readable = 16, .writable = 1 + 3 * SECTOR, .sector = 9};
        driver_add(&w->driver, &r.chain, r.readable, false);
        driver_add(&w->driver, &r.chain, r.writable, true);
        request_fill(w, &r);
        cr_assert(driver_put(&w->driver, 0, &r.chain, &r.head));
        driver_notify(&w->driver, 0);
        rig_run(w->rig, run);
        memset(w->rig->ram, 0, RIG_RAM);
        driver_start(&w->driver, w->rig, legacy, 1, 16, DRIVER_VERSION_1 | F_FLUSH, seed + run);
        uint8_t *ram = malloc(RIG_RAM);
        memcpy(ram, w->rig->ram, RIG_RAM);
        rig_run(w->rig, 1000000);
        cr_expect(zero(int, memcmp(ram, w->rig->ram, RIG_RAM)), "run %u: the old request goes on", run);
        free(ram);
        for (unsigned round = 0; round < 5; round++)
            batch(w, round);
        rig_destroy(w->rig);
    }
    free(w);
}

/* ---- the disk by itself ---- */

Test(disk, base_that_is_forgotten_is_asked_for_again_and_what_was_written_stays)
{
    enum { SECTORS = 1 << 16, PAGES = 8 };
    struct disk *disk = disk_create(SECTORS, PAGES);
    uint8_t bytes[SECTOR], read[SECTOR];
    memset(bytes, 0x5a, sizeof bytes);
    cr_assert(disk_write(disk, 77, bytes));
    for (unsigned sector = 0; sector < SECTORS; sector += 8) {
        memset(bytes, (int)(sector / 8 % 255 + 1), sizeof bytes);
        cr_assert(disk_supply(disk, sector, bytes, 1));
        cr_assert(disk_has(disk, sector));
        disk_read(disk, sector, read);
        cr_expect(zero(int, memcmp(bytes, read, SECTOR)));
    }
    cr_expect(not(disk_has(disk, 0)));
    cr_assert(disk_has(disk, 77));
    disk_read(disk, 77, read);
    cr_expect(eq(u8, read[511], 0x5a));
    disk_destroy(disk);
}

Test(disk, what_is_supplied_does_not_undo_what_was_written)
{
    struct disk *disk = disk_create(10, 100);
    uint8_t bytes[3 * SECTOR], read[SECTOR];
    memset(bytes, 1, sizeof bytes);
    cr_assert(disk_write(disk, 5, NULL));
    cr_assert(disk_supply(disk, 4, bytes, 3));
    disk_read(disk, 5, read);
    cr_expect(zero(u8, read[100]));
    disk_read(disk, 6, read);
    cr_expect(eq(u8, read[100], 1));
    disk_destroy(disk);
}

Test(disk, dirty_runs_are_exactly_what_was_written)
{
    enum { SECTORS = 20000 };
    struct random random = {seed_of(5)};
    struct disk *disk = disk_create(SECTORS, 100);
    static uint8_t dirty[SECTORS], found[SECTORS];
    uint8_t bytes[SECTOR] = {1};
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 300; i++) {
            unsigned at = random_below(&random, 3) ? random_below(&random, 100) : random_below(&random, SECTORS);
            cr_assert(disk_write(disk, at, random_below(&random, 2) ? bytes : NULL));
            dirty[at] = 1;
        }
        memset(found, 0, sizeof found);
        uint64_t sector = 0, count;
        while ((count = disk_dirty(disk, &sector, 7))) {
            cr_assert(le(u64, count, 7));
            memset(found + sector, 1, count);
            sector += count;
        }
        cr_expect(zero(int, memcmp(dirty, found, SECTORS)), "round %u", round);
        if (round % 3)
            continue;
        disk_clean(disk);
        cr_expect(not(disk_is_dirty(disk)));
        memset(dirty, 0, sizeof dirty);
    }
    disk_destroy(disk);
}

Test(disk, the_state_is_what_was_written_not_what_was_supplied_or_saved)
{
    struct disk *disk = disk_create(100, 100);
    uint8_t bytes[SECTOR] = {9};
    uint64_t empty = state_check_hash((state_function *)disk_state, disk);
    cr_assert(disk_supply(disk, 50, bytes, 1));
    cr_expect(eq(u64, state_check_hash((state_function *)disk_state, disk), empty));
    cr_assert(disk_write(disk, 50, bytes));
    uint64_t written = state_check_hash((state_function *)disk_state, disk);
    cr_expect(ne(u64, written, empty));
    disk_clean(disk);
    cr_expect(eq(u64, state_check_hash((state_function *)disk_state, disk), written));
    cr_assert(disk_write(disk, 60, NULL));
    cr_expect(ne(u64, state_check_hash((state_function *)disk_state, disk), written));
    disk_destroy(disk);
}
