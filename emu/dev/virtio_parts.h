/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the virtio devices share: a slot's registers, its queues, the request it is at, and what a kind of device is.
 *
 * A device is a machine of stages. The queues' stages (virtio_queue.c) take a chain of descriptors from a queue and give it back as
 * used; in between the kind's own stages (virtio_blk.c and its neighbours) move bytes between the chain and `buffer`. Each stage
 * begins when all bytes of the last one's move have gone; it begins another move, waits, or ends the request.
 */
#ifndef VIRTIO_PARTS_H
#define VIRTIO_PARTS_H

#include <dev/virtio.h>

#define VIRTIO_QUEUES_MAX     2
#define VIRTIO_QUEUE_SIZE_MAX 1024 /* also of a chain, and of an indirect table */
#define VIRTIO_CONSOLE_FIFO   64

/* Feature bits (section 6). */
#define VIRTIO_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTIO_F_VERSION_1     (UINT64_C(1) << 32)

enum virtio_status { VIRTIO_DRIVER_OK = 4, VIRTIO_FEATURES_OK = 8, VIRTIO_NEEDS_RESET = 64 };
enum virtio_interrupt { VIRTIO_INTERRUPT_USED = 1, VIRTIO_INTERRUPT_CONFIG = 2 };

struct virtio_queue {
    uint64_t desc, avail, used; /* physical addresses */
    uint32_t size, align, pfn;  /* align, pfn: legacy */
    uint16_t taken, given;      /* chains taken from `avail` and given to `used`, modulo 2^16 */
    bool ready;
    bool notified; /* there may be something new in it */
};

enum virtio_stage {
    STAGE_IDLE,
    STAGE_LOOK,       /* choose a queue */
    STAGE_LOOKED,     /* its avail flags and index are here */
    STAGE_HEAD,       /* the number of its next chain's first descriptor is here */
    STAGE_DESCRIPTOR, /* a descriptor is here */
    STAGE_DEVICE,     /* the kind's */
    STAGE_USED,       /* the used element is written */
    STAGE_PUBLISHED,  /* so is the index */
    STAGE_FLAGS,      /* avail flags are here */
    STAGE_BROKEN,
    STAGE_COUNT
};

/* A piece of the guest's memory that a descriptor names. */
struct virtio_segment {
    uint64_t address;
    uint32_t bytes;
};

/* Bytes on their way between `buffer` and memory: an address, or the chain at its cursor. */
struct virtio_move {
    uint64_t address;
    uint16_t at, size; /* moved, and all */
    bool write;        /* to memory */
    bool in_chain;
};

/* The request of a block device (virtio_blk.c). */
struct virtio_blk {
    struct disk *disk;
    char serial[VIRTIO_SERIAL_BYTES];
    unsigned access_cycles, sector_cycles;
    bool read_only;
    uint8_t step;   /* enum in virtio_blk.c */
    uint8_t status; /* of the request */
    uint32_t type;
    uint64_t sector, left; /* the next, and how many are left */
    bool needs_block, needs_flush;
    struct virtio_disk_counts counts;
};

struct virtio_kind;

struct virtio {
    const struct device_host *host;
    const struct virtio_kind *kind; /* NULL: an empty slot */
    struct irq_line line;
    int event;
    unsigned slot, notify_cycles;
    bool legacy;

    /* registers */
    uint8_t status, interrupt_status;
    uint32_t device_features_sel, driver_features_sel, queue_sel, page_bytes /* legacy */, generation;
    uint64_t driver_features;
    struct virtio_queue queue[VIRTIO_QUEUES_MAX];

    /* the request */
    uint8_t stage;                        /* enum virtio_stage */
    uint8_t current;                      /* queue */
    uint16_t head;                        /* first descriptor: the chain's name */
    uint16_t descriptor;                  /* the next to be read */
    uint64_t table;                       /* where descriptors are read from */
    uint32_t table_size;                  /* in descriptors */
    uint32_t table_left;                  /* how many more there may be */
    bool is_indirect;                     /* the table is an indirect one */
    uint16_t segments, readable_segments; /* in `segment`; the device may read the first ones and write the others */
    uint32_t readable, writable;          /* bytes */
    uint16_t cursor;                      /* segment, */
    uint32_t cursor_at;                   /* and byte in it, that is next to be moved */
    uint32_t written;                     /* what `used` is told */
    struct virtio_move move;
    uint8_t buffer[DISK_SECTOR_BYTES];
    struct dma_line dma;
    bool is_on_bus;      /* `dma` is */
    bool is_arrived;     /* `dma` has been, and is to be looked at */
    uint64_t free_at;    /* when the last line's transfer is over: the port's next request comes no sooner */
    unsigned steps_left; /* in this event; no state, since nobody sees the middle of an event */
    struct virtio_segment segment[VIRTIO_QUEUE_SIZE_MAX];

    /* the kinds' own */
    struct virtio_blk blk;
    uint64_t random;                               /* RNG */
    uint8_t fifo[VIRTIO_CONSOLE_FIFO], fifo_count; /* CONSOLE: bytes from outside, the oldest first */
    uint8_t mac[6];                                /* NET */
};

struct virtio_kind {
    uint32_t number; /* section 5 */
    unsigned queues;
    uint64_t features; /* less VERSION_1 */
    /* More of them, that depend on the configuration. NULL: none. */
    uint64_t (*more_features)(const struct virtio *v);
    /* The configuration space, at most `size` bytes, all zero before. */
    void (*config)(const struct virtio *v, uint8_t *bytes, unsigned size);
    /* Would a chain of this queue be of use now? NULL: always. */
    bool (*wants)(const struct virtio *v, unsigned queue);
    /* A chain is here: begins a move, waits, or completes. */
    void (*begin)(struct virtio *v);
    /* What it began or waited for has been done. False: it stands still until something from outside comes. */
    bool (*step)(struct virtio *v);
    void (*reset)(struct virtio *v);                  /* NULL: nothing to do */
    void (*state)(struct state *s, struct virtio *v); /* NULL: none */
};

extern const struct virtio_kind virtio_blk_kind, virtio_console_kind, virtio_rng_kind, virtio_net_kind;

/* ---- virtio_queue.c ---- */

/* The driver has notified a queue, or something else it waits for has come: looks at the queues `cycles` from now, if idle. */
void virtio_kick(struct virtio *v, uint64_t cycles);
/* Stops what is under way. */
void virtio_stop(struct virtio *v);
/* Something of the guest's makes no sense: nothing more is done until a reset. */
void virtio_break(struct virtio *v);
/* Does what can be done in one event, at the host's cycle; goes on with it, when it has stood still. */
void virtio_go(struct virtio *v);
void virtio_go_on(struct virtio *v);
/* Numbers in memory: little-endian. */
uint64_t virtio_number(const uint8_t *bytes, unsigned size);
void virtio_put_number(uint8_t *bytes, unsigned size, uint64_t value);
void virtio_interrupt(struct virtio *v, enum virtio_interrupt cause);

/* For the kinds. Moves `size` bytes between buffer[0] on and the chain's cursor: out of the chain's readable, or into its writable
 * part. There must be so many. */
void virtio_take(struct virtio *v, uint16_t size);
void virtio_give(struct virtio *v, uint16_t size);
/* Puts the cursor at a byte of the readable or the writable part. */
void virtio_seek_readable(struct virtio *v, uint32_t at);
void virtio_seek_writable(struct virtio *v, uint32_t at);
/* The next step comes so many cycles from now. */
void virtio_wait(struct virtio *v, uint64_t cycles);
/* Gives the chain back, with so many bytes written to it. */
void virtio_complete(struct virtio *v, uint32_t written);

void virtio_queue_state(struct state *s, struct virtio *v);

#endif
