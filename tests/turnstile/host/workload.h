/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random calls on the storage's own code, each thread in a directory of its own, compared step by step with a model; and what a
 * disk must hold after a crash, given how far each thread was. Runs in a process of its own (host.h); faults end it with a message.
 */
#ifndef TURNSTILE_HOST_WORKLOAD_H
#define TURNSTILE_HOST_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk.h"

enum { WORKLOAD_THREADS_MAX = 4, WORKLOAD_STEPS_MAX = 2000 };

struct workload {
    uint64_t seed;
    unsigned threads, steps;
    bool is_atomic; /* only calls that are one operation of the log, so that a crash leaves each done or not */
};

/* Of one thread, in memory that processes share. Step 0 is the beginning. */
struct workload_history {
    unsigned steps;
    struct {
        unsigned began, ended; /* how many events the disk had noted */
        bool is_safe;          /* it and all before had been synced when it ended */
        uint64_t sum;          /* of the thread's directory behind it */
    } step[WORKLOAD_STEPS_MAX + 1];
};

/* Mounts what disk_init set, runs, stops. history: by thread, or NULL. record: the disk's. Ends the process if something is wrong.
 */
void workload_run(const struct workload *workload, struct workload_history *history, const struct disk_record *record);

/* The same calls by one thread, answers not looked at, on a disk that may be damaged or fail: nothing may crash or hang. */
void workload_stress(uint64_t seed, unsigned steps);

/* Mounts and stops: what a boot does to a disk. 0 or an error. */
int workload_mount(uint64_t seed);

/* Is the tree of `bytes` (log replayed) one that the thread's history allows after a crash at so many events? If not, says why. */
bool workload_allows(const struct workload_history *history, unsigned thread, unsigned events, const uint8_t *bytes);

#endif
