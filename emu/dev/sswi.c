/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SETSSIP. The device keeps nothing: an edge that has been sent is the hart's.
 */
#include <dev/sswi.h>

#include <emu/platform.h>
#include <stdlib.h>

struct sswi {
    unsigned harts;
    struct irq_line lines[];
};

static bool is_valid(const struct device_access *access)
{
    return access->size == 4 && access->offset % 4 == 0 && access->offset < PLATFORM_SSWI_SIZE;
}

static bool sswi_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    (void)device;
    if (!is_valid(access))
        return false;
    *ret_value = 0;
    return true;
}

static bool sswi_write(void *device, const struct device_access *access, uint64_t value)
{
    struct sswi *sswi = device;
    if (!is_valid(access))
        return false;
    if (access->offset / 4 < sswi->harts && value & 1) {
        irq_line_set(&sswi->lines[access->offset / 4], true);
        irq_line_set(&sswi->lines[access->offset / 4], false);
    }
    return true;
}

static void sswi_reset(void *device)
{
    (void)device;
}

static void sswi_state(struct state *s, void *device)
{
    (void)device;
    state_open(s, "sswi", 0);
    state_close(s);
}

struct sswi *sswi_create(unsigned harts, const struct irq_line *lines)
{
    struct sswi *sswi = calloc(1, sizeof *sswi + harts * sizeof sswi->lines[0]);
    if (!sswi)
        return NULL;
    sswi->harts = harts;
    for (unsigned hart = 0; hart < harts; hart++)
        sswi->lines[hart] = lines[hart];
    return sswi;
}

void sswi_destroy(struct sswi *sswi)
{
    free(sswi);
}

const struct device_ops sswi_ops = {
    .name = "sswi",
    .read = sswi_read,
    .write = sswi_write,
    .reset = sswi_reset,
    .state = sswi_state,
};
