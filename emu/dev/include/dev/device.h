/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every device is made of: one const descriptor with its functions, lines it drives, the clock it reads and the queue
 * slots it schedules. Devices know neither harts nor caches: an access comes from a numbered bus agent, an interrupt leaves on
 * a numbered line. A device acts only in an access, in a queue event or in an input; nothing polls, nothing reads host time.
 */
#ifndef DEV_DEVICE_H
#define DEV_DEVICE_H

#include <base/queue.h>
#include <base/state.h>
#include <stdbool.h>
#include <stdint.h>

/* One access, naturally aligned, size 1, 2, 4 or 8 bytes; offset from the device's base. */
struct device_access {
    uint64_t offset;
    uint64_t cycle;  /* the bus cycle at which it takes effect */
    unsigned size;   /* bytes */
    unsigned agent;  /* the bus agent (for harts: the hart's number) */
};

struct device_ops {
    const char *name; /* as in the device tree: "plic", "serial" */
    /* Return false for an access fault (nothing there, wrong width, read-only): the device must then be unchanged. */
    bool (*read)(void *device, const struct device_access *access, uint64_t *ret_value);
    bool (*write)(void *device, const struct device_access *access, uint64_t value);
    void (*reset)(void *device);                      /* power-on state; the lines it drives go low */
    void (*state)(struct state *s, void *device);     /* every field that can influence the run */
};

/* A line out of a device. The wiring is the machine's; setting the level it already has is allowed and does nothing. */
struct irq_line {
    void (*set)(void *sink, unsigned number, bool level);
    void *sink;      /* NULL: not connected */
    unsigned number; /* what the sink calls this line */
};

static inline void irq_line_set(const struct irq_line *line, bool level)
{
    if (line->sink)
        line->set(line->sink, line->number, level);
}

/* The exit code of a run for a guest that reports `status`: hosts keep eight bits, and a failure must not look like success. */
static inline int device_exit_code(uint64_t status)
{
    return status & 0xff ? (int)(status & 0xff) : status != 0;
}

#define DMA_LINE_BYTES 64u

/* A transfer within one line of RAM: an address that is a multiple of DMA_LINE_BYTES does not lie behind its first byte. */
struct dma_line {
    uint64_t address;
    uint8_t size; /* bytes, 1 to 64 */
    bool write;
    uint8_t bytes[DMA_LINE_BYTES]; /* written, or read */
};

/* What an interrupt controller reports of a claim. Contexts are numbered as the controller's lines out. */
struct device_claim {
    unsigned agent;   /* the bus agent that claimed */
    unsigned context; /* empty claim: for which; stale notification: whose line fell */
    unsigned why;     /* empty claim: enum emu_empty_claim */
    unsigned source;  /* that another context had, or that has priority 0; 0: none */
    unsigned first;   /* the context that claimed it; 0 if none did */
};

/* What a device may ask of the machine. All members are set by the machine before the device is created and outlive it. */
struct device_host {
    struct queue *queue;
    const uint64_t *cycle;      /* the cycle of the event or access now being served */
    unsigned cycles_per_tick;   /* bus cycles per tick of mtime (10 by default) */
    void *context;              /* handed to the functions below */
    /* A byte the guest sent to one of its consoles; becomes an event. Stream 0 is the UART's and HTIF's, 1 + n virtio slot n's. */
    void (*console_out)(void *context, unsigned stream, uint8_t byte);
    /* A source has become pending at the interrupt controller. Becomes an event. */
    void (*irq_pending)(void *context, unsigned source);
    /* A claim read 0; a context's line fell because another one claimed first. Become events. */
    void (*claim_empty)(void *context, const struct device_claim *claim);
    void (*notification_stale)(void *context, const struct device_claim *claim);
    /* The guest asked to end the run with this exit code (0 to 255), or (reset) to start over. */
    void (*finish)(void *context, int code);
    void (*reset)(void *context);
    /* Physical memory as a bus master (HTIF): RAM only; false if the range is not all RAM. Snooped like any DMA. */
    bool (*dma_read)(void *context, uint64_t address, void *to, uint64_t size);
    bool (*dma_write)(void *context, uint64_t address, const void *from, uint64_t size);
    /* The same for devices that wait for each line, one at a time, on a port of their own. dma_line returns true when the transfer is
     * done at once; else it takes effect at its place in the order of the bus, and the device is told (virtio_line_done). The
     * device keeps *line as it is until then, or until dma_cancel. The line must be in RAM. */
    bool (*is_ram)(void *context, uint64_t address, uint64_t size);
    bool (*dma_line)(void *context, unsigned slot, struct dma_line *line);
    void (*dma_cancel)(void *context, unsigned slot);
};

#endif
