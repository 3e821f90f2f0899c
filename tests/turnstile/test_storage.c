/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Turnstile's storage, its own source files compiled for the host, against a model: the same calls, the same answers, the same tree
 * on the disk afterwards, and nothing lost. Each run is a process of its own.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "host/disk.h"
#include "host/fork.h"
#include "host/scenario.h"
#include "host/workload.h"
#include "image.h"

struct run {
    struct workload workload;
    uint8_t *bytes;
    size_t size;
    struct workload_history *history;
};

static void run_workload(void *argument)
{
    struct run *run = argument;
    disk_init(run->bytes, run->size, NULL, DISK_HONEST);
    workload_run(&run->workload, run->history, NULL);
}

static void compare(const struct workload *workload, size_t size)
{
    struct run run = {.workload = *workload,
                      .bytes = fork_share(size),
                      .size = size,
                      .history = fork_share(WORKLOAD_THREADS_MAX * sizeof *run.history)};
    struct image image;
    cr_assert(image_init(&image, run.bytes, size, &(struct image_options){0}), "%s", image.error);
    cr_expect(fork_run(run_workload, &run), "seed %llu", (unsigned long long)workload->seed);

    struct check_result result = check_image(run.bytes, size, stderr);
    cr_expect(eq(ulong, result.fault_count, 0), "seed %llu", (unsigned long long)workload->seed);
    cr_expect(eq(uint, result.cleanups, 0), "nothing is left to be freed when all files are closed");
    cr_expect(ne(int, result.log, CHECK_LOG_PENDING), "stopping installs what is in the log");
    for (unsigned thread = 0; thread < workload->threads; thread++) {
        struct workload_history *history = &run.history[thread];
        history->step[history->steps].is_safe = true; /* stopping makes everything safe */
        cr_expect(workload_allows(history, thread, 0, run.bytes), "seed %llu", (unsigned long long)workload->seed);
    }
    fork_unshare(run.history, WORKLOAD_THREADS_MAX * sizeof *run.history);
    fork_unshare(run.bytes, size);
}

Test(storage, one_thread_does_what_the_model_does)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        compare(&(struct workload){.seed = seed, .threads = 1, .steps = 1500}, 4 << 20);
}

Test(storage, threads_that_share_the_log_do_what_their_models_do)
{
    for (uint64_t seed = 100; seed < 110; seed++)
        compare(&(struct workload){.seed = seed, .threads = 4, .steps = 600}, 8 << 20);
}

Test(storage, a_disk_that_is_too_small_refuses_and_stays_sound)
{
    for (uint64_t seed = 200; seed < 210; seed++)
        compare(&(struct workload){.seed = seed, .threads = 3, .steps = 800}, 1 << 20);
}

/* ---- single cases ---- */

struct cast {
    const struct scenario *scenario;
    uint8_t *bytes;
};

static void run_scenario(void *argument)
{
    struct cast *cast = argument;
    disk_init(cast->bytes, cast->scenario->disk_bytes, NULL, DISK_HONEST);
    scenario_run(cast->scenario);
}

Test(storage, every_single_case_holds_and_leaves_a_sound_disk)
{
    for (size_t i = 0; i < scenario_count; i++) {
        const struct scenario *scenario = &scenarios[i];
        struct cast cast = {scenario, fork_share(scenario->disk_bytes)};
        struct image image;
        cr_assert(image_init(&image, cast.bytes, scenario->disk_bytes, &(struct image_options){.inodes = scenario->inodes}), "%s",
                  image.error);
        cr_expect(fork_run(run_scenario, &cast), "%s", scenario->name);
        struct check_result result = check_image(cast.bytes, scenario->disk_bytes, stderr);
        cr_expect(eq(ulong, result.fault_count, 0), "%s", scenario->name);
        cr_expect(eq(uint, result.cleanups, 0), "%s", scenario->name);
        fork_unshare(cast.bytes, scenario->disk_bytes);
    }
}
