/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Semaphores of the kernel, which processes share.
 */
#include "test.h"

static void a_semaphore_counts(void)
{
    int semaphore = (int)sys_semaphore_create(2);
    CHECK(semaphore >= 0);
    IS(sys_semaphore_wait(semaphore), 0);
    IS(sys_semaphore_wait(semaphore), 0);
    IS(sys_semaphore_post(semaphore), 0);
    IS(sys_semaphore_wait(semaphore), 0);
    struct stat stat;
    IS(sys_fstat(semaphore, &stat), 0);
    IS(stat.kind, FILE_SEMAPHORE);
    char byte;
    CHECK(sys_read(semaphore, &byte, 1) < 0 && sys_write(semaphore, &byte, 1) < 0);
    IS(sys_semaphore_destroy(semaphore), 0);
    IS(sys_semaphore_wait(semaphore), -EBADF);
}

static void other_files_are_no_semaphores(void)
{
    int file = (int)sys_open("/README", OPEN_READ);
    IS(sys_semaphore_wait(file), -EBADF);
    IS(sys_semaphore_post(file), -EBADF);
    IS(sys_semaphore_destroy(file), -EBADF);
    IS(sys_close(file), 0);
}

static void who_waits_is_woken_by_a_post(void)
{
    int semaphore = (int)sys_semaphore_create(0), answer = (int)sys_semaphore_create(0), pid = test_fork();
    if (pid == 0) {
        for (int i = 0; i < 20; i++) {
            IS(sys_semaphore_wait(semaphore), 0);
            IS(sys_semaphore_post(answer), 0);
        }
        _Exit(0);
    }
    for (int i = 0; i < 20; i++) {
        IS(sys_semaphore_post(semaphore), 0);
        IS(sys_semaphore_wait(answer), 0);
    }
    test_wait_good(pid);
}

static void processes_exclude_each_other(void)
{
    enum { CHILDREN = 4 };
    int mutex = (int)sys_semaphore_create(1), pids[CHILDREN];
    uint64_t count = 0;
    unsigned rounds = 25 * test_scale;
    test_write_file("count", &count, sizeof count);
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = test_fork();
        if (pids[i] == 0) {
            int file = (int)sys_open("count", OPEN_READ | OPEN_WRITE);
            for (unsigned n = 0; n < rounds; n++) {
                IS(sys_semaphore_wait(mutex), 0);
                IS(sys_seek(file, 0, SEEK_SET), 0);
                IS(sys_read(file, &count, sizeof count), sizeof count);
                count++;
                IS(sys_seek(file, 0, SEEK_SET), 0);
                IS(sys_write(file, &count, sizeof count), sizeof count);
                IS(sys_semaphore_post(mutex), 0);
            }
            _Exit(0);
        }
    }
    for (int i = 0; i < CHILDREN; i++)
        test_wait_good(pids[i]);
    int file = (int)sys_open("count", OPEN_READ);
    IS(sys_read(file, &count, sizeof count), sizeof count);
    IS(count, CHILDREN * rounds);
    sys_close(file);
    IS(sys_unlink("count"), 0);
}

static void a_semaphore_lives_as_long_as_somebody_has_it(void)
{
    int semaphore = (int)sys_semaphore_create(0), pid = test_fork();
    if (pid == 0) {
        test_sleep_ms(2);
        _Exit(sys_semaphore_post(semaphore) == 0 ? 0 : 1);
    }
    int again = (int)sys_dup(semaphore);
    IS(sys_semaphore_destroy(semaphore), 0);
    IS(sys_semaphore_wait(again), 0);
    test_wait_good(pid);
}

static void many_semaphores_come_and_go(void)
{
    for (unsigned round = 0; round < 5; round++) {
        int count = 0;
        while (sys_semaphore_create(1) >= 0)
            count++;
        CHECK(count >= 50);
        for (int i = 3; i < DESCRIPTORS_MAX; i++)
            sys_close(i);
    }
}

static const struct test tests[] = {
    TEST(a_semaphore_counts),
    TEST(other_files_are_no_semaphores),
    TEST(who_waits_is_woken_by_a_post),
    TEST(processes_exclude_each_other),
    TEST(a_semaphore_lives_as_long_as_somebody_has_it),
    TEST(many_semaphores_come_and_go),
    {NULL, NULL},
};

const struct test_group test_semaphore_group = {"semaphore", tests};
