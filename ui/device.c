/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parser of -drive, -device, -chardev and -netdev, and the giving out of slots.
 */
#define _GNU_SOURCE
#include "device.h"
#include "option.h"
#include "word.h"

#include <stdio.h>
#include <string.h>

enum { KIND_PORT = -1, KIND_LOADER = -2 };

/* A piece "key=value"; ",," is a comma of the value. */
struct pair {
    char text[DEVICE_FILE_BYTES + DEVICE_ID_BYTES];
    char *value; /* NULL: there is no '=' */
};

/* False: there is none left, or (*ret_long) it does not fit. */
static bool pair_next(const char **cursor, struct pair *ret, bool *ret_long)
{
    size_t length = 0;
    const char *at = *cursor;
    *ret_long = false;
    if (!at)
        return false;
    for (; *at && !(at[0] == ',' && at[1] != ','); at++) {
        at += at[0] == ',';
        if (length + 1 == sizeof ret->text) {
            *ret_long = true;
            return false;
        }
        ret->text[length++] = *at;
    }
    ret->text[length] = '\0';
    *cursor = *at ? at + 1 : NULL;
    ret->value = strchr(ret->text, '=');
    if (ret->value)
        *ret->value++ = '\0';
    return true;
}

/* What a key's function gets: `to` is a drive or a device. */
struct taking {
    void *to;
    const char *key, *value, *where;
    struct emu_error *error;
};

typedef bool take_function(const struct taking *t);

static bool take_text(const struct taking *t, char *to, size_t bytes)
{
    if (t->value[0] == '\0' || strlen(t->value) >= bytes)
        return emu_error_set(t->error, "%s: %s must have 1 to %zu characters", t->where, t->key, bytes - 1);
    memcpy(to, t->value, strlen(t->value) + 1);
    return true;
}

static bool take_switch(const struct taking *t, bool *to)
{
    return switch_parse(t->value, to) || emu_error_set(t->error, "%s: %s is on or off, not '%.64s'", t->where, t->key, t->value);
}

/* ---- keys of drives ---- */

static bool take_file(const struct taking *t)
{
    struct drive_option *drive = t->to;
    return take_text(t, drive->file, sizeof drive->file);
}

static bool take_interface(const struct taking *t)
{
    struct drive_option *drive = t->to;
    drive->interface = strcmp(t->value, "none") ? DRIVE_VIRTIO : DRIVE_NONE;
    return drive->interface == DRIVE_NONE || !strcmp(t->value, "virtio") ||
           emu_error_set(t->error, "%s: there are drives of if=none and if=virtio, not '%.64s'", t->where, t->value);
}

static bool take_drive_id(const struct taking *t)
{
    struct drive_option *drive = t->to;
    return take_text(t, drive->id, sizeof drive->id);
}

static bool take_format(const struct taking *t)
{
    return !strcmp(t->value, "raw") ||
           emu_error_set(t->error, "%s: the only format is raw, not '%.64s'; qemu-img convert -O raw makes one of others", t->where,
                         t->value);
}

static bool take_read_only(const struct taking *t)
{
    return take_switch(t, &((struct drive_option *)t->to)->read_only);
}

static bool take_snapshot(const struct taking *t)
{
    return take_switch(t, &((struct drive_option *)t->to)->snapshot);
}

static bool take_cache(const struct taking *t)
{
    static const char *const words[] = {"writeback", "writethrough", "none", "directsync", "unsafe"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(t->value, words[i])) {
            ((struct drive_option *)t->to)->unsafe = !strcmp(t->value, "unsafe");
            return true;
        }
    return emu_error_set(t->error, "%s: cache is writeback, writethrough, none, directsync or unsafe, not '%.64s'", t->where,
                         t->value);
}

static bool take_lose(const struct taking *t)
{
    return number_parse(t->value, 1, UINT64_MAX, &((struct drive_option *)t->to)->lose) ||
           emu_error_set(t->error, "%s: lose is a number from 1 on, not '%.64s'", t->where, t->value);
}

static bool take_media(const struct taking *t)
{
    bool is_cdrom = !strcmp(t->value, "cdrom");
    ((struct drive_option *)t->to)->read_only |= is_cdrom;
    return is_cdrom || !strcmp(t->value, "disk") ||
           emu_error_set(t->error, "%s: media is disk or cdrom, not '%.64s'", t->where, t->value);
}

static bool take_drive_ignored(const struct taking *t)
{
    return true;
}

/* ---- keys of devices ---- */

static bool take_drive(const struct taking *t)
{
    struct device_option *device = t->to;
    return take_text(t, device->drive, sizeof device->drive);
}

static bool take_serial(const struct taking *t)
{
    struct device_option *device = t->to;
    return take_text(t, device->serial, sizeof device->serial);
}

static bool take_bus(const struct taking *t)
{
    static const char prefix[] = "virtio-mmio-bus.";
    struct device_option *device = t->to;
    uint64_t slot;
    if (strncmp(t->value, prefix, strlen(prefix)) || !number_parse(t->value + strlen(prefix), 0, EMU_VIRTIO_SLOTS - 1, &slot))
        return emu_error_set(t->error, "%s: the buses are virtio-mmio-bus.0 to virtio-mmio-bus.%d, not '%.64s'", t->where,
                             EMU_VIRTIO_SLOTS - 1, t->value);
    device->slot = (int)slot;
    return true;
}

static bool take_name(const struct taking *t)
{
    struct device_option *device = t->to;
    return take_text(t, device->id, sizeof device->id);
}

static bool take_netdev(const struct taking *t)
{
    struct device_option *device = t->to;
    return take_text(t, device->netdev, sizeof device->netdev);
}

static bool take_chardev(const struct taking *t)
{
    struct device_option *device = t->to;
    return take_text(t, device->chardev, sizeof device->chardev);
}

static bool take_port_bus(const struct taking *t)
{
    struct device_option *device = t->to;
    return take_text(t, device->port_bus, sizeof device->port_bus);
}

static bool take_loader_file(const struct taking *t)
{
    struct device_option *device = t->to;
    return take_text(t, device->file, sizeof device->file);
}

static bool take_address(const struct taking *t)
{
    struct device_option *device = t->to;
    return number_parse(t->value, 1, INT64_MAX, &device->address) ||
           emu_error_set(t->error, "%s: addr is an address, as 0x80200000, not '%.64s'", t->where, t->value);
}

static bool take_ignored(const struct taking *t)
{
    return true;
}

/* ---- rows ---- */

#define PORT    KIND_PORT
#define LOADER  KIND_LOADER
#define BLOCK   EMU_VIRTIO_BLOCK
#define RNG     EMU_VIRTIO_RNG
#define NET     EMU_VIRTIO_NET
#define CONSOLE EMU_VIRTIO_CONSOLE
const struct device_row device_rows[] = {
#define DEVICE(name, kind, arguments, meaning) {name, kind, arguments, meaning},
#include "device.def"
};
#undef PORT
#undef LOADER
#undef BLOCK
#undef RNG
#undef NET
#undef CONSOLE
const size_t device_row_count = sizeof device_rows / sizeof device_rows[0];

static const struct device_key {
    const char *device, *name;
    take_function *take;
} device_keys[] = {
#define DEVICE_KEY(device, key, id) {device, key, take_##id},
#include "device.def"
};

const struct drive_key_row drive_key_rows[] = {
#define DRIVE_KEY(key, id, values, meaning) {key, values, meaning},
#include "device.def"
};
const size_t drive_key_row_count = sizeof drive_key_rows / sizeof drive_key_rows[0];

static take_function *const drive_takes[] = {
#define DRIVE_KEY(key, id, values, meaning) take_##id,
#include "device.def"
};

static const struct device_row *device_find(const char *name, const char *where, struct emu_error *error)
{
    struct nearest nearest = nearest_to(name);
    char mmio[DEVICE_ID_BYTES];
    size_t length = strlen(name);
    for (size_t i = 0; i < device_row_count; i++) {
        if (!strcmp(device_rows[i].name, name))
            return &device_rows[i];
        nearest_offer(&nearest, device_rows[i].name);
    }
    if (length > 4 && length < sizeof mmio && !strcmp(name + length - 4, "-pci")) {
        snprintf(mmio, sizeof mmio, "%.*s-device", (int)length - 4, name);
        for (size_t i = 0; i < device_row_count; i++)
            if (!strcmp(device_rows[i].name, mmio))
                return emu_error_set(error, "%s: there is no PCI bus yet; use %s", where, mmio), NULL;
    }
    if (nearest.name)
        emu_error_set(error, "%s: there is no device '%.64s'; did you mean %s?", where, name, nearest.name);
    else
        emu_error_set(error, "%s: there is no device '%.64s'; docs/reference/options.md lists them", where, name);
    return NULL;
}

/* ---- the options' values ---- */

static bool too_many(const char *where, unsigned most, struct emu_error *error)
{
    return emu_error_set(error, "%s: there can be %u of these options", where, most);
}

static bool drive_take(struct drive_option *drive, const struct pair *pair, const char *where, struct emu_error *error)
{
    struct nearest nearest = nearest_to(pair->text);
    struct taking taking = {drive, pair->text, pair->value, where, error};
    for (size_t i = 0; i < drive_key_row_count; i++) {
        if (!strcmp(drive_key_rows[i].name, pair->text))
            return pair->value ? drive_takes[i](&taking) : emu_error_set(error, "%s: %s needs a value", where, pair->text);
        nearest_offer(&nearest, drive_key_rows[i].name);
    }
    return emu_error_set(error, "%s: drives have no '%.64s'%s%s%s", where, pair->text, nearest.name ? "; did you mean " : "",
                         nearest.name ? nearest.name : "", nearest.name ? "?" : "");
}

static bool long_value(const char *where, struct emu_error *error)
{
    return emu_error_set(error, "%s: too long", where);
}

bool device_parse_drive(struct device_options *options, const char *value, const char *where, struct emu_error *error)
{
    struct pair pair;
    bool is_long;
    if (options->drives == DRIVES_MOST)
        return too_many(where, DRIVES_MOST, error);
    struct drive_option *drive = &options->drive[options->drives];
    *drive = (struct drive_option){.interface = DRIVE_EITHER};
    while (pair_next(&value, &pair, &is_long))
        if (!drive_take(drive, &pair, where, error))
            return false;
    if (is_long)
        return long_value(where, error);
    if (!drive->file[0])
        return emu_error_set(error, "%s: a drive needs a file: file=FILE", where);
    for (unsigned i = 0; i < options->drives; i++)
        if (drive->id[0] && !strcmp(options->drive[i].id, drive->id))
            return emu_error_set(error, "%s: there are two drives with the id '%s'", where, drive->id);
    if (drive->interface == DRIVE_NONE && !drive->id[0])
        return emu_error_set(error, "%s: a drive of if=none needs an id for its -device: id=ID", where);
    options->drives++;
    return true;
}

static bool device_take(struct device_option *device, const struct pair *pair, const char *where, struct emu_error *error)
{
    struct nearest nearest = nearest_to(pair->text);
    struct taking taking = {device, pair->text, pair->value, where, error};
    for (size_t i = 0; i < sizeof device_keys / sizeof device_keys[0]; i++) {
        if (strcmp(device_keys[i].device, device->row->name))
            continue;
        if (!strcmp(device_keys[i].name, pair->text))
            return pair->value ? device_keys[i].take(&taking) : emu_error_set(error, "%s: %s needs a value", where, pair->text);
        nearest_offer(&nearest, device_keys[i].name);
    }
    return emu_error_set(error, "%s: %s has no '%.64s'%s%s%s", where, device->row->name, pair->text,
                         nearest.name ? "; did you mean " : "", nearest.name ? nearest.name : "", nearest.name ? "?" : "");
}

bool device_parse_device(struct device_options *options, const char *value, const char *where, struct emu_error *error)
{
    struct pair pair;
    bool is_long = false;
    if (options->devices == DEVICES_MOST)
        return too_many(where, DEVICES_MOST, error);
    struct device_option *device = &options->device[options->devices];
    if (!pair_next(&value, &pair, &is_long))
        return long_value(where, error);
    *device = (struct device_option){.slot = -1};
    bool is_named = pair.value && !strcmp(pair.text, "driver");
    device->row = device_find(is_named ? pair.value : pair.text, where, error);
    if (!device->row)
        return false;
    while (pair_next(&value, &pair, &is_long))
        if (!device_take(device, &pair, where, error))
            return false;
    if (is_long)
        return long_value(where, error);
    if (device->row->kind == KIND_LOADER && !device->file[0])
        return emu_error_set(error, "%s: a loader needs a file: file=FILE", where);
    if (device->row->kind == EMU_VIRTIO_BLOCK && !device->drive[0])
        return emu_error_set(error, "%s: a virtio-blk-device needs the id of a -drive: drive=ID", where);
    options->devices++;
    return true;
}

/* "TYPE,id=ID,...": the id goes to ret_id. */
static bool parse_named(const char *value, const char *where, char ret_type[DEVICE_ID_BYTES], char ret_id[DEVICE_ID_BYTES],
                        struct emu_error *error)
{
    struct pair pair;
    bool is_long;
    ret_type[0] = ret_id[0] = '\0';
    for (bool first = true; pair_next(&value, &pair, &is_long); first = false) {
        const char *text = first && !pair.value ? pair.text : !strcmp(pair.text, "id") ? pair.value : NULL;
        if (text)
            snprintf(first ? ret_type : ret_id, DEVICE_ID_BYTES, "%.*s", DEVICE_ID_BYTES - 1, text);
    }
    return (ret_type[0] && ret_id[0]) || emu_error_set(error, "%s: write TYPE,id=ID", where);
}

bool device_parse_chardev(struct device_options *options, const char *value, const char *where, struct emu_error *error)
{
    char type[DEVICE_ID_BYTES];
    if (options->chardevs == CHARDEVS_MOST)
        return too_many(where, CHARDEVS_MOST, error);
    struct chardev_option *chardev = &options->chardev[options->chardevs];
    if (!parse_named(value, where, type, chardev->id, error))
        return false;
    chardev->is_stdio = !strcmp(type, "stdio");
    if (!chardev->is_stdio && strcmp(type, "null"))
        return emu_error_set(error, "%s: a character device is stdio or null, not '%s'", where, type);
    options->chardevs++;
    return true;
}

bool device_parse_netdev(struct device_options *options, const char *value, const char *where, struct emu_error *error)
{
    char type[DEVICE_ID_BYTES];
    if (options->netdevs == NETDEVS_MOST)
        return too_many(where, NETDEVS_MOST, error);
    return parse_named(value, where, type, options->netdev[options->netdevs], error) && ++options->netdevs;
}

/* ---- slots ---- */

static bool slot_set(struct options *options, unsigned slot, int kind, struct emu_error *error)
{
    char key[16];
    snprintf(key, sizeof key, "slot%u", slot);
    return emu_config_assign(&options->machine, emu_config_find("virtio", key), (uint64_t)kind, error);
}

/* Puts a device into its slot, or the highest that is free; -1 with a sentence. */
static int slot_take(struct options *options, int kind, const char *name, int slot, struct emu_error *error)
{
    const unsigned *taken = options->machine.virtio.slot;
    if (slot >= 0 && taken[slot] != EMU_VIRTIO_NONE) {
        emu_error_set(error, "-device %s: virtio-mmio-bus.%d has a device already", name, slot);
        return -1;
    }
    for (int n = EMU_VIRTIO_SLOTS - 1; slot < 0 && n >= 0; n--)
        if (taken[n] == EMU_VIRTIO_NONE)
            slot = n;
    if (slot < 0)
        emu_error_set(error, "-device %s: there are only %d virtio slots, and all are taken", name, EMU_VIRTIO_SLOTS);
    return slot >= 0 && slot_set(options, (unsigned)slot, kind, error) ? slot : -1;
}

static void disk_set(struct options *options, int slot, struct drive_option *drive, const char *serial)
{
    struct disk_option *disk = &options->disk[slot];
    *disk = (struct disk_option){.read_only = drive->read_only,
                                 .snapshot = drive->snapshot || options->devices.snapshot,
                                 .unsafe = drive->unsafe,
                                 .lose = drive->lose};
    snprintf(disk->file, sizeof disk->file, "%s", drive->file);
    snprintf(disk->serial, sizeof disk->serial, "%s", serial);
    drive->is_taken = true;
}

static struct drive_option *drive_find(struct device_options *devices, const char *id)
{
    for (unsigned i = 0; i < devices->drives; i++)
        if (!strcmp(devices->drive[i].id, id))
            return &devices->drive[i];
    return NULL;
}

static bool has_netdev(const struct device_options *devices, const char *id)
{
    for (unsigned i = 0; i < devices->netdevs; i++)
        if (!strcmp(devices->netdev[i], id))
            return true;
    return false;
}

static bool place(struct options *options, struct device_option *device, struct emu_error *error)
{
    struct device_options *devices = &options->devices;
    const char *name = device->row->name;
    struct drive_option *drive = device->drive[0] ? drive_find(devices, device->drive) : NULL;
    if (device->netdev[0] && !has_netdev(devices, device->netdev))
        return emu_error_set(error, "-device %s: there is no -netdev with the id '%s'", name, device->netdev);
    if (device->drive[0] && !drive)
        return emu_error_set(error, "-device %s: there is no -drive with the id '%s'", name, device->drive);
    if (drive && (drive->is_taken || drive->interface == DRIVE_VIRTIO))
        return emu_error_set(error, "-device %s: the drive '%s' has a device already%s", name, device->drive,
                             drive->is_taken ? "" : " (it is of if=virtio)");
    device->slot = slot_take(options, device->row->kind, name, device->slot, error);
    if (device->slot >= 0 && drive)
        disk_set(options, device->slot, drive, device->serial);
    return device->slot >= 0;
}

static const struct chardev_option *chardev_find(const struct device_options *devices, const char *id)
{
    for (unsigned i = 0; i < devices->chardevs; i++)
        if (!strcmp(devices->chardev[i].id, id))
            return &devices->chardev[i];
    return NULL;
}

/* A virtconsole: the console that it is the port of. */
static bool place_port(struct options *options, struct device_option *port, struct emu_error *error)
{
    struct device_options *devices = &options->devices;
    struct device_option *console = NULL;
    size_t id_length = strcspn(port->port_bus, ".");
    for (struct device_option *device = devices->device; !console && device < devices->device + devices->devices; device++) {
        bool is_named = !port->port_bus[0] || (strlen(device->id) == id_length && !strncmp(device->id, port->port_bus, id_length));
        if (device->row->kind == EMU_VIRTIO_CONSOLE && !device->has_port && is_named)
            console = device;
    }
    if (!console)
        return emu_error_set(error, "-device virtconsole: it needs a virtio-serial-device that has no port yet");
    console->has_port = true;
    if (!port->chardev[0])
        return true;
    const struct chardev_option *chardev = chardev_find(devices, port->chardev);
    if (!chardev)
        return emu_error_set(error, "-device virtconsole: there is no -chardev with the id '%s'", port->chardev);
    if (chardev->is_stdio)
        options->stream = 1 + (unsigned)console->slot;
    return true;
}

/* What -serial chardev:ID comes to. */
static bool place_serial(struct options *options, struct emu_error *error)
{
    if (!options->serial_chardev)
        return true;
    const struct chardev_option *chardev = chardev_find(&options->devices, options->serial_chardev);
    if (!chardev)
        return emu_error_set(error, "-serial chardev:%s: there is no -chardev with that id", options->serial_chardev);
    options->serial = chardev->is_stdio ? SERIAL_STDIO : SERIAL_NULL;
    options->serial_given = chardev->is_stdio;
    return true;
}

/* Files and addresses of the loaders, in order. Returns how many there are, or -1 with a sentence. */
static int place_loaders(struct options *options, struct emu_error *error)
{
    int count = 0;
    for (unsigned i = 0; i < options->devices.devices; i++) {
        const struct device_option *device = &options->devices.device[i];
        if (device->row->kind != KIND_LOADER)
            continue;
        if (count == EMU_LOADERS) {
            emu_error_set(error, "-device loader: there can be %d of them", EMU_LOADERS);
            return -1;
        }
        snprintf(options->loader[count], sizeof options->loader[count], "%s", device->file);
        options->machine.loader_address[count++] = device->address;
    }
    return count;
}

bool devices_finish(struct options *options, struct emu_error *error)
{
    struct device_options *devices = &options->devices;
    int loaders = place_loaders(options, error);
    if (loaders < 0)
        return false;
    bool is_said = devices->drives || devices->devices > (unsigned)loaders; /* what is in the slots */
    for (unsigned slot = 0; is_said && slot < EMU_VIRTIO_SLOTS; slot++) {
        slot_set(options, slot, EMU_VIRTIO_NONE, NULL);
        options->disk[slot].file[0] = '\0';
    }
    for (unsigned i = 0; i < devices->devices; i++)
        if (devices->device[i].row->kind >= 0 && !place(options, &devices->device[i], error))
            return false;
    for (unsigned i = 0; i < devices->drives; i++) {
        struct drive_option *drive = &devices->drive[i];
        bool on_its_own = drive->interface != DRIVE_NONE && !drive->is_taken;
        int slot = on_its_own ? slot_take(options, EMU_VIRTIO_BLOCK, "virtio-blk-device", -1, error) : -1;
        if (on_its_own && slot < 0)
            return false;
        if (on_its_own)
            disk_set(options, slot, drive, "");
        if (!drive->is_taken)
            return emu_error_set(error, "the drive '%s' is not used: it needs a -device virtio-blk-device,drive=%s", drive->id,
                                 drive->id);
    }
    for (unsigned i = 0; i < devices->devices; i++)
        if (devices->device[i].row->kind == KIND_PORT && !place_port(options, &devices->device[i], error))
            return false;
    if (!place_serial(options, error))
        return false;
    if (options->stream && options->serial_given)
        return emu_error_set(error,
                             "-serial and the virtconsole cannot both have the terminal: leave -serial out, or use -serial null");
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
        if (options->machine.virtio.slot[slot] == EMU_VIRTIO_BLOCK && !options->disk[slot].file[0] && !options->print_config)
            return emu_error_set(error, "virtio.slot%u is a block device: it needs a -drive and a -device virtio-blk-device", slot);
    return true;
}
