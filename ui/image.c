/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading of images. Every failure is one sentence that names the file, or the Debian package that would bring it.
 */
#define _GNU_SOURCE
#include "image.h"
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

#define IMAGE_BYTES_MOST (UINT64_C(8) << 30)

const char *const image_role_names[IMAGE_ROLE_COUNT] = {"firmware", "kernel",  "initrd",  "dtb",
                                                           "loader0",  "loader1", "loader2", "loader3"};

/* Where packages put what we boot by default; the first that exists is taken. */
struct packaged {
    const char *what, *package;
    const char *paths[4];
};

static const struct packaged packaged_firmware = {
    "OpenSBI firmware",
    "opensbi",
    {"/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin", "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin",
     "/usr/local/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin", NULL},
};

static const struct packaged packaged_guest = {
    "bundled guest (U-Boot)",
    "u-boot-qemu",
    {"/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin", NULL},
};

/* ---- files packed by gzip ---- */

static bool is_packed(const struct image *image)
{
    const uint8_t *bytes = image->data;
    return image->bytes >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* Doubles the room, up to what an image may have. */
static bool make_room(void **data, size_t *room)
{
    size_t bigger = *room < IMAGE_BYTES_MOST / 2 ? 2 * *room : IMAGE_BYTES_MOST;
    void *at = bigger > *room ? realloc(*data, bigger) : NULL;
    if (!at)
        return false;
    *data = at;
    *room = bigger;
    return true;
}

/* All members of the file, one behind the other. Z_OK: something follows that is no member; Z_STREAM_END: all is well. */
static int unpack_into(z_stream *stream, const struct image *image, void **data, size_t *room, size_t *bytes)
{
    size_t given = 0;
    int result = Z_OK;
    do {
        if (*bytes == *room && !make_room(data, room))
            return Z_MEM_ERROR;
        size_t in = image->bytes - given, out = *room - *bytes;
        stream->next_in = (Bytef *)image->data + given;
        stream->avail_in = in < UINT_MAX ? (uInt)in : UINT_MAX;
        stream->next_out = (Bytef *)*data + *bytes;
        stream->avail_out = out < UINT_MAX ? (uInt)out : UINT_MAX;
        result = inflate(stream, Z_NO_FLUSH);
        given = (size_t)(stream->next_in - (Bytef *)image->data);
        *bytes = (size_t)(stream->next_out - (Bytef *)*data);
        if (result == Z_STREAM_END && given < image->bytes)
            result = inflateReset(stream);
        if (result == Z_BUF_ERROR && given < image->bytes)
            result = Z_OK; /* it only wants room */
    } while (result == Z_OK);
    return result;
}

/* Replaces the file's bytes by what was packed in them. */
static bool unpack(struct image *image, const char *path, struct emu_error *error)
{
    size_t room = 4 * image->bytes < IMAGE_BYTES_MOST ? 4 * image->bytes : IMAGE_BYTES_MOST, bytes = 0;
    void *data = malloc(room);
    z_stream stream = {0};
    int result = data && inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK ? unpack_into(&stream, image, &data, &room, &bytes) : Z_MEM_ERROR;
    inflateEnd(&stream);
    free(image->data);
    image->data = data;
    image->bytes = bytes;
    if (result == Z_MEM_ERROR)
        return emu_error_set(error, "cannot use %s: unpacked it is larger than 8 GiB, or than the host's memory", path);
    if (result != Z_STREAM_END)
        return emu_error_set(error, "cannot use %s: it begins as a gzip file and is damaged or cut off", path);
    return bytes > 0 || emu_error_set(error, "cannot use %s: nothing is packed in it", path);
}

static bool read_opened(struct image *image, int fd, const char *path, struct emu_error *error)
{
    if (image->bytes == 0)
        return emu_error_set(error, "cannot use %s: the file is empty", path);
    if (image->bytes > IMAGE_BYTES_MOST)
        return emu_error_set(error, "cannot use %s: the file is larger than 8 GiB", path);
    image->data = malloc(image->bytes);
    if (!image->data || !file_read(fd, image->data, image->bytes))
        return emu_error_set(error, "cannot read %s: %s", path, strerror(errno));
    image->hash = XXH3_64bits(image->data, image->bytes);
    image->path = realpath(path, NULL);
    if (!image->path)
        image->path = strdup(path);
    return image->path || emu_error_set(error, "cannot read %s: %s", path, strerror(errno));
}

/* What the guest itself does not unpack. */
static bool read_unpacked(struct image *image, const char *path, struct emu_error *error)
{
    return image_read(image, path, error) && (!is_packed(image) || unpack(image, path, error));
}

bool image_read(struct image *image, const char *path, struct emu_error *error)
{
    int64_t bytes;
    int fd = file_open(path, &bytes, error);
    if (fd < 0)
        return false;
    image->bytes = bytes;
    bool ok = read_opened(image, fd, path, error);
    close(fd);
    return ok;
}

static bool read_packaged(struct image *image, const struct packaged *packaged, struct emu_error *error)
{
    const char *root = getenv("LOCKSCOPE_ROOT");
    for (size_t i = 0; packaged->paths[i]; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s%s", root ? root : "", packaged->paths[i]);
        if (length > 0 && length < (int)sizeof path && !access(path, F_OK))
            return image_read(image, path, error);
    }
    return emu_error_set(error, "the %s is not installed; Debian's package %s brings it (apt install %s)", packaged->what,
                         packaged->package, packaged->package);
}

static bool load_firmware(struct images *images, const struct options *options, bool has_kernel, struct emu_error *error)
{
    const char *bios = options->bios ? options->bios : options->program ? "none" : "default";
    if (!strcmp(bios, "none"))
        return has_kernel || options->dump_dtb[0] || emu_error_set(error, "nothing to run: -bios none needs a -kernel");
    struct image *image = &images->role[IMAGE_FIRMWARE];
    return strcmp(bios, "default") ? read_unpacked(image, bios, error) : read_packaged(image, &packaged_firmware, error);
}

bool images_are_bundled(const struct options *options)
{
    return !options->program && !options->kernel && !options->bios && !options->loader[0][0];
}

bool images_load(struct images *images, const struct options *options, struct emu_error *error)
{
    const char *kernel = options->program ? options->program : options->kernel;
    bool bundled = images_are_bundled(options);
    if (!kernel && (options->initrd || options->machine.bootargs))
        return emu_error_set(error, "%s needs a -kernel", options->initrd ? "-initrd" : "-append");
    if (!load_firmware(images, options, kernel || bundled || options->loader[0][0], error))
        return false;
    if (kernel && !read_unpacked(&images->role[IMAGE_KERNEL], kernel, error))
        return false;
    if (bundled && !read_packaged(&images->role[IMAGE_KERNEL], &packaged_guest, error))
        return false;
    if (options->initrd && !image_read(&images->role[IMAGE_INITRD], options->initrd, error))
        return false;
    if (options->dtb && !image_read(&images->role[IMAGE_DTB], options->dtb, error))
        return false;
    for (unsigned i = 0; i < EMU_LOADERS; i++)
        if (options->loader[i][0] && !image_read(&images->role[IMAGE_LOADER + i], options->loader[i], error))
            return false;
    return true;
}

void images_configure(const struct images *images, struct emu_config *config)
{
    const struct image *role = images->role;
    config->firmware = role[IMAGE_FIRMWARE].data;
    config->firmware_bytes = role[IMAGE_FIRMWARE].bytes;
    config->kernel = role[IMAGE_KERNEL].data;
    config->kernel_bytes = role[IMAGE_KERNEL].bytes;
    config->initrd = role[IMAGE_INITRD].data;
    config->initrd_bytes = role[IMAGE_INITRD].bytes;
    config->dtb = role[IMAGE_DTB].data;
    config->dtb_bytes = role[IMAGE_DTB].bytes;
    for (unsigned i = 0; i < EMU_LOADERS; i++) {
        config->loader[i] = role[IMAGE_LOADER + i].data;
        config->loader_bytes[i] = role[IMAGE_LOADER + i].bytes;
    }
}

void images_give_symbols(struct images *images, struct symbols *symbols)
{
    for (size_t i = 0; i < IMAGE_ROLE_COUNT; i++) {
        struct image *image = &images->role[i];
        if (!image->data || !symbols_is_elf(image->data, image->bytes))
            continue;
        symbols_take(symbols, image->data, image->bytes, image->path, 0, NULL); /* the machine takes images that this does not */
        image->data = NULL;
    }
}

void images_forget_data(struct images *images)
{
    for (size_t i = 0; i < IMAGE_ROLE_COUNT; i++) {
        free(images->role[i].data);
        images->role[i].data = NULL;
    }
}

void images_finish(struct images *images)
{
    images_forget_data(images);
    for (size_t i = 0; i < IMAGE_ROLE_COUNT; i++) {
        free(images->role[i].path);
        images->role[i].path = NULL;
    }
}
