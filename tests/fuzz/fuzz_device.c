/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes -drive, -device, -chardev and -netdev: each line is one, its first character says which. Whatever they say, they are
 * either accepted, and then every slot with a block device has a disk and every other has none, or refused with a sentence.
 */
#include "fuzz.h"

#include <device.h>
#include <option.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take(struct options *options, char *line, struct emu_error *error)
{
    char where[64];
    snprintf(where, sizeof where, "%.50s", line);
    switch (line[0]) {
    case 'd':
        return device_parse_drive(&options->devices, line + 1, where, error);
    case 'v':
        return device_parse_device(&options->devices, line + 1, where, error);
    case 'c':
        return device_parse_chardev(&options->devices, line + 1, where, error);
    case 'n':
        return device_parse_netdev(&options->devices, line + 1, where, error);
    default:
        options->devices.snapshot = true;
        return true;
    }
}

static void check(const struct options *options)
{
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct disk_option *disk = &options->disk[slot];
        bool is_block = options->machine.virtio.slot[slot] == EMU_VIRTIO_BLOCK;
        if (is_block != (disk->file[0] != '\0') || strlen(disk->file) >= sizeof disk->file ||
            strlen(disk->serial) >= sizeof disk->serial)
            abort();
    }
    if (options->stream > EMU_VIRTIO_SLOTS ||
        (options->stream && options->machine.virtio.slot[options->stream - 1] != EMU_VIRTIO_CONSOLE))
        abort();
    if (!emu_config_check(&options->machine, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options *options = calloc(1, sizeof *options);
    char *text = malloc(size + 1), *rest = text;
    struct emu_error error = {""};
    bool ok = options && text;
    if (ok) {
        memcpy(text, data, size);
        text[size] = '\0';
        emu_config_init(&options->machine);
    }
    while (ok && rest && *rest) {
        char *line = rest;
        rest = strchr(rest, '\n');
        if (rest)
            *rest++ = '\0';
        ok = take(options, line, &error);
    }
    if (ok && devices_finish(options, &error))
        check(options);
    else if (options && text && !error.text[0])
        abort();
    free(text);
    free(options);
    return 0;
}
