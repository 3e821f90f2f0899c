/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files that a run starts from: which ones (bundled guest, firmware search), their bytes and their hashes.
 */
#ifndef UI_IMAGE_H
#define UI_IMAGE_H

#include "option.h"
#include "symbols.h"

enum image_role { IMAGE_FIRMWARE, IMAGE_KERNEL, IMAGE_INITRD, IMAGE_DTB, IMAGE_LOADER, IMAGE_ROLE_COUNT = IMAGE_LOADER + EMU_LOADERS };

extern const char *const image_role_names[IMAGE_ROLE_COUNT];

struct image {
    char *path; /* absolute; owned; NULL: the role is not filled */
    void *data; /* owned; NULL after images_forget_data */
    size_t bytes;  /* unpacked */
    uint64_t hash; /* XXH3, 64 bits, of the file as it is */
};

struct images {
    struct image role[IMAGE_ROLE_COUNT];
};

/* Whether the options name nothing to run, so that the bundled guest is meant. */
bool images_are_bundled(const struct options *options);
/* Decides which files the options mean and reads them all. False with a sentence. */
bool images_load(struct images *images, const struct options *options, struct emu_error *error);
/* Lets *config point at the bytes. */
void images_configure(const struct images *images, struct emu_config *config);
/* Gives the bytes of ELF images away, for names and source lines; before images_forget_data. Others keep theirs. */
void images_give_symbols(struct images *images, struct symbols *symbols);
/* Frees the bytes, which the machine has copied; names, sizes and hashes stay. */
void images_forget_data(struct images *images);
void images_finish(struct images *images);

/* Reads one regular, non-empty file of at most 8 GiB, as it is. (Firmware and kernels packed by gzip are unpacked by images_load.) */
bool image_read(struct image *image, const char *path, struct emu_error *error);

#endif
