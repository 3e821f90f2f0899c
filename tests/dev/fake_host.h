/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A machine for one device under test: a queue, a clock that the test moves, 4 KiB of RAM, irq lines that remember their
 * level, and a record of what the device asked for and reported.
 */
#ifndef DEV_FAKE_HOST_H
#define DEV_FAKE_HOST_H

#include <dev/device.h>
#include <stdbool.h>
#include <stdint.h>

enum { FAKE_LINES = 1024, FAKE_CONSOLE = 8192, FAKE_RAM_BASE = 0x1000, FAKE_RAM_SIZE = 0x1000 };

struct fake_host {
    struct device_host host;
    uint64_t cycle;
    bool lines[FAKE_LINES];
    unsigned rises[FAKE_LINES];    /* how often each has risen */
    struct irq_line wires[FAKE_LINES]; /* wires[n] leads to lines[n] */
    char console[FAKE_CONSOLE];
    unsigned console_count;
    struct device_claim empty, stale; /* the last empty claim and stale notification, and how many there were */
    unsigned empty_count, stale_count;
    unsigned pended[FAKE_LINES]; /* how often each source has become pending */
    int exit_code; /* -1: not finished */
    unsigned resets;
    uint8_t ram[FAKE_RAM_SIZE];
    const struct device_ops *ops; /* the device under test, set by the test */
    void *device;
};

struct fake_host *fake_create(void); /* cycle 0, 10 cycles a tick */
void fake_destroy(struct fake_host *fake);

/* Fires every event up to and including `cycle`, then stands there. */
void fake_run_to(struct fake_host *fake, uint64_t cycle);

bool fake_try_read(struct fake_host *fake, uint64_t offset, unsigned size, uint64_t *ret_value);
bool fake_try_write(struct fake_host *fake, uint64_t offset, unsigned size, uint64_t value);
/* These fail the test if the access faults. */
uint64_t fake_read(struct fake_host *fake, uint64_t offset, unsigned size);
void fake_write(struct fake_host *fake, uint64_t offset, unsigned size, uint64_t value);

uint64_t fake_ram(const struct fake_host *fake, uint64_t address); /* a doubleword */
void fake_set_ram(struct fake_host *fake, uint64_t address, uint64_t value);

/* `count` accesses of every size at random and at adversarial offsets with random values: none may crash, and one that faults
 * must leave the state as it was. Moves the clock too. */
void fake_bombard(struct fake_host *fake, uint64_t seed, uint64_t window, unsigned count);

#endif
