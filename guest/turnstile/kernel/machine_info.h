/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the device tree said. Written once by device_tree.c on the boot hart, read by all. Addresses are physical; 0 means: not
 * there.
 */
#ifndef KERNEL_MACHINE_INFO_H
#define KERNEL_MACHINE_INFO_H

#include <stdbool.h>
#include <stdint.h>

#define HARTS_MAX          64
#define VIRTIO_MAX         32
#define COMMAND_LINE_BYTES 512
#define RESERVED_MAX       16

struct range {
    uint64_t start, end;
};

struct device_place {
    uint64_t address;
    unsigned interrupt;
};

struct machine_info {
    unsigned harts;                   /* that are used: at most HARTS_MAX */
    unsigned harts_named;             /* in the tree */
    uint64_t hart_id[HARTS_MAX];      /* of the kernel's hart n; sorted */
    unsigned plic_context[HARTS_MAX]; /* its S-mode context, ~0u: none */
    uint64_t timebase_hz;
    bool has_sstc;                       /* all harts */
    struct range memory;                 /* the largest */
    struct range reserved[RESERVED_MAX]; /* by firmware; sorted, without overlap */
    unsigned reserved_count;
    struct device_place uart, rtc;
    uint64_t plic_base;
    unsigned plic_sources;
    uint64_t sswi_base;
    uint64_t finisher;
    struct device_place virtio[VIRTIO_MAX]; /* as the tree lists them */
    unsigned virtio_count;
    char command_line[COMMAND_LINE_BYTES];
};

extern struct machine_info machine;

/* tree: its physical address. Panics with a sentence when there is none to be understood. */
void machine_read(uint64_t tree);
/* The value of word `name=value` of the command line copied to `value`, or false when there is none; a bare `name` has the value
 * "". */
bool command_line_word(const char *name, char *value, unsigned bytes);

#endif
