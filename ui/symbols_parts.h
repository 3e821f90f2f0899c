/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the symbols module share, and nobody else knows: the images, and what has been read of each.
 */
#ifndef UI_SYMBOLS_PARTS_H
#define UI_SYMBOLS_PARTS_H

#include "symbols.h"

#include <elfutils/libdw.h>
#include <gelf.h>

/* Names of more bytes are damage, or an attack: comparing them would take for ever. */
#define SYMBOLS_NAME_BYTES_MOST 1000

/* Code of one compilation unit, in the image's own addresses. */
struct unit_range {
    uint64_t begin, end;
    Dwarf_Off die; /* of the unit */
};

/* Code that one entry of call frame information is about, in the image's own addresses. */
struct cfi_range {
    uint64_t begin, end;
    Dwarf_Off entry; /* in its section */
};

/* .debug_frame or .eh_frame. */
struct cfi_section {
    Elf_Data *data;   /* the elf's; NULL: none */
    uint64_t address; /* where it is loaded: some pointers in it are relative to themselves */
    bool is_eh;
    struct cfi_range *ranges; /* owned; by begin */
    size_t count;
};

struct symbols_image {
    char *name;  /* owned */
    void *bytes; /* owned; libelf and libdw point into it */
    size_t size;
    int64_t bias;
    Elf *elf; /* owned */
    /* Below: when first asked for. */
    bool dwarf_tried, units_tried, cfi_tried;
    Dwarf *dwarf;             /* owned; NULL: none */
    struct unit_range *units; /* owned; by begin */
    size_t unit_count;
    struct cfi_section cfi[2];
};

struct symbols {
    struct symbols_image images[SYMBOLS_IMAGES_MOST];
    size_t image_count;
    /* The index of all images' symbols; made anew after an image was added. */
    bool is_indexed;
    struct symbol *all; /* owned; by name */
    size_t count;
    uint32_t *by_address; /* owned; numbers in all, of those that are places */
    uint32_t *outer;      /* owned; beside by_address: the place there of what surrounds this one, or UINT32_MAX */
    size_t address_count;
};

/* Whether a name may go to a terminal and be compared. */
bool symbols_name_is_good(const char *name);
/* Whether `part` is the path or its last parts, both without "." and ".."; a path that is not absolute is below `directory` (NULL:
 * not known). */
bool symbols_path_ends(const char *directory, const char *path, const char *part);
/* The image's DWARF; NULL: none, or damaged. */
Dwarf *symbols_dwarf(struct symbols_image *image);
void symbols_dwarf_finish(struct symbols_image *image);

#endif
