/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine around one device under test.
 */
#include "fake_host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/random.h>
#include <lib/state_check.h>
#include <stdlib.h>
#include <string.h>

static void set_line(void *sink, unsigned number, bool level)
{
    struct fake_host *fake = sink;
    fake->rises[number] += level && !fake->lines[number];
    fake->lines[number] = level;
}

static void console_out(void *context, unsigned stream, uint8_t byte)
{
    struct fake_host *fake = context;
    fake->console[fake->console_count++ % FAKE_CONSOLE] = (char)byte;
}

static void claim_empty(void *context, const struct device_claim *claim)
{
    struct fake_host *fake = context;
    fake->empty = *claim;
    fake->empty_count++;
}

static void irq_pending(void *context, unsigned source)
{
    struct fake_host *fake = context;
    fake->pended[source]++;
}

static void notification_stale(void *context, const struct device_claim *claim)
{
    struct fake_host *fake = context;
    fake->stale = *claim;
    fake->stale_count++;
}

static void finish(void *context, int code)
{
    ((struct fake_host *)context)->exit_code = code;
}

static void reset(void *context)
{
    ((struct fake_host *)context)->resets++;
}

static uint8_t *ram_at(struct fake_host *fake, uint64_t address, uint64_t size)
{
    if (address < FAKE_RAM_BASE || size > FAKE_RAM_SIZE || address - FAKE_RAM_BASE > FAKE_RAM_SIZE - size)
        return NULL;
    return fake->ram + (address - FAKE_RAM_BASE);
}

static bool dma_read(void *context, uint64_t address, void *to, uint64_t size)
{
    const uint8_t *from = ram_at(context, address, size);
    if (from)
        memcpy(to, from, size);
    return from;
}

static bool dma_write(void *context, uint64_t address, const void *from, uint64_t size)
{
    uint8_t *to = ram_at(context, address, size);
    if (to)
        memcpy(to, from, size);
    return to;
}

struct fake_host *fake_create(void)
{
    struct fake_host *fake = calloc(1, sizeof *fake);
    cr_assert(ne(ptr, fake, NULL));
    fake->exit_code = -1;
    for (unsigned i = 0; i < FAKE_LINES; i++)
        fake->wires[i] = (struct irq_line){set_line, fake, i};
    fake->host = (struct device_host){
        .queue = queue_create(),
        .cycle = &fake->cycle,
        .cycles_per_tick = 10,
        .context = fake,
        .console_out = console_out,
        .claim_empty = claim_empty,
        .notification_stale = notification_stale,
        .irq_pending = irq_pending,
        .finish = finish,
        .reset = reset,
        .dma_read = dma_read,
        .dma_write = dma_write,
    };
    return fake;
}

void fake_destroy(struct fake_host *fake)
{
    queue_destroy(fake->host.queue);
    free(fake);
}

void fake_run_to(struct fake_host *fake, uint64_t cycle)
{
    while (queue_next(fake->host.queue) <= cycle) {
        fake->cycle = queue_next(fake->host.queue);
        queue_fire(fake->host.queue);
        if (cycle == QUEUE_NEVER && queue_next(fake->host.queue) == QUEUE_NEVER)
            return;
    }
    fake->cycle = cycle;
}

bool fake_try_read(struct fake_host *fake, uint64_t offset, unsigned size, uint64_t *ret_value)
{
    struct device_access access = {.offset = offset, .cycle = fake->cycle, .size = size};
    return fake->ops->read(fake->device, &access, ret_value);
}

bool fake_try_write(struct fake_host *fake, uint64_t offset, unsigned size, uint64_t value)
{
    struct device_access access = {.offset = offset, .cycle = fake->cycle, .size = size};
    return fake->ops->write(fake->device, &access, value);
}

uint64_t fake_read(struct fake_host *fake, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    cr_assert(fake_try_read(fake, offset, size, &value), "a read of %u bytes at 0x%lx faults", size, (unsigned long)offset);
    return value;
}

void fake_write(struct fake_host *fake, uint64_t offset, unsigned size, uint64_t value)
{
    cr_assert(fake_try_write(fake, offset, size, value), "a write of %u bytes at 0x%lx faults", size, (unsigned long)offset);
}

uint64_t fake_ram(const struct fake_host *fake, uint64_t address)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)fake->ram[address - FAKE_RAM_BASE + i] << (8 * i);
    return value;
}

void fake_set_ram(struct fake_host *fake, uint64_t address, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        fake->ram[address - FAKE_RAM_BASE + i] = (uint8_t)(value >> (8 * i));
}

static uint64_t hash_of(struct fake_host *fake)
{
    struct state *s = state_create_hash();
    fake->ops->state(s, fake->device);
    queue_state(s, fake->host.queue);
    return state_finish_hash(s);
}

void fake_bombard(struct fake_host *fake, uint64_t seed, uint64_t window, unsigned count)
{
    static const uint64_t edges[] = {0, 1, 7, UINT32_MAX, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63};
    struct random random = {seed};
    for (unsigned i = 0; i < count; i++) {
        unsigned size = 1u << random_below(&random, 4);
        uint64_t offset = random_below(&random, 8) ? random_next(&random) % window : edges[random_below(&random, 7)];
        uint64_t value = random_below(&random, 2) ? random_next(&random) : edges[random_below(&random, 7)];
        if (random_below(&random, 4))
            offset -= offset % size;
        uint64_t before = hash_of(fake), ignored;
        bool is_write = random_below(&random, 2);
        bool is_done = is_write ? fake_try_write(fake, offset, size, value) : fake_try_read(fake, offset, size, &ignored);
        if (!is_done)
            cr_assert(eq(u64, hash_of(fake), before), "seed %lu: a fault at 0x%lx changed state", (unsigned long)seed,
                      (unsigned long)offset);
        if (random_below(&random, 16) == 0)
            fake_run_to(fake, fake->cycle + random_below(&random, 1000));
    }
}
