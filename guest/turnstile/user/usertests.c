/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * usertests [-l] [-q] [-s SEED] [-n SCALE] [-t SECONDS] [NAME | GROUP]...: tests of the system calls, all or those that are named.
 *
 * Each runs in a process of its own and a directory of its own. Free pages, inodes and blocks are counted before and after: a test
 * that leaves less is run again, since tables may have grown; if it takes as much every time, something leaks. -l lists the tests,
 * -q names only those that fail, -s is for what draws at random, -n multiplies what is done often, -t is the time a test has.
 */
#include "usertests/test.h"

#include "clock.h"
#include "directory.h"

enum { TRIES = 3, POLL_US_MAX = 5000 };

static const struct test_group *const groups[] = {
    &test_process_group,   &test_exec_group,   &test_memory_group, &test_space_group,     &test_bad_group,
    &test_signal_group,    &test_thread_group, &test_pipe_group,   &test_semaphore_group, &test_file_group,
    &test_directory_group, &test_device_group, &test_table_group,
};

enum { GROUPS = sizeof groups / sizeof groups[0] };

static bool is_quiet;
static uint64_t seconds = 120;
static unsigned passed, failed;

/* ---- what must not leak ---- */

enum kept { PAGES, INODES, BLOCKS, KEPT };
static const char *const kept_names[KEPT] = {"pages", "inodes", "blocks"};
static const char *const kept_files[KEPT] = {"/proc/memory", "/proc/disk", "/proc/disk"};
static const char *const kept_keys[KEPT] = {"free_pages", "inodes_free", "blocks_free"};

/* Without malloc: the counting itself must take nothing. */
static void count_free(uint64_t values[KEPT])
{
    static char text[2048];
    sys_sync(); /* what is removed is free when the log is written */
    for (int i = 0; i < KEPT; i++) {
        int64_t file = sys_open(kept_files[i], OPEN_READ), bytes = file < 0 ? file : sys_read((int)file, text, sizeof text - 1);
        if (file >= 0)
            sys_close((int)file);
        text[bytes > 0 ? bytes : 0] = 0;
        if (!proc_value(text, kept_keys[i], &values[i]))
            values[i] = 0;
    }
}

/* ---- one test ---- */

/* Waits for the test; ends it, and all in its group, when its time is over: its wait status, or -ETIMEDOUT. */
static int wait_for(int pid)
{
    int64_t end = sys_clock(CLOCK_MONOTONIC) + (int64_t)(seconds * 1000000000);
    for (uint64_t pause_us = 100;; pause_us = pause_us < POLL_US_MAX ? 2 * pause_us : POLL_US_MAX) {
        int status;
        int64_t ended = sys_wait(pid, &status, WAIT_NO_HANG);
        if (ended == pid)
            return status;
        if (ended < 0 && ended != -EINTR)
            return (int)ended;
        if (sys_clock(CLOCK_MONOTONIC) > end) {
            sys_kill(-pid, SIGKILL);
            process_wait(pid);
            return -ETIMEDOUT;
        }
        sys_sleep(pause_us * 1000);
    }
}

static int run_once(const struct test *test, const char *directory)
{
    int64_t error = sys_mkdir(directory);
    if (error < 0 && error != -EEXIST)
        die_error(directory, error);
    int pid = process_fork();
    if (pid < 0)
        die_error("no process", pid);
    if (pid == 0) {
        sys_setpgid(0, 0);
        if (sys_chdir(directory) < 0)
            _Exit(1);
        test->run();
        exit(0);
    }
    int status = wait_for(pid);
    sys_kill(-pid, SIGKILL); /* whoever is left */
    return status;
}

/* Whether the directory is empty and could be removed; else it is emptied. */
static bool remove_directory(const char *directory)
{
    if (sys_rmdir(directory) == 0)
        return true;
    int error;
    char **names = directory_names(directory, true, &error), path[PATH_BYTES_MAX];
    for (char **name = names; name && *name; name++)
        if (path_join(path, sizeof path, directory, *name))
            remove(path);
    directory_names_free(names);
    sys_rmdir(directory);
    return false;
}

/* Orphans of a test end after it; what they had comes back soon. How soon depends on how many there are: patience ends when nothing
 * has come back for a while. */
static bool has_lost(const uint64_t before[KEPT], uint64_t after[KEPT])
{
    uint64_t most[KEPT] = {0};
    for (unsigned tries = 0;; tries++) {
        bool is_less = false, is_more = false;
        count_free(after);
        for (int i = 0; i < KEPT; i++) {
            is_less |= after[i] < before[i];
            is_more |= after[i] > most[i];
            most[i] = after[i] > most[i] ? after[i] : most[i];
        }
        if (is_more)
            tries = 0;
        if (!is_less || tries == 6)
            return is_less;
        sleep_ms(2u << tries);
    }
}

static const char *describe(int status)
{
    static char text[64];
    if (status == -ETIMEDOUT)
        snprintf(text, sizeof text, "it did not end within %lu s", seconds);
    else if (WAIT_SIGNALLED(status))
        snprintf(text, sizeof text, "signal %d ended it", WAIT_SIGNAL(status));
    else
        snprintf(text, sizeof text, "exit status %d", WAIT_EXIT_STATUS(status));
    return text;
}

/* NULL: it passed. */
static const char *run_test(const struct test *test)
{
    static char text[128];
    char directory[32];
    snprintf(directory, sizeof directory, "/tmp/test.%d", (int)sys_getpid());
    for (int try = 1;; try++) {
        uint64_t before[KEPT], after[KEPT];
        count_free(before);
        int status = run_once(test, directory);
        bool is_clean = remove_directory(directory);
        if (status != 0)
            return describe(status);
        if (!is_clean)
            return "it left files behind";
        if (!has_lost(before, after))
            return NULL;
        if (try < TRIES)
            continue;
        for (int i = 0; i < KEPT; i++)
            if (after[i] < before[i])
                snprintf(text, sizeof text, "%lu %s are lost each time", before[i] - after[i], kept_names[i]);
        return text;
    }
}

/* ---- all ---- */

static bool is_wanted(const struct test_group *group, const struct test *test, char **names)
{
    for (char **name = names; *name; name++)
        if (strcmp(*name, group->name) == 0 || strcmp(*name, test->name) == 0)
            return true;
    return !*names;
}

static void check_names(char **names)
{
    for (; *names; names++) {
        bool is_known = false;
        for (unsigned i = 0; i < GROUPS; i++) {
            is_known |= strcmp(groups[i]->name, *names) == 0;
            for (const struct test *test = groups[i]->tests; test->name; test++)
                is_known |= strcmp(test->name, *names) == 0;
        }
        if (!is_known)
            die("%s is neither a test nor a group; -l lists them", *names);
    }
}

static void list_all(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        printf("%s:\n", groups[i]->name);
        for (const struct test *test = groups[i]->tests; test->name; test++, count++)
            printf("    %s\n", test->name);
    }
    printf("%u tests\n", count);
}

static void run_all(char **names)
{
    for (unsigned i = 0; i < GROUPS; i++)
        for (const struct test *test = groups[i]->tests; test->name; test++) {
            if (!is_wanted(groups[i], test, names))
                continue;
            const char *wrong = run_test(test);
            if (wrong)
                printf("FAILED %s/%s: %s\n", groups[i]->name, test->name, wrong);
            else if (!is_quiet)
                printf("ok     %s/%s\n", groups[i]->name, test->name);
            fflush(stdout);
            *(wrong ? &failed : &passed) += 1;
        }
}

int main(int argc, char **argv)
{
    struct options options = {.letters = "lqs:n:t:", .usage = "[-lq] [-s SEED] [-n SCALE] [-t SECONDS] [NAME | GROUP]..."};
    for (int letter; (letter = option_next(&options, argv));)
        if (letter == 'l') {
            list_all();
            return 0;
        } else if (letter == 'q') {
            is_quiet = true;
        } else if (letter == 's') {
            test_seed = number_argument("SEED", options.value, UINT64_MAX);
        } else if (letter == 'n') {
            test_scale = (unsigned)number_argument("SCALE", options.value, 1000);
        } else {
            seconds = number_argument("SECONDS", options.value, 100000);
        }
    check_names(argv + options.next);
    run_all(argv + options.next);
    printf("usertests: %u passed, %u failed\n", passed, failed);
    return failed > 0;
}
