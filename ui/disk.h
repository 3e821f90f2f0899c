/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files of disks: opened, locked and hashed before the run; read and written when the machine asks. Errors are sentences that
 * name the file; what went wrong never reaches the machine, it ends the run.
 */
#ifndef UI_DISK_H
#define UI_DISK_H

#include "option.h"

struct disk_file {
    char *path; /* absolute; owned; NULL: the slot has no disk */
    int fd;
    uint64_t bytes;   /* the file's size */
    uint64_t sectors; /* the last one may be a part of one: the rest of it reads as zeros */
    uint64_t hash;    /* of the content, XXH3 of the pieces that are not all zeros */
    bool read_only;   /* for the guest */
    bool is_kept;     /* what the guest writes goes to the file */
    bool is_safe;     /* a flush waits for the host's disk */
    bool is_changed;  /* the run has written to it */
    uint64_t lose;    /* the end of the run is a power cut: seed of what is lost, 0: nothing */
    char serial[EMU_DISK_SERIAL_BYTES + 1];
};

struct disks {
    struct disk_file slot[EMU_VIRTIO_SLOTS];
};

/* How much the files that the options name hold, holes not counted. */
uint64_t disks_data_bytes(const struct options *options);
/* Opens the files that the options name. `replaying`: nothing is written to them. `hash`: it is wanted. False with a sentence. */
bool disks_open(struct disks *disks, const struct options *options, bool replaying, bool hash, struct emu_error *error);
/* Lets *config say what disks there are. */
void disks_configure(const struct disks *disks, struct emu_config *config);
/* Does what a NEED_BLOCK or NEED_FLUSH stop asks for. */
bool disks_serve(struct disks *disks, struct emu_machine *machine, const struct emu_stop *stop, struct emu_error *error);
/* At the end of the run: brings everything that the guest has written to the files, or what is not lost of it. */
bool disks_store(struct disks *disks, struct emu_machine *machine, struct emu_error *error);
void disks_finish(struct disks *disks);

#endif
