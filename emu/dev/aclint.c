/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MSIP, MTIMECMP and MTIME. Time is never counted: mtime is the bus cycle divided by the cycles of a tick, plus an offset
 * that a write to mtime changes. Each hart has one queue slot, at the cycle at which its comparison changes next.
 */
#include <dev/aclint.h>

#include <stdlib.h>

enum {
    MSIP_BASE = 0x0000,
    MTIMECMP_BASE = 0x4000,
    MTIME_BASE = 0xbff8,
    MTIMER_END = 0xc000,
};

struct timer {
    uint64_t mtimecmp;
    bool msip;
    int slot;
    struct irq_line msip_line, mtip_line;
};

struct aclint {
    const struct device_host *host;
    struct aclint_config config;
    uint64_t offset; /* ticks added to cycle / cycles_per_tick; wraps */
    struct timer timers[];
};

uint64_t aclint_mtime(const struct aclint *aclint, uint64_t cycle)
{
    return cycle / aclint->host->cycles_per_tick + aclint->offset;
}

uint64_t aclint_mtimecmp(const struct aclint *aclint, unsigned hart)
{
    return aclint->timers[hart].mtimecmp;
}

bool aclint_msip(const struct aclint *aclint, unsigned hart)
{
    return aclint->timers[hart].msip;
}

/* The first cycle of the tick that comes `ticks` after the one `now` lies in. */
static uint64_t cycle_after(const struct aclint *aclint, uint64_t now, uint64_t ticks)
{
    uint64_t tick, cycle;
    if (__builtin_add_overflow(now / aclint->host->cycles_per_tick, ticks, &tick) ||
        __builtin_mul_overflow(tick, (uint64_t)aclint->host->cycles_per_tick, &cycle))
        return QUEUE_NEVER;
    return cycle;
}

uint64_t aclint_cycle_of(const struct aclint *aclint, uint64_t now, uint64_t mtime)
{
    uint64_t current = aclint_mtime(aclint, now);
    return current >= mtime ? now : cycle_after(aclint, now, mtime - current);
}

uint64_t aclint_cycle_of_wrap(const struct aclint *aclint, uint64_t now)
{
    uint64_t current = aclint_mtime(aclint, now);
    return current == 0 ? QUEUE_NEVER : cycle_after(aclint, now, -current);
}

/* Sets MTIP from the comparison at `now` and schedules the comparison's next change. */
static void evaluate(struct aclint *aclint, struct timer *timer, uint64_t now)
{
    bool is_due = aclint_mtime(aclint, now) >= timer->mtimecmp;
    uint64_t next = QUEUE_NEVER;
    if (!is_due)
        next = aclint_cycle_of(aclint, now, timer->mtimecmp);
    else if (timer->mtimecmp != 0)
        next = aclint_cycle_of_wrap(aclint, now);
    irq_line_set(&timer->mtip_line, is_due);
    queue_schedule(aclint->host->queue, timer->slot, next);
}

static void evaluate_all(struct aclint *aclint, uint64_t now)
{
    for (unsigned hart = 0; hart < aclint->config.harts; hart++)
        evaluate(aclint, &aclint->timers[hart], now);
}

static void on_compare(void *context, unsigned id, uint64_t cycle)
{
    struct aclint *aclint = context;
    evaluate(aclint, &aclint->timers[id - aclint->config.first_id], cycle);
}

static void jump_to(struct aclint *aclint, uint64_t mtime, uint64_t now)
{
    aclint->offset += mtime - aclint_mtime(aclint, now);
    evaluate_all(aclint, now);
    if (aclint->config.mtime_written)
        aclint->config.mtime_written(aclint->config.context);
}

/* The 4 or 8 bytes at `offset` of a 64-bit register. */
static uint64_t part_of(uint64_t value, const struct device_access *access)
{
    return access->size == 8 ? value : (uint32_t)(value >> (access->offset & 4 ? 32 : 0));
}

static uint64_t replace_part(uint64_t old, const struct device_access *access, uint64_t value)
{
    if (access->size == 8)
        return value;
    unsigned shift = access->offset & 4 ? 32 : 0;
    uint64_t mask = (uint64_t)UINT32_MAX << shift;
    return (old & ~mask) | (value << shift & mask);
}

enum reg { REG_FAULT, REG_NONE, REG_MSIP, REG_MTIMECMP, REG_MTIME };

/* The register that an access meets, and the hart it belongs to. */
static enum reg find(const struct aclint *aclint, const struct device_access *access, unsigned *ret_hart)
{
    uint64_t offset = access->offset;
    bool is_msip = offset < MTIMECMP_BASE;
    if (offset >= MTIMER_END || offset % access->size || (access->size != 4 && (access->size != 8 || is_msip)))
        return REG_FAULT;
    if (offset >= MTIME_BASE)
        return REG_MTIME;
    *ret_hart = (unsigned)(is_msip ? (offset - MSIP_BASE) / 4 : (offset - MTIMECMP_BASE) / 8);
    if (*ret_hart >= aclint->config.harts)
        return REG_NONE;
    return is_msip ? REG_MSIP : REG_MTIMECMP;
}

static bool aclint_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    struct aclint *aclint = device;
    unsigned hart = 0;
    switch (find(aclint, access, &hart)) {
    case REG_FAULT:
        return false;
    case REG_NONE:
        *ret_value = 0;
        break;
    case REG_MSIP:
        *ret_value = aclint->timers[hart].msip;
        break;
    case REG_MTIMECMP:
        *ret_value = part_of(aclint->timers[hart].mtimecmp, access);
        break;
    case REG_MTIME:
        *ret_value = part_of(aclint_mtime(aclint, access->cycle), access);
        break;
    }
    return true;
}

static bool aclint_write(void *device, const struct device_access *access, uint64_t value)
{
    struct aclint *aclint = device;
    unsigned hart = 0;
    enum reg reg = find(aclint, access, &hart);
    struct timer *timer = &aclint->timers[hart];
    switch (reg) {
    case REG_FAULT:
        return false;
    case REG_NONE:
        break;
    case REG_MSIP:
        timer->msip = value & 1;
        irq_line_set(&timer->msip_line, timer->msip);
        break;
    case REG_MTIMECMP:
        timer->mtimecmp = replace_part(timer->mtimecmp, access, value);
        evaluate(aclint, timer, access->cycle);
        break;
    case REG_MTIME:
        jump_to(aclint, replace_part(aclint_mtime(aclint, access->cycle), access, value), access->cycle);
        break;
    }
    return true;
}

static void aclint_reset(void *device)
{
    struct aclint *aclint = device;
    for (unsigned hart = 0; hart < aclint->config.harts; hart++) {
        struct timer *timer = &aclint->timers[hart];
        timer->msip = false;
        timer->mtimecmp = UINT64_MAX;
        irq_line_set(&timer->msip_line, false);
    }
    jump_to(aclint, 0, *aclint->host->cycle);
}

static void aclint_state(struct state *s, void *device)
{
    struct aclint *aclint = device;
    state_open(s, "clint", 0);
    state_u64(s, "offset", &aclint->offset);
    for (unsigned hart = 0; hart < aclint->config.harts; hart++) {
        state_open(s, "timer", hart);
        state_u64(s, "mtimecmp", &aclint->timers[hart].mtimecmp);
        state_bool(s, "msip", &aclint->timers[hart].msip);
        state_close(s);
    }
    state_close(s);
}

struct aclint *aclint_create(const struct device_host *host, const struct aclint_config *config)
{
    struct aclint *aclint = calloc(1, sizeof *aclint + config->harts * sizeof aclint->timers[0]);
    if (!aclint)
        return NULL;
    aclint->host = host;
    aclint->config = *config;
    for (unsigned hart = 0; hart < config->harts; hart++) {
        int slot = queue_add(host->queue, QUEUE_DEVICE, config->first_id + hart, on_compare, aclint);
        if (slot < 0) {
            free(aclint);
            return NULL;
        }
        aclint->timers[hart] =
            (struct timer){.mtimecmp = UINT64_MAX, .slot = slot, .msip_line = config->msip[hart], .mtip_line = config->mtip[hart]};
    }
    aclint->config.msip = aclint->config.mtip = NULL; /* copied above; the caller's arrays may go */
    return aclint;
}

void aclint_destroy(struct aclint *aclint)
{
    free(aclint);
}

const struct device_ops aclint_ops = {
    .name = "clint",
    .read = aclint_read,
    .write = aclint_write,
    .reset = aclint_reset,
    .state = aclint_state,
};
