/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading of images. Every failure is one sentence that names the file, or the Debian package that would bring it.
 */
#define _GNU_SOURCE
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define IMAGE_BYTES_MOST (INT64_C(8) << 30)
#define BUNDLED_HARTS    4

const char *const image_role_names[IMAGE_ROLE_COUNT] = {"firmware", "kernel", "initrd", "dtb"};

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

static bool read_all(int fd, struct image *image)
{
    size_t done = 0;
    while (done < image->bytes) {
        ssize_t n = read(fd, (char *)image->data + done, image->bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = EIO; /* the file shrank meanwhile */
            return false;
        }
        done += n;
    }
    return true;
}

static bool read_opened(struct image *image, int fd, const char *path, struct emu_error *error)
{
    struct stat status;
    if (fstat(fd, &status))
        return emu_error_set(error, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return emu_error_set(error, "cannot read %s: %s", path, S_ISDIR(status.st_mode) ? strerror(EISDIR) : "Not a regular file");
    if (status.st_size == 0)
        return emu_error_set(error, "cannot use %s: the file is empty", path);
    if (status.st_size > IMAGE_BYTES_MOST)
        return emu_error_set(error, "cannot use %s: the file is larger than 8 GiB", path);
    image->bytes = status.st_size;
    image->data = malloc(image->bytes);
    if (!image->data || !read_all(fd, image))
        return emu_error_set(error, "cannot read %s: %s", path, strerror(errno));
    image->hash = XXH3_64bits(image->data, image->bytes);
    image->path = realpath(path, NULL);
    if (!image->path)
        image->path = strdup(path);
    return image->path || emu_error_set(error, "cannot read %s: %s", path, strerror(errno));
}

bool image_read(struct image *image, const char *path, struct emu_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not hang us */
    if (fd < 0)
        return emu_error_set(error, "cannot read %s: %s", path, strerror(errno));
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
        return has_kernel || emu_error_set(error, "nothing to run: -bios none needs a -kernel");
    struct image *image = &images->role[IMAGE_FIRMWARE];
    return strcmp(bios, "default") ? image_read(image, bios, error) : read_packaged(image, &packaged_firmware, error);
}

bool images_load(struct images *images, struct options *options, struct emu_error *error)
{
    const char *kernel = options->program ? options->program : options->kernel;
    bool bundled = !kernel && !options->bios;
    if (!kernel && (options->initrd || options->machine.bootargs))
        return emu_error_set(error, "%s needs a -kernel", options->initrd ? "-initrd" : "-append");
    if (!load_firmware(images, options, kernel || bundled, error))
        return false;
    if (kernel && !image_read(&images->role[IMAGE_KERNEL], kernel, error))
        return false;
    if (bundled && !read_packaged(&images->role[IMAGE_KERNEL], &packaged_guest, error))
        return false;
    if (bundled && !options->harts_given)
        options->machine.harts = BUNDLED_HARTS;
    if (options->initrd && !image_read(&images->role[IMAGE_INITRD], options->initrd, error))
        return false;
    return !options->dtb || image_read(&images->role[IMAGE_DTB], options->dtb, error);
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
