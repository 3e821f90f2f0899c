/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a program once on lockscope. Time is CPU time, since other work on the host must not count.
 */
#include "bench.h"

#include <emu/emu.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OUTPUT_MAX 1024

bool image_read(const char *folder, const char *program, struct image *ret_image, char failure[static BENCH_FAILURE_MAX])
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.elf", folder, program);
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(failure, BENCH_FAILURE_MAX, "cannot open %.200s: %s", path, strerror(errno));
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

static double own_cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ---- what both sides share ---- */

void bootargs_write(unsigned work, char ret_text[static BOOTARGS_MAX])
{
    snprintf(ret_text, BOOTARGS_MAX, "work=%u", work);
}

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

bool guest_line_parse(const char *text, struct guest_line *ret_line)
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

/* ---- the machine ---- */

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

static uint64_t transactions(const struct emu_machine *machine)
{
    struct emu_bus_stats stats;
    uint64_t sum = 0;
    emu_bus_stats(machine, &stats);
    for (unsigned i = 0; i < EMU_TRANSACTION_COUNT; i++)
        sum += stats.transactions[i];
    return sum;
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

static struct emu_machine *create(const struct image *image, const struct setup *setup, char failure[static BENCH_FAILURE_MAX])
{
    struct emu_config config;
    struct emu_error error;
    char bootargs[BOOTARGS_MAX];
    bootargs_write(setup->work, bootargs);
    emu_config_init(&config);
    config.harts = setup->harts;
    config.ram_bytes = BENCH_RAM_BYTES;
    config.fidelity = setup->is_timed ? EMU_TIMED : EMU_FAST;
    config.quantum_cycles = setup->quantum_cycles;
    config.kernel = image->bytes;
    config.kernel_bytes = image->size;
    config.bootargs = bootargs;
    struct emu_machine *machine = emu_machine_create(&config, &error);
    if (!machine)
        snprintf(failure, BENCH_FAILURE_MAX, "%.250s", error.text);
    return machine;
}

bool lockscope_run(const struct image *image, const struct setup *setup, struct run *ret_run,
                   char failure[static BENCH_FAILURE_MAX])
{
    char output[OUTPUT_MAX];
    size_t length = 0;
    uint64_t resident = resident_bytes();
    struct emu_machine *machine = create(image, setup, failure);
    if (!machine)
        return false;
    struct emu_until until;
    struct emu_stop stop;
    emu_until_init(&until);
    double before = own_cpu_seconds();
    do {
        stop = emu_run(machine, &until);
        drain(machine, output, &length);
    } while (stop.kind == EMU_STOP_EVENTS_FULL);
    struct run run = {.is_present = true, .seconds = own_cpu_seconds() - before};
    struct emu_stats stats;
    emu_stats(machine, &stats);
    run.instructions = stats.instructions;
    run.cycles = emu_now(machine);
    run.transactions = transactions(machine);
    run.host_bytes = host_bytes(&stats, resident);
    run.state_hash = emu_state_hash(machine);
    emu_machine_destroy(machine);
    if (stop.kind != EMU_STOP_FINISHED || stop.code != 0 || !guest_line_parse(output, &run.line) || !run.line.is_ok) {
        snprintf(failure, BENCH_FAILURE_MAX, "lockscope stopped with '%s', code %d: %.150s", emu_stop_name(stop.kind), stop.code,
                 output);
        return false;
    }
    *ret_run = run;
    return true;
}
