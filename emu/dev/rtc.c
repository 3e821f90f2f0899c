/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Goldfish real-time clock. Like mtime, its time is computed from the bus cycle and an offset; the alarm is one queue
 * slot at the first cycle whose time reaches it.
 */
#include <dev/rtc.h>

#include <emu/platform.h>
#include <stdlib.h>

enum {
    TIME_LOW = 0x00,
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c,
};

#define NS_PER_SECOND 1000000000u
#define NS_PER_TICK   (NS_PER_SECOND / PLATFORM_TIMEBASE_HZ)

struct rtc {
    const struct device_host *host;
    struct irq_line line;
    int slot;
    uint64_t epoch_ns;

    uint64_t offset_ns; /* time at cycle 0; wraps */
    uint64_t alarm_ns;
    uint32_t latched_high; /* what TIME_HIGH reads */
    bool is_armed;
    bool is_enabled;
    bool is_pending;
};

/* Nanoseconds from cycle 0 to `cycle`, rounded down. */
static uint64_t elapsed_ns(const struct rtc *rtc, uint64_t cycle)
{
    uint64_t per_tick = rtc->host->cycles_per_tick;
    return cycle / per_tick * NS_PER_TICK + cycle % per_tick * NS_PER_TICK / per_tick;
}

/* The first cycle with elapsed_ns >= elapsed. */
static uint64_t cycle_at(const struct rtc *rtc, uint64_t elapsed)
{
    uint64_t per_tick = rtc->host->cycles_per_tick;
    uint64_t cycle, rest = (elapsed % NS_PER_TICK * per_tick + NS_PER_TICK - 1) / NS_PER_TICK;
    if (__builtin_mul_overflow(elapsed / NS_PER_TICK, per_tick, &cycle) || __builtin_add_overflow(cycle, rest, &cycle))
        return QUEUE_NEVER;
    return cycle;
}

static uint64_t time_ns(const struct rtc *rtc)
{
    return elapsed_ns(rtc, *rtc->host->cycle) + rtc->offset_ns;
}

static void update_line(struct rtc *rtc)
{
    irq_line_set(&rtc->line, rtc->is_pending && rtc->is_enabled);
}

/* Fires an armed alarm that is due, and schedules one that is not. */
static void evaluate(struct rtc *rtc)
{
    uint64_t now = time_ns(rtc), target, cycle = QUEUE_NEVER;
    if (rtc->is_armed && rtc->alarm_ns <= now) {
        rtc->is_armed = false;
        rtc->is_pending = true;
    } else if (rtc->is_armed && !__builtin_add_overflow(elapsed_ns(rtc, *rtc->host->cycle), rtc->alarm_ns - now, &target)) {
        cycle = cycle_at(rtc, target);
    }
    queue_schedule(rtc->host->queue, rtc->slot, cycle);
    update_line(rtc);
}

static void on_alarm(void *context, unsigned id, uint64_t cycle)
{
    evaluate(context);
}

static uint64_t with_low(uint64_t old, uint64_t low)
{
    return (old & ~(uint64_t)UINT32_MAX) | (uint32_t)low;
}

static uint64_t with_high(uint64_t old, uint64_t high)
{
    return (uint32_t)old | high << 32;
}

static void jump_to(struct rtc *rtc, uint64_t ns)
{
    rtc->offset_ns += ns - time_ns(rtc);
    evaluate(rtc);
}

static bool rtc_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    struct rtc *rtc = device;
    if (access->size != 4)
        return false;
    uint64_t now = time_ns(rtc);
    switch (access->offset) {
    case TIME_LOW:
        rtc->latched_high = (uint32_t)(now >> 32);
        *ret_value = (uint32_t)now;
        break;
    case TIME_HIGH:
        *ret_value = rtc->latched_high;
        break;
    case ALARM_LOW:
        *ret_value = (uint32_t)rtc->alarm_ns;
        break;
    case ALARM_HIGH:
        *ret_value = rtc->alarm_ns >> 32;
        break;
    case IRQ_ENABLED:
        *ret_value = rtc->is_enabled;
        break;
    case ALARM_STATUS:
        *ret_value = rtc->is_armed;
        break;
    default:
        *ret_value = 0;
    }
    return true;
}

static bool rtc_write(void *device, const struct device_access *access, uint64_t value)
{
    struct rtc *rtc = device;
    if (access->size != 4)
        return false;
    switch (access->offset) {
    case TIME_LOW:
        jump_to(rtc, with_low(time_ns(rtc), value));
        break;
    case TIME_HIGH:
        jump_to(rtc, with_high(time_ns(rtc), value));
        break;
    case ALARM_LOW:
        rtc->alarm_ns = with_low(rtc->alarm_ns, value);
        rtc->is_armed = true;
        evaluate(rtc);
        break;
    case ALARM_HIGH:
        rtc->alarm_ns = with_high(rtc->alarm_ns, value);
        evaluate(rtc);
        break;
    case IRQ_ENABLED:
        rtc->is_enabled = value & 1;
        update_line(rtc);
        break;
    case CLEAR_ALARM:
        rtc->is_armed = false;
        evaluate(rtc);
        break;
    case CLEAR_INTERRUPT:
        rtc->is_pending = false;
        update_line(rtc);
        break;
    }
    return true;
}

static void rtc_reset(void *device)
{
    struct rtc *rtc = device;
    rtc->offset_ns = rtc->epoch_ns;
    rtc->alarm_ns = 0;
    rtc->latched_high = 0;
    rtc->is_armed = rtc->is_enabled = rtc->is_pending = false;
    evaluate(rtc);
}

static void rtc_state(struct state *s, void *device)
{
    struct rtc *rtc = device;
    state_open(s, "rtc", 0);
    state_u64(s, "offset_ns", &rtc->offset_ns);
    state_u64(s, "alarm_ns", &rtc->alarm_ns);
    state_u32(s, "latched_high", &rtc->latched_high);
    state_bool(s, "is_armed", &rtc->is_armed);
    state_bool(s, "is_enabled", &rtc->is_enabled);
    state_bool(s, "is_pending", &rtc->is_pending);
    state_close(s);
}

struct rtc *rtc_create(const struct device_host *host, const struct irq_line *line, unsigned id, uint64_t epoch_seconds)
{
    struct rtc *rtc = calloc(1, sizeof *rtc);
    if (!rtc)
        return NULL;
    rtc->host = host;
    rtc->line = *line;
    rtc->epoch_ns = rtc->offset_ns = epoch_seconds * NS_PER_SECOND;
    rtc->slot = queue_add(host->queue, QUEUE_DEVICE, id, on_alarm, rtc);
    if (rtc->slot < 0) {
        free(rtc);
        return NULL;
    }
    return rtc;
}

void rtc_destroy(struct rtc *rtc)
{
    free(rtc);
}

const struct device_ops rtc_ops = {
    .name = "rtc",
    .read = rtc_read,
    .write = rtc_write,
    .reset = rtc_reset,
    .state = rtc_state,
};
