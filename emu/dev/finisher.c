/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The test finisher. It has no state: what a write asks for, the machine does.
 */
#include <dev/finisher.h>

#include <emu/platform.h>
#include <stdlib.h>

struct finisher {
    const struct device_host *host;
};

static bool is_valid(const struct device_access *access)
{
    return access->size == 2 || access->size == 4;
}

static bool finisher_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    if (!is_valid(access))
        return false;
    *ret_value = 0;
    return true;
}

static bool finisher_write(void *device, const struct device_access *access, uint64_t value)
{
    const struct device_host *host = ((struct finisher *)device)->host;
    if (!is_valid(access))
        return false;
    if (access->offset != 0)
        return true;
    uint64_t status = access->size == 4 ? value >> 16 & 0xffff : 0;
    switch (value & 0xffff) {
    case PLATFORM_FINISHER_PASS:
        host->finish(host->context, 0);
        break;
    case PLATFORM_FINISHER_FAIL:
        host->finish(host->context, status ? device_exit_code(status) : 1);
        break;
    case PLATFORM_FINISHER_RESET:
        host->reset(host->context);
        break;
    }
    return true;
}

static void finisher_reset(void *device) {}

static void finisher_state(struct state *s, void *device) {}

struct finisher *finisher_create(const struct device_host *host)
{
    struct finisher *finisher = calloc(1, sizeof *finisher);
    if (finisher)
        finisher->host = host;
    return finisher;
}

void finisher_destroy(struct finisher *finisher)
{
    free(finisher);
}

const struct device_ops finisher_ops = {
    .name = "test",
    .read = finisher_read,
    .write = finisher_write,
    .reset = finisher_reset,
    .state = finisher_state,
};
