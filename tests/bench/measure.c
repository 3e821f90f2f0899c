/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a program on both sides. Time is CPU time, since other work on the host must not count: of this thread while lockscope runs,
 * of the child process for QEMU, less what QEMU needs to start and stop (an empty program on as many harts). The sides take turns,
 * so that a slow spell of the host hits both.
 */
#include "bench.h"

#include <emu/emu.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX 1024

bool image_read(const char *folder, const char *program, struct image *ret_image, char failure[static 256])
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.elf", folder, program);
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(failure, 256, "cannot open %.200s: %s", path, strerror(errno));
        return false;
    }
    struct image image = {0};
    size_t room = 0, got;
    do {
        if (image.size == room) {
            room = room ? 2 * room : 65536;
            image.bytes = realloc(image.bytes, room);
            if (!image.bytes)
                abort();
        }
        got = fread((char *)image.bytes + image.size, 1, room - image.size, file);
        image.size += got;
    } while (got);
    fclose(file);
    *ret_image = image;
    return true;
}

void image_free(struct image *image)
{
    free(image->bytes);
}

static double cpu_seconds(const struct rusage *usage)
{
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
           1e-6 * (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static double own_cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return cpu_seconds(&usage);
}

/* ---- the guest's line ---- */

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static bool parse(const char *text, struct guest_line *ret_line)
{
    const char *line = strstr(text, "bench ");
    if (!line || !strchr(line, '\n'))
        return false;
    *ret_line = (struct guest_line){.is_ok = strstr(line, " ok\n") != NULL,
                                    .instret = field(line, " instret="),
                                    .done = field(line, " done="),
                                    .failed_sc = field(line, " failed_sc="),
                                    .traps = field(line, " ecalls=") + field(line, " faults=") + field(line, " timer_interrupts="),
                                    .checksum = field(line, " checksum=")};
    return true;
}

/* ---- lockscope ---- */

/* What this process has in memory; 0: unknown. */
static uint64_t resident_bytes(void)
{
    unsigned long long size, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    int found = fscanf(file, "%llu %llu", &size, &resident);
    fclose(file);
    return found == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/* What the machine says it needs beyond guest RAM, or what the process has grown by if that is more. */
static uint64_t host_bytes(const struct emu_stats *stats, uint64_t resident_before)
{
    uint64_t grown = resident_bytes() - resident_before - stats->ram_bytes_touched;
    return (int64_t)grown > (int64_t)stats->host_bytes ? grown : stats->host_bytes;
}

static void drain(struct emu_machine *machine, char *output, size_t *length)
{
    struct emu_event events[64];
    size_t n;
    while ((n = emu_events_read(machine, events, 64)))
        for (size_t i = 0; i < n; i++)
            if (events[i].kind == EMU_EVENT_CONSOLE_OUT && *length < OUTPUT_MAX - 1)
                output[(*length)++] = (char)events[i].a;
    output[*length] = '\0';
}

/* False with a sentence in row->failure. */
static bool run_lockscope(const struct image *image, const char *bootargs, struct row *row, struct row *ret_run)
{
    struct emu_config config;
    struct emu_error error;
    char output[OUTPUT_MAX];
    size_t length = 0;
    emu_config_init(&config);
    config.harts = row->harts;
    config.ram_bytes = BENCH_RAM_BYTES;
    config.kernel = image->bytes;
    config.kernel_bytes = image->size;
    config.bootargs = bootargs;
    uint64_t resident = resident_bytes();
    struct emu_machine *machine = emu_machine_create(&config, &error);
    if (!machine) {
        snprintf(row->failure, sizeof row->failure, "%.250s", error.text);
        return false;
    }
    struct emu_until until;
    struct emu_stop stop;
    emu_until_init(&until);
    double before = own_cpu_seconds();
    do {
        stop = emu_run(machine, &until);
        drain(machine, output, &length);
    } while (stop.kind == EMU_STOP_EVENTS_FULL);
    ret_run->lockscope.seconds = own_cpu_seconds() - before;
    struct emu_stats stats;
    emu_stats(machine, &stats);
    ret_run->instructions = stats.instructions;
    ret_run->host_bytes = host_bytes(&stats, resident);
    ret_run->state_hash = emu_state_hash(machine);
    emu_machine_destroy(machine);
    ret_run->lockscope.is_present = parse(output, &ret_run->lockscope.line);
    if (stop.kind != EMU_STOP_FINISHED || stop.code != 0 || !ret_run->lockscope.is_present || !ret_run->lockscope.line.is_ok) {
        snprintf(row->failure, sizeof row->failure, "lockscope stopped with '%s', code %d: %.150s", emu_stop_name(stop.kind),
                 stop.code, output);
        return false;
    }
    return true;
}

static bool keep_lockscope(struct row *row, const struct row *run)
{
    struct side *best = &row->lockscope;
    if (best->is_present && (run->state_hash != row->state_hash || run->instructions != row->instructions ||
                             run->lockscope.line.checksum != best->line.checksum)) {
        snprintf(row->failure, sizeof row->failure, "two runs of lockscope differ: state %016" PRIx64 " and %016" PRIx64,
                 row->state_hash, run->state_hash);
        return false;
    }
    if (!best->is_present || run->lockscope.seconds < best->seconds)
        *best = run->lockscope;
    row->instructions = run->instructions;
    if (run->host_bytes > row->host_bytes)
        row->host_bytes = run->host_bytes;
    row->state_hash = run->state_hash;
    return true;
}

/* ---- QEMU ---- */

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The child's side: never returns. */
static void exec_qemu(const struct options *options, const char *program, unsigned harts, const char *bootargs, int out)
{
    char kernel[4096], smp[16];
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

static bool run_qemu(const struct options *options, const char *program, const char *bootargs, struct row *row,
                     struct side *ret_side)
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
        exec_qemu(options, program, row->harts, bootargs, ends[1]);
    }
    close(ends[1]);
    collect(ends[0], child, options->limit_seconds, output);
    close(ends[0]);
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    ret_side->seconds = cpu_seconds(&usage);
    ret_side->is_present = parse(output, &ret_side->line);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !ret_side->is_present || !ret_side->line.is_ok) {
        snprintf(row->failure, sizeof row->failure, "%s ended with status %#x on %s: %.150s", options->qemu, (unsigned)status,
                 program, output);
        return false;
    }
    return true;
}

static void keep_least(struct side *best, const struct side *run)
{
    if (!best->is_present || run->seconds < best->seconds)
        *best = *run;
}

/* ---- both ---- */

static bool measure(const struct options *options, const struct image *image, struct row *row)
{
    struct side start = {0};
    char bootargs[32];
    snprintf(bootargs, sizeof bootargs, "work=%u", options->work);
    for (unsigned i = 0; i < options->repeats; i++) {
        struct row run = {0};
        struct side qemu = {0}, empty = {0};
        if (!run_lockscope(image, bootargs, row, &run) || !keep_lockscope(row, &run))
            return false;
        if (!options->qemu)
            continue;
        if (!run_qemu(options, "empty", bootargs, row, &empty) || !run_qemu(options, row->program, bootargs, row, &qemu))
            return false;
        keep_least(&start, &empty);
        keep_least(&row->qemu, &qemu);
    }
    row->qemu.seconds -= start.seconds;
    if (row->qemu.is_present && row->qemu.line.checksum != row->lockscope.line.checksum) {
        snprintf(row->failure, sizeof row->failure, "checksums differ: %" PRIu64 ", QEMU %" PRIu64, row->lockscope.line.checksum,
                 row->qemu.line.checksum);
        return false;
    }
    /* On one hart both count the same, but that QEMU counts an ecall as retired. */
    uint64_t ours = row->lockscope.line.instret, theirs = row->qemu.line.instret;
    if (row->qemu.is_present && row->harts == 1 && (theirs < ours || theirs - ours > theirs / 1000 + row->lockscope.line.traps)) {
        snprintf(row->failure, sizeof row->failure, "instructions differ: %" PRIu64 ", QEMU %" PRIu64, ours, theirs);
        return false;
    }
    return true;
}

void measure_row(const struct options *options, struct row *row)
{
    struct image image;
    if (!image_read(options->guests, row->program, &image, row->failure))
        return;
    measure(options, &image, row);
    image_free(&image);
}

double row_mips(const struct row *row, const struct side *side)
{
    return side->is_present && side->seconds > 0 ? (double)row->instructions / side->seconds * 1e-6 : 0;
}

double row_ratio(const struct row *row)
{
    const struct side *ours = &row->lockscope, *qemu = &row->qemu;
    if (!ours->is_present || !qemu->is_present || ours->seconds <= 0 || qemu->line.done == 0)
        return 0;
    return qemu->seconds / (double)qemu->line.done / (ours->seconds / (double)ours->line.done);
}
