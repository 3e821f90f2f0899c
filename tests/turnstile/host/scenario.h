/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Single cases of what the storage does, each for a process of its own, on a disk of a size it asks for. A case that fails ends its
 * process with a message.
 */
#ifndef TURNSTILE_HOST_SCENARIO_H
#define TURNSTILE_HOST_SCENARIO_H

#include <stddef.h>
#include <stdint.h>

struct scenario {
    const char *name; /* a sentence */
    void (*run)(void);
    size_t disk_bytes;
    uint32_t inodes;  /* 0: as mkfs chooses */
    int is_unmounted; /* it mounts by itself */
    int leaves_files; /* else what is free at the end is what was free at first */
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* Mounts, runs, stops. The disk has been set with disk_init. */
void scenario_run(const struct scenario *scenario);

#endif
