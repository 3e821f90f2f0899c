/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What Turnstile's disks hold after the power went: at every position of a recorded stream of writes and flushes, with any part of
 * what was not flushed lost, in any order, torn or not. Then the log's replay has to give a sound file system with all that was
 * synced, in which every call has happened as a whole or not at all; and the kernel has to mount it and leave nothing to be cleaned
 * up.
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
#include "host/workload.h"
#include "image.h"

enum { SIZE = 1 << 20, EVENTS = 60000, WRITES = 30000 };

struct scene {
    struct workload workload;
    enum disk_lie lie;
    uint8_t *before; /* the disk at first */
    uint8_t *bytes;  /* the disk that is written, and then each crash's */
    uint8_t *scratch;
    struct disk_record *record;
    struct workload_history *history;
    unsigned cleanups, pending; /* crashes after which there was something to clean up, to replay */
};

static void scene_init(struct scene *scene)
{
    struct image image;
    scene->before = fork_share(SIZE);
    scene->bytes = fork_share(SIZE);
    scene->scratch = fork_share(SIZE);
    scene->record = disk_record_create(EVENTS, WRITES);
    scene->history = fork_share(WORKLOAD_THREADS_MAX * sizeof *scene->history);
    cr_assert(image_init(&image, scene->before, SIZE, &(struct image_options){0}), "%s", image.error);
}

static void scene_finish(struct scene *scene)
{
    fork_unshare(scene->before, SIZE);
    fork_unshare(scene->bytes, SIZE);
    fork_unshare(scene->scratch, SIZE);
    fork_unshare(scene->history, WORKLOAD_THREADS_MAX * sizeof *scene->history);
    disk_record_destroy(scene->record);
}

static void run_workload(void *argument)
{
    struct scene *scene = argument;
    disk_init(scene->bytes, SIZE, scene->record, scene->lie);
    workload_run(&scene->workload, scene->history, scene->record);
}

static void mount_and_stop(void *argument)
{
    struct scene *scene = argument;
    disk_init(scene->bytes, SIZE, NULL, DISK_HONEST);
    workload_stress(scene->workload.seed, 0);
}

/* Is the disk as it has to be? What is wrong goes to `out`. */
static bool is_right(struct scene *scene, unsigned events, FILE *out)
{
    struct check_result result = check_image(scene->bytes, SIZE, out);
    bool is_sound = result.fault_count == 0 && !result.is_out_of_memory;
    scene->cleanups += result.cleanups != 0;
    scene->pending += result.log == CHECK_LOG_PENDING;
    for (unsigned thread = 0; is_sound && thread < scene->workload.threads; thread++)
        is_sound = workload_allows(&scene->history[thread], thread, events, scene->bytes);
    return is_sound;
}

static void crash(struct scene *scene, unsigned events, uint64_t seed)
{
    memcpy(scene->bytes, scene->before, SIZE);
    disk_crash(scene->record, events, seed, scene->bytes);
}

/* Crashes at every `stride`th position. With the kernel's own replay at every eighth of them. Returns how many were wrong. */
static unsigned crashes(struct scene *scene, unsigned stride, bool with_kernel, unsigned *ret_count)
{
    unsigned wrong = 0, count = 0;
    for (unsigned events = scene->workload.seed % stride; events <= scene->record->event_count; events += stride, count++) {
        uint64_t seed = scene->workload.seed * 1000003 + events;
        crash(scene, events, seed);
        bool is_good = is_right(scene, events, scene->lie == DISK_HONEST ? stderr : NULL);
        if (is_good && with_kernel && count % 8 == 0) {
            crash(scene, events, seed);
            is_good = fork_run(mount_and_stop, scene) && is_right(scene, events, stderr);
            struct check_result result = check_image(scene->bytes, SIZE, stderr);
            is_good = is_good && result.cleanups == 0 && result.log != CHECK_LOG_PENDING;
        }
        if (!is_good && wrong++ == 0 && scene->lie == DISK_HONEST)
            fprintf(stderr, "seed %llu: wrong after %u of %u events\n", (unsigned long long)scene->workload.seed, events,
                    scene->record->event_count);
    }
    *ret_count = count;
    return wrong;
}

static void record_workload(struct scene *scene, const struct workload *workload, enum disk_lie lie)
{
    *scene = (struct scene){.workload = *workload, .lie = lie};
    scene_init(scene);
    memcpy(scene->bytes, scene->before, SIZE);
    cr_assert(fork_run(run_workload, scene), "seed %llu", (unsigned long long)workload->seed);
}

/* Runs one workload and crashes it in many places; how many crashes showed a fault. */
static unsigned play(const struct workload *workload, enum disk_lie lie, unsigned stride, unsigned *ret_count)
{
    struct scene scene;
    record_workload(&scene, workload, lie);
    unsigned wrong = crashes(&scene, stride, lie == DISK_HONEST, ret_count);
    /* Else the test would not show much. */
    cr_expect(gt(uint, scene.cleanups, 0));
    cr_expect(gt(uint, scene.pending, 0));
    scene_finish(&scene);
    return wrong;
}

static void expect_no_fault(const struct workload *workload, unsigned stride)
{
    unsigned count, wrong = play(workload, DISK_HONEST, stride, &count);
    cr_expect(gt(uint, count, 300), "there were places to crash at");
    cr_expect(eq(uint, wrong, 0), "seed %llu: %u of %u crashes", (unsigned long long)workload->seed, wrong, count);
}

Test(crash, one_thread_finds_what_it_synced)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        expect_no_fault(&(struct workload){.seed = seed, .threads = 1, .steps = 1000, .is_atomic = true}, 1);
}

Test(crash, threads_that_commit_together_find_what_they_synced)
{
    for (uint64_t seed = 50; seed < 56; seed++)
        expect_no_fault(&(struct workload){.seed = seed, .threads = 4, .steps = 400, .is_atomic = true}, 1);
}

/* ---- a second crash, while the first one is being put right ---- */

static void mount_and_record(void *argument)
{
    struct scene *scene = argument;
    disk_init(scene->bytes, SIZE, scene->record, DISK_HONEST);
    workload_stress(scene->workload.seed, 0);
}

Test(crash, a_crash_while_mounting_loses_nothing_either)
{
    unsigned count = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct scene scene, second;
        record_workload(&scene, &(struct workload){.seed = seed, .threads = 2, .steps = 300, .is_atomic = true}, DISK_HONEST);
        for (unsigned events = 20; events < scene.record->event_count; events += 23) {
            crash(&scene, events, events);
            second = (struct scene){.workload = scene.workload};
            scene_init(&second);
            memcpy(second.before, scene.bytes, SIZE);
            memcpy(second.bytes, scene.bytes, SIZE);
            cr_assert(fork_run(mount_and_record, &second));
            for (unsigned again = 0; again <= second.record->event_count; again++, count++) {
                memcpy(scene.bytes, second.before, SIZE);
                disk_crash(second.record, again, again, scene.bytes);
                cr_expect(is_right(&scene, events, stderr), "seed %llu, %u events, then %u", (unsigned long long)seed, events,
                          again);
            }
            scene_finish(&second);
        }
        scene_finish(&scene);
    }
    cr_expect(gt(uint, count, 300), "mounting wrote");
}

/* ---- the same on disks that do not flush when they should ---- */

static unsigned faults_with(enum disk_lie lie)
{
    unsigned wrong = 0, count;
    for (uint64_t seed = 1; seed <= 4; seed++)
        wrong += play(&(struct workload){.seed = seed, .threads = 2, .steps = 150, .is_atomic = true}, lie, 3, &count);
    return wrong;
}

Test(crash, without_the_flush_behind_the_commit_record_synced_data_is_lost)
{
    cr_expect(gt(uint, faults_with(DISK_LIES_AFTER_RECORD), 0));
}

Test(crash, without_the_flush_before_the_log_is_used_again_what_was_installed_is_lost)
{
    cr_expect(gt(uint, faults_with(DISK_LIES_AFTER_HOMES), 0));
}

/* The checksum covers the copies: a record that got to the disk before them is no record. */
Test(crash, without_the_flush_between_copies_and_record_the_checksum_is_enough)
{
    cr_expect(eq(uint, faults_with(DISK_LIES_AFTER_COPIES), 0));
}
