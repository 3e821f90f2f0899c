/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first and only program of the Linux guest: mounts what it needs, runs the tests, one line each (`ok NAME`, `not ok NAME
 * reason`, `skip NAME reason`), sums up and powers off. The kernel's command line may have harts=N (how many there must be) and
 * rounds=N.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

unsigned harts, rounds;

static const struct {
    const char *name;
    const char *(*run)(void);
} tests[] = {
    {"harts", test_harts},
    {"threads", test_threads},
    {"atomics", test_atomics},
    {"futex-lock", test_futex_lock},
    {"futex-relay", test_futex_relay},
    {"barriers", test_barriers},
    {"fp-context", test_fp_context},
    {"fp-modes", test_fp_modes},
    {"fork", test_fork},
    {"exec", test_exec},
    {"pipes", test_pipes},
    {"signals", test_signals},
    {"faults", test_faults},
    {"timers", test_timers},
    {"clock", test_clock},
    {"shootdown", test_shootdown},
    {"new-code", test_new_code},
    {"files", test_files},
    {"block", test_block},
};

const char *failed(const char *format, ...)
{
    static char text[256];
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (error)
        snprintf(text + length, sizeof text - (size_t)length, " (%s)", strerror(error));
    return text;
}

bool pin(unsigned hart)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(hart, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

struct share {
    const char *(*body)(unsigned hart);
    unsigned hart;
};

static void *share_main(void *argument)
{
    const struct share *share = argument;
    if (!pin(share->hart))
        return (void *)failed("hart %u takes no thread", share->hart);
    return (void *)share->body(share->hart);
}

const char *on_all_harts(const char *(*body)(unsigned hart))
{
    pthread_t threads[HARTS_MAX];
    struct share shares[HARTS_MAX];
    void *result = NULL, *one;
    unsigned begun = 0;
    for (; begun < harts; begun++) {
        shares[begun] = (struct share){body, begun};
        errno = pthread_create(&threads[begun], NULL, share_main, &shares[begun]);
        if (errno)
            break;
    }
    if (begun < harts)
        result = (void *)failed("there are %u threads only", begun);
    while (begun-- > 0) {
        pthread_join(threads[begun], &one);
        result = one ? one : result;
    }
    return result;
}

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    unsigned ok = 0, not_ok = 0;
    if (argc > 1 && !strcmp(argv[1], "exec-child"))
        return exec_child(argc, argv);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    int console = open("/dev/console", O_RDWR);
    for (int fd = 0; console >= 0 && fd < 3; fd++)
        dup2(console, fd);
    setvbuf(stdout, NULL, _IOLBF, 0);
    harts = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    harts = harts < HARTS_MAX ? harts : HARTS_MAX;
    rounds = number_of("rounds", 1000);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        errno = 0;
        const char *why = tests[i].run();
        bool skipped = why && !strncmp(why, "skip ", 5);
        if (skipped)
            printf("skip %s %s\n", tests[i].name, why + 5);
        else
            printf(why ? "not ok %s %s\n" : "ok %s\n", tests[i].name, why);
        ok += !why;
        not_ok += why && !skipped;
    }
    printf("linux-test: %u ok, %u failed\n", ok, not_ok);
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
