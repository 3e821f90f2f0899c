/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The statistics file. Everything outside "host" is the same for the same run on any host.
 */
#include "stats.h"
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *hash_json(uint64_t hash)
{
    return json_sprintf("%016" PRIx64, hash);
}

static void put(json_t *object, const char *name, uint64_t value)
{
    json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void row_put(json_t *object, const struct emu_config *config, const struct emu_config_row *row)
{
    char name[64], text[32];
    uint64_t value = emu_config_value(config, row);
    snprintf(name, sizeof name, "%.31s.%.31s", row->section, row->key);
    emu_config_text(config, row, text);
    json_object_set_new(object, name,
                        row->kind == EMU_CONFIG_NUMBER   ? json_integer((json_int_t)value)
                        : row->kind == EMU_CONFIG_SWITCH ? json_boolean(value)
                                                         : json_string(text));
}

static json_t *disks_json(const struct disks *disks)
{
    json_t *list = json_array();
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct disk_file *disk = &disks->slot[slot];
        if (!disk->path)
            continue;
        json_t *one = json_object(), *path = json_string(disk->path), *serial = json_string(disk->serial);
        put(one, "slot", slot);
        json_object_set_new(one, "path", path ? path : json_null()); /* not UTF-8 */
        json_object_set_new(one, "serial", serial ? serial : json_null());
        put(one, "bytes", disk->bytes);
        json_object_set_new(one, "read-only", json_boolean(disk->read_only));
        json_object_set_new(one, "xxh3", hash_json(disk->hash));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *configuration_json(const struct emu_config *config, const struct images *images, const struct disks *disks)
{
    json_t *object = json_object(), *list = json_array();
    for (size_t i = 0; i < emu_config_row_count; i++)
        row_put(object, config, &emu_config_rows[i]);
    json_object_set_new(object, "bootargs", config->bootargs ? json_string(config->bootargs) : json_null());
    for (size_t i = 0; i < IMAGE_ROLE_COUNT; i++) {
        const struct image *image = &images->role[i];
        if (!image->path)
            continue;
        json_t *one = json_object(), *path = json_string(image->path);
        json_object_set_new(one, "role", json_string(image_role_names[i]));
        json_object_set_new(one, "path", path ? path : json_null()); /* not UTF-8 */
        put(one, "bytes", image->bytes);
        json_object_set_new(one, "xxh3", hash_json(image->hash));
        json_array_append_new(list, one);
    }
    json_object_set_new(object, "images", list);
    json_object_set_new(object, "disks", disks_json(disks));
    return object;
}

static json_t *disk_counts_json(const struct emu_machine *machine)
{
    json_t *list = json_array();
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        struct emu_disk_stats stats;
        if (!emu_disk_stats(machine, slot, &stats))
            continue;
        json_t *object = json_object();
        put(object, "slot", slot);
        put(object, "requests", stats.requests);
        put(object, "sectors-read", stats.sectors_read);
        put(object, "sectors-written", stats.sectors_written);
        put(object, "flushes", stats.flushes);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *machine_json(const struct emu_machine *machine, const struct emu_stats *stats)
{
    json_t *object = json_object();
    put(object, "cycles", stats->cycles);
    put(object, "instructions", stats->instructions);
    put(object, "events", stats->events);
    put(object, "device-accesses", stats->device_accesses);
    put(object, "ram-bytes-touched", stats->ram_bytes_touched);
    json_object_set_new(object, "disks", disk_counts_json(machine));
    return object;
}

static json_t *use_json(struct emu_bus_use use)
{
    json_t *object = json_object();
    put(object, "busy-cycles", use.busy);
    put(object, "total-cycles", use.total);
    return object;
}

/* One member a kind, of `count` kinds. */
static json_t *counts_json(const uint64_t *counts, unsigned count, const char *(*name)(unsigned))
{
    json_t *object = json_object();
    for (unsigned i = 0; i < count; i++)
        put(object, name(i), counts[i]);
    return object;
}

static json_t *ports_json(const struct emu_machine *machine)
{
    json_t *list = json_array();
    for (unsigned port = 0; port < emu_ports(machine); port++) {
        struct emu_port_stats stats;
        emu_port_stats(machine, port, &stats);
        json_t *object = json_object();
        put(object, "port", port);
        put(object, "transactions", stats.transactions);
        put(object, "waited-cycles", stats.waited_cycles);
        put(object, "data-cycles", stats.data_cycles);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *bus_json(const struct emu_machine *machine)
{
    struct emu_bus_stats stats;
    emu_bus_stats(machine, &stats);
    json_t *object = json_object();
    json_object_set_new(object, "address", use_json(stats.address));
    json_object_set_new(object, "data", use_json(stats.data));
    json_object_set_new(object, "bus-bound", json_boolean(emu_bus_is_bound(&stats)));
    json_object_set_new(object, "transactions", counts_json(stats.transactions, EMU_TRANSACTION_COUNT, emu_transaction_name));
    put(object, "lines-from-caches", stats.lines_from_caches);
    put(object, "lines-from-memory", stats.lines_from_memory);
    put(object, "invalidations", stats.invalidations);
    put(object, "refused", stats.refused);
    put(object, "withdrawn", stats.withdrawn);
    json_object_set_new(object, "ports", ports_json(machine));
    return object;
}

static json_t *cycles_json(const struct emu_hart_stats *stats)
{
    json_t *object = counts_json(stats->cycles_by, EMU_CYCLES_COUNT, emu_cycles_name);
    put(object, "total", stats->cycles);
    return object;
}

static json_t *harts_json(const struct emu_machine *machine)
{
    json_t *list = json_array();
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_stats stats;
        emu_hart_stats(machine, hart, &stats);
        json_t *object = json_object();
        put(object, "hart", hart);
        put(object, "instructions", stats.instructions);
        put(object, "traps", stats.traps);
        put(object, "interrupts", stats.interrupts);
        json_object_set_new(object, "cycles", cycles_json(&stats));
        json_object_set_new(object, "misses", counts_json(stats.misses, EMU_MISS_COUNT, emu_miss_name));
        put(object, "upgrades", stats.upgrades);
        put(object, "write-backs", stats.write_backs);
        put(object, "device-accesses", stats.device_accesses);
        put(object, "sc-succeeded", stats.sc_succeeded);
        put(object, "sc-failed", stats.sc_failed);
        json_object_set_new(object, "sc-failed-by", counts_json(stats.sc_failed_by, EMU_REASON_COUNT, emu_reason_name));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *host_json(const struct emu_stats *stats, const struct ending *ending)
{
    json_t *object = json_object();
    double seconds = ending->host_seconds;
    json_object_set_new(object, "seconds", json_real(seconds));
    json_object_set_new(object, "mips", json_real(seconds > 0 ? stats->instructions / seconds * 1e-6 : 0));
    put(object, "bytes", stats->host_bytes);
    put(object, "blocks-decoded", stats->blocks_decoded);
    put(object, "code-discarded", stats->code_discarded);
    put(object, "walks", stats->walks);
    return object;
}

bool stats_is_output(const char *file)
{
    return !strcmp(file, "-");
}

static bool dump(const json_t *root, FILE *to)
{
    return !json_dumpf(root, to, JSON_INDENT(2)) && fputc('\n', to) != EOF && !fflush(to);
}

bool stats_write(const char *file, const struct emu_machine *machine, const struct emu_config *config, const struct images *images,
                 const struct disks *disks, const struct ending *ending, struct emu_error *error)
{
    struct emu_stats stats;
    emu_stats(machine, &stats);
    json_t *root = json_object();
    json_object_set_new(root, "format", json_string("lockscope-stats"));
    put(root, "version", STATS_FORMAT_VERSION);
    json_object_set_new(root, "program", json_string(LOCKSCOPE_VERSION));
    json_object_set_new(root, "approximate", json_boolean(config_is_approximate(config)));
    json_object_set_new(root, "configuration", configuration_json(config, images, disks));
    json_object_set_new(root, "stop", json_string(ending_rows[ending->kind].name));
    put(root, "exit-code", ending->code);
    json_object_set_new(root, "state-hash", hash_json(emu_state_hash(machine)));
    json_object_set_new(root, "machine", machine_json(machine, &stats));
    json_object_set_new(root, "bus", bus_json(machine));
    json_object_set_new(root, "harts", harts_json(machine));
    json_object_set_new(root, "host", host_json(&stats, ending));
    FILE *to = stats_is_output(file) ? stdout : fopen(file, "we");
    bool ok = to && dump(root, to);
    if (to && to != stdout && fclose(to))
        ok = false;
    json_decref(root);
    return ok || emu_error_set(error, "cannot write the statistics %s: %s", file, strerror(errno));
}
