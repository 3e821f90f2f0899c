/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A disk in a whole machine: requests go over the bus among what harts do, data arrives, interrupts too, reservations end; and the
 * run is the same however it is cut, whenever disk contents come, and across switches of fidelity and resets.
 */
#include "guest.h"

#include "../lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <machine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = EMU_SECTOR_BYTES, SECTORS = 64, SLOT = 5, QUEUE = 16, REQUESTS = 4, CYCLES = 3000000 };
/* In RAM. */
enum {
    SCRIPT = 0x8000,
    RING = 0x10000,
    AVAIL = RING + 16 * QUEUE,
    USED = RING + 0x1000,
    HEADERS = 0x12000,
    DATA = 0x14000,
    CLAIMED = 0x18000,
    COUNTER = 0x18040,
    SUM = 0x18080
};
enum { IN = 0, OUT = 1, FLUSH = 4 };

struct how {
    unsigned fidelity, harts;
    bool legacy;
    bool by_interrupt; /* hart 0 waits in wfi, not in a loop */
    unsigned supply;   /* sectors at a time; 0: all before the run */
    uint64_t steps;    /* of one call of emu_run; 0: no limit */
    uint64_t events;   /* the same */
    uint64_t seed;
    bool hasty; /* the device waits for nothing but the bus */
};

struct client {
    const struct how *how;
    uint8_t file[SECTORS * SECTOR];
    unsigned blocks, flushes, lost_to_dma;
};

static uint8_t content(unsigned byte)
{
    return (uint8_t)(byte * 31 + byte / SECTOR * 7 + 1);
}

/* ---- the guest: hart 0 stores the words of a script where it says, waits until all requests are used, and ends; the others load
 * reserved from the first line of data, add up the last one, and count with AMOs ---- */

static void others(struct guest *g)
{
    guest_ram(g, S0, DATA);
    guest_ram(g, S1, COUNTER);
    guest_li(g, A1, 1);
    unsigned again = g->count;
    guest_rr(g, ISA_OP_lr_d, A2, S0, 0);
    guest_li(g, T2, 20);
    unsigned hold = g->count;
    guest_ri(g, ISA_OP_addi, T2, T2, -1);
    guest_branch(g, ISA_OP_bne, T2, ZERO, hold);
    guest_ri(g, ISA_OP_ld, A3, S0, 2040);
    guest_rr(g, ISA_OP_amoadd_d, A3, S1, A1);
    guest_jump(g, again);
}

static void wait_by_interrupt(struct guest *g)
{
    guest_ram(g, S2, CLAIMED);
    guest_li(g, S3, PLATFORM_PLIC_BASE + PLATFORM_PLIC_CONTEXT_BASE + 4);
    guest_li(g, A3, 1 << 11);
    guest_csr(g, ISA_OP_csrrw, ZERO, 0x304, A3); /* mie: external */
    unsigned again = g->count;
    guest_op(g, ISA_OP_wfi);
    guest_ri(g, ISA_OP_lw, A4, S3, 0);
    guest_st(g, ISA_OP_sw, A4, S2, 0);
    guest_li(g, A3, PLATFORM_VIRTIO_BASE + SLOT * PLATFORM_VIRTIO_STRIDE);
    guest_ri(g, ISA_OP_lw, A5, A3, 0x60);
    guest_st(g, ISA_OP_sw, A5, A3, 0x64);
    guest_st(g, ISA_OP_sw, A4, S3, 0);
    guest_ri(g, ISA_OP_lhu, A2, S1, 2);
    guest_branch(g, ISA_OP_bne, A2, A1, again);
}

static struct guest guest_of(const struct how *how)
{
    struct guest g = {.count = 0};
    unsigned first = g.count;
    guest_branch(&g, ISA_OP_beq, A0, ZERO, first);
    others(&g);
    guest_land(&g, first);
    guest_ram(&g, S0, SCRIPT);
    unsigned again = g.count;
    guest_ri(&g, ISA_OP_ld, A2, S0, 0);
    unsigned done = g.count;
    guest_branch(&g, ISA_OP_beq, A2, ZERO, done);
    guest_ri(&g, ISA_OP_ld, A3, S0, 8);
    guest_st(&g, ISA_OP_sw, A3, A2, 0);
    guest_ri(&g, ISA_OP_addi, S0, S0, 16);
    guest_jump(&g, again);
    guest_land(&g, done);
    guest_ram(&g, S1, USED);
    guest_li(&g, A1, REQUESTS);
    if (how->by_interrupt) {
        wait_by_interrupt(&g);
    } else {
        unsigned poll = g.count;
        guest_ri(&g, ISA_OP_lhu, A2, S1, 2);
        guest_branch(&g, ISA_OP_bne, A2, A1, poll);
    }
    guest_ram(&g, S0, DATA);
    guest_ram(&g, S1, SUM);
    guest_ri(&g, ISA_OP_ld, A2, S0, 8); /* what hart 0 sees */
    guest_st(&g, ISA_OP_sd, A2, S1, 0);
    guest_finish(&g, PLATFORM_FINISHER_PASS);
    return g;
}

/* ---- what memory holds before ---- */

static void poke(struct emu_machine *m, uint32_t offset, unsigned size, uint64_t value)
{
    struct emu_input input = {.kind = EMU_INPUT_POKE, .hart = size, .a = GUEST_RAM + offset, .b = value};
    struct emu_error error = {""};
    cr_assert(emu_input(m, &input, 0, NULL, &error), "%s", error.text);
}

static void desc(struct emu_machine *m, unsigned n, uint32_t offset, uint32_t bytes, unsigned flags)
{
    poke(m, RING + 16 * n, 8, GUEST_RAM + offset);
    poke(m, RING + 16 * n + 8, 4, bytes);
    poke(m, RING + 16 * n + 12, 2, flags);
    poke(m, RING + 16 * n + 14, 2, n + 1);
}

static void request(struct emu_machine *m, unsigned n, unsigned type, uint64_t sector, uint32_t data, uint32_t bytes)
{
    uint32_t header = HEADERS + 64 * n;
    unsigned d = 3 * n;
    poke(m, header, 8, type);
    poke(m, header + 8, 8, sector);
    desc(m, d++, header, 16, 1);
    if (bytes)
        desc(m, d++, data, bytes, type == IN ? 3 : 1);
    else
        desc(m, d - 1, header, 16, 1);
    desc(m, d, header + 32, 1, 2);
    poke(m, header + 32, 1, 0xff);
    poke(m, AVAIL + 4 + 2 * n, 2, 3 * n);
}

struct script {
    struct emu_machine *machine;
    unsigned entries;
};

static void say(struct script *script, uint64_t address, uint32_t value)
{
    poke(script->machine, SCRIPT + 16 * script->entries, 8, address);
    poke(script->machine, SCRIPT + 16 * script->entries++ + 8, 8, value);
}

static void script_write(struct emu_machine *m, const struct how *how)
{
    const uint64_t base = PLATFORM_VIRTIO_BASE + SLOT * PLATFORM_VIRTIO_STRIDE;
    struct script s = {m, 0};
    say(&s, GUEST_RAM + USED, 0); /* after a reset it may hold something */
    for (unsigned n = 0; n < REQUESTS; n++)
        say(&s, GUEST_RAM + HEADERS + 64 * n + 32, 0xff);
    say(&s, PLATFORM_PLIC_BASE + 4 * (PLATFORM_VIRTIO_IRQ + SLOT), 1);
    say(&s, PLATFORM_PLIC_BASE + 0x2000, 1u << (PLATFORM_VIRTIO_IRQ + SLOT));
    say(&s, PLATFORM_PLIC_BASE + PLATFORM_PLIC_CONTEXT_BASE, 0);
    say(&s, base + 0x70, 0);
    say(&s, base + 0x70, 3);
    say(&s, base + 0x20, 1 << 9); /* flush */
    if (how->legacy) {
        say(&s, base + 0x28, 4096);
        say(&s, base + 0x38, QUEUE);
        say(&s, base + 0x3c, 4096);
        say(&s, base + 0x40, (GUEST_RAM + RING) >> 12);
    } else {
        say(&s, base + 0x24, 1);
        say(&s, base + 0x20, 1);
        say(&s, base + 0x70, 11);
        say(&s, base + 0x38, QUEUE);
        say(&s, base + 0x80, GUEST_RAM + RING);
        say(&s, base + 0x90, GUEST_RAM + AVAIL);
        say(&s, base + 0xa0, GUEST_RAM + USED);
        say(&s, base + 0x44, 1);
    }
    say(&s, base + 0x70, how->legacy ? 7 : 15);
    say(&s, base + 0x50, 0);
}

static struct emu_machine *machine_of(const struct how *how, struct client *client)
{
    struct guest guest = guest_of(how);
    struct emu_config config = guest_config(how->harts);
    config.fidelity = how->fidelity;
    config.seed = how->seed;
    config.virtio.legacy = how->legacy;
    config.virtio.slot[SLOT] = EMU_VIRTIO_BLOCK;
    if (how->hasty) {
        config.virtio.notify_cycles = 1;
        config.virtio.disk_access_cycles = config.virtio.disk_sector_cycles = 0;
    }
    config.disk[SLOT] = (struct emu_disk_config){.present = true, .sectors = SECTORS};
    struct emu_machine *m = guest_machine(&guest, &config);
    *client = (struct client){.how = how};
    for (unsigned i = 0; i < sizeof client->file; i++)
        client->file[i] = content(i);
    request(m, 0, IN, 3, DATA, 4 * SECTOR);
    request(m, 1, OUT, 20, DATA, 2 * SECTOR); /* what has just been read */
    request(m, 2, FLUSH, 0, 0, 0);
    request(m, 3, IN, 19, DATA + 5 * SECTOR, 2 * SECTOR);
    poke(m, AVAIL + 2, 2, REQUESTS);
    script_write(m, how);
    if (how->supply == 0)
        cr_assert(emu_disk_supply(m, SLOT, 0, SECTORS, client->file, NULL));
    emu_events_select(m, EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST));
    return m;
}

/* ---- the client ---- */

static void serve(struct emu_machine *m, struct client *client, const struct emu_stop *stop)
{
    uint8_t bytes[8 * SECTOR];
    uint64_t sector = 0, count;
    cr_assert(eq(uint, stop->slot, SLOT));
    if (stop->kind == EMU_STOP_NEED_BLOCK) {
        count = client->how->supply < SECTORS - stop->sector ? client->how->supply : SECTORS - stop->sector;
        uint8_t base[SECTORS * SECTOR];
        for (unsigned i = 0; i < sizeof base; i++)
            base[i] = content(i);
        client->blocks++;
        cr_assert(emu_disk_supply(m, SLOT, stop->sector, count, base + stop->sector * SECTOR, NULL));
        return;
    }
    while ((count = emu_disk_dirty(m, SLOT, &sector, 8, bytes))) {
        memcpy(client->file + sector * SECTOR, bytes, count * SECTOR);
        sector += count;
    }
    client->flushes++;
    cr_assert(emu_disk_flushed(m, SLOT, NULL));
}

static void read_events(struct emu_machine *m, struct client *client)
{
    struct emu_event events[64];
    size_t count;
    while ((count = emu_events_read(m, events, 64)))
        for (size_t i = 0; i < count; i++)
            client->lost_to_dma +=
                events[i].kind == EMU_EVENT_RESERVATION_LOST && events[i].a == EMU_REASON_DMA && events[i].b == GUEST_RAM + DATA;
}

/* Runs to a stop that is not about disks or rings. */
static struct emu_stop run(struct emu_machine *m, struct client *client, uint64_t until_cycle)
{
    struct emu_until until;
    for (;;) {
        emu_until_init(&until);
        until.cycle = until_cycle;
        if (client->how->steps)
            until.steps = emu_position(m).steps + client->how->steps;
        if (client->how->events)
            until.events = emu_position(m).events + client->how->events;
        struct emu_stop stop = emu_run(m, &until);
        struct emu_position now = emu_position(m);
        read_events(m, client);
        if (stop.kind == EMU_STOP_NEED_BLOCK || stop.kind == EMU_STOP_NEED_FLUSH)
            serve(m, client, &stop);
        else if (stop.kind != EMU_STOP_EVENTS_FULL &&
                 !(stop.kind == EMU_STOP_LIMIT && (now.steps >= until.steps || now.events >= until.events)))
            return stop;
    }
}

static void expect_right(struct emu_machine *m, const struct client *client, struct emu_stop stop)
{
    const struct how *how = client->how;
    uint8_t data[7 * SECTOR], want[7 * SECTOR] = {0};
    cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED), "fidelity %u, %u harts, legacy %d: %s", how->fidelity, how->harts, how->legacy,
              emu_stop_name(stop.kind));
    for (unsigned i = 0; i < 4 * SECTOR; i++)
        want[i] = content(3 * SECTOR + i);
    for (unsigned i = 0; i < SECTOR; i++) {
        want[5 * SECTOR + i] = content(19 * SECTOR + i);
        want[6 * SECTOR + i] = content(3 * SECTOR + i); /* written to sector 20 meanwhile */
    }
    cr_assert(emu_ram_read(m, GUEST_RAM + DATA, data, sizeof data));
    cr_expect(zero(int, memcmp(data, want, sizeof data)), "fidelity %u, %u harts", how->fidelity, how->harts);
    uint64_t seen;
    memcpy(&seen, want + 8, 8);
    cr_expect(eq(u64, guest_ram_u64(m, SUM), seen));
    for (unsigned n = 0; n < REQUESTS; n++)
        cr_expect(zero(u64, guest_ram_u64(m, HEADERS + 64 * n + 32) & 0xff), "request %u", n);
    cr_expect(zero(int, memcmp(client->file + 20 * SECTOR, want, 2 * SECTOR)), "the flush is not in the file");
    if (how->by_interrupt)
        cr_expect(eq(u64, guest_ram_u64(m, CLAIMED) & UINT32_MAX, PLATFORM_VIRTIO_IRQ + SLOT));
}

Test(virtio, requests_are_served_in_both_fidelities_and_versions_alone_and_among_harts)
{
    for (unsigned row = 0; row < 16; row++) {
        struct how how = {
            .fidelity = row & 1, .legacy = row >> 1 & 1, .harts = row >> 2 & 1 ? 4 : 1, .by_interrupt = row >> 3, .supply = 3};
        struct client client;
        struct emu_machine *m = machine_of(&how, &client);
        struct emu_stop stop = run(m, &client, CYCLES);
        expect_right(m, &client, stop);
        cr_expect(eq(uint, client.flushes, 1));
        struct emu_disk_stats disk;
        cr_assert(emu_disk_stats(m, SLOT, &disk));
        cr_expect(not(emu_disk_stats(m, SLOT + 1, &disk)));
        cr_expect(eq(u64, disk.requests, REQUESTS));
        cr_expect(eq(u64, disk.sectors_read, 6));
        cr_expect(eq(u64, disk.sectors_written, 2));
        cr_expect(eq(u64, disk.flushes, 1));
        cr_expect(eq(uint, client.blocks, 3), "%u", client.blocks);
        if (how.harts > 1)
            cr_expect(gt(uint, client.lost_to_dma, 0), "fidelity %u: no reservation was lost to the device", how.fidelity);
        emu_machine_destroy(m);
    }
}

struct outcome {
    uint64_t hash, cycle, events, steps;
};

static struct outcome outcome_of(struct emu_machine *m)
{
    struct emu_position position = emu_position(m);
    return (struct outcome){emu_state_hash(m), emu_now(m), position.events, position.steps};
}

static void expect_same(const char *what, struct outcome got, struct outcome want)
{
    cr_expect(eq(u64, got.hash, want.hash), "%s", what);
    cr_expect(eq(u64, got.cycle, want.cycle), "%s", what);
    cr_expect(eq(u64, got.events, want.events), "%s", what);
    cr_expect(eq(u64, got.steps, want.steps), "%s", what);
}

static struct outcome outcome_of_run(const struct how *how)
{
    struct client client;
    struct emu_machine *m = machine_of(how, &client);
    struct emu_stop stop = run(m, &client, CYCLES);
    expect_right(m, &client, stop);
    struct outcome outcome = outcome_of(m);
    emu_machine_destroy(m);
    return outcome;
}

Test(virtio, the_run_depends_neither_on_when_contents_come_nor_on_where_it_is_cut)
{
    for (unsigned row = 0; row < 8; row++) {
        const struct how plain = {.fidelity = row & 1, .legacy = row >> 1 & 1, .harts = row >> 2 ? 4 : 2, .seed = row};
        struct how other = plain;
        struct outcome want = outcome_of_run(&plain);
        expect_same("twice", outcome_of_run(&plain), want);
        for (unsigned supply = 1; supply < 20; supply += 6) {
            other.supply = supply;
            expect_same("supplied in pieces", outcome_of_run(&other), want);
        }
        other.steps = 97;
        expect_same("cut every 97 steps", outcome_of_run(&other), want);
        other.steps = 0;
        other.events = 3;
        expect_same("cut every 3 events", outcome_of_run(&other), want);
    }
}

Test(virtio, a_machine_that_waits_for_its_disk_says_so_again_and_takes_no_input)
{
    struct how how = {.harts = 1, .supply = 1};
    struct client client;
    struct emu_machine *m = machine_of(&how, &client);
    struct emu_until until;
    struct emu_error error;
    uint8_t bytes[SECTOR] = {0};
    emu_until_init(&until);
    struct emu_stop stop = emu_run(m, &until), again = emu_run(m, &until);
    cr_assert(eq(int, stop.kind, EMU_STOP_NEED_BLOCK));
    cr_expect(eq(u64, stop.sector, 3));
    cr_expect(eq(u64, stop.sectors, 4));
    cr_expect(eq(int, again.kind, EMU_STOP_NEED_BLOCK));
    struct emu_position before = emu_position(m);
    cr_expect(not(emu_input(m, &(struct emu_input){.kind = EMU_INPUT_RESET}, 0, NULL, &error)));
    cr_expect(not(emu_disk_supply(m, SLOT, SECTORS, 1, bytes, &error)));
    cr_expect(not(emu_disk_supply(m, SLOT, UINT64_MAX, 2, bytes, &error)));
    cr_expect(not(emu_disk_supply(m, SLOT + 1, 0, 1, bytes, &error)));
    cr_expect(not(emu_disk_supply(m, 99, 0, 1, bytes, &error)));
    cr_expect(not(emu_disk_flushed(m, 99, &error)));
    cr_assert(emu_disk_supply(m, SLOT, 9, 1, bytes, &error)); /* not the one */
    cr_expect(eq(int, emu_run(m, &until).kind, EMU_STOP_NEED_BLOCK));
    cr_expect(eq(u64, emu_position(m).events, before.events));
    cr_expect(eq(u64, emu_position(m).steps, before.steps));
    emu_machine_destroy(m);
}

struct applied {
    struct emu_position position;
    emu_cycle cycle;
    struct emu_input input;
};

/* Runs with inputs of one kind at these cycles. `log`: where they came to be applied; `replay`: apply them there instead. */
static struct outcome run_with(const struct how *how, unsigned kind, const uint64_t *cycles, unsigned count, struct applied *log,
                               bool replay)
{
    struct client client;
    struct emu_machine *m = machine_of(how, &client);
    for (unsigned i = 0; i < count; i++) {
        struct emu_stop stop;
        if (replay) {
            struct emu_until until;
            emu_until_init(&until);
            until.position = log[i].position;
            while ((stop = emu_run(m, &until)).kind != EMU_STOP_LIMIT)
                serve(m, &client, &stop);
        } else {
            stop = run(m, &client, cycles[i]);
            log[i] =
                (struct applied){emu_position(m), 0, {.kind = kind, .a = emu_fidelity_now(m) == EMU_TIMED ? EMU_FAST : EMU_TIMED}};
        }
        struct emu_error error = {""};
        cr_assert(eq(int, stop.kind, EMU_STOP_LIMIT), "%s", emu_stop_name(stop.kind));
        cr_assert(emu_input(m, &log[i].input, replay ? log[i].cycle : 0, &log[i].cycle, &error), "%s", error.text);
    }
    struct emu_stop stop = run(m, &client, CYCLES);
    expect_right(m, &client, stop);
    struct outcome outcome = outcome_of(m);
    emu_machine_destroy(m);
    return outcome;
}

static void at_random(unsigned kind, unsigned inputs, unsigned rounds, uint64_t seed)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    struct random random = {chosen ? strtoull(chosen, NULL, 0) : seed};
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)random.state);
    for (unsigned round = 0; round < rounds; round++) {
        struct how how = {.fidelity = round & 1, .legacy = round >> 1 & 1, .harts = 1 + round % 3, .supply = 2};
        struct applied log[16];
        uint64_t cycles[16], at = 500;
        for (unsigned i = 0; i < inputs; i++)
            cycles[i] = at += random_below(&random, 3000);
        struct outcome first = run_with(&how, kind, cycles, inputs, log, false);
        how.supply = 0;
        expect_same("replayed", run_with(&how, kind, cycles, inputs, log, true), first);
    }
}

Test(virtio, switches_of_fidelity_in_the_middle_of_requests_lose_nothing)
{
    at_random(EMU_INPUT_FIDELITY, 8, 60, 8);
}

Test(virtio, after_a_reset_in_the_middle_of_requests_all_of_them_can_be_made_again)
{
    at_random(EMU_INPUT_RESET, 3, 40, 9);
}

/* Compared where a queue event has fired, as tests/emu/pair.h does. */
Test(virtio, harts_that_run_ahead_meet_the_device_as_harts_that_take_turns_do)
{
    for (unsigned row = 0; row < 6; row++) {
        const struct how how = {.harts = 1 + row, .legacy = row & 1, .by_interrupt = row >> 1 & 1, .supply = 2, .seed = row};
        struct client clients[2];
        struct emu_machine *machines[2];
        bool ended = false;
        unsigned compared = 0;
        for (unsigned i = 0; i < 2; i++)
            machines[i] = machine_of(&how, &clients[i]);
        machines[1]->lookahead_cycles = 1;
        for (uint64_t events = 7; !ended; events += 7) {
            struct outcome outcomes[2];
            for (unsigned i = 0; i < 2; i++) {
                struct emu_until until;
                struct emu_stop stop;
                emu_until_init(&until);
                until.position = (struct emu_position){events, 0};
                until.cycle = CYCLES;
                while ((stop = emu_run(machines[i], &until)).kind == EMU_STOP_NEED_BLOCK || stop.kind == EMU_STOP_NEED_FLUSH ||
                       stop.kind == EMU_STOP_EVENTS_FULL) {
                    if (stop.kind != EMU_STOP_EVENTS_FULL)
                        serve(machines[i], &clients[i], &stop);
                    read_events(machines[i], &clients[i]);
                }
                ended = stop.kind != EMU_STOP_LIMIT || emu_now(machines[i]) >= CYCLES;
                outcomes[i] = outcome_of(machines[i]);
                if (ended)
                    expect_right(machines[i], &clients[i], stop);
            }
            if (!ended)
                expect_same("ahead", outcomes[0], outcomes[1]);
            compared++;
        }
        cr_expect(gt(uint, compared, 10));
        emu_machine_destroy(machines[0]);
        emu_machine_destroy(machines[1]);
    }
}

/* The cycle at which some of the first request's data is there (timed), or at which the second has been served (fast). */
static uint64_t middle(const struct how *how)
{
    struct client client;
    struct emu_machine *m = machine_of(how, &client);
    uint64_t cycle = 0;
    bool is_there = false;
    while (!is_there) {
        run(m, &client, cycle += 20);
        is_there = how->fidelity == EMU_TIMED ? guest_ram_u64(m, DATA) != 0 : (guest_ram_u64(m, USED) >> 16 & 0xffff) == 2;
    }
    cr_assert(how->fidelity == EMU_FAST || guest_ram_u64(m, DATA + 4 * SECTOR - 8) == 0);
    emu_machine_destroy(m);
    return cycle;
}

Test(virtio, every_field_of_the_machine_in_the_middle_of_a_transfer_changes_the_hash)
{
    for (unsigned row = 0; row < 2; row++) {
        const struct how how = {.harts = 1, .fidelity = row};
        char name[128] = "?";
        unsigned fields = 0, of_virtio = 0, sectors = 0;
        uint64_t cycle = middle(&how);
        uint64_t hash = 0;
        for (uint64_t n = 0; name[0]; n++) {
            struct client client;
            struct emu_machine *m = machine_of(&how, &client);
            run(m, &client, cycle);
            if (n == 0)
                hash = emu_state_hash(m);
            cr_assert(eq(u64, emu_state_hash(m), hash));
            emu_state_flip(m, n, name);
            if (name[0])
                cr_expect(ne(u64, emu_state_hash(m), hash), "%s", name);
            fields++;
            sectors += !strncmp(name, "sector.", 7);
            of_virtio += !strncmp(name, "request.", 8) || !strncmp(name, "virtio.", 7);
            emu_machine_destroy(m);
        }
        cr_expect(gt(uint, of_virtio, 40), "%u of %u", of_virtio, fields);
        cr_expect(eq(uint, sectors, row == 0 ? 0 : 2));
    }
}

/* More of the script: registers as a driver writes them, but in any order and while requests are under way. */
static void script_scribble(struct emu_machine *m, unsigned entries, struct random *random)
{
    static const struct {
        uint16_t offset;
        uint32_t value;
    } usual[] = {{0x50, 0},
                 {0x50, 0},
                 {0x40, (GUEST_RAM + RING) >> 12},
                 {0x40, (GUEST_RAM + RING) >> 12},
                 {0x40, 0},
                 {0x44, 0},
                 {0x44, 1},
                 {0x44, 1},
                 {0x70, 0},
                 {0x70, 7},
                 {0x70, 15},
                 {0x38, QUEUE},
                 {0x64, 3}};
    struct script s = {m, 0};
    while (guest_ram_u64(m, SCRIPT + 16 * s.entries))
        s.entries++; /* behind what is there */
    for (unsigned i = 0; i < entries; i++) {
        unsigned one = random_below(random, sizeof usual / sizeof usual[0] + 1);
        bool is_usual = one < sizeof usual / sizeof usual[0];
        unsigned offset = is_usual ? usual[one].offset : 4 * random_below(random, 0x40);
        uint32_t value = is_usual ? usual[one].value : (uint32_t)random_next(random);
        say(&s, PLATFORM_VIRTIO_BASE + SLOT * PLATFORM_VIRTIO_STRIDE + offset, value);
    }
}

Test(virtio, registers_written_in_any_order_while_requests_are_under_way_break_nothing)
{
    uint64_t lines = 0, unfinished = 0;
    for (unsigned round = 0; round < 200; round++) {
        struct outcome outcomes[2];
        for (unsigned i = 0; i < 2; i++) {
            struct how how = {.fidelity = round % 4 == 3,
                              .legacy = round & 1,
                              .harts = 1 + round % 2,
                              .hasty = true,
                              .supply = 3 * i,
                              .seed = round};
            struct client client;
            struct random random = {round};
            struct emu_machine *m = machine_of(&how, &client);
            struct emu_port_stats port;
            script_scribble(m, 60, &random);
            unfinished += run(m, &client, 30000).kind == EMU_STOP_LIMIT;
            outcomes[i] = outcome_of(m);
            emu_port_stats(m, how.harts + 1, &port);
            lines += port.transactions;
            emu_machine_destroy(m);
        }
        expect_same("scribbled", outcomes[1], outcomes[0]);
    }
    cr_expect(gt(u64, lines, 4000), "%lu", (unsigned long)lines);
    cr_expect(gt(u64, unfinished, 100), "%lu", (unsigned long)unfinished);
}

/* docs/timing.md, "Disks and other virtio devices". */
Test(virtio, a_request_takes_the_documented_time_when_nobody_else_uses_the_bus)
{
    enum { DEVICE_STORES = 12, MEMORY = 56, CACHE = 24, WRITE = 16 };
    struct how how = {.harts = 1, .legacy = true, .by_interrupt = true};
    struct client client;
    struct emu_machine *m = machine_of(&how, &client);
    struct emu_stats stats = {.device_accesses = 0};
    uint64_t notified = 0, woken = 0;
    struct emu_event event;
    emu_events_select(m, EMU_EVENT_BIT(EMU_EVENT_HART_WOKE));
    for (uint64_t cycle = 1; stats.device_accesses < DEVICE_STORES; cycle++) {
        run(m, &client, cycle);
        emu_stats(m, &stats);
        notified = cycle - 1;
    }
    struct emu_until until;
    emu_until_init(&until);
    emu_stop_on(m, EMU_EVENT_BIT(EMU_EVENT_HART_WOKE));
    cr_assert(eq(int, emu_run(m, &until).kind, EMU_STOP_MACHINE_EVENT));
    cr_assert(eq(sz, emu_events_read(m, &event, 1), 1));
    woken = event.cycle;
    /* index, head and three descriptors; the header is in the hart's cache, which has just written the status beside it */
    uint64_t want = 100 + 5 * MEMORY + CACHE + 5000 + 4 * 100 + 4 * SECTOR / 64 * WRITE + 3 * WRITE + MEMORY + 12;
    cr_expect(eq(u64, woken - notified, want));
    emu_machine_destroy(m);
}

Test(virtio, the_bus_counts_each_line_on_the_devices_own_port)
{
    struct how how = {.harts = 2};
    struct client client;
    struct emu_machine *m = machine_of(&how, &client);
    run(m, &client, CYCLES);
    struct emu_bus_stats bus;
    struct emu_port_stats port;
    emu_bus_stats(m, &bus);
    cr_assert(eq(uint, emu_ports(m), 4));
    emu_port_stats(m, 2, &port);
    cr_expect(zero(u64, port.transactions));
    emu_port_stats(m, 3, &port);
    uint64_t reads = bus.transactions[EMU_TRANSACTION_DMA_READ], writes = bus.transactions[EMU_TRANSACTION_DMA_WRITE];
    cr_expect(eq(u64, port.transactions, reads + writes));
    /* data, status, used element and index; of the four used elements none is across two lines but the last, at offset 28 */
    cr_expect(eq(u64, writes, (4 + 2) * SECTOR / 64 + 3 * REQUESTS));
    /* 11 descriptors, 4 headers, data, heads, flags; and the index once more than there are requests */
    cr_expect(eq(u64, reads, 11 + 4 + 2 * SECTOR / 64 + 2 * REQUESTS + REQUESTS + 1));
    emu_machine_destroy(m);
}
