/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * -drive, -device and their like: what was written, and what it comes to, slot by slot. Opens no file.
 */
#ifndef UI_DEVICE_H
#define UI_DEVICE_H

#include <emu/emu.h>
#include <stdbool.h>
#include <stddef.h>

#define DRIVES_MOST       16
#define DEVICES_MOST      16
#define CHARDEVS_MOST     8
#define NETDEVS_MOST      8
#define DEVICE_FILE_BYTES 4096
#define DEVICE_ID_BYTES   64

struct options;

/* -drive. Without if= it is the device's that names it, or one of its own. */
enum drive_interface { DRIVE_EITHER, DRIVE_NONE, DRIVE_VIRTIO };

struct drive_option {
    char file[DEVICE_FILE_BYTES], id[DEVICE_ID_BYTES];
    enum drive_interface interface;
    bool read_only, snapshot, unsafe;
    uint64_t lose; /* seed, 0: nothing is lost */
    bool is_taken; /* by a device */
};

/* -device. */
struct device_option {
    const struct device_row *row;
    char id[DEVICE_ID_BYTES], drive[DEVICE_ID_BYTES], chardev[DEVICE_ID_BYTES], netdev[DEVICE_ID_BYTES], port_bus[DEVICE_ID_BYTES];
    char serial[EMU_DISK_SERIAL_BYTES + 1];
    int slot; /* -1: any */
    bool has_port;
    char file[DEVICE_FILE_BYTES]; /* of a loader */
    uint64_t address;
};

/* -chardev. */
struct chardev_option {
    char id[DEVICE_ID_BYTES];
    bool is_stdio; /* else nobody reads and writes it */
};

struct device_options {
    struct drive_option drive[DRIVES_MOST];
    struct device_option device[DEVICES_MOST];
    struct chardev_option chardev[CHARDEVS_MOST];
    char netdev[NETDEVS_MOST][DEVICE_ID_BYTES];
    unsigned drives, devices, chardevs, netdevs;
    bool snapshot; /* of all drives */
};

/* What is in a block device's slot; file: "" for none. */
struct disk_option {
    char file[DEVICE_FILE_BYTES];
    char serial[EMU_DISK_SERIAL_BYTES + 1];
    bool read_only, snapshot, unsafe;
    uint64_t lose;
};

struct device_row {
    const char *name;
    int kind; /* enum emu_virtio; -1: a port; -2: a loader */
    const char *arguments, *meaning;
};

struct drive_key_row {
    const char *name, *values, *meaning; /* values NULL: not in the reference */
};

extern const struct device_row device_rows[];
extern const size_t device_row_count;
extern const struct drive_key_row drive_key_rows[];
extern const size_t drive_key_row_count;

/* The values of the options; `where` is what the user wrote, and begins the sentences. */
bool device_parse_drive(struct device_options *options, const char *value, const char *where, struct emu_error *error);
bool device_parse_device(struct device_options *options, const char *value, const char *where, struct emu_error *error);
bool device_parse_chardev(struct device_options *options, const char *value, const char *where, struct emu_error *error);
bool device_parse_netdev(struct device_options *options, const char *value, const char *where, struct emu_error *error);

/* After all options: gives devices their slots as QEMU does (a device without bus= takes the highest that is free), which sets rows
 * of the configuration, and disks to slots. What a record or a machine file has put into slots stays, unless there are devices. */
bool devices_finish(struct options *options, struct emu_error *error);

#endif
