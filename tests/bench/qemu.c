/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a program once on QEMU, in a child process with a time limit. Its time is the CPU time of the child.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX 1024

static double cpu_seconds(const struct rusage *usage)
{
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
           1e-6 * (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The child's side: never returns. */
static void exec_qemu(const struct options *options, const char *program, unsigned harts, int out)
{
    char kernel[4096], smp[16], bootargs[BOOTARGS_MAX];
    bootargs_write(options->work, bootargs);
    snprintf(kernel, sizeof kernel, "%s/%s.elf", options->guests, program);
    snprintf(smp, sizeof smp, "%u", harts);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execlp(options->qemu, options->qemu, "-M", "virt", "-cpu", "rv64", "-smp", smp, "-m", BENCH_RAM_TEXT, "-bios", "none",
           "-nographic", "-icount", "shift=0", "-append", bootargs, "-kernel", kernel, (char *)NULL);
    _exit(127);
}

/* Reads until the child closes its end or the time is over; then it is killed. */
static void collect(int in, pid_t child, unsigned limit_seconds, char *output)
{
    size_t length = 0;
    double end = now_seconds() + limit_seconds;
    for (;;) {
        double left = end - now_seconds();
        struct pollfd fd = {.fd = in, .events = POLLIN};
        if (left <= 0 || poll(&fd, 1, (int)(left * 1000) + 1) == 0) {
            kill(child, SIGKILL);
            break;
        }
        char chunk[256];
        ssize_t got = read(in, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got && length < OUTPUT_MAX - 1; i++)
            output[length++] = chunk[i];
    }
    output[length] = '\0';
}

bool qemu_run(const struct options *options, const char *program, unsigned harts, struct side *ret_side,
              char failure[static BENCH_FAILURE_MAX])
{
    char output[OUTPUT_MAX];
    int ends[2], status;
    struct rusage usage;
    if (pipe(ends) != 0)
        abort();
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        close(ends[0]);
        exec_qemu(options, program, harts, ends[1]);
    }
    close(ends[1]);
    collect(ends[0], child, options->limit_seconds, output);
    close(ends[0]);
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    ret_side->seconds = cpu_seconds(&usage);
    ret_side->is_present = guest_line_parse(output, &ret_side->line);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !ret_side->is_present || !ret_side->line.is_ok) {
        snprintf(failure, BENCH_FAILURE_MAX, "%s ended with status %#x on %s: %.150s", options->qemu, (unsigned)status, program,
                 output);
        return false;
    }
    return true;
}
